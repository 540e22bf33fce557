# SPDX-License-Identifier: MIT
"""Starts the servers of the benchmark, looks at them from outside and leaves none behind.

A server is a command with {port} in it; what it forks is part of it. All figures come from
/proc and are sums over that family of processes.
"""
import contextlib
import ctypes
import os
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HOST = "127.0.0.1"
START_S = 5
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PR_SET_CHILD_SUBREAPER = 36


def table_read(path, build):
    """The servers of a file such as peers.txt: a dict of name to command."""
    source = os.path.dirname(os.path.abspath(path))
    servers = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                name, command = line.split(None, 1)
                command = command.strip().replace("{source}", shlex.quote(source))
                servers[name] = command.replace("{build}", shlex.quote(os.path.abspath(build)))
    return servers


def orphans_adopt():
    """A child whose parent died becomes ours, so that none is lost from sight."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def port_find():
    """A port nobody listens on; a server that starts at once will most likely get it."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _stat(pid):
    """Fields of /proc/PID/stat after the name, the parent first at [1]; None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _family(root):
    """The process and all below it."""
    children = {}
    for entry in os.listdir("/proc"):
        stat = _stat(entry) if entry.isdigit() else None
        if stat:
            children.setdefault(int(stat[1]), []).append(int(entry))
    family = [root]
    for pid in family:
        family += children.get(pid, [])
    return family


class Server:
    """One running server; a context that ends it with all its children."""

    def __init__(self, command):
        orphans_adopt()
        self.port = port_find()
        self.scratch = tempfile.mkdtemp(prefix="echo-server-")
        words = [
            word.format(port=self.port, scratch=self.scratch) for word in shlex.split(command)
        ]
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL"] + words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self):
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def _wait(self):
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.is_alive():
            try:
                socket.create_connection((HOST, self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"does not start: {shlex.join(self.process.args)}")

    def stop(self):
        """Kills the family, then what orphans are left of it, and removes its folder."""
        for pid in _family(self.process.pid)[::-1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for pid in _family(os.getpid())[1:]:
            stat = _stat(pid)
            if stat and int(stat[3]) == self.process.pid:  # its session is the server's
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def is_alive(self):
        return self.process.poll() is None

    def connect(self, timeout_s=2):
        return socket.create_connection((HOST, self.port), timeout_s)

    def limit_descriptors(self, count):
        """Lowers the soft limit of the live process, as if so many were in use elsewhere."""
        hard = resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (count, hard))

    def cpu_s(self):
        """CPU time so far, with that of the children that ended and were waited for."""
        stats = [_stat(pid) for pid in _family(self.process.pid)]
        return sum(sum(map(int, stat[11:15])) for stat in stats if stat) / TICKS_PER_S

    def memory_size(self):
        """Resident bytes that no file backs."""
        size = 0
        for pid in _family(self.process.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as lines:
                    for line in lines:
                        if line.startswith(("RssAnon:", "RssShmem:")):
                            size += int(line.split()[1]) * 1024
        return size

    def descriptor_count(self):
        count = 0
        for pid in _family(self.process.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                count += len(os.listdir(f"/proc/{pid}/fd"))
        return count
