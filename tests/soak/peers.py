#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Visits a server again and again, several at once, until the time is over or SIGINT comes.

Usage: peers.py KIND SECONDS SEED TARGETS

TARGETS is a JSON object: [HOST, PORT] or a path by name. Prints one JSON object: {"counts": {NAME:
NUMBER}, "faults": [WORDS]}.
"""
import asyncio
import contextlib
import json
import os
import random
import signal
import sys

from kinds import KINDS
from pattern import Fault, Pattern
from visit import Book, Visit


async def _visit_on(kind, book, pattern, targets, numbers, is_over):
    """One visit after another, each with a seed of its own."""
    while not is_over.is_set():
        with Visit(book, pattern, targets, random.Random(numbers.getrandbits(64))) as visit:
            try:
                await kind.visit(visit)
            except (Fault, OSError) as fault:
                book.fault(f"{kind.name}, {_target(visit)}: {fault}")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(numbers.uniform(0, 2 * kind.pause_s)):
                await is_over.wait()


def _target(visit):
    if visit.socket is None:
        return "not open"
    return visit.socket.family.name if visit.socket.type == 1 else "datagrams"


async def _run(kind, seconds, seed, targets):
    book = Book()
    numbers = random.Random(seed)
    is_over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, is_over.set)
    loop.call_later(seconds, is_over.set)
    pattern = Pattern(seed)
    tasks = [asyncio.create_task(_visit_on(kind, book, pattern, targets,
                                           random.Random(numbers.getrandbits(64)), is_over))
             for _ in range(kind.at_once)]
    await is_over.wait()
    if kind.is_cut:
        for task in tasks:
            task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            book.fault(f"{kind.name}: {result!r}")
    return book


def main():
    name, seconds, seed, targets = sys.argv[1:]
    book = asyncio.run(_run(KINDS[name], float(seconds), seed, json.loads(targets)))
    print(json.dumps({"counts": book.counts, "faults": book.faults}))


if __name__ == "__main__":
    main()
