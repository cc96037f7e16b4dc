"""Peers of tests/net/tls.c: tls.py LUNATIC FACTOR NAME:PORT:PID...

As a client of its servers, and with the certificates in this folder as a server
for its clients.
"""
import os
import socket
import ssl
import subprocess
import sys
import threading
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import PATIENCE, check, equal, finish

lunatic = sys.argv[1]
factor = int(sys.argv[2])
servers = {}
for text in sys.argv[3:]:
    name, port, pid = text.split(":")
    servers[name] = (int(port), int(pid))


def context(server=False, version=None, certificate=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server
                          else ssl.PROTOCOL_TLS_CLIENT)
    if version is not None:
        # Those that nobody should use need to be allowed.
        warnings.simplefilter("ignore", DeprecationWarning)
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version = version
        made.maximum_version = version
    if server:
        made.load_cert_chain(certificate + ".pem",
                             ("low" if certificate == "chain"
                              else certificate) + ".key")
    else:
        made.load_verify_locations("ca.pem")
    return made


def connect(port, version=None):
    raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context(version=version).wrap_socket(
        raw, server_hostname="localhost", suppress_ragged_eofs=False)


def take(peer, size):
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            break
        data += more
    return data


# Clients of the guest's servers.

for name, (port, _) in servers.items():
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with connect(port, version) as peer:
            peer.sendall(b"who?")
            equal(take(peer, 4), b"who?", name, version)
            equal(peer.version(), version.name.replace("_", "."), name)
            equal(peer.selected_alpn_protocol(), None, name)
            data = bytes(i * i % 251 for i in range(100000))
            for at in range(0, len(data), 10000):
                piece = data[at:at + 10000]
                peer.sendall(piece)
                equal(take(peer, len(piece)) == piece, True, name, at)
            # Both say that they have finished.
            peer.unwrap()
    try:
        connect(port, ssl.TLSVersion.TLSv1_1)
        check(False, name, "speaks TLS 1.1")
    except ssl.SSLError as error:
        check("PROTOCOL_VERSION" in str(error), name, error)

# Bytes that are no handshake, and handshakes that stop.
port = servers["ec"][0]
for data in (b"", b"\0", b"\x16\x03\x01",
             b"\x16\x03\x01\xff\xff" + b"x" * 70000,
             b"\x16\x03\x01\x00\x05\x01\x00\xff\xff\xff", b"x" * 100000):
    with socket.create_connection(("127.0.0.1", port)) as raw:
        try:
            raw.sendall(data)
        except OSError:
            pass

# Cut off after the handshake: the server must not take it for the end.
peer = connect(port)
peer.sendall(b"cut")
equal(take(peer, 3), b"cut")
raw = socket.socket(fileno=peer.detach())
raw.shutdown(socket.SHUT_RDWR)
raw.close()


# Servers for the guest's clients.

def server_of(behave, made):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(PATIENCE)

    def run():
        try:
            raw, _ = listener.accept()
        except TimeoutError:
            return
        raw.settimeout(PATIENCE)
        try:
            behave(raw, made)
        except OSError:
            pass  # the guest's answer is what counts
        raw.close()

    thread = threading.Thread(target=run)
    thread.start()
    return listener, thread


def get(behave, certificate="ec", host="localhost", authority="ca.pem",
        version=None, timeout=PATIENCE * 1000):
    """What the guest says about such a server."""
    made = context(True, version, certificate)
    listener, thread = server_of(behave, made)
    command = [lunatic, "--dir", ".", "tls.wasm", "get", host,
               str(listener.getsockname()[1]), str(timeout)]
    if authority:
        command.append(authority)
    result = subprocess.run(command, stdout=subprocess.PIPE,
                            stdin=subprocess.DEVNULL, timeout=PATIENCE,
                            check=False)
    thread.join()
    listener.close()
    equal(result.returncode, 0, "exit status")
    return result.stdout.decode()


