# SPDX-License-Identifier: MIT
"""The goals: what echod is to reach against its peers, in the same run."""
from dataclasses import dataclass
from typing import Callable, Optional

import summary
from scenarios import BACK_BYTES, FAST_NS, STEP_NS

BEST = "the best epoll peer"
TICK_NS = 10e6
# Tables grow by pages; what echoprobe weighs are the last nine tenths of 19,000 connections.
PAGE_BYTES = 4096
WEIGHED = 17100


@dataclass(frozen=True)
class Verdict:
    scenario: str
    goal: str
    measured: str
    is_met: Optional[bool]  # None: not measured


@dataclass(frozen=True)
class Than:
    """echod's figure by another server's: at most so much, or at least if more is better."""
    scenario: str
    other: str
    limit: float

    def verdict(self, scenario, rows, echod):
        more = scenario.figure.more_is_better
        goal = f"{'>=' if more else '<='} {self.limit:.2f} of {self.other}"
        other = self._other(rows, more)
        ratio = other and summary.ratio(echod, other)
        if not ratio:
            return Verdict(scenario.name, goal, "not measured", None)
        value = round(ratio.median, 3)
        is_met = value >= self.limit if more else value <= self.limit
        name = f" ({other.server.name})" if self.other == BEST else ""
        measured = f"{value:.3f} [{ratio.low:.3f}..{ratio.high:.3f}]{name}"
        if not is_met:
            measured += f", missed by {abs(value / self.limit - 1):.1%}"
            if ratio.low <= self.limit <= ratio.high:
                measured += ", within the spread"
        return Verdict(scenario.name, goal, measured, is_met)

    def _other(self, rows, more):
        if self.other == BEST:
            return summary.best([row for row in rows if row.server.family == "epoll"], more)
        found = [row for row in rows if row.server.name == self.other]
        return found[0] if found else None


@dataclass(frozen=True)
class Bound:
    """A value of echod's own that stays within a limit."""
    scenario: str
    goal: str
    read: Callable  # row -> value or None
    limit: float
    unit: str
    scale: float = 1.0
    is_strict: bool = False

    def verdict(self, scenario, _rows, echod):
        value = self.read(echod)
        if value is None:
            return Verdict(scenario.name, self.goal, "not measured", None)
        is_met = value < self.limit if self.is_strict else value <= self.limit
        return Verdict(scenario.name, self.goal, f"{value / self.scale:.6g} {self.unit}", is_met)


def _latency(name):
    return lambda row: row.middle("probe", "latency_ns", name)


def _message_goals(scenario):
    return (
        Bound(scenario, "p50 < 2 ms", _latency("p50"), FAST_NS, "ms", 1e6, True),
        Bound(scenario, "no 40 ms step: p99 < 40 ms", _latency("p99"), STEP_NS, "ms", 1e6, True),
        Than(scenario, "libev", 1.00),
    )


GOALS = (
    Than("1cpu-c64", BEST, 1.00),
    Than("1cpu-c64", "level", 0.98),
    Than("1cpu-c64", "libuv", 0.95),
    Than("1cpu-c64", "libevent", 0.62),
    Than("1cpu-c64", "floor", 1.20),
    Than("1cpu-c1", BEST, 1.00),
    Than("1cpu-c1000", BEST, 1.00),
    *_message_goals("16k-c1"),
    *_message_goals("16k-c8"),
    *_message_goals("200k-c1"),
    *_message_goals("200k-c8"),
    Than("bulk-c1", "level", 1.40),
    Than("bulk-c1", "libevent", 2.50),
    Than("bulk-c8", "level", 1.40),
    Than("bulk-c8", "libevent", 2.50),
    Than("churn", "tutorial", 1.02),
    Than("udp-d1", "recvfrom", 1.00),
    Than("udp-d16", "recvmmsg", 1.00),
    Than("udp-segment", BEST, 0.20),
    Bound("memory-large", "<= 64 B a connection, and a page", lambda row: row.median,
          64 + PAGE_BYTES / WEIGHED, "B"),
    Bound("memory-large", "memory back to start + 512 KiB",
          lambda row: row.highest("memory_kept"), BACK_BYTES, "KiB", 1024),
    Bound("memory-large", "no CPU tick in an idle second: < 10 ms",
          lambda row: row.highest("idle_second_cpu_ns"), TICK_NS, "us", 1e3, True),
)


def judge(scenarios, rows_of, name):
    """A verdict for each goal of those scenarios; `name` is the row that is held to them."""
    verdicts = []
    known = {scenario.name: scenario for scenario in scenarios}
    for goal in GOALS:
        if goal.scenario not in known:
            continue
        rows = rows_of[goal.scenario]
        echod = [row for row in rows if row.server.name == name]
        if echod:
            verdicts.append(goal.verdict(known[goal.scenario], rows, echod[0]))
    return verdicts
