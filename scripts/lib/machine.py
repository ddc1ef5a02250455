"""What scripts/bench and the browser tests need from the machine: programs that end with them, their CPU time,
a PostgreSQL."""

import contextlib
import ctypes
import fcntl
import glob
import hashlib
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


class Stop(Exception):
    """Ends the run with one message."""


def run(command, timeout, cwd=None, environment=None, stdin=None):
    """Runs to the end and returns what was printed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=cwd,
                              env={**os.environ, **(environment or {})}, input=stdin)
    except subprocess.TimeoutExpired:
        raise Stop(f"{command[0]} was not done within {timeout} s") from None
    except FileNotFoundError:
        raise Stop(f"{command[0]} is not there") from None
    if done.returncode:
        raise Stop(f"{' '.join(command)[:200]} failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
    return done.stdout


def install(packages, unstarted=()):
    """Debian's packages, those that are missing; `unstarted` would start a service, which they must not."""
    run(["bash", "-c", '. "$0"; install_missing; install_packages $1; install_unstarted $2',
         os.path.join(os.path.dirname(os.path.abspath(__file__)), "system.sh"), " ".join(packages), " ".join(unstarted)],
        timeout=900)


def nginx_binary():
    """Where it is; Debian keeps it from the path of ordinary users."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def nginx_missing():
    """The package to install, if any: whichever nginx is there will do."""
    return [] if nginx_binary() else ["nginx-light"]


def release_binary(root, given):
    """The `cohort` of a release build, which is made unless one is given."""
    if given:
        return os.path.abspath(given)
    build = ["swift", "build", "-c", "release", "--product", "cohort", "--static-swift-stdlib"]
    print("building …", file=sys.stderr)
    run(build, timeout=1800, cwd=root)
    return run(build + ["--show-bin-path"], timeout=120, cwd=root).strip() + "/cohort"


# Below those that the kernel gives to outgoing connections: a program that is started again still has its port.
PORTS = iter(random.sample(range(20_000, 30_000), 10_000))


def free_port():
    """One of 127.0.0.1 that nobody has; never the same twice."""
    for port in PORTS:
        with contextlib.suppress(OSError), socket.socket() as s:
            s.bind(("127.0.0.1", port))
            return port
    raise Stop("no port of 127.0.0.1 is free")


def wait_until_answers(program, url, pause=0.1):
    end = time.monotonic() + 30
    while program.process.poll() is None and time.monotonic() < end:
        if subprocess.run(["curl", "-sf", "--max-time", "1", "-o", "/dev/null", url]).returncode == 0:
            return
        time.sleep(pause)
    with open(program.log, errors="replace") as f:
        raise Stop(f"{program.command[0]} does not answer; its last words:\n{f.read()[-1500:]}")


class Program:
    """A program that runs while the `with` block does, in a process group of its own."""

    def __init__(self, command, log, url=None, environment=None, end=signal.SIGTERM, account=None):
        self.command, self.log, self.url, self.end = command, log, url, end
        self.environment, self.account = environment, account

    def __enter__(self):
        with open(self.log, "ab") as log:
            account = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []} \
                if self.account else {}
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                start_new_session=True, preexec_fn=self._end_with_parent,
                env={**os.environ, **(self.environment or {})}, **account)
        self.pid = self.process.pid
        return self

    def _end_with_parent(self):
        """However this process ends: the kernel then sends the program its signal."""
        LIBC.prctl(PR_SET_PDEATHSIG, self.end)

    def __exit__(self, *_):
        for number in (self.end, signal.SIGQUIT, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(number)
                try:
                    self.process.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    continue
            return


class CPU:
    """Processor time, from /proc."""

    TICKS = os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _table():
        table = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/stat") as f:
                        fields = f.read().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                table[int(name)] = (int(fields[1]), sum(map(int, fields[11:13])), sum(map(int, fields[13:15])))
        return table

    @classmethod
    def of(cls, roots):
        """Seconds used so far by each root, its living descendants, and the children it has reaped."""
        table = cls._table()
        seconds = {}
        for root in roots:
            tree, grown = set(), {root}
            while grown:
                tree |= grown
                grown = {p for p, (parent, _, _) in table.items() if parent in tree} - tree
            ticks = sum(table[p][1] + table[p][2] for p in tree if p in table)
            seconds[root] = ticks / cls.TICKS
        return seconds

    @staticmethod
    def resident_mib(pid, field="VmRSS"):
        with open(f"/proc/{pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith(field + ":")) / 1024

    @classmethod
    def peak_mib(cls, pid):
        """The most memory since :meth:`forget_peak`."""
        return cls.resident_mib(pid, "VmHWM")

    @staticmethod
    def forget_peak(pid):
        with open(f"/proc/{pid}/clear_refs", "w") as f:
            f.write("5")


@contextlib.contextmanager
def huge_pages(shared_buffers):
    """Has the kernel keep pages of 2 MiB for as many shared buffers (`512MB`, `6GB`) and what PostgreSQL keeps beside them,
    in addition to those that it keeps already, and gives them back in the end. Needs root."""
    size = re.fullmatch(r"(\d+)(MB|GB)", shared_buffers)
    if not size:
        raise Stop(f"shared buffers of {shared_buffers}: say MB or GB")
    path = "/proc/sys/vm/nr_hugepages"
    with open(path) as f:
        before = int(f.read())
    wanted = before + int(size[1]) * {"MB": 1, "GB": 1024}[size[2]] * 21 // 40 + 64
    try:
        with open(path, "w") as f:
            f.write(str(wanted))
    except OSError as error:
        raise Stop(f"huge pages cannot be kept: {error}") from None
    try:
        with open(path) as f:
            if int(f.read()) < wanted:
                raise Stop("the kernel finds no room for as many huge pages")
        yield
    finally:
        with open(path, "w") as f:
            f.write(str(before))


class Database(Program):
    """A PostgreSQL on a unix socket, its data kept as long as its directory."""

    DURABLE = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "512MB",
               "effective_cache_size": "8GB", "work_mem": "32MB", "maintenance_work_mem": "512MB",
               "max_wal_size": "4GB", "random_page_cost": 1.1}
    FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}

    def __init__(self, directory, settings=DURABLE):
        self.account = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        self.directory = directory
        self.socket, self.data = f"{directory}/socket", f"{directory}/data"
        for path in (directory, self.socket):
            os.makedirs(path, mode=0o700, exist_ok=True)
            self._own(path)
        self._lock = open(f"{directory}/lock", "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop(f"another run uses {directory}; --data names another place") from None
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda p: int(p.split("/")[4]))
        if not found:
            raise Stop("no PostgreSQL server under /usr/lib/postgresql")
        self._binaries = os.path.dirname(found[-1])
        self._initdb = ["--no-sync"] if settings.get("fsync") == "off" else []
        command = [self.binary("postgres"), "-D", self.data]
        places = {"listen_addresses": "", "unix_socket_directories": self.socket, "max_connections": 120}
        for name, value in {**places, **settings}.items():
            command += ["-c", f"{name}={value}"]
        super().__init__(command, self.log_file("postgres"), end=signal.SIGINT, account=self.account)

    def _own(self, path):
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def binary(self, name):
        return f"{self._binaries}/{name}"

    def log_file(self, name):
        return f"{self.directory}/{name}.log"

    def scratch(self, name):
        path = f"{self.directory}/{name}"
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def conninfo(self, database):
        return f"host={self.socket} user=postgres dbname={database}"

    def __enter__(self):
        version = self._binaries.split("/")[-2]
        try:
            with open(f"{self.data}/PG_VERSION") as f:
                complete = f.read().strip() == version
        except OSError:
            complete = False
        self._end_leftover()
        if not complete:
            self._make()
        super().__enter__()
        for _ in range(600):
            if self.process.poll() is not None:
                break
            if subprocess.run([self.binary("pg_isready"), "-q", "-h", self.socket]).returncode == 0:
                return self
            time.sleep(0.1)
        self.__exit__()
        raise Stop(f"PostgreSQL does not start, see {self.log}")

    def _make(self):
        self._make_with("initdb", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust",
                        *self._initdb)

    def _make_with(self, program, *arguments):
        shutil.rmtree(self.data, ignore_errors=True)
        with Program([self.binary(program), "-D", self.data, *arguments], self.log_file("postgres"),
                     account=self.account) as maker:
            if maker.process.wait(timeout=600):
                shutil.rmtree(self.data, ignore_errors=True)
                raise Stop(f"{program} failed, see {self.log_file('postgres')}")

    def _end_leftover(self):
        """Ends the server of a run that was killed: this one would fail to start, and that one be measured."""
        for _ in range(300):
            try:
                with open(f"{self.data}/postmaster.pid") as f:
                    pid = int(f.readline())
                if os.readlink(f"/proc/{pid}/cwd") != os.path.realpath(self.data):
                    return
                os.kill(pid, signal.SIGINT)
            except (OSError, ValueError):
                return
            time.sleep(0.1)
        raise Stop(f"process {pid} still serves {self.data}")

    def psql(self, database, text=None, arguments=(), timeout=60):
        return run([self.binary("psql"), self.conninfo(database), "-XAtq", "-v", "ON_ERROR_STOP=1", *arguments],
                   timeout=timeout, stdin=text).strip()

    def prepare(self, customers, cohort, environment, token, script, migrations):
        """The migrated and filled database `bench`; made only when size, schema or script have changed."""
        digest = hashlib.sha256(f"{customers} {token}".encode())
        for path in [script, *sorted(glob.glob(f"{migrations}/*.sql"))]:
            with open(path, "rb") as f:
                digest.update(f.read())
        key = digest.hexdigest()
        kept = self.psql("postgres", "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
                                     "WHERE datname = 'bench'")
        if kept == key:
            return
        print(f"making a shop of {customers:,} customers …", file=sys.stderr)
        self.psql("postgres", "DROP DATABASE IF EXISTS bench;\nCREATE DATABASE bench;")
        run([cohort, "migrate"], timeout=120, environment={
            **environment, "DATABASE_URL": self.conninfo("bench")})
        # An index that is built at once costs a fraction of one that grows row by row.
        indexes = self.psql("bench", """
            SELECT indexrelid::regclass || '|' || pg_get_indexdef(indexrelid) FROM pg_index
            WHERE indrelid IN ('customer'::regclass, 'customer_group'::regclass,
                    'customer_group_customers'::regclass)
                AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)""").splitlines()
        self.psql("bench", "".join(f"DROP INDEX {line.split('|', 1)[0]};\n" for line in indexes))
        self.psql("bench", arguments=["-v", f"customers={customers}", "-v", f"token={token}", "-f", script],
                  timeout=1800)
        self.psql("bench", "SET maintenance_work_mem = '512MB';\n"
                  + "".join(line.split("|", 1)[1] + ";\n" for line in indexes), timeout=1800)
        self.psql("bench", "VACUUM ANALYZE;\nCHECKPOINT;", timeout=900)
        self.psql("postgres", f"COMMENT ON DATABASE bench IS '{key}'")


class Replica(Database):
    """A streaming replica, made anew each time."""

    def __init__(self, primary, number):
        self.primary = primary
        super().__init__(f"{primary.directory}/replica{number}")

    def __enter__(self):
        # What a run left that was killed is of another time.
        self._end_leftover()
        shutil.rmtree(self.data, ignore_errors=True)
        return super().__enter__()

    def _make(self):
        self._make_with("pg_basebackup", "-h", self.primary.socket, "-U", "postgres", "--write-recovery-conf",
                        "--wal-method=stream", "--checkpoint=fast")

    def __exit__(self, *error):
        super().__exit__(*error)
        shutil.rmtree(self.directory, ignore_errors=True)
