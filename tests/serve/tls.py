"""`lunatic serve` with TLS."""

import os
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import Reader, Server, check, finish, get

lunatic, component, work = sys.argv[1:4]
certificate = os.path.join(work, "cert.pem")
context = ssl.create_default_context(cafile=certificate)
server = Server(lunatic, component, "--cert", certificate, "--key",
                os.path.join(work, "key.pem"), "--head-timeout", "1s")


def connect():
    return context.wrap_socket(server.connect(), server_hostname="127.0.0.1")


silent = server.connect()
with server.connect() as plain:
    plain.sendall(get("/h"))
    check(b"HTTP" not in Reader(plain).exactly(100), "answers without TLS")
with connect() as client:
    reader = Reader(client)
    for path in "/h", "/a", "/4":
        client.sendall(get(path))
        reply = reader.reply()
        check(reply is not None and reply.body == b"hello\n", "TLS: " + path)
    client.sendall(get("/b"))
    reply = reader.reply()
    check(reply.whole and len(reply.body) == 4 << 20, "4 MiB through TLS")
body = os.urandom(1 << 20)
with connect() as client:
    client.sendall(b"PUT /e HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
                   % len(body))
    replies = []
    reading = threading.Thread(
        target=lambda: replies.append(Reader(client).reply()))
    for at in range(0, len(body), 50000):
        client.sendall(body[at:at + 50000])
        if at == 0:
            reading.start()
    reading.join()
    check(replies[0].body == body, "echo of 1 MiB through TLS")
check(Reader(silent).is_closed(), "a client without a handshake stays")
check(server.stop() == 0, "status at SIGTERM")
finish()
