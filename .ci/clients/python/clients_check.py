"""Checks that redis-py works with a running server, with nothing but plain commands.

The server's address is in the environment variable CLIENTS_ADDR; all its data is deleted. Debian's python3-redis is enough.
"""
import json
import os
import pathlib
import threading
import unittest

import redis

SCRIPT = pathlib.Path(__file__).parent.parent / "script.json"
ACTIVE = os.environ.get("CLIENTS_ACTIVE") == "1"


def connect(**options):
    host, _, port = os.environ["CLIENTS_ADDR"].rpartition(":")
    return redis.Redis(host=host, port=int(port), decode_responses=True, **options)


def same(want, have):
    """A number may come as a string, as in RESP2."""
    if want is None:
        return have is None
    if isinstance(want, (int, float)):
        return have is not None and float(have) == want
    if isinstance(want, str):
        return str(have) == want
    return isinstance(have, list) and len(have) == len(want) and all(map(same, want, have))


class PlainCommands(unittest.TestCase):
    def setUp(self):
        self.client = connect()
        self.addCleanup(self.client.close)
        self.client.flushall()

    def test_script(self):
        connection = self.client.connection_pool.get_connection("_")
        self.addCleanup(connection.disconnect)
        for step in json.loads(SCRIPT.read_text())["steps"]:
            with self.subTest(" ".join(step["do"])):
                try:
                    connection.send_command(*step["do"])
                    got = connection.read_response()
                except redis.RedisError as error:
                    got = error
                self.check(step["want"], got)

    def check(self, want, got):
        if isinstance(want, dict) and "error" in want:
            # redis-py strips ERR and keeps what else it does not know
            self.assertIsInstance(got, redis.RedisError)
            self.assertTrue(str(got).startswith(want["error"].removeprefix("ERR ")), got)
            return
        self.assertNotIsInstance(got, Exception)
        if isinstance(want, dict):
            if "any" in want:
                return
            if "set" in want:
                want, got = sorted(want["set"]), sorted(got)
            else:
                want = want["pairs"]
        self.assertTrue(same(want, got), f"got {got!r}, want {want!r}")

    def test_typed_replies(self):
        self.client.hset("h", mapping={"a": 1, "b": 2})
        self.assertEqual(self.client.hgetall("h"), {"a": "1", "b": "2"})
        self.client.zadd("z", {"m": 1.5, "n": 2})
        self.assertEqual(self.client.zrange("z", 0, -1, withscores=True), [("m", 1.5), ("n", 2.0)])
        self.client.sadd("s", "x", "y")
        self.assertEqual(self.client.smembers("s"), {"x", "y"})
        self.assertIn("redis_version", self.client.info())
        self.assertIn("get", self.client.command())
        self.assertEqual(self.client.config_get("maxmemory"), {"maxmemory": "0"})
        self.assertTrue(any(c["cmd"].startswith("client") for c in self.client.client_list()))

    def test_pipeline(self):
        with self.client.pipeline(transaction=False) as pipe:
            for _ in range(10_000):
                pipe.incr("n")
            self.assertEqual(pipe.execute()[-1], 10_000)

    def test_watch(self):
        with self.client.pipeline() as pipe:
            pipe.watch("w")
            self.client.set("w", "changed")
            pipe.multi()
            pipe.incr("n")
            with self.assertRaises(redis.WatchError):
                pipe.execute()
        self.assertEqual(self.client.transaction(lambda p: (p.multi(), p.incr("n")), "w"), [1])

    def test_pubsub(self):
        with self.client.pubsub() as sub:
            sub.subscribe("news")
            sub.psubscribe("n?ws")
            for _ in range(2):
                sub.get_message(timeout=10)
            self.assertEqual(self.client.publish("news", "hello"), 2)
            kinds = [sub.get_message(timeout=10)["type"] for _ in range(2)]
            self.assertEqual(kinds, ["message", "pmessage"])

    def test_blocking_pop(self):
        self.assertIsNone(self.client.blpop("q", timeout=1))
        got = []
        waiter = threading.Thread(target=lambda: got.append(connect().blpop("q", timeout=10)))
        waiter.start()
        while self.client.info("clients")["blocked_clients"] != 1:
            pass
        self.client.rpush("q", "job")
        waiter.join()
        self.assertEqual(got, [("q", "job")])

    def test_lock(self):
        lock = self.client.set("lock", "me", nx=True, px=30)
        self.assertTrue(lock)
        while self.client.set("lock", "you", nx=True) is None:
            pass
        self.assertEqual(self.client.get("lock"), "you")

    def test_scan(self):
        self.client.mset({f"key:{i}": i for i in range(1000)})
        self.assertEqual(len(set(self.client.scan_iter("key:*", count=100))), 1000)
        self.client.hset("h", mapping={f"f{i}": i for i in range(1000)})
        self.assertEqual(len(dict(self.client.hscan_iter("h"))), 1000)

    def test_big_value(self):
        big = "0123456789abcdef" * (1 << 20)
        self.client.set("big", big)
        self.assertEqual(self.client.get("big"), big)

    @unittest.skipUnless(ACTIVE, "the server has no active objects")
    def test_active_objects(self):
        self.client.execute_command("ASO.SET", "secret", "42", "HANDLER", "std/once")
        self.assertEqual(self.client.get("secret"), "42")
        self.assertIsNone(self.client.get("secret"))
        self.client.execute_command("ASO.SET", "sealed", "x", "HANDLER", "std/capsule", "PARAM", "after", "1h")
        with self.assertRaisesRegex(redis.ResponseError, "^ASODENY "):
            self.client.get("sealed")


if __name__ == "__main__":
    unittest.main()
