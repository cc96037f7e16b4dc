"""`lunatic serve` with WebSockets."""

import os
import resource
import socket
import ssl
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import Reader, Server, ask, check, finish, get
from websocket import (BINARY, CLOSE, PING, PONG, TEXT, Socket, ask_for,
                       closing, frame)

lunatic, module, work, example = sys.argv[1:5]


def connect(server, path="/ws", *lines, early=b""):
    found = Socket(server.connect(), path, *lines, early=early)
    check(found.open, "the handshake of %s: %s" % (path, found.head))
    return found


def shakes_hands(server):
    web = connect(server)
    check("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=" in web.head,
          "the digest")
    check("sec-websocket-protocol" not in web.head, "a subprotocol")
    web.close()
    web = connect(server, "/ws", "Sec-WebSocket-Protocol: v1.test, v2.test")
    check("sec-websocket-protocol: v2.test" in web.head, "the subprotocol")
    web.close()
    # A frame that comes with the request.
    web = connect(server, early=frame(TEXT, b"early"))
    check(web.next() == (TEXT, b"early"), "a frame behind the head")
    web.close()
    for what, status, data in (
            ("no upgrade", 426, get("/ws")),
            ("another upgrade", 426, get("/ws", "Connection: Upgrade",
                                         "Upgrade: h2c")),
            ("no version", 426, ask_for("/ws", version="8")),
            ("no key", 400, ask_for("/ws", key="x")),
            ("a key that is none", 400, ask_for("/ws", key="!" * 22 + "==")),
            ("another site", 403, ask_for("/ws", "Origin: http://there")),
            ("no site", 403, ask_for("/ws", "Origin: null")),
            ("a body", 400, ask_for("/ws", "Content-Length: 1") + b"x"),
            ("POST", 426, ask_for("/ws").replace(b"GET", b"POST", 1))):
        reply = ask(server, data)
        check(reply is not None and reply.status == status,
              "%s: %s" % (what, reply and reply.status))
    reply = ask(server, b"GET /ws HTTP/1.0\r\nHost: h\r\nConnection: Upgrade\r\n"
                + ask_for("/ws").split(b"\r\n", 2)[2])
    check(reply.status == 400, "HTTP/1.0: %s" % reply.status)
    for lines in (("Origin: http://HERE",), ("Origin: https://here",)):
        connect(server, "/ws", *lines).close()
    connect(server, "/ws?any=1", "Origin: http://there").close()
    # One that asks for another protocol and gets none is served as usual.
    with server.connect() as client:
        client.sendall(get("/h", "Connection: Upgrade", "Upgrade: h2c")
                       + get("/h"))
        reader = Reader(client)
        check([reader.reply().status, reader.reply().status] == [200, 200],
              "an upgrade that is not taken")


def moves_messages(server):
    web = connect(server)
    for size in (0, 1, 125, 126, 127, 4095, 4096, 65535, 65536, 70000):
        data = os.urandom(size)
        web.send(frame(BINARY, data))
        check(web.next() == (BINARY, data), "%d bytes" % size)
    web.send(frame(TEXT, "grüße".encode()))
    check(web.next() == (TEXT, "grüße".encode()), "a text")
    # In pieces, within a character, with pings in between.
    text = "aß€😀".encode()
    for byte in text[:-1]:
        web.send(frame(TEXT if byte == text[0] else 0, bytes([byte]), False))
        web.send(frame(PING, b"p"))
        check(web.next() == (PONG, b"p"), "a ping in between")
    web.send(frame(0, text[-1:]))
    check(web.next() == (TEXT, text), "fragments")
    web.send(frame(BINARY, b"", False) + frame(0, b"", False) + frame(0, b"x"))
    check(web.next() == (BINARY, b"x"), "empty fragments")
    web.send(frame(PONG, b"unasked") + frame(PING, b"q" * 125))
    check(web.next() == (PONG, b"q" * 125), "a pong that nobody asked for")
    for byte in frame(TEXT, b"byte for byte" * 20):
        web.send(bytes([byte]))
    check(web.next() == (TEXT, b"byte for byte" * 20), "byte for byte")
    web.send(closing(1000, b"bye"))
    check(web.code() == 1000 and web.is_closed(), "the end")
    check(server.waits_for("closed 1000 'bye'"), "the handler hears of it")


