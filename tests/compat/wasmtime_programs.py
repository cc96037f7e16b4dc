#!/usr/bin/env python3
"""Runs the programs that Wasmtime tests its WASI 0.2 with, each as its own
tests do; see wasmtime_programs.sh.

    wasmtime_programs.py LUNATIC FOLDER [NAME...]
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# What ends otherwise here, and why that is right: the status, and a line of
# standard error. docs/components.md and docs/compatibility.md say the same.
DIFFERENT = {
    # A read-only directory is a read-only file system: `read-only`, where
    # Wasmtime says `not-permitted`.
    "p2_file_truncation_readonly": (134, 'name: "read-only"'),
    "p2_file_hardlink_across_perms": (134, 'name: "read-only"'),
    "p2_file_rename_across_perms": (134, 'name: "read-only"'),
    # A file that is open to be read is written by nobody: `bad-descriptor`, as
    # in POSIX, where Wasmtime says `not-permitted`.
    "p2_file_stream_not_permitted": (134, 'name: "bad-descriptor"'),
    # check-write of a connection says what it takes without waiting, which is
    # less than the buffer of the system.
    "p2_tcp_streams": (134, "big_buffer_size > small_buffer_size"),
    # Lengths are compared when a message is sent, not when its body ends.
    "p2_http_outbound_request_content_length": (134, "finish should fail"),
    # A component may set `host`.
    "p2_http_outbound_request_invalid_header": (134, '"Host"'),
    # What is not http or https is a host that is not allowed.
    "p2_http_outbound_request_unsupported_scheme": (134, "HttpProtocolError"),
    # There is no current directory.
    "p2_cli_initial_cwd": (134, "left: None"),
    # Handles may be dropped in any order.
    "p2_stream_pollable_traps": (134, "execution should have trapped"),
}

# Not run: what needs interfaces that are not WASI's own or are those of 0.3,
# clocks that tell another time, options that no program here has (denying
# sockets, which an environment does), or addresses of the internet.
LEFT_OUT = {
    "p2_cli_http_headers",
    "p2_cli_no_ip_name_lookup",
    "p2_cli_no_tcp",
    "p2_cli_no_udp",
    "p2_api_reactor",
    "p2_api_time",
    "p2_cli_invoke_async",
    "p2_cli_serve_config",
    "p2_cli_serve_keyvalue",
    "p2_http_outbound_request_timeout",
    "p2_tls_sample_application",
}

failures = []
ran = set()
lunatic, folder = "", Path()


def bad(name, text):
    failures.append(name)
    print(f"FAILED: {name}: {text[:2000]}")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


def command(name, options, arguments):
    ran.add(name)
    env = [] if has_ipv6() else ["--env", "DISABLE_IPV6=1"]
    return [lunatic, *env, *options, folder / f"{name}.wasm", *arguments]


def run(name, options=(), arguments=(), stdin=b""):
    """As those of the command line, with what they are given."""
    take = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    return subprocess.run(
        command(name, options, arguments),
        **take,
        capture_output=True,
        timeout=120,
        check=False,
    )


def check(name, ended, status=0, out=None, err=""):
    """Whether it has ended so; `out` is all of standard output."""
    said = ended.stderr.decode(errors="replace")
    status, err = DIFFERENT.get(name, (status, err))
    if ended.returncode != status:
        bad(name, f"status {ended.returncode}, not {status}: {said}")
    elif not re.search(err, said) or "Sanitizer" in said:
        bad(name, f"standard error is not {err!r}: {said}")
    elif out is not None and out != ended.stdout and name not in DIFFERENT:
        bad(name, f"standard output is {ended.stdout[:300]!r}")


def case(name, options=(), arguments=(), stdin=b"", **expected):
    if not wanted(name):
        return
    try:
        check(name, run(name, options, arguments, stdin), **expected)
    except subprocess.TimeoutExpired:
        bad(name, "does not end")


names = []


def wanted(name):
    return not names or name in names


def in_folder(name, **expected):
    """With a folder of its own, as Wasmtime's tests of the host are run."""
    with tempfile.TemporaryDirectory() as there:
        case(name, ["--dir", f"{there}::."], ["."], **expected)


