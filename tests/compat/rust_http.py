"""A Rust component between a client and another server."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__),
                                "../serve/support"))
from client import Reader, Server, ask, check, finish, get

lunatic, answers, component = sys.argv[1:4]
behind = Server(lunatic, answers, "--request-timeout", "3s")
there = "127.0.0.1:%d" % behind.port
server = Server(lunatic, component, "--allow-http", there)


def fetch(method, scheme, authority, path, body=b""):
    path = "/fetch?%s,%s,%s,%s" % (method, scheme, authority, path)
    return ask(server, b"POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
               % (path.encode(), len(body)) + body)


reply = ask(server, b"PUT /about HTTP/1.1\r\nHost: h:1\r\nX-Two: 1\r\nx-two: 2\r\n"
            b"Content-Length: 3\r\n\r\nabc")
text = reply.body.decode()
check(reply.status == 200 and reply.whole, "about")
check(text.startswith('Method::Put Some(Scheme::Http) Some("h:1") 3\n'), text)
check("x-two: 1\nx-two: 2\n" in text and "\n2 false\n" in text, text)
check(ask(server, get("/")).body == b"hello world\n", "hello")

check(fetch("GET", "http", there, "/h").body == b"hello\n", "fetched")
check(fetch("GET", "http", there, "/4").status == 404, "a status")
body = os.urandom(300000)
check(fetch("POST", "http", there, "/e", body).body == body, "sent and fetched")
check(len(fetch("GET", "http", there, "/b").body) == 4 << 20, "4 MiB")
for authority, path, scheme, error in (
        ("127.0.0.1:1", "/h", "http", b"RequestDenied"),
        ("localhost:%d" % behind.port, "/h", "http", b"RequestDenied"),
        ("a b", "/h", "http", b""),
        (there, "/l", "http", b"ResponseTimeout"),
        (there, "/c", "http", b"LastOperationFailed"),
        (there, "/h", "https", b"Tls")):
    reply = fetch("GET", scheme, authority, path)
    check(reply is not None and reply.status != 200 and error in reply.body,
          "%s%s: %s" % (authority, path, reply and reply.body))
check(behind.stop() == 0, "status of the one behind")
reply = fetch("GET", "http", there, "/h")
check(b"ConnectionRefused" in reply.body, "refused: %s" % reply.body)
check(server.stop() == 0, "status")
finish()