BAD = [
    (1002, "no mask", frame(TEXT, b"a", masked=False)),
    (1002, "a reserved bit", frame(TEXT, b"a", reserved=64)),
    (1002, "an opcode that is none", frame(3, b"a")),
    (1002, "a control opcode that is none", frame(11, b"a")),
    (1002, "a ping in fragments", frame(PING, b"a", False)),
    (1002, "a long ping", frame(PING, b"a" * 126)),
    (1002, "a length in two bytes", frame(TEXT, b"a", size=2)),
    (1002, "a length in eight bytes", frame(TEXT, b"a" * 200, size=8)),
    (1002, "a negative length", b"\x82\xff" + b"\xff" * 8 + b"mask"),
    (1002, "more of nothing", frame(0, b"a")),
    (1002, "a message within one",
     frame(TEXT, b"a", False) + frame(TEXT, b"b")),
    (1009, "a huge length", b"\x82\xff\x7f" + b"\xff" * 7 + b"mask"),
    (1009, "a large message", frame(BINARY, b"a" * 70001)),
    (1009, "many fragments", frame(BINARY, b"a" * 40000, False)
     + frame(0, b"a" * 40000)),
    (1007, "no UTF-8", frame(TEXT, b"\xff")),
    (1007, "a surrogate", frame(TEXT, b"\xed\xa0\x80")),
    (1007, "longer than it must be", frame(TEXT, b"\xc0\x80")),
    (1007, "beyond Unicode", frame(TEXT, b"\xf4\x90\x80\x80")),
    (1007, "half a character", frame(TEXT, b"\xe2\x82")),
    (1007, "half a character, then more", frame(TEXT, b"\xe2", False)
     + frame(0, b"a")),
    (1002, "a close of one byte", frame(CLOSE, b"a")),
    (1002, "code 1005", closing(1005)),
    (1002, "code 999", closing(999)),
    (1002, "code 2000", closing(2000)),
    (1002, "code 5000", closing(5000)),
    (1007, "a reason that is no UTF-8", closing(1000, b"\xff")),
]


def refuses(server):
    for code, what, data in BAD:
        web = connect(server)
        web.send(data)
        found = web.code()
        check(found == code, "%s: %s instead of %d" % (what, found, code))
        check(web.is_closed(), what + ": the connection stays")
        web.close()


def ends(server):
    web = connect(server)
    web.send(frame(CLOSE))
    check(web.code() == 1005 and web.is_closed(), "a close without a code")
    web = connect(server)
    web.send(closing(3000) + frame(TEXT, b"more"))
    check(web.code() == 3000 and web.is_closed(), "a code of a program")
    # By the handler, to which the client agrees, or does not.
    web = connect(server)
    web.send(frame(TEXT, b"close"))
    check(web.next() == (CLOSE, struct.pack(">H", 4001) + b"as you say"),
          "a close with a reason")
    web.send(frame(TEXT, b"not yet") + closing(4001))
    check(web.is_closed(), "after both have closed")
    web = connect(server)
    web.send(frame(TEXT, b"return"))
    check(web.code() == 1000, "a handler that returns")
    begun = time.time()
    check(web.is_closed() and 1 < time.time() - begun < 15,
          "a client that does not agree")
    web = connect(server)
    web.send(frame(TEXT, b"trap"))
    check(web.next() is None, "a handler that traps")
    # Clients that are gone: with a word, without, in a frame.
    before = server.text().count("closed 1006")
    connect(server).close()
    web = connect(server)
    web.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
    web.close()
    web = connect(server)
    web.send(frame(TEXT, b"half a frame")[:9])
    web.close()
    deadline = time.time() + 20
    while server.text().count("closed 1006") < before + 3 and \
            time.time() < deadline:
        time.sleep(0.05)
    check(server.text().count("closed 1006") == before + 3,
          "handlers hear of clients that are gone")


def bears_silence(server):
    # Longer than a request may take; pings say that it is alive.
    web = connect(server, "/ws?ping=300")
    begun = time.time()
    while time.time() - begun < 4:
        found = web.next()
        check(found == (PING, b""), "a ping: %s" % (found,))
        if found is None:
            break
        web.send(frame(PONG))
    web.send(frame(TEXT, b"still here"))
    found = web.next()
    while found == (PING, b""):
        found = web.next()
    check(found == (TEXT, b"still here"), "after 4 s")
    # One that does not answer them.
    begun = time.time()
    while web.next() is not None:
        pass
    check(time.time() - begun < 10, "a client that is not there any more")
    # Without pings the server's own limit holds.
    web = connect(server, "/ws?ping=-1")
    begun = time.time()
    check(web.next() is None and 1 < time.time() - begun < 15,
          "--stream-timeout")
    # A client that does not read what it asks for.
    lazy = connect(server)
    lazy.client.setblocking(False)
    data = frame(BINARY, b"x" * 60000)
    begun = time.time()
    try:
        while time.time() - begun < 20:
            try:
                sent = lazy.client.send(data)
                data = data[sent:] + data[:sent]
            except BlockingIOError:
                time.sleep(0.05)
        check(False, "a client that does not read stays")
    except ConnectionError:
        pass
    check(ask(server, get("/h")).status == 200, "beside it")


