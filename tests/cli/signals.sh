#!/bin/sh
# SIGINT and SIGTERM end the program whatever its processes do, with 128 plus
# the number of the signal, and without words.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

# processes NAME BODY: a module whose first process spawns 50 that run BODY,
# writes a line, and runs BODY as well.
processes() {
	module "$1" <<EOF
(module
  (import "lunatic::message" "receive"
    (func \$receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "this" (func \$this (result i64)))
  (import "lunatic::process" "drop_process" (func \$drop (param i64)))
  (import "lunatic::process" "sleep_ms" (func \$sleep (param i64)))
  (import "lunatic::process" "inherit_spawn"
    (func \$spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func \$fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func \$fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield"
    (func \$yield (result i32)))
  (memory (export "memory") 16)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (data (i32.const 16) "ready\\nchild")
  (func \$deep (param \$n i32)
    (if (local.get \$n)
      (then (call \$deep (i32.sub (local.get \$n) (i32.const 1))))
      (else (loop \$l (br \$l)))))
  (func \$body $2)
  (func (export "child") (call \$body))
  (func (export "_start") (local \$left i32)
    (local.set \$left (i32.const 50))
    (loop \$more
      (drop (call \$spawn (i64.const 0)
        (i32.const 22) (i32.const 5) (i32.const 0) (i32.const 0)
        (i32.const 64)))
      (local.set \$left (i32.sub (local.get \$left) (i32.const 1)))
      (br_if \$more (local.get \$left)))
    (drop (call \$fd_write (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 64)))
    (call \$body)))
EOF
}

# ends SIGNAL STATUS NAME OPTION...: starts NAME.wasm, waits for its line, sends
# the signal. Standard input is a pipe in which nothing comes.
ends() {
	signal=$1
	wanted=$2
	name=$3
	shift 3
	rm -f input
	mkfifo input
	: >out
	# Both ends stay open here, so that opening does not wait.
	exec 3<>input
	timeout -k 30 60 "$lunatic" "$@" "$name.wasm" <input >out 2>err &
	pid=$!
	for _ in $(seq 600); do
		! grep -q ready out || break
		sleep 0.05
	done
	# timeout passes the signal on.
	kill -s "$signal" "$pid"
	status=0
	wait "$pid" || status=$?
	exec 3>&-
	expect "$wanted" "$name $*: SIG$signal"
	silent err "$name $*: SIG$signal"
	[ "$(cat out)" = ready ] || bad "$name $*: not ready"
}

processes spins '(loop $l (br $l))'
processes deep '(call $deep (i32.const 1000))'
processes calls '(loop $l (call $drop (call $this)) (br $l))'
processes yields '(loop $l (drop (call $yield)) (br $l))'
processes sleeps '(call $sleep (i64.const -1))'
processes waits '(drop (call $receive (i32.const 0) (i32.const 0)
	(i32.const 0)))'
processes times_out '(loop $l (drop (call $receive (i32.const 0) (i32.const 0)
	(i32.const 1))) (br $l))'
processes reads '(drop (call $fd_read (i32.const 0) (i32.const 0)
	(i32.const 1) (i32.const 64)))'
processes spawns '(loop $l (drop (call $spawn (i64.const 0)
	(i32.const 22) (i32.const 5) (i32.const 0) (i32.const 0)
	(i32.const 64))) (call $sleep (i64.const 1)) (br $l))'
processes tails '(return_call $body)'
processes copies '(loop $l
	(memory.copy (i32.const 4096) (i32.const 8192) (i32.const 1000000))
	(br $l))'

for name in spins deep calls yields sleeps waits times_out reads tails copies; do
	ends INT 130 "$name"
	ends TERM 143 "$name" --workers 4
done
ends TERM 143 spawns --workers 4 --max-processes 20000
ends INT 130 spins --workers 1
ends TERM 143 spins --memory-strategy guard
ends TERM 143 spins --preemption epoch --workers 4
ends TERM 143 calls --max-fuel 1000000000

