#!/bin/sh
# Files: a program that does what programs do, --dir in all its forms, and what
# must stay out of reach.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

# guest NAME: compiles tests/cli/NAME.c.
guest() {
	clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
		-I "$here/../../sdk/c/include" "$here/$1.c" -o "$work/$1.wasm"
}
guest files

# With the kernel's resolution of paths, and with our own; on a disk, and in
# memory if there is such a place.
for openat2 in on off; do
	LUNATIC_OPENAT2=$openat2
	export LUNATIC_OPENAT2
	for place in "$work" /dev/shm; do
		folder=$(mktemp -d "$place/files.XXXXXX") || continue
		run --dir "$folder::." files.wasm
		expect 0 "files in $place, openat2 $openat2"
		says out '^done$' "files in $place, openat2 $openat2"
		[ -z "$(ls -A "$folder")" ] || bad "$folder is not empty"
		rm -rf "$folder"
	done
done
unset LUNATIC_OPENAT2

# Directories that cannot be had: one line that says which and why.
refuses "cannot open the directory 'nowhere' of --dir: No such file" \
	--dir nowhere files.wasm
refuses "cannot open the directory 'files.wasm' of --dir: Not a dir" \
	--dir files.wasm files.wasm
for value in '' :: a:: ::b :ro; do
	refuses "is not a valid value of --dir" --dir "$value" files.wasm
done

# Read-only, and names that look as if they were.
module open <<'EOF'
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "new")
  ;; Creates a file in the first directory and exits with the error number.
  (func (export "_start")
    (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 16)
      (i32.const 3) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0)
      (i32.const 0)))))
EOF
mkdir plain 'odd:ro'
while read -r want dir; do
	rm -f plain/new odd:ro/new
	run --dir "$dir" open.wasm
	expect "$want" "--dir $dir"
done <<'EOF'
0 plain
0 plain:rw
69 plain:ro
0 plain::/
69 plain::/:ro
0 plain::a::b
0 odd:ro:rw
69 odd:ro:ro
EOF
run open.wasm
expect 8 "without --dir"

# Variables.
for value in '' =x NOT_SET_ANYWHERE; do
	refuses "is not a valid value of --env" --env "$value" files.wasm
done
module env <<'EOF'
(module
  (import "wasi_snapshot_preview1" "environ_sizes_get"
    (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get"
    (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  ;; Prints the variables, each with its zero.
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 12)))
    (drop (call $get (i32.const 1024) (i32.const 65536)))
    (i32.store (i32.const 8) (i32.const 65536))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1)
      (i32.const 16)))))
EOF
PASSED=on
HIDDEN=away
export PASSED HIDDEN
run --env PASSED --env NEW=a=b --env EMPTY= env.wasm
expect 0 "variables"
printf '%s\0' PASSED=on NEW=a=b EMPTY= >want
cmp -s want out || bad "variables: differ"
run --env HIDDEN=else env.wasm
expect 0 "one variable"
printf '%s\0' HIDDEN=else >want
cmp -s want out || bad "one variable: differs"
run env.wasm
expect 0 "all variables"
tr '\0' '\n' <out >lines
for line in PASSED=on HIDDEN=away LUNATIC_CACHE=off; do
	grep -qx "$line" lines || bad "all variables: no $line"
done
run --no-env env.wasm
expect 0 "no variables"
silent out "no variables"
run --env PASSED --no-env env.wasm
expect 0 "no other variables"
printf '%s\0' PASSED=on >want
cmp -s want out || bad "no other variables: differ"
finish
