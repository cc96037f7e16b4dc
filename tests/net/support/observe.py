"""Clients of --observe that read events, are slow, or send nonsense: none of
them may harm the server or the program, and nothing of them may be left.

    observe.py URL TOKEN PID FACTOR
"""

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request

url, token, pid, factor = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
host, port = url[len("http://"):].rsplit(":", 1)
port = int(port)


def connect():
    stream = socket.create_connection((host, port), 30)
    stream.settimeout(30)
    return stream


def send(path, headers=(), method="GET"):
    stream = connect()
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: x", *headers, "", ""]
    stream.sendall("\r\n".join(lines).encode())
    return stream


def metrics():
    request = urllib.request.Request(
        url + "/metrics", headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def status_of(data, what, want):
    got = data.split(b" ")[1:2]
    assert got and int(got[0]) in want, "%s: %r" % (what, data[:200])


def read_all(stream):
    data = b""
    try:
        while True:
            piece = stream.recv(65536)
            if not piece:
                return data
            data += piece
    except OSError:
        return data


def events():
    """Overviews and answers come about once a second, one event after the
    other."""
    question = urllib.request.quote(
        '{"id":1,"method":"ps","args":{"max":5,"sort":"number"}}')
    stream = send("/events?token=%s&q=%s" % (token, question))
    data = b""
    end = time.monotonic() + 30 * factor
    while data.count(b"\n\n") < 6 and time.monotonic() < end:
        data += stream.recv(65536)
    head, body = data.split(b"\r\n\r\n", 1)
    assert b"Content-Type: text/event-stream" in head, head
    kinds = []
    for event in body.decode().split("\n\n")[:-1]:
        lines = event.split("\n")
        if lines[0].startswith("retry:"):
            continue
        kinds.append(lines[0])
        assert lines[0] in ("event: overview", "event: answer"), lines
        for line in lines[1:]:
            assert line.startswith("data: "), line
            json.loads(line[len("data: "):])
    assert kinds[:4] == ["event: overview", "event: answer"] * 2, kinds
    stream.close()


def nonsense():
    for what, data, want in [
            ("not HTTP", b"\x16\x03\x01\x00", [400]),
            ("no host", b"GET / HTTP/1.1\r\n\r\n", [400]),
            ("a long target", b"GET /" + b"a" * 9000, [414]),
            ("a long head", b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 9000,
             [431]),
            ("a long token", b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: "
             b"Bearer " + b"t" * 300 + b"\r\n\r\n", [431]),
            ("two lengths", b"POST /act HTTP/1.1\r\nHost: x\r\n"
             b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", [400]),
            ("dots", b"GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
            ("another version", b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", [505])]:
        stream = connect()
        stream.sendall(data)
        stream.shutdown(socket.SHUT_WR)
        status_of(read_all(stream), what, want)
        stream.close()


def pipelined():
    stream = connect()
    request = ("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 50).encode()
    stream.sendall(request)
    data = b""
    while data.count(b"\r\n\r\nok\n") < 50:
        piece = stream.recv(65536)
        assert piece, "the end after %d" % data.count(b"ok\n")
        data += piece
    stream.close()


def many():
    """More connections than there may be: the others are turned away or wait,
    and later all is as before."""
    streams = [connect() for _ in range(200)]
    time.sleep(0.5)
    away = 0
    for stream in streams:
        stream.setblocking(False)
        try:
            away += stream.recv(100).startswith(b"HTTP/1.1 503")
        except OSError:
            pass
    assert away >= 100, "only %d of 200 are turned away" % away
    for stream in streams:
        stream.close()
    end = time.monotonic() + 20 * factor
    while time.monotonic() < end:
        try:
            return metrics()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("it does not come back")


def slow():
    """Some that never finish their request, and some that never read, while
    others are served."""
    streams = []
    for _ in range(20):
        stream = connect()
        stream.sendall(b"GET /metrics HTTP/1.1\r\nHo")
        streams.append(stream)
    for _ in range(20):
        stream = socket.socket()
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        stream.connect((host, port))
        stream.sendall(("GET /metrics?token=%s HTTP/1.1\r\nHost: x\r\n\r\n"
                        % token).encode() * 40)
        streams.append(stream)
    for _ in range(10):
        assert metrics().endswith("# EOF\n")
    for stream in streams:
        stream.close()


def value(text, name):
    for line in text.split("\n"):
        if line.startswith(name + " "):
            return float(line.split(" ")[1])
    raise AssertionError("no " + name)


def descriptors():
    return len(os.listdir("/proc/%s/fd" % pid))


def growth():
    """Many requests leave neither memory nor descriptors behind."""
    def round_of(count):
        for _ in range(count):
            metrics()
        stream = connect()
        for _ in range(count):
            stream.sendall(("GET /read?token=%s&q=%%7B%%22id%%22:1,%%22method"
                            "%%22:%%22ps%%22%%7D HTTP/1.1\r\nHost: x\r\n\r\n"
                            % token).encode())
            data = b""
            while b'"result"' not in data:
                data += stream.recv(65536)
        stream.close()

    round_of(100)
    time.sleep(0.5)
    before = metrics()
    files = descriptors()
    round_of(400)
    end = time.monotonic() + 10 * factor
    while descriptors() > files + 2 and time.monotonic() < end:
        time.sleep(0.1)
    after = metrics()
    assert descriptors() <= files + 2, (files, descriptors())
    grown = value(after, "lunatic_resident_memory_bytes") - \
        value(before, "lunatic_resident_memory_bytes")
    limit = 8 << 20 if factor == 1 else 64 << 20
    assert grown < limit, "it has grown by %d bytes" % grown


def stalls(stream):
    """One that began its request at the start is told that it took too long."""
    stream.settimeout(30 * factor)
    status_of(read_all(stream), "slow", [408])


stalled = connect()
stalled.sendall(b"GET /metrics HTTP/1.1\r\nHo")
for test in (events, nonsense, pipelined, many, slow, growth,
             lambda: stalls(stalled)):
    try:
        test()
    except (AssertionError, OSError, urllib.error.URLError) as error:
        print("FAILED: %s: %s" % (test.__name__, error))
        sys.exit(1)
