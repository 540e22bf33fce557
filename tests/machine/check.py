#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks both flavours of the units on the systemd that started this; ci/systemd boots it."""
import os
import signal
import socket
import time
import traceback

import clients
import units

OWN = "echod.service"
GIVEN = "echod-activated.service"
RESTARTS = 3

figures = {}


def check_echo(what):
    for family in (socket.AF_INET, socket.AF_INET6):
        assert clients.echo_stream(family) == clients.MESSAGE, f"{what}: TCP"
        assert clients.echo_datagram(family) == clients.MESSAGE, f"{what}: UDP"


def check_start():
    begin = time.monotonic()
    units.systemctl("start", OWN)
    figures["ready_s"] = round(time.monotonic() - begin, 2)
    # systemctl(1) comes back when the service is ready: nobody waits for it here.
    check_echo("own sockets")
    assert units.show(OWN, "StatusText").startswith("serving, listeners: 2"), "status"
    with open(f"/proc/{units.pid_of(OWN)}/status") as file:
        assert "Uid:\t0" not in file.read(), "it runs as root"


def check_watchdog(what, stop):
    """Whatever stands still, the service is up again soon, with another process."""
    units.reset(OWN)
    units.systemctl("restart", OWN)
    pid = units.pid_of(OWN)
    holder = stop(pid)
    took = clients.wait_for(lambda: units.pid_of(OWN) not in (0, pid), what)
    clients.wait_for(lambda: units.show(OWN, "ActiveState") == "active", what)
    if holder is not None:
        clients.let_go(holder)
    assert units.show(OWN, "NRestarts") == "1", f"{what}: restarts"
    check_echo(what)
    return round(took, 1)


def check_watchdogs():
    units.amend(OWN, "WatchdogSec=2s")
    units.systemctl("restart", OWN)
    pid = units.pid_of(OWN)
    workers = len(clients.threads_of(pid))
    # Nobody stands still, nobody has anything to do, and nothing happens.
    time.sleep(5)
    assert units.pid_of(OWN) == pid, "an idle server is taken for a dead one"
    took = []
    for index in range(workers):
        took.append(check_watchdog(f"worker {index}", lambda pid, index=index:
                                   clients.hold_thread(clients.threads_of(pid)[index])))
    took.append(check_watchdog("all of it", lambda pid: os.kill(pid, signal.SIGSTOP)))
    figures["workers"] = workers
    figures["watchdog_s"] = max(took)


def check_kill():
    units.reset(OWN)
    units.systemctl("restart", OWN)
    pid = units.pid_of(OWN)
    os.kill(pid, signal.SIGKILL)
    clients.wait_for(lambda: units.pid_of(OWN) not in (0, pid), "kill -9")
    clients.wait_for(lambda: units.show(OWN, "ActiveState") == "active", "kill -9")
    check_echo("kill -9")


def check_wrong_configuration():
    units.amend(OWN, "ExecStart=", "ExecStart=/usr/bin/echod --buffer-memory=1K tcp:*:7")
    units.systemctl("stop", OWN)
    units.reset(OWN)
    assert units.fails_to("start", OWN) != 0, "a wrong configuration starts"
    time.sleep(2)
    assert units.show(OWN, "ActiveState") == "failed", "it is tried again"
    assert units.show(OWN, "ExecMainStatus") == "78", "exit code"
    assert units.show(OWN, "NRestarts") == "0", "it was tried again"
    units.amend(OWN)
    units.reset(OWN)


def check_activation():
    units.systemctl("start", "echod.socket")
    assert units.show(GIVEN, "ActiveState") == "inactive", "nobody has come yet"
    assert clients.echo_datagram() == clients.MESSAGE, "the datagram that starts it"
    units.systemctl("stop", GIVEN)
    assert clients.echo_stream() == clients.MESSAGE, "the connection that starts it"
    check_echo("sockets of the manager")
    pid = units.pid_of(GIVEN)
    assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net"), "its network"
    with open(f"/proc/{pid}/status") as file:
        status = file.read()
    assert "Uid:\t0" not in status, "it runs as root"
    assert "CapBnd:\t0000000000000000" in status, "it has capabilities"


