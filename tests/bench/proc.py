# SPDX-License-Identifier: MIT
"""What proc(5) tells: of a process with all below it, and of the machine. Sizes are bytes."""
import os
import platform

import processes


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
        try:
            total += value(child)
        except OSError:
            pass  # It has ended meanwhile.
    return total


def memory(pid):
    """(PSS, RSS) of the process and of those below it."""
    def one(key):
        return _sum(pid, lambda each: _kib(_read(f"/proc/{each}/smaps_rollup"), key))
    return one("Pss"), one("Rss")


def cpu_ns(pid):
    """What all threads of the process and of those below it have run."""
    def one(each):
        return sum(int(_read(f"/proc/{each}/task/{thread}/schedstat").split()[0])
                   for thread in os.listdir(f"/proc/{each}/task"))
    return _sum(pid, one)


def descriptors(pid):
    """How many are open in the fullest table of its threads, which may have tables of their own."""
    def one(thread):
        # Without a list where the kernel counts (6.2).
        path = f"/proc/{pid}/task/{thread}/fd"
        return os.stat(path).st_size or len(os.listdir(path))
    return max(one(thread) for thread in os.listdir(f"/proc/{pid}/task"))


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
