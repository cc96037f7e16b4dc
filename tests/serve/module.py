"""`lunatic serve` with a module that exports a handler."""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import Reader, Server, ask, check, finish, get

lunatic, module, work = sys.argv[1:4]


def answers(server):
    with server.connect() as client:
        reader = Reader(client)
        for _ in range(3):
            client.sendall(get("/h"))
            reply = reader.reply()
            check(reply.status == 200 and reply.body == b"hello\n"
                  and reply.fields.get("content-length") == "6", "hello")
        client.sendall(get("/empty") + get("/nothing") + get("/h"))
        check([reader.reply().status for _ in range(3)] == [204, 404, 200],
              "pipelined")
    reply = ask(server, get("/parts?a=b&c", "X-One: 1", "X-Long: " + "l" * 100,
                            "X-One: 2"))
    check(reply.body == b"GET /parts ?a=b&c @here peer plain\nhost=here\n"
          b"x-one=1\n2 is long\nx-one=2\n", "parts: %r" % reply.body)
    reply = ask(server, b"OPTIONS * HTTP/1.1\r\nHost: here\r\n\r\n")
    check(reply.body.startswith(b"OPTIONS * ? @here peer"), "the target *")
    reply = ask(server, b"GET http://there?q HTTP/1.1\r\nHost: h\r\n\r\n")
    check(reply.status == 404, "a target without a path")
    long = "/parts" + "p" * 2000
    check(ask(server, get(long)).body.startswith(b"GET " + long.encode()),
          "a long path")
    reply = ask(server, get("/misuse"))
    check(reply.status == 200 and reply.body == b"fine" and reply.whole,
          "misuse: %s" % reply.status)
    with server.connect() as client:
        client.sendall(b"HEAD /b HTTP/1.1\r\nHost: h\r\n\r\n" + get("/h"))
        reader = Reader(client)
        check(reader.reply(head=True).status == 200, "HEAD")
        check(reader.reply().body == b"hello\n", "behind HEAD")


def moves_bodies(server):
    body = os.urandom(1 << 20)
    reply = ask(server, b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n"
                b"\r\n" % len(body) + body)
    check(reply.body == body and reply.whole, "echo of 1 MiB")
    reply = ask(server, b"POST /e HTTP/1.1\r\nHost: h\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
                b"X-T: last\r\n\r\n")
    check(reply.body == b"abc[last]", "trailers: %r" % reply.body)
    reply = ask(server, get("/b"))
    check(reply.whole and len(reply.body) == 4000000, "4 MB")
    for size, status in ((1000, 200), (1001, 413)):
        reply = ask(server, b"POST /all HTTP/1.1\r\nHost: h\r\nContent-Length: "
                    b"%d\r\n\r\n" % size + b"a" * size)
        check(reply.status == status, "%d bytes: %d" % (size, reply.status))


def outlives_handlers(server):
    for path, status in (("/trap", 500), ("/exit", 500), ("/memory", 500),
                         ("/connection", 500), ("/length", 502),
                         ("/loop", 504)):
        reply = ask(server, get(path))
        check(reply is not None and reply.status == status,
              "%s: %s" % (path, reply and reply.status))
        check(ask(server, get("/h")).status == 200, "behind " + path)
    check(server.waits_for("a field is one that the server sets"),
          "the reason for " + "/connection")
    reply = ask(server, get("/late"))
    check(reply is None or not reply.whole, "a body that breaks off")


def streams_events(server):
    with server.connect() as client:
        client.sendall(get("/events"))
        reader = Reader(client)
        reply = reader.reply()
        check(reply.fields.get("content-type") == "text/event-stream"
              and reply.fields.get("x-mine") == "1", "its fields")
        expected = (b"retry: 1500\n\n: hi\n\nevent: tick\nid: 7\nretry: 50\n"
                    b"data: one\ndata: two\ndata: three\ndata: \n\n"
                    + b"data: \n\n" * 3)
        check(reply.body == expected, "events: %r" % reply.body)
    # It outlives the time for a request, and not its client.
    with server.connect() as client:
        client.sendall(get("/events?n=400"))
        reader = Reader(client)
        check(reader.until(b"data: ") is not None, "its beginning")
        begun = time.time()
        for _ in range(250):
            reader.until(b"data: \n")
        check(time.time() - begun > 3.5, "longer than --request-timeout")
    check(server.waits_for('"GET /events?n=400" 200'), "its end in the log")
    # One that says nothing is ended in time.
    begun = time.time()
    with server.connect() as client:
        client.sendall(get("/events?n=-1"))
        reply = Reader(client).reply()
        check(not reply.whole and 1 < time.time() - begun < 15,
              "silence in a stream")


def drains(server):
    with server.connect() as client:
        client.sendall(get("/events?n=-1"))
        reader = Reader(client)
        reader.until(b"data: one")
        server.process.terminate()
        rest = b""
        while reader.more():
            pass
        rest = reader.data
        check(b"data: ending\n" in rest and b"0\r\n\r\n" in rest,
              "a stream at the end: %r" % rest)
    check(server.process.wait(timeout=60) == 0, "status after a drain")


def counts(server, reuse):
    seen = [int(ask(server, get("/count")).body) for _ in range(8)]
    expected = [i % reuse + 1 for i in range(8)]
    check(seen == expected, "counted %r instead of %r" % (seen, expected))


def fails(what, text, *sources):
    name = os.path.join(work, "other.wat")
    with open(name, "w") as out:
        out.write(what)
    result = subprocess.run([lunatic, "serve", name, "--listen", "127.0.0.1:0"],
                            stderr=subprocess.PIPE, timeout=60)
    check(result.returncode != 0 and text in result.stderr.decode(),
          "%s: %r" % (text, result.stderr))


options = ("--access-log", "-", "--max-memory", "32M", "--max-body", "2M",
           "--request-timeout", "3s")
server = Server(lunatic, module, *options, "--stream-timeout", "2s")
for test in (answers, moves_bodies, outlives_handlers, streams_events):
    test(server)
check(server.text().count("started once") == 1, "it is started once")
check(server.stop() == 0, "status at SIGTERM")
drains(Server(lunatic, module, *options))
fresh = Server(lunatic, module)
counts(fresh, 1)
check(fresh.stop() == 0, "status of one without options")
reused = Server(lunatic, module, *options, "--reuse", "4")
counts(reused, 4)
for test in (answers, moves_bodies, outlives_handlers):
    test(reused)
check(reused.stop() == 0, "status of one that reuses")

fails("(module)", "this module exports no `lunatic_http_handler`")
fails('(module (func (export "lunatic_http_handler") (param i32)))',
      "has parameters or results")
fails('(module (func (export "lunatic_http_handler"))'
      ' (func (export "lunatic_http_start") unreachable))',
      "its `lunatic_http_start` has trapped")
fails('(module (func (export "lunatic_http_handler"))'
      ' (func (export "lunatic_http_start") (param i32)))',
      "its `lunatic_http_start`")
fails("(component)", "this component exports no")
result = subprocess.run([lunatic, module], stdout=subprocess.PIPE, timeout=60)
check(result.returncode == 1 and b"lunatic serve" in result.stdout,
      "a handler that is run: %r" % result.stdout)
# One that answers with no word of its own.
name = os.path.join(work, "silent.wat")
with open(name, "w") as out:
    out.write('(module (func (export "lunatic_http_handler")))')
silent = Server(lunatic, name)
check(ask(silent, get("/")).status == 500, "a handler without an answer")
check(silent.stop() == 0, "its end")
finish()
