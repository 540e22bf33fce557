# SPDX-License-Identifier: MIT
"""One connection to the server, or one run of datagrams: from where, with which bytes."""
import asyncio
import contextlib
import errno
import select
import socket
import struct
import time

from pattern import Fault, Stream

# Far longer than a sound server takes, however little of the CPU the two of them get.
PATIENCE_S = 30
IP_BIND_ADDRESS_NO_PORT = 24
LINGER_RESET = struct.pack("ii", 1, 0)


class Book:
    """What visits have seen, for the orchestrator."""

    def __init__(self):
        self.counts = {}
        self.faults = []

    def count(self, name, amount=1):
        self.counts[name] = self.counts.get(name, 0) + amount

    def fault(self, words):
        self.count("faults")
        if len(self.faults) < 5:
            self.faults.append(words)


class Visit:
    """A context; at its end nothing of it is open."""

    def __init__(self, book, pattern, targets, random):
        self.random = random
        self.targets = targets
        self.book = book
        self.pattern = pattern
        self.stream = Stream(pattern, random.randrange(1 << 30))
        self.socket = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.book.count("sent_bytes", self.stream.sent)
        self.book.count("verified_bytes", self.stream.received)
        if self.socket:
            self.socket.close()

    @property
    def is_unix(self):
        return self.socket.family == socket.AF_UNIX

    def source(self):
        """One of 127.128.0.0/9, so that none comes often."""
        return socket.inet_ntoa(struct.pack("!I", 0x7f800001 + self.random.randrange(0x7ffffd)))

    async def connect(self, *names, source=None):
        """To one of the targets of these names, as far as there are such; returns its name."""
        name = self.random.choice([name for name in names if name in self.targets])
        target = self.targets[name]
        is_unix = isinstance(target, str)
        family = (socket.AF_UNIX if is_unix else
                  socket.AF_INET6 if ":" in target[0] else socket.AF_INET)
        self.socket = socket.socket(family)
        self.socket.setblocking(False)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            self.socket.bind((source or self.source(), 0))
        if is_unix:
            await self._connect_unix(target)
        else:
            await self._connect_tcp(tuple(target))
        self.book.count("opened")
        return name

    async def _connect_tcp(self, address):
        """One that is reset at once was open, too."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await _patiently(asyncio.get_running_loop().sock_connect(self.socket, address),
                             "connecting")
        except ConnectionResetError:
            self.book.count("opened")
            raise

    async def _connect_unix(self, path):
        """A full backlog is told by EAGAIN, and nothing tells when it is no longer."""
        end = time.monotonic() + PATIENCE_S
        while error := self.socket.connect_ex(path):
            if error != errno.EAGAIN or time.monotonic() > end:
                raise OSError(error, "connecting to the Unix socket")
            await asyncio.sleep(0.01)

    async def send_raw(self, data):
        """What is not to come back."""
        await _patiently(asyncio.get_running_loop().sock_sendall(self.socket, data), "sending")

    async def send(self, size, piece=65536):
        """Bytes of the stream, as fast as the server takes them."""
        left = size
        while left > 0:
            part = min(left, piece)
            data = self.stream.next_piece(part)
            # Before it goes: it may be back before this one goes on.
            self.stream.sent += part
            await self.send_raw(data)
            left -= part

    async def receive(self):
        """Verifies what comes next; returns how much, 0 at the end."""
        data = await _patiently(asyncio.get_running_loop().sock_recv(self.socket, 65536),
                                f"a byte, {self.stream.received:,} of {self.stream.sent:,} back")
        self.stream.take(data)
        return len(data)

    async def receive_all(self):
        """Everything that was sent, no more."""
        while self.stream.received < self.stream.sent:
            if not await self.receive():
                raise Fault(f"ended after {self.stream.received:,} of {self.stream.sent:,} bytes")

    async def receive_end(self):
        if await self.receive():
            raise Fault("more came back than was sent")

    async def exchange(self, size, piece=65536):
        """Sends and receives at the same time, then ends it by FIN, and sees the server's."""
        sender = asyncio.create_task(self.send(size, piece))
        try:
            while self.stream.received < size:
                if not await self.receive():
                    raise Fault(f"ended after {self.stream.received:,} of {size:,} bytes")
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, Fault, OSError):
                await sender
        self.socket.shutdown(socket.SHUT_WR)
        await self.receive_end()

    def has_hung_up(self):
        """Whether the server is gone, seen without reading."""
        poll = select.poll()
        poll.register(self.socket, 0)
        return bool(poll.poll(0))

    def reset(self):
        """Ends it at once; a Unix socket's peer sees a reset only if bytes were unread."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        self.socket.close()


async def _patiently(awaitable, what):
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await awaitable
    except TimeoutError:
        raise Fault(f"{PATIENCE_S} s in vain: {what}") from None
