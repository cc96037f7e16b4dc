"""Kills and times out processes that wait in calls, and counts what the program
has before and afterwards.

    parked.py LUNATIC GENERATION MODULE PORT FOLDER FACTOR
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "support"))
from client import PATIENCE, check, equal, finish  # noqa: E402

AT_ONCE = 10
ROUNDS = 20
ROUNDS_COMPONENTS = 8  # each is compiled anew
TIMEOUTS = 400
# One bound for all sockets and files, which a unit that is not given back at
# every kill would soon reach.
DESCRIPTORS = 80
MOST_GROWTH = 4096  # KiB
NETWORKING = "lunatic::networking::"
WASI = "wasi_snapshot_preview1::"

# Each call, where its processes wait (None: in a job that is soon over, and
# then in the next one), and whether it has a timeout. First those of guests of
# lunatic 0.7, and of WASI.
CALLS_07 = [
    ("tcp_connect", NETWORKING + "tcp_connect", True),
    ("tcp_accept", NETWORKING + "tcp_accept", False),
    ("tcp_read", NETWORKING + "tcp_read", True),
    ("tcp_read_shared", NETWORKING + "tcp_read", False),
    ("tcp_write", NETWORKING + "tcp_write_vectored", True),
    ("tcp_write_shared", NETWORKING + "tcp_write_vectored", False),
    ("resolve", None, True),
    ("sock_accept", WASI + "sock_accept", False),
    ("sock_recv", WASI + "sock_recv", False),
    ("sock_recv_peek", WASI + "sock_recv", False),
    ("sock_recv_all", WASI + "sock_recv", False),
    ("sock_read", WASI + "fd_read", False),
    ("sock_send", WASI + "sock_send", False),
    ("fifo_read", WASI + "fd_read", False),
    ("fifo_write", WASI + "fd_write", False),
    ("poll_clock", WASI + "poll_oneoff", True),
    ("poll_listener", WASI + "poll_oneoff", True),
    ("poll_fifo", WASI + "poll_oneoff", True),
    ("poll_socket", WASI + "poll_oneoff", True),
    ("file_open", None, False),
    ("file_write", None, False),
    ("directory_list", None, False),
]

CALLS_13 = [
    ("tcp_connect", NETWORKING + "tcp_connect", True),
    ("tcp_accept", NETWORKING + "tcp_accept", False),
    ("tcp_read", NETWORKING + "tcp_read", True),
    ("tcp_read_shared", NETWORKING + "tcp_read", False),
    ("tcp_peek", NETWORKING + "tcp_peek", True),
    ("tcp_peek_shared", NETWORKING + "tcp_peek", False),
    ("tcp_write", NETWORKING + "tcp_write_vectored", True),
    ("tcp_write_shared", NETWORKING + "tcp_write_vectored", False),
    ("udp_receive", NETWORKING + "udp_receive", False),
    ("udp_receive_shared", NETWORKING + "udp_receive", False),
    ("udp_receive_from", NETWORKING + "udp_receive_from", False),
    ("udp_exchange", None, False),
    ("resolve", None, True),
]

BLOCK = "wasi:io/poll::[method]pollable.block"
CALLS_COMPONENTS = [
    ("connect", BLOCK, True),
    ("listen", BLOCK, True),
    ("read", BLOCK, True),
    ("fill", BLOCK, True),
    ("write", "wasi:io/streams::[method]output-stream.write", False),
    ("receive", BLOCK, True),
    ("resolve", None, False),
]

CALLS = {"0.7": CALLS_07, "0.13": CALLS_13, "components": CALLS_COMPONENTS}


def deaf_listener():
    """A listener that answers nobody, since its queue is full, and whatever
    must stay open for that."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    kept = [listener]
    for _ in range(20):
        filler = socket.socket()
        filler.settimeout(0.2)
        kept.append(filler)
        try:
            filler.connect(listener.getsockname())
        except TimeoutError:
            return listener.getsockname()[1], kept
    sys.exit("a queue that does not become full")


