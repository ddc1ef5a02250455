"""Writes that never end, to a service and to the database itself, and what became of each."""

import contextlib
import http.client
import itertools
import json
import subprocess
import threading
import time


class Successes:
    """When something worked, and the longest time in which it did not."""

    def __init__(self):
        self._times = [time.monotonic()]
        self._changed = threading.Condition()

    def add(self):
        with self._changed:
            self._times.append(time.monotonic())
            self._changed.notify_all()

    def wait(self, since, seconds=60):
        """The time of the first one since then."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._times[-1] >= since, seconds):
                return float("inf")
            return next(t for t in self._times if t >= since)

    def gap(self, since):
        with self._changed:
            times = [since] + [t for t in self._times if t >= since] + [time.monotonic()]
        return max(b - a for a, b in itertools.pairwise(times))


class Load:
    """Makes groups through a service, on some connections, one after the other on each."""

    def __init__(self, name, port, token, writers):
        self.name, self.port = name, port
        self.headers = {"content-type": "application/json", "x-medusa-access-token": token}
        self.acknowledged, self.refused, self.unknown = {}, set(), set()
        self.dropped, self.longest_failure = 0, 0
        self.successes = Successes()
        self._numbers, self._lock, self._over = itertools.count(), threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(writers)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_success(self, since):
        return self.successes.wait(since)

    def gap(self, since):
        return self.successes.gap(since)

    def _run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self._over.is_set():
            name = f"{self.name} {next(self._numbers)}"
            began = time.monotonic()
            try:
                connection.request("POST", "/admin/customer-groups", json.dumps({"name": name}), self.headers)
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self.dropped += 1
                    self.unknown.add(name)
                connection.close()
                continue
            self._note(name, answer.status, body, time.monotonic() - began)
            # A client that is refused waits a moment; one that writes is not in a hurry either.
            self._over.wait(0.05 if answer.status != 200 else 0.005)

    def _note(self, name, status, body, seconds):
        with self._lock:
            if status == 200:
                self.acknowledged[name] = (json.loads(body)["customer_group"]["id"], time.time())
                self.successes.add()
                return
            self.longest_failure = max(self.longest_failure, seconds)
            (self.refused if status == 503 else self.unknown).add(name)


class Probe:
    """Writes straight to whichever server takes writes, each time on a new connection: when the database itself is there."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.successes, self._over = Successes(), threading.Event()
        self._ports = {}
        cluster.query("CREATE TABLE probe (at timestamptz)")
        self._threads = [threading.Thread(target=self._run, args=(node.port,)) for node in cluster.nodes]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, port):
        """One server; what does not answer within two seconds is not there."""
        command = [f"{self.cluster.binaries}/psql",
                   f"host=127.0.0.1 port={port} user=postgres dbname=shop target_session_attrs=read-write connect_timeout=2",
                   "-XAtqc", "INSERT INTO probe VALUES (now())"]
        while not self._over.wait(0.1):
            with contextlib.suppress(subprocess.TimeoutExpired):
                if subprocess.run(command, capture_output=True, timeout=2).returncode == 0:
                    self._ports.setdefault(port, Successes()).add()
                    self.successes.add()

    def wait_for_success(self, since, other_than):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            others = [s for p, s in list(self._ports.items()) if p != other_than]
            times = [t for s in others for t in [s.wait(since, 0.05)] if t != float("inf")]
            if times:
                return min(times)
        return float("inf")

    def gap(self, since):
        return self.successes.gap(since)
