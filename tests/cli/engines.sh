#!/bin/sh
# The engines: how one is chosen, and what only one of them can do.
# shellcheck disable=SC2154,SC2034,SC2016 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

module hello <<'EOF'
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\0a")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 100)))))
EOF
cat >trap.wat <<'EOF' # text keeps its names
(module (func $inner unreachable) (func (export "_start") (call $inner)))
EOF
# Only one engine has exceptions.
module throw <<'EOF'
(module (tag $t)
  (func (export "_start") (if (i32.const 0) (then (throw $t)))))
EOF

run --engine compiler hello.wasm
expect 1 "an unknown engine"
says err "engine.*wasmtime" "an unknown engine"
run --engine wasmtime throw.wasm
expect 0 "wasmtime"
LUNATIC_ENGINE=compiler run hello.wasm
expect 1 "an unknown LUNATIC_ENGINE"
says err 'LUNATIC_ENGINE is `compiler`' "an unknown LUNATIC_ENGINE"
LUNATIC_ENGINE='' run throw.wasm
expect 0 "an empty LUNATIC_ENGINE"
LUNATIC_ENGINE=compiler run --engine wasmtime throw.wasm
expect 0 "an option beats the variable"

run --help
if ! grep -q 'wasmi:' out; then
	run --engine wasmi hello.wasm
	expect 1 "wasmi is not built in"
	finish
	exit 0
fi

for way in option variable; do
	if [ $way = option ]; then
		engine='--engine wasmi'
		unset LUNATIC_ENGINE
	else
		engine=
		export LUNATIC_ENGINE=wasmi
	fi
	# shellcheck disable=SC2086
	run $engine hello.wasm
	expect 0 "$way"
	says out '^hello$' "$way"
	silent err "$way"
	# shellcheck disable=SC2086
	run $engine throw.wasm
	expect 1 "$way: exceptions"
	says err 'is not valid: .*exceptions' "$way: exceptions"
	# shellcheck disable=SC2086
	run $engine trap.wat
	expect 134 "$way: a trap"
	says err 'trapped: wasm `unreachable` instruction' "$way: a trap"
	says err '0: <unknown>!inner$' "$way: a trap"
done
unset LUNATIC_ENGINE

# Where no memory may become executable, as systemd forbids it to services.
clang-19 -O1 "$here/support/mdwe.c" -o mdwe
status=0
timeout 60 ./mdwe "$lunatic" hello.wasm >out 2>err || status=$?
if [ "$status" -ne 77 ]; then
	expect 1 "executable memory is forbidden: wasmtime"
	status=0
	timeout 60 ./mdwe "$lunatic" --engine wasmi hello.wasm >out 2>err ||
		status=$?
	expect 0 "executable memory is forbidden: wasmi"
	says out '^hello$' "executable memory is forbidden: wasmi"
fi
finish
