#!/bin/sh
# --report and SIGUSR1: what is said of each process, in both forms, and that a
# program is not lost by being asked.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

# named NAME: as module, with the names of functions.
named() {
	cat >"$1.wat"
	wat2wasm --enable-all --debug-names "$1.wat" -o "$1.wasm"
}

# many NAME COUNT CHILD LAST: a module whose first process spawns COUNT that
# run CHILD and one called "waiter", writes a line, and runs LAST.
many() {
	named "$1" <<EOF
(module
  (import "lunatic::message" "receive"
    (func \$receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "sleep_ms" (func \$sleep (param i64)))
  (import "lunatic::process" "inherit_spawn"
    (func \$spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func \$fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (data (i32.const 16) "ready\\nchildwaiter")
  (func \$turn (loop \$l (br \$l)))
  (func \$wait (drop (call \$receive (i32.const 0) (i32.const 0)
    (i32.const -1))))
  (func (export "child") $3)
  (func (export "waiter") (drop (memory.grow (i32.const 2))) (call \$wait))
  (func (export "_start") (local \$left i32)
    (drop (call \$spawn (i64.const 0)
      (i32.const 27) (i32.const 6) (i32.const 0) (i32.const 0)
      (i32.const 64)))
    (local.set \$left (i32.const $2))
    (loop \$more
      (drop (call \$spawn (i64.const 0)
        (i32.const 22) (i32.const 5) (i32.const 0) (i32.const 0)
        (i32.const 64)))
      (local.set \$left (i32.sub (local.get \$left) (i32.const 1)))
      (br_if \$more (local.get \$left)))
    (call \$sleep (i64.const 100))
    (drop (call \$fd_write (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 64)))
    $4))
EOF
}

# valid FILE WHAT: every line there is JSON.
valid() {
	if command -v python3 >/dev/null; then
		python3 -c 'import json, sys
for line in open(sys.argv[1]): json.loads(line)' "$1" 2>json.err ||
			bad "$2: not JSON: $(cat json.err)"
	fi
}

# The end of the first process.
many few 3 '(call $wait)' ''
run --report few.wasm
expect 0 --report
says err '^lunatic: 4 processes alive after .*, 5 started; ended: 1 normally, 0 failed, 0 killed$' --report
says err '^process +env state ' --report
says err '^[0-9a-f]{8} +0 receive +0 +0 +0 +192.0K +[0-9]+ +0 +[0-9.]+s waiter +wait > message::receive$' --report
[ "$(grep -c ' child ' err)" -eq 3 ] || bad "--report: not three children"
[ "$(wc -L <err)" -le 120 ] || bad "--report: wider than 120 columns"
[ "$(cat out)" = ready ] || bad "--report: standard output"
run --report=table --report-most 1 few.wasm
expect 0 --report-most
says err '^and 3 with less memory$' --report-most
run --report=json few.wasm
expect 0 --report=json
valid err --report=json
[ "$(wc -l <err)" -eq 1 ] || bad "--report=json: not one line"
says err '"alive":4,"started":5,"ended":\{"normal":1,"exited":0,"trapped":0,"killed":0\}' --report=json
says err '"state":"receive","environment":0,"name":"waiter","host_function":"lunatic::message::receive","function":"wait","messages":0' --report=json
run few.wasm
silent err "no --report"
refuses "'yaml' is not a valid value of --report" --report=yaml few.wasm
refuses "'-1' is not a valid value of --report-most" --report-most -1 few.wasm

# A first process that fails, and one that is alone.
module trap <<'EOF'
(module (func (export "_start") unreachable))
EOF
run --report trap.wasm
expect 134 "a trap"
says err '0 normally, 1 failed' "a trap"

# Names that would do something to a terminal, or end a string.
module '"names"' <<'EOF'
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "a\"\1b[2J\n\\")
  (func (export "a\"\1b[2J\n\\") (call $sleep (i64.const 100000)))
  (func (export "_start")
    (drop (call $spawn (i64.const 0) (i32.const 0) (i32.const 8)
      (i32.const 0) (i32.const 0) (i32.const 64)))
    (call $sleep (i64.const 50))))
EOF
run --report '"names".wasm'
expect 0 "bad names"
says err ' a"\?\[2J \\ ' "bad names"
run --report=json '"names".wasm'
valid err "bad names in JSON"
says err '"name":"a\\"\?\[2J \\\\"' "bad names in JSON"

# asks NAME COUNT REGEX OPTION...: starts NAME.wasm, asks until there are three
# reports and one has COUNT lines, or parts of a line, that match, and ends it.
# Who cannot answer in time is left out, so more questions may be needed.
asks() {
	name=$1
	count=$2
	regex=$3
	shift 3
	: >out
	timeout -k 30 100 "$lunatic" "$@" "$name.wasm" >out 2>err </dev/null &
	pid=$!
	for _ in $(seq 600); do
		! grep -q ready out || break
		sleep 0.05
	done
	# timeout passes SIGTERM on, but not SIGUSR1.
	program=$(cat "/proc/$pid/task/$pid/children")
	for asked in $(seq 40); do
		# shellcheck disable=SC2086
		kill -s USR1 $program
		for _ in $(seq 600); do
			reports=$(grep -c "$shown" err) || true
			[ "$reports" -lt "$asked" ] || break
			sleep 0.05
		done
		[ "$asked" -lt 3 ] ||
			[ "$(grep -Eo -e "$regex" err | wc -l)" -lt "$count" ] ||
			break
	done
	kill -s TERM "$pid"
	status=0
	wait "$pid" || status=$?
	expect 143 "$name $*"
	[ "$reports" -ge 3 ] || bad "$name $*: no three reports"
	[ "$(grep -Eo -e "$regex" err | wc -l)" -ge "$count" ] ||
		bad "$name $*: no $count times $regex"
}

many spinning 1000 '(call $turn)' '(call $turn)'
many waiting 1000 '(call $wait)' '(call $wait)'
many dying 1000 '(call $sleep (i64.const 1))' '(loop $l
	(drop (call $spawn (i64.const 0)
		(i32.const 22) (i32.const 5) (i32.const 0) (i32.const 0)
		(i32.const 64)))
	(br $l))'
shown='processes alive'
asks waiting 1 ' waiter +wait > message::receive$'
says err 'and 952 with less memory' "waiting"
asks spinning 1 ' (_start|child) +turn$'
says err '^lunatic: 1002 processes alive' "spinning"
asks dying 1 ' [0-9]{3,} normally' --max-processes 5000
asks spinning 1 ' (_start|child) +turn$' --workers 1
asks spinning 1 ' (_start|child) +turn$' --max-fuel 100000000
asks waiting 1 ' wait > message::receive$' --memory-strategy guard \
	--max-memory 1M
shown='"alive"'
asks waiting 1002 '"function":"wait"' --report=json --report-most 2000
valid err "SIGUSR1 with --report=json"

finish
