# SPDX-License-Identifier: MIT
"""Processes of a benchmark: pinned, with or without a real-time class, and none left behind.

Each runs in a process group of its own and dies with this one (PR_SET_PDEATHSIG). What a server
leaves behind becomes a child of this process (PR_SET_CHILD_SUBREAPER), so it is found and ended.
"""
import contextlib
import ctypes
import glob
import os
import resource
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
REAL_TIME = ["chrt", "--fifo", "1"]

_running = []


class Failed(Exception):
    """A process did not do what it was to do; the words say which and what."""


def prepare():
    """Once, before anything is started."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))


def may_run_real_time():
    """Whether SCHED_FIFO is allowed here."""
    try:
        return subprocess.run(REAL_TIME + ["true"], stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


def start(argv, cpu=None, real_time=False, **popen):
    """Starts argv; its pid is that of argv itself, as each of the commands before it execs."""
    before = ["setpriv", "--pdeathsig", "KILL"]
    if cpu is not None:
        before += ["taskset", "--cpu-list", str(cpu)]
    if real_time:
        before += REAL_TIME
    process = subprocess.Popen(before + [str(word) for word in argv], start_new_session=True,
                               stdin=subprocess.DEVNULL, **popen)
    _running.append(process)
    return process


def run(argv, timeout_s, **options):
    """Runs argv to its end and returns (exit status, output, words on stderr)."""
    process = start(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        name = os.path.basename(str(argv[0]))
        raise Failed(f"{name} did not end within {timeout_s:g} s") from None
    finally:
        stop(process)
    return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")


def stop(process):
    """Ends the process, what it has started, and what those have left behind."""
    if process in _running:
        _running.remove(process)
    for pid in descendants(process.pid):
        _kill(os.kill, pid)
    _kill(os.killpg, process.pid)
    process.wait()
    _stop_orphans()


def stop_all():
    """Ends everything that was started here."""
    while _running:
        stop(_running[-1])


def descendants(pid):
    """The processes below pid, nearest first; never pid itself."""
    found = []
    for child in _children(pid):
        found += [child] + descendants(child)
    return found


def _children(pid):
    pids = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        # A thread may end meanwhile.
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
            pids += [int(word) for word in file.read().split()]
    return pids


def _stop_orphans():
    """The children of an orphan are orphans once it has ended."""
    known = {process.pid for process in _running}
    while orphans := [pid for pid in _children(os.getpid()) if pid not in known]:
        for pid in orphans:
            _kill(os.kill, pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _kill(function, pid):
    with contextlib.suppress(ProcessLookupError):
        function(pid, signal.SIGKILL)


def wait_until(question, timeout_s, every_s=0.01):
    """Asks until the answer is true; returns the last answer."""
    end = time.monotonic() + timeout_s
    while not (answer := question()) and time.monotonic() < end:
        time.sleep(every_s)
    return answer
