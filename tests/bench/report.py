# SPDX-License-Identifier: MIT
"""Writes what was found: report.txt to read, report.json with every sample, and the plots."""
import json
import os
from dataclasses import asdict

import goals
import plots
import summary
import tables


def write(options, run, samples, checks):
    """Writes the folder options.report; returns (the text, the goals' verdicts)."""
    os.makedirs(options.report, exist_ok=True)
    rows_of = {scenario.name: summary.rows(scenario, options.servers, samples)
               for scenario in options.scenarios}
    measured = [scenario for scenario in options.scenarios if rows_of[scenario.name]]
    verdicts = goals.judge(measured, rows_of, options.reference)
    lines = _head(run)
    for scenario in measured:
        lines += tables.scenario_lines(scenario, rows_of[scenario.name], options.reference) + [""]
    for transport in tables.ROBUSTNESS:
        lines += tables.robustness_lines(transport, checks)
    if any(verdict.is_met is not None for verdict in verdicts):
        lines += tables.goal_lines(verdicts) + [""]
    text = "\n".join(lines)
    _save(options, "report.txt", text)
    _save(options, "report.json", json.dumps({
        "run": run,
        "servers": [asdict(server) for server in options.servers],
        "goals": [asdict(verdict) for verdict in verdicts],
        "robustness": checks,
        "samples": samples,
    }, indent=1) + "\n")
    plots.draw(options.report, measured, rows_of, options.reference)
    return text, verdicts


def _head(run):
    machine = run["machine"]
    return [
        "echod and its peers, measured in one run",
        "",
        f"command  {run['command']}",
        f"date     {run['date']}, {run['minutes']:.0f} minutes"
        + (", INTERRUPTED" if run["is_interrupted"] else ""),
        f"machine  {machine['cpus']} CPUs ({machine['cpu']}), "
        f"{machine['memory_bytes'] / 2**30:.0f} GiB, Linux {machine['kernel']}",
        f"class    {run['class']}",
        "",
        "Each round has every server once, and ratios are taken round by round: the median, and",
        "the interval that holds it with 95 % confidence (of fewer than 6 rounds: all of them).",
        "spread is the median distance from the median.",
        "",
    ]


def _save(options, name, text):
    with open(os.path.join(options.report, name), "w", encoding="utf-8") as file:
        file.write(text)
