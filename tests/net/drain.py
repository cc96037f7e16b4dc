"""Drains servers: what SIGTERM does with --drain.

    drain.py LUNATIC GUEST WASI_GUEST
"""
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import PATIENCE, Peer, check, equal, finish  # noqa: E402

lunatic, guest, wasi_guest = sys.argv[1:]
LONG = "60s"


class Server:
    """The program with a guest, which has said where it listens."""

    def __init__(self, mode, *options):
        self.what = mode + " " + " ".join(options)
        self.program = subprocess.Popen(
            [lunatic, *options, guest, mode, "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.port = int(self.program.stdout.readline().rsplit(b":", 1)[1])

    def term(self, number=signal.SIGTERM):
        self.program.send_signal(number)

    def runs(self):
        return self.program.poll() is None

    def ends(self, status, words=b""):
        try:
            self.program.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            check(False, self.what, "does not end")
            self.program.kill()
        equal(self.program.returncode, status, self.what, "status")
        error = self.program.stderr.read()
        if words:
            check(words in error, self.what, "says", error)
        else:
            equal(error, b"", self.what, "stderr")

    def refuses(self):
        """Waits until it does."""
        refused(self.port, self.what)


def refused(port, what):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except (ConnectionRefusedError, ConnectionResetError):
            return
        time.sleep(0.01)
    check(False, what, "takes connections")


def line(peer):
    """One line from the server, empty at the end."""
    text = b""
    while not text.endswith(b"\n"):
        piece = peer.socket.recv(1)
        if not piece:
            break
        text += piece
    return text


def echoes(peer, text, what):
    peer.send(text)
    equal(line(peer), text, what, "echo")


def asks():
    """Who asked is told, goes on, and is waited for; others are not."""
    server = Server("asks", "--drain", LONG)
    first, second, third = (Peer(server.port) for _ in range(3))
    for peer in first, second, third:
        echoes(peer, b"hello\n", server.what)
    echoes(third, b"forget\n", server.what)
    server.term()
    equal(line(first), b"drain\n", server.what)
    equal(line(second), b"drain\n", server.what)
    server.refuses()
    echoes(first, b"more\n", server.what)
    echoes(third, b"still here\n", server.what)
    first.socket.close()
    echoes(second, b"and more\n", server.what)
    check(server.runs(), server.what, "does not wait for all")
    second.socket.close()
    server.ends(0)


def told():
    """It ends when those who asked end at once."""
    server = Server("told", "--drain", LONG)
    peer = Peer(server.port)
    echoes(peer, b"hello\n", server.what)
    server.term()
    equal(line(peer), b"drain\n", server.what)
    server.ends(0)
    equal(line(peer), b"", server.what)


def crashes():
    """A process that fails is not waited for."""
    server = Server("asks", "--drain", LONG)
    peer = Peer(server.port)
    echoes(peer, b"hello\n", server.what)
    server.term()
    equal(line(peer), b"drain\n", server.what)
    peer.send(b"crash\n")
    server.ends(0, b" trapped: ")


def late():
    """Who asks while the program drains is told at once."""
    server = Server("silent", "--drain", LONG)
    peer = Peer(server.port)
    echoes(peer, b"hello\n", server.what)
    server.term()
    server.refuses()
    echoes(peer, b"ask\n", server.what)
    equal(line(peer), b"drain\n", server.what)
    check(server.runs(), server.what, "does not wait")
    peer.socket.close()
    server.ends(0)


def silent():
    """Where nobody asked, connections are waited for."""
    server = Server("silent", "--drain", LONG)
    peer = Peer(server.port)
    echoes(peer, b"hello\n", server.what)
    server.term()
    server.refuses()
    echoes(peer, b"more\n", server.what)
    check(server.runs(), server.what, "does not wait")
    peer.socket.close()
    server.ends(0)
    server = Server("silent", "--drain", LONG)
    server.term()
    server.ends(0)


def in_time():
    """When the time is over, the program ends as without a drain."""
    server = Server("asks", "--drain", "200ms")
    peer = Peer(server.port)
    echoes(peer, b"hello\n", server.what)
    server.term()
    equal(line(peer), b"drain\n", server.what)
    server.ends(128 + signal.SIGTERM)


def twice():
    """A second signal ends the program at once."""
    for number in signal.SIGTERM, signal.SIGINT:
        server = Server("asks", "--drain", LONG)
        peer = Peer(server.port)
        echoes(peer, b"hello\n", server.what)
        server.term()
        equal(line(peer), b"drain\n", server.what)
        server.term(number)
        server.ends(128 + number)


def other_ends():
    """SIGINT, and SIGTERM without the option, drain nothing."""
    for options, number in (("--drain", LONG), signal.SIGINT), ((),
                                                               signal.SIGTERM):
        server = Server("asks", *options)
        peer = Peer(server.port)
        echoes(peer, b"hello\n", server.what)
        server.term(number)
        server.ends(128 + number)


def reports():
    """SIGUSR1 still asks for a report."""
    server = Server("asks", "--drain", LONG)
    peer = Peer(server.port)
    echoes(peer, b"hello\n", server.what)
    server.term()
    equal(line(peer), b"drain\n", server.what)
    server.term(signal.SIGUSR1)
    first = server.program.stderr.readline()
    check(b"processes alive" in first, server.what, first)
    server.term()
    server.program.communicate()


def used_time(pid):
    """Seconds of the processor."""
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wasi(rounds):
    """Sockets of WASI: the process waits on, and does not spin."""
    port = free_port()
    what = "wasi after %d connections" % rounds
    program = subprocess.Popen(
        [lunatic, "--drain", LONG, "--tcplisten", "127.0.0.1:%d" % port,
         wasi_guest], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    equal(program.stdout.readline(), b"ready\n", what)
    for _ in range(rounds):
        before = Peer(port)
        echoes(before, b"hello\n", what)
        before.socket.close()
    peer = Peer(port)
    echoes(peer, b"hello\n", what)
    # The next one is accepted by nobody, so it is reset.
    program.send_signal(signal.SIGTERM)
    refused(port, what)
    echoes(peer, b"more\n", what)
    check(program.poll() is None, what, "does not wait")
    peer.socket.close()
    out, error = program.communicate(timeout=PATIENCE)
    equal((program.returncode, out, error), (0, b"", b""), what)


def wasi_waits(rounds):
    """While it waits for a connection, it does not spin when there are no more
    of them: the program waits for it, since it has asked."""
    port = free_port()
    what = "wasi that waits after %d connections" % rounds
    program = subprocess.Popen(
        [lunatic, "--drain", "1s", "--tcplisten", "127.0.0.1:%d" % port,
         wasi_guest, "asks"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    equal(program.stdout.readline(), b"ready\n", what)
    for _ in range(rounds):
        before = Peer(port)
        echoes(before, b"hello\n", what)
        before.socket.close()
    start = used_time(program.pid)
    program.send_signal(signal.SIGTERM)
    refused(port, what)
    time.sleep(0.5)
    used = used_time(program.pid) - start
    program.communicate(timeout=PATIENCE)
    equal(program.returncode, 128 + signal.SIGTERM, what)
    check(used < 0.3, what, "uses", used, "s of 0.5 s")


for test in (asks, told, crashes, late, silent, in_time, twice, other_ends,
             reports):
    test()
for count in 0, 1:
    wasi(count)
    wasi_waits(count)
finish()
