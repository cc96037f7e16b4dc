#!/bin/sh
# --plugin: modules that change others, in order, or fail to and are named.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"
top=$(cd "$here/../.." && pwd)

# plugin NAME: a library in C becomes NAME.wasm.
plugin() {
	clang-19 --target=wasm32-wasi -mexec-model=reactor -O1 -Wall -Wextra \
		-Werror -I "$top/sdk/c/include" "$here/plugins/$1.c" \
		-o "$1.wasm"
}

# Exits with what `answer` returns. The name is in the name section only.
cat >guest.wat <<'EOS'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "lunatic::version" "patch" (func $patch (result i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $answer)
  (type $answers (func (result i32)))
  (func $answer (result i32) (i32.add (i32.const 35) (call $patch)))
  (func (export "_start")
    (call $exit (call_indirect (type $answers) (i32.const 0)))))
EOS
wat2wasm --debug-names guest.wat -o guest.wasm
run guest.wasm
expect 40 "without plugins"

plugin calls
run --plugin calls.wasm guest.wasm
expect 47 "one plugin"
says out '^changed$' "one plugin"
silent err "one plugin"
run -P calls.wasm -P calls.wasm guest.wasm
expect 1 "an export of the same name"
says err "plugin 'calls.wasm' made a bad module: .*also" "the same name"

# A module in text form has names as well.
run -P calls.wasm guest.wat
expect 47 "text"

