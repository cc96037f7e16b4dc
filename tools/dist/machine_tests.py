"""Turns what `ctest --show-only=json-v1` says into lines for the shell of a
machine (test-aarch64-system.sh):

    machine_tests.py LIST TESTS SOURCES

TESTS gets a call for each test, SOURCES the guests that they may compile. Of
tests that are scripts those in Python, and those for bash, are left out.
"""

import glob
import json
import os
import shlex
import sys


def runs_there(command):
    """Whether busybox can run it."""
    with open(command[0], "rb") as file:
        first = file.readline(80)
    return first.startswith(b"\x7fELF") or first.strip() == b"#!/bin/sh"


def main():
    list_path, tests_path, sources_path = sys.argv[1:]
    with open(list_path, encoding="utf-8") as file:
        tests = json.load(file)["tests"]
    sources = set(
        os.path.realpath(path)
        for path in glob.glob("tests/stress/guest/*")
        if path.endswith((".c", ".wat"))
    )
    lines = []
    for test in tests:
        if "command" not in test or not runs_there(test["command"]):
            print("left out:", test["name"], file=sys.stderr)
            continue
        properties = {p["name"]: p["value"] for p in test["properties"]}
        words = [test["name"], str(int(properties.get("TIMEOUT", 300)))]
        words += properties.get("ENVIRONMENT", [])
        words += test["command"]
        lines.append("one " + " ".join(shlex.quote(word) for word in words))
        sources.update(
            os.path.realpath(word)
            for word in test["command"][1:]
            if word.endswith((".c", ".wat"))
        )
    with open(tests_path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    with open(sources_path, "w", encoding="utf-8") as file:
        file.writelines(source + "\n" for source in sorted(sources))


if __name__ == "__main__":
    main()
