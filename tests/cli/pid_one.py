"""The program as process 1 of a namespace: it waits for orphans and passes
signals on.

    pid_one.py LUNATIC FOLDER COMMAND...
"""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../net/support"))
from client import check, finish  # noqa: E402

lunatic, folder = sys.argv[1:3]
alone = sys.argv[3:]


# A shell becomes the program, as process 1, after it has started one whose
# parent ends: an orphan of process 1, which ends soon.
SCRIPT = """
(sh -c 'sleep 0.2; : >orphan.done' &)
sh -c 'echo $PPID; exec sleep 1000' &
exec "$0" "$@"
"""


def start(*arguments):
    return subprocess.Popen([*alone, "sh", "-c", SCRIPT, lunatic, *arguments],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            stdin=subprocess.DEVNULL, cwd=folder)


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(word) for word in file.read().split()]


def state(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return ""


def run(number, status, *options):
    program = start(*options, "waits.wasm")
    words = program.stdout.readline() + program.stdout.readline()
    check(sorted(words.split()) == [b"1", b"ready"], words)
    first = children(program.pid)[0]
    while not os.path.exists(os.path.join(folder, "orphan.done")):
        time.sleep(0.01)
    # The orphan may still be about to end. What stays is the program and the
    # one that sleeps.
    deadline = time.monotonic() + 30
    while len(children(first)) != 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    states = [state(pid) for pid in children(first)]
    check(len(states) == 2 and "Z" not in states, states)
    os.kill(first, number)
    out, error = program.communicate(timeout=60)
    check(program.returncode == status, number, options, program.returncode)
    check(error == b"", error)
    os.unlink(os.path.join(folder, "orphan.done"))


run(signal.SIGTERM, 143)
run(signal.SIGINT, 130)
run(signal.SIGTERM, 0, "--drain", "30s")
# The status of the program is passed on.
failed = subprocess.run([*alone, lunatic, "missing.wasm"], cwd=folder,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
check(failed.returncode == 1 and b"cannot open" in failed.stderr, failed)
finish()
