# SPDX-License-Identifier: MIT
"""The end: SIGTERM, while clients are owed bytes. They get all, and the server ends well."""
import contextlib
import fcntl
import signal
import socket
import struct
import termios
import time

import headers
from pattern import Fault, Pattern, Stream

CLIENTS_EACH = 4
# What each goes on to send while the server drains.
LATE_PIECES = 20
PATIENCE_S = 30
END_S = 45


class _Client:
    def __init__(self, server, name, stream):
        target = server.targets[name]
        family = socket.AF_UNIX if isinstance(target, str) else (
            socket.AF_INET6 if ":" in target[0] else socket.AF_INET)
        self.name = name
        self._stream = stream
        self._owed = 0
        self._socket = socket.socket(family)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect(target)
        if name.endswith("_proxy"):
            self._socket.sendall(headers.block(headers.LOCAL, headers.UNSPEC, b""))

    def send(self):
        """As much as there is room for; returns how much."""
        # With a timeout Python would wait for room, MSG_DONTWAIT or not.
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            sent = self._socket.send(self._stream.next_piece(65536))
            self._stream.sent += sent
            return sent
        return 0

    def note_owed(self):
        """What has reached the server by now, it owes."""
        self._owed = self._stream.sent - self._unacknowledged()

    def receive_all(self):
        """Verifies it to the end, and sends more meanwhile: of that the server may discard some."""
        pieces = LATE_PIECES
        while data := self._receive():
            self._stream.take(data)
            if pieces > 0:
                pieces -= 1
                self.send()
        self._socket.close()
        if self._stream.received < self._owed:
            raise Fault(f"{self._stream.received:,} of {self._owed:,} bytes, then FIN")

    def _receive(self):
        self._socket.settimeout(PATIENCE_S)
        return self._socket.recv(65536)

    def _unacknowledged(self):
        """Bytes that are still on this side; none of a Unix socket, which has but one."""
        if self._socket.family == socket.AF_UNIX:
            return 0
        size = fcntl.ioctl(self._socket, termios.TIOCOUTQ, bytes(4))
        return struct.unpack("i", size)[0]


def drain(server, seed):
    """Ends the server, and returns what was wrong, in words."""
    faults = []
    clients = []
    pattern = Pattern(f"{seed} drain")
    names = [name for name in server.targets if not name.startswith("udp")] * CLIENTS_EACH
    try:
        for number, name in enumerate(names):
            clients.append(_Client(server, name, Stream(pattern, number * 104729)))
        _send_until_full(clients)
    except OSError as error:
        faults.append(f"before draining: {error}")
    server.signal(signal.SIGTERM)
    for client in clients:
        try:
            client.receive_all()
        except (Fault, OSError) as fault:
            faults.append(f"draining, {client.name}: {fault}")
    if not server.await_event("stopped", END_S):
        faults.append(f"no end within {END_S} s after SIGTERM")
    return faults


def _send_until_full(clients):
    """Until the server has taken nothing for a while: it owes some of that to each."""
    last = time.monotonic()
    while time.monotonic() - last < 0.3:
        if any([client.send() for client in clients]):
            last = time.monotonic()
        else:
            time.sleep(0.01)
    for client in clients:
        client.note_owed()
