#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The soak's own judgement: what a sound server's figures are, and that any other is told."""
import collections
import random
import unittest

import headers
from judge import MEMORY_TOLERANCE, MIB, Findings, Rest, judge
from pattern import SIZE, Fault, Pattern, Stream

TROUBLES = dict.fromkeys([*headers.WRONG, "header_timeout"], 3)
REFUSED = ("limit", "no_memory", "access", "rate", "source")
DROPPED = ("send_error", "truncated", "self", "loop", "rate")


def status():
    """Of a server that was asked by counts()."""
    closed = {f"closed_{name}": count for name, count in TROUBLES.items()}
    closed |= {"closed_peer_finished": 100, "closed_peer_reset": 10, "closed_stall": 3,
               "closed_idle": 2, "closed_peer_vanished": 0}
    closed |= {f"closed_{name}": 0 for name in
               ("drained", "drain_timeout", "socket_error", "rate", "source")}
    refused = {f"refused_{name}": 0 for name in REFUSED} | {"refused_rate": 7}
    dropped = {f"dropped_{name}": 0 for name in DROPPED} | {"dropped_rate": 50}
    return {"accepted": sum(closed.values()), "open": 0, "parked": 0, "accept_pauses": 0,
            "received_bytes": 5000, "sent_bytes": 4000, "peek_turns": 9, "datagrams_received": 250,
            "datagrams_sent": 200, "datagram_received_bytes": 900, "datagram_sent_bytes": 700,
            "datagrams_overflowed": 0, "sandbox_missing": 0, "log_dropped": 0,
            **closed, **refused, **dropped}


def counts():
    return collections.Counter(
        opened=sum(TROUBLES.values()) + 115 + 7, sent_bytes=5500, verified_bytes=3900,
        datagram_sent_bytes=950, datagram_verified_bytes=600, datagrams_verified=150,
        proxied=20, late_readers=2, stalls_begun=6, stalls_ended=3, idle_begun=4, idle_ended=1,
        resets=10, flood_refused=7, flood_served=5, **TROUBLES)


def sound():
    return Findings(minutes=2, start=Rest(MIB, 60, 0), end=Rest(2 * MIB, 60, 0.001),
                    memory_most=6 * MIB, memory_bound=4 * MIB, status=status(), counts=counts(),
                    stopped=status(), drain_end={"forced": 0, "left": 0}, exit_status=0)


class Judgement(unittest.TestCase):
    def told(self, words, found):
        wrong = judge(found)
        self.assertTrue(any(words in line for line in wrong), f"{words!r} is not in {wrong}")

    def with_status(self, **figures):
        found = sound()
        found.status.update(figures)
        return found

    def with_counts(self, **figures):
        found = sound()
        dict.update(found.counts, figures)  # a Counter's own would add
        return found

    def test_sound_server_is_let_alone(self):
        self.assertEqual(judge(sound()), [])

    def test_figures_of_the_server_must_add_up(self):
        self.told("closed + open", self.with_status(closed_peer_finished=101))
        self.told("sent + dropped", self.with_status(datagrams_sent=201))
        self.told("bytes sent", self.with_status(sent_bytes=5001))
        found = sound()
        found.stopped["accepted"] += 1
        self.told("stopped: accepted", found)

    def test_server_and_clients_must_agree(self):
        self.told("those of the clients", self.with_counts(opened=1))
        self.told("streams that the server took", self.with_counts(sent_bytes=4999))
        self.told("streams that came back", self.with_counts(verified_bytes=4001))
        self.told("datagrams that the server took", self.with_counts(datagram_sent_bytes=899))
        self.told("datagrams that came back", self.with_counts(datagram_verified_bytes=701))
        self.told("refused for their rate", self.with_counts(flood_refused=1))
        self.told("datagrams lost", self.with_counts(datagrams_lost=1))

    def test_lost_datagram_that_the_kernel_dropped_is_none(self):
        found = self.with_status(datagrams_overflowed=1)
        found.counts["datagrams_lost"] = 1
        self.assertEqual(judge(found), [])

    def test_each_wrong_header_is_counted_as_what_it_is(self):
        for name in TROUBLES:
            self.told(f"closed_{name}", self.with_status(**{f"closed_{name}": 2}))

    def test_timeouts_are_those_that_clients_have_seen_at_least(self):
        self.told("closed_stall", self.with_status(closed_stall=2))
        self.told("closed_idle", self.with_status(closed_idle=5))

    def test_what_no_load_brings_about_is_told(self):
        for name in ("open", "parked", "accept_pauses", "closed_socket_error",
                     "closed_peer_vanished", "refused_limit",
                     "dropped_self", "sandbox_missing", "log_dropped"):
            self.told(name, self.with_status(**{name: 1}))
        found = sound()
        found.complaints = ["level=warn event=accept_paused"]
        self.told("event=accept_paused", found)

    def test_server_must_come_to_rest(self):
        found = sound()
        found.end = Rest(MIB + MEMORY_TOLERANCE + 1024, 61, 0.5)
        for words in ("descriptors", "memory at the end", "50% of a CPU"):
            self.told(words, found)
        found.memory_most = 10 * MIB
        self.told("memory under load", found)

    def test_server_must_end_well(self):
        found = sound()
        found.exit_status = -9
        found.drain_end = {"forced": 1, "left": 3}
        found.has_left_paths = True
        for words in ("exit status", "forced", "left", "paths"):
            self.told(words, found)

    def test_load_must_have_had_its_troubles(self):
        self.told("none of resets", self.with_counts(resets=0))
        self.told("met no peek_turns", self.with_status(peek_turns=0))
        found = self.with_status(peek_turns=0)
        found.minutes = 0.5
        self.assertEqual(judge(found), [])


class Bytes(unittest.TestCase):
    def setUp(self):
        self.pattern = Pattern(1)
        self.stream = Stream(self.pattern, 77)
        self.stream.sent = 3 * SIZE

    def test_right_bytes_are_taken_in_any_pieces(self):
        for size in (1, 4095, 65536, 65536):
            self.stream.take(self.pattern.piece(77 + self.stream.received, size))
        self.assertEqual(self.stream.received, 1 + 4095 + 2 * 65536)

    def test_wrong_byte_is_told_by_its_place(self):
        data = bytearray(self.pattern.piece(77, 100))
        data[42] ^= 1
        with self.assertRaisesRegex(Fault, "byte 42 "):
            self.stream.take(bytes(data))

    def test_lost_repeated_and_foreign_bytes_are_wrong(self):
        for at in (78, 76, 77 + 65536, 5000):
            with self.assertRaises(Fault):
                self.stream.take(self.pattern.piece(at, 64))

    def test_more_than_was_sent_is_told(self):
        self.stream.sent = 10
        with self.assertRaisesRegex(Fault, "11 bytes came back of 10"):
            self.stream.take(self.pattern.piece(77, 11))


class Headers(unittest.TestCase):
    def test_checksum_is_that_of_the_specification(self):
        self.assertEqual(headers.crc32c(b"123456789"), 0xe3069283)

    def test_right_headers_are_no_longer_than_they_may_be(self):
        numbers = random.Random(1)
        sizes = {False: 0, True: 0}
        for _ in range(2000):
            header = headers.right(numbers)
            is_line = header.startswith(b"PROXY")
            sizes[is_line] = max(sizes[is_line], len(header))
        self.assertEqual(sizes, {True: 107, False: 16 + headers.LARGEST_BLOCK})


if __name__ == "__main__":
    unittest.main()