# The first process waits, while others keep all workers busy: one for each, and
# more than fit into a worker's queue.
for count in 1 4 1000; do
	module busy <<EOF
(module
  (import "lunatic::message" "receive"
    (func \$receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "inherit_spawn"
    (func \$spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func \$fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (data (i32.const 16) "ready\\nchild")
  (func (export "child") (loop \$l (br \$l)))
  (func (export "_start") (local \$left i32)
    (local.set \$left (i32.const $count))
    (loop \$more
      (drop (call \$spawn (i64.const 0)
        (i32.const 22) (i32.const 5) (i32.const 0) (i32.const 0)
        (i32.const 64)))
      (local.set \$left (i32.sub (local.get \$left) (i32.const 1)))
      (br_if \$more (local.get \$left)))
    (drop (call \$fd_write (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 64)))
    (drop (call \$receive (i32.const 0) (i32.const 0) (i32.const 0)))))
EOF
	ends TERM 143 busy --workers 1
	ends INT 130 busy --workers 4
done

# Who catches the failures of links hears nothing of the end: each child is
# linked to the first process, and would write a line.
module linked <<'EOF'
(module
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "die_when_link_dies" (func $die (param i32)))
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "ready\nchild")
  (func (export "child")
    (call $die (i32.const 0))
    (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 64))))
  (func (export "_start") (local $left i32)
    (local.set $left (i32.const 200))
    (loop $more
      (drop (call $spawn (i64.const 5)
        (i32.const 22) (i32.const 5) (i32.const 0) (i32.const 0)
        (i32.const 64)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))
    (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 100)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 64)))
    (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0)))))
EOF
for workers in 1 4 4 4; do
	ends TERM 143 linked --workers $workers
done

# While the start function of a module runs.
module start <<'EOF'
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (func $begin (loop $l (br $l)))
  (start $begin)
  (func (export "_start")))
EOF
timeout -k 5 60 "$lunatic" start.wasm >out 2>err &
pid=$!
sleep 0.5
kill -s TERM "$pid"
status=0
wait "$pid" || status=$?
expect 143 "in a start function"
silent err "in a start function"

# While a plugin waits for a reader of what it prints, and while one computes.
plugin() {
	module "$1" <<EOF
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func \$fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func \$time (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (data (i32.const 16) "ready\\n")
  (func \$write (drop (call \$fd_write (i32.const 1) (i32.const 0)
    (i32.const 1) (i32.const 64))))
  (func (export "lunatic_create_module_hook")
    (call \$write)
    (loop \$more $2 (br \$more))))
EOF
}
module guest <<'EOF'
(module (func (export "_start")))
EOF
plugin printing '(call $write)'
plugin computing '(drop (call $time (i32.const 1) (i64.const 0) (i32.const 80)))'
for name in printing computing; do
	for signal in INT TERM; do
		rm -f output
		mkfifo output
		exec 3<>output
		timeout -k 5 60 "$lunatic" --max-plugin-time 50000 \
			-P "$name.wasm" guest.wasm >output 2>err 3>&- &
		pid=$!
		head -n 1 <&3 >out
		kill -s "$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		exec 3>&-
		wanted=130
		[ "$signal" = INT ] || wanted=143
		expect "$wanted" "SIG$signal in a plugin that is $name"
		silent err "SIG$signal in a plugin that is $name"
	done
done

# SIGPIPE ends nothing: writing fails instead.
module writes <<'EOF'
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "hello\n")
  ;; Exits with the error of writing, or goes on for ever.
  (func (export "_start") (local $error i32)
    (loop $more
      (local.set $error (call $fd_write (i32.const 1) (i32.const 0)
        (i32.const 1) (i32.const 64)))
      (br_if $more (i32.eqz (local.get $error))))
    (call $exit (local.get $error))))
EOF
{
	status=0
	timeout -k 5 60 "$lunatic" writes.wasm 2>err || status=$?
	echo "$status" >status
} | head -n 1 >out
status=$(cat status)
expect 64 "a reader that goes away" # EPIPE
silent err "a reader that goes away"
finish
