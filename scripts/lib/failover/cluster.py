"""Three PostgreSQL servers under Patroni, with etcd and HAProxy, all of them on loopback and gone afterwards."""

import contextlib
import glob
import json
import os
import pwd
import signal
import subprocess
import time
import urllib.error
import urllib.request

from machine import Program, Stop, free_port

NODES = 3
# Seconds after which a primary that says nothing has lost its place; Patroni's lower limit.
TTL = 20


class Node:
    def __init__(self, number, home):
        self.name = f"node{number}"
        self.port, self.rest = free_port(), free_port()
        self.home = f"{home}/{self.name}"
        self.program = None

    def postmaster(self):
        with open(f"{self.home}/data/postmaster.pid") as f:
            return int(f.readline())

    def processes(self):
        """Patroni, the postmaster and its children."""
        postmaster = self.postmaster()
        children = []
        for stat in glob.glob("/proc/[0-9]*/stat"):
            with contextlib.suppress(OSError), open(stat) as f:
                text = f.read()
                if int(text.rsplit(")", 1)[1].split()[1]) == postmaster:
                    children.append(int(text.split(" ", 1)[0]))
        return [self.program.pid, postmaster, *children]

    def asks(self, path, method="GET", body=None, timeout=2):
        """What Patroni's own API says: the status and the text."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.rest}{path}", method=method, data=body and json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    # By etcd's version 2: by version 3 Patroni 3.0.2 writes the leader's key without comparing it when its lease has run
    # out (`Etcd3._update_leader`). A primary that wakes up in the middle of that takes its place back, and with it goes
    # what its successor has acknowledged. A watchdog would prevent that.
    def configuration(self, etcd, binaries):
        return json.dumps({  # JSON is YAML
            "scope": "shop", "name": self.name, "etcd": {"host": f"127.0.0.1:{etcd}"},
            "restapi": {"listen": f"127.0.0.1:{self.rest}", "connect_address": f"127.0.0.1:{self.rest}"},
            "bootstrap": {
                "dcs": {"ttl": TTL, "loop_wait": 1, "retry_timeout": 3, "synchronous_mode": True,
                        "synchronous_mode_strict": True, "primary_start_timeout": 0,
                        "postgresql": {"use_pg_rewind": True, "parameters": {
                            "shared_buffers": "32MB", "max_connections": 60, "wal_keep_size": "256MB"}}},
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, {"auth": "trust"}],
                "pg_hba": ["local all all trust", "host all all 127.0.0.1/32 trust",
                           "host replication all 127.0.0.1/32 trust"]},
            "postgresql": {
                "listen": f"127.0.0.1:{self.port}", "connect_address": f"127.0.0.1:{self.port}",
                "data_dir": f"{self.home}/data", "bin_dir": binaries, "pgpass": f"{self.home}/pgpass",
                "authentication": {name: {"username": "postgres"} for name in ("superuser", "replication", "rewind")},
                "parameters": {"unix_socket_directories": self.home}}})


class Cluster:
    def __init__(self, home):
        self.home = home
        self.account = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        self.binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))[-1]
        self.etcd, self.proxy = free_port(), free_port()
        self.nodes = [Node(n, home) for n in range(NODES)]
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        peer = free_port()
        self._folder(f"{self.home}/etcd")
        try:
            self.stack.enter_context(Program(
                ["etcd", "--enable-v2", "--data-dir", f"{self.home}/etcd", "--listen-client-urls", f"http://127.0.0.1:{self.etcd}",
                 "--advertise-client-urls", f"http://127.0.0.1:{self.etcd}", "--listen-peer-urls",
                 f"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
                 "--initial-cluster", f"default=http://127.0.0.1:{peer}"],
                f"{self.home}/etcd.log", account=self.account))
            for node in self.nodes:
                self._folder(node.home)
                self._write(f"{node.home}/patroni.yml", node.configuration(self.etcd, self.binaries))
                self.start(node)
            self._write(f"{self.home}/haproxy.cfg", self._proxy_configuration())
            self.stack.enter_context(Program(
                ["/usr/sbin/haproxy", "-db", "-f", f"{self.home}/haproxy.cfg"], f"{self.home}/haproxy.log",
                account=self.account))
            self.wait_until_whole(120)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes:  # none may be asleep when it is told to end
            self._signal(node, signal.SIGCONT)
        # All at once: one alone would wait for a standby to take its place.
        for node in self.nodes:
            if node.program and node.program.process.poll() is None:
                node.program.process.send_signal(signal.SIGTERM)
        for node in self.nodes:
            if node.program:
                node.program.__exit__()
            with contextlib.suppress(OSError, ValueError):
                os.kill(node.postmaster(), signal.SIGQUIT)  # whose Patroni was killed
        self.stack.close()

    def _folder(self, path):
        os.makedirs(path, mode=0o700)
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _write(self, path, text):
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o644)

    def _proxy_configuration(self):
        servers = "\n".join(
            f"    server {n.name} 127.0.0.1:{n.port} maxconn 100 check port {n.rest}" for n in self.nodes)
        # As Patroni's documentation has it, but that it looks more often.
        return f"""
