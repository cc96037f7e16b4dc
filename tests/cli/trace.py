"""Traces a program that does on demand what is known.

    trace.py LUNATIC GUEST FOLDER
"""
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../net/support"))
from client import PATIENCE, check, finish  # noqa: E402

lunatic, guest, folder = sys.argv[1:]


class Program:
    def __init__(self):
        self.program = subprocess.Popen(
            [lunatic, "--control", folder, guest], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.answer(b"ready\n")

    def answer(self, wanted):
        line = self.program.stdout.readline()
        check(line == wanted, line)

    def tell(self, word):
        self.program.stdin.write(word.encode() + b"\n")
        self.program.stdin.flush()
        self.answer(b"done\n")

    def end(self):
        self.program.communicate(timeout=PATIENCE)
        check(self.program.returncode == 0, self.program.returncode)


def start(*arguments):
    """A trace that has begun."""
    tracing = subprocess.Popen(
        [lunatic, "trace", "--control", folder, "--json", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    line = tracing.stdout.readline()
    check(line == b"" or json.loads(line) == {"event": "begin"}, line)
    return tracing


def end_of(tracing):
    out, error = tracing.communicate(timeout=PATIENCE)
    check(tracing.returncode == 0 and error == b"", tracing.args,
          tracing.returncode, error)
    items = [json.loads(line) for line in out.splitlines()]
    return items[:-1], items[-1] if items else {}


def of_one(program):
    """All that the first process does in a round."""
    tracing = start("first", "--count", "26")
    for _ in range(3):
        program.tell("go")
    events, result = end_of(tracing)
    check(result["reason"] == "count" and result["events"] == 26 and
          result["lost"] == 0, result)
    check(len(events) == 26, len(events))
    kinds = "".join({"spawn": "s", "link": "l", "send": ">", "receive": "<",
                     "exit": "x"}[it["event"]] for it in events)
    # Link, spawn, the argument; a message and its answer; a message that ends
    # the child, and that of its end; one that is dropped; another child.
    check("ls>><><>s" in kinds, kinds)
    times = [it["us"] for it in events]
    check(times == sorted(times), times)
    numbers = {it["process"]["number"] for it in events}
    check(len(numbers) == 1, numbers)
    at = kinds.index("ls>><><>s")
    link, spawn, argument, tell, answer, last, died, dropped = \
        events[at:at + 8]
    check(tell["tag"] == -7 and tell["bytes"] == 11, tell)
    check("dropped" not in tell, tell)
    # It has no number before it is started.
    check(tell["other"]["number"] == spawn["other"]["number"], tell, spawn)
    check(tell["other"]["id"] == spawn["other"]["id"] == link["other"]["id"],
          tell, spawn, link)
    check(not link["other"]["remote"], link)
    check(answer["tag"] == -7 and answer["bytes"] == 1, answer)
    check(last["tag"] == -9, last)
    check(died["tag"] == -3 and died.get("signal") is True, died)
    check(dropped["dropped"] == "the receiver has ended", dropped)


def of_new(program):
    """Those that are started meanwhile, with their ends."""
    tracing = start("--new", "--time", "3s")
    program.tell("go")
    events, result = end_of(tracing)
    check(result["reason"] == "time", result)
    starts = [it for it in events if it["event"] == "start"]
    exits = [it for it in events if it["event"] == "exit"]
    check(len(starts) == 2 and len(exits) == 2, events)
    check(starts[0]["other"]["number"] == starts[1]["other"]["number"], starts)
    check({it["process"]["number"] for it in starts} ==
          {it["process"]["number"] for it in exits}, events)
    # The parent, which was there before, is not traced.
    check(all(it["process"]["number"] != starts[0]["other"]["number"]
              for it in events), events)
    ends = sorted((it["reason"], it.get("status")) for it in exits)
    check(ends == [("exited", 5), ("trapped", None)], ends)


def of_environment(program):
    """All: those that are there, and those that come."""
    tracing = start("--environment", "0", "--time", "3s")
    program.tell("go")
    events, result = end_of(tracing)
    kinds = {it["event"] for it in events}
    check({"spawn", "start", "exit", "link", "send", "receive"} <= kinds,
          kinds)
    check(len({it["process"]["number"] for it in events}) == 3, events)
    # Nobody has that number.
    tracing = start("--environment", "77", "--time", "500ms")
    program.tell("go")
    events, result = end_of(tracing)
    check(events == [] and result["reason"] == "time", events, result)


def flood(program):
    """One that is traced goes on however much it does: what is not read in time
    is lost, and counted."""
    program.tell("flood")
    begun = time.monotonic()
    tracing = start("flood", "--time", "1500ms", "--count", "10000000")
    time.sleep(0.5)
    # The others work meanwhile.
    program.tell("go")
    events, result = end_of(tracing)
    lost = sum(it.get("lost", 0) for it in events)
    told = sum("event" in it for it in events)
    check(result["reason"] == "time" and result["events"] == told and
          result["lost"] == lost, result, told, lost)
    check(told > 1000, told)
    check(time.monotonic() - begun < PATIENCE, "time")
    # When the trace is over the process runs on.
    again = start("flood", "--count", "10")
    events, result = end_of(again)
    check(result["events"] == 10 and result["reason"] == "count", result)
    # A trace whose client goes away ends with it: a few are allowed at once.
    held = [start("flood", "--time", "3600s", "--count", "10000000")
            for _ in range(4)]
    refused = start("flood")
    out, error = refused.communicate(timeout=PATIENCE)
    check(refused.returncode == 1 and b"there are 4 traces already" in error,
          refused.returncode, error)
    for it in held:
        it.kill()
        it.communicate()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        last = start("flood", "--count", "5")
        last.communicate(timeout=PATIENCE)
        if last.returncode == 0:
            break
    check(last.returncode == 0, "traces do not end with their clients")
    killed = start("flood", "--time", "60s", "--count", "10000000")
    subprocess.run([lunatic, "kill", "--control", folder, "flood"], check=True)
    events, result = end_of(killed)
    check(result["reason"] == "ended", result)


def as_text(program):
    text = subprocess.Popen(
        [lunatic, "trace", "--control", folder, "first", "--time", "60s",
         "--count", "12"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    head = text.stdout.readline()
    check(re.match(rb" +seconds process +event$", head), head)
    program.tell("go")
    program.tell("go")
    out, error = text.communicate(timeout=PATIENCE)
    lines = out.decode().splitlines()
    check(len(lines) == 13, lines)
    for line in lines[:-1]:
        check(re.match(r" *\d+\.\d{6} \d+ +(spawn|link|send|receive) ", line),
              line)
    check(any(re.search(r"send +\d+ +tag -7, 11 bytes$", line)
              for line in lines), lines)
    check(any(re.search("receive +tag -3, the end of a process$", line)
              for line in lines), lines)
    check(any(line.endswith("dropped: the receiver has ended")
              for line in lines), lines)
    check(lines[-1] == "12 events; more of them with --count", lines[-1])


def nobody():
    refused = start("nobody-of-that-name")
    out, error = refused.communicate(timeout=PATIENCE)
    check(refused.returncode == 3 and b"there is no process" in error, error)


program = Program()
of_one(program)
of_new(program)
of_environment(program)
as_text(program)
nobody()
flood(program)
program.end()
finish()
