# SPDX-License-Identifier: MIT
"""Clients of a server that is restarted, and what a debugger does to one of its threads."""
import ctypes
import multiprocessing
import os
import signal
import socket
import time

PATIENCE_S = 20
MESSAGE = bytes((i * 31 ^ i >> 8) & 255 for i in range(1000))


def connect(kind, family=socket.AF_INET, port=7):
    peer = socket.socket(family, kind)
    peer.settimeout(PATIENCE_S)
    peer.connect(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
    return peer


def echo_stream(family=socket.AF_INET):
    """One message by TCP; what came back until the server ended it."""
    with connect(socket.SOCK_STREAM, family) as peer:
        peer.sendall(MESSAGE)
        peer.shutdown(socket.SHUT_WR)
        back = b""
        while part := peer.recv(65536):
            back += part
        return back


def echo_datagram(family=socket.AF_INET):
    with connect(socket.SOCK_DGRAM, family) as peer:
        peer.send(MESSAGE)
        return peer.recv(65536)


class Loop:
    """Connects, sends, reads to the end, and again, until it is told to stop."""

    def __init__(self, turn, pause_s=0):
        self.is_over = multiprocessing.Event()
        self.figures = multiprocessing.Queue()
        self.process = multiprocessing.Process(target=self._run, args=(turn, pause_s))
        self.process.start()

    def _run(self, turn, pause_s):
        figures = dict(turns=0, whole=0, cut=0, bytes=0, refused=0, broken=0, wrong=0)
        while not self.is_over.is_set():
            time.sleep(pause_s)
            figures["turns"] += 1
            try:
                back = turn()
            except ConnectionRefusedError:
                figures["refused"] += 1
                continue
            except OSError:
                figures["broken"] += 1
                continue
            figures["bytes"] += len(back)
            if back == MESSAGE:
                figures["whole"] += 1
            elif MESSAGE.startswith(back):
                figures["cut"] += 1
            else:
                figures["wrong"] += 1
        self.figures.put(figures)

    def end(self):
        self.is_over.set()
        figures = self.figures.get(timeout=2 * PATIENCE_S)
        self.process.join()
        return figures


def threads_of(pid):
    """Those besides the main one."""
    return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task") if int(name) != pid)


def hold_thread(thread):
    """Stops that thread alone, until it dies; the process that does it is returned."""
    seize, interrupt, wait_all = 0x4206, 0x4207, 0x40000000
    is_held, tell = os.pipe()
    holder = os.fork()
    if holder == 0:
        ptrace = ctypes.CDLL(None, use_errno=True).ptrace
        ptrace.argtypes = [ctypes.c_long] * 4
        if ptrace(seize, thread, 0, 0) < 0 or ptrace(interrupt, thread, 0, 0) < 0:
            os._exit(1)
        os.waitpid(thread, wait_all)
        os.write(tell, b"x")
        os.close(tell)
        # Only its death is left to hear of: who is killed waits for that.
        os.waitpid(thread, wait_all)
        os._exit(0)
    os.close(tell)
    assert os.read(is_held, 1) == b"x", "no thread can be held here"
    os.close(is_held)
    return holder


def let_go(holder):
    try:
        os.kill(holder, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(holder, 0)


def wait_for(condition, what, seconds=PATIENCE_S):
    """The seconds it took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - begin