class Program:
    def __init__(self, lunatic, module, port, folder, victim):
        self.victim = victim  # the name of those that wait
        deaf_port, self.kept = deaf_listener()
        # Two descriptions of the file: a look must not move where the program
        # writes, which writes a long report in pieces.
        log = open("parked.log", "a")
        self.errors = open("parked.log")
        self.process = subprocess.Popen(
            [lunatic, "--max-descriptors", str(DESCRIPTORS), "--report=json",
             "--tcplisten", "127.0.0.1:%s" % port, "--dir", folder, module,
             str(port), str(deaf_port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        self.proc = "/proc/%d/" % self.process.pid

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if line != "done\n":
            sys.exit("FAILED: %s: the guest says %r" % (command, line))

    def room(self):
        """How many more descriptors the guest may have."""
        self.process.stdin.write("room\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def descriptors(self):
        return len(os.listdir(self.proc + "fd"))

    def resident(self):
        with open(self.proc + "status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])

    def report(self):
        """What the program says of its processes when it is asked."""
        self.errors.seek(0, os.SEEK_END)
        start = self.errors.tell()
        self.process.send_signal(signal.SIGUSR1)
        line = ""
        end = time.monotonic() + PATIENCE
        while not line.endswith("\n"):
            check(time.monotonic() < end, "no report")
            time.sleep(0.002)
            self.errors.seek(start)
            for line in self.errors:
                if line.startswith("{"):
                    break
        return json.loads(line)

    def waiting(self, function):
        return sum(process["name"] == self.victim and
                   process["state"] in ("io", "timer") and
                   process["host_function"] == function
                   for process in self.report()["processes"])

    def alive(self):
        return self.report()["alive"]


def becomes(what, look, want):
    """Whatever `look` gives must become `want` in time."""
    end = time.monotonic() + PATIENCE
    have = look()
    while have != want and time.monotonic() < end:
        time.sleep(0.002)
        have = look()
    equal(have, want, what)


def kill(program, call, function, before):
    """Kills processes in the call; True if the program then is as before."""
    program.say("hold %s %d" % (call, AT_ONCE))
    if function:
        becomes(call + ": processes that wait",
                lambda: program.waiting(function), AT_ONCE)
    program.say("fail")
    # Who is killed in a job of the pool stays until it is over.
    becomes(call + ": processes after a kill", program.alive, 1)
    becomes(call + ": descriptors after a kill", program.descriptors, before)


def main():
    lunatic, generation, module, port, folder, factor = sys.argv[1:]
    calls = CALLS[generation]
    rounds = ROUNDS_COMPONENTS if generation == "components" else ROUNDS
    program = Program(lunatic, module, port, folder,
                      "_start" if generation == "components" else "victim")
    for call, _, timed in calls:
        program.say("hold %s 1" % call)
        program.say("fail")
        if timed:
            program.say("time %s 1" % call)
    becomes("processes", program.alive, 1)
    before = program.descriptors()
    room = program.room()
    check(room < DESCRIPTORS, "there is no bound")
    for call, function, timed in calls:
        # In the first round it is seen that they wait; in the others the kill
        # comes whenever it comes.
        kill(program, call, function, before)
        for _ in range(rounds // 4):
            kill(program, call, None, before)
        resident = program.resident()
        for _ in range(rounds):
            kill(program, call, None, before)
        if timed:
            program.say("time %s %d" % (call, TIMEOUTS))
            becomes(call + ": descriptors after timeouts",
                    program.descriptors, before)
        becomes(call + ": room for descriptors", program.room, room)
        growth = program.resident() - resident
        # Sanitizers keep what has been freed.
        check(factor != "1" or growth <= MOST_GROWTH,
              call, "has left", growth, "KiB")
    becomes("processes", program.alive, 1)
    program.process.stdin.close()
    equal(program.process.wait(PATIENCE), 0, "the exit status")
    finish()


main()
