# SPDX-License-Identifier: MIT
"""From samples to rows: medians, their spread, and ratios round by round.

Times drift here by more than the servers differ. Two servers are therefore compared within each
round, and the median is taken of those ratios, not of the figures.
"""
import math
import statistics
from dataclasses import dataclass, field


@dataclass
class Row:
    server: object
    figures: dict = field(default_factory=dict)  # round -> figure
    samples: list = field(default_factory=list)
    problems: list = field(default_factory=list)  # words, each once

    @property
    def median(self):
        return statistics.median(self.figures.values()) if self.figures else None

    @property
    def spread(self):
        """The median distance from the median, as a part of it."""
        if not self.median:
            return None
        return statistics.median(abs(each - self.median)
                                 for each in self.figures.values()) / abs(self.median)

    def middle(self, *path):
        """The median of what each sample has at that path; None if none has it."""
        values = self._values(path)
        return statistics.median(values) if values else None

    def highest(self, *path):
        return max(self._values(path), default=None)

    def _values(self, path):
        values = (_at(sample, path) for sample in self.samples)
        return [value for value in values if value is not None]


@dataclass(frozen=True)
class Ratio:
    """Of two servers in the same rounds: the median, and where it lies with 95 % confidence."""
    median: float
    low: float
    high: float
    rounds: int


def rows(scenario, servers, samples):
    """A row for each server that takes part, in the order of servers."""
    found = {server.name: Row(server) for server in servers if scenario.takes(server)}
    for sample in samples:
        row = found.get(sample["server"])
        if row is None or sample["scenario"] != scenario.name:
            continue
        row.samples.append(sample)
        if sample["figure"] is not None:
            row.figures[sample["round"]] = sample["figure"]
        if sample["problem"] and sample["problem"] not in row.problems:
            row.problems.append(sample["problem"])
    return [row for row in found.values() if row.samples]


def ratio(row, reference):
    """row's figure by reference's, round by round; None if they have no round in common."""
    values = sorted(row.figures[number] / reference.figures[number]
                    for number in row.figures
                    if reference.figures.get(number))
    if not values:
        return None
    aside = _outside_interval(len(values))
    return Ratio(statistics.median(values), values[aside], values[-1 - aside], len(values))


def best(candidates, more_is_better):
    """The row with the best median, None if none has one."""
    measured = [row for row in candidates if row.median is not None]
    choose = max if more_is_better else min
    return choose(measured, key=lambda row: row.median) if measured else None


def _outside_interval(count):
    """How many of the lowest values, and of the highest, lie outside 95 % of the median's interval.

    Each value is below the true median with probability 1/2: a binomial distribution. With fewer
    than 6 values the interval is all of them, and holds the median with less confidence.
    """
    aside = 0
    below = 0.5 ** count
    while aside + 1 < count / 2:
        below += math.comb(count, aside + 1) * 0.5 ** count
        if below > 0.025:
            break
        aside += 1
    return aside


def _at(sample, path):
    for key in path:
        if not isinstance(sample, dict):
            return None
        sample = sample.get(key)
    return sample
