#!/bin/sh
# The status that the program ends with.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

for code in 0 1 2 42 127 128 134 254 255; do
	module exits <<EOF
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
  (func (export "_start") (call \$exit (i32.const $code)) unreachable))
EOF
	run exits.wasm
	expect "$code" "proc_exit($code)"
	silent out "proc_exit($code)"
	silent err "proc_exit($code)"
done
# What does not fit into eight bits: never success.
for pair in 256:1 512:1 257:1 65536:1 -1:255 -256:1 0x1ff:255 0x7fffff00:1; do
	code=${pair%:*}
	module exits <<EOF
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
  (func (export "_start") (call \$exit (i32.const $code))))
EOF
	run exits.wasm
	expect "${pair#*:}" "proc_exit($code)"
done

module returns <<'EOF'
(module (func (export "_start")))
EOF
run returns.wasm
expect 0 "returning"
module number <<'EOF'
(module (func (export "_start") (result i32) (i32.const 5)))
EOF
run number.wasm
expect 0 "returning a number"

module traps <<'EOF'
(module
  (func $inner (param i32) (if (local.get 0) (then unreachable)))
  (func $outer (call $inner (i32.const 1)))
  (func $begin (export "_start") (call $outer)))
EOF
wat2wasm --debug-names traps.wat -o traps.wasm
run traps.wasm
expect 134 "a trap"
silent out "a trap"
says err '^lunatic: process [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} trapped: .*unreachable' \
	"a trap"
[ "$(grep -c -E '^ +[0-9]+: +0x[0-9a-f]+ - .*!(inner|outer|begin)$' err)" \
	-eq 3 ] || bad "a trap: the backtrace has not its three functions"
run --memory-strategy guard traps.wasm
expect 134 "a trap with guard pages"
says err '!inner$' "a trap with guard pages"
LUNATIC_LOG=error
export LUNATIC_LOG
run traps.wasm
expect 134 "a trap without a report"
silent err "a trap without a report"
unset LUNATIC_LOG

# A deep recursion makes a report that is not endless.
module recursion <<'EOF'
(module (func $f (export "_start") (call $f)))
EOF
run recursion.wasm
expect 134 "a deep recursion"
says err 'stack' "a deep recursion"
[ "$(wc -l <err)" -lt 100 ] || bad "a deep recursion: a long report"

# Fuel and memory.
module spins <<'EOF'
(module (func (export "_start") (loop $l (br $l))))
EOF
for strategy in slab guard; do
	run --max-fuel 100 --memory-strategy "$strategy" spins.wasm
	expect 134 "out of fuel, $strategy"
	says err 'trapped: .*fuel' "out of fuel, $strategy"
done
run --max-fuel 1 returns.wasm
expect 0 "enough fuel"

# The first process dies of a link: no trap of its own, but no success.
module linked <<'EOF'
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "childexits")
  (func (export "child") unreachable)
  (func (export "exits") (call $exit (i32.const 0)))
  (func (export "_start")
    ;; This one ends normally, the other one does not.
    (drop (call $spawn (i64.const 1)
      (i32.const 5) (i32.const 5) (i32.const 0) (i32.const 0)
      (i32.const 16)))
    (drop (call $spawn (i64.const 1)
      (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 0)
      (i32.const 16)))
    (call $sleep (i64.const 20000))))
EOF
run linked.wasm
expect 134 "killed by a link"
says err 'trapped: .*unreachable' "killed by a link"
says err '^lunatic: the first process was killed' "killed by a link"

# Whatever others do, they end with the first process, and do not count.
module others <<'EOF'
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "spin#sleepwait#exits")
  (func (export "spin#") (loop $l (br $l)))
  (func (export "sleep") (call $sleep (i64.const -1)))
  (func (export "wait#")
    (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0))))
  (func (export "exits") (call $exit (i32.const 77)))
  (func (export "_start") (local $i i32)
    (loop $more
      (drop (call $spawn (i64.const 0)
        (i32.mul (i32.const 5) (i32.and (local.get $i) (i32.const 3)))
        (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 32)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 400))))
    (call $sleep (i64.const 20))
    (call $exit (i32.const 6))))
EOF
run others.wasm
expect 6 "the first process decides"
silent err "the first process decides"
finish
