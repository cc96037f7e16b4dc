"""A client of examples/echo.c: echo.py PORT"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import Peer, equal, finish

port = int(sys.argv[1])

peer = Peer(port)
for size in (1, 2, 4095, 4096, 4097, 50000):
    data = bytes(i * i % 251 for i in range(size))
    peer.send(data)
    equal(peer.take(size) == data, True, size, "bytes")
peer.send(b"the last")
peer.finish()
equal(peer.rest(), b"the last", "after the end")
peer.close()

# Somebody who does not read makes nobody else wait.
deaf = Peer(port, receive_buffer=4096)
deaf.socket.setblocking(False)
try:
    while True:
        deaf.socket.send(b"x" * 65536)
except BlockingIOError:
    pass

peers = [Peer(port) for _ in range(500)]
for n, peer in enumerate(peers):
    peer.send(b"I am %d\n" % n)
for n, peer in enumerate(peers):
    equal(peer.until(b"\n"), b"I am %d\n" % n, "one of many")
for peer in peers:
    peer.close()
deaf.close()
finish()
