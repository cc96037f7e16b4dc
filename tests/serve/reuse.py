"""`lunatic serve --reuse`: processes that answer several requests."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import Reader, Server, ask, check, finish, get

lunatic, component = sys.argv[1:3]
SECONDS = 4  # of the soak


def serve(*options):
    return Server(lunatic, component, "--access-log", "-", *options)


def processes(server):
    """Those that answer requests, with their states."""
    shown = subprocess.run(
        [lunatic, "ps", "--json", "--all", "--program",
         str(server.process.pid)], capture_output=True, text=True, timeout=60)
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    return [row for row in rows
            if row.get("entry") == "wasi:http/incoming-handler"]


def idle(server):
    return [row for row in processes(server) if row["state"] == "idle"]


def comes_to(count, server, what):
    """Waits until so many processes are idle, and none does anything else."""
    deadline = time.time() + 20
    while time.time() < deadline:
        rows = processes(server)
        if len(rows) == count and all(row["state"] == "idle" for row in rows):
            return rows
        time.sleep(0.01)
    check(False, "%s: %d idle processes are to be there, not %s"
          % (what, count, [row["state"] for row in rows]))
    return rows


def answers(server, path):
    """One request on a connection of its own."""
    reply = ask(server, get(path))
    return reply and (reply.status, reply.body, reply.whole)


def count(server):
    reply = answers(server, "/i")
    return int(reply[1]) if reply and reply[0] == 200 else reply


def counts():
    """As many requests as said, then a new process."""
    server = serve("--reuse", "3")
    with server.connect() as client:
        reader = Reader(client)
        for number in (1, 2, 3, 1, 2, 3, 1):
            client.sendall(get("/i"))
            found = int(reader.reply().body)
            check(found == number, "request %d is the %d." % (number, found))
            comes_to(number % 3 and 1, server, "after %d requests" % number)
    # Other connections find the same process.
    check(count(server) == 2, "another connection")
    comes_to(1, server, "another connection")
    check(server.stop() == 0, "the status after the end")
    plain = serve()
    check([count(plain) for _ in range(3)] == [1, 1, 1], "without --reuse")
    comes_to(0, plain, "without --reuse")
    check(plain.stop() == 0, "the status without --reuse")


def fails_alone():
    """What ends a process fails its request, and no other one."""
    server = serve("--reuse", "1000", "--request-timeout", "1s")
    for path, status, whole in (
            ("/t", 500, True), ("/q", 500, True), ("/n", 500, True),
            ("/u", 200, False), ("/c", 200, False), ("/l", 504, True)):
        for number in range(1, 4):
            check(count(server) == number, "request %d before %s"
                  % (number, path))
            first = comes_to(1, server, "before " + path)
        reply = ask(server, get(path))
        check(reply is not None and reply.status == status
              and reply.whole == whole, "%s: %s" % (path, reply and (
                  reply.status, reply.whole)))
        comes_to(0, server, "after " + path)
    # An answer that is an error is one.
    for number, path, status in ((1, "/x", 502), (2, "/4", 404)):
        check(ask(server, get(path)).status == status, path)
        first = comes_to(1, server, "after " + path)
    check(count(server) == 3, "after answers that are errors")
    # The client goes in the middle.
    comes_to(1, server, "before a client that goes")
    for data in (get("/l"), b"POST /e HTTP/1.1\r\nHost: h\r\n"
                 b"Content-Length: 9\r\n\r\nab"):
        gone = server.connect()
        gone.sendall(data)
        deadline = time.time() + 20
        while idle(server) and time.time() < deadline:
            time.sleep(0.01)
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        b"\1\0\0\0\0\0\0\0")
        gone.close()
        comes_to(0, server, "a client that has gone")
        check(count(server) == 1, "after a client that has gone")
        comes_to(1, server, "after a client that has gone")
    # An operator kills one that is idle.
    first = comes_to(1, server, "before a kill")
    subprocess.run([lunatic, "kill", "--program", str(server.process.pid),
                    str(first[0]["number"])], check=True, timeout=60)
    comes_to(0, server, "after a kill")
    check(count(server) == 1, "after a kill")
    check(server.stop() == 0, "the status after failures")


def holds_idle():
    """Slow clients, then many; how many wait, and for how long."""
    server = serve("--reuse", "1000", "--max-idle", "4", "--reuse-timeout",
                   "2s", "--fold-after", "500ms")
    slow = [server.connect() for _ in range(16)]
    head = b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"
    for client in slow:
        client.sendall(head + b"a")
    time.sleep(0.2)
    check(count(server) == 1, "beside slow clients")
    for byte in b"bc":
        for client in slow:
            client.sendall(bytes([byte]))
            time.sleep(0.01)
    for client in slow:
        reply = Reader(client).reply()
        check(reply is not None and reply.body == b"abc", "a slow client")
    comes_to(4, server, "after slow clients")
    # Those connections stay, and share one process as they take turns.
    for client in slow * 2:
        client.sendall(get("/h"))
        check(Reader(client).reply().status == 200, "a connection's turn")
    check(len(processes(server)) <= 4, "connections that take turns")
    # One that was folded goes on where it was.
    before = count(server)
    time.sleep(1.2)
    after = count(server)
    check(before > 1 and after > before, "%s, and folded %s" % (before, after))
    comes_to(0, server, "after the time for idle ones")
    check(count(server) == 1, "after those")
    for client in slow:
        client.close()
    check(server.stop() == 0, "the status")


def has_limits():
    """Handles that are left behind count, and so do idle processes."""
    server = serve("--reuse", "1000", "--max-handles", "40")
    statuses = [ask(server, get("/k")).status for _ in range(200)]
    bad = statuses.count(500)
    check(0 < bad < 20 and bad + statuses.count(200) == 200,
          "handles that are kept: %s" % statuses)
    check("holds too" in server.text(), "why it has trapped")
    check(server.stop() == 0, "the status with handles")
    server = serve("--reuse", "1000", "--max-processes", "2")
    busy = server.connect()
    busy.sendall(b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na")
    reader = Reader(busy)
    reader.until(b"\r\n\r\n")
    for number in range(1, 5):
        check(count(server) == number, "beside one that is busy")
        deadline = time.time() + 20
        while not idle(server) and time.time() < deadline:
            time.sleep(0.01)
    other = server.connect()
    other.sendall(b"POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na")
    Reader(other).until(b"\r\n\r\n")
    check(ask(server, get("/h")).status == 503, "one process too many")
    # One that is busy goes on in a drain, idle ones end.
    other.close()
    comes_to_end(server, busy, reader)


def comes_to_end(server, busy, reader):
    deadline = time.time() + 20
    while len(processes(server)) > 1 and time.time() < deadline:
        time.sleep(0.01)
    check(count(server) == 1, "before a drain")
    deadline = time.time() + 20
    while not idle(server) and time.time() < deadline:
        time.sleep(0.01)
    server.process.send_signal(signal.SIGTERM)
    deadline = time.time() + 20
    while len(processes(server)) > 1 and time.time() < deadline:
        time.sleep(0.01)
    rows = processes(server)
    check(len(rows) == 1 and rows[0]["state"] != "idle",
          "processes in a drain: %s" % rows)
    busy.sendall(b"b")
    check(reader.chunks() == (b"ab", True), "a request in a drain")
    check(server.process.wait(timeout=60) == 0, "the status after a drain")


def held(server):
    """Resident KiB, and descriptors."""
    pid = server.process.pid
    with open("/proc/%d/status" % pid) as status:
        resident = next(int(line.split()[1]) for line in status
                        if line.startswith("VmRSS"))
    return resident, len(os.listdir("/proc/%d/fd" % pid))


def ask_for(server, seconds, paths, good):
    end = time.time() + seconds
    while time.time() < end:
        with server.connect() as client:
            reader = Reader(client)
            for path in paths:
                client.sendall(get(path))
                reply = reader.reply()
                if reply is None or not reply.whole:
                    break
                good.append(reply.status)


def soak():
    """Nothing grows, whatever requests do."""
    server = serve("--reuse", "50", "--max-idle", "4", "--max-memory", "8M")
    paths = [["/h", "/i", "/k", "/a", "/h", "/k", "/4", "/0"],
             ["/i", "/x", "/i", "/t", "/h"], ["/h", "/u"], ["/k", "/c"],
             ["/b", "/i"], ["/n", "/i", "/q", "/h"]]
    before = None
    for seconds in (SECONDS / 2, SECONDS):
        good = []
        threads = [threading.Thread(target=ask_for,
                                    args=(server, seconds, some, good))
                   for some in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        deadline = time.time() + 20
        while (any(row["state"] != "idle" for row in processes(server))
               and time.time() < deadline):
            time.sleep(0.05)
        check(len(idle(server)) <= 4, "idle processes after a soak")
        now = held(server)
        if before is not None:
            check(now[0] < before[0] * 1.25 + 8192 and now[1] <= before[1] + 8,
                  "a soak grows from %s to %s" % (before, now))
        before = now
        check(good.count(200) > 50, "answers in a soak")
    print("soak: %d answers, %s" % (len(good), before))
    check(server.stop() == 0, "the status after a soak")


for test in counts, fails_alone, holds_idle, has_limits, soak:
    began = time.time()
    test()
    print("%s: %.1f s" % (test.__name__, time.time() - began))
finish()
