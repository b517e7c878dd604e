"""Django's cache and sessions by django-redis, and Django's channels by channels-redis."""
import asyncio
import unittest

import django
import django.conf
import redis

from appserver import AppCase, eventually

ADDRESS = "redis://127.0.0.1:{}/{}"


def counted(request):
    """The page: counts visits in the session."""
    from django.http import HttpResponse
    request.session["visits"] = request.session.get("visits", 0) + 1
    return HttpResponse(str(request.session["visits"]))


def left(request):
    from django.http import HttpResponse
    request.session.flush()
    return HttpResponse("bye")


class Django(AppCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import django.urls

        def cache(database, **options):
            return {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": ADDRESS.format(cls.server.port, database), "OPTIONS": options}

        django.conf.settings.configure(
            SECRET_KEY="test", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
            MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
            SESSION_ENGINE="django.contrib.sessions.backends.cache", SESSION_COOKIE_AGE=500,
            CACHES={
                "default": cache(0),
                "packed": cache(1, COMPRESSOR="django_redis.compressors.zlib.ZlibCompressor", SERIALIZER="django_redis.serializers.json.JSONSerializer"),
            })
        django.setup()
        global urlpatterns
        urlpatterns = [django.urls.path("", counted), django.urls.path("leave", left)]

    def setUp(self):
        super().setUp()
        from django.core.cache import caches
        self.cache, self.packed = caches["default"], caches["packed"]

    def test_cache(self):
        cache = self.cache
        self.assertTrue(cache.add("a", {"n": [1, 2.5, None]}, timeout=100))
        self.assertFalse(cache.add("a", 1))
        self.assertEqual(cache.get("a"), {"n": [1, 2.5, None]})
        self.assertTrue(90 < cache.ttl("a") <= 100)
        self.assertTrue(cache.touch("a", 1000))
        self.assertTrue(990_000 < cache.pttl("a") <= 1_000_000)
        self.assertTrue(cache.persist("a"))
        self.assertIsNone(cache.ttl("a"))
        self.assertTrue(cache.expire("a", 10))
        self.assertFalse(cache.set("a", 2, nx=True))
        cache.set("n", 5, timeout=50)
        self.assertEqual((cache.incr("n", 7), cache.decr("n", 2)), (12, 10))
        self.assertTrue(0 < cache.ttl("n") <= 50)
        cache.set("big", 2**63 - 1)
        self.assertEqual(cache.incr("big"), 2**63)
        with self.assertRaises(ValueError):
            cache.incr("none")
        self.assertEqual(cache.incr_version("n"), 2)
        self.assertEqual((cache.get("n"), cache.get("n", version=2)), (None, 10))
        cache.set_many({f"key:{i}": i for i in range(500)}, timeout=100)
        self.assertEqual(cache.get_many([f"key:{i}" for i in range(0, 500, 100)]), {f"key:{i}": i for i in range(0, 500, 100)})
        self.assertEqual(sorted(cache.iter_keys("key:*", itersize=20)), sorted(f"key:{i}" for i in range(500)))
        self.assertEqual(cache.delete_pattern("key:1*"), 111)
        self.assertEqual(cache.delete_many([f"key:{i}" for i in range(500)]), 389)
        self.assertEqual(cache.get_or_set("made", lambda: "x" * 10, timeout=10), "xxxxxxxxxx")
        cache.set("short", 1, timeout=0.03)
        eventually("it does not expire", lambda: not cache.has_key("short"))
        self.packed.set("text", {"t": "long " * 1000})
        self.assertEqual(self.packed.get("text"), {"t": "long " * 1000})
        cache.clear()
        self.assertEqual((cache.keys("*"), self.packed.keys("*")), ([], ["text"]))

    def test_lock(self):
        lock = self.cache.lock("job", timeout=50)
        self.assertTrue(lock.acquire(blocking=False))
        self.assertFalse(self.cache.lock("job").acquire(blocking=False))
        self.assertTrue(lock.extend(50))
        self.assertTrue(50 < self.cache.ttl("job") <= 100)
        lock.release()
        self.assertTrue(self.cache.lock("job", timeout=0.05).acquire())
        other = self.cache.lock("job", timeout=60)
        self.assertTrue(other.acquire(blocking=True, blocking_timeout=10))  # when the first has expired
        other.release()
        with self.assertRaises(redis.exceptions.LockNotOwnedError):
            self.stolen()

    def stolen(self):
        with self.cache.lock("job", timeout=60):
            self.cache.client.get_client().set(self.cache.make_key("job"), "another's")

    def test_sessions(self):
        from django.test import Client
        ann, bob = Client(), Client()
        self.assertEqual([ann.get("/").content for _ in range(3)], [b"1", b"2", b"3"])
        self.assertEqual(bob.get("/").content, b"1")
        key, = self.server.client.keys(f"*{ann.cookies['sessionid'].value}")
        self.assertTrue(490 < self.server.client.ttl(key) <= 500)
        self.server.restart()
        self.assertEqual((ann.get("/").content, bob.get("/").content), (b"4", b"2"))
        ann.get("/leave")
        self.assertEqual((ann.get("/").content, bob.get("/").content), (b"1", b"3"))


class Channels(AppCase):
    """Both layers: core on sorted sets with BZPOPMIN and scripts, and the one on pub/sub."""

    def layer(self, kind, **options):
        return kind(hosts=[ADDRESS.format(self.server.port, 0)], **options)

    async def restart(self, *layers):
        self.server.restart()
        for layer in layers:
            await layer.close_pools()  # its connections are gone

    def check(self, coroutine):
        asyncio.run(asyncio.wait_for(coroutine, 60))

    def test_core(self):
        from channels.exceptions import ChannelFull
        from channels_redis.core import RedisChannelLayer

        async def check():
            layer, other = self.layer(RedisChannelLayer, capacity=3, expiry=60), self.layer(RedisChannelLayer, capacity=3)
            for n in range(3):
                await layer.send("work", {"type": "job", "n": n})
            with self.assertRaises(ChannelFull):
                await layer.send("work", {"type": "job", "n": 3})
            await self.restart(layer, other)
            self.assertEqual([(await other.receive("work"))["n"] for _ in range(3)], [0, 1, 2])
            waiting = asyncio.ensure_future(other.receive("work"))
            await layer.send("work", {"type": "job", "n": 4})
            self.assertEqual(await waiting, {"type": "job", "n": 4})
            mine = [await layer.new_channel() for _ in range(5)]
            theirs = [await other.new_channel() for _ in range(5)]
            for name in mine:
                await layer.group_add("room", name)
            for name in theirs:
                await other.group_add("room", name)
            await other.group_discard("room", theirs[4])
            await self.restart(layer, other)
            await layer.group_send("room", {"type": "chat", "text": "hi"})
            got = await asyncio.gather(*[layer.receive(name) for name in mine], *[other.receive(name) for name in theirs[:4]])
            self.assertEqual([message["text"] for message in got], ["hi"] * 9)
            for _ in range(5):
                await layer.group_send("room", {"type": "chat"})  # what is over the capacity is dropped
            self.assertEqual([(await layer.receive(mine[0]))["type"] for _ in range(3)], ["chat"] * 3)
            await layer.close_pools()
            await other.close_pools()
        self.check(check())

    def subscribed(self, counts):
        """Waits until the channels have so many subscribers: the layer does not wait for the server's word."""
        client = self.server.client
        eventually("subscriptions are missing", lambda: sorted(n for _, n in client.pubsub_numsub(*client.pubsub_channels())) == counts)

    def test_pubsub(self):
        from channels_redis.pubsub import RedisPubSubChannelLayer

        async def check():
            layer, other = self.layer(RedisPubSubChannelLayer), self.layer(RedisPubSubChannelLayer)
            one, two = await layer.new_channel(), await other.new_channel()
            await layer.group_add("room", one)
            await other.group_add("room", two)
            self.subscribed([1, 1, 2])
            await layer.group_send("room", {"text": "all"})
            await other.send(one, {"text": "one"})
            self.assertEqual([(await layer.receive(one))["text"] for _ in range(2)], ["all", "one"])
            self.assertEqual((await other.receive(two))["text"], "all")
            await other.group_discard("room", two)
            self.subscribed([1, 1, 1])
            await layer.group_send("room", {"text": "more"})
            await other.send(two, {"text": "last"})
            self.assertEqual(((await layer.receive(one))["text"], (await other.receive(two))["text"]), ("more", "last"))
            await layer.flush()
            await other.flush()
        self.check(check())


if __name__ == "__main__":
    unittest.main(warnings="ignore")
