# SPDX-License-Identifier: MIT
"""The command line of the benchmark. What is wrong with it is said, with exit status 64."""
import argparse
import difflib
import os
import sys

import roster
from scenarios import SCENARIOS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "bench")
PEERS = os.path.join(ROOT, "tests", "bench", "peers.txt")
ROBUSTNESS = "robustness"
QUICK_ROUNDS = 3
QUICK_SPEED = 0.4
# The nearest, the usual, and the best known: none that takes long, as those that fork do.
QUICK_SERVERS = ("floor", "echod", "level", "tutorial", "libuv", "libevent", "recvfrom",
                 "recvmmsg")
USAGE = 64

EXAMPLES = """\
examples:
  ci/bench                                everything, into build/bench/report/
  ci/bench --quick                        the main rows, under 3 minutes
  ci/bench --only echod,libuv --scenario 1cpu-c64,churn --rounds 9
  ci/bench --scenario 1cpu-c64 --only a,b --echod a=PATH --echod b=PATH --rounds 15
                                          two builds of echod, round by round
exit status: 0; 1 if a goal is missed, with --strict; 64 for wrong arguments; 71 if echod could not
be measured in a scenario"""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"ci/bench: {message}; see ci/bench --help", file=sys.stderr)
        sys.exit(USAGE)


def parse(arguments):
    """The options, with .servers and .scenarios as objects and .robustness as a bool."""
    parser = _make_parser()
    options = parser.parse_args(arguments)
    options.build = os.path.abspath(options.build)
    options.report = os.path.abspath(options.report or os.path.join(options.build, "report"))
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else 5)
    options.speed = QUICK_SPEED if options.quick else 1.0
    known = _known_servers(parser, options)
    default = [server.name for server in known
               if not options.quick or server.name in QUICK_SERVERS
               or server.name in options.echod_names]
    names = _chosen(parser, "server", options.only, [server.name for server in known], default)
    options.servers = [server for server in known if server.name in names]
    everything = [scenario.name for scenario in SCENARIOS] + [ROBUSTNESS]
    default = [scenario.name for scenario in SCENARIOS
               if scenario.is_quick or not options.quick] + [ROBUSTNESS]
    names = _chosen(parser, "scenario", options.scenario, everything, default)
    options.scenarios = [scenario for scenario in SCENARIOS if scenario.name in names]
    options.robustness = ROBUSTNESS in names
    options.reference = next((server.name for server in options.servers
                              if server.family == "echod"), options.servers[0].name)
    return options


def _make_parser():
    parser = _Parser(prog="ci/bench", epilog=EXAMPLES, allow_abbrev=False,
                     description="Compares echod with its peers in one run.",
                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-install", action="store_true", help="skip the package step")
    parser.add_argument("--only", metavar="SERVER,...", help="only these servers")
    parser.add_argument("--scenario", metavar="NAME,...", help="only these scenarios")
    parser.add_argument("--quick", action="store_true",
                        help="main rows, fewer servers, 3 short rounds: under 3 minutes")
    parser.add_argument("--rounds", type=_positive, metavar="N",
                        help="rounds of each scenario (default: 5)")
    parser.add_argument("--echod", action="append", default=[], metavar="[NAME=]PATH",
                        help="measure this echod; NAME= adds one to those that are compared")
    parser.add_argument("--no-real-time", action="store_true",
                        help="no SCHED_FIFO where server and load share a CPU")
    parser.add_argument("--strict", action="store_true", help="exit 1 if a goal is missed")
    parser.add_argument("--report", metavar="FOLDER", help="where to write (BUILD/report)")
    parser.add_argument("--build", default=BUILD, metavar="FOLDER",
                        help="what was built with -Dbench=true (build/bench)")
    parser.add_argument("--plan", action="store_true", help="say what would be run, and end")
    return parser


def _positive(text):
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"wanted: a number from 1 up, not '{text}'")
    return int(text)


def _known_servers(parser, options):
    known = roster.load(PEERS, options.build)
    echod = next(server for server in known if server.family == "echod")
    options.echod_names = []
    for text in options.echod:
        name, _, path = text.rpartition("=")
        name = name or echod.name
        if not os.access(path, os.X_OK) or os.path.isdir(path):
            parser.error(f"--echod {text}: no program at '{path}'")
        if name in options.echod_names or (name != echod.name and
                                           any(name == server.name for server in known)):
            parser.error(f"--echod {text}: there is a server '{name}' already")
        options.echod_names.append(name)
        build = roster.build_of(echod, name, os.path.abspath(path))
        if name == echod.name:
            known[known.index(echod)] = build
        else:
            known.append(build)
    return known


def _chosen(parser, what, text, known, default):
    if text is None:
        return default
    names = [name for name in text.split(",") if name]
    if not names:
        parser.error(f"no {what} is named; there are: {', '.join(known)}")
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            parser.error(f"unknown {what} '{name}'{hint}; there are: {', '.join(known)}")
    return names