# What lunatic 0.5 shipped: exports a function that calls any () -> () by its
# number in the table.
module stdlib <<'EOS'
(module
  (import "lunatic::plugin" "add_function_type"
    (func $type (param i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::plugin" "add_function"
    (func $function (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::plugin" "add_function_export"
    (func $export (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\7f")                 ;; i32
  (data (i32.const 8) "\20\00\11\00\00\0b")  ;; call_indirect of argument
  (data (i32.const 32) "lunatic_call_indirect")
  (func (export "lunatic_create_module_hook")
    (if (call $type (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 64))
      (then unreachable))
    (i32.store8 (i32.const 11) (i32.load8_u (i32.const 64)))
    (if (call $type (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)
          (i32.const 64))
      (then unreachable))
    (if (call $function (i32.load (i32.const 64)) (i32.const 0) (i32.const 0)
          (i32.const 8) (i32.const 6) (i32.const 64))
      (then unreachable))
    (call $export (i32.const 32) (i32.const 21) (i32.load (i32.const 64)))))
EOS
# The guest spawns the function that the plugin added, with the place in the
# table of a function that sends a message.
module spawner <<'EOS'
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "die_when_link_dies" (func $trap (param i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $die)
  (data (i32.const 0) "lunatic_call_indirect")
  (data (i32.const 32) "\7f\00\00\00\00")
  (func $die unreachable)
  (func (export "_start")
    (call $trap (i32.const 0))
    (if (call $spawn (i64.const 5) (i32.const 0) (i32.const 21) (i32.const 32)
          (i32.const 17) (i32.const 64))
      (then (call $exit (i32.const 9))))
    (call $exit (i32.add (i32.const 20)
      (call $receive (i32.const 0) (i32.const 0) (i32.const 0))))))
EOS
run spawner.wasm
expect 9 "no such function"
run -P stdlib.wasm spawner.wasm
expect 21 "the function that was added"
says err '<unknown>!<wasm function 6>' "its frame"

# Nothing to do: the module is what it was.
module nothing <<'EOS'
(module (func (export "lunatic_create_module_hook")))
EOS
# No plugin, though it is a library.
module library <<'EOS'
(module (func (export "_initialize")))
EOS
for file in library.wasm guest.wasm; do
	refuses "cannot load the plugin '$file': it is not a plugin: .*_module_hook" \
		-P "$file" guest.wasm
done
# Plugins of the build, by their names; a file comes first.
run -P heap_profiler spawner.wasm
expect 9 "a plugin by its name"
says err '^heap_profiler: the module has no allocator' "a plugin by its name"
cp nothing.wasm heap_profiler
run -P heap_profiler spawner.wasm
silent err "a file with the name of a plugin"
rm heap_profiler
refuses "cannot open 'heap': there is neither such a file nor an installed" \
	-P heap guest.wasm
refuses "cannot open '../heap_profiler': No such file" -P ../heap_profiler \
	guest.wasm
refuses "needs the plugin .*: -P heap_profiler" --heap-profile x guest.wasm
refuses "needs the plugin .*: -P heap_profiler" --heap-profile x \
	-P nothing.wasm guest.wasm
run -P nothing.wasm -P stdlib.wasm -P nothing.wasm guest.wasm
expect 40 "several"

# Failures name the plugin.
module trapping <<'EOS'
(module (func (export "lunatic_create_module_hook") unreachable))
EOS
refuses "plugin 'trapping.wasm' failed: .*unreachable" -P nothing.wasm \
	-P "$work/trapping.wasm" guest.wasm
module initialize <<'EOS'
(module
  (func (export "_initialize") unreachable)
  (func (export "lunatic_create_module_hook")))
EOS
refuses "plugin 'initialize.wasm' failed: .*unreachable" -P initialize.wasm \
	guest.wasm
module endless <<'EOS'
(module (func (export "lunatic_create_module_hook") (loop (br 0))))
EOS
refuses "plugin 'endless.wasm' failed: .*fuel" -P endless.wasm guest.wasm
refuses "plugin 'endless.wasm' did not finish within 1 milliseconds" \
	--max-plugin-time 1 -P endless.wasm guest.wasm
module exiting <<'EOS'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "lunatic_create_module_hook") (call $exit (i32.const 4))))
EOS
refuses "plugin 'exiting.wasm' exited with status 4" -P exiting.wasm guest.wasm
module parameter <<'EOS'
(module (func (export "lunatic_create_module_hook") (param i64)))
EOS
refuses "plugin 'parameter.wasm' cannot be run: .*takes 1 param" \
	-P parameter.wasm guest.wasm
module forbidden <<'EOS'
(module
  (import "lunatic::process" "this" (func $this (result i64)))
  (func (export "lunatic_create_module_hook") (drop (call $this))))
EOS
refuses "plugin 'forbidden.wasm' failed: .*lunatic::process::this. unavail" \
	-P forbidden.wasm guest.wasm
module export <<'EOS'
(module
  (import "lunatic::plugin" "add_function_export"
    (func $export (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "lunatic_create_module_hook")
    (call $export (i32.const 0) (i32.const 3) (i32.const 99999))))
EOS
refuses "plugin 'export.wasm' failed: function 99999 does not exist" \
	-P export.wasm guest.wasm
module utf8 <<'EOS'
(module
  (import "lunatic::plugin" "add_function_export"
    (func $export (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\ff")
  (func (export "lunatic_create_module_hook")
    (call $export (i32.const 0) (i32.const 1) (i32.const 0))))
EOS
refuses "plugin 'utf8.wasm' failed: the name is not UTF-8" -P utf8.wasm guest.wasm
# A body that is not valid: drops from an empty stack.
module invalid <<'EOS'
(module
  (import "lunatic::plugin" "add_function_type"
    (func $type (param i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::plugin" "add_function"
    (func $function (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\1a\0b")
  (func (export "lunatic_create_module_hook")
    (drop (call $type (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 64)))
    (drop (call $function (i32.load (i32.const 64)) (i32.const 0)
      (i32.const 0) (i32.const 8) (i32.const 2) (i32.const 72)))))
EOS
refuses "plugin 'invalid.wasm' made a bad module: .*not valid" \
	-P invalid.wasm guest.wasm
# When the module is at fault, plugins are not.
printf '\0asm\1\0\0\0\3\2\1\0' >bad.wasm
refuses "cannot run 'bad.wasm': the module is malformed" -P stdlib.wasm bad.wasm
printf 'junk' >junk.wasm
refuses "cannot load the plugin 'junk.wasm': not a WebAssembly" \
	-P junk.wasm guest.wasm
refuses "cannot open 'absent.wasm'" -P absent.wasm guest.wasm

# No plugin, no change.
for function in 'add_function_type (param i32 i32 i32 i32 i32) (result i32)' \
	'add_function (param i32 i32 i32 i32 i32 i32) (result i32)' \
	'add_function_export (param i32 i32 i32)' \
	'add_function_import (param i32 i32 i32 i32 i32 i32) (result i32)' \
	'find_function (param i32 i32 i32) (result i32)' \
	'function_type (param i32 i32 i32) (result i32)' \
	'copy_function (param i32 i32) (result i32)' \
	'replace_function (param i32 i32 i32 i32 i32 i32) (result i32)'; do
	name=${function%% *}
	type=${function#* }
	count=$(echo "$type" | sed 's/(result.*//' | grep -o i32 | wc -l)
	drop=
	case $type in *result*) drop=drop ;; esac
	{
		echo "(module (import \"lunatic::plugin\" \"$name\" (func $type))"
		echo '(memory (export "memory") 1) (func (export "_start")'
		while [ "$count" -gt 0 ]; do
			echo '(i32.const 0)'
			count=$((count - 1))
		done
		echo "(call 0) $drop))"
	} >outside.wat
	run outside.wat
	expect 134 "$name outside a plugin"
	says err "unavailable in this environment.*lunatic::plugin::$name" \
		"$name outside a plugin"
done
finish
