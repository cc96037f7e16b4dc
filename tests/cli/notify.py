"""A supervisor: takes what the program tells it, by a path and by an abstract
name.

    notify.py LUNATIC FOLDER
"""
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../net/support"))
from client import PATIENCE, check, finish  # noqa: E402

lunatic, folder = sys.argv[1:]


class Supervisor:
    def __init__(self, name, guest, *options, **variables):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0", 1))
        self.socket.settimeout(PATIENCE)
        self.seen = []
        environment = dict(os.environ, NOTIFY_SOCKET=name, **variables)
        self.program = subprocess.Popen(
            [lunatic, *options, os.path.join(folder, guest)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)

    def wait(self, line):
        """Takes messages until one has the line; that message's lines."""
        while True:
            try:
                lines = self.socket.recv(4096).decode().split("\n")
            except socket.timeout:
                check(False, self.name, "did not tell", line, self.seen)
                raise
            self.seen.append(lines)
            if line in lines:
                return lines

    def rest(self):
        """Takes all that is left when the program has ended."""
        self.out, self.error = self.program.communicate(timeout=PATIENCE)
        self.socket.setblocking(False)
        try:
            while True:
                self.seen.append(self.socket.recv(4096).decode().split("\n"))
        except BlockingIOError:
            pass

    def count(self, line):
        return sum(line in lines for lines in self.seen)


def life(name):
    """From the start to a drain, with signs of life."""
    supervisor = Supervisor(name, "waits.wasm", "--drain", "30s",
                            WATCHDOG_USEC="100000")
    ready = supervisor.wait("READY=1")
    check(any(line.startswith("STATUS=running; ") for line in ready), ready)
    check(supervisor.program.stdout.readline() == b"ready\n", "ready")
    for _ in range(5):
        supervisor.wait("WATCHDOG=1")
    supervisor.program.send_signal(signal.SIGTERM)
    lines = supervisor.wait("STOPPING=1")
    # The drain's time, and some more.
    check("EXTEND_TIMEOUT_USEC=35000000" in lines, lines)
    check("STATUS=draining; processes waited for: 1, open connections: 0" in
          lines, lines)
    supervisor.rest()
    check(supervisor.program.returncode == 0, supervisor.program.returncode)
    check(supervisor.error == b"", supervisor.error)
    check(supervisor.count("READY=1") == 1, "READY", supervisor.seen)
    check(supervisor.seen[-1][0] in ("STOPPING=1", "WATCHDOG=1"),
          supervisor.seen[-1])
    check(["STOPPING=1", "STATUS=stopping"] in supervisor.seen, "stopping",
          supervisor.seen)


def kill():
    """Without a drain."""
    supervisor = Supervisor(os.path.join(folder, "kill"), "waits.wasm")
    supervisor.wait("READY=1")
    check(supervisor.program.stdout.readline() == b"ready\n", "ready")
    supervisor.program.send_signal(signal.SIGTERM)
    supervisor.wait("STOPPING=1")
    supervisor.rest()
    check(supervisor.program.returncode == 143, supervisor.program.returncode)
    check(supervisor.count("WATCHDOG=1") == 0, "a sign that was not asked for")


def end():
    """A program that ends by itself."""
    supervisor = Supervisor("@lunatic-test-end-%d" % os.getpid(), "ends.wasm",
                            WATCHDOG_USEC="100000", WATCHDOG_PID="1")
    supervisor.wait("STATUS=stopping")
    supervisor.rest()
    check(supervisor.program.returncode == 0, supervisor.program.returncode)
    check(supervisor.count("WATCHDOG=1") == 0, "that was meant for another")


def full():
    """A supervisor that does not read: nothing waits for it, and what could not
    be sent is sent again."""
    supervisor = Supervisor(os.path.join(folder, "full"), "waits.wasm",
                            WATCHDOG_USEC="2000")
    check(supervisor.program.stdout.readline() == b"ready\n", "ready")
    time.sleep(0.3)
    supervisor.program.send_signal(signal.SIGTERM)
    supervisor.wait("STOPPING=1")
    supervisor.rest()
    check(supervisor.program.returncode == 143, supervisor.program.returncode)


life(os.path.join(folder, "notify"))
life("@lunatic-test-%d" % os.getpid())
kill()
end()
full()
finish()
