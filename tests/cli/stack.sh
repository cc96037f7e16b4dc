#!/bin/sh
# --max-stack: how deep guests can call, and that those beside one that used all
# of its stack have nothing to do with that.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

# Each call takes 16 bytes at the very least, and some hundred at most. The
# argument is a digit: so many times 1,024 calls.
module deep <<'EOF'
(module
  (import "wasi_snapshot_preview1" "args_get"
    (func $get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $down (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else
        (i32.add (i32.const 1)
          (call $down (i32.sub (local.get 0) (i32.const 1)))))))
  (func (export "_start")
    (drop (call $get (i32.const 0) (i32.const 1024)))
    ;; The second argument is a number of two digits.
    (drop (call $down
      (i32.mul (i32.const 1024)
        (i32.add
          (i32.mul (i32.const 10)
            (i32.sub (i32.load8_u (i32.load (i32.const 4))) (i32.const 48)))
          (i32.sub (i32.load8_u offset=1 (i32.load (i32.const 4)))
            (i32.const 48))))))))
EOF
for strategy in slab guard; do
	run --memory-strategy "$strategy" deep.wasm 20
	expect 0 "20480 calls, $strategy"
	run --memory-strategy "$strategy" --max-stack 64K deep.wasm 20
	expect 134 "20480 calls in 64 KiB, $strategy"
	says err 'call stack exhausted' "20480 calls in 64 KiB, $strategy"
	run --memory-strategy "$strategy" --max-stack 64K deep.wasm 00
	expect 0 "one call in 64 KiB, $strategy"
	run --memory-strategy "$strategy" deep.wasm 99
	expect 134 "101376 calls, $strategy"
	run --memory-strategy "$strategy" --max-stack 64M deep.wasm 99
	expect 0 "101376 calls in 64 MiB, $strategy"
	silent err "101376 calls in 64 MiB, $strategy"
done
run --preemption epoch --max-stack=8M deep.wasm 99
expect 0 "101376 calls in 8 MiB, epoch"
for value in '' x 0 63K 65M 65537 100000 -1 1G; do
	refuses "is not a valid value of --max-stack" --max-stack "$value" \
		deep.wasm 00
done
finish