def takes_turns(server):
    web = connect(server, "/busy")
    check(web.next() == (TEXT, b"ready"), "it is ready")
    web.send(frame(TEXT, b"x") * 100)
    check(web.next() == (TEXT, b"100 100"), "messages of both kinds")
    web.send(closing(1000))
    check(web.code() == 1000, "its end")


def holds_many(server):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    count = min(1000, limit - 200)
    all = [connect(server, "/ws") for _ in range(count)]
    for web in all:
        web.send(frame(TEXT, b"hi"))
    good = sum(web.next() == (TEXT, b"hi") for web in all)
    check(good == count, "%d of %d are answered" % (good, count))
    if good < count:
        return
    for web in all:
        web.send(closing(1000))
    good = sum(web.code() == 1000 for web in all)
    check(good == count, "%d of %d are closed" % (good, count))
    for web in all:
        web.close()


def drains(server):
    all = [connect(server) for _ in range(20)]
    rude = connect(server)
    server.process.terminate()
    for web in all:
        check(web.code() == 1001, "1001 at the end")
        web.send(closing(1001))
        check(web.is_closed(), "closed at the end")
    check(rude.code() == 1001, "1001 at the end, without an answer")
    check(server.process.wait(timeout=60) == 0, "status after a drain")
    check("Sanitizer" not in server.text(), server.text())


def chats():
    server = Server(lunatic, example)
    one = connect(server, "/chat?name=one")
    check(one.next() == (TEXT, b"* somebody has come"), "the first")
    listener = server.connect()
    listener.sendall(get("/events"))
    events = Reader(listener)
    check(one.next() == (TEXT, b"* somebody has come"), "the stream comes")
    two = connect(server, "/chat?name=two")
    check(one.next() == (TEXT, b"* somebody has come"), "the second comes")
    two.next()
    one.send(frame(TEXT, b"hello"))
    for web in one, two:
        check(web.next() == (TEXT, b"one: hello"), "a line")
    reply = ask(server, b"POST /say HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
                b"\r\nhi")
    check(reply.status == 204, "POST: %d" % reply.status)
    check(two.next() == (TEXT, b"a visitor: hi"), "a line of a visitor")
    one.next()
    check(events.until(b"data: a visitor: hi") is not None, "an event")
    listener.close()
    check(one.next() == (TEXT, b"* somebody has left"), "the stream leaves")
    two.next()
    two.close()
    check(one.next() == (TEXT, b"* somebody has left"), "the second leaves")
    one.send(frame(BINARY, b"\0"))
    check(one.code() == 1003, "bytes are no line")
    check(server.stop() == 0, "the end of the chat")


def speaks_tls():
    certificate = os.path.join(work, "cert.pem")
    context = ssl.create_default_context(cafile=certificate)
    server = Server(lunatic, module, "--cert", certificate, "--key",
                    os.path.join(work, "key.pem"))
    web = Socket(context.wrap_socket(server.connect(),
                                     server_hostname="127.0.0.1"), "/ws",
                 "Origin: https://here")
    check(web.open, "the handshake over TLS")
    data = os.urandom(70000)
    for _ in range(5):
        web.send(frame(BINARY, data))
        check(web.next() == (BINARY, data), "70,000 bytes over TLS")
    web.send(closing(1000))
    check(web.code() == 1000, "the end over TLS")
    check(server.stop() == 0, "the end of the server with TLS")


options = ("--request-timeout", "3s", "--body-timeout", "2s",
           "--stream-timeout", "3s", "--max-memory", "32M")
server = Server(lunatic, module, *options)
for test in (shakes_hands, moves_messages, refuses, ends, bears_silence,
             takes_turns):
    test(server)
check(server.stop() == 0, "status at SIGTERM")
reused = Server(lunatic, module, *options, "--reuse", "3")
for test in (shakes_hands, moves_messages, refuses):
    test(reused)
check(reused.stop() == 0, "status of one that reuses")
server = Server(lunatic, module)
holds_many(server)
drains(server)
full = Server(lunatic, module, "--max-requests", "1")
web = connect(full)
check(ask(full, get("/h")).status == 503, "a WebSocket counts as a request")
web.send(closing(1000))
check(web.code() == 1000, "it ends")
full.stop()
chats()
speaks_tls()
finish()
