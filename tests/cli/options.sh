#!/bin/sh
# The options: what they print, and how bad ones are refused.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

module hello <<'EOF'
(module (func (export "_start")))
EOF
module args <<'EOF'
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; Prints the arguments, each with its zero.
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 12)))
    (drop (call $get (i32.const 1024) (i32.const 8192)))
    (i32.store (i32.const 8) (i32.const 8192))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1)
      (i32.const 16)))))
EOF

for option in --help -h; do
	run "$option"
	expect 0 "$option"
	silent err "$option"
	says out '^Usage: lunatic' "$option"
	awk 'length > 80 { exit 1 }' out || bad "$option: wider than 80 columns"
	! grep -q '[[:blank:]]$' out || bad "$option: blanks at the end"
	for name in --workers --memory-strategy --preemption --max-memory --max-fuel \
		--max-processes --max-messages --max-mailbox --max-message \
		--max-total-memory --max-environments --max-nesting \
		--max-descriptors --max-handles --max-links \
		--max-module --max-compile-memory --max-compile-time \
		--max-plugin-time --max-stack --env --no-env --help --version; do
		says out "(^|, | )$name( |\$)" "$option: $name"
	done
	# What follows does not matter any more.
	run "$option" --no-such-option
	expect 0 "$option and more"
done
for option in --version -V; do
	run "$option"
	expect 0 "$option"
	silent err "$option"
	[ "$(wc -l <out)" -eq 1 ] || bad "$option: not one line"
	says out '^lunatic [0-9]+\.[0-9]+\.[0-9]+' "$option"
done

refuses 'no file'
refuses 'no file' --
refuses 'no file' --workers 1
refuses "unknown option '--nothing'" --nothing hello.wasm
refuses "unknown option '-x'" -x hello.wasm
refuses "unknown option '-wx'" -wx hello.wasm
refuses "unknown option '--worker'" --worker 2 hello.wasm
refuses "unknown option '---'" --- hello.wasm
refuses "no value is taken by '--help'" --help=yes
refuses "no value is taken by '--version'" --version=
refuses "no value is taken by '--no-env'" --no-env=yes hello.wasm
refuses "a value is missing after '--workers'" --workers
refuses "a value is missing after '--workers'" -w
refuses "a value is missing after '--max-memory'" --max-memory

# Numbers, none of which is too much for the shell but for the program.
for option in --workers --max-fuel --max-processes --max-messages; do
	for value in '' x -1 +1 ' 1' '1 ' 1.5 0x10 1K 1e3 \
		18446744073709551616 99999999999999999999; do
		refuses "is not a valid value of $option" \
			"$option" "$value" hello.wasm
	done
done
for value in 0 257 4294967297; do
	refuses "is not a valid value of --workers" --workers "$value" \
		hello.wasm
done
refuses "is not a valid value of --max-processes" --max-processes 0 hello.wasm
refuses "is not a valid value of --max-handles" --max-handles 0 hello.wasm
refuses "is not a valid value of --max-plugin-time" --max-plugin-time 0 \
	hello.wasm
refuses "is not a valid value of --max-links" --max-links 4294967296 hello.wasm
refuses "is not a valid value of --max-nesting" --max-nesting deep hello.wasm
refuses "is not a valid value of --max-total-memory" --max-total-memory -1 hello.wasm
refuses "is not a valid value of --max-fuel" \
	--max-fuel 18446744073709551615 hello.wasm
# Sizes.
for option in --max-memory --max-mailbox --max-message --max-module; do
	for value in '' x -1 +1 ' 1' 1.5M 0x10 1KB 1T K 1k1 \
		18446744073709551616 18014398509481984K 17179869184G; do
		refuses "is not a valid value of $option" \
			"$option" "$value" hello.wasm
	done
done
refuses "is not a valid value of --max-memory" --max-memory 65535 hello.wasm
refuses "is not a valid value of --max-module" --max-module 0 hello.wasm
for value in 63M 1025G 0 x; do
	refuses "is not a valid value of --max-compile-memory" \
		--max-compile-memory "$value" hello.wasm
done
for value in 0 86401 1M; do
	refuses "is not a valid value of --max-compile-time" \
		--max-compile-time "$value" hello.wasm
done
for value in '' Slab pages slab,guard; do
	refuses "is not a valid value of --memory-strategy" \
		--memory-strategy "$value" hello.wasm
done

for value in '' Signal epochs; do
	refuses "is not a valid value of --preemption" \
		--preemption "$value" hello.wasm
done

# Good ones, in both forms; the last one of the same kind counts.
while read -r line; do
	# shellcheck disable=SC2086
	run $line hello.wasm
	# shellcheck disable=SC2086
	expect 0 "$line"
	silent out "$line"
	silent err "$line"
done <<'EOF'
--workers 1
--workers=256
-w 3
--workers 0001
--memory-strategy slab
--memory-strategy=guard
--preemption signal
--preemption=epoch
--max-memory 64k
--max-memory=64K
--max-memory 1m --max-memory 4G
--max-memory 16G
--max-fuel 0
--max-fuel 1
--max-processes 1
--max-messages 0
--max-mailbox 0
--max-message 0
--max-module 1K
--max-compile-memory 64M --max-compile-time 1
--max-compile-memory=1024G --max-compile-time=86400
--workers 1 --max-memory 1M --max-fuel 100 --memory-strategy guard
--
-w 2 --
EOF

# What stands behind the file is the guest's, whatever it looks like, and the
# file's name comes first.
run -w 1 -- args.wasm --help -w -- 'a b' ''
expect 0 "arguments"
silent err "arguments"
printf '%s\0' args.wasm --help -w -- 'a b' '' >want
cmp -s want out || bad "arguments: differ"
run ./args.wasm
printf '%s\0' ./args.wasm >want
cmp -s want out || bad "the file's name: differs"
# A file whose name begins like an option.
cp hello.wasm ./-w
run -- -w
expect 0 "a file named -w"
# An option in place of the value of another one is its value.
refuses "'--help' is not a valid value of --workers" --workers --help

# Standard output that cannot be written to is noticed.
if [ -w /dev/full ]; then
	for option in --help --version; do
		status=0
		"$lunatic" "$option" >/dev/full 2>err || status=$?
		: >out
		expect 1 "$option into a full device"
	done
fi
finish
