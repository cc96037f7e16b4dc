"""Listens, with a queue that is full, so that who connects waits. Prints the
port. At a line it empties the queue, closes what comes, and fills it anew."""
import socket
import sys

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(0)
port = listener.getsockname()[1]


def fill():
    """Connects until that would wait."""
    there = []
    while True:
        one = socket.socket()
        one.settimeout(0.2)
        try:
            one.connect(("127.0.0.1", port))
        except TimeoutError:
            one.close()
            return there
        there.append(one)


held = fill()
print(port, flush=True)
sys.stdin.readline()
for _ in held:
    listener.accept()[0].close()
listener.settimeout(20)
connection = listener.accept()[0]
held = fill()
connection.close()
sys.stdin.readline()