global
    maxconn 300
defaults
    mode tcp
    retries 2
    timeout client 30m
    timeout connect 4s
    timeout server 30m
    timeout check 2s
listen primary
    bind 127.0.0.1:{self.proxy}
    option httpchk OPTIONS /primary
    http-check expect status 200
    default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""

    def start(self, node):
        node.program = Program(["patroni", f"{node.home}/patroni.yml"], f"{node.home}/patroni.log",
                               account=self.account, environment={"PATH": f"/usr/bin:/bin:{self.binaries}"})
        node.program.__enter__()

    # The ways to it

    def hosts(self, database):
        hosts = ",".join(f"127.0.0.1:{n.port}" for n in self.nodes)
        return f"postgresql://postgres@{hosts}/{database}?target_session_attrs=read-write"

    def balanced(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.proxy}/{database}"

    def query(self, text, database="shop"):
        done = subprocess.run([f"{self.binaries}/psql", self.hosts(database), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text],
                              capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise Stop(f"psql: {done.stderr}")
        return done.stdout.strip()

    # Its state

    def primary(self):
        for node in self.nodes:
            if node.asks("/primary")[0] == 200:
                return node
        raise Stop("the cluster has no primary")

    def wait_for_other_primary(self, old, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(node.asks("/primary", timeout=0.5)[0] == 200 for node in self.nodes if node is not old):
                return
            time.sleep(0.1)
        raise Stop(f"nobody took the place of {old.name} within {seconds} s")

    def wait_until_whole(self, seconds=180):
        """One primary, all others streaming from it on its timeline, one of them synchronously. For some seconds: one that
        was asleep takes itself for the primary until it has looked."""
        end, since = time.monotonic() + seconds, None
        while time.monotonic() < end:
            states = [node.asks("/")[1] for node in self.nodes]
            if not self._is_whole(states):
                since = None
            elif (since := since or time.monotonic()) < time.monotonic() - 5:
                return
            time.sleep(0.3)
        raise Stop(f"the cluster is not whole after {seconds} s: {states}")

    def _is_whole(self, states):
        try:
            states = [json.loads(state) for state in states]
        except ValueError:
            return False
        primaries = [state for state in states if state.get("role") in ("master", "primary")]
        if len(primaries) != 1 or any(state.get("state") != "running" for state in states):
            return False
        streaming = [s for s in primaries[0].get("replication", []) if s["state"] == "streaming"]
        return len(streaming) == NODES - 1 and any(s["sync_state"] == "sync" for s in streaming) \
            and len({state.get("timeline") for state in states}) == 1

    # What befalls it; each returns what ends it

    def crash(self, node):
        processes = node.processes()
        for pid in processes[:2]:
            os.kill(pid, signal.SIGKILL)
        node.program.process.wait()

        def repair():
            self.start(node)
        return repair

    def switch_over(self, node):
        status, text = node.asks("/switchover", "POST", {"leader": node.name}, timeout=60)
        if status not in (200, 202):
            raise Stop(f"no switchover: {status} {text}")
        return lambda: None

    def freeze(self, node):
        self._signal(node, signal.SIGSTOP)
        return lambda: self._signal(node, signal.SIGCONT)

    def _signal(self, node, number):
        with contextlib.suppress(OSError, ValueError):
            for pid in node.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
