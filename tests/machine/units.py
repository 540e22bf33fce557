# SPDX-License-Identifier: MIT
"""What systemd knows of a unit, and what the journal has of it."""
import json
import os
import subprocess


def systemctl(*arguments):
    subprocess.run(["systemctl", *arguments], check=True, timeout=60)


def fails_to(*arguments):
    return subprocess.run(["systemctl", *arguments], timeout=60, stderr=subprocess.DEVNULL).returncode


def reset(unit):
    """Its restarts so far no longer count; one that never failed may be unknown."""
    fails_to("reset-failed", unit)


def show(unit, key):
    return subprocess.run(["systemctl", "show", "--value", "-p", key, unit], check=True,
                          capture_output=True, text=True, timeout=60).stdout.strip()


def pid_of(unit):
    return int(show(unit, "MainPID"))


def amend(unit, *lines):
    """A drop-in of this boot alone, which replaces the one before."""
    folder = f"/run/systemd/system/{unit}.d"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/check.conf", "w") as file:
        file.write("[Service]\n" + "\n".join(lines) + "\n")
    systemctl("daemon-reload")


def journal(unit, text):
    """The lines of its processes with that text, each as (priority, message)."""
    subprocess.run(["journalctl", "--sync"], check=True, timeout=60)
    lines = subprocess.run(["journalctl", "-b", "-o", "json", "_SYSTEMD_UNIT=" + unit], check=True,
                           capture_output=True, text=True, timeout=60).stdout.splitlines()
    entries = [json.loads(line) for line in lines]
    return [(int(entry["PRIORITY"]), entry["MESSAGE"]) for entry in entries
            if text in str(entry["MESSAGE"])]


def figure(message, key):
    return int(message.split(f" {key}=")[1].split()[0])
