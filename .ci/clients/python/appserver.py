"""What the checks of applications share: a server of their own that can be killed, processes that work for it, and waiting."""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import redis

HERE = os.path.dirname(os.path.abspath(__file__))


def eventually(what, check, seconds=60):
    """Waits until check() is true, and returns what it returned."""
    until = time.monotonic() + seconds
    while True:
        got = check()
        if got:
            return got
        if time.monotonic() > until:
            raise AssertionError(f"after {seconds} s: {what}")
        time.sleep(0.02)


def free_port():
    """A port that nobody has. It stays so while the server is away: it is below those that the kernel gives to whoever connects."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Server:
    """The server that CLIENTS_COMET names, or without that a real Redis that forgets nothing either."""

    def __init__(self):
        self.port, self.dir = free_port(), tempfile.mkdtemp(prefix="apps-")
        self.client = redis.Redis(port=self.port, decode_responses=True)
        self.start()

    def start(self):
        command = ["redis-server", "--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        if os.environ.get("CLIENTS_COMET"):
            command = [os.environ["CLIENTS_COMET"], "--loglevel", "warning"]
        command += ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.dir]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        eventually("the server does not answer", self.answers)

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server has ended with {self.process.returncode}")
        try:
            return self.client.ping()
        except redis.ConnectionError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        """Restarts it as after kill -9."""
        self.kill()
        self.start()

    def close(self):
        self.client.close()
        self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class Worker:
    """A program of the application. Its output is shown when the check fails."""

    def __init__(self, *command, **environment):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([sys.executable, *command], cwd=HERE, env=os.environ | environment, start_new_session=True,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def end(self, how=signal.SIGKILL):
        """Ends it and what it has started."""
        try:
            os.killpg(self.process.pid, how)
        except ProcessLookupError:
            pass
        self.process.wait()

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")


class AppCase(unittest.TestCase):
    """A check with a server for itself, which is empty when a test begins."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        # What a killed worker waited for would be sent to it until the server sees its end.
        eventually("a killed worker waits", lambda: self.server.client.info("clients")["blocked_clients"] == 0)
        self.server.client.flushall()

    def run(self, result=None):
        """Runs the test, and shows what its workers have printed if it fails."""
        self.workers = []
        before = len(result.failures) + len(result.errors)
        super().run(result)
        for worker in self.workers:
            if len(result.failures) + len(result.errors) > before:
                print(worker.output(), file=sys.stderr)
            worker.log.close()
        return result

    def work(self, *command, **environment):
        worker = Worker(*command, **environment)
        self.workers.append(worker)
        self.addCleanup(worker.end)
        return worker

    def folder(self):
        """A folder in which a check and its workers meet."""
        path = tempfile.mkdtemp(prefix="apps-")
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path
