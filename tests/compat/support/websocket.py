"""A WebSocket client (RFC 6455): sends texts to HOST PORT, prints what comes
back, and closes. Fails unless each is answered and the end is, too."""

import base64
import hashlib
import os
import socket
import struct
import sys


def receive(sock, count):
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise SystemExit("the server ended in the middle")
        data += piece
    return data


def send_frame(sock, opcode, data, fin=0x80):
    mask = os.urandom(4)
    if len(data) < 126:
        head = struct.pack("!BB", fin | opcode, 0x80 | len(data))
    else:
        head = struct.pack("!BBH", fin | opcode, 0x80 | 126, len(data))
    masked = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
    sock.sendall(head + mask + masked)


def receive_frame(sock):
    first, length = receive(sock, 2)
    if length == 126:
        length = struct.unpack("!H", receive(sock, 2))[0]
    return first & 15, receive(sock, length)


def upgrade(sock):
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(("GET / HTTP/1.1\r\nHost: localhost\r\n"
                  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                  f"Sec-WebSocket-Key: {key}\r\n"
                  "Sec-WebSocket-Version: 13\r\n\r\n").encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive(sock, 1)
    lines = head.decode().split("\r\n")
    magic = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
    fields = {n.lower(): v for n, v in
              (line.split(": ", 1) for line in lines[1:] if line)}
    if " 101 " not in lines[0] or fields["sec-websocket-accept"] != accept:
        raise SystemExit(f"not upgraded: {head}")


def main():
    sock = socket.create_connection((sys.argv[1], int(sys.argv[2])), 30)
    sock.settimeout(30)
    upgrade(sock)
    for text in (b"Ping", b"x" * 60000):
        send_frame(sock, 1, text)
        print(receive_frame(sock)[1].decode())
    # One message in two frames.
    send_frame(sock, 1, b"Pi", 0)
    send_frame(sock, 0, b"ng")
    print(receive_frame(sock)[1].decode())
    send_frame(sock, 8, struct.pack("!H", 1000))


main()