def check_restarts():
    units.systemctl("stop", GIVEN)
    units.reset(GIVEN)
    before = len(units.journal(GIVEN, "event=stopped"))
    # They start it again.
    loops = [clients.Loop(clients.echo_stream) for _ in range(2)]
    # Slower than --udp-rate.
    datagrams = clients.Loop(clients.echo_datagram, pause_s=0.005)
    for _ in range(RESTARTS):
        time.sleep(1)
        # Five starts within ten seconds would be taken for a loop.
        units.reset(GIVEN)
        units.systemctl("restart", GIVEN)
    time.sleep(1)
    told = [loop.end() for loop in loops]
    told_datagrams = datagrams.end()
    units.systemctl("stop", "echod.socket", GIVEN)
    stopped = [message for _, message in units.journal(GIVEN, "event=stopped")][before:]
    assert len(stopped) == RESTARTS + 1, f"{len(stopped)} instances ended"

    def total(key):
        return sum(figure[key] for figure in told)

    received = sum(units.figure(message, "received_bytes") for message in stopped)
    sent = sum(units.figure(message, "sent_bytes") for message in stopped)
    figures["restarts"] = RESTARTS
    figures["connections"] = total("turns")
    figures["refused"] = total("refused") + told_datagrams["refused"]
    figures["reset"] = total("broken")
    figures["cut"] = total("cut")
    figures["accepted_bytes_lost"] = received - total("bytes")
    figures["datagrams"] = told_datagrams["turns"]
    figures["datagrams_lost"] = told_datagrams["broken"]
    assert total("wrong") == 0 and told_datagrams["wrong"] == 0, "wrong bytes"
    assert figures["refused"] == 0 and figures["reset"] == 0, f"{told}, {told_datagrams}"
    assert received == sent, f"{received} bytes received, {sent} sent"
    assert figures["accepted_bytes_lost"] == 0, "bytes lost"
    assert figures["datagrams_lost"] == 0, f"{told_datagrams}"
    assert total("whole") > 100 * RESTARTS, f"{told}"


def check_journal():
    for unit, event, priority in ((OWN, "ready", 6), (OWN, "drain_begin", 6),
                                  (OWN, "start_failed", 3), (GIVEN, "listening", 6),
                                  (GIVEN, "socket_closed", 4)):
        lines = units.journal(unit, f"event={event}")
        assert lines, f"{unit}: no {event} in the journal"
        for found, message in lines:
            assert found == priority, f"{unit}: {event} has priority {found}"
            assert not message.startswith("<"), message
    for unit in (OWN, GIVEN):
        # The units leave it what it gives up the rest with.
        for _, message in units.journal(unit, "event=sandbox"):
            assert units.figure(message, "missing") == 0, f"{unit}: {message}"


def check_uncovered():
    units.amend(GIVEN, "ExecStart=", "ExecStart=/usr/bin/echod tcp:*:7")
    units.systemctl("start", "echod.socket")
    units.systemctl("start", GIVEN)
    assert clients.echo_stream() == clients.MESSAGE, "the listener of the command line"
    units.systemctl("stop", "echod.socket", GIVEN)
    units.amend(GIVEN)


def main():
    for check in (check_start, check_watchdogs, check_kill, check_wrong_configuration,
                  check_activation, check_restarts, check_uncovered, check_journal):
        begin = time.monotonic()
        try:
            check()
        except Exception:
            traceback.print_exc()
            print(f"{check.__name__}: FAILED", flush=True)
            return 1
        print(f"{check.__name__}: ok, {time.monotonic() - begin:.1f} s", flush=True)
    print(" ".join(f"{key}={value}" for key, value in figures.items()), flush=True)
    return 0


raise SystemExit(main())
