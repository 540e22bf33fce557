# SPDX-License-Identifier: MIT
"""The course of a soak: memory, descriptors, connections and throughput over time, by gnuplot."""
import subprocess
import sys

MIB = 1 << 20
INK = "#24292f"
PALE = "#8b949e"
GREEN = "#0b7a5c"
BLUE = "#2f6fb7"
ORANGE = "#d9822b"
WIDTH, HEIGHT = 1000, 1120
# Rates are means over such a part of the whole, so that the course shows, and 3 s at least.
SMOOTH_PART = 100
PANELS = (
    ("Memory, MiB", (("own", GREEN, lambda row: row["memory"] / MIB),
                     ("resident", BLUE, lambda row: row["rss"] / MIB))),
    ("Descriptors and connections", (
        ("descriptors of all threads", BLUE, lambda row: row["descriptors"]),
        ("open connections", GREEN, lambda row: row["open"]))),
    ("Connections/s", (
        ("accepted", GREEN, lambda row: row["rate"]["accepted"]),
        ("ended badly", ORANGE,
         lambda row: row["rate"]["bad"]),
        ("refused", BLUE, lambda row: row["rate"]["refused"]))),
    ("Streams echoed, MB/s", (("sent", GREEN, lambda row: row["rate"]["sent_bytes"] / 1e6),)),
    ("Datagrams/s", (
        ("answered", GREEN, lambda row: row["rate"]["datagrams_sent"]),
        ("dropped", BLUE, lambda row: row["rate"]["dropped"]))),
)


def draw(path, title, rows, load):
    """Writes path.png and path.svg; load is (from, to), s. Returns what went wrong, or None."""
    rows = _with_rates(rows)
    if len(rows) < 2:
        return "too short for a picture"
    for terminal, suffix in (("pngcairo", "png"), ("svg", "svg")):
        script = _script(terminal, f"{path}.{suffix}", title, rows, load)
        try:
            result = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True,
                                    check=False)
        except FileNotFoundError:
            return "no gnuplot, no picture"
        if result.returncode != 0 or result.stderr:
            return f"gnuplot: {result.stderr.strip()}"
    return None


def _with_rates(rows):
    """Each row but the first with its rates, as means over the time before and behind it."""
    sums = [row | {
        "bad": sum(value for key, value in row.items() if key.startswith("closed_")
                   and key not in ("closed_peer_finished", "closed_drained")),
        "refused": sum(value for key, value in row.items() if key.startswith("refused_")),
        "dropped": sum(value for key, value in row.items() if key.startswith("dropped_")),
    } for row in rows]
    around = max(1, len(rows) // SMOOTH_PART // 2)
    found = []
    for index in range(1, len(sums)):
        first = sums[max(0, index - 1 - around)]
        last = sums[min(len(sums) - 1, index + around)]
        seconds = last["seconds"] - first["seconds"]
        rate = {key: (last[key] - first[key]) / seconds for key in last}
        found.append(sums[index] | {"rate": rate})
    return found


def _script(terminal, path, title, rows, load):
    size = f"{WIDTH},{HEIGHT}"
    background = "background '#ffffff'" if terminal == "svg" else "background rgb '#ffffff'"
    span = rows[-1]["seconds"]
    unit, name = (60, "minutes") if span > 180 else (1, "seconds")
    lines = [
        f"set terminal {terminal} size {size} enhanced font 'Helvetica,12' {background}",
        f"set output '{path}'",
        "set encoding utf8",
        f"set label 1 \"{title}\" at screen 0.03, screen 0.985 left "
        f"textcolor '{INK}' font ',11' noenhanced",
        "set multiplot",
        "set lmargin at screen 0.09; set rmargin at screen 0.97",
        f"set border 3 linecolor '{PALE}'",
        f"set xtics nomirror scale 0.4 textcolor '{PALE}'",
        f"set ytics nomirror scale 0.4 textcolor '{PALE}'",
        "set grid ytics linecolor '#e4e8ed' linewidth 1 linetype 1",
        "set format y \"%'.0f\"",
        f"set xrange [0:{span / unit}]",
        f"set key at graph 1, graph 1.13 right horizontal maxrows 1 samplen 1.5 textcolor '{INK}'",
    ]
    for index, panel in enumerate(PANELS):
        lines += _panel(index, panel, rows, unit, name, load)
    return "\n".join(lines + ["unset multiplot"]) + "\n"


def _panel(index, panel, rows, unit, time_name, load):
    words, curves = panel
    height = 0.93 / len(PANELS)
    top = 0.955 - index * height - 0.03
    is_last = index == len(PANELS) - 1
    most = max(value(row) for _, _, value in curves for row in rows)
    lines = [
        f"set tmargin at screen {top:.4f}; set bmargin at screen {top - height + 0.055:.4f}",
        f"set label 2 \"{words}\" at graph 0, graph 1.09 left textcolor '{INK}' font ',12'",
        f"set xlabel \"{time_name if is_last else ''}\" textcolor '{PALE}' offset 0,0.4",
        f"set yrange [0:{max(most * 1.08, 1)}]",
    ]
    lines += [f"set arrow {number} from first {at / unit}, graph 0 to first {at / unit}, graph 1 "
              f"nohead dashtype 2 linecolor '{PALE}'" for number, at in enumerate(load, 1)]
    for number, (_, _, value) in enumerate(curves):
        lines += [f"$data{index}_{number} << END",
                  *(f"{row['seconds'] / unit:.4f} {value(row):.3f}" for row in rows), "END"]
    plots = [f"$data{index}_{number} using 1:2 with lines linewidth 1.5 linecolor '{color}' "
             f"title \"{legend}\"" for number, (legend, color, _) in enumerate(curves)]
    return lines + ["plot " + ", ".join(plots)] + ["unset label 1"] * (index == 0)
