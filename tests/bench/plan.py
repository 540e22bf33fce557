# SPDX-License-Identifier: MIT
"""The order of a run, A B A B ..., how long it takes, and the lines that tell how far it is."""
import sys
import time
from dataclasses import dataclass

import measure

# A server's start and end around its load, s.
OVERHEAD_S = 0.35
FLOOR_S = 1.5
OPEN_S = {"idle": 3.0}


@dataclass(frozen=True)
class Step:
    scenario: object
    server: object
    round: int  # from 1
    rounds: int
    seconds: float  # that it is expected to take


def steps(bench, options):
    """Scenario by scenario; within one, each round has every server once.

    Every other round goes backwards, so that what drifts evenly falls on all alike.
    """
    found = []
    for scenario in options.scenarios:
        rounds = min(options.rounds, scenario.most_rounds)
        if options.quick and scenario.mode == "idle":
            rounds = 1
        takers = [server for server in options.servers if scenario.takes(server)]
        for number in range(1, rounds + 1):
            for server in takers if number % 2 else reversed(takers):
                found.append(Step(scenario, server, number, rounds,
                                  _expected_s(bench, scenario, server)))
    return found


def _expected_s(bench, scenario, server):
    if server.family == "floor":
        return FLOOR_S
    return measure.seconds(bench, scenario) + OPEN_S.get(scenario.mode, 0) + OVERHEAD_S


def duration(seconds):
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


class Progress:
    """Says on stderr what runs, which of how many, and when the rest will be done."""

    def __init__(self, all_steps):
        self._count = len(all_steps)
        self._left_s = sum(step.seconds for step in all_steps)
        self._planned_s = 0.0  # of what is done
        self._begun = time.monotonic()
        self._done = 0
        self._is_terminal = sys.stderr.isatty()

    def begin(self, step):
        left = duration(self._left_s * self._pace())
        words = (f"[{self._done + 1:{len(str(self._count))}}/{self._count}, {left} left] "
                 f"{step.scenario.name} round {step.round}/{step.rounds}: {step.server.name}")
        print(f"\r\x1b[K{words}" if self._is_terminal else words, file=sys.stderr, flush=True,
              end="" if self._is_terminal else " ")

    def end(self, step, sample):
        self._done += 1
        self._left_s -= step.seconds
        self._planned_s += step.seconds
        if sample["problem"]:
            words = sample["problem"]
        else:
            words = f"{sample['figure']:,.1f} {step.scenario.figure.unit}"
        print(f" {words}", file=sys.stderr, flush=True)

    def _pace(self):
        """Real seconds by expected ones so far."""
        if self._planned_s < 5:
            return 1.0
        return (time.monotonic() - self._begun) / self._planned_s
