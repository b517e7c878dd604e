"""RQ, with the scheduler in its worker."""
import datetime
import os
import unittest

import redis
import rq
import rq.command
import rq.registry

import rq_jobs
from appserver import AppCase, eventually


class RQ(AppCase):
    def setUp(self):
        super().setUp()
        self.url = f"redis://127.0.0.1:{self.server.port}"
        self.gate = os.path.join(self.folder(), "gate")
        self.connection = redis.Redis.from_url(self.url)
        self.addCleanup(self.connection.close)
        self.notes = redis.Redis.from_url(self.url + "/2", decode_responses=True)
        self.addCleanup(self.notes.close)
        self.high, self.low = rq.Queue("high", connection=self.connection), rq.Queue("low", connection=self.connection)

    def worker(self):
        return self.work("-m", "rq.cli", "worker", "--url", self.url, "--with-scheduler", "high", "low", APP_REDIS=self.url, APP_GATE=self.gate)

    def wait(self, job, status="finished"):
        eventually(f"the job {job.func_name} is {job.get_status()}", lambda: job.get_status() == status)
        return job

    def test_jobs(self):
        low, high = self.low.enqueue(rq_jobs.note, "low"), self.high.enqueue(rq_jobs.note, "high")
        first = self.high.enqueue(rq_jobs.note, "first", at_front=True)
        canceled = self.high.enqueue(rq_jobs.note, "canceled")
        canceled.cancel()
        self.assertEqual(self.high.job_ids, [first.id, high.id])
        parents = [self.low.enqueue(rq_jobs.add, i, i) for i in range(3)]
        child = self.high.enqueue(rq_jobs.note, "child", depends_on=parents, meta={"of": 3})
        self.assertEqual(child.get_status(), "deferred")
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        later = self.high.enqueue_at(soon, rq_jobs.note, "later")
        never = self.high.enqueue_in(datetime.timedelta(hours=1), rq_jobs.note, "never")
        flaky = self.low.enqueue(rq_jobs.flaky, retry=rq.Retry(max=3, interval=[0, 1]))
        hopeless = self.low.enqueue(rq_jobs.hopeless, result_ttl=10, failure_ttl=1000)
        many = self.low.enqueue_many([rq.Queue.prepare_data(rq_jobs.add, (i, 1)) for i in range(10)])
        self.worker()
        for job in [low, high, first, child, later, flaky, *parents, *many]:
            self.wait(job)
        noted = self.notes.lrange("noted", 0, -1)
        self.assertEqual([name for name in noted if name in ("first", "high", "low")], ["first", "high", "low"])
        self.assertIn("child", noted)
        self.assertGreaterEqual(later.return_value(refresh=True), soon.timestamp() - 1)  # scores are whole seconds
        self.assertEqual([job.return_value(refresh=True) for job in many], list(range(1, 11)))
        self.assertEqual((flaky.return_value(refresh=True), self.notes.get("tries")), ("done", "3"))
        self.assertEqual(rq.job.Job.fetch(child.id, connection=self.connection).meta, {"of": 3})
        self.wait(hopeless, "failed")
        self.assertIn("ValueError: no use", hopeless.latest_result().exc_string)
        self.assertEqual(self.low.failed_job_registry.get_job_ids(), [hopeless.id])
        self.assertEqual(self.high.scheduled_job_registry.get_job_ids(), [never.id])
        self.assertEqual(canceled.get_status(), "canceled")
        self.assertEqual(self.high.canceled_job_registry.get_job_ids(), [canceled.id])
        self.assertTrue(500 < self.connection.ttl(hopeless.key) <= 1000)
        self.assertEqual(hopeless.requeue().id, hopeless.id)
        eventually("it does not run again", lambda: len(hopeless.results()) == 2)
        running = self.high.enqueue(rq_jobs.gated, 1)
        eventually("it does not run", lambda: self.notes.llen("begun") == 1)
        self.wait(running, "started")
        eventually("no worker is busy", lambda: [worker.get_state() for worker in rq.Worker.all(self.connection)] == ["busy"])
        rq.command.send_stop_job_command(self.connection, running.id)
        self.wait(running, "stopped")

    def test_kill(self):
        """The server is killed while jobs wait and are scheduled, and again while the worker waits for more."""
        waiting = [self.low.enqueue(rq_jobs.add, i, i) for i in range(20)]
        child = self.high.enqueue(rq_jobs.note, "child", depends_on=waiting)
        later = self.high.enqueue_in(datetime.timedelta(seconds=1), rq_jobs.note, "later")
        self.server.restart()
        self.assertEqual((self.low.count, self.high.deferred_job_registry.count, self.high.scheduled_job_registry.count), (20, 1, 1))
        self.worker()
        for job in [*waiting, child, later]:
            self.wait(job)
        self.assertEqual([job.return_value(refresh=True) for job in waiting], [2 * i for i in range(20)])
        self.assertEqual(sorted(self.low.finished_job_registry.get_job_ids()), sorted(job.id for job in waiting))
        eventually("the worker does not wait", lambda: self.server.client.info("clients")["blocked_clients"] == 1)
        self.server.restart()
        self.assertEqual(self.wait(self.low.enqueue(rq_jobs.add, 1, 2)).return_value(refresh=True), 3)
        eventually("jobs count as running", lambda: self.low.started_job_registry.count == 0)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
