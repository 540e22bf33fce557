# SPDX-License-Identifier: MIT
"""What is asked of a server whose clients misbehave.

A check takes a running server, says what it has seen, and raises Fault if it was not passed. The
limits stand beside each; they are far from what a sound server does.
"""
import array
import resource
import select
import socket
import struct
import time
from dataclasses import dataclass
from typing import Callable

import proc
import processes
import roster

ANSWER_S = 1  # an echo of a few bytes takes microseconds: later is a stall
QUIET_S = 3  # no byte for so long: there will be none
CPU_S = 2  # how long CPU is watched
CPU_SHARE = 0.10
MB = 1 << 20


@dataclass(frozen=True)
class Check:
    run: Callable  # the running server -> what was seen
    transport: str = "tcp"
    host: str = roster.HOST  # what the server is bound to

    @property
    def name(self):
        return self.run.__name__


class Fault(Exception):
    """The server did not pass; says what was seen."""


def require(ok, what):
    if not ok:
        raise Fault(what)


def pattern(size):
    """Bytes that tell their place: loss, repeats and reordering are all a wrong byte."""
    return array.array("Q", range(1 << 32, (1 << 32) + size // 8)).tobytes()


def receive(client, size, timeout_s):
    """What comes back within timeout_s, at most size bytes; less if the stream ends first."""
    deadline = time.monotonic() + timeout_s
    got = b""
    while len(got) < size and (left_s := deadline - time.monotonic()) > 0:
        client.settimeout(left_s)
        try:
            data = client.recv(size - len(got))
        except TimeoutError:
            break
        except OSError:
            return got
        if not data:
            break
        got += data
    return got


def is_echoed(client, text=b"are you there?", timeout_s=ANSWER_S):
    client.settimeout(timeout_s)
    try:
        client.sendall(text)
    except OSError:
        return False
    return receive(client, len(text), timeout_s) == text


def cpu_share(server):
    start_ns = proc.cpu_ns(server.pid)
    time.sleep(CPU_S)
    return (proc.cpu_ns(server.pid) - start_ns) / (CPU_S * 1e9)


def flood(clients, size):
    """Sends without reading until the server has taken size bytes, or none for QUIET_S."""
    chunk = bytes(65536)
    sent = 0
    last = time.monotonic()
    for client in clients:
        client.setblocking(False)
    while sent < size and time.monotonic() - last < QUIET_S:
        for client in select.select([], clients, [], 0.1)[1]:
            try:
                sent += client.send(chunk)
                last = time.monotonic()
            except BlockingIOError:
                pass
    return sent


def never_reading(server):
    """Clients that send and never read harm nobody else, nor memory, nor the CPU."""
    other = server.connect()
    require(is_echoed(other), "no echo even before")
    clients = [server.connect() for _ in range(8)]
    start_size = proc.memory(server.pid)

    sent = flood(clients[:1], 64 * MB)
    require(is_echoed(other), f"one such client, {sent / MB:.1f} MB sent: everybody waits")
    sent += flood(clients[1:], 64 * MB)
    grown = (proc.memory(server.pid) - start_size) / MB
    share = cpu_share(server)
    with server.connect() as another:
        answers = is_echoed(other) and is_echoed(another)
    seen = f"8 such clients, {sent / MB:.1f} MB sent: +{grown:.1f} MB, {share:.0%} CPU"
    require(answers, seen + ", everybody waits")
    require(grown <= 8 and share <= CPU_SHARE, seen)
    return seen


def exchange(client, payload, is_reading_late):
    """Sends it all, ends its side, and takes what comes; returns that, and how it ended."""
    got = bytearray()
    sent = 0
    is_writing = True
    is_reading = not is_reading_late
    last = time.monotonic()
    client.setblocking(False)
    while time.monotonic() - last < QUIET_S:
        readers, writers, _ = select.select(
            [client] if is_reading else [], [client] if is_writing else [], [], 0.5
        )
        is_reading = is_reading or not writers  # the server takes no more: read at last
        if readers or writers:
            last = time.monotonic()
        try:
            if readers:
                data = client.recv(65536)
                if not data:
                    return got, "the end"
                got += data
            if writers:
                sent += client.send(payload[sent : sent + 65536])
                if sent == len(payload):
                    client.shutdown(socket.SHUT_WR)
                    is_writing = False
        except OSError as error:
            return got, str(error)
    return got, f"nothing for {QUIET_S} s"


def half_close(server):
    """10 MB, then FIN: all of it comes back, then FIN, however late the client reads."""
    payload = pattern(10 * MB)
    for reader in ("fast", "late") * 3:  # one that can lock up does not do so each time
        with server.connect() as client:
            got, end = exchange(client, payload, reader == "late")
        seen = f"{reader} reader: {len(got)} of {len(payload)} bytes"
        require(len(got) == len(payload) and end == "the end", f"{seen}, then {end}")
        require(got == payload, f"{seen}, but other bytes")
    return "10 MB back, to fast and to late readers"


def state_of(client):
    """Of a client that has sent 'x': served, waiting or closed."""
    client.setblocking(False)
    try:
        return "served" if client.recv(1, socket.MSG_PEEK) else "closed"
    except BlockingIOError:
        return "waiting"
    except OSError:
        return "closed"


def sort_clients(clients):
    kinds = {"served": [], "waiting": [], "closed": []}
    for client in clients:
        kinds[state_of(client)].append(client)
    return kinds


def limit_descriptors(server, count):
    """Lowers the soft limit of the live process, as if so many were in use elsewhere."""
    hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (count, hard))


def no_descriptors(server):
    """Without free descriptors clients wait their turn; nobody spins, nobody is turned away."""
    limit_descriptors(server, 64)
    clients = [server.connect() for _ in range(100)]
    for client in clients:
        client.send(b"x")
    time.sleep(0.5)
    share = cpu_share(server)
    kinds = sort_clients(clients)
    seen = ", ".join(f"{len(some)} {kind}" for kind, some in kinds.items() if some)
    seen += f", {share:.0%} CPU"
    require(not server.has_died(), f"{seen}: the server ended")
    require(not kinds["closed"] and share <= CPU_SHARE and kinds["served"], seen)
    for client in kinds["served"][:60]:
        client.close()
    if kinds["waiting"]:
        client = kinds["waiting"][0]
        require(receive(client, 1, 2) == b"x", seen + ": not served after others left")
        require(is_echoed(client), seen + ": no echo after others left")
        seen += "; served once others left"
    return seen


def urgent_data(server):
    """RFC 862 sends back whatever was received, and an urgent byte is part of the stream."""
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.send(b"abc")
        client.send(b"d", socket.MSG_OOB)
        client.send(b"ef")
        got = receive(client, 6, 2)
        require(got == b"abcdef", f"abc, urgent d, ef: {got.decode('ascii', 'replace')} came back")
        require(is_echoed(client), "all came back, but no echo after it")
    return "abcdef came back in line"


def reset_storm(server):
    """500 clients that send and reset at once leave no descriptor behind."""
    time.sleep(roster.QUIET_S)
    start_count = proc.descriptors(server.pid)
    linger = struct.pack("ii", 1, 0)
    for _ in range(500):
        client = server.connect()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        client.send(b"x" * 64)
        client.close()
    processes.wait_until(lambda: proc.descriptors(server.pid) <= start_count, 3, 0.05)
    left = proc.descriptors(server.pid) - start_count
    require(not server.has_died(), "the server ended")
    with server.connect() as client:
        require(is_echoed(client), "no echo after 500 resets")
    require(left <= 0, f"{left} descriptors more after 500 resets")
    return "500 resets, then as before"


CHECKS = [Check(run) for run in (never_reading, half_close, no_descriptors, urgent_data,
                                 reset_storm)]
