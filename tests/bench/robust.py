# SPDX-License-Identifier: MIT
"""The robustness table: what each server does when its clients misbehave, by robustness.py."""
import json
import os
import sys

import plan
import processes
import tables

# Five checks of 20 s at most, and the server's start and end at each.
SERVER_S = 150
EXPECTED_S = 20


def takers(options):
    return [server for server in options.servers if server.family != "floor"]


def examine(options, cpus):
    """{server: {check: {"ok", "what"}}}; a server that could not be examined has a "problem"."""
    results = {}
    servers = takers(options)
    for number, server in enumerate(servers, 1):
        left = plan.duration((len(servers) - number + 1) * EXPECTED_S)
        print(f"[{number}/{len(servers)}, {left} left] robustness: {server.name} ", end="",
              file=sys.stderr, flush=True)
        try:
            results[server.name] = _examine(server, cpus)
        except processes.Failed as failed:
            results[server.name] = {"problem": str(failed)}
        print(_passed(results[server.name]), file=sys.stderr, flush=True)
    return results


def _examine(server, cpus):
    """Never in a real-time class: a server that spins there would stop the machine."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "robustness.py")
    status, out, err = processes.run(
        [sys.executable, script, f"{server.name}={server.command}"], SERVER_S, cpu=cpus)
    try:
        return json.loads(out)["checks"]
    except (ValueError, KeyError):
        words = err.strip().splitlines()
        raise processes.Failed(f"robustness.py: {words[-1] if words else 'no report'}, "
                               f"status {status}") from None


def _passed(checks):
    if "problem" in checks:
        return checks["problem"]
    faults = [name for name, check in checks.items() if not check["ok"]]
    return f"{len(checks) - len(faults)} of {len(checks)} checks passed" + (
        f", not {', '.join(faults)}" if faults else "")


def lines(results):
    """A table of words, and below it what was seen where a check was not passed."""
    examined = {name: checks for name, checks in results.items() if "problem" not in checks}
    names = list(dict.fromkeys(check for checks in examined.values() for check in checks))
    rows = [["server", *(name.replace("_", " ") for name in names)]]
    notes = []
    for server, checks in results.items():
        if "problem" in checks:
            rows.append([server] + ["?"] * len(names))
            notes.append(f"  {server}: {checks['problem']}")
            continue
        rows.append([server, *(_word(checks.get(name)) for name in names)])
        notes += [f"  {server}, {name.replace('_', ' ')}: {check['what']}"
                  for name, check in checks.items() if not check["ok"]]
    faultless = [server for server, checks in examined.items()
                 if all(check["ok"] for check in checks.values())]
    return ["robustness: what a server does when its clients misbehave", "", *tables.table(rows),
            *(["", *notes] if notes else []), "",
            f"without a fault: {', '.join(faultless) or 'none'}"]


def _word(check):
    if check is None:
        return "?"
    return "ok" if check["ok"] else "FAULT"


def is_complete(results):
    return all("problem" not in checks for checks in results.values())