def with_files(name, files, options=(), arguments=(), **expected):
    """With the files and folders below /; what they are at the end."""
    with tempfile.TemporaryDirectory() as there:
        for path, text in files.items():
            (Path(there) / path).parent.mkdir(exist_ok=True)
            (Path(there) / path).write_bytes(text)
        opts = [o.replace("THERE", there) for o in options or ["--dir=THERE::/"]]
        case(name, opts, arguments, **expected)
        return {p: (Path(there) / p).read_bytes() for p in files}


# ---- The host ----


def host():
    for program in sorted(folder.glob("p2_*.wasm")):
        name = program.stem
        if re.match("p2_(cli|http|api|tls)_", name) or name in (
            "p2_stream_pollable_traps",
            "p2_pollable_traps",
            "p2_udp_send_too_much",
            "p2_file_truncation_readonly",
            "p2_file_hardlink_across_perms",
            "p2_file_rename_across_perms",
            "p2_file_stream_not_permitted",
        ):
            continue
        in_folder(name)
    in_folder("p2_stream_pollable_traps", status=134, err="trapped: ")
    in_folder("p2_pollable_traps", status=134, err="poll takes 1 to")
    in_folder("p2_udp_send_too_much", status=134, err="trapped: ")
    for name in (
        "p2_file_truncation_readonly",
        "p2_file_hardlink_across_perms",
        "p2_file_rename_across_perms",
    ):
        read_only(name, "test.txt", b"read only test file\n")
    read_only(
        "p2_file_stream_not_permitted",
        "stream-perms.txt",
        b"stream permission test\n",
    )
    with_files(
        "p2_api_read_only",
        {"bar.txt": b"And stood awhile in thought", "sub/x": b""},
        ["--dir=THERE::/:ro"],
    )


def read_only(name, file, text):
    with tempfile.TemporaryDirectory() as own:
        files = {file: text}
        options = [f"--dir={own}::.", "--dir=THERE::readonly:ro"]
        if with_files(name, files, options, ["."]) != files:
            bad(name, "a file of a read-only directory has changed")


# ---- The command line ----


