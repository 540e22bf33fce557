#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The benchmark's own arithmetic: medians, ratios, intervals, goals, and the order of a run."""
import contextlib
import io
import os
import sys
import unittest

import goals
import options
import plan
import robustness
import summary
import tables
from measure import Bench
from roster import Server
from scenarios import SCENARIOS

CPU = next(scenario for scenario in SCENARIOS if scenario.name == "1cpu-c64")
SEGMENT = next(scenario for scenario in SCENARIOS if scenario.name == "udp-segment")
BULK = next(scenario for scenario in SCENARIOS if scenario.name == "bulk-c1")
BOTH = ("tcp", "udp")
ECHOD = Server("echod", "echod", "", "", BOTH)
LEVEL = Server("level", "epoll", "", "")
LIBEV = Server("libev", "epoll", "", "")
FLOOR = Server("floor", "floor", "", "", BOTH)
RECVFROM = Server("recvfrom", "epoll", "", "", ("udp",))
RECVMMSG = Server("recvmmsg", "epoll", "", "", ("udp",))


def rows_of(scenario, **figures):
    """Rows of servers by name, each with its figures of round 1, 2, ...; None is a problem."""
    servers = {server.name: server
               for server in (ECHOD, LEVEL, LIBEV, FLOOR, RECVFROM, RECVMMSG)}
    samples = [{"scenario": scenario.name, "server": name, "round": number, "figure": figure,
                "problem": None if figure is not None else "timeout"}
               for name, values in figures.items() for number, figure in enumerate(values, 1)]
    return summary.rows(scenario, [servers[name] for name in figures], samples)


def judged(scenario, rows, goal):
    verdicts = goals.judge([scenario], {scenario.name: rows}, "echod")
    return next(verdict for verdict in verdicts if verdict.goal == goal)


class Summary(unittest.TestCase):
    def test_drift_between_rounds_is_not_in_a_ratio(self):
        echod, level = rows_of(CPU, echod=[100, 150, 300], level=[200, 300, 600])
        ratio = summary.ratio(level, echod)
        self.assertEqual((ratio.median, ratio.low, ratio.high), (2, 2, 2))

    def test_round_without_both_is_left_out_of_a_ratio(self):
        echod, level = rows_of(CPU, echod=[100, None, 100], level=[900, 100, 200])
        ratio = summary.ratio(level, echod)
        self.assertEqual((ratio.low, ratio.high, ratio.rounds), (2, 9, 2))

    def test_no_common_round_gives_no_ratio(self):
        echod, level = rows_of(CPU, echod=[100, None], level=[None, 100])
        self.assertIsNone(summary.ratio(level, echod))

    def test_interval_of_few_rounds_is_all_of_them(self):
        echod, level = rows_of(CPU, echod=[1] * 5, level=[1, 2, 3, 4, 5])
        ratio = summary.ratio(level, echod)
        self.assertEqual((ratio.low, ratio.median, ratio.high), (1, 3, 5))

    def test_interval_of_many_rounds_leaves_out_extremes(self):
        """Tables of the sign test: 15 values, the 4th to the 12th hold the median with 96.5 %."""
        echod, level = rows_of(CPU, echod=[1] * 15, level=range(1, 16))
        ratio = summary.ratio(level, echod)
        self.assertEqual((ratio.low, ratio.median, ratio.high), (4, 8, 12))

    def test_problem_is_told_once_and_is_no_figure(self):
        echod, = rows_of(CPU, echod=[None, 100, None])
        self.assertEqual((echod.median, echod.problems), (100, ["timeout"]))

    def test_spread_is_the_median_distance(self):
        echod, = rows_of(CPU, echod=[90, 95, 100, 110, 500])
        self.assertAlmostEqual(echod.spread, 0.10)

    def test_best_is_the_least_or_the_most(self):
        rows = rows_of(CPU, level=[2, 2], libev=[3, 3], echod=[None, None])
        self.assertEqual(summary.best(rows, False).server.name, "level")
        self.assertEqual(summary.best(rows, True).server.name, "libev")


class Goals(unittest.TestCase):
    def test_best_peer_is_neither_the_floor_nor_echod(self):
        rows = rows_of(CPU, floor=[50], echod=[90], level=[110], libev=[100])
        verdict = judged(CPU, rows, "<= 1.00 of the best epoll peer")
        self.assertTrue(verdict.is_met)
        self.assertEqual(verdict.measured, "0.900 [0.900..0.900] (libev)")

    def test_goal_missed_says_by_how_much(self):
        rows = rows_of(CPU, echod=[100] * 5, level=[80] * 5)
        verdict = judged(CPU, rows, "<= 0.98 of level")
        self.assertIs(verdict.is_met, False)
        self.assertIn("missed by 27.6%", verdict.measured)
        self.assertNotIn("within", verdict.measured)

    def test_more_bytes_are_better(self):
        rows = rows_of(BULK, echod=[150], level=[100])
        self.assertTrue(judged(BULK, rows, ">= 1.40 of level").is_met)
        rows = rows_of(BULK, echod=[100], level=[150])
        self.assertIs(judged(BULK, rows, ">= 1.40 of level").is_met, False)

    def test_peer_that_was_not_measured_is_no_verdict(self):
        rows = rows_of(CPU, echod=[100], level=[None])
        self.assertIsNone(judged(CPU, rows, "<= 0.98 of level").is_met)

    def test_batches_cost_a_fifth_of_the_better_peer(self):
        goal = "<= 0.20 of the best epoll peer"
        rows = rows_of(SEGMENT, echod=[20], recvfrom=[150], recvmmsg=[100])
        self.assertTrue(judged(SEGMENT, rows, goal).is_met)
        rows = rows_of(SEGMENT, echod=[21], recvfrom=[150], recvmmsg=[100])
        self.assertIs(judged(SEGMENT, rows, goal).is_met, False)

    def test_every_goal_has_its_scenario(self):
        known = {scenario.name for scenario in SCENARIOS}
        self.assertEqual({goal.scenario for goal in goals.GOALS} - known, set())


