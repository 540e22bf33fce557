# SPDX-License-Identifier: MIT
"""Whether the server did all it promises: the figures of both sides, against each other."""
from dataclasses import dataclass, field

import headers

MIB = 1 << 20
# What may be more at the end than before, however long the load: pages that were touched for the
# first time. Two workers' room for datagrams has 2 MiB, the tables of --accept-rate and --udp-rate
# 1 MiB, what a turn reads 0.5 MiB.
MEMORY_TOLERANCE = 4 * MIB
# Of one CPU, with nobody there.
CPU_SHARE = 0.05
# A load that is shorter need not have had everything.
FULL_MINUTES = 1


@dataclass
class Rest:
    """The server when nobody is there."""
    memory: int
    descriptors: int
    cpu_share: float


@dataclass
class Findings:
    minutes: float
    start: Rest
    end: Rest
    memory_most: int  # under load
    memory_bound: int  # what it may be by the options, above that of the start
    status: dict  # of the server, with nobody there
    counts: dict  # of the load
    stopped: dict  # the server's last figures
    drain_end: dict
    exit_status: int
    complaints: list = field(default_factory=list)  # of its log
    has_left_paths: bool = False


def judge(found):
    """What is wrong, in words; nothing if all is well."""
    checks = (_sums, _sides, _headers, _ends, _quiet, _rest, _end)
    wrong = [words for check in checks for words in check(found)]
    if found.minutes >= FULL_MINUTES:
        wrong += _missing(found)
    return wrong


def _unequal(what, one, other):
    return [] if one == other else [f"{what}: {one:,} and {other:,}"]


def _over(what, one, most):
    return [] if one <= most else [f"{what}: {one:,}, at most {most:,}"]


def total(figures, prefix):
    return sum(value for key, value in figures.items() if key.startswith(prefix))


def _sums(found):
    """The server's figures, each of which is counted at another place."""
    for name, figures in (("status", found.status), ("stopped", found.stopped)):
        yield from _unequal(f"{name}: accepted, and closed + open", figures["accepted"],
                            total(figures, "closed_") + figures["open"])
        yield from _unequal(f"{name}: datagrams received, and sent + dropped",
                            figures["datagrams_received"],
                            figures["datagrams_sent"] + total(figures, "dropped_"))
        yield from _over(f"{name}: bytes sent", figures["sent_bytes"], figures["received_bytes"])
        yield from _over(f"{name}: bytes of datagrams sent", figures["datagram_sent_bytes"],
                         figures["datagram_received_bytes"])


def _sides(found):
    """The server's figures, and those of its clients."""
    status, counts = found.status, found.counts
    yield from _unequal("connections accepted + refused, and those of the clients",
                        status["accepted"] + total(status, "refused_"), counts["opened"])
    for prefix, what in (("", "bytes of streams"), ("datagram_", "bytes of datagrams")):
        yield from _over(f"{what} that the server took, of those sent",
                         status[prefix + "received_bytes"], counts[prefix + "sent_bytes"])
        yield from _over(f"{what} that came back, of those the server sent",
                         counts[prefix + "verified_bytes"], status[prefix + "sent_bytes"])
    yield from _over("datagrams lost, of which the server knows",
                     counts["datagrams_lost"], status["datagrams_overflowed"])
    yield from _unequal("connections refused for their rate, by server and clients",
                        status["refused_rate"], counts["flood_refused"])


def _headers(found):
    """Each wrong header was counted as what it is, none but those."""
    for name in [*headers.WRONG, "header_timeout"]:
        yield from _unequal(f"closed_{name}, and such headers", found.status[f"closed_{name}"],
                            found.counts[name])


def _ends(found):
    """Of what timeouts end the clients see some; others leave before."""
    for name, kind in (("closed_stall", "stalls"), ("closed_idle", "idle")):
        ended = found.status[name]
        seen, begun = found.counts[f"{kind}_ended"], found.counts[f"{kind}_begun"]
        if not seen <= ended <= begun:
            yield f"{name}: {ended:,}; of {begun:,} clients {seen:,} have seen that"


def _quiet(found):
    """What no load may bring about."""
    for name in ("open", "parked", "accept_pauses", "closed_socket_error", "closed_peer_vanished",
                 "closed_drained", "closed_drain_timeout", "closed_rate", "closed_source",
                 "refused_limit", "refused_no_memory", "refused_access", "refused_source",
                 "dropped_send_error", "dropped_truncated", "dropped_self", "dropped_loop",
                 "sandbox_missing", "log_dropped"):
        yield from _unequal(name, found.status[name], 0)
    for line in found.complaints[:5]:
        yield f"the log: {line}"


def _rest(found):
    yield from _unequal("descriptors at the start and at the end", found.start.descriptors,
                        found.end.descriptors)
    yield from _over("memory at the end, KiB", found.end.memory >> 10,
                     found.start.memory + MEMORY_TOLERANCE >> 10)
    yield from _over("memory under load, KiB", found.memory_most >> 10,
                     found.start.memory + found.memory_bound + MEMORY_TOLERANCE >> 10)
    if found.end.cpu_share > CPU_SHARE:
        yield f"with nobody there: {found.end.cpu_share:.0%} of a CPU"


def _end(found):
    yield from _unequal("exit status", found.exit_status, 0)
    for name in ("forced", "left"):
        yield from _unequal(f"drain_end: {name}", found.drain_end[name], 0)
    for name in ("open", "closed_drain_timeout"):
        yield from _unequal(f"stopped: {name}", found.stopped[name], 0)
    if found.has_left_paths:
        yield "the paths of Unix sockets are still there"


def _missing(found):
    """A load without its troubles proves nothing."""
    for name in ("proxied", "late_readers", "stalls_ended", "idle_ended", "resets",
                 "flood_refused", "flood_served", "datagrams_verified", *headers.WRONG,
                 "header_timeout"):
        if not found.counts[name]:
            yield f"the load had none of {name}"
    for name in ("closed_peer_reset", "closed_stall", "closed_idle", "peek_turns", "refused_rate",
                 "dropped_rate"):
        if not found.status[name]:
            yield f"the server met no {name}"