def answer(raw, made):
    with made.wrap_socket(raw, server_side=True) as peer:
        equal(take(peer, 6), b"hello\n")
        peer.sendall(b"%s\n" % peer.version().encode())
        peer.unwrap()


def cut_off(raw, made):
    peer = made.wrap_socket(raw, server_side=True)
    equal(take(peer, 6), b"hello\n")
    peer.sendall(b"half of\n")
    socket.socket(fileno=peer.detach()).close()


def say_nothing(raw, _):
    raw.recv(10000)
    raw.recv(1)


def change_record(raw, made):
    """Has a record arrive with another bit."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    peer = made.wrap_bio(incoming, outgoing, server_side=True)
    done = False
    while not done:
        try:
            peer.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            pass
        raw.sendall(outgoing.read())
        if not done:
            incoming.write(raw.recv(65536))
    peer.write(b"true")
    record = bytearray(outgoing.read())
    record[-1] ^= 1
    raw.sendall(record)
    raw.recv(65536)
    raw.recv(65536)


names = []
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    for kind in ("ec", "rsa", "ed", "chain"):
        equal(get(answer, kind, version=version),
              version.name.replace("_", ".") + "\nend\n", kind)
equal(get(answer, host="127.0.0.1"), "TLSv1.3\nend\n")
equal(get(answer, host="LocalHost"), "TLSv1.3\nend\n")
equal(get(answer, version=ssl.TLSVersion.TLSv1_1),
      "connect: the other side offers neither TLS 1.2 nor 1.3\n")
unknown = ("connect: the certificate of the other side is refused: "
           "unable to get local issuer certificate\n")
equal(get(answer, authority="rsa.pem"), unknown)
equal(get(answer, authority=None), unknown)
# Without what is between it and the authority.
os.rename("middle.pem", "away.pem")
equal(get(answer, "low"), unknown)
# A certificate may itself be what is trusted.
equal(get(answer, authority="ec.pem"), "TLSv1.3\nend\n")
# RSA with 1024 bits.
small = get(answer, "small", version=ssl.TLSVersion.TLSv1_3)
check(small.startswith("connect: the certificate of the other side is refused: "
                       "EE certificate key too weak"), small)
equal(get(cut_off), "half of\nread: the other side closed the connection "
      "without the end of TLS (close_notify): data may be missing\n")
equal(get(say_nothing, timeout=200), "connect: timeout\n")
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    text = get(change_record, version=version)
    check(text in ("read: decryption failed or bad record mac\n",
                   "read: cipher operation failed\n"), version, text)


# Names that the client sends.
def note_name(raw, made):
    made.sni_callback = lambda peer, name, _: names.append(name)
    answer(raw, made)


for host in ("localhost", "127.0.0.1"):
    get(note_name, host=host)
equal(names, ["localhost", None], "names")


# Nothing is left of many connections, good and bad ones.

def measure(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return len(os.listdir("/proc/%d/fd" % pid)), \
                    int(line.split()[1])
    return None


port, pid = servers["ec"]
# Sanitizers keep memory, and find what is left themselves.
for round_ in range(6 if factor == 1 else 2):
    for n in range(200):
        if n % 10 == 0:
            with socket.create_connection(("127.0.0.1", port)) as raw:
                raw.sendall(b"nonsense")
            continue
        with connect(port) as peer:
            peer.sendall(b"x")
            equal(take(peer, 1), b"x")
            if n % 2:
                peer.unwrap()
    # The last ones may not be gone yet.
    for _ in range(100 * factor):
        descriptors, resident = measure(pid)
        if round_ == 0 or descriptors <= first[0]:
            break
        threading.Event().wait(0.05)
    if round_ == 0:
        threading.Event().wait(0.5 * factor)
        first = measure(pid)
equal(descriptors <= first[0], True, "descriptors", descriptors, first[0])
# A connection takes some 50 KiB: if one in ten stayed, that would be 5 MiB.
if factor == 1:
    check(resident - first[1] < 3000, "memory grew by", resident - first[1],
          "KiB")
finish()
