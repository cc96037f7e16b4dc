"""A component between a client and another server: it answers with what came,
and /fetch?HOST:PORT asks that one."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__),
                                "../serve/support"))
from client import Reader, Server, ask, check, finish, get

lunatic, answers, component = sys.argv[1:4]
behind = Server(lunatic, answers)
there = "127.0.0.1:%d" % behind.port
server = Server(lunatic, component, "--allow-http", there, seconds=300)


def post(path, body):
    return (b"POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
            % (path, len(body)) + body)


with server.connect() as client:
    reader = Reader(client)
    for _ in range(3):
        client.sendall(get("/a"))
        reply = reader.reply()
        check(reply.status == 200 and reply.body == b"GET /a "
              and reply.fields.get("x-one") == "1", "get: %r" % reply.body)
text = b"0123456789" * 10000
reply = ask(server, post(b"/b", text))
check(reply.status == 200 and reply.body == b"POST /b " + text,
      "a body of 100,000 bytes: %d" % len(reply.body))
reply = ask(server, get("/fetch?" + there))
check(reply.body == b"got 200 hello\n", "fetched: %r" % reply.body)
reply = ask(server, get("/fetch?127.0.0.1:1"))
check(reply.status == 500, "a host that is not allowed: %d" % reply.status)
check(server.stop() == 0, "status")
check(behind.stop() == 0, "status of the one behind")
finish()
