#!/bin/sh
# examples/sandbox.c with modules from files: one that answers, one that may
# not print, one that is none, and a file that is not there.
#
#   tests/cli/sandbox.sh LUNATIC
set -eu

lunatic=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-sandbox.XXXXXX")
trap 'rm -rf "$work"' EXIT

clang-19 --target=wasm32-wasi -O1 -I "$top/sdk/c/include" \
	"$top/examples/sandbox.c" -o "$work/sandbox.wasm"
clang-19 --target=wasm32-wasi -O1 -I "$top/sdk/c/include" \
	"$top/examples/hello.c" -o "$work/hello.wasm"
echo 'no module' >"$work/text.wasm"
cat >"$work/answers.wat" <<'END'
(module
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::message" "take_process"
    (func $take_process (param i64) (result i64)))
  (import "lunatic::message" "create_data" (func $create (param i64 i64)))
  (import "lunatic::message" "write_data"
    (func $write (param i32 i32) (result i32)))
  (import "lunatic::message" "send" (func $send (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\07\00\00\00\00\00\00\00")
  (func (export "_start") (local $client i64)
    (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0)))
    (local.set $client (call $take_process (i64.const 0)))
    (call $create (i64.const 1) (i64.const 8))
    (drop (call $write (i32.const 0) (i32.const 8)))
    (call $send (local.get $client))))
END

failed=
# expect STATUS OUTPUT FILE
expect() {
	status=0
	output=$(cd "$work" && timeout 60 "$lunatic" --dir . sandbox.wasm \
		"$3" 2>"$work/err") || status=$?
	if [ "$status" -ne "$1" ] || [ "$output" != "$2" ]; then
		echo "FAILED: $3: status $status, \"$output\""
		cat "$work/err"
		failed=yes
	fi
}
expect 0 "answers.wat: answered 7" answers.wat
expect 0 "hello.wasm: failed" hello.wasm
expect 0 "text.wasm: refused" text.wasm
expect 1 "" missing.wasm
[ -z "$failed" ]
