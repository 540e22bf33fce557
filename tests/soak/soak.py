#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts a mixed load on the release's echod for so many minutes: nothing may be left of it.

Usage: ci/soak [--no-install] [--seed N] [--echod PATH] MINUTES

Good clients, slow and late readers, stalled, silent and resetting peers, floods, right and wrong
PROXY headers, datagrams and Unix sockets, all at the same time, drawn from a seed; every byte that
comes back is verified. Memory and descriptors must be back where they were when it is over, the
figures of server and clients must agree, and SIGTERM must lose no byte. Writes build/soak/soak.csv,
soak.png and soak.svg. Exit status: 0 if all is well; 1 if not; 64 for wrong arguments; 130 if it
was interrupted, and all was well so far.
"""
import argparse
import collections
import contextlib
import os
import secrets
import sys
import time

import drain
import picture
import plan
import processes
import server as servers
from judge import MIB, Findings, judge, total
from load import Load
from record import Record

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "release", "src")
ECHOD = os.path.join(BUILD, "echod")
FOLDER = os.path.join(ROOT, "build", "soak")
USAGE = 64
INTERRUPTED = 130
REST_S = 5
PROGRESS_S = 10
# For the server to see that the last client has left.
LEAVE_S = 60
# What a connection takes of user space, and its share of the tables.
CONNECTION_SIZE = 1024


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"ci/soak: {message}; see ci/soak --help", file=sys.stderr)
        sys.exit(USAGE)


class Soak:
    """A run, with what there is of it so far."""

    def __init__(self, options):
        self.options = options
        self.is_interrupted = False
        self.wrong = []
        self.counts = collections.Counter()
        self.rows = []
        self.span = (0.0, 0.0)  # of the load, s
        self.start = None
        self.end = None
        self._last_told = 0.0

    def run(self):
        os.makedirs(FOLDER, exist_ok=True)
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(open(os.path.join(FOLDER, "soak.csv"), "w",
                                            encoding="ascii", newline=""))
            stack.callback(processes.stop_all)
            try:
                self._run(stack.enter_context(servers.Server(self.options.echod)), file)
            except processes.Failed as failed:
                self.wrong.append(str(failed))

    def _run(self, server, file):
        record = Record(server, file)
        self.rows = record.rows
        self.start = record.rest(REST_S)
        load = Load(os.path.join(BUILD, "echoprobe"), server, self.options.seed)
        self.counts = load.counts
        self.span = (record.rows[-1]["seconds"], 0.0)
        try:
            self._load(load, record)
            load.end(record.step)
            self._await_leaving(record)
            self.end = record.rest(REST_S)
        finally:
            self.wrong += load.faults
        status = server.status()
        self.wrong += drain.drain(server, self.options.seed)
        self.wrong += judge(self._findings(server, status))

    def _load(self, load, record):
        self._last_told = time.monotonic()
        end = self._last_told + self.options.minutes * 60
        try:
            while time.monotonic() < end:
                load.step(may_begin=True)
                record.step()
                self._tell_progress(end)
        except KeyboardInterrupt:
            self.is_interrupted = True
            print("\ninterrupted: the verdict is on what was seen so far", file=sys.stderr)
        finally:
            self.span = (self.span[0], record.rows[-1]["seconds"])

    def _await_leaving(self, record):
        end = time.monotonic() + LEAVE_S
        while record.rows[-1]["open"] and time.monotonic() < end:
            record.step()

    def _findings(self, server, status):
        open_most = max(row["open"] for row in self.rows)
        has_ended = processes.wait_until(server.has_died, servers.READY_S)
        return Findings(
            minutes=(self.span[1] - self.span[0]) / 60,
            start=self.start,
            end=self.end,
            memory_most=max(row["memory"] for row in self.rows),
            memory_bound=servers.BUFFER_MEMORY + CONNECTION_SIZE * open_most,
            status=status,
            counts=self.counts,
            stopped=servers.figures(server.events.get("stopped", status)),
            drain_end=servers.figures(server.events.get("drain_end", {"forced": "1", "left": "0"})),
            exit_status=server.exit_status() if has_ended else -1,
            complaints=server.complaints,
            has_left_paths=server.has_left_paths())

    def _tell_progress(self, end):
        now = time.monotonic()
        if now - self._last_told < PROGRESS_S or len(self.rows) < 2:
            return
        self._last_told = now
        row = self.rows[-1]
        before = self.rows[max(0, len(self.rows) - 1 - PROGRESS_S)]
        seconds = row["seconds"] - before["seconds"]

        def rate(key):
            return (row[key] - before[key]) / seconds
        print(f"[{plan.duration(end - now)} left] {row['open']:,} open, "
              f"{rate('accepted'):,.0f} connections/s, {rate('sent_bytes') / 1e6:,.0f} MB/s, "
              f"{rate('datagrams_received'):,.0f} datagrams/s, {row['memory'] / MIB:.1f} MiB, "
              f"{row['descriptors']:,} descriptors, {self.counts['faults']} faults",
              file=sys.stderr, flush=True)


def main(arguments):
    options = _parse(arguments)
    print(f"seed {options.seed}: ci/soak --seed {options.seed} {options.minutes:g}", flush=True)
    processes.prepare()
    soak = Soak(options)
    try:
        soak.run()
    except KeyboardInterrupt:
        soak.is_interrupted = True
        print("\nci/soak: interrupted again: the rest was not looked at", file=sys.stderr)
    return _tell(soak)


def _parse(arguments):
    parser = _Parser(prog="ci/soak", description=__doc__, allow_abbrev=False,
                     usage="ci/soak [--no-install] [--seed N] [--echod PATH] MINUTES",
                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-install", action="store_true", help="skip the package step")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), metavar="N",
                        help="draw the same load again")
    parser.add_argument("--echod", metavar="PATH", default=ECHOD,
                        help="soak this one, not that of build/release")
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("minutes", type=float, metavar="MINUTES", help="of load, such as 30 or 0.5")
    options = parser.parse_args(arguments)
    if not 0 < options.minutes <= 100000:
        parser.error(f"wanted: minutes of load, not {options.minutes:g}")
    is_built = not options.check or options.echod != ECHOD
    if is_built and (not os.access(options.echod, os.X_OK) or os.path.isdir(options.echod)):
        parser.error(f"no program at '{options.echod}'")
    if options.check:
        sys.exit(0)
    return options


def _tell(soak):
    words = _figures(soak) if soak.end else "the load did not come to its end"
    verdict = "FAILED" if soak.wrong else "interrupted" if soak.is_interrupted else "ok"
    if soak.rows:
        title = f"echod under load: {verdict}, {words}".replace("; ", "\\n")
        problem = picture.draw(os.path.join(FOLDER, "soak"), title, soak.rows, soak.span)
        print(problem or "figures and pictures: build/soak/soak.csv, soak.png, soak.svg")
    for line in soak.wrong:
        print(f"wrong: {line}")
    print(f"{verdict}: {words}")
    if soak.wrong:
        return 1
    return INTERRUPTED if soak.is_interrupted else 0


def _figures(soak):
    """In one line."""
    counts, start, end = soak.counts, soak.start, soak.end
    size = counts["verified_bytes"] + counts["datagram_verified_bytes"]
    most = max(soak.rows, key=lambda row: row["memory"])["memory"]
    descriptors = max(row["descriptors"] for row in soak.rows)
    last = soak.rows[-1]
    return (f"{(soak.span[1] - soak.span[0]) / 60:.1f} minutes, {counts['opened']:,} connections "
            f"({total(last, 'refused_'):,} refused), {size / 1e9:.1f} GB and "
            f"{counts['datagrams_verified']:,} datagrams verified, {counts['faults']} faults; "
            f"memory {start.memory / MIB:.1f}, {most / MIB:.1f}, {end.memory / MIB:.1f} MiB, "
            f"descriptors {start.descriptors}, {descriptors:,}, {end.descriptors} before, at most, "
            "after")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
