"""Celery with this server as its broker and as the place of its results."""
import datetime
import gc
import glob
import os
import unittest

import celery.exceptions

from appserver import AppCase, eventually


class Celery(AppCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.environ["APP_REDIS"] = f"redis://127.0.0.1:{cls.server.port}"  # read when celery_app is imported
        import celery_app
        cls.tasks = celery_app

    def setUp(self):
        super().setUp()
        self.gate = os.path.join(self.folder(), "gate")

    def worker(self, visibility=600):
        """A worker with two processes. What a worker does not acknowledge for so many seconds is visible to others again."""
        worker = self.work("-m", "celery", "-A", "celery_app", "worker", "-c", "2", "-l", "warning", "--without-mingle", "--without-gossip",
                           APP_GATE=self.gate, APP_VISIBILITY=str(visibility))
        eventually("no worker answers", self.answered)
        return worker

    def answered(self):
        with self.tasks.app.connection_for_write() as connection:  # a new one, as the server may be
            return self.tasks.app.control.ping(timeout=0.5, limit=1, connection=connection)

    def asked(self, what):
        """What the worker replies, for which it has more than the second that Celery gives it."""
        return sum(getattr(self.tasks.app.control.inspect(timeout=60, limit=1), what)().values(), [])

    def begun(self):
        """How many tasks wait for the gate."""
        return len(glob.glob(self.gate + ".*"))

    def tearDown(self):
        gc.collect()  # results tell the server that they are not waited for
        super().tearDown()

    def get(self, result):
        return result.get(timeout=60)

    def stored(self, results):
        """The results that are in the server: that they were published may have been lost with it."""
        eventually("not all are done", lambda: all(result.ready() for result in results))
        return [self.get(result) for result in results]

    def test_tasks(self):
        """All that needs no disturbance, with one worker."""
        tasks, notes = self.tasks, self.tasks.notes
        early = [tasks.note.apply_async(args=[name], priority=priority, queue="sorted") for name, priority in [("low", 9), ("high", 1), ("middle", 5), ("high too", 1)]]
        gone = tasks.add.apply_async((1, 1), countdown=600)
        expired = tasks.add.apply_async((1, 1), expires=datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1))
        self.worker()
        with self.subTest("results"):
            result = tasks.add.delay(2, 3)
            self.assertEqual(self.get(result), 5)
            store = tasks.app.backend.client
            ttl = store.ttl(tasks.app.backend.get_key_for_task(result.id))
            self.assertTrue(590 < ttl <= 600, ttl)
            result.forget()
            self.assertEqual(store.exists(tasks.app.backend.get_key_for_task(result.id)), 0)
        with self.subTest("retries"):
            self.assertEqual(self.get(tasks.flaky.delay()), 2)
            with self.assertRaisesRegex(ValueError, "no use"):
                self.get(tasks.hopeless.delay())
        with self.subTest("countdown and eta"):
            eta = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=5)
            later, now = tasks.note.apply_async(["later"], eta=eta), tasks.note.apply_async(["now"])
            self.assertGreaterEqual(self.get(later), eta.timestamp())
            self.assertLess(self.get(now), eta.timestamp())
            self.assertEqual(notes.lrange("noted", 0, -1), ["now", "later"])
            self.assertEqual(self.get(tasks.add.apply_async((1, 2), countdown=0.2)), 3)
            notes.delete("noted")
        with self.subTest("chains, groups and chords"):
            self.assertEqual(self.get(celery.chain(tasks.add.s(1, 2), tasks.add.s(3), tasks.add.s(4)).delay()), 10)
            self.assertEqual(self.get(celery.group(tasks.add.s(i, i) for i in range(20)).delay()), [2 * i for i in range(20)])
            self.assertEqual(self.get(celery.chord(tasks.add.s(i, i) for i in range(20))(tasks.total.s())), 380)
            self.assertEqual(self.get((celery.group(tasks.add.s(i, 1) for i in range(5)) | tasks.total.s() | tasks.add.s(100)).delay()), 115)
            broken = celery.chord([tasks.add.s(1, 1), tasks.hopeless.s()])(tasks.total.s())
            eventually("the chord does not fail", lambda: broken.state == "FAILURE")
            self.assertIsInstance(broken.result, celery.exceptions.ChordError)
        with self.subTest("revoked and expired"):
            tasks.app.control.revoke(gone.id)
            eventually("it is not revoked", lambda: gone.id in self.asked("revoked"))
            self.assertIn(gone.id, [one["request"]["id"] for one in self.asked("scheduled")])
            with self.assertRaises(celery.exceptions.TaskRevokedError):
                self.get(expired)
            running = tasks.gated.delay(1)
            eventually("it does not run", lambda: running.state == "STARTED")
            tasks.app.control.revoke(running.id, terminate=True)
            with self.assertRaises(celery.exceptions.TaskRevokedError):
                self.get(running)
        with self.subTest("priorities"):
            self.assertEqual(notes.llen("noted"), 0)
            tasks.app.control.pool_shrink(1)
            tasks.app.control.add_consumer("sorted", reply=True)
            for result in early:
                self.get(result)
            self.assertEqual(notes.lrange("noted", 0, -1), ["high", "high too", "middle", "low"])
        eventually("messages stay unacknowledged", lambda: self.server.client.hlen("unacked") <= 1)  # that of the task in ten minutes

    def test_kills(self):
        """The server and a worker are killed while tasks wait, run, and are delayed."""
        tasks = self.tasks
        waiting = [tasks.add.delay(i, i) for i in range(100)]
        self.server.restart()
        self.worker(visibility=1)
        self.assertEqual(self.stored(waiting), [2 * i for i in range(100)])
        delayed = tasks.add.apply_async((20, 22), countdown=3)
        held = [tasks.gated.delay(i) for i in range(6)]
        eventually("two tasks run", lambda: self.begun() == 2)
        self.server.restart()
        open(self.gate, "w").close()
        self.assertEqual(self.stored(held), list(range(6)))
        self.assertEqual(self.stored([delayed]), [42])

    def test_killed_worker(self):
        """What a killed worker had not acknowledged is done by another when it becomes visible again."""
        tasks = self.tasks
        first = self.worker(visibility=1)
        held = [tasks.gated.delay(i) for i in range(3)]
        eventually("two tasks run", lambda: self.begun() == 2)
        first.end()
        self.server.restart()
        self.assertGreaterEqual(self.server.client.hlen("unacked"), 2)
        newest = self.server.client.zrange("unacked_index", -1, -1, withscores=True)[0][1]
        eventually("a second passes", lambda: self.server.client.time()[0] > newest + 2)
        open(self.gate, "w").close()
        self.worker(visibility=1)
        self.assertEqual(self.stored(held), [0, 1, 2])
        eventually("messages stay unacknowledged", lambda: self.server.client.hlen("unacked") == 0)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