class Robustness(unittest.TestCase):
    def test_check_that_was_not_run_is_neither_passed_nor_a_fault(self):
        good = {"transport": "tcp", "ok": True, "what": "as before"}
        bad = {"transport": "tcp", "ok": False, "what": "7 more"}
        lines = tables.robustness_lines("tcp", {
            "echod": {"half_close": good, "reset_storm": good},
            "level": {"half_close": good, "reset_storm": bad},
            "libev": {"half_close": good},
        })
        self.assertIn("  level, reset storm: 7 more", lines)
        self.assertRegex("\n".join(lines), r"libev +ok +\?")
        self.assertIn("without a fault: echod", lines)

    def test_each_transport_has_a_table_of_its_own(self):
        by_tcp = {"transport": "tcp", "ok": True, "what": "back"}
        by_udp = {"transport": "udp", "ok": False, "what": "2048 came back"}
        checks = {"echod": {"half_close": by_tcp, "whole_datagram": by_udp},
                  "level": {"half_close": by_tcp}}
        lines = tables.robustness_lines("udp", checks)
        self.assertRegex("\n".join(lines), r"echod +FAULT\n")
        self.assertNotIn("level", "\n".join(lines))
        self.assertIn("without a fault: echod, level", tables.robustness_lines("tcp", checks))
        del checks["echod"]["whole_datagram"]
        self.assertEqual(tables.robustness_lines("udp", checks), [])


class Plan(unittest.TestCase):
    def test_each_round_has_every_server_and_turns_round(self):
        chosen = options.parse(["--only", "echod,level,libev", "--scenario", "1cpu-c1",
                                "--rounds", "3"])
        steps = plan.steps(Bench("", "", "", 0, 1, False), chosen)
        self.assertEqual([(step.round, step.server.name) for step in steps],
                         [(1, "echod"), (1, "level"), (1, "libev"),
                          (2, "libev"), (2, "level"), (2, "echod"),
                          (3, "echod"), (3, "level"), (3, "libev")])


    def test_servers_are_measured_by_what_they_serve(self):
        chosen = options.parse(["--scenario", "1cpu-c1,udp-d16", "--rounds", "1",
                                "--only", "floor,echod,level,recvfrom"])
        steps = plan.steps(Bench("", "", "", 0, 1, False), chosen)
        self.assertEqual([(step.scenario.name, step.server.name) for step in steps],
                         [("1cpu-c1", "echod"), ("1cpu-c1", "level"), ("udp-d16", "floor"),
                          ("udp-d16", "echod"), ("udp-d16", "recvfrom")])

    def test_every_transport_has_its_checks(self):
        self.assertEqual({check.transport for check in robustness.CHECKS}, set(tables.ROBUSTNESS))
        self.assertEqual(set(robustness.EXPECTED_S), set(tables.ROBUSTNESS))


class Options(unittest.TestCase):
    def refused(self, *arguments):
        words = io.StringIO()
        with contextlib.redirect_stderr(words), self.assertRaises(SystemExit) as ended:
            options.parse(arguments)
        self.assertEqual(ended.exception.code, 64)
        return words.getvalue()

    def test_wrong_arguments_are_named(self):
        self.assertIn("did you mean libuv?", self.refused("--only", "libvu"))
        self.assertIn("unknown scenario 'x'", self.refused("--scenario", "x"))
        self.assertIn("no server is named", self.refused("--only", ","))
        self.assertIn("no program at '/nowhere'", self.refused("--echod", "a=/nowhere"))
        self.assertIn("there is a server 'libuv' already",
                      self.refused("--echod", f"libuv={sys.executable}"))
        self.assertIn("--rounds", self.refused("--rounds", "0"))
        self.assertIn("--fast", self.refused("--fast"))

    def test_builds_of_echod_are_servers_of_their_own(self):
        chosen = options.parse(["--only", "a,b", "--echod", f"a={sys.executable}",
                                "--echod", f"b={sys.executable}"])
        self.assertEqual([server.name for server in chosen.servers], ["a", "b"])
        self.assertEqual({server.family for server in chosen.servers}, {"echod"})
        self.assertEqual(chosen.reference, "a")

    def test_echod_without_a_name_takes_the_place_of_the_built_one(self):
        chosen = options.parse(["--echod", sys.executable])
        echod = next(server for server in chosen.servers if server.name == "echod")
        self.assertTrue(echod.command.startswith(os.path.abspath(sys.executable)))


if __name__ == "__main__":
    unittest.main()
