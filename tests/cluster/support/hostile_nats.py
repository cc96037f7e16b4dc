# A hostile NATS server: passes everything on between clients and a real one,
# writes down what it has read, and now and then does something to a message on
# its way to a client, while the file of orders says so:
#   drop, double, swap, replay, flip, cut, forge, none
# Usage: hostile_nats.py PORT PORTFILE BYTESFILE ORDERFILE
import os
import random
import socket
import sys
import threading

port, port_file, bytes_file, order_file = sys.argv[1:]
rng = random.Random(7)
log = open(bytes_file, "wb", buffering=0)
counts = {}


def order():
    try:
        with open(order_file) as file:
            return file.read().strip() or "none"
    except OSError:
        return "none"


class Reader:
    def __init__(self, sock):
        self.sock = sock
        self.data = b""

    def more(self):
        got = self.sock.recv(65536)
        if not got:
            raise EOFError
        log.write(got)
        self.data += got

    def line(self):
        while b"\r\n" not in self.data:
            self.more()
        line, self.data = self.data.split(b"\r\n", 1)
        return line

    def take(self, count):
        while len(self.data) < count:
            self.more()
        got, self.data = self.data[:count], self.data[count:]
        return got


def message(words, payload):
    return b" ".join(words[:-1] + [b"%d" % len(payload)]) + b"\r\n" + \
        payload + b"\r\n"


def forged(kind, payload):
    """What is sent in the place of a message, and after it."""
    if kind == "flip":
        at = rng.randrange(len(payload))
        flipped = bytearray(payload)
        flipped[at] ^= 1 << rng.randrange(8)
        return [bytes(flipped)]
    if kind == "cut":
        return [payload[:rng.randrange(1, len(payload))]]
    # Of the right stream and the next number, or of none.
    number = int.from_bytes(payload[26:34], "little") + rng.randrange(3)
    other = bytes([1, rng.randrange(0, 8)]) + payload[2:26] + \
        number.to_bytes(8, "little") + rng.randbytes(rng.randrange(0, 60))
    return [payload, other, rng.randbytes(rng.randrange(1, 80))]


def end(*sockets):
    for sock in sockets:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def down(server, client):
    """From the server to a client."""
    reader = Reader(server)
    held = None
    old = []
    try:
        while True:
            line = reader.line()
            words = line.split(b" ")
            if words[0].upper() not in (b"MSG", b"HMSG"):
                client.sendall(line + b"\r\n")
                continue
            payload = reader.take(int(words[-1]))
            reader.take(2)
            kind = order()
            if words[0].upper() == b"HMSG" or len(payload) < 34 or \
                    kind == "none" or rng.randrange(4) != 0:
                out = [payload]
            else:
                counts[kind] = counts.get(kind, 0) + 1
                if kind == "drop":
                    out = []
                elif kind == "double":
                    out = [payload, payload]
                elif kind == "swap":
                    out = []
                    held, payload = payload, held
                    if payload is not None:
                        out = [payload]
                elif kind == "replay":
                    out = [payload] + old[:1]
                else:
                    out = forged(kind, payload)
            old = (old + [payload or b"x"])[-8:]
            for one in out:
                if words[0].upper() == b"HMSG":
                    client.sendall(line + b"\r\n" + one + b"\r\n")
                else:
                    client.sendall(message(words, one))
    except (EOFError, OSError, ValueError):
        pass
    end(server, client)


def up(client, server):
    try:
        while True:
            got = client.recv(65536)
            if not got:
                break
            log.write(got)
            server.sendall(got)
    except OSError:
        pass
    end(server, client)


listener = socket.create_server(("127.0.0.1", 0))
with open(port_file + ".new", "w") as file:
    file.write(str(listener.getsockname()[1]))
os.rename(port_file + ".new", port_file)
while True:
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", int(port)))
    for sock in client, server:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=down, args=(server, client), daemon=True).start()
    threading.Thread(target=up, args=(client, server), daemon=True).start()
