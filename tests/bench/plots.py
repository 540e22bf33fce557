# SPDX-License-Identifier: MIT
"""Pictures of the figures: horizontal bars by gnuplot, SVG, echod in a colour of its own."""
import math
import os
import subprocess
import sys
from dataclasses import dataclass

import summary
import tables

OURS = "#0b7a5c"
THEIRS = "#b4bdc9"
INK = "#24292f"
PALE = "#8b949e"
# Pixels of a bar with the room around it, and of what stands above and below all of them.
ROW_HEIGHT = 26
FRAME_HEIGHT = 104


@dataclass(frozen=True)
class Bar:
    name: str
    length: float
    words: str  # behind its end
    is_ours: bool
    mark: float = 0  # a second value, as a line from the bar's end; 0 = none


@dataclass(frozen=True)
class Picture:
    file: str
    title: str
    axis: str
    is_log: bool = False
    lowest: float = 0  # where the axis begins
    line: float = 0  # a dashed line across all bars
    line_words: str = ""


def draw(folder, scenarios, rows_of, reference):
    """Every picture whose scenario was measured; without gnuplot it says so and draws none."""
    for scenario in scenarios:
        maker = MAKERS.get(scenario.name)
        rows = [row for row in rows_of[scenario.name] if row.median is not None]
        if not maker or len(rows) < 2:
            continue
        picture, bars = maker(scenario, rows, reference)
        try:
            _draw(folder, picture, bars)
        except FileNotFoundError:
            print("ci/bench: no gnuplot: no pictures", file=sys.stderr)
            return


def _bars(rows, reference, words, more_is_better=False):
    rows = sorted((row for row in rows if row.server.family != "floor"),
                  key=lambda row: row.median, reverse=more_is_better)
    ours = next((row for row in rows if row.server.name == reference), None)
    return [Bar(row.server.about, row.median, words(row, ours and summary.ratio(row, ours)),
                row.server.family == "echod") for row in rows]


def _times(text, ratio):
    if not ratio or ratio.median == 1:
        return text
    return f"{text}  (x {ratio.median:{'.2f' if ratio.median >= 0.1 else '.1g'}})"


def _cpu(scenario, rows, reference):
    bars = _bars(rows, reference,
                 lambda row, ratio: _times(f"{tables.figure(row.median, 0)} ns", ratio))
    floor = next((row.median for row in rows if row.server.family == "floor"), 0)
    slowest = max(bar.length for bar in bars)
    file = "cpu.svg" if scenario.transport == "tcp" else f"cpu-{scenario.transport}.svg"
    return Picture(file, f"Server CPU per echoed message: {scenario.title}", "ns",
                   is_log=slowest > 8 * min(bar.length for bar in bars), lowest=500, line=floor,
                   line_words="one recv + one send"), bars


def _memory(scenario, rows, reference):
    bars = _bars(rows, reference, lambda row, _: _size(max(0, row.median)))
    return Picture("memory.svg", f"Server memory per idle connection: {scenario.connections:,} of "
                   "them", "B", is_log=True, lowest=8, line=64, line_words="one cache line"), bars


def _size(size):
    return f"{size:,.0f} B" if size < 10000 else f"{size / 1024:,.0f} KiB"


def _throughput(scenario, rows, reference):
    bars = _bars(rows, reference,
                 lambda row, ratio: _times(f"{tables.figure(row.median, 0)} MB/s", ratio), True)
    return Picture("bulk.svg", f"Bytes echoed: {scenario.title}", "MB/s"), bars


def _latency(scenario, rows, reference):
    bars = []
    for row in sorted(rows, key=lambda row: row.middle("probe", "latency_ns", "p99")):
        p50, p99 = (row.middle("probe", "latency_ns", name) for name in ("p50", "p99"))
        bars.append(Bar(row.server.about, p50 / 1e3,
                        f"{tables.time(p50)}, p99 {tables.time(p99)}",
                        row.server.family == "echod", p99 / 1e3))
    return Picture("latency.svg", f"Latency, median and 99th percentile: {scenario.title}",
                   "us", is_log=True, lowest=10), bars


MAKERS = {"1cpu-c64": _cpu, "udp-d16": _cpu, "memory": _memory, "bulk-c1": _throughput,
          "16k-c1": _latency}


def _draw(folder, picture, bars):
    script = _script(picture, bars, os.path.join(folder, picture.file))
    result = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True, check=False)
    if result.returncode != 0 or result.stderr:
        print(f"ci/bench: {picture.file}: {result.stderr.strip()}", file=sys.stderr)


