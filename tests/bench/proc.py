# SPDX-License-Identifier: MIT
"""What proc(5) tells: of a process with all below it, and of the machine. Sizes are bytes.

Of what ends meanwhile nothing is counted; if the process itself has ended, an OSError says so.
"""
import contextlib
import os
import platform

import processes

TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def _kib(text, key):
    for line in text.splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    return 0


def _sum(pid, value):
    total = value(pid)
    for child in processes.descendants(pid):
        with contextlib.suppress(OSError):
            total += value(child)
    return total


def _of_threads(pid, value):
    """The values of the folders of its threads."""
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            found.append(value(f"/proc/{pid}/task/{thread}"))
    return found


def memory(pid):
    """PSS without the pages of files, which come and go by no doing of the process."""
    def one(each):
        text = _read(f"/proc/{each}/smaps_rollup")
        return _kib(text, "Pss_Anon") + _kib(text, "Pss_Shmem")
    return _sum(pid, one)


def mapped(pid):
    """Of that process alone: {"own"} as memory() has it, {"rss"}, {"pss"}.

    A process that hides its memory from other users shows what is resident, but not whose it is:
    then pss is 0, and shared pages count whole.
    """
    try:
        text = _read(f"/proc/{pid}/smaps_rollup")
    except PermissionError:
        text = _read(f"/proc/{pid}/status")
        return {"own": _kib(text, "RssAnon") + _kib(text, "RssShmem"), "rss": _kib(text, "VmRSS"),
                "pss": 0}
    return {"own": _kib(text, "Pss_Anon") + _kib(text, "Pss_Shmem"), "rss": _kib(text, "Rss"),
            "pss": _kib(text, "Pss")}


def cpu_ns(pid):
    """What all threads have run, and in whole ticks the children that ended and were waited for."""
    def thread_ns(folder):
        return int(_read(f"{folder}/schedstat").split()[0])

    def one(each):
        # The name may contain anything; the fields after it start with the third.
        fields = _read(f"/proc/{each}/stat").rpartition(")")[2].split()
        ended_ticks = int(fields[13]) + int(fields[14])
        return sum(_of_threads(each, thread_ns)) + ended_ticks * TICK_NS
    return _sum(pid, one)


def descriptors(pid, of=max):
    """How many are open: of each process those in the fullest table of its threads.

    A thread may have a table of its own: the one that fills up is the emptiest (of=min) before.
    """
    def table_size(folder):
        # Without a list where the kernel counts (6.2).
        return os.stat(f"{folder}/fd").st_size or len(os.listdir(f"{folder}/fd"))
    return _sum(pid, lambda each: of(_of_threads(each, table_size), default=0))


def system_memory():
    """What is available, and what of it the kernel only hopes for: slabs it calls reclaimable.

    Those of open sockets are counted there, but no pressure frees them.
    """
    text = _read("/proc/meminfo")
    return {"available": _kib(text, "MemAvailable"), "slab": _kib(text, "Slab"),
            "reclaimable": _kib(text, "SReclaimable"),
            "free": sum(_kib(text, key) for key in ("MemFree", "Buffers", "Cached"))}


def machine():
    """The machine class, for the report: nothing that names this very machine."""
    model = "unknown"
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {
        "cpu": model,
        "cpus": len(os.sched_getaffinity(0)),
        "memory_bytes": _kib(_read("/proc/meminfo"), "MemTotal"),
        "kernel": platform.release(),
        "architecture": platform.machine(),
    }
