"""Raw HTTP over sockets, for the tests of `lunatic serve`: what is sent is
exactly what a test says."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

failures = 0


def check(condition, what):
    global failures
    if not condition:
        failures += 1
        print("FAILED:", what)


def finish():
    if failures:
        print(failures, "checks failed")
        sys.exit(1)
    print("passed")


class Server:
    """A server of `component` at a free port, with these options. It may take
    so many seconds to start, of which a compiler may need most."""

    def __init__(self, lunatic, component, *options, seconds=60):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [lunatic, "serve", component, "--listen", "127.0.0.1:0", *options],
            stderr=self.errors, stdin=subprocess.DEVNULL)
        self.port = None
        deadline = time.time() + seconds
        while self.port is None and time.time() < deadline:
            found = re.search(r"serving at https?://127\.0\.0\.1:(\d+)/",
                              self.text())
            if found:
                self.port = int(found.group(1))
            elif self.process.poll() is not None:
                break
            else:
                time.sleep(0.02)
        if self.port is None:
            print("FAILED: the server does not start:", self.text())
            self.process.kill()
            sys.exit(1)

    def text(self):
        self.errors.seek(0)
        return self.errors.read()

    def waits_for(self, text, seconds=20):
        """Whether a text comes to be in what the server prints."""
        deadline = time.time() + seconds
        while time.time() < deadline:
            if text in self.text():
                return True
            time.sleep(0.02)
        return False

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        status = self.process.wait(timeout=60)
        check("Sanitizer" not in self.text(), "a sanitizer's report:\n"
              + self.text())
        return status


class Reply:
    def __init__(self, status, fields, body, whole):
        self.status = status
        self.fields = fields
        self.body = body
        self.whole = whole


class Reader:
    """Reads responses from a socket, one after the other."""

    def __init__(self, client):
        self.client = client
        self.data = b""
        self.ended = False

    def more(self):
        if self.ended:
            return False
        try:
            data = self.client.recv(65536)
        except (ConnectionError, socket.timeout):
            data = b""
        self.data += data
        self.ended = not data
        return not self.ended

    def until(self, mark):
        while mark not in self.data:
            if not self.more():
                return None
        part, self.data = self.data.split(mark, 1)
        return part

    def exactly(self, size):
        while len(self.data) < size and self.more():
            pass
        part, self.data = self.data[:size], self.data[size:]
        return part

    def chunks(self):
        body = b""
        while True:
            line = self.until(b"\r\n")
            if line is None:
                return body, False
            size = int(line, 16)
            if size == 0:
                while self.until(b"\r\n") not in (b"", None):
                    pass
                return body, True
            part = self.exactly(size + 2)
            body += part[:-2]
            if len(part) < size + 2:
                return body, False

    def reply(self, head=False):
        """The next response; None: there is none."""
        text = self.until(b"\r\n\r\n")
        if text is None:
            return None
        lines = text.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        fields = dict((n.lower(), v.strip()) for n, v in
                      (line.split(":", 1) for line in lines[1:]))
        body, whole = b"", True
        if head or status in (100, 204, 304):
            pass
        elif fields.get("transfer-encoding") == "chunked":
            body, whole = self.chunks()
        elif "content-length" in fields:
            size = int(fields["content-length"])
            body = self.exactly(size)
            whole = len(body) == size
        else:
            while self.more():
                pass
            body, self.data = self.data, b""
        return Reply(status, fields, body, whole)

    def is_closed(self):
        return not self.data and not self.more()


def get(path, *lines):
    text = "GET %s HTTP/1.1\r\nHost: here\r\n" % path
    return (text + "".join(line + "\r\n" for line in lines) + "\r\n").encode()


def ask(server, data, head=False):
    """Sends bytes on a connection of their own; the first response."""
    with server.connect() as client:
        client.sendall(data)
        return Reader(client).reply(head)
