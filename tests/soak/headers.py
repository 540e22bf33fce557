# SPDX-License-Identifier: MIT
"""Headers of the PROXY protocol, right and wrong, by the name that echod counts the end of them."""
import socket
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PROXY = 0x21
LOCAL = 0x20
TCP4, TCP6, UNIX, UNSPEC = 0x11, 0x21, 0x31, 0x00
NOOP, CHECKSUM = 4, 3
LARGEST_BLOCK = 4096
# Whom --deny keeps out: TEST-NET-3.
DENIED = "203.0.113.0/24"


def block(command, family, body, size=None):
    """Version 2; size is what it says of its length, if not the truth."""
    return SIGNATURE + struct.pack("!BBH", command, family,
                                   len(body) if size is None else size) + body


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def checked(family, body):
    """With a checksum behind the body."""
    bare = block(PROXY, family, body + struct.pack("!BHI", CHECKSUM, 4, 0))
    return bare[:-4] + struct.pack("!I", crc32c(bare))


def addresses4(client):
    return socket.inet_aton(client) + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 4711, 7)


def addresses6(client):
    return (socket.inet_pton(socket.AF_INET6, client)
            + socket.inet_pton(socket.AF_INET6, "2001:db8::7") + struct.pack("!HH", 4711, 7))


def extension(size):
    """A TLV that is to be skipped."""
    return struct.pack("!BH", NOOP, size) + bytes(size)


def client4(random):
    """Of 10.0.0.0/8: so many that none of them comes often."""
    return socket.inet_ntoa(struct.pack("!I", 10 << 24 | random.getrandbits(24)))


def client6(random):
    return f"2001:db8:{random.getrandbits(16):x}:{random.getrandbits(16):x}::1"


def right(random):
    """One after which the server has to echo."""
    v4, v6 = client4(random), client6(random)
    return random.choice([
        lambda: f"PROXY TCP4 {v4} 192.0.2.1 4711 7\r\n".encode(),
        lambda: f"PROXY TCP6 {v6} 2001:db8::7 4711 7\r\n".encode(),
        lambda: b"PROXY UNKNOWN\r\n",
        lambda: b"PROXY UNKNOWN ffff::1 " + b"x" * 83 + b"\r\n",
        lambda: block(PROXY, TCP4, addresses4(v4)),
        lambda: block(PROXY, TCP6, addresses6(v6)),
        lambda: block(PROXY, TCP4, addresses4(v4) + extension(random.randrange(600))),
        lambda: block(PROXY, TCP4, addresses4(v4) + extension(LARGEST_BLOCK - 12 - 3)),
        lambda: checked(TCP4, addresses4(v4)),
        lambda: checked(TCP6, addresses6(v6) + extension(random.randrange(64))),
        lambda: block(PROXY, UNIX, b"x" * 216),
        lambda: block(PROXY, UNSPEC, b""),
        lambda: block(LOCAL, UNSPEC, b""),
    ])()


def _bad_checksum(random):
    good = checked(TCP4, addresses4(client4(random)))
    return good[:-1] + bytes([good[-1] ^ 1])


# What echod counts as closed_..., and a header that ends like that.
WRONG = {
    "header_signature": lambda random: random.choice([b"GET / HTTP/1.1\r\n\r\n", b"PROXX", b"\0"]),
    "header_version": lambda random: block(0x11, TCP4, addresses4(client4(random))),
    "header_command": lambda random: block(0x22, TCP4, addresses4(client4(random))),
    "header_family": lambda random: random.choice([block(PROXY, 0x41, b""), b"PROXY TCP5 "]),
    "header_address": lambda random: random.choice([
        b"PROXY TCP4 192.0.2.256 192.0.2.1 4711 7\r\n", b"PROXY TCP4 192.0.2.2 192.0.2.1 65536 ",
        b"PROXY TCP6 2001:db8::1::2 "]),
    "header_line_end": lambda random: b"PROXY TCP4 192.0.2.2 192.0.2.1 4711 7\n",
    "header_checksum": _bad_checksum,
    "header_extension": lambda random: block(
        PROXY, TCP4, addresses4(client4(random)) + struct.pack("!BHB", NOOP, 2, 0)),
    "header_too_short": lambda random: block(PROXY, TCP4, bytes(11)),
    "header_too_long": lambda random: random.choice([
        block(PROXY, TCP4, b"", LARGEST_BLOCK + 1), b"PROXY UNKNOWN " + b"x" * 100]),
    "access": lambda random: random.choice([
        f"PROXY TCP4 203.0.113.{random.randrange(256)} 192.0.2.1 4711 7\r\n".encode(),
        block(PROXY, TCP4, addresses4(f"203.0.113.{random.randrange(256)}"))]),
}
# Not wrong yet, and never whole: nothing, the beginning of either version, a line without its end.
UNFINISHED = (b"", b"PROXY TC", SIGNATURE[:7], b"PROXY TCP4 192.0.2.2 192.0.2.1 4711 7")
