#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds N idle connections over several echod at once, and has every one of them echo.

Usage: ci/scale [--no-install] N PROCESSES

One process may hold as many connections as it may have descriptors, so N is spread over PROCESSES
echod, a port each, and as many echoprobe. Before memory runs out no more are opened: then the
largest number reached is told. Exit status: 0 if all N were held and echoed, else 1; 64 for wrong
arguments.
"""
import contextlib
import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import time

import plan
import proc
import processes
import roster
from options import BUILD, USAGE

# What echod and echoprobe need besides their connections, with room to spare.
OTHER_DESCRIPTORS = 50
MEMORY_LEFT = 1536 << 20
# echoprobe is told to go on long before.
HOLD = "10h"
OPENING_AT_ONCE = 2
ECHOING_AT_ONCE = 4
# Without another connection, or for an echoprobe to end.
PATIENCE_S = 60
GIB = 1 << 30


class Group:
    """An echod and the echoprobe that holds its connections."""

    def __init__(self, server, count):
        self.count = count
        self._server = server
        self._before = proc.descriptors(server.pid, of=min)
        self._probe = None
        self.report = None
        self.problem = None

    def open(self):
        argv = [os.path.join(BUILD, "src", "echoprobe"), "--json", "--mode", "idle",
                "-c", self.count, "-d", HOLD, self._server.target("tcp")]
        self._probe = processes.start(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @property
    def is_begun(self):
        return self._probe is not None

    def opened(self):
        """How many connections the server holds now."""
        if not self.is_begun or self._server.has_died():
            return 0
        return max(0, min(self.count, proc.descriptors(self._server.pid) - self._before))

    def has_failed(self):
        """Ended although nobody told it to."""
        if self.is_begun and not self.problem and self._probe.poll() is not None:
            self._read()
        return self.problem is not None

    def give_up(self, problem):
        self.problem = problem
        processes.stop(self._probe)

    def echo(self):
        """Ends the hold: each connection echoes, and closes."""
        self._probe.send_signal(signal.SIGINT)

    def finish(self):
        try:
            self._read()
        except subprocess.TimeoutExpired:
            self.problem = f"echoprobe did not end within {PATIENCE_S} s"
        processes.stop(self._probe)

    def server_memory(self):
        return proc.memory(self._server.pid)

    def probe_memory(self):
        return proc.memory(self._probe.pid)

    def _read(self):
        out, err = self._probe.communicate(timeout=PATIENCE_S)
        try:
            self.report = json.loads(out)
        except ValueError:
            self.problem = err.decode(errors="replace").strip() or "echoprobe told nothing"
            return
        if self.report["verdict"] != "ok" or self.report["messages"] != self.count:
            self.problem = (f"{self.report['verdict']}, {self.report['messages']:,} of "
                            f"{self.count:,} echoed: {self.report['reason']}")


def main(arguments):
    count, process_count = _parse([word for word in arguments if word != "--check"])
    if "--check" in arguments:
        return 0
    processes.prepare()
    before = proc.system_memory()
    with contextlib.ExitStack() as stack:
        stack.callback(processes.stop_all)
        groups = _start(stack, count, process_count)
        begun = time.monotonic()
        reason = _open_all(groups, count, before)
        open_s = time.monotonic() - begun
        held = [group for group in groups if group.is_begun and not group.problem]
        figures = _weigh(groups, held, before) | {"seconds": round(open_s, 1)}
        _echo_all(held)
    return _tell(count, groups, held, figures, reason)


def _parse(arguments):
    words = [word for word in arguments if word != "--no-install"]  # ci/scale's own
    if words in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    if len(words) != 2 or not all(word.isascii() and word.isdigit() and int(word) > 0
                                  for word in words):
        _refuse("wanted: N PROCESSES, two numbers from 1 up")
    count, process_count = map(int, words)
    if process_count > count:
        _refuse(f"{process_count} processes for {count} connections")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - OTHER_DESCRIPTORS
    if -(-count // process_count) > most:
        _refuse(f"one process may hold {most:,} connections here: "
                f"{count:,} take {-(-count // most)} processes or more")
    return count, process_count


def _refuse(words):
    print(f"ci/scale: {words}; see ci/scale --help", file=sys.stderr)
    sys.exit(USAGE)


def _start(stack, count, process_count):
    words = [os.path.join(BUILD, "src", "echod"), *roster.user_words().split(), "--workers=1",
             "--idle-timeout=0", "--log-level=error", "tcp:127.0.0.1:{port}"]
    server = roster.Server("echod", "echod", "echod", shlex.join(words))
    folder = os.path.join(BUILD, "run")
    running = [stack.enter_context(roster.Running(server, folder))
               for _ in range(process_count)]
    time.sleep(roster.QUIET_S)
    share, more = divmod(count, process_count)
    return [Group(each, share + (index < more)) for index, each in enumerate(running)]


def _open_all(groups, count, before):
    """Opens group after group; returns why it stopped before the last, or None."""
    last_told = 0
    moved = (0, time.monotonic())
    while True:
        opening = [group for group in groups if group.is_begun and not group.has_failed()
                   and group.opened() < group.count]
        waiting = [group for group in groups if not group.is_begun]
        if not opening and not waiting:
            break
        if _available(before) < MEMORY_LEFT:
            return _stop_opening(opening,
                                 f"less than {MEMORY_LEFT / GIB:.1f} GiB of memory is left")
        for group in waiting[:OPENING_AT_ONCE - len(opening)]:
            group.open()
        total = sum(group.opened() for group in groups)
        now = time.monotonic()
        if total != moved[0]:
            moved = (total, now)
        elif now - moved[1] > PATIENCE_S:
            return _stop_opening(opening, f"no further connection within {PATIENCE_S} s")
        if now - last_told >= 1:
            last_told = now
            _say(total, count)
        time.sleep(0.05)
    _say(sum(group.opened() for group in groups), count)
    failed = [group.problem for group in groups if group.problem]
    return failed[0] if failed else None


def _available(before):
    now = proc.system_memory()
    return now["available"] - max(0, now["reclaimable"] - before["reclaimable"])


def _stop_opening(opening, reason):
    """Half-open groups give their memory back; what is complete stays."""
    for group in opening:
        group.give_up(reason)
    return reason


def _say(total, count):
    now = proc.system_memory()
    print(f"{total:,} of {count:,} open, MemAvailable {now['available'] / GIB:.1f} GiB, "
          f"slab {now['slab'] / GIB:.1f} GiB", file=sys.stderr, flush=True)


def _weigh(groups, held, before):
    """What the connections that are open now take, by where it is."""
    total = sum(group.opened() for group in held)
    now = proc.system_memory()
    servers = sum(group.server_memory() for group in held)
    probes = sum(group.probe_memory() for group in held)
    idle = sum(group.server_memory() for group in groups if group not in held)
    taken = before["free"] - now["free"]
    return {
        "connections": total,
        "processes": len(held),
        "server_pss": servers,
        "probe_pss": probes,
        "kernel": taken - servers - probes - idle,
        "slab": now["slab"] - before["slab"],
        "available": now["available"],
    }


def _echo_all(groups):
    for first in range(0, len(groups), ECHOING_AT_ONCE):
        some = groups[first:first + ECHOING_AT_ONCE]
        for group in some:
            group.echo()
        for group in some:
            group.finish()
        print(f"{first + len(some)} of {len(groups)} processes have echoed", file=sys.stderr)


def _tell(count, groups, held, figures, reason):
    total = figures["connections"]
    verified = sum(group.report["messages"] for group in held
                   if group.report and group.report["verdict"] == "ok")
    problems = sorted({group.problem for group in groups if group.problem})
    figures |= {"wanted": count, "verified": verified, "reason": reason, "problems": problems,
                "machine": proc.machine()}
    folder = os.path.join(BUILD, "report")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "scale.json"), "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)
    print(f"{total:,} connections open at once, over {figures['processes']} echod, after "
          f"{plan.duration(figures['seconds'])} minutes")
    if total:
        print(f"a connection: {figures['server_pss'] / total:,.1f} B of echod (PSS, no files), "
              f"{figures['kernel'] / total:,.0f} B of the kernel for both ends "
              f"(slab {figures['slab'] / total:,.0f} B)")
        print(f"at the height: echod {figures['server_pss'] / GIB:.2f} GiB, echoprobe "
              f"{figures['probe_pss'] / GIB:.2f} GiB, kernel {figures['kernel'] / GIB:.2f} GiB; "
              f"MemAvailable {figures['available'] / GIB:.1f} GiB")
    if reason:
        print(f"not all {count:,}: {reason}")
    for problem in problems:
        if problem != reason:
            print(f"problem: {problem}")
    print(f"{verified:,} of {count:,} echoed, every byte verified")
    return 0 if verified == count == total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
