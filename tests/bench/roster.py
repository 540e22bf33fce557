# SPDX-License-Identifier: MIT
"""The servers that are compared, and how each is started on a port of its own."""
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace

import processes

HOST = "127.0.0.1"
TRANSPORTS = ("tcp", "udp")
# Below the range that the kernel takes for outgoing connections, so none of those is in the way.
PORTS = range(10000, 30000)
READY_S = 5
# By then a server has put away the connection that found it ready.
QUIET_S = 0.3

FAMILIES = {"echod": "echod", "xinetd": "fork", "socat": "fork"}
ABOUT = {
    "floor": "bare recv + send",
    "echod": "echod",
    "level": "level-triggered epoll, hand-tuned",
    "tutorial": "tutorial epoll server",
    "libev": "libev",
    "libuv": "libuv",
    "libevent": "libevent bufferevent",
    "asio": "asio",
    "recvfrom": "recvfrom, hand-tuned",
    "recvmmsg": "recvmmsg, hand-tuned",
    "libuv-udp": "libuv",
    "xinetd": "xinetd, built-in echo",
    "socat": "socat PIPE",
}


@dataclass(frozen=True)
class Server:
    name: str
    family: str  # echod, epoll: one event loop; fork: a process per connection; floor: no server
    about: str
    command: str  # with {port} and others as in peers.txt
    transports: tuple = ("tcp",)


class Running:
    """A server from its first echo on; a context, at the end of which nothing of it runs."""

    def __init__(self, server, folder, cpu=None, real_time=False, transport="tcp", host=HOST):
        self.server = server
        self.transport = transport
        self.host = host  # what it is bound to; it is reached at HOST in any case
        self.port = free_port()
        self.pid = 0
        self._cpu = cpu
        self._real_time = real_time
        self._folder = folder
        self._scratch = None
        self._process = None

    def __enter__(self):
        os.makedirs(self._folder, exist_ok=True)
        self._scratch = tempfile.mkdtemp(dir=self._folder)
        argv = [word.format(port=self.port, scratch=self._scratch, host=self.host,
                            transport=self.transport)
                for word in shlex.split(self.server.command)]
        self._process = processes.start(argv, self._cpu, self._real_time,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self._process.pid
        try:
            self._wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        processes.stop(self._process)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def target(self):
        """As echoprobe wants it."""
        return f"{self.transport}:{HOST}:{self.port}"

    def connect(self, timeout_s=2):
        """A connection, or a socket that sends its datagrams there."""
        if self.transport == "tcp":
            return socket.create_connection((HOST, self.port), timeout_s)
        client = socket.socket(type=socket.SOCK_DGRAM)
        client.settimeout(timeout_s)
        client.connect((HOST, self.port))
        return client

    def has_died(self):
        return self._process.poll() is not None

    def _wait_ready(self):
        problem = "did not echo"
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            if self.has_died():
                raise processes.Failed(f"ended at once, status {self._process.returncode}")
            try:
                with self.connect(1) as client:
                    client.sendall(b"e")
                    if client.recv(1) == b"e":
                        return
                problem = "answers, but does not echo"
            except OSError as error:
                problem = f"does not answer: {error.strerror or error}"
            time.sleep(0.01)
        raise processes.Failed(problem)


_next_port = PORTS.start + os.getpid() % 10000


def free_port(host=HOST):
    """The next one that nothing listens on there; none is used twice in a run."""
    global _next_port
    for _ in PORTS:
        port = _next_port
        _next_port = port + 1 if port + 1 < PORTS.stop else PORTS.start
        if all(_is_free(host, port, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
            return port
    raise processes.Failed(f"no free port in {PORTS.start}..{PORTS.stop - 1}")


def _is_free(host, port, kind):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            return True
        except OSError:
            return False


def load(path, build):
    """The servers of a file such as peers.txt, in its order, with the floor as the first."""
    source = shlex.quote(os.path.dirname(os.path.abspath(path)))
    build = shlex.quote(os.path.abspath(build))
    found = [Server("floor", "floor", ABOUT["floor"], "", TRANSPORTS)]
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                name, transports, command = line.split(None, 2)
                command = command.strip().replace("{source}", source).replace("{build}", build)
                command = command.replace("{user}", user_words())
                found.append(named(name, command, tuple(transports.split(","))))
    return found


def user_words():
    """What echod wants to be told by root, who is to stay so: the peers do, and limits are set."""
    return "--user=root" if os.geteuid() == 0 else ""


def named(name, command, transports):
    return Server(name, FAMILIES.get(name, "epoll"), ABOUT.get(name, name), command, transports)


def build_of(echod, name, path):
    """The same server from another build."""
    _, *options = shlex.split(echod.command)
    about = echod.about if name == echod.name else f"echod: {name}"
    return replace(echod, name=name, about=about, command=shlex.join([path] + options))
