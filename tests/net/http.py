"""A client that asks examples/http for everything it should answer, and for
everything it should not.

    http.py PORT HASTY_PORT HASTY_PROCESS FOLDER

HASTY_PORT is that of a server that waits for 300 milliseconds only,
HASTY_PROCESS its process.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import PATIENCE, Peer, check, equal, finish

port = int(sys.argv[1])
hasty = int(sys.argv[2])
hasty_process = int(sys.argv[3])
folder = sys.argv[4]
HOST = b"Host: x\r\n"
HELLO = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


def contents(name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


class Answer:
    """The next answer on a connection; status 0 at the end."""

    def __init__(self, peer, head_only=False):
        self.status = 0
        self.headers = {}
        self.body = b""
        head = peer.until(b"\r\n\r\n")
        if not head:
            return
        lines = head.decode("latin-1").split("\r\n")
        version, status = lines[0].split(" ")[:2]
        equal(version, "HTTP/1.1", "version")
        check(head.endswith(b"\r\n\r\n"), "a head without an end", head)
        self.status = int(status)
        for line in lines[1:-2]:
            name, value = line.split(": ", 1)
            check(name.lower() not in self.headers, name, "comes twice")
            self.headers[name.lower()] = value
        check("date" in self.headers, "no date")
        self.length = int(self.headers["content-length"])
        if not head_only:
            self.body = peer.take(self.length)
            equal(len(self.body), self.length, "length of the body")


def ask(data, one_by_one=False):
    """All answers to `data`, after which the server must close."""
    peer = Peer(port)
    if one_by_one:
        for at in range(len(data)):
            if not peer.send(data[at:at + 1]):
                break
    else:
        peer.send(data)
    # It need not listen any longer, then.
    peer.finish()
    answers = []
    while True:
        answer = Answer(peer)
        if answer.status == 0:
            break
        answers.append(answer)
    equal(peer.rest(), b"", "behind the answers")
    equal(answers[-1].headers.get("connection"), "close", "the last", data)
    peer.close()
    return answers


def get(path, more=b"", method=b"GET"):
    peer = Peer(port)
    peer.send(method + b" " + path + b" HTTP/1.1\r\n" + HOST + more + b"\r\n")
    answer = Answer(peer, head_only=method == b"HEAD")
    if answer.headers.get("connection") != "close":
        # Nothing of this answer may be left over.
        peer.send(HELLO)
        equal(Answer(peer).body, b"Hello, world!\n", "after", path)
    peer.close()
    return answer


LAST = b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def head(line, *fields):
    return b"\r\n".join((line,) + fields + (b"", b""))


def good(*fields, line=b"GET /hello HTTP/1.1"):
    return head(line, b"Host: x", *fields)


# Bytes, and the status of each answer; then the server must have closed.
TALKS = [
    (LAST, [200]),
    (b"\r\n\r\n" + LAST, [200]),
    (HELLO + LAST, [200, 200]),
    (head(b"GET /hello HTTP/1.0"), [200]),
    (head(b"GET /hello HTTP/1.0", b"Connection: keep-alive") + LAST,
     [200, 200]),
    (good(b"Connection: Keep-Alive, CLOSE") + HELLO, [200]),
    (good(b"Connection:close \t") + HELLO, [200]),
    (good(b"Connection: closed, , x") + LAST, [200, 200]),
    (head(b"GET HTTP://other/hello HTTP/1.1", b"host:x") + LAST, [200, 200]),
    (head(b"GET http://other HTTP/1.1", b"host:x") + LAST, [200, 200]),
    (head(b"GET http://other?x HTTP/1.1", b"host:x") + LAST, [200, 200]),
    (good(line=b"GET /hello?a=/../%zz HTTP/1.1") + LAST, [200, 200]),
    (good(line=b"GET /%68ell%6F HTTP/1.1") + LAST, [200, 200]),
    (good(line=b"GET /hello HTTP/1.9") + LAST, [200, 200]),
    (good(b"X: \xff\x80", b"Y:", b"Z: \ta\tb ") + LAST, [200, 200]),
    # Bodies.
    (good(b"Content-Length: 5") + b"hello" + LAST, [200, 200]),
    (good(b"Content-Length: 0") + LAST, [200, 200]),
    (good(b"Content-Length: 0000000000000005") + b"hello" + LAST, [200, 200]),
    (good(b"Content-Length: 2", line=b"POST /hello HTTP/1.1") + b"\r\n" + LAST,
     [405, 200]),
    (CHUNKED + b"0\r\n\r\n" + LAST, [405, 200]),
    (CHUNKED + b"5\r\nhello\r\nA ;x=\"y\"\r\n0123456789\r\n000\r\n\r\n" + LAST,
     [405, 200]),
    (CHUNKED + b"1\r\nx\r\n0\r\nTrailer: 1\r\nOther: 2\r\n\r\n" + LAST,
     [405, 200]),
    (good(b"Transfer-Encoding: CHUNKED") + b"0\r\n\r\n" + LAST, [200, 200]),
    (CHUNKED + b"\r\n", [400]),
    (CHUNKED + b"x\r\n", [400]),
    (CHUNKED + b"-1\r\n", [400]),
    (CHUNKED + b"1\rx", [400]),
    (CHUNKED + b"1\n", [400]),
    (CHUNKED + b"1;\n", [400]),
    (CHUNKED + b"1\r\nxx", [400]),
    (CHUNKED + b"1\r\nx\rx", [400]),
    (CHUNKED + b"0\r\n x: folded\r\n", [400]),
    (CHUNKED + b"0\r\nx\0", [400]),
    (CHUNKED + b"100001\r\n", [413]),
    (CHUNKED + b"fffffffffffffffff\r\n", [413]),
    (CHUNKED + b"0" * 5000, [431]),
    (CHUNKED + b"1;" + b"x" * 5000, [431]),
    (CHUNKED + b"0\r\nx:" + b"x" * 5000, [431]),
    # Lengths that are none, or two.
    (good(b"Content-Length: 1048577"), [413]),
    (good(b"Content-Length: 99999999999999999999999"), [413]),
    (good(b"Content-Length: -1"), [400]),
    (good(b"Content-Length: +1"), [400]),
    (good(b"Content-Length: 0x1"), [400]),
    (good(b"Content-Length:"), [400]),
    (good(b"Content-Length: 1, 1"), [400]),
    (good(b"Content-Length: 1", b"Content-Length: 1"), [400]),
    (good(b"Content-Length: 1", b"Transfer-Encoding: chunked"), [400]),
    (good(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
     [400]),
    (good(b"Transfer-Encoding: gzip, chunked"), [501]),
    (good(b"Transfer-Encoding: \x0bchunked"), [400]),
    (head(b"GET /hello HTTP/1.0", b"Transfer-Encoding: chunked"), [400]),
    # Request lines.
    (good(line=b"GET /hello"), [400]),
    (good(line=b"GET"), [400]),
    (good(line=b"GET  /hello HTTP/1.1"), [400]),
    (good(line=b"GET /hello  HTTP/1.1"), [400]),
    (good(line=b"GET /hello HTTP/1.1 "), [400]),
    (good(line=b"GET /a b HTTP/1.1"), [400]),
    (good(line=b" GET /hello HTTP/1.1"), [400]),
    (good(line=b"G[T /hello HTTP/1.1"), [400]),
    (good(line=b"GET hello HTTP/1.1"), [400]),
    (good(line=b"GET * HTTP/1.1"), [400]),
    (good(line=b"GET https://x/hello HTTP/1.1"), [400]),
    (good(line=b"GET /hello#x HTTP/1.1"), [400]),
    (good(line=b"GET /\xff HTTP/1.1"), [400]),
    (good(line=b"GET /\x01 HTTP/1.1"), [400]),
    (good(line=b"GET /hello http/1.1"), [400]),
    (good(line=b"GET /hello HTTP/1.10"), [400]),
    (good(line=b"GET /hello HTTP/x.1"), [400]),
    (good(line=b"GET /hello HTTP/2.0"), [505]),
    (good(line=b"GET /hello HTTP/0.9"), [505]),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505]),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01", [400]),
    (b"GET /hello HTTP/1.1\nHost: x\n\n", [400]),
    (b"GET /hello HTTP/1.1\r\nHost: x\n\r\n", [400]),
    # Methods.
    (good(line=b"get /hello HTTP/1.1") + LAST, [501, 200]),
    (good(line=b"BREW /hello HTTP/1.1") + LAST, [501, 200]),
    (good(line=b"DELETE /hello HTTP/1.1") + LAST, [405, 200]),
    (good(line=b"OPTIONS * HTTP/1.1") + LAST, [405, 200]),
    (good(line=b"CONNECT x:1 HTTP/1.1") + LAST, [405, 200]),
    # Headers.
    (head(b"GET /hello HTTP/1.1"), [400]),
    (good(b"Host: y"), [400]),
    (good(b"Connection : close"), [400]),
    (good(b"A: b", b" folded"), [400]),
    (good(b"A: b", b"\tfolded"), [400]),
    (good(b": x"), [400]),
    (good(b"no colon"), [400]),
    (good(b"A: \0"), [400]),
    (good(b"A: \x7f"), [400]),
    (good(b"A: x\ry"), [400]),
    (good(*[b"A: b"] * 99) + LAST, [200, 200]),
    (good(*[b"A: b"] * 100), [431]),
    # Sizes: 8,192 bytes of head are too many, one less is not.
    (good(b"A: " + b"x" * (8191 - 37)) + LAST, [200, 200]),
    (good(b"A: " + b"x" * 9000), [431]),
    (good(line=b"GET /" + b"x" * 9000 + b" HTTP/1.1"), [414]),
    (good(line=b"GET /" + b"x" * 1023 + b" HTTP/1.1"), [414]),
    (good(line=b"GET /" + b"x" * 1022 + b" HTTP/1.1") + LAST, [404, 200]),
    # Paths.
    (good(line=b"GET /%00 HTTP/1.1"), [400]),
    (good(line=b"GET /% HTTP/1.1"), [400]),
    (good(line=b"GET /%4 HTTP/1.1"), [400]),
    (good(line=b"GET /%4g HTTP/1.1"), [400]),
    (good(line=b"GET /%4?x HTTP/1.1"), [400]),
    (good(line=b"GET /../secret.txt HTTP/1.1"), [400]),
    (good(line=b"GET /folder/../index.html HTTP/1.1"), [400]),
    (good(line=b"GET /./index.html HTTP/1.1"), [400]),
    (good(line=b"GET /.. HTTP/1.1"), [400]),
    (good(line=b"GET /%2e%2E/secret.txt HTTP/1.1"), [400]),
    (good(line=b"GET /..%2fsecret.txt HTTP/1.1"), [400]),
    (good(line=b"GET /folder%2f..%2f..%2fsecret.txt HTTP/1.1"), [400]),
    (good(line=b"GET http://x/../secret.txt HTTP/1.1"), [400]),
    (good(line=b"GET /... HTTP/1.1") + LAST, [404, 200]),
    (good(line=b"GET /..%5csecret.txt HTTP/1.1") + LAST, [404, 200]),
    (good(line=b"GET /%ff HTTP/1.1") + LAST, [404, 200]),
    (good(line=b"GET /index.html/ HTTP/1.1") + LAST, [404, 200]),
    (good(line=b"GET /index.html/x HTTP/1.1") + LAST, [404, 200]),
    (good(line=b"GET /link.txt HTTP/1.1") + LAST, [404, 200]),
    (good(line=b"GET /fifo HTTP/1.1") + LAST, [404, 200]),
    (good(line=b"GET //index.html HTTP/1.1") + LAST, [200, 200]),
    # Who wants to be told to go on is told the end.
    (good(b"Expect: 100-continue", b"Content-Length: 5",
          line=b"POST /hello HTTP/1.1"), [405]),
    (good(b"Expect: 100-continue") + LAST, [200, 200]),
]


def talks():
    for data, statuses in TALKS:
        for one_by_one in (False, True):
            # A client that goes on sending learns nothing that way.
            if one_by_one and len(data) > 4000:
                continue
            got = [answer.status for answer in ask(data, one_by_one)]
            equal(got, statuses, data[:120], "one by one" * one_by_one)


def files():
    page = get(b"/")
    equal(page.status, 200, "index")
    equal(page.body, contents("index.html"), "index")
    equal(page.headers["content-type"], "text/html; charset=utf-8", "type")
    equal(get(b"/inside.html").body, contents("index.html"), "a link inside")
    equal(get(b"/two%20words/a%20file.txt").body, b"spaces\n", "decoding")
    equal(get(b"/a%252Fb/").status, 404, "a folder without an index")
    equal(get(b"/folder/").body, b"in a folder\n", "a folder")
    moved = get(b"/folder?x")
    equal(moved.status, 301, "a folder without its slash")
    equal(moved.headers["location"], "/folder/", "location")
    moved = get(b"/two%20words")
    equal(moved.headers["location"], "/two%20words/", "location, encoded")
    moved = get(b"///folder")
    equal(moved.headers["location"], "/folder/", "location, not a host")
    big = get(b"/big.bin")
    equal(big.body == contents("big.bin"), True, "big.bin")
    equal(big.headers["content-type"], "application/octet-stream", "type")
    only = get(b"/big.bin", method=b"HEAD")
    equal(only.length, len(big.body), "length in HEAD")
    equal(get(b"/empty.css").body, b"", "an empty file")
    equal(get(b"/hello", method=b"HEAD").length, 14, "HEAD of hello")
    equal(get(b"/nothing", method=b"HEAD").status, 404, "HEAD of nothing")
    equal(get(b"/", method=b"PUT").headers.get("allow"), "GET, HEAD", "Allow")


def pipelines():
    """Answers come in the order of the requests, whatever these are."""
    kinds = [
        (HELLO, 200, b"Hello, world!\n"),
        (good(line=b"GET / HTTP/1.1"), 200, contents("index.html")),
        (good(line=b"GET /big.bin HTTP/1.1"), 200, contents("big.bin")),
        (good(line=b"GET /nothing HTTP/1.1"), 404, b"404 Not Found\n"),
        (good(b"Content-Length: 7000", line=b"PUT / HTTP/1.1") + b"x" * 7000,
         405, b"405 Method Not Allowed\n"),
        (CHUNKED + b"fff\r\n" + b"y" * 4095 + b"\r\n0\r\n\r\n", 405,
         b"405 Method Not Allowed\n"),
    ]
    order = [(i * i + i // 7) % len(kinds) for i in range(120)]
    peer = Peer(port)
    peer.send(b"".join(kinds[i][0] for i in order[:60]))
    for n, i in enumerate(order):
        if n == 30:
            peer.send(b"".join(kinds[i][0] for i in order[60:]))
        answer = Answer(peer)
        equal(answer.status, kinds[i][1], "pipeline", n)
        equal(answer.body == kinds[i][2], True, "pipeline, body", n)
    peer.close()
    # More small ones than answers fit into one write.
    peer = Peer(port)
    peer.send(HELLO * 1000)
    for n in range(1000):
        equal(Answer(peer).status, 200, "hello", n)
    # Half a request behind a whole one.
    peer.send(HELLO + HELLO[:20])
    equal(Answer(peer).status, 200, "before half a request")
    peer.send(HELLO[20:])
    equal(Answer(peer).status, 200, "the other half")
    peer.close()


def too_long():
    """A refused body is read for a while, so that the answer arrives."""
    peer = Peer(port)
    peer.send(good(b"Content-Length: 2000000", line=b"PUT / HTTP/1.1") +
              b"x" * 100000)
    answer = Answer(peer)
    equal(answer.status, 413, "too long")
    equal(answer.headers.get("connection"), "close", "too long")
    peer.close()
    # One that never ends, in chunks.
    peer = Peer(port)
    peer.send(CHUNKED)
    for _ in range(400):
        if not peer.send(b"1000\r\n" + b"x" * 4096 + b"\r\n"):
            break
    peer.close()


def slow():
    """Nobody holds a connection without asking for something."""
    peer = Peer(hasty)
    equal(peer.rest(), b"", "idle from the start")
    peer.close()
    peer = Peer(hasty)
    peer.send(HELLO)
    equal(Answer(peer).status, 200, "before idling")
    equal(peer.rest(), b"", "idle")
    peer.close()
    for begin in (b"GET /he", CHUNKED + b"5\r\nhe",
                  good(b"Content-Length: 5") + b"he"):
        peer = Peer(hasty)
        peer.send(begin)
        equal(Answer(peer).status, 408, "half a request", begin)
        peer.close()
    # Byte by byte: each comes early enough, all together do not.
    peer = Peer(hasty)
    peer.send(b"GET /hello HTTP/1.1\r\nX: ")
    peer.socket.settimeout(0.02)
    for _ in range(2000):
        try:
            if not peer.more() or b"\r\n\r\n" in peer.seen:
                break
        except TimeoutError:
            if not peer.send(b"x"):
                break
    peer.socket.settimeout(PATIENCE)
    equal(Answer(peer).status, 408, "byte by byte")
    peer.close()


def descriptors():
    return len(os.listdir("/proc/%d/fd" % hasty_process))


def unread():
    """Who does not read what was asked for is left, and nobody waits."""
    before = descriptors()
    size = len(contents("big.bin")) * 100
    peers = []
    for _ in range(10):
        peer = Peer(hasty, receive_buffer=4096)
        peer.send(good(line=b"GET /big.bin HTTP/1.1") * 100)
        peers.append(peer)
    for n in range(20):
        other = Peer(hasty)
        other.send(LAST)
        equal(Answer(other).status, 200, "beside slow readers", n)
        other.close()
    for _ in range(10 * PATIENCE):
        if descriptors() <= before:
            break
        time.sleep(0.1)
    check(descriptors() <= before, "connections that nobody reads are held")
    for peer in peers:
        got = 0
        while peer.more():
            got += len(peer.seen)
            peer.seen = b""
        check(got < size, "all was sent to somebody who did not read")
        peer.close()


def crash():
    """A connection whose process traps takes no other along."""
    other = Peer(port)
    other.send(HELLO + HELLO[:9])
    equal(Answer(other).status, 200, "before a crash")
    peer = Peer(port)
    peer.send(HELLO + good(line=b"GET /crash HTTP/1.1") + HELLO)
    peer.rest()
    peer.close()
    other.send(HELLO[9:])
    equal(Answer(other).status, 200, "after a crash")
    other.close()


def many():
    peers = [Peer(port) for _ in range(500)]
    for _ in range(3):
        for peer in peers:
            peer.send(HELLO)
        for peer in peers:
            equal(Answer(peer).body, b"Hello, world!\n", "one of many")
    for peer in peers:
        peer.close()
    # One after the other.
    for _ in range(300):
        equal(get(b"/hello").status, 200, "one after the other")


talks()
files()
pipelines()
too_long()
slow()
unread()
crash()
many()
finish()
