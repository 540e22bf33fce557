# SPDX-License-Identifier: MIT
"""Bytes that tell their place: loss, repeats, reordering and bytes of others are wrong ones."""
import random

# A prime, so that no chunk size divides it: what comes a whole chunk too late is wrong, too.
SIZE = 1048573


class Fault(Exception):
    """The server did something wrong; the words say what."""


class Pattern:
    """A block of random bytes that repeats for ever; the same seed gives the same block."""

    def __init__(self, seed):
        self._bytes = random.Random(f"{seed} pattern").randbytes(SIZE) * 2

    def piece(self, at, size):
        """size bytes, at most SIZE, from place `at` on."""
        at %= SIZE
        return self._bytes[at:at + size]


class Stream:
    """What one connection sends, and has to get back. Where it begins in the pattern is its own."""

    def __init__(self, pattern, begin):
        self._pattern = pattern
        self._begin = begin
        self.sent = 0
        self.received = 0

    def next_piece(self, size):
        """What to send next; the caller adds to `sent` what went of it."""
        return self._pattern.piece(self._begin + self.sent, size)

    def take(self, data):
        """Raises Fault if these are not the bytes that had to come next."""
        end = self.received + len(data)
        if end > self.sent:
            raise Fault(f"{end:,} bytes came back of {self.sent:,} sent")
        wanted = self._pattern.piece(self._begin + self.received, len(data))
        if wanted != data:
            place = next(i for i in range(len(data)) if wanted[i] != data[i])
            raise Fault(f"byte {self.received + place:,} came back as another")
        self.received = end
