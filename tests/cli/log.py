"""The log as JSON: an object on each line, with what it is about.

    log.py LUNATIC GUEST
"""
import datetime
import json
import os
import re
import subprocess
import sys

lunatic, guest = sys.argv[1:]
failures = 0
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def check(holds, *what):
    global failures
    if not holds:
        failures += 1
        print("FAILED:", *what)


def run(*arguments, status=0, **variables):
    environment = dict(os.environ, LUNATIC_LOG_FORMAT="json", **variables)
    done = subprocess.run([lunatic, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          env=environment, timeout=60)
    check(done.returncode == status, arguments, done)
    lines = done.stderr.decode("utf-8").splitlines()
    objects = []
    for line in lines:
        check(all(c >= " " for c in line), repr(line))
        objects.append(json.loads(line))
    for it in objects:
        time = datetime.datetime.strptime(it["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        check(abs((now - time).total_seconds()) < 600, it)
        check(it["level"] in ("error", "warn", "info", "debug"), it)
        check(it["origin"] in ("guest", "runtime"), it)
        check("message" in it, it)
    return objects


def find(objects, **members):
    found = [it for it in objects
             if all(it.get(name) == value for name, value in members.items())]
    check(len(found) == 1, members, "in", objects)
    return found[0] if found else {}


all_lines = run("--log-level", "debug", guest)
first = find(all_lines, origin="guest", level="error", message="error 1")
check(UUID.match(first.get("process", "")), first)
check(first.get("environment") == 0 and "name" not in first, first)
check("node" not in first, first)
find(all_lines, level="warn", message='warn: "quoted" \\')
find(all_lines, level="info", message="two lines?[31m? end")
find(all_lines, level="debug", message="debug")
find(all_lines, level="warn", message="")
find(all_lines, level="warn", message="x" * 8192)
order = [it["message"] for it in all_lines]
check(order.index("error 1") < order.index("debug"), order)

said = find(all_lines, message="about to fail", name='worker "7"')
trap = find(all_lines, origin="runtime", level="warn", name='worker "7"')
check(trap["message"].startswith("trapped: "), trap)
check(said["process"] == trap["process"] != first["process"], trap)
check(all_lines.index(said) < all_lines.index(trap), "a report before a line")
check(len(trap["trace"]) >= 1 and trap["trace"][0].startswith("0: "), trap)

# The program itself, before and after there is a runtime.
it = find(run("missing.wasm", status=1), level="error", origin="runtime")
check("cannot open 'missing.wasm'" in it["message"], it)
it = find(run("--no-such-option", status=1), level="error")
check("unknown option" in it["message"], it)
check("process" not in it and "environment" not in it, it)

# A report is a member.
report = [it for it in run("--report", guest) if "report" in it]
check(len(report) == 1 and report[0]["report"]["started"] >= 2, report)

# A node is named in each line.
node = run("--node", "127.0.0.1:0", "--node-name", 'a"b', "--log-level", "info",
           guest)
check(any("connected to 0 others" in it["message"] and it["level"] == "info"
          for it in node), node)
check(all(it.get("node") == 'a"b' for it in node), node)

# An option comes after the variable.
text = subprocess.run([lunatic, "--log-format", "text", "missing.wasm"],
                      stderr=subprocess.PIPE,
                      env=dict(os.environ, LUNATIC_LOG_FORMAT="json"))
check(text.stderr.startswith(b"lunatic: cannot open"), text)
sys.exit(failures > 0)
