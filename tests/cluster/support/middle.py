#!/usr/bin/env python3
"""Stands between nodes: passes bytes on in both directions and writes them to a
file. usage: middle.py PORT PORT_FILE BYTES_FILE [FLIP]: connects to PORT, says
in PORT_FILE where it listens itself; after FLIP bytes from the one who dials it
flips a bit in each connection."""
import os
import selectors
import socket
import sys

port = int(sys.argv[1])
flip = int(sys.argv[4]) if len(sys.argv) > 4 else None
listener = socket.create_server(("127.0.0.1", 0))
log = open(sys.argv[3], "wb", buffering=0)
with open(sys.argv[2] + ".new", "w") as file:
    file.write(f"{listener.getsockname()[1]}\n")
os.rename(sys.argv[2] + ".new", sys.argv[2])

selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ)
others = {}
counts = {}


def end(sock):
    for one in (sock, others.pop(sock, None)):
        if one is None:
            continue
        others.pop(one, None)
        counts.pop(one, None)
        selector.unregister(one)
        one.close()


def accept():
    near, _ = listener.accept()
    try:
        far = socket.create_connection(("127.0.0.1", port))
    except OSError:
        near.close()
        return
    others[near] = far
    others[far] = near
    counts[near] = 0
    for sock in (near, far):
        selector.register(sock, selectors.EVENT_READ)


def pass_on(sock):
    try:
        data = bytearray(sock.recv(65536))
    except OSError:
        data = b""
    if not data:
        end(sock)
        return
    log.write(data)
    if sock in counts and flip is not None:
        before = counts[sock]
        counts[sock] += len(data)
        if before <= flip < counts[sock]:
            data[flip - before] ^= 1
    try:
        others[sock].sendall(data)
    except OSError:
        end(sock)


while True:
    for key, _ in selector.select():
        if key.fileobj is listener:
            accept()
        elif key.fileobj in others:
            pass_on(key.fileobj)
