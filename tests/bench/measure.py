# SPDX-License-Identifier: MIT
"""One measurement: a fresh server, one run of echoprobe against it, and what that told."""
import json
import subprocess
import time
from dataclasses import dataclass

import proc
import processes
import roster
from scenarios import BACK_BYTES

# Past what a measurement takes when all goes well, s; echoprobe gives up on a dead server sooner.
PATIENCE_S = 30
# echoprobe has read the server's memory this long after the last connection.
SETTLED_S = 0.6
# The connection that found the server ready may be gone only now: a count may be a little short.
SHORT = 2


@dataclass(frozen=True)
class Bench:
    """Where and how to measure."""
    echoprobe: str
    floor: str
    folder: str
    server_cpu: int
    probe_cpu: int  # the shared one, too
    real_time: bool
    speed: float = 1.0  # times the seconds of a scenario


def measure(bench, scenario, server):
    """A sample; if something went wrong, its "problem" says what, and it has no figure."""
    sample = {"scenario": scenario.name, "server": server.name, "figure": None, "problem": None}
    try:
        if server.family == "floor":
            return sample | _measure_floor(bench, scenario)
        return sample | _measure_server(bench, scenario, server)
    except processes.Failed as failed:
        return sample | {"problem": str(failed)}


def is_real_time(bench, scenario):
    return bench.real_time and scenario.one_cpu


def seconds(bench, scenario):
    """How long the load lasts. An idle second cannot be shorter."""
    return scenario.seconds if scenario.mode == "idle" else scenario.seconds * bench.speed


def _measure_server(bench, scenario, server):
    cpu = bench.probe_cpu if scenario.one_cpu else bench.server_cpu
    with roster.Running(server, bench.folder, cpu, is_real_time(bench, scenario),
                        scenario.transport) as running:
        argv = _probe_argv(bench, scenario, running)
        if scenario.mode == "idle":
            result = _hold(bench, scenario.connections_for(server), argv, running)
        else:
            result = {"probe": _probe(bench, scenario, argv)}
        if running.has_died():
            raise processes.Failed("died under load")
    report = result["probe"]
    if report["verdict"] != "ok":
        reason = report.get("reason")
        words = f"{report['verdict']}: {reason}" if reason else report["verdict"]
        return result | {"problem": words}
    figure = scenario.figure.read(report)
    if figure is None:
        raise processes.Failed("echoprobe could not read the figure")
    return result | {"figure": figure}


def _measure_floor(bench, scenario):
    status, out, err = processes.run([bench.floor, scenario.transport, scenario.size], PATIENCE_S,
                                     cpu=bench.probe_cpu,
                                     real_time=is_real_time(bench, scenario))
    report = _parse("floor", status, out, err)
    return {"figure": report["pair_ns"], "floor": report}


def _probe_argv(bench, scenario, running):
    depth = ["--depth", scenario.depth] if scenario.depth > 1 else []
    batch = ["--batch", scenario.batch] if scenario.batch > 1 else []
    return [bench.echoprobe, "--json", "--mode", scenario.mode,
            "-c", scenario.connections_for(running.server), "-s", scenario.size, *depth,
            *batch,             "-d", f"{round(seconds(bench, scenario) * 1000)}ms",
            "--server-pid", running.pid, running.target()]


def _probe(bench, scenario, argv):
    status, out, err = processes.run(argv, seconds(bench, scenario) + PATIENCE_S,
                                     cpu=bench.probe_cpu, real_time=is_real_time(bench, scenario))
    return _parse("echoprobe", status, out, err)


def _hold(bench, count, argv, running):
    """Looks at the server while echoprobe holds its connections, and after it has closed them."""
    time.sleep(roster.QUIET_S)
    memory_start = proc.memory(running.pid)
    before = _held(running)
    result = {}
    probe = processes.start(argv, bench.probe_cpu, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        processes.wait_until(lambda: _held(running) - before >= count - SHORT
                             or probe.poll() is not None, PATIENCE_S)
        if probe.poll() is None:
            time.sleep(SETTLED_S)
            start_ns = proc.cpu_ns(running.pid)
            time.sleep(1)
            result["idle_second_cpu_ns"] = proc.cpu_ns(running.pid) - start_ns
            result["memory_per_connection"] = (proc.memory(running.pid) - memory_start) / count
        out, err = probe.communicate(timeout=PATIENCE_S)
        result["probe"] = _parse("echoprobe", probe.returncode, out.decode(), err.decode())
        processes.wait_until(lambda: _held(running) <= before, 5)
        processes.wait_until(
            lambda: proc.memory(running.pid) <= memory_start + BACK_BYTES, 2, 0.1)
        result["memory_kept"] = proc.memory(running.pid) - memory_start
    except subprocess.TimeoutExpired:
        raise processes.Failed(f"echoprobe did not end within {PATIENCE_S} s") from None
    except (FileNotFoundError, ProcessLookupError):
        raise processes.Failed("died under load") from None
    finally:
        processes.stop(probe)
    return result


def _held(running):
    """What grows by one with each connection: processes, or descriptors."""
    if running.server.family == "fork":
        return len(processes.descendants(running.pid))
    return proc.descriptors(running.pid)


def _parse(name, status, out, err):
    try:
        return json.loads(out)
    except ValueError:
        words = err.strip().splitlines()
        raise processes.Failed(f"{name}: {words[0] if words else 'no report'}, "
                               f"status {status}") from None
