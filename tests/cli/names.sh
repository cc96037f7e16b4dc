#!/bin/sh
# Names that a module gives its functions: whatever they are, a trap and a
# report take little time and memory, and other processes go on. How long it
# takes is bounded by the test's time only.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

most=1200000 # KiB that the program may have used; sanitizers need much of it

# byte NUMBER, leb NUMBER: as they stand in a module.
byte() {
	# shellcheck disable=SC2059
	printf "\\$(printf %03o "$1")"
}
leb() {
	left=$1
	while [ "$left" -ge 128 ]; do
		byte $((left % 128 + 128))
		left=$((left / 128))
	done
	byte "$left"
}

# sized FILE: its length and its bytes.
sized() {
	leb "$(wc -c <"$1")"
	cat "$1"
}

# The first process spawns one that traps, 30 calls deep, and one that waits in
# the function 4, says that it is ready, and waits. Function 3 traps.
module base <<'EOS'
(module
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "ready\nchildwaiter")
  (func $deep (param i32)
    (if (i32.eqz (local.get 0)) (then unreachable))
    (call $deep (i32.sub (local.get 0) (i32.const 1))))
  (func $wait (call $sleep (i64.const -1)))
  (func (export "child") (call $deep (i32.const 30)))
  (func (export "waiter") (call $wait))
  (func (export "_start")
    (drop (call $spawn (i64.const 0) (i32.const 27) (i32.const 6)
      (i32.const 0) (i32.const 0) (i32.const 64)))
    (drop (call $spawn (i64.const 0) (i32.const 22) (i32.const 5)
      (i32.const 0) (i32.const 0) (i32.const 64)))
    (call $sleep (i64.const 100))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 64)))
    (call $sleep (i64.const -1))))
EOS

# with_name FILE: base.wasm, whose functions 3 and 4 are called what is in FILE.
with_name() {
	{
		byte 2
		byte 3
		sized "$1"
		byte 4
		sized "$1"
	} >names
	{
		printf '\004name\001'
		sized names
	} >section
	{
		cat base.wasm
		byte 0
		sized section
	} >named.wasm
}

# holds REGEX WHAT: named.wasm runs to where it says that it is ready. A line of
# the trap's report matches. Asked for a report, the program gives one.
holds() {
	: >out
	timeout -k 30 100 "$lunatic" named.wasm >out 2>err </dev/null &
	pid=$!
	for _ in $(seq 900); do
		! grep -q ready out || break
		sleep 0.05
	done
	grep -q ready out || bad "$2: other processes do not go on"
	# timeout passes SIGTERM on, but not SIGUSR1.
	program=$(cat "/proc/$pid/task/$pid/children")
	for _ in $(seq 100); do
		kill -USR1 "${program% }"
		sleep 0.1
		! grep -q "with less memory\|waiter" err || break
	done
	peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' \
		"/proc/${program% }/status")
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	expect 143 "$2"
	[ "$peak" -le "$most" ] || bad "$2: $peak KiB"
	says err 'trapped: wasm `unreachable` instruction executed$' "$2"
	says err "$1" "$2"
	says err ' waiter .* > process::sleep_ms$' "$2: a report"
	! grep -q '[^[:print:]]' err || bad "$2: what is not printable"
	[ "$(wc -L <err)" -le 400 ] || bad "$2: a long line"
	[ "$(wc -c <err)" -le 60000 ] || bad "$2: a long report"
}

# bomb LEVELS FAN: a name of C++ each of whose types has the one before it FAN
# times in it.
bomb() {
	awk -v levels="$1" -v fan="$2" 'BEGIN {
		digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		printf "_Z1f1A1XI"
		for (i = 0; i < fan; i++) printf "S_"
		printf "E"
		for (l = 1; l < levels; l++) {
			printf "S0_I"
			for (i = 0; i < fan; i++)
				printf "S%s_", substr(digits, l + 1, 1)
			printf "E"
		}
	}'
}

for size in "2 10" "6 10" "4 50" "9 20"; do
	# shellcheck disable=SC2086
	bomb $size >name
	with_name name
	holds '^    0: +0x[0-9a-f]+ - <unknown>!(f\(A, X<A, |_Z1f1A1XI)' \
		"a name that expands, $size"
done

# Reading this one means to try all ways to read its end, again and again.
{
	printf _Z1f1A1XIX
	for _ in $(seq 200); do
		printf mlT_
	done
} >name
with_name name
holds '!_Z1f1A1XIXmlT_' "a name that is hard to read"

head -c 20000000 /dev/zero | tr '\0' a >name
with_name name
holds '!a{200,253}\.\.$' "a name of 20 MB"

# The code of C++ for a type.
printf f >name
with_name name
holds '!f$' "f"

printf '\033[2J\302\233\342\200\256\n\377' >name
with_name name
holds '!\?\[2J\?\? \?$' "what terminals obey"

printf '_ZN5space3fooEibc' >name
with_name name
holds '!space::foo\(int, bool, char\)$' "C++"
printf '_ZN4core3fmt5write17h0123456789abcdefE' >name
with_name name
holds '!core::fmt::write$' "Rust"

# A million names, most of them of functions that do not exist.
awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "\003\001n" }' >pairs
{
	leb 1000000
	cat pairs
} >names
{
	printf '\004name\001'
	sized names
} >section
{
	cat base.wasm
	byte 0
	sized section
} >named.wasm
holds '!n$' "a million names"

finish