def _script(picture, bars, path):
    height = FRAME_HEIGHT + ROW_HEIGHT * len(bars)
    lowest = picture.lowest if picture.is_log else 0
    longest = max(max(bar.length, bar.mark) for bar in bars)
    lines = [
        f"set terminal svg size 760,{height} dynamic enhanced "
        "font 'Helvetica,13' background '#ffffff'",
        f"set output '{path}'",
        "set encoding utf8",
        f"set label {_quoted(picture.title)} at screen 0.02, screen {1 - 22 / height:.4f} left "
        f"textcolor '{INK}' font ',15'",
        "set lmargin at screen 0.32; set rmargin at screen 0.97",
        f"set tmargin at screen {1 - 56 / height:.4f}",
        f"set bmargin at screen {48 / height:.4f}",
        "unset key; unset border",
        f"set xlabel {_quoted(_axis(picture))} textcolor '{PALE}' offset 0,0.6",
        f"set xtics nomirror scale 0 textcolor '{PALE}' offset 0,0.4",
        f"set ytics scale 0 textcolor '{INK}' ({_names(bars)})",
        "set grid xtics linecolor '#e4e8ed' linewidth 1 linetype 1",
        f"set yrange [{len(bars) - 0.4}:-0.6]",
        "set style fill solid noborder",
        *_range(picture, lowest, longest),
        *_line(picture),
        *_data(bars, lowest, picture.line),
        "plot $theirs using 1:2:3:4:5:6 with boxxyerror linecolor rgb '" + THEIRS + "', "
        "$ours using 1:2:3:4:5:6 with boxxyerror linecolor rgb '" + OURS + "', "
        "$marks using 1:2:3:4 with vectors nohead linewidth 2 linecolor rgb '" + PALE + "', "
        f"$words using 1:2:3 with labels left offset 0.6,0 textcolor '{INK}'",
    ]
    return "\n".join(lines) + "\n"


def _axis(picture):
    return picture.axis + (", logarithmic" if picture.is_log else "")


def _names(bars):
    return ", ".join(f"{_quoted(bar.name)} {row}" for row, bar in enumerate(bars))


def _range(picture, lowest, longest):
    """Room for the words behind the longest bar."""
    if not picture.is_log:
        return [f"set xrange [0:{longest * 1.32}]", "set format x \"%'.0f\""]
    room = (longest / lowest) ** 0.42
    decades = range(math.ceil(math.log10(lowest)), math.floor(math.log10(longest * room)) + 1)
    steps = (1,) if len(decades) > 2 else (1, 2, 5)
    tics = ", ".join(f"'{step * 10 ** decade:,}' {step * 10 ** decade}"
                     for decade in decades for step in steps)
    return ["set logscale x", f"set xrange [{lowest}:{longest * room}]", f"set xtics ({tics})"]


def _line(picture):
    if not picture.line:
        return []
    return [
        f"set arrow from first {picture.line}, graph 0 to first {picture.line}, graph 1 nohead "
        f"front dashtype 2 linewidth 1.5 linecolor '{INK}'",
        f"set label {_quoted(picture.line_words)} at first {picture.line}, graph 1.0 "
        f"offset 0,0.6 center textcolor '{INK}' font ',11'",
    ]


def _data(bars, lowest, line):
    """As boxxyerror wants it: x y from to from to. No words across the dashed line."""
    blocks = {"theirs": [], "ours": [], "marks": [], "words": []}
    for row, bar in enumerate(bars):
        end = max(bar.length, lowest * 1.02)
        blocks["ours" if bar.is_ours else "theirs"].append(
            f"{end} {row} {lowest} {end} {row - 0.36} {row + 0.36}")
        if bar.mark > end:
            blocks["marks"].append(f"{end} {row} {bar.mark - end} 0")
        words_at = max(end, bar.mark)
        if words_at < line < words_at * 2:
            words_at = line
        blocks["words"].append(f"{words_at} {row} {_quoted(bar.words)}")
    lines = []
    for name, block in blocks.items():
        # gnuplot complains about a block without a line.
        lines += [f"${name} << END", *(block or ["NaN NaN NaN NaN NaN NaN"]), "END"]
    return lines


def _quoted(text):
    for special in "\\\"{}^_@&~":
        text = text.replace(special, " " if special in "\\\"{}" else f"\\{special}")
    return '"' + text.replace("\\", "\\\\") + '"'
