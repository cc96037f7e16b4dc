#!/bin/sh
# Messages that name a part of docs/errors.md: the part is there, and the
# messages come when they should.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/support/cli.sh"

parts=$(cat "$top"/src/cli/*.c | tr -d '\n\t"' |
	grep -o 'errors\.md#[a-z-]*' | sort -u)
[ "$(echo "$parts" | wc -l)" -ge 3 ] || bad "parts in the sources: $parts"
for part in $parts; do
	grep -q -x "<a id=\"${part#*#}\"></a>" "$top/docs/errors.md" ||
		bad "docs/errors.md has no part $part"
done

echo nothing >text
refuses "not a WebAssembly module.* \(see errors\.md#refused\)$" text
module library <<'EOF'
(module)
EOF
refuses '`_start`.* \(see errors\.md#refused\)$' library.wasm
run test library.wasm
says err 'exports no tests.* \(see errors\.md#refused\)$' "no tests"
run test text
says err "cannot test 'text'.* \(see errors\.md#refused\)$" "test text"

module traps <<'EOF'
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "other")
  (func (export "other") unreachable)
  (func (export "_start") unreachable)
  (func (export "parent")))
EOF
run traps.wasm
expect 134 "a trap"
[ "$(grep -c 'errors.md#traps' err)" -eq 1 ] || bad "a trap: not one pointer"
sed 's/"_start"/"first"/; s/"parent")/"_start")\
  (drop (call $spawn (i64.const 0) (i32.const 0) (i32.const 5)\
    (i32.const 0) (i32.const 0) (i32.const 8)))\
  (call $sleep (i64.const 300))/' traps.wat >other.wat
wat2wasm other.wat -o other.wasm
run other.wasm
expect 0 "another process that traps"
says err 'trapped: ' "another process that traps"
! grep -q 'errors.md' err || bad "another process that traps: a pointer"
sed 's/(i64.const 0) (i32.const 0) (i32.const 5)/(i64.const 1) (i32.const 0) (i32.const 5)/
	s/300/30000/' other.wat >linked.wat
wat2wasm linked.wat -o linked.wasm
run linked.wasm
expect 134 "killed by a link"
says err 'first process was killed.*\(see errors\.md#killed\)$' "killed by a link"

finish
