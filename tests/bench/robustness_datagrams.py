# SPDX-License-Identifier: MIT
"""What is asked of a server of datagrams: the three ways in which most of them are wrong."""
import socket

from robustness_checks import ANSWER_S, Check, pattern, require

LARGEST = 65507  # bytes that fit into a datagram of IPv4
OTHER_HOST = "127.0.0.2"


def _answer(client, datagram):
    """What comes back, None if nothing does."""
    client.settimeout(ANSWER_S)
    client.send(datagram)
    try:
        return client.recv(65536)
    except TimeoutError:
        return None


def _require_echo(client, datagram):
    answer = _answer(client, datagram)
    require(answer is not None, f"{len(datagram)} bytes: no answer")
    require(len(answer) == len(datagram), f"{len(datagram)} bytes: {len(answer)} came back")
    require(answer == datagram, f"{len(datagram)} bytes: others came back")


def whole_datagram(server):
    """A datagram comes back whole, whatever its size."""
    payload = pattern(LARGEST + 8)
    with server.connect() as client:
        for size in (1, 512, 1024, 1473, 2048, 8193, 16385, LARGEST):
            _require_echo(client, payload[:size])
    return f"1 to {LARGEST} bytes back"


def empty_datagram(server):
    """A datagram without a byte is one, and is answered by another."""
    with server.connect() as client:
        _require_echo(client, b"")
        _require_echo(client, b"and one more")
    return "an empty one back"


def asked_address(server):
    """The answer comes from the address that was asked, where the server is bound to all."""
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(ANSWER_S)
        client.sendto(b"where?", (OTHER_HOST, server.port))
        try:
            answer, (host, port) = client.recvfrom(65536)
        except TimeoutError:
            answer, host, port = None, "nobody", 0
    require(answer == b"where?" and port == server.port and host == OTHER_HOST,
            f"{OTHER_HOST} was asked, {host} answered")
    return f"{OTHER_HOST} was asked and answered"


CHECKS = [
    Check(whole_datagram, "udp"),
    Check(empty_datagram, "udp"),
    Check(asked_address, "udp", "0.0.0.0"),
]
