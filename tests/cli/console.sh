#!/bin/sh
# Nobody waits for who reads standard error: what the program says of its
# processes goes there by a thread of its own, and what does not fit is counted.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

# traps NAME COUNT PAUSE TICKS LAST: a module whose first process has one spawn
# COUNT that trap (-1: for ever), PAUSE milliseconds apart, writes TICKS lines,
# 20 ms apart, and does LAST.
traps() {
	module "$1" <<EOS
(module
  (import "lunatic::process" "sleep_ms" (func \$sleep (param i64)))
  (import "lunatic::process" "drop_process" (func \$drop (param i64)))
  (import "lunatic::process" "inherit_spawn"
    (func \$spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func \$fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00")
  (data (i32.const 16) "tick\\ntrapperparent")
  (func \$deep (param i32)
    (if (i32.eqz (local.get 0)) (then unreachable))
    (call \$deep (i32.sub (local.get 0) (i32.const 1))))
  (func (export "trapper") (call \$deep (i32.const 30)))
  (func (export "parent") (local \$left i32)
    (local.set \$left (i32.const $2))
    (loop \$more
      (drop (call \$spawn (i64.const 0) (i32.const 21) (i32.const 7)
        (i32.const 0) (i32.const 0) (i32.const 64)))
      (call \$drop (i64.load (i32.const 64)))
      (call \$sleep (i64.const $3))
      (local.set \$left (i32.sub (local.get \$left) (i32.const 1)))
      (br_if \$more (local.get \$left))))
  (func (export "_start") (local \$left i32)
    (drop (call \$spawn (i64.const 0) (i32.const 28) (i32.const 6)
      (i32.const 0) (i32.const 0) (i32.const 72)))
    (local.set \$left (i32.const $4))
    (loop \$more
      (drop (call \$fd_write (i32.const 1) (i32.const 0) (i32.const 1)
        (i32.const 80)))
      (call \$sleep (i64.const 20))
      (local.set \$left (i32.sub (local.get \$left) (i32.const 1)))
      (br_if \$more (local.get \$left)))
    $5))
EOS
}

# told: reports in err, and those that were left out.
told() {
	printed=$(grep -c 'trapped: ' err || true)
	hidden=$(sed -n 's/^lunatic: \([0-9]*\) more reports* w[a-z]* left out$/\1/p' \
		err | awk '{ n += $1 } END { print n + 0 }')
}

# A hundred at a time: some are told, the rest is counted, and none vanishes.
traps flood 100 0 10 '(call $sleep (i64.const 200))'
run flood.wasm
expect 0 flood
told
[ $((printed + hidden)) -eq 100 ] || bad "flood: $printed and $hidden"
[ "$printed" -ge 20 ] || bad "flood: $printed are told"
[ "$hidden" -ge 1 ] || bad "flood: none is left out"

# So it is when nothing follows for a while.
traps silence 100 0 100 '(call $sleep (i64.const 200))'
run silence.wasm
told
[ $((printed + hidden)) -eq 100 ] || bad "silence: $printed and $hidden"

# A report comes before what the program says at its end, and that before its
# status.
traps last 1 0 1 '(call $sleep (i64.const 100)) unreachable'
run last.wasm
expect 134 "the first process traps"
[ "$(grep -c 'trapped: ' err)" -eq 2 ] || bad "last: two reports"
[ "$(tail -n 1 err)" = \
	'lunatic: the first process trapped (see lunatic help traps)' ] ||
	bad "last: not at the end"

# stuck SIGNAL STATUS: standard error is a full pipe that nobody reads. The
# processes go on, and the signal ends them.
stuck() {
	rm -f pipe
	mkfifo pipe
	# Both ends stay open here.
	exec 3<>pipe
	dd if=/dev/zero of=pipe oflag=nonblock bs=4096 count=64 2>/dev/null &&
		bad "stuck: the pipe is not full"
	: >out
	: >err
	timeout -k 60 90 "$lunatic" forever.wasm >out 2>pipe </dev/null &
	pid=$!
	for _ in $(seq 1200); do
		[ "$(wc -l <out)" -lt 50 ] || break
		sleep 0.05
	done
	[ "$(wc -l <out)" -ge 50 ] || bad "stuck: the processes do not go on"
	if [ "$1" = read ]; then
		# When somebody reads after all, nothing is missing.
		timeout 60 cat <&3 | tr -d '\0' >err &
		reader=$!
		for _ in $(seq 1200); do
			! grep -q 'left out' err || break
			sleep 0.05
		done
		says err 'more reports were left out$' "stuck, then read"
		says err 'trapped: ' "stuck, then read"
		kill "$pid"
		status=0
		wait "$pid" || status=$?
		kill "$reader" 2>/dev/null || true
		wait "$reader" || true
	else
		kill -s "$1" "$pid"
		status=0
		wait "$pid" || status=$?
	fi
	expect "$2" "stuck: $1"
	exec 3>&-
}
traps forever -1 5 100000 ''
stuck TERM 143
stuck INT 130
stuck read 143

# A first process that ends by itself is not kept, either.
traps short 20 1 50 ''
mkfifo full
exec 3<>full
dd if=/dev/zero of=full oflag=nonblock bs=4096 count=64 2>/dev/null || true
status=0
timeout -k 5 60 "$lunatic" short.wasm >out 2>full </dev/null || status=$?
exec 3>&-
: >err
expect 0 "an end with a full pipe"

# Nor is one without any standard error, or with one that refuses all.
status=0
timeout -k 5 60 "$lunatic" short.wasm >out 2>&- </dev/null || status=$?
expect 0 "no standard error"
status=0
timeout -k 5 60 "$lunatic" short.wasm >out 2>/dev/full </dev/null || status=$?
expect 0 "a full device"
[ "$(wc -l <out)" -eq 50 ] || bad "a full device: not all ticks"

# What guests write there comes between lines of reports, not within them.
module both <<'EOS'
(module
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\0b\00\00\00")
  (data (i32.const 16) "xxxxxxxxxx\ntrapper")
  (func (export "trapper") unreachable)
  (func (export "_start") (local $left i32)
    (local.set $left (i32.const 2000))
    (loop $more
      (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1)
        (i32.const 64)))
      (if (i32.eqz (i32.rem_u (local.get $left) (i32.const 20)))
        (then (drop (call $spawn (i64.const 0) (i32.const 27) (i32.const 7)
          (i32.const 0) (i32.const 0) (i32.const 72)))))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))))
EOS
run both.wasm
expect 0 both
if grep -Evq '^(x{10}|lunatic: .*|    [0-9]+: .*)$' err; then
	bad "both: lines are mixed"
fi
[ "$(grep -c '^x*$' err)" -eq 2000 ] || bad "both: lines are missing"

finish
