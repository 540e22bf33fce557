# SPDX-License-Identifier: MIT
"""The echod that is soaked: its listeners, its log, and what it takes of memory and descriptors."""
import contextlib
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass

import headers
import kinds
import proc
import processes
import roster

USER = "nobody"
WORKERS = 2
# So little that stalled peers empty it.
BUFFER_MEMORY = 4 << 20
ACCEPT_RATE = 200
UDP_RATE = 2000
READY_S = 10
ANSWER_S = 15


@dataclass(frozen=True)
class Sample:
    """What the process has taken at one moment; sizes are bytes."""
    memory: int  # its own: no pages of files
    rss: int
    pss: int  # 0 if the kernel does not tell us
    descriptors: int  # of all tables of its threads
    cpu_ns: int


class Server:
    """A context, at the end of which nothing of it runs, and its folder is gone."""

    def __init__(self, program):
        self.program = program
        self.targets = {}
        self.complaints = []  # lines of the log that warn
        self.events = {}  # the last of each kind: {key: value}
        self.pid = 0
        self._folder = None
        self._process = None
        self._rest = b""  # of the log, without the end of its line yet

    def __enter__(self):
        self._folder = tempfile.mkdtemp(prefix="echod-soak-")
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._process:
            processes.stop(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self):
        user = []
        if os.geteuid() == 0:
            user = ["--user", USER]
            # Who removes the socket's path at the end.
            os.chown(self._folder, pwd.getpwnam(USER).pw_uid, -1)
        self._process = processes.start(
            [self.program, *user, "--require-sandbox", "--workers", WORKERS,
             "--buffer-memory", BUFFER_MEMORY, "--accept-rate", ACCEPT_RATE,
             "--udp-rate", UDP_RATE, "--deny", headers.DENIED,
             "--stall-timeout", f"{kinds.STALL_TIMEOUT_S}s",
             "--idle-timeout", f"{kinds.IDLE_TIMEOUT_S}s", *self._listeners()],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.pid = self._process.pid
        os.set_blocking(self._process.stderr.fileno(), False)
        if not self.await_event("ready", READY_S):
            raise processes.Failed(f"echod is not ready: {self.complaints or 'it told nothing'}")

    def _listeners(self):
        self.targets = {
            "tcp": (roster.HOST, roster.free_port()),
            "tcp_proxy": (roster.HOST, roster.free_port()),
            "unix": os.path.join(self._folder, "plain"),
            "unix_proxy": os.path.join(self._folder, "proxy"),
            "udp": (roster.HOST, roster.free_port()),
            "udp_flood": (roster.HOST, roster.free_port()),
        }
        if _has_ipv6():
            self.targets["tcp6"] = ("::1", roster.free_port("::1"))
            self.targets["udp6"] = ("::1", roster.free_port("::1"))
        return [self.target(name) + (",proxy" if name.endswith("_proxy") else "")
                for name in self.targets]

    def target(self, name):
        """As echod and echoprobe want it."""
        place = self.targets[name]
        if isinstance(place, str):
            return f"unix:{place}"
        host, port = place
        return f"{name[:3]}:{f'[{host}]' if ':' in host else host}:{port}"

    def has_died(self):
        return self._process.poll() is not None

    def exit_status(self):
        return self._process.poll()

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def read_log(self):
        """Takes what it has told, and returns the names of those events."""
        names = []
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._process.stderr.fileno(), 65536):
                self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            fields = dict(word.partition("=")[::2] for word in text.split())
            if fields.get("level") != "info":
                self.complaints.append(text)
            self.events[fields.get("event")] = fields
            names.append(fields.get("event"))
        return names

    def await_event(self, name, timeout_s):
        """Whether it was told in time, before the server ended."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            has_died = self.has_died()
            if name in self.read_log():
                return True
            if has_died:
                return False
            select.select([self._process.stderr], [], [], 0.1)
        return False

    def status(self):
        """Its figures as they are now."""
        self.signal(signal.SIGUSR1)
        if not self.await_event("status", ANSWER_S):
            raise processes.Failed(f"echod told no status within {ANSWER_S} s")
        return figures(self.events["status"])

    def sample(self):
        sizes = proc.mapped(self.pid)
        return Sample(memory=sizes["own"], rss=sizes["rss"], pss=sizes["pss"],
                      descriptors=proc.descriptors(self.pid, of=_all),
                      cpu_ns=proc.cpu_ns(self.pid))

    def has_left_paths(self):
        return bool(os.listdir(self._folder))


def figures(event):
    """The numbers of a status or stopped event."""
    return {key: int(value) for key, value in event.items() if value.isdigit()}


def _all(sizes, default):
    return sum(sizes) or default


def _has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False