def command_line():
    case("p2_cli_hello_stdout", out=b"hello, world\n")
    case(
        "p2_cli_args",
        (),
        ["hello", "this", "", "is an argument", "with \U0001f6a9 emoji"],
    )
    case("p2_cli_initial_cwd")
    case("p2_cli_stdin_empty", stdin=b"not to be read")
    text = b"So rested he by the Tumtum tree"
    case("p2_cli_stdin", stdin=text)
    case(
        "p2_cli_splice_stdin",
        stdin=text,
        out=b"before splice\n%s\ncompleted splicing %d bytes\n" % (text, len(text)),
    )
    with tempfile.TemporaryDirectory() as there:
        directory = os.open(there, os.O_RDONLY)
        case(
            "p2_cli_stdin_eisdir",
            stdin=directory,
            err="got expected ErrorCode::IsDirectory",
        )
        os.close(directory)
    case("p2_cli_env", ["--env=frabjous=day", "--env=callooh=callay"])
    with_files("p2_cli_file_read", {"bar.txt": b"And stood awhile in thought"})
    first = b"'Twas brillig, and the slithy toves.\n"
    after = with_files("p2_cli_file_append", {"bar.txt": first})["bar.txt"]
    if wanted("p2_cli_file_append") and after != first + (
        b"Did gyre and gimble in the wabe;\nAll mimsy were the borogoves,\n"
        b"And the mome raths outgrabe.\n"
    ):
        bad("p2_cli_file_append", f"the file has {after!r}")
    with_files("p2_cli_file_dir_sync", {"bar.txt": first})
    case("p2_cli_exit_success")
    case("p2_cli_exit_default")
    case("p2_cli_exit_failure", status=1)
    case("p2_cli_exit_with_code", status=42)
    case("p2_cli_exit_panic", status=134, err="Curiouser and curiouser!")
    listed = ["foo.txt", "bar.txt", "baz.txt", "sub/wow.txt", "sub/yay.txt"]
    with_files("p2_cli_directory_list", dict.fromkeys(listed, b""))
    case("p2_cli_default_clocks")
    case("p2_cli_export_cabi_realloc")
    case("p2_cli_sleep")
    case("p2_cli_argv0", (), [str(folder / "p2_cli_argv0.wasm")])
    case(
        "p2_cli_large_env",
        [f"--env=KEY{i}={'x' * 1024}" for i in range(512)],
        out=b"".join(b"KEY%d=%s\n" % (i, b"x" * 1024) for i in range(512)),
    )
    case("p2_cli_multiple_preopens", ["--dir=/::/a", "--dir=/::/b", "--dir=/::/c"])
    for power in range(10, 15):
        size = 1 << power
        case(
            "p2_cli_much_stdout",
            (),
            ["a" * size, str((1 << 18) // size)],
            out=b"a" * (1 << 18),
        )
    case("p2_cli_max_resources")
    case(
        "p2_cli_max_resources",
        ["--max-handles=50"],
        status=134,
        err="holds too many resources",
    )
    case(
        "p2_cli_many_resources",
        ["--max-handles=100"],
        status=134,
        err="holds too many resources",
    )
    more_of_hosts()
    pipes()


def more_of_hosts():
    """Calls that are larger than they may be, by argument: how they end, by
    Wasmtime or by what docs/components.md says of sizes."""
    for argument, status in (
        ("poll", 134),
        ("mkdir", 134),
        ("resolve", 134),
        ("udp-send-many", 134),
        ("write-zeroes", 134),
        ("read-tcp-big", 0),
    ):
        with tempfile.TemporaryDirectory() as there:
            (Path(there) / "1mb").write_bytes(b"\0" * (1 << 20))
            case(
                "p2_cli_hostcall_fuel",
                [f"--dir={there}::."],
                [argument],
                status=status,
                err="trapped" if status else "",
            )


def pipes():
    """Standard streams that the other side closes, or that have to be there
    at once."""
    name = "p2_cli_stdout_epipe"
    if wanted(name):
        child = start(name, (), ())
        child.stdout.read(64)
        child.stdout.close()
        err = child.stderr.read().decode()
        if child.wait(60) != 0 or "got expected StreamError::Closed" not in err:
            bad(name, err)
    name = "p2_cli_stdio_write_flushes"
    if wanted(name):
        child = start(name, (), ())
        if child.stdout.read(2) != b"> ":
            bad(name, "says nothing while it reads")
        child.stdout.close()
        child.stdin.close()
        if child.wait(60) != 0:
            bad(name, child.stderr.read().decode())
    name = "p2_cli_sleep_forever"
    if wanted(name):
        child = start(name, (), ())
        time.sleep(0.5)
        child.terminate()
        if child.wait(20) != 143:
            bad(name, "a signal does not end it")


def start(name, options, arguments):
    return subprocess.Popen(
        command(name, options, arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


# ---- Requests that are sent ----


class Answers(BaseHTTPRequestHandler):
    """Says what the request was, and gives its body back."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        """Each piece goes back as it comes: some wait for the head first."""
        pieces = "chunked" in self.headers.get("Transfer-Encoding", "")
        left = int(self.headers.get("Content-Length", 0))
        self.send_response(200)
        self.send_header("x-wasmtime-test-method", self.command)
        self.send_header("x-wasmtime-test-uri", self.path)
        if not pieces:
            self.send_header("Content-Length", str(left))
            self.end_headers()
            self.wfile.write(self.rfile.read(left))
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while size := int(self.rfile.readline() or b"0", 16):
            self.wfile.write(b"%x\r\n" % size + self.rfile.read(size + 2))
        self.rfile.readline()
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_POST = do_PUT = do_HEAD = do_OPTIONS = do_CONNECT = answer

    def log_message(self, *_):
        pass


def other_protocol(listener):
    """Speaks HTTP/2 to each that connects."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.sendall(b"\0\0\0\4\0\0\0\0\0")
        connection.close()


def requests():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    other = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=other_protocol, args=(other,), daemon=True).start()
    port = server.server_address[1]
    other_port = other.getsockname()[1]
    for program in sorted(folder.glob("p2_http_*.wasm")):
        name = program.stem
        if name in LEFT_OUT:
            continue
        to = other_port if name.endswith("invalid_version") else port
        options = [f"--env=HTTP_SERVER=127.0.0.1:{to}"]
        for host in ("127.0.0.1", "localhost", "some.invalid.dnsname"):
            for p in (to, 3000, 80):
                options.append(f"--allow-http={host}:{p}")
        case(name, options)
    server.shutdown()
    other.close()


# ---- Requests that are answered ----


class Server:
    """`lunatic serve`, and what it has said at its end."""

    def __init__(self, name, options=()):
        ran.add(name)
        self.name = name
        self.process = subprocess.Popen(
            [
                lunatic,
                "serve",
                "--listen",
                "127.0.0.1:0",
                *options,
                folder / f"{name}.wasm",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.said = ""
        self.port = 0
        while not self.port:
            line = self.process.stderr.readline().decode()
            if not line:
                break
            self.said += line
            if match := re.search(r"127\.0\.0\.1:(\d+)", line):
                self.port = int(match[1])
        if not self.port:
            bad(name, f"does not serve: {self.said}")

    def __enter__(self):
        return self

    def ask(self, path="/", method="GET", body=None, headers=None):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        except OSError as error:
            return 0, {}, str(error).encode()
        finally:
            connection.close()

    def expect(self, status, reply=None, **request):
        got, headers, text = self.ask(**request)
        if got != status or (reply is not None and text != reply):
            bad(self.name, f"{request.get('path')}: {got}, {text[:300]!r}")
        return headers

    def __exit__(self, *_):
        self.process.terminate()
        try:
            out, err = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            bad(self.name, "the server does not end")
        self.out = out.decode()
        self.said += err.decode()
        if "Sanitizer" in self.said:
            bad(self.name, self.said)


def serve():
    if wanted("p2_cli_serve_hello_world"):
        with Server("p2_cli_serve_hello_world") as server:
            for _ in range(20):
                server.expect(200, b"Hello, WASI!")
    if wanted("p2_cli_serve_echo_env"):
        with Server("p2_cli_serve_echo_env", ["--env", "FOO=bar"]) as server:
            if server.expect(200, b"", headers={"env": "FOO"})["env"] != "bar":
                bad(server.name, "a variable is not there")
            if server.expect(200, b"", headers={"env": "BAR"})["env"]:
                bad(server.name, "a variable is there")
    if wanted("p2_cli_serve_authority_and_scheme"):
        with Server("p2_cli_serve_authority_and_scheme") as server:
            server.expect(200, headers={"Host": "localhost"})
    for name in ("p2_cli_serve_return_before_set", "p2_cli_serve_trap_before_set"):
        if wanted(name):
            with Server(name) as server:
                server.expect(500)
                server.expect(500)
    if wanted("p2_cli_serve_sleep"):
        with Server("p2_cli_serve_sleep", ["--request-timeout", "1s"]) as server:
            server.expect(504)
    if wanted("p2_cli_serve_with_print"):
        with Server("p2_cli_serve_with_print") as server:
            server.expect(200)
            server.expect(200)
        if server.out != 2 * (
            "this is half a print to stdout\n\nafter empty\n"
        ) or 2 != server.said.count(
            "this is half a print to stderr\n\nafter empty\nstart a print 1234\n"
        ):
            bad(server.name, server.out + server.said)
    proxies()


def proxies():
    if wanted("p2_api_proxy"):
        with Server("p2_api_proxy") as server:
            server.expect(200, path="/modify_fields/0")
            server.expect(200, path="/new_fields/0")
            server.ask("/early_drop")
            server.expect(200, path="/new_fields/9000")
            # More fields than a list may have.
            server.expect(500, path="/new_fields/30000")
            # It wants no field `host`, which a request has here.
            server.expect(500, path="/test-path")
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    at = f"127.0.0.1:{upstream.server_address[1]}"
    if wanted("p2_api_proxy_streaming"):
        with Server("p2_api_proxy_streaming", [f"--allow-http={at}"]) as server:
            body = bytes(range(256)) * 4000
            server.expect(200, body, path="/echo", method="POST", body=body)
            server.expect(
                200,
                body,
                path="/double-echo",
                method="POST",
                body=body,
                headers={"url": f"http://{at}/echo"},
            )
            _, _, text = server.ask("/hash-all", headers={"url": f"http://{at}/x"})
            if b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU" not in text:
                bad(server.name, f"/hash-all: {text!r}")
    upstream.shutdown()
    if wanted("p2_api_proxy_forward_request"):
        # The program asks whom it is asked by: itself, which is denied.
        with Server("p2_api_proxy_forward_request") as server:
            server.expect(500, path="/get")


def main():
    global lunatic, folder, names
    lunatic, folder = os.path.abspath(sys.argv[1]), Path(sys.argv[2])
    names = sys.argv[3:]
    host()
    command_line()
    requests()
    serve()
    there = {p.stem for p in folder.glob("p2_*.wasm")}
    missing = there - ran - LEFT_OUT if not names else set()
    for name in sorted(missing):
        bad(name, "is not run")
    print(f"{len(ran)} programs, {len(set(failures))} not as they should be")
    sys.exit(bool(failures) or len(ran) == 0)


main()
