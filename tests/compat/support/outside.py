"""The internet for tests without one: a port that accepts (22), and HTTP on
ports 80 and 443 for all names in standard input, a hosts file. Writes the
certificate of the CA that signed theirs to the file that is given, then the
line "listening" to standard output. What it answers is what the examples of
nightfly ask of eu.httpbin.org and some other sites."""

import gzip
import http.server
import json
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import zlib


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        data = self.rfile.read(length).decode()
        if self.path != "/anything":
            self.answer(b"posted")
            return
        echo = {
            "args": {},
            "data": data,
            "files": {},
            "form": {},
            "headers": {"User-Agent": self.headers.get("User-Agent", "")},
            "json": json.loads(data),
            "method": "POST",
            "origin": "127.0.0.1",
            "url": "http://eu.httpbin.org/anything",
        }
        self.answer(json.dumps(echo).encode(), Content_Type="application/json")

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        text = b"this is " + url.path[1:].encode()
        if url.path == "/gzip":
            self.answer(gzip.compress(text), Content_Encoding="gzip")
        elif url.path == "/deflate":
            self.answer(zlib.compress(text), Content_Encoding="deflate")
        elif url.path == "/brotli":
            # "hello", not compressed, as a stream of brotli
            self.answer(b"\x0b\x02\x80hello\x03", Content_Encoding="br")
        elif url.path == "/redirect-to":
            to = urllib.parse.parse_qs(url.query)["url"][0]
            self.answer(b"", 302, Location=to)
        elif url.path == "/cookies":
            self.answer(text, Set_Cookie="a=b")
        elif url.path == "/Chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            # nightfly takes no chunks that are not encoded.
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            data = gzip.compress(text)
            for part in data[:9], data[9:], b"":
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        elif url.path.endswith("/NASA"):
            user = {"id": "1", "name": "NASA", "username": "nasa"}
            self.answer(json.dumps({"data": user}).encode())
        else:
            host = self.headers.get("Host", "")
            self.answer(text + b" at " + host.encode())


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def context(names, ca):
    """Makes a CA and a certificate for the names."""
    with tempfile.TemporaryDirectory() as folder:
        cert, key = folder + "/cert.pem", folder + "/key.pem"
        ca_key = folder + "/ca.key"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                "-subj", "/CN=outside", "-keyout", ca_key, "-out", ca)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                "-subj", "/CN=" + names[0], "-keyout", key, "-out", cert,
                "-CA", ca, "-CAkey", ca_key,
                "-addext", "basicConstraints=critical,CA:FALSE", "-addext",
                "subjectAltName=" + ",".join("DNS:" + n for n in names))
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(cert, key)
        return made


class Quiet(socketserver.BaseRequestHandler):
    """Says nothing until the other side is done."""

    def handle(self):
        while self.request.recv(4096):
            pass


def main():
    names = sys.stdin.read().split()[1:]
    socketserver.ThreadingTCPServer.daemon_threads = True
    servers = [
        socketserver.ThreadingTCPServer(("127.0.0.1", 22), Quiet),
        Server(("127.0.0.1", 80), Site),
        Server(("127.0.0.1", 443), Site),
    ]
    tls = context(names, sys.argv[1])
    servers[2].socket = tls.wrap_socket(servers[2].socket, server_side=True)
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("listening", flush=True)
    threading.Event().wait()


main()
