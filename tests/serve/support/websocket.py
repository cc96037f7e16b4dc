"""A small client of WebSockets, which sends what it is told to."""

import os
import struct

from client import Reader, get

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def frame(opcode, data=b"", final=True, masked=True, reserved=0, size=None):
    """A frame; `size` is how its length is written, in bytes."""
    if size is None:
        size = 0 if len(data) < 126 else 2 if len(data) < 65536 else 8
    head = bytes([(128 if final else 0) | reserved | opcode])
    bit = 128 if masked else 0
    if size == 0:
        head += bytes([bit | len(data)])
    elif size == 2:
        head += bytes([bit | 126]) + struct.pack(">H", len(data))
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", len(data))
    if not masked:
        return head + data
    mask = os.urandom(4)
    stream = mask * (len(data) // 4 + 1)
    return head + mask + bytes(a ^ b for a, b in zip(data, stream))


def closing(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


def ask_for(path, *lines, version="13", key=KEY):
    return get(path, "Connection: keep-alive, Upgrade", "Upgrade: WebSocket",
               "Sec-WebSocket-Version: " + version, "Sec-WebSocket-Key: " + key,
               *lines)


class Socket:
    """A connection that is open; `reply` has its head."""

    def __init__(self, client, path, *lines, early=b""):
        self.client = client
        self.reader = Reader(client)
        client.sendall(ask_for(path, *lines) + early)
        head = self.reader.until(b"\r\n\r\n") or b""
        self.head = head.decode().lower()
        self.open = self.head.startswith("http/1.1 101 ")

    def send(self, data):
        self.client.sendall(data)

    def next(self):
        """Opcode and payload of the next frame; None: there is none."""
        head = self.reader.exactly(2)
        if len(head) < 2:
            return None
        size = head[1]
        if size == 126:
            size = struct.unpack(">H", self.reader.exactly(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.reader.exactly(8))[0]
        return head[0] & 15, self.reader.exactly(size)

    def code(self):
        """The code of the close that comes; None: none does."""
        while True:
            found = self.next()
            if found is None:
                return None
            if found[0] == CLOSE:
                return (struct.unpack(">H", found[1][:2])[0] if found[1]
                        else 1005)

    def is_closed(self):
        return self.reader.is_closed()

    def close(self):
        self.client.close()
