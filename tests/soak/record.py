# SPDX-License-Identifier: MIT
"""The figures of the server second by second, as a table in a file."""
import csv
import signal
import time

import processes
import server as servers
from judge import Rest

EVERY_S = 1
TICK_S = 0.05
OWN = ("seconds", "memory", "rss", "pss", "descriptors", "cpu_ns")


class Record:
    """Asks the server for its status each second, and samples the process when that comes."""

    def __init__(self, server, file):
        self.rows = []
        self._server = server
        self._file = file
        self._writer = None
        self._begun = time.monotonic()
        self._asked = None
        self._next = self._begun

    def step(self):
        """A short while; raises processes.Failed if the server has ended or does not answer."""
        time.sleep(TICK_S)
        now = time.monotonic()
        if self._server.has_died():
            raise processes.Failed(f"echod ended, status {self._server.exit_status()}")
        if "status" in self._server.read_log():
            self._add(now)
            self._asked = None
        elif self._asked and now - self._asked > servers.ANSWER_S:
            raise processes.Failed(f"echod told no status within {servers.ANSWER_S} s")
        if not self._asked and now >= self._next:
            self._asked = now
            self._next = max(now, self._next + EVERY_S)
            self._server.signal(signal.SIGUSR1)

    def run(self, seconds):
        """So many seconds of it, and one row more than before at least."""
        end = time.monotonic() + seconds
        count = len(self.rows)
        while time.monotonic() < end or len(self.rows) == count:
            self.step()

    def rest(self, seconds):
        """The server when nobody is there, for so long."""
        self.run(EVERY_S)
        first = self.rows[-1]
        self.run(seconds)
        rows = self.rows[self.rows.index(first):]
        cpu_ns = rows[-1]["cpu_ns"] - first["cpu_ns"]
        return Rest(min(row["memory"] for row in rows), rows[-1]["descriptors"],
                    cpu_ns / 1e9 / (rows[-1]["seconds"] - first["seconds"]))

    def _add(self, now):
        sample = self._server.sample()
        row = {"seconds": round(now - self._begun, 3)}
        row |= {name: getattr(sample, name) for name in OWN[1:]}
        row |= servers.figures(self._server.events["status"])
        if not self._writer:
            self._writer = csv.DictWriter(self._file, row, extrasaction="ignore")
            self._writer.writeheader()
        self._writer.writerow(row)
        self._file.flush()
        self.rows.append(row)
