# SPDX-License-Identifier: MIT
"""The report in words: a table for each scenario, the robustness table, and the goals."""
import summary
from scenarios import FAST_NS, LATENCY, STEP_NS

NONE = "-"
ROBUSTNESS = {
    "tcp": "what a server does when its clients misbehave",
    "udp": "what becomes of unusual datagrams",
}


def table(rows, aligned_left=1):
    """Lines of columns, as wide as they must be; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if column < aligned_left else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(len(line) for line in lines))
    return lines


def figure(value, decimals=1):
    """Enough digits to compare by, with thousands set apart."""
    if value is None:
        return NONE
    return f"{value:,.{decimals if abs(value) < 1000 else 0}f}"


def time(value_ns):
    """A latency, in a unit in which it can be read."""
    if value_ns is None:
        return NONE
    for limit, scale, unit in ((1e6, 1e3, "us"), (1e9, 1e6, "ms")):
        if value_ns < limit:
            return f"{value_ns / scale:.1f} {unit}"
    return f"{value_ns / 1e9:.1f} s"


def _load_columns():
    return (
        ("p50", lambda row: time(row.middle("probe", "latency_ns", "p50"))),
        ("p99", lambda row: time(row.middle("probe", "latency_ns", "p99"))),
        ("max", lambda row: time(row.highest("probe", "latency_ns", "max"))),
        ("messages/s", lambda row: figure(row.middle("probe", "messages_per_second"), 0)),
    )


def _churn_columns():
    return _load_columns()[:3] + (
        ("connections/s", lambda row: figure(_opened_per_second(row), 0)),
    )


def _idle_columns():
    return (
        ("since start", lambda row: figure(row.middle("memory_per_connection"))),
        ("CPU in an idle second", lambda row: time(row.highest("idle_second_cpu_ns"))),
        ("kept after", lambda row: _kib(row.middle("memory_kept"))),
    )


def _opened_per_second(row):
    opened = row.middle("probe", "opened")
    seconds = row.middle("probe", "seconds")
    return opened / seconds if opened and seconds else None


def _kib(size):
    return NONE if size is None else f"{size / 1024:,.0f} KiB"


COLUMNS = {"idle": _idle_columns, "churn": _churn_columns}


def scenario_lines(scenario, rows, reference_name):
    """The figures of one scenario; ratios are to the row of that name."""
    reference = next((row for row in rows if row.server.name == reference_name), None)
    columns = COLUMNS.get(scenario.mode, _load_columns)()
    head = ["server", scenario.figure.unit, "spread", f"x {reference_name}", "interval",
            *(title for title, _ in columns)]
    lines = [head]
    notes = []
    for row in rows:
        ratio = reference and summary.ratio(row, reference)
        spread = row.spread
        lines.append([
            row.server.name,
            figure(row.median),
            NONE if spread is None else f"{spread:.1%}",
            f"{ratio.median:.3f}" if ratio else NONE,
            f"{ratio.low:.3f}..{ratio.high:.3f}" if ratio and row is not reference else NONE,
            *(read(row) for _, read in columns),
        ])
        notes += [f"  {row.server.name}: {words}" for words in row.problems + _steps(scenario, row)]
    better = "more" if scenario.figure.more_is_better else "less"
    rounds = max(len(row.samples) for row in rows)
    title = (f"{scenario.name}: {scenario.title}; {scenario.figure.title} "
             f"({better} is better), {rounds} rounds")
    return [title, "", *table(lines), *(["", *notes] if notes else [])]


def _steps(scenario, row):
    if scenario.figure is not LATENCY:
        return []
    p50, p99 = (row.middle("probe", "latency_ns", name) or 0 for name in ("p50", "p99"))
    if p99 >= STEP_NS:
        return [f"STEP: p99 is {time(p99)}, as of an answer that waits for a delayed ACK"]
    return [f"SLOW: p50 is {time(p50)}"] if p50 >= FAST_NS else []


def robustness_lines(transport, checks):
    """A table of words, and below it what was seen where a check was not passed."""
    checks = {server: mine for server, results in checks.items()
              if (mine := {name: result for name, result in results.items()
                           if result["transport"] == transport})}
    if not checks:
        return []
    names = list(dict.fromkeys(name for results in checks.values() for name in results))
    words = {True: "ok", False: "FAULT", None: "?"}
    rows = [["server", *(name.replace("_", " ") for name in names)]]
    rows += [[server, *(words[results.get(name, {}).get("ok")] for name in names)]
             for server, results in checks.items()]
    notes = [f"  {server}, {name.replace('_', ' ')}: {result['what']}"
             for server, results in checks.items()
             for name, result in results.items() if not result["ok"]]
    faultless = [row[0] for row in rows[1:] if set(row[1:]) == {words[True]}]
    return [f"robustness by {transport}: {ROBUSTNESS[transport]}", "", *table(rows),
            *(["", *notes] if notes else []), "",
            f"without a fault: {', '.join(faultless) or 'none'}", ""]


def goal_lines(verdicts):
    words = {True: "met", False: "MISSED", None: "?"}
    rows = [["scenario", "goal", "", "measured"]]
    rows += [[verdict.scenario, verdict.goal, words[verdict.is_met], verdict.measured]
             for verdict in verdicts]
    met = sum(1 for verdict in verdicts if verdict.is_met)
    return ["GOALS", "", *table(rows, aligned_left=4), "",
            f"{met} of {len(verdicts)} met. A ratio is echod's figure by the other's: the median "
            "of the rounds, [its interval].",
            "Not measured here: scale (ci/scale), and what hardening costs."]
