"""A client of examples/go/echo: echo.py PORT"""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "../../net/support"))
from client import Peer, equal, finish

port = int(sys.argv[1])
peer = Peer(port)
for size in (1, 4096, 4097, 50000):
    data = bytes(i * i % 251 for i in range(size))
    peer.send(data)
    equal(peer.take(size) == data, True, size, "bytes")
peers = [Peer(port) for _ in range(20)]
for n, one in enumerate(peers):
    one.send(b"I am %d\n" % n)
for n, one in enumerate(peers):
    equal(one.until(b"\n"), b"I am %d\n" % n, "one of many")
    one.close()
peer.send(b"the last")
peer.finish()
equal(peer.rest(), b"the last", "after the end")
peer.close()
finish()
