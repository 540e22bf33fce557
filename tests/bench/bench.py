#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares echod with its peers: what ci/bench runs. See ci/bench --help."""
import datetime
import os
import shlex
import sys
import time

import measure
import options as command_line
import plan
import proc
import processes
import report
import robustness

SYSTEM = 71


def main(arguments):
    options = command_line.parse(arguments)
    processes.prepare()
    machine = proc.machine()
    cpus = sorted(os.sched_getaffinity(0))
    bench = _make_bench(options, cpus)
    steps = plan.steps(bench, options)
    if options.plan:
        _say_plan(steps, options)
        return 0
    for path in (bench.echoprobe, bench.floor):
        if not os.access(path, os.X_OK):
            print(f"ci/bench: {path} is not built", file=sys.stderr)
            return SYSTEM
    run = _describe(options, bench, machine, arguments)
    samples = []
    checks = {}
    begun = time.monotonic()
    try:
        _measure_all(bench, steps, samples)
        if options.robustness:
            robustness.compare(robustness.takers(options.servers), bench.folder,
                               ",".join(str(cpu) for cpu in cpus), checks)
    except KeyboardInterrupt:
        run["is_interrupted"] = True
        print("\ninterrupted: the report is of what was measured so far", file=sys.stderr)
    finally:
        processes.stop_all()
    run["minutes"] = (time.monotonic() - begun) / 60
    return _finish(options, run, samples, checks)


def _make_bench(options, cpus):
    if len(cpus) < 2:
        print("ci/bench: one CPU only: no SCHED_FIFO, and where server and load should have one "
              "each they share it", file=sys.stderr)
    bench = measure.Bench(
        echoprobe=os.path.join(options.build, "src", "echoprobe"),
        floor=os.path.join(options.build, "tests", "bench", "floor"),
        folder=os.path.join(options.build, "run"),
        server_cpu=cpus[0],
        probe_cpu=cpus[-1],
        # The benchmark itself must be able to end what runs in that class.
        real_time=(not options.no_real_time and len(cpus) > 1 and processes.may_run_real_time()),
        speed=options.speed)
    if len(cpus) > 1:
        os.sched_setaffinity(0, set(cpus[:-1]))
    return bench


def _measure_all(bench, steps, samples):
    progress = plan.Progress(steps)
    for step in steps:
        progress.begin(step)
        sample = measure.measure(bench, step.scenario, step.server)
        progress.end(step, sample)
        samples.append(sample | {"round": step.round})


def _say_plan(steps, options):
    for scenario in options.scenarios:
        mine = [step for step in steps if step.scenario is scenario]
        if mine:
            names = [step.server.name for step in mine if step.round == 1]
            print(f"{scenario.name}: {mine[0].rounds} rounds of {', '.join(names)}")
    seconds = sum(step.seconds for step in steps)
    if options.robustness:
        takers = robustness.takers(options.servers)
        seconds += robustness.expected_s(takers)
        print(f"{command_line.ROBUSTNESS}: {', '.join(server.name for server in takers)}")
    print(f"{len(steps)} measurements, {plan.duration(seconds)} minutes")


def _describe(options, bench, machine, arguments):
    if bench.real_time:
        words = "SCHED_FIFO where server and load share a CPU"
    elif options.no_real_time:
        words = "the usual scheduling (--no-real-time)"
    else:
        words = "the usual scheduling (SCHED_FIFO is not allowed here)"
    return {
        "command": shlex.join(["ci/bench"] + arguments),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": machine,
        "class": words,
        "server_cpu": bench.server_cpu,
        "probe_cpu": bench.probe_cpu,
        "is_interrupted": False,
    }


def _finish(options, run, samples, checks):
    text, verdicts = report.write(options, run, samples, checks)
    print(text)
    print(f"report: {os.path.relpath(options.report)}/report.txt, report.json, *.svg")
    measured = sum(1 for sample in samples if sample["figure"] is not None)
    missed = sum(1 for verdict in verdicts if verdict.is_met is False)
    met = sum(1 for verdict in verdicts if verdict.is_met)
    print(f"{measured} of {len(samples)} samples good, {met} goals met, {missed} missed, "
          f"{len(verdicts) - met - missed} not measured")
    if run["is_interrupted"]:
        return 130
    if not _is_complete(options, samples):
        return SYSTEM
    return 1 if options.strict and missed else 0


def _is_complete(options, samples):
    """A peer that fails is a finding; what goes without a figure of echod was not measured."""
    mine = [sample for sample in samples if sample["server"] == options.reference]
    tried = {sample["scenario"] for sample in mine}
    measured = {sample["scenario"] for sample in mine if sample["figure"] is not None}
    return tried == measured


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
