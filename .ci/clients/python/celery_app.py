"""The Celery application of celery_check.py, which both the check and its workers import."""
import os
import time

import celery
import redis

URL = os.environ["APP_REDIS"]
app = celery.Celery("app", broker=URL + "/0", backend=URL + "/1")
app.conf.update(
    worker_prefetch_multiplier=1,
    result_expires=600,
    task_track_started=True,
    broker_transport_options={"visibility_timeout": int(os.environ.get("APP_VISIBILITY", "600")), "priority_steps": list(range(10))},
)
notes = redis.Redis.from_url(URL + "/2", decode_responses=True)


@app.task
def add(x, y):
    return x + y


@app.task
def total(numbers):
    return sum(numbers)


@app.task
def note(name):
    notes.rpush("noted", name)
    return time.time()


@app.task(bind=True, max_retries=3)
def flaky(self):
    if notes.incr("tries") < 3:
        raise self.retry(countdown=0.1)
    return self.request.retries


@app.task(bind=True, max_retries=1)
def hopeless(self):
    raise self.retry(exc=ValueError("no use"), countdown=0.1)


@app.task(acks_late=True)
def gated(n):
    """Runs until the file of APP_GATE is there. That it has begun, it says by a file too: when the server may be killed, it waits for no reply."""
    open(f"{os.environ['APP_GATE']}.{n}", "w").close()
    while not os.path.exists(os.environ["APP_GATE"]):
        time.sleep(0.02)
    return n
