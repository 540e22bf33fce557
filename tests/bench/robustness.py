#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What an echo server does when its clients misbehave.

Usage: robustness.py [--only CHECK] [--build FOLDER --table FILE] [NAME=COMMAND]...

Each check starts the server anew, has 20 s, and says whether it was passed and what was seen.
Prints a line of JSON for each server:
{"server": NAME, "checks": {CHECK: {"transport", "ok", "what"}}}.
A COMMAND has {port} where the port belongs, and may name {scratch}, a folder of its own. Datagrams
are asked of one that has {transport}, and {host} then, where those belong.
"""
import argparse
import json
import signal
import sys
import tempfile

import plan
import processes
import robustness_checks
import robustness_datagrams
import roster
from robustness_checks import Fault

CHECK_S = 20
# What all checks of a sound server take, s, by transport.
EXPECTED_S = {"tcp": 20, "udp": 1}
CHECKS = robustness_checks.CHECKS + robustness_datagrams.CHECKS


def takers(servers):
    return [server for server in servers if server.family != "floor"]


def expected_s(servers):
    return sum(EXPECTED_S[transport] for server in servers for transport in server.transports)


def compare(servers, folder, cpus, results):
    """Adds to results {server: {check: as of examine()}}, and says on stderr how far it is."""
    for number, server in enumerate(servers, 1):
        left = plan.duration(expected_s(servers[number - 1:]))
        print(f"[{number}/{len(servers)}, {left} left] robustness: {server.name} ", end="",
              file=sys.stderr, flush=True)
        checks = {}
        for name, result in examine(server, folder, cpus):
            checks[name] = result
            results[server.name] = checks  # with what there is if an interrupt ends this
        faults = [name for name, result in checks.items() if not result["ok"]]
        print(f"{len(checks) - len(faults)} of {len(checks)} checks passed"
              + (f", not {', '.join(faults)}" if faults else ""), file=sys.stderr, flush=True)


def examine(server, folder, cpus=None, only=None):
    """Yields each check's name and {"transport", "ok", "what"} once it is done."""
    signal.signal(signal.SIGALRM, _on_alarm)
    for check in CHECKS:
        if only in (None, check.name) and check.transport in server.transports:
            yield check.name, _run(check, server, folder, cpus) | {"transport": check.transport}


def _on_alarm(_signal, _frame):
    raise Fault(f"not done in {CHECK_S} s")


def _run(check, server, folder, cpus):
    """Never in a real-time class: a server that spins there would stop the machine."""
    try:
        with roster.Running(server, folder, cpus, transport=check.transport,
                            host=check.host) as running:
            signal.alarm(CHECK_S)
            try:
                return {"ok": True, "what": check.run(running)}
            except OSError as error:
                raise Fault("the server ended" if running.has_died() else str(error)) from None
            finally:
                signal.alarm(0)
    except (Fault, processes.Failed) as fault:
        return {"ok": False, "what": str(fault)}


def main():
    names = [check.name for check in CHECKS]
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", maxsplit=1)[0],
        epilog="Checks: " + ", ".join(names) + ".",
    )
    parser.add_argument("--only", metavar="CHECK", choices=names, help="run this check alone")
    parser.add_argument("--build", metavar="FOLDER", default=".", help="what {build} stands for")
    parser.add_argument("--table", metavar="FILE", help="servers, as in peers.txt")
    parser.add_argument("servers", metavar="NAME=COMMAND", nargs="*")
    arguments = parser.parse_args()

    servers = takers(roster.load(arguments.table, arguments.build)) if arguments.table else []
    for text in arguments.servers:
        name, equals, command = text.partition("=")
        if not equals:
            parser.error(f"not NAME=COMMAND: {text}")
        transports = roster.TRANSPORTS if "{transport}" in command else roster.TRANSPORTS[:1]
        servers.append(roster.named(name, command, transports))
    if not servers:
        parser.error("no server: give --table or NAME=COMMAND")

    processes.prepare()
    try:
        for server in servers:
            results = {}
            for name, result in examine(server, tempfile.gettempdir(), only=arguments.only):
                results[name] = result
                word = "ok   " if result["ok"] else "FAULT"
                print(f"{server.name:10} {name:15} {word} {result['what']}", file=sys.stderr)
            print(json.dumps({"server": server.name, "checks": results}), flush=True)
    finally:
        processes.stop_all()


if __name__ == "__main__":
    main()
