# SPDX-License-Identifier: MIT
"""All that is asked of the server at the same time: posts, each of which sends out run after run.

What a run does is drawn from the seed. None is long, so that figures come while the load lasts.
"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import kinds
import processes

NICE = ["nice", "-n", "10"]
PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers.py")
# For a peer of the server, be it as slow as it may; and for a run to end when it is told to.
TIMEOUT = "30s"
END_S = 60
# By then a run knows what to do about SIGINT.
YOUNG_S = 3
# echoprobe's datagrams come from one source, which may send UDP_RATE of them.
DATAGRAMS_PER_SECOND = 600
MOST_FAULTS = 20


@dataclass(frozen=True)
class Work:
    argv: list
    name: str  # in words, with what was drawn


class Load:
    """Posts, and what has come of their runs so far."""

    def __init__(self, echoprobe, server, seed):
        self.counts = collections.Counter()
        self.faults = []
        draw = _Draw(echoprobe, server)
        makers = [draw.ping, draw.ping, draw.stream, draw.churn, draw.idle, draw.slow,
                  draw.datagrams, draw.datagrams]
        makers += [draw.peers(name) for name in kinds.KINDS]
        self._posts = [_Post(self, maker, random.Random(f"{seed} {number}"))
                       for number, maker in enumerate(makers)]

    def step(self, may_begin):
        """Looks after all runs; to be called often."""
        for post in self._posts:
            post.step(may_begin)

    def end(self, every):
        """Tells all runs to end, and awaits that; every() is called meanwhile."""
        end = time.monotonic() + END_S
        while any(post.is_busy() for post in self._posts):
            for post in self._posts:
                post.interrupt()
            self.step(may_begin=False)
            every()
            if time.monotonic() > end:
                for post in self._posts:
                    post.give_up()

    def fault(self, words):
        self.counts["faults"] += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(words)
            print(f"ci/soak: fault: {words}", file=sys.stderr, flush=True)

    def take_report(self, work, report):
        """What a run has told."""
        if "verdict" in report:
            self._take_probe(work, report)
            return
        for name, count in report["counts"].items():
            # A peer's faults come as words, of which it keeps a few.
            if name != "faults":
                self.counts[name] += count
        for words in report["faults"]:
            self.fault(words)
        self.counts["faults"] += report["counts"].get("faults", 0) - len(report["faults"])

    def _take_probe(self, work, report):
        is_udp = "lost" in report
        prefix = "datagram_" if is_udp else ""
        self.counts[prefix + "verified_bytes"] += report["received_bytes"]
        self.counts[prefix + "sent_bytes"] += report["sent_bytes"]
        if is_udp:
            self.counts["datagrams_verified"] += report["messages"]
            self.counts["datagrams_lost"] += report["lost"]
        else:
            self.counts["opened"] += report["opened"]
        is_lossy = is_udp and report["verdict"] == "lossy" and not report["duplicated"]
        # What was lost the server may have counted; see judge.py.
        if report["verdict"] != "ok" and not is_lossy:
            self.fault(f"{work.name}: {report['verdict']}: {report['reason']}")
        elif is_udp and report["duplicated"]:
            self.fault(f"{work.name}: {report['duplicated']} datagrams came twice")


class _Post:
    """One run after the other, with a pause between them."""

    def __init__(self, load, maker, numbers):
        self._load = load
        self._maker = maker
        self._random = numbers
        self._work = None
        self._process = None
        self._is_interrupted = False
        self._begun = 0.0
        self._next = time.monotonic() + numbers.uniform(0, 1)

    def is_busy(self):
        return self._process is not None

    def step(self, may_begin):
        if self._process:
            if self._process.poll() is not None:
                self._finish()
        elif may_begin and time.monotonic() >= self._next:
            self._work = self._maker(self._random)
            self._is_interrupted = False
            self._begun = time.monotonic()
            self._process = processes.start(NICE + self._work.argv, stdout=subprocess.PIPE,
                                            stderr=subprocess.PIPE)

    def interrupt(self):
        """Once; a second time would be the end of it."""
        is_due = not self._is_interrupted and time.monotonic() - self._begun > YOUNG_S
        if self._process and is_due:
            self._is_interrupted = True
            self._process.send_signal(signal.SIGINT)

    def give_up(self):
        if self._process:
            self._load.fault(f"{self._work.name}: did not end within {END_S} s")
            processes.stop(self._process)
            self._process = None

    def _finish(self):
        """Their words are few: they fit into the pipes."""
        out, err = self._process.communicate()
        try:
            self._load.take_report(self._work, json.loads(out))
        except ValueError:
            words = err.decode(errors="replace").strip().splitlines()[-1:]
            self._load.fault(f"{self._work.name}: {words or 'told nothing'}")
        processes.stop(self._process)
        self._process = None
        self._next = time.monotonic() + self._random.uniform(0, 1)


class _Draw:
    """Makes runs of what is drawn."""

    def __init__(self, echoprobe, server):
        self._echoprobe = echoprobe
        self._server = server

    def ping(self, numbers):
        """Messages one by one, some of them at a rate."""
        pace = ([f"--rate={numbers.randrange(50, 1500)}"] if numbers.random() < 0.7 else
                [f"--depth={numbers.randrange(1, 8)}", f"--count={numbers.randrange(1000, 20000)}"])
        return self._probe("ping", self._stream(numbers), numbers, *pace,
                           f"--connections={numbers.randrange(1, 64)}",
                           f"--size={_size(numbers, 1, 16384)}",
                           f"--duration={numbers.randrange(3, 15)}s")

    def stream(self, numbers):
        """Bulk, of which there is an end: else it would take all CPUs."""
        size = _size(numbers, 512, 1 << 18)
        count = (numbers.randrange(32, 512) << 20) // size
        return self._probe("stream", self._stream(numbers), numbers, f"--size={size}",
                           f"--depth={numbers.randrange(1, 16)}",
                           f"--connections={numbers.randrange(1, 8)}",
                           f"--count={min(count, 50000)}")

    def churn(self, numbers):
        """Not by IPv6: there they come from one source, too often for it."""
        return self._probe("churn", numbers.choice(("tcp", "unix")), numbers,
                           f"--connections={numbers.randrange(1, 16)}",
                           f"--size={_size(numbers, 1, 65536)}",
                           f"--count={numbers.randrange(100, 2000)}")

    def idle(self, numbers):
        """For a time that is far shorter than the idle timeout."""
        return self._probe("idle", "tcp", numbers,
                           f"--connections={numbers.randrange(100, 1000)}",
                           f"--duration={numbers.randrange(2, kinds.IDLE_TIMEOUT_S // 2)}s")

    def slow(self, numbers):
        """Not so slow that the kernel takes it for stalled: a window opens by whole segments."""
        return self._probe("slow", self._stream(numbers), numbers,
                           f"--connections={numbers.randrange(1, 12)}",
                           f"--size={_size(numbers, 16384, 262144)}",
                           f"--duration={numbers.randrange(3, 10)}s")

    def datagrams(self, numbers):
        name = numbers.choice([name for name in ("udp", "udp6") if name in self._server.targets])
        return self._probe("ping", name, numbers,
                           f"--rate={numbers.randrange(50, DATAGRAMS_PER_SECOND)}",
                           f"--connections={numbers.randrange(1, 8)}",
                           f"--batch={numbers.choice((1, 1, 4, 16))}",
                           f"--size={_size(numbers, 16, 1400)}",
                           f"--duration={numbers.randrange(3, 15)}s")

    def peers(self, kind):
        """Of one kind of those that are no good clients."""
        targets = json.dumps(self._server.targets)

        def make(numbers):
            seconds = numbers.randrange(20, 40)
            seed = numbers.getrandbits(32)
            return Work([sys.executable, "-B", PEERS, kind, str(seconds), str(seed), targets],
                        f"{kind} of seed {seed}")
        return make

    def _stream(self, numbers):
        return numbers.choice([name for name in kinds.STREAMS if name in self._server.targets])

    def _probe(self, mode, name, numbers, *options):
        half_close = ["--half-close"] if name[:3] != "udp" and numbers.random() < 0.3 else []
        argv = [self._echoprobe, "--json", f"--mode={mode}", f"--timeout={TIMEOUT}", *options,
                *half_close, self._server.target(name)]
        words = " ".join([mode, *options, *half_close, name])
        return Work(argv, words)


def _size(numbers, least, most):
    """Small ones as often as large ones."""
    return min(most, int(least * (most / least) ** numbers.random()))
