#!/usr/bin/env python3
"""Sends SIGURG to all workers of a program, as fast as it can.

    signals.py PID SECONDS WAY

WAY is `thread`, to each worker in turn, or `program`.
"""
import ctypes
import os
import signal
import sys
import time

pid, seconds, way = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
syscall = ctypes.CDLL(None, use_errno=True).syscall
TGKILL = {"x86_64": 234, "aarch64": 131}[os.uname().machine]

workers = []
for thread in os.listdir(f"/proc/{pid}/task"):
    with open(f"/proc/{pid}/task/{thread}/comm", encoding="ascii") as comm:
        if comm.read().startswith("ln-worker"):
            workers.append(int(thread))

end = time.monotonic() + seconds
sent = 0
while time.monotonic() < end:
    for _ in range(500):
        if way == "program":
            os.kill(pid, signal.SIGURG)
            sent += 1
            continue
        for thread in workers:
            if syscall(TGKILL, pid, thread, signal.SIGURG) != 0:
                sys.exit("tgkill failed")
            sent += 1
print(f"{sent} signals")
