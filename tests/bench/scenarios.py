# SPDX-License-Identifier: MIT
"""What is measured: the load of each scenario, the figure that counts, and who takes part."""
from dataclasses import dataclass
from typing import Callable

ONE_PROCESS = ("echod", "epoll")
KIB = 1024
# An answer that waits for Nagle's algorithm and a delayed ACK takes 40 ms, and none may.
FAST_NS = 2e6
STEP_NS = 40e6
# What a server may keep of the memory of closed connections, and be back where it was.
BACK_BYTES = 512 * KIB


@dataclass(frozen=True)
class Figure:
    title: str
    unit: str
    read: Callable  # the probe's report -> number in that unit, None if it could not be measured
    more_is_better: bool = False


def _per_message(report):
    return report["server"]["cpu_ns_per_message"]


def _per_connection(report):
    spent = report["server"]["cpu_ns"]
    return spent / report["opened"] if spent is not None and report["opened"] else None


CPU = Figure("server CPU per message", "ns", _per_message)
CPU_CONNECTION = Figure("server CPU per connection", "ns", _per_connection)
LATENCY = Figure("median latency", "us", lambda report: report["latency_ns"]["p50"] / 1e3)
THROUGHPUT = Figure("bytes echoed", "MB/s", lambda report: report["bytes_per_second"] / 1e6,
                    more_is_better=True)
MEMORY = Figure("memory per idle connection", "B",
                lambda report: report["server"]["memory_bytes_per_connection"])


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    figure: Figure
    mode: str
    connections: int
    size: int = 64
    depth: int = 1
    seconds: float = 1.0
    one_cpu: bool = False  # server and load share one; else each has its own
    families: tuple = ONE_PROCESS
    fork_connections: int = 0  # a server that forks gets fewer; 0 = as many
    most_rounds: int = 1000  # memory does not drift as time does
    is_quick: bool = False
    transport: str = "tcp"
    batch: int = 1  # datagrams that the load sends by one call

    def connections_for(self, server):
        fewer = self.fork_connections if server.family == "fork" else 0
        return fewer or self.connections

    def takes(self, server):
        return server.family in self.families and self.transport in server.transports


SCENARIOS = (
    Scenario("1cpu-c64", "64 connections, 64 B, one CPU", CPU, "ping", 64, one_cpu=True,
             families=("floor", "fork") + ONE_PROCESS, is_quick=True),
    Scenario("1cpu-c1", "1 connection, 64 B, one CPU", CPU, "ping", 1, one_cpu=True),
    Scenario("1cpu-c1000", "1,000 connections, 64 B, one CPU", CPU, "ping", 1000, one_cpu=True),
    Scenario("16k-c1", "1 connection, 16 KiB messages", LATENCY, "ping", 1, 16 * KIB,
             is_quick=True),
    Scenario("16k-c8", "8 connections, 16 KiB messages", LATENCY, "ping", 8, 16 * KIB),
    Scenario("200k-c1", "1 connection, 200 KB messages", LATENCY, "ping", 1, 200000),
    Scenario("200k-c8", "8 connections, 200 KB messages", LATENCY, "ping", 8, 200000),
    Scenario("bulk-c1", "1 connection, 1 MiB in flight", THROUGHPUT, "stream", 1, 64 * KIB, 16,
             is_quick=True),
    Scenario("bulk-c8", "8 connections, 1 MiB in flight on each", THROUGHPUT, "stream", 8,
             64 * KIB, 16),
    Scenario("churn", "connect, echo 64 B, close; 16 at a time, one CPU", CPU_CONNECTION, "churn",
             16, one_cpu=True, families=("fork",) + ONE_PROCESS, is_quick=True),
    Scenario("udp-d1", "1 datagram of 64 B in flight, one CPU", CPU, "ping", 1, one_cpu=True,
             families=("floor", "fork") + ONE_PROCESS, transport="udp"),
    Scenario("udp-d16", "16 datagrams of 64 B in flight, one CPU", CPU, "ping", 1, depth=16,
             one_cpu=True, families=("floor",) + ONE_PROCESS, is_quick=True, transport="udp"),
    Scenario("udp-segment", "batches of 64 datagrams of 64 B by UDP_SEGMENT, 2 in flight, one CPU", CPU, "ping", 1, depth=128, one_cpu=True, is_quick=True, transport="udp",
             batch=64),
    # xinetd lets 64 wait, and is slow to take them: more at once would not be there in time.
    Scenario("memory", "1,000 idle connections, 60 where each is a process", MEMORY, "idle", 1000,
             seconds=3.0, families=("fork",) + ONE_PROCESS, fork_connections=60, most_rounds=3,
             is_quick=True),
    Scenario("memory-large", "19,000 idle connections", MEMORY, "idle", 19000, seconds=3.0,
             most_rounds=3),
)
