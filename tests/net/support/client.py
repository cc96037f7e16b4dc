"""What the clients of the tests share: connections and checks.

Needs nothing that Debian's python3-minimal does not have.
"""
import socket
import sys

# Nothing should take so long; what does has been forgotten by the server.
PATIENCE = 60
failures = 0


def check(holds, *what):
    global failures
    if not holds:
        failures += 1
        print("FAILED:", *what)


def equal(got, want, *what):
    check(got == want, *what, ": got", repr(got)[:600], "instead of",
          repr(want)[:600])


def finish():
    if failures:
        sys.exit("%d checks failed" % failures)
    print("passed")


class Peer:
    """A connection to the server."""

    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                   receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seen = b""

    def send(self, data):
        """Sends; False if the other end is gone."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def finish(self):
        """Says that nothing more will be sent."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def more(self):
        """Reads a piece; False at the end."""
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.seen += piece
        return piece != b""

    def take(self, size):
        """The next bytes, less at the end."""
        while len(self.seen) < size and self.more():
            pass
        part, self.seen = self.seen[:size], self.seen[size:]
        return part

    def until(self, end):
        """What comes up to and including `end`, less at the end."""
        while end not in self.seen and self.more():
            pass
        at = self.seen.find(end)
        return self.take(at + len(end) if at >= 0 else len(self.seen))

    def rest(self):
        while self.more():
            pass
        return self.take(len(self.seen))

    def close(self):
        self.socket.close()
