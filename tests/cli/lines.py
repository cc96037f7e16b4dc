"""Breaks the debug sections of modules: each gets a report, and no crash.

    lines.py LUNATIC MODULE...
"""
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../net/support"))
from client import check, finish  # noqa: E402

lunatic = sys.argv[1]
ROUNDS = 25


def number(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def sections(data):
    """Where the content of each debug section is, by its name."""
    found = {}
    at = 8
    while at < len(data):
        kind = data[at]
        size, at = number(data, at + 1)
        end = at + size
        if kind == 0:
            length, begin = number(data, at)
            name = data[begin:begin + length].decode("utf-8", "replace")
            if name.startswith(".debug_"):
                found[name] = (begin + length, end)
        at = end
    return found


def run(data, what):
    with open("broken.wasm", "wb") as file:
        file.write(data)
    done = subprocess.run([lunatic, "broken.wasm"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    check(done.returncode == 134, what, done.returncode, done.stderr[:500])
    check(b"trapped: " in done.stderr and b"!deep" in done.stderr, what,
          done.stderr[:500])
    check(b"Sanitizer" not in done.stderr, what, done.stderr[:3000])


source = random.Random(1)
for name in sys.argv[2:]:
    with open(name, "rb") as file:
        good = file.read()
    there = sections(good)
    check(".debug_line" in there, name, there)
    for round in range(ROUNDS):
        data = bytearray(good)
        which = source.choice([s for s in there
                               if s in (".debug_line", ".debug_line_str",
                                        ".debug_str")])
        begin, end = there[which]
        for _ in range(source.choice((1, 3, 100))):
            data[source.randrange(begin, end)] = source.choice(
                (0, 1, 127, 128, 255, source.randrange(256)))
        run(bytes(data), (name, which, round))
    begin, end = there[".debug_line"]
    for fill in 0, 1, 0x80, 0xff:
        data = bytearray(good)
        data[begin:end] = bytes([fill]) * (end - begin)
        run(bytes(data), (name, "filled with", fill))
finish()
