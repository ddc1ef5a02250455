"""Measurements that are no rate: starting, memory, and how much slow requests disturb quick ones."""

import os
import resource
import socket
import statistics
import subprocess
import threading
import time
import urllib.request

from machine import CPU, Program, free_port


def start(binary, environment, path, headers, log, times=20):
    """From exec to the first answer that needs the database, in milliseconds."""
    found = []
    for _ in range(times):
        port = free_port()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        began = time.monotonic()
        with Program([binary, "serve"], log, environment={**environment, "PORT": str(port)}):
            while time.monotonic() < began + 10:
                try:
                    with urllib.request.urlopen(request, timeout=5) as answer:
                        answer.read()
                    break
                except OSError:
                    time.sleep(0.0005)
            found.append((time.monotonic() - began) * 1e3)
    found.sort()
    return [f"start to the first answer from the database: median {found[times // 2]:.0f} ms, "
            f"{found[0]:.0f} to {found[-1]:.0f} in {times} starts (bar 50 ms: "
            f"{'met' if found[times // 2] <= 50 else 'missed'})"]


def idle(cohort, count=10_000):
    """What connections that were used once and are kept cost the service."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit[1], count + 500), limit[1]))
    address = ("127.0.0.1", int(cohort.url.rsplit(":", 1)[1]))
    before = CPU.resident_mib(cohort.pid)
    kept = []
    try:
        for _ in range(count):
            s = socket.create_connection(address)
            s.sendall(b"GET /health HTTP/1.1\r\nHost: bench\r\n\r\n")
            s.recv(4096)
            kept.append(s)
        after = CPU.resident_mib(cohort.pid)
    finally:
        for s in kept:
            s.close()
    megabytes = (after - before) * 1.048576
    return [f"{len(kept):,} idle connections: +{megabytes:.1f} MB (bar 10 MB: "
            f"{'met' if megabytes <= 10 else 'missed'})"]


def stream(cohort, path, headers, label):
    """The most that the service holds while it answers with very many rows."""
    CPU.forget_peak(cohort.pid)
    began, size = time.monotonic(), 0
    request = urllib.request.Request(cohort.url + path, headers=headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        while piece := answer.read(1 << 20):
            size += len(piece)
    peak = CPU.peak_mib(cohort.pid)
    return [f"{label}: {size / 1e6:,.0f} MB in {time.monotonic() - began:.1f} s, the service held at most "
            f"{peak:.0f} MiB (bar 64 MiB: {'met' if peak <= 64 else 'missed'})"]


def mixed(quick, slow, seconds):
    """The p99 of quick requests in ms: alone, and while slow ones run beside them.

    quick(seconds) measures; slow(stop) sends until the event is set.
    """
    alone = quick(seconds)
    stop = threading.Event()
    beside = [threading.Thread(target=s, args=[stop]) for s in slow]
    for thread in beside:
        thread.start()
    try:
        together = quick(seconds)
    finally:
        stop.set()
        for thread in beside:
            thread.join()
    return alone["p99_ms"], together["p99_ms"]


def mixed_line(name, pairs):
    """What `mixed` found in each round."""
    ratios = [together / alone for alone, together in pairs]
    alone, together = (statistics.median(p) for p in zip(*pairs))
    ratio = statistics.median(ratios)
    return (f"{name} point: p99 {alone:.2f} ms alone, {together:.2f} ms beside searches and additions of 10,000 members: "
            f"{ratio:.1f} times, by round {min(ratios):.1f} to {max(ratios):.1f} (bar 3: {'met' if ratio <= 3 else 'missed'})")


def sending(url, headers, body=None):
    """Sends one request after the other until told to stop."""
    def run(stop):
        while not stop.is_set():
            request = urllib.request.Request(url, data=body, headers=headers)
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
    return run
