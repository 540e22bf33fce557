# SPDX-License-Identifier: MIT
"""What peers do that echoprobe does not: behind a proxy, wrong, rude, or too often.

Each takes a Visit and raises Fault, or OSError, if the server did something wrong. Whatever comes
back is verified, but of those that never read.
"""
import asyncio
import socket
import struct
import time
from dataclasses import dataclass
from typing import Callable

import headers
from pattern import Fault

STREAMS = ("tcp", "tcp6", "unix")
PROXIED = ("tcp_proxy", "unix_proxy")
# Those that come oftener than the server lets one source.
HOT_CLIENT = "127.66.0.1"
HOT_SENDER = "127.66.0.2"
# echod's own, of which nothing is an option.
HEADER_TIMEOUT_S = 3
# What the server is told; late readers and silent ones go by them.
STALL_TIMEOUT_S = 10
IDLE_TIMEOUT_S = 15
# The kernel's own patience is twice the server's (TCP_USER_TIMEOUT).
STALL_END_S = 2 * STALL_TIMEOUT_S + 5
# Clocks are read at different times.
EARLY_S = 0.1


async def proxied(visit):
    """A right header, in pieces or not, then an echo to the end."""
    await visit.connect(*PROXIED)
    header = headers.right(visit.random)
    at = visit.random.randrange(len(header))
    if at and visit.random.random() < 0.5:
        await visit.send_raw(header[:at])
        await asyncio.sleep(visit.random.uniform(0, 0.02))
        header = header[at:]
    await visit.send_raw(header)
    size = _size(visit.random, 1, 1 << 20)
    await visit.exchange(size, _size(visit.random, size // 100 + 1, 65536))
    visit.book.count("proxied")


async def misheaded(visit):
    """A wrong header, or none: a reset, and not a byte."""
    await visit.connect(*PROXIED)
    if visit.random.random() < 0.15:
        name, header = "header_timeout", visit.random.choice(headers.UNFINISHED)
    else:
        name = visit.random.choice(list(headers.WRONG))
        header = headers.WRONG[name](visit.random)
    begun = time.monotonic()
    await visit.send_raw(header)
    await _receive_refusal(visit, name)
    if name == "header_timeout" and time.monotonic() - begun < HEADER_TIMEOUT_S - EARLY_S:
        raise Fault(f"an unfinished header was refused within {HEADER_TIMEOUT_S} s")
    visit.book.count(name)


async def _receive_refusal(visit, name):
    try:
        if await visit.receive():
            raise Fault(f"{name}: an answer")
    except (ConnectionResetError, BrokenPipeError):
        return
    if not visit.is_unix:
        raise Fault(f"{name}: the server ended the connection by FIN")


async def stalled(visit):
    """Sends and does not read: for ever, and is reset, or for long, and gets every byte."""
    await visit.connect(*STREAMS)
    if visit.random.random() < 0.5:
        visit.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    if visit.random.random() < 0.5:
        await _send_until_full(visit, 0.5)
        await asyncio.sleep(visit.random.uniform(0.5, STALL_TIMEOUT_S / 2))
        await visit.receive_all()
        visit.socket.shutdown(socket.SHUT_WR)
        await visit.receive_end()
        visit.book.count("late_readers")
        return
    visit.book.count("stalls_begun")
    await _send_until_full(visit, STALL_END_S)
    if not visit.has_hung_up():
        raise Fault(f"stalled for {STALL_END_S} s, and still open")
    visit.book.count("stalls_ended")


async def _send_until_full(visit, seconds):
    """Until the server has taken nothing for so long, or is gone.

    As soon as it takes something more follows: if it was merely slow it would owe nothing any more.
    """
    last = time.monotonic()
    while time.monotonic() - last < seconds and not visit.has_hung_up():
        try:
            visit.stream.sent += visit.socket.send(visit.stream.next_piece(65536))
            last = time.monotonic()
        except BlockingIOError:
            await asyncio.sleep(0.02)
        except (ConnectionResetError, BrokenPipeError):
            return


async def idle(visit):
    """Says something once, and is ended by FIN when it has been silent for long enough."""
    await visit.connect(*STREAMS)
    await visit.send(_size(visit.random, 1, 4096))
    await visit.receive_all()
    begun = time.monotonic()
    visit.book.count("idle_begun")
    await visit.receive_end()
    if time.monotonic() - begun < IDLE_TIMEOUT_S - EARLY_S:
        raise Fault(f"ended after {time.monotonic() - begun:.2f} s of silence")
    visit.book.count("idle_ended")


async def resetting(visit):
    """Leaves by a reset: at once, with bytes on their way, or with some of them read."""
    name = await visit.connect("tcp", "unix", *PROXIED)
    if name in PROXIED:
        await visit.send_raw(headers.right(visit.random))
    way = visit.random.randrange(4)
    if way > 0:
        piece = visit.stream.next_piece(_size(visit.random, 1, 1 << 20))
        visit.stream.sent += visit.socket.send(piece)
    if way > 1:
        await asyncio.sleep(visit.random.uniform(0, 0.05))
    if way > 2:
        await visit.receive()
    visit.reset()
    visit.book.count("resets")


async def flooding(visit):
    """One source that connects too often: it is reset or served, nothing else."""
    try:
        await visit.connect("tcp", source=HOT_CLIENT)
        await visit.send(64)
        await visit.receive_all()
        visit.book.count("flood_served")
    except (ConnectionResetError, BrokenPipeError):
        visit.book.count("flood_refused")


async def datagrams(visit):
    """Many datagrams, some by a source that sends too many; what comes back is verified."""
    source = HOT_SENDER if visit.random.random() < 0.5 else visit.source()
    begin = visit.random.randrange(1 << 30)
    visit.socket = socket.socket(type=socket.SOCK_DGRAM)
    visit.socket.setblocking(False)
    visit.socket.bind((source, 0))
    visit.socket.connect(tuple(visit.targets["udp_flood"]))
    for number in range(visit.random.randrange(100, 2000)):
        try:
            sent = visit.socket.send(_datagram(visit, begin, number))
            visit.book.count("datagram_sent_bytes", sent)
        except BlockingIOError:
            pass
        if number % 20 == 19:
            await asyncio.sleep(0.004)
            _take_datagrams(visit, begin)
    await asyncio.sleep(0.1)
    _take_datagrams(visit, begin)


def _datagram(visit, begin, number):
    """Its number, then bytes that go by it; as many as its number says."""
    size = (begin + number * 7919) % (1400 if number % 100 else 60000)
    return struct.pack("!I", number) + visit.pattern.piece(begin + number * 7919, size)


def _take_datagrams(visit, begin):
    for _ in range(1000):
        try:
            data = visit.socket.recv(65536)
        except BlockingIOError:
            return
        if len(data) < 4 or data != _datagram(visit, begin, struct.unpack("!I", data[:4])[0]):
            raise Fault(f"a datagram of {len(data):,} bytes that nobody sent")
        visit.book.count("datagrams_verified")
        visit.book.count("datagram_verified_bytes", len(data))


def _size(random, least, most):
    """Small ones as often as large ones."""
    return min(most, int(least * (most / least) ** random.random()))


@dataclass(frozen=True)
class Kind:
    visit: Callable
    at_once: int
    pause_s: float  # after each, on average
    is_cut: bool = False  # at the end its visits are cut off, not awaited

    @property
    def name(self):
        return self.visit.__name__


KINDS = {kind.name: kind for kind in (
    Kind(proxied, 8, 0.05),
    Kind(misheaded, 16, 0.05),
    Kind(stalled, 8, 0.5, is_cut=True),
    Kind(idle, 16, 0.5, is_cut=True),
    Kind(resetting, 8, 0.03),
    Kind(flooding, 4, 0.008),
    Kind(datagrams, 2, 0.1),
)}
