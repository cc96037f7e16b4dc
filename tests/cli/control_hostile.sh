#!/bin/sh
# The control socket and those who misuse it: garbage, endless lines, many
# connections, readers that do not read, other users; and a program whose
# workers are all busy. Afterwards it answers as before, with no more
# descriptors than before.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"
. "$(dirname "$0")/support/programs.sh"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }

module busy <<'WAT'
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "spin")
  (func $spin (export "spin") (loop $more (br $more)))
  (func (export "_start") (local $left i32)
    (local.set $left (i32.const 200))
    (loop $more
      (drop (call $spawn (i64.const 0)
        (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0)
        (i32.const 64)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))
    (call $spin)))
WAT

# All workers compute, and so do 200 processes that wait for them.
begin busy --workers 2 busy.wasm
shows "^$pid busy: 201 processes" "busy workers" ps --max 1
run inspect _start
expect 0 "inspect among busy workers"
says out '^state +(running|runnable)' "inspect among busy workers"
# shellcheck disable=SC2046 # one word each
set -- $("$lunatic" ps --all --columns number,name | awk '$2 == "spin" { print $1 }')
[ $# -eq 200 ] || bad "not 200 spin"
run kill "$1" "$2" "$3"
expect 0 "kill among busy workers"
shows "^$pid busy: 198 processes" "killed among busy workers" ps --max 1
kill "$pid"
ended "$pid"

waiting app 2000
begin app app.wasm
shows '2002 processes' "all processes" ps --max 1
cat >client.py <<'PY'
import json, os, socket, sys, time

path, pid = sys.argv[1], int(sys.argv[2])

def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.settimeout(30)
    return s

def lines(s):
    f = s.makefile("rb")
    assert json.loads(f.readline())["control"] == 1
    return f

def ask(s, f, **request):
    s.sendall(json.dumps(request).encode() + b"\n")
    return json.loads(f.readline())

def descriptors():
    return len(os.listdir("/proc/%d/fd" % pid))

def settled(count):
    end = time.monotonic() + 30
    while descriptors() > count and time.monotonic() < end:
        time.sleep(0.02)
    assert descriptors() <= count, (descriptors(), count)

def memory():
    for line in open("/proc/%d/status" % pid):
        if line.startswith("VmRSS"):
            return int(line.split()[1])

def well():
    s = connect()
    f = lines(s)
    assert ask(s, f, id=1, method="program")["result"]["alive"] == 2002
    s.close()

well()
time.sleep(0.2)
before = descriptors()

# Garbage, of which each line is answered, and the next one as well.
s = connect()
f = lines(s)
for line in [b"", b"\xff\xfe", b"{", b"null", b"[" * 60000, b'{"id":1}',
             b'{"id":1,"method":"ps","args":{"max":1e999}}', b"\x00" * 100]:
    s.sendall(line + b"\n")
    assert "error" in json.loads(f.readline()), line
# A line that is too long, in pieces, is passed over.
for i in range(40):
    s.sendall(b"x" * 65536)
s.sendall(b"\n")
assert json.loads(f.readline())["error"]["code"] == "too-long"
assert "result" in ask(s, f, id=3, method="program")
# Half a line, then the rest.
s.sendall(b'{"id":4,"me')
time.sleep(0.05)
s.sendall(b'thod":"program"}\n{"id":5,"method":"program"}\n')
assert [json.loads(f.readline())["id"] for i in range(2)] == [4, 5]
# Half a line, then the end: no answer, no harm.
s.sendall(b'{"id":6,"method":"program"}')
s.shutdown(socket.SHUT_WR)
assert f.readline() == b""
s.close()
# The end behind a request: the answer comes all the same.
s = connect()
f = lines(s)
s.sendall(b'{"id":7,"method":"ps"}\n')
s.shutdown(socket.SHUT_WR)
assert sum(1 for line in f) == 2003
s.close()

# 1,000 connections: those above the bound are told, and all others served.
served = refused = 0
held = []
for i in range(1000):
    s = connect()
    held.append(s)
    first = json.loads(s.makefile("rb").readline())
    if "control" in first:
        served += 1
    else:
        assert first["error"]["code"] == "busy", first
        refused += 1
assert served == 64 and refused == 936, (served, refused)
settled(before + 64)
# One of those that are there is still answered.
f = held[0].makefile("rb")
assert "result" in ask(held[0], f, id=1, method="program")
f.close()
for s in held:
    s.close()
settled(before)
well()

# Readers that do not read, of as much as there is to ask for: the others are
# answered, and what is kept for these is bounded.
start = memory()
slow = []
for i in range(30):
    s = connect()
    for id in range(16):
        s.sendall(json.dumps({"id": id, "method": "ps"}).encode() + b"\n")
    slow.append(s)
for i in range(20):
    well()
assert memory() - start < 64 * 1024, memory() - start
# One of them reads now, and gets all.
f = lines(slow[0])
ends = 0
while ends < 16:
    ends += "result" in json.loads(f.readline())
f.close()
for s in slow:
    s.close()
settled(before)

# Clients that come and go, with requests under way.
for i in range(300):
    s = connect()
    s.sendall(b'{"id":1,"method":"inspect","args":{"process":"zork"}}\n'
              b'{"id":2,"method":"ps"}\n')
    s.close()
settled(before)
well()
PY
python3 client.py "$sockets/$pid-app.sock" "$pid" >out 2>err ||
	{
		cat app.err >>err
		bad "hostile clients"
	}

# Others than the user. The folder keeps them out; the server does as well.
other="setpriv --reuid 65534 --regid 65534 --clear-groups"
python=$(command -v /usr/bin/python3 || command -v python3)
if [ "$(id -u)" -ne 0 ] || ! $other "$python" -c 'import socket' 2>/dev/null
then
	echo "left out: becoming another user"
else
	chmod 755 "$work" "$XDG_RUNTIME_DIR" "$sockets"
	chmod 666 "$sockets/$pid-app.sock"
	$other "$python" -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
print(s.makefile().read())' "$sockets/$pid-app.sock" >out 2>err ||
		bad "another user"
	says out '"code":"not-permitted"' "another user"
	[ "$(wc -l <out)" -le 2 ] || bad "another user: more than a refusal"
	chmod 700 "$sockets"
fi

# A program with few descriptors left goes on, and answers again.
(
	# shellcheck disable=SC3045 # dash and bash have it
	ulimit -n 64
	exec "$lunatic" --control "$work/few" app.wasm
) >few.out 2>few.err &
few=$!
started="$started $few"
shows "^$few app" "few descriptors" ps --control "$work/few" --max 1
python3 -c 'import socket, sys
held = []
for i in range(200):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    try: s.connect(sys.argv[1])
    except OSError: break
    held.append(s)' "$work"/few/"$few"-app.sock 2>err ||
	bad "few descriptors"
run ps --control "$work/few" --max 1
expect 0 "after too many connections"
finish
