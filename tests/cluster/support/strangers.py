#!/usr/bin/env python3
"""Connections to a node by those who have no key: some say nothing, some speak
something else, some begin a handshake and go away. Nothing may come back but
what belongs to a handshake that fails."""
import os
import random
import socket
import ssl
import sys
import time

port = int(sys.argv[1])
random.seed(7)


def connect():
    sock = socket.create_connection(("127.0.0.1", port), timeout=20)
    sock.settimeout(20)
    return sock


def answer(sock):
    """All that comes until the end."""
    got = b""
    try:
        while True:
            piece = sock.recv(65536)
            if not piece:
                return got
            got += piece
    except (ConnectionError, socket.timeout):
        return got


# Many that say nothing: the node ends them itself.
silent = [connect() for _ in range(300)]

# Plain text and noise, short and long.
for text in (b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 64, os.urandom(4096),
             b"\x20\x00\x00\x00\x80lunatic\x00" + b"\x01" * 24,
             b"\x16\x03\x01\xff\xff" + os.urandom(70000)):
    sock = connect()
    try:
        sock.sendall(text)
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    got = answer(sock)
    sock.close()
    # At most an alert.
    assert len(got) <= 64, got
    assert b"lunatic" not in got

# TLS with no key, and with older versions.
for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = version
    sock = connect()
    try:
        context.wrap_socket(sock)
        raise AssertionError("a handshake without the key has succeeded")
    except (ssl.SSLError, ConnectionError):
        pass
    sock.close()

# Beginnings of a handshake that goes no further.
for _ in range(200):
    sock = connect()
    try:
        sock.sendall(b"\x16\x03\x01\x02\x00" + os.urandom(random.randrange(500)))
    except OSError:
        pass
    sock.close()

# The silent ones are over within the time for a handshake, and some more.
deadline = time.monotonic() + 20
for sock in silent:
    sock.settimeout(max(0.1, deadline - time.monotonic()))
    try:
        assert sock.recv(1) == b""
    except ConnectionError:
        pass
    sock.close()
print("passed")
