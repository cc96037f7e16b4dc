"""`lunatic serve`: framing, limits, and what one request does to others."""

import os
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import Reader, Server, ask, check, finish, get

lunatic, component = sys.argv[1:3]


def keeps_alive(server):
    with server.connect() as client:
        reader = Reader(client)
        for path in "/h", "/a", "/0", "/h":
            client.sendall(get(path))
            reply = reader.reply()
            check(reply is not None and reply.whole, "keep-alive of " + path)
        check(reply.body == b"hello\n", "the body after three others")
        client.sendall(get("/h", "Connection: close"))
        reply = reader.reply()
        check(reply.fields.get("connection") == "close", "it says close")
        check(reader.is_closed(), "Connection: close closes")


def keeps_order(server):
    with server.connect() as client:
        reader = Reader(client)
        client.sendall(get("/4") + get("/h") + get("/0") + get("/a"))
        statuses = [reader.reply().status for _ in range(4)]
        check(statuses == [404, 200, 204, 200], "pipelined: %s" % statuses)


def knows_versions(server):
    reply = ask(server, b"GET /h HTTP/1.0\r\n\r\n")
    check(reply.status == 200 and reply.body == b"hello\n", "HTTP/1.0")
    check("transfer-encoding" not in reply.fields, "no chunks in HTTP/1.0")
    with server.connect() as client:
        client.sendall(b"GET /h HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2)
        reader = Reader(client)
        first, second = reader.reply(), reader.reply()
        check(second is not None and second.body == b"hello\n",
              "HTTP/1.0 with keep-alive")
    reply = ask(server, b"HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n" + get("/4"), True)
    check(reply.status == 200, "HEAD")
    with server.connect() as client:
        client.sendall(b"HEAD /b HTTP/1.1\r\nHost: h\r\n\r\n" + get("/4"))
        reader = Reader(client)
        reader.reply(head=True)
        check(reader.reply().status == 404, "no body behind HEAD")


def moves_bodies(server):
    reply = ask(server, b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n"
                b"abcde")
    check(reply.body == b"abcde", "echo of a length")
    text = (b"POST /e HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3;a=b\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX-T: 1\r\n\r\n")
    check(ask(server, text).body == b"abc0123456789abcdef", "echo of chunks")
    with server.connect() as client:
        for byte in text:
            client.sendall(bytes([byte]))
        check(Reader(client).reply().body == b"abc0123456789abcdef",
              "echo, byte for byte")
    big = os.urandom(3 << 20)
    with server.connect() as client:
        sender = threading.Thread(target=client.sendall, args=(
            b"PUT /e HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
            % len(big) + big,))
        sender.start()
        reply = Reader(client).reply()
        sender.join()
        check(reply.body == big and reply.whole, "echo of 3 MiB")
    # The request's body is not read, and what follows is served all the same.
    with server.connect() as client:
        client.sendall(b"POST /h HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"
                       b"abc" + get("/4"))
        reader = Reader(client)
        check([reader.reply().status, reader.reply().status] == [200, 404],
              "a body that nobody reads")
    with server.connect() as client:
        client.sendall(b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
                       b"Expect: 100-continue\r\n\r\n")
        reader = Reader(client)
        check(reader.reply().status == 100, "100 (Continue)")
        client.sendall(b"ok")
        check(reader.reply().body == b"ok", "the body after that")


BAD = [
    (400, "length and coding", b"POST /e HTTP/1.1\r\nHost: h\r\n"
     b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (400, "coding and length", b"POST /e HTTP/1.1\r\nHost: h\r\n"
     b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
    (400, "two lengths", b"POST /e HTTP/1.1\r\nHost: h\r\n"
     b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    (400, "a list of lengths", b"POST /e HTTP/1.1\r\nHost: h\r\n"
     b"Content-Length: 3, 3\r\n\r\nabc"),
    (400, "a length with a sign", b"POST /e HTTP/1.1\r\nHost: h\r\n"
     b"Content-Length: +3\r\n\r\nabc"),
    (400, "not chunked at the end", b"POST /e HTTP/1.1\r\nHost: h\r\n"
     b"Transfer-Encoding: chunked, gzip\r\n\r\n"),
    (400, "chunks in HTTP/1.0", b"POST /e HTTP/1.0\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (400, "a blank before the colon", b"GET /h HTTP/1.1\r\nHost : h\r\n\r\n"),
    (400, "a folded line", b"GET /h HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n"),
    (400, "bare line feeds", b"GET /h HTTP/1.1\nHost: h\n\n"),
    (400, "a zero in a value", b"GET /h HTTP/1.1\r\nHost: h\r\nA: \0\r\n\r\n"),
    (400, "no host", b"GET /h HTTP/1.1\r\n\r\n"),
    (400, "two hosts", b"GET /h HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    (400, "no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    (400, "a target that is no path", b"GET h HTTP/1.1\r\nHost: h\r\n\r\n"),
    (501, "a tunnel", b"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n"),
    (501, "a method that is none", b"BREW /h HTTP/1.1\r\nHost: h\r\n\r\n"),
    (505, "HTTP/2.0", b"GET /h HTTP/2.0\r\nHost: h\r\n\r\n"),
    (414, "a long target", b"GET /" + b"h" * 5000 + b" HTTP/1.1\r\n\r\n"),
    (431, "a long field", b"GET /h HTTP/1.1\r\nA: " + b"b" * 5000),
    (431, "many fields", b"GET /h HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * 40),
    (413, "a large body", b"POST /e HTTP/1.1\r\nHost: h\r\n"
     b"Content-Length: 5000000\r\n\r\n"),
]


def refuses(server):
    for status, what, data in BAD:
        with server.connect() as client:
            client.sendall(data)
            reader = Reader(client)
            reply = reader.reply()
            check(reply is not None and reply.status == status,
                  "%s: %s instead of %d" % (
                      what, reply.status if reply else None, status))
            check(reader.is_closed(), what + ": the connection stays")
    # After the head, before the guest has answered, or later: cut off.
    for what, data in (
            ("a chunk without a size", b"x\r\n"),
            ("a chunk that is too large", b"ffffffffffffff\r\n"),
            ("a chunk without an end", b"3\r\nabcXX")):
        with server.connect() as client:
            client.sendall(b"POST /e HTTP/1.1\r\nHost: h\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n" + data)
            reader = Reader(client)
            reply = reader.reply()
            check(reply is None or reply.status in (400, 413)
                  or not reply.whole, what)
            check(reader.is_closed(), what + ": the connection stays")


def outlives_guests(server):
    for path, status in (("/t", 500), ("/n", 500), ("/x", 502), ("/l", 504),
                         ("/m", 504)):
        reply = ask(server, get(path))
        check(reply is not None and reply.status == status,
              "%s: %s instead of %d" % (path, reply and reply.status, status))
        check(ask(server, get("/h")).status == 200, "a request after " + path)
    reply = ask(server, get("/c"))
    check(reply is None or not reply.whole,
          "a body whose process has died looks complete")


def outlives_clients(server):
    # A head, and a body, that never end.
    reply = ask(server, b"GET /h HTTP/1.1\r\nHo")
    check(reply is not None and reply.status == 408, "an unfinished head")
    # It ends its own: the guest has begun to answer, or not.
    with server.connect() as client:
        client.sendall(b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab")
        reply = Reader(client).reply()
        check(reply is None or not reply.whole or reply.status == 408,
              "an unfinished body")
    # One that does not read what it asks for, and one that goes.
    lazy = server.connect()
    lazy.sendall(get("/b") * 4)
    gone = server.connect()
    gone.sendall(get("/l"))
    time.sleep(0.2)
    gone.close()
    check(ask(server, get("/h")).status == 200, "beside one that does not read")
    # The loop is ended by its client's end, or by the time for a request.
    check(server.waits_for('"GET /l" 0 0'), "a loop whose client has gone")
    lazy.close()


def holds_many(server):
    clients = [server.connect() for _ in range(1000)]
    readers = [Reader(client) for client in clients]
    for client in clients:
        client.sendall(get("/h"))
    good = sum(reader.reply().status == 200 for reader in readers)
    check(good == 1000, "1,000 connections: %d answered" % good)
    for client in clients:
        client.sendall(get("/h"))
    good = sum(reader.reply().status == 200 for reader in readers)
    check(good == 1000, "1,000 connections again: %d answered" % good)
    for client in clients:
        client.close()


def drains(server):
    busy = server.connect()
    busy.sendall(b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab")
    reader = Reader(busy)
    idle = server.connect()
    idle.sendall(get("/h"))
    idle_reader = Reader(idle)
    idle_reader.reply()
    check(server.waits_for('"GET /h" 200'), "the log")
    server.process.terminate()
    check(idle_reader.is_closed(), "an idle connection ends")
    busy.sendall(b"cd")
    reply = reader.reply()
    check(reply is not None and reply.body == b"abcd",
          "a request goes on in a drain")
    check(server.process.wait(timeout=60) == 0, "status after a drain")


server = Server(lunatic, component, "--access-log", "-", "--max-head", "4K",
                "--max-fields", "30", "--max-body", "4M",
                "--head-timeout", "1s", "--body-timeout", "1s",
                "--request-timeout", "3s", "--max-memory", "32M")
for test in (keeps_alive, keeps_order, knows_versions, moves_bodies, refuses,
             outlives_guests, outlives_clients, holds_many, drains):
    test(server)
check("Sanitizer" not in server.text(), server.text())

full = Server(lunatic, component, "--max-requests", "1",
              "--request-timeout", "2s")
# A process that goes on behind its response counts, and is ended in time.
check(ask(full, get("/g")).body == b"hello\n", "one that goes on")
check(ask(full, get("/h")).status == 503, "beside one that goes on")
deadline = time.time() + 20
while ask(full, get("/h")).status == 503 and time.time() < deadline:
    time.sleep(0.1)
check(time.time() < deadline, "one that goes on is never ended")
with full.connect() as busy:
    busy.sendall(b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab")
    reader = Reader(busy)
    # Its head is there: it is being answered.
    reader.until(b"\r\n\r\n")
    check(ask(full, get("/h")).status == 503, "one request too many")
    busy.sendall(b"cd")
    check(reader.chunks() == (b"abcd", True), "the one that was there")
check(full.stop() == 0, "status at SIGTERM")

# Nobody reads the log: neither requests nor the end wait for that.
with tempfile.TemporaryDirectory() as folder:
    log = os.path.join(folder, "log")
    os.mkfifo(log)
    unread = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    unheard = Server(lunatic, component, "--access-log", log)
    with unheard.connect() as client:
        reader = Reader(client)
        for _ in range(30):
            client.sendall(get("/h") * 100)
            replies = [reader.reply() for _ in range(100)]
            check(all(reply is not None and reply.status == 200
                      for reply in replies), "requests that nobody logs")
    check(unheard.stop() == 0, "the end, when nobody reads the log")
    os.close(unread)
finish()
