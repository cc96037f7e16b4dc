# Sourced after cli.sh by the tests that ask running programs: each is ended
# with the test, whatever comes of it, and has its socket in a folder of the
# test's.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them

XDG_RUNTIME_DIR=$work/run
XDG_CONFIG_HOME=$work/config
export XDG_RUNTIME_DIR XDG_CONFIG_HOME
mkdir -m 700 "$XDG_RUNTIME_DIR"
sockets=$XDG_RUNTIME_DIR/lunatic
started=
trap 'for pid in $started; do kill -9 "$pid" 2>/dev/null || true; done
	rm -rf "$work"' EXIT

# within WHAT COMMAND...: until the command succeeds; at most half a minute.
within() {
	what=$1
	shift
	rounds=300
	until "$@" 2>/dev/null; do
		rounds=$((rounds - 1))
		[ "$rounds" -gt 0 ] || { bad "$what: not in time"; finish; }
		sleep 0.1
	done
}

# begin NAME ARGUMENT...: starts the program in the background, and waits for
# its socket; its process id is in $pid, what it says in NAME.out and NAME.err.
begin() {
	name=$1
	shift
	"$lunatic" "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null &
	pid=$!
	started="$started $pid"
	within "the socket of $name" has_socket "$pid"
}

has_socket() {
	for socket in "$sockets/$1"-*.sock; do
		[ -S "$socket" ] && return 0
	done
	return 1
}

# shows REGEX WHAT ARGUMENT...: until the program's output has such a line.
shows() {
	regex=$1
	what=$2
	shift 2
	within "$what" line_of "$regex" "$@"
}

line_of() {
	regex=$1
	shift
	run "$@"
	grep -Eq -e "$regex" "$work/out"
}

# ended PID: waits for its end; its exit status is in $status.
ended() {
	status=0
	wait "$1" || status=$?
}

# waiting NAME COUNT: NAME.wasm, whose first process registers as "clerk", spawns
# COUNT processes that wait and one more, to which it links, sends itself two
# messages, and waits for another one.
waiting() {
	cat >"$1.wat" <<WAT
(module
  (import "lunatic::message" "create_data"
    (func \$create_data (param i64 i64)))
  (import "lunatic::message" "write_data"
    (func \$write (param i32 i32) (result i32)))
  (import "lunatic::message" "send" (func \$send (param i64)))
  (import "lunatic::message" "receive"
    (func \$receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "this" (func \$this (result i64)))
  (import "lunatic::process" "register"
    (func \$register (param i32 i32 i32 i32 i64 i64) (result i32)))
  (import "lunatic::process" "this_env"
    (func \$environment (result i64)))
  (import "lunatic::process" "inherit_spawn"
    (func \$spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "clerk1.2.3child")
  (func \$wait (export "wait_here")
    (i64.store (i32.const 32) (i64.const 77))
    (drop (call \$receive (i32.const 32) (i32.const 1) (i32.const -1))))
  (func (export "child") (call \$wait))
  (func (export "_start") (local \$left i32)
    (drop (call \$register (i32.const 0) (i32.const 5) (i32.const 5)
      (i32.const 5) (call \$environment) (call \$this)))
    (local.set \$left (i32.const $2))
    (loop \$more
      (drop (call \$spawn (i64.const 0)
        (i32.const 10) (i32.const 5) (i32.const 0) (i32.const 0)
        (i32.const 64)))
      (local.set \$left (i32.sub (local.get \$left) (i32.const 1)))
      (br_if \$more (local.get \$left)))
    (drop (call \$spawn (i64.const 9)
      (i32.const 10) (i32.const 5) (i32.const 0) (i32.const 0)
      (i32.const 64)))
    (call \$create_data (i64.const 5) (i64.const 10))
    (drop (call \$write (i32.const 0) (i32.const 10)))
    (call \$send (call \$this))
    (call \$create_data (i64.const 6) (i64.const 3))
    (drop (call \$write (i32.const 0) (i32.const 3)))
    (call \$send (call \$this))
    (call \$wait)))
WAT
	wat2wasm --enable-all --debug-names "$1.wat" -o "$1.wasm"
}
