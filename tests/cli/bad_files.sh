#!/bin/sh
# Files that cannot be run: one line says why, and the status is 1.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

module hello <<'EOF'
(module
  (import "lunatic::process" "this" (func $this (result i64)))
  (memory (export "memory") 1)
  (data $data "some data")
  (table 2 funcref)
  (elem (i32.const 0) $start $start)
  (global $g (mut i32) (i32.const 7))
  (func $start (export "_start")
    (global.set $g (i32.const 9))
    ;; So that the module is not complete without its last section.
    (data.drop $data)
    (drop (call $this))))
EOF
run hello.wasm
expect 0 hello.wasm

refuses "cannot open 'nothing.wasm': No such file" nothing.wasm
refuses "cannot open ''" ''
refuses "cannot open 'hello.wasm/x': Not a directory" hello.wasm/x
mkdir folder
refuses "cannot read 'folder': Is a directory" folder
: >empty
refuses "cannot run 'empty': .*" empty
refuses "cannot run '/dev/null': .*" /dev/null
# A file without an end is read up to the bound.
refuses "too large" --max-module 1M /dev/zero
mkfifo pipe
cat hello.wasm >pipe &
run pipe
wait
expect 0 "a pipe"
if [ "$(id -u)" -ne 0 ]; then
	cp hello.wasm secret
	chmod 000 secret
	refuses "cannot open 'secret': Permission denied" secret
fi

# Not wasm.
echo 'hello' >text
refuses "not a WebAssembly module" text
printf '\177ELF\002\001\001' >elf
refuses "not a WebAssembly module" elf
printf '#!/bin/sh\n' >script
refuses "not a WebAssembly module" script
head -c 4096 /dev/urandom | tr '\000' x >random
printf 'x' | cat - random >random-x
refuses "not a WebAssembly module" random-x
printf '\000asn\001\000\000\000' >magic
refuses "cannot run 'magic'" magic
printf '\000asm\002\000\000\000' >version
refuses "cannot run 'version'" version
printf '\000asm\015\000\001\000' >component
refuses "component" component
# A name cannot break the line, nor hide what follows.
name=$(printf 'a\nb\033[2J')
cp text "$name"
run "$name"
expect 1 "a name with a newline"

# Cut off anywhere, or with a byte too many.
size=$(wc -c <hello.wasm)
for n in $(seq 1 $((size - 1))); do
	head -c "$n" hello.wasm >part
	run part
	# What is left can be a module that has no _start yet.
	expect 1 "the first $n bytes"
	silent out "the first $n bytes"
	[ "$(wc -l <err)" -eq 1 ] || bad "the first $n bytes: not one line"
	says err "^lunatic: cannot run 'part': " "the first $n bytes"
done
{ cat hello.wasm; printf '\000'; } >longer
refuses "cannot run 'longer'" longer
# Bytes changed: it may still run, but nothing else may happen than that, a
# trap or a refusal.
for n in $(seq 0 3 $((size - 1))); do
	for byte in '\000' '\177' '\377'; do
		cp hello.wasm changed
		# shellcheck disable=SC2059
		printf "$byte" | dd of=changed bs=1 seek="$n" conv=notrunc \
			2>dd.log
		run changed
		case $status in
		0 | 1 | 134) ;;
		*) bad "byte $n as $byte: exit status $status" ;;
		esac
	done
done

# Text.
echo '(module (func (export "_start")))' >good.wat
run good.wat
expect 0 good.wat
printf ';; a comment first\n(module (func (export "_start")))' >good.txt
run good.txt
expect 0 good.txt
printf ' \n\t(module\n (func (export "_start") (nonsense)))\n' >bad.wat
refuses "not valid: .*line 3, column" bad.wat
echo '(module (func (export "_start"))' >open.wat
refuses "not valid" open.wat
echo '(module (func (export "_start") (i32.add)))' >stack.wat
refuses "not valid" stack.wat
echo '(component)' >component.wat
refuses "component" component.wat
printf '(' >one
refuses "not valid" one
printf '(module (func (export "_start"))) \000' >zero.wat
refuses "not a WebAssembly module" zero.wat
awk 'BEGIN { print "(module"; for (i = 0; i < 200000; i++)
	print "(func (result i32) i32.const 12345)"; print ")" }' >long.wat
refuses "too large" long.wat
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "(" }' >deep.wat
refuses "not valid" deep.wat
awk 'BEGIN { printf "(module (func (export \"_start\")"
	for (i = 0; i < 20000; i++) printf "(block "
	for (i = 0; i < 20000; i++) printf ")"
	print "))" }' >blocks.wat
run blocks.wat
case $status in
0 | 1) ;;
*) bad "20,000 blocks in each other: exit status $status" ;;
esac

# Entries.
module none <<'EOF'
(module (func (export "main")))
EOF
refuses '_start' none.wasm
module reactor <<'EOF'
(module (func (export "_initialize")))
EOF
refuses '_start' reactor.wasm
module memory <<'EOF'
(module (memory (export "_start") 1))
EOF
refuses '_start' memory.wasm
module takes <<'EOF'
(module (func (export "_start") (param i32)))
EOF
refuses '_start' takes.wasm

# Imports.
module unknown <<'EOF'
(module
  (import "lunatic::process" "this" (func (result i64)))
  (import "lunatic::process" "fly" (func (param i32)))
  (func (export "_start")))
EOF
refuses 'lunatic::process::fly' unknown.wasm
module namespace <<'EOF'
(module (import "env" "puts" (func)) (func (export "_start")))
EOF
refuses 'env::puts' namespace.wasm
module unstable <<'EOF'
(module (import "wasi_unstable" "fd_write" (func)) (func (export "_start")))
EOF
refuses 'wasi_unstable::fd_write.*wasm32-wasip1' unstable.wasm
module typed <<'EOF'
(module
  (import "lunatic::message" "send" (func (param i32)))
  (func (export "_start")))
EOF
refuses 'lunatic::message::send.*\(i32\).*\(i64\)' typed.wasm
module results <<'EOF'
(module
  (import "lunatic::process" "this" (func (result i64 i64)))
  (func (export "_start")))
EOF
refuses 'lunatic::process::this.*i64' results.wasm
module kind <<'EOF'
(module (import "env" "memory" (memory 1)) (func (export "_start")))
EOF
refuses 'the memory .env::memory' kind.wasm
module global <<'EOF'
(module
  (import "lunatic::process" "this" (global i32))
  (func (export "_start")))
EOF
refuses 'the global .lunatic::process::this' global.wasm
module table <<'EOF'
(module (import "env" "t" (table 1 funcref)) (func (export "_start")))
EOF
refuses 'the table .env::t' table.wasm
module names <<'EOF'
(module
  (import "line\nbreak\1b[2J" "\00\07\e2\80\ae" (func))
  (func (export "_start")))
EOF
refuses 'imports' names.wasm

# Sizes.
size=$(wc -c <hello.wasm)
run --max-module "$size" hello.wasm
expect 0 "exactly as large as allowed"
refuses "too large: it has $size bytes, at most $((size - 1))" \
	--max-module $((size - 1)) hello.wasm
module needs <<'EOF'
(module (memory (export "memory") 17) (func (export "_start")))
EOF
refuses 'initial memory' --max-memory 1M needs.wasm
refuses 'initial memory' --max-memory 1M --memory-strategy guard needs.wasm
run --max-memory 1114112 needs.wasm
expect 0 "exactly as much memory as allowed"
module tables <<'EOF'
(module (table 4294967295 funcref) (func (export "_start")))
EOF
run tables.wasm
[ "$status" -ne 0 ] || bad "a table of 4 billion elements"
[ "$status" -le 134 ] || bad "a table of 4 billion elements: $status"
finish
