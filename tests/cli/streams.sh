#!/bin/sh
# Standard streams that are closed, full, or gone; arguments and environment.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

module writes <<'EOF'
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "hello\n")
  ;; Exits with the error of writing to 1, or to 2, which counts from 100.
  (func (export "_start") (local $error i32)
    (local.set $error (call $fd_write (i32.const 1) (i32.const 0)
      (i32.const 1) (i32.const 64)))
    (if (local.get $error) (then (call $exit (local.get $error))))
    (local.set $error (call $fd_write (i32.const 2) (i32.const 0)
      (i32.const 1) (i32.const 64)))
    (if (local.get $error)
      (then (call $exit (i32.add (i32.const 100) (local.get $error)))))))
EOF
module reads <<'EOF'
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\64\00\00\00")
  ;; Exits with the number of bytes read, or the error, which counts from 100.
  (func (export "_start") (local $error i32)
    (local.set $error (call $fd_read (i32.const 0) (i32.const 0)
      (i32.const 1) (i32.const 8)))
    (if (local.get $error)
      (then (call $exit (i32.add (i32.const 100) (local.get $error)))))
    (call $exit (i32.load (i32.const 8)))))
EOF
module traps <<'EOF'
(module (func (export "_start") unreachable))
EOF

# go REDIRECTIONS FILE: runs with streams of its own.
go() {
	status=0
	: >out
	: >err
	eval "timeout -k 5 60 \"\$lunatic\" $2 $1" || status=$?
}

go '>out 2>err' writes.wasm
expect 0 "both streams"
[ "$(cat out err)" = "$(printf 'hello\nhello')" ] || bad "both streams"
go '>out 2>&1' writes.wasm
expect 0 "both into one"
[ "$(cat out)" = "$(printf 'hello\nhello')" ] || bad "both into one"
# A closed stream is as good as /dev/null; what the program opens for itself
# never gets its number.
go '>&- 2>err' writes.wasm
expect 0 "stdout closed"
[ "$(cat err)" = hello ] || bad "stdout closed"
go '>out 2>&-' writes.wasm
expect 0 "stderr closed"
[ "$(cat out)" = hello ] || bad "stderr closed"
go '<&- >&- 2>&-' writes.wasm
expect 0 "all closed"
go '<&- >out 2>err' reads.wasm
expect 0 "stdin closed"
silent err "stdin closed"
go '<&- >&- 2>&-' traps.wasm
expect 134 "a trap with all closed"
go '2>&-' nothing.wasm
expect 1 "a complaint to nobody"
go '>&- 2>err' --help
expect 0 "help to nobody"
silent err "help to nobody"
if [ -w /dev/full ]; then
	go '>/dev/full 2>err' writes.wasm
	expect 51 "a full device" # ENOSPC
	go '>out 2>/dev/full' traps.wasm
	expect 134 "a report into a full device"
fi
go '</dev/null >out 2>err' reads.wasm
expect 0 "an empty input"
printf 'abcde' >five
go '<five >out 2>err' reads.wasm
expect 5 "an input of five bytes"
# shellcheck disable=SC2094
go '<. >out 2>err' reads.wasm
expect 131 "a directory as input" # EISDIR
# No file has this name.
go '<five >out 2>err' -
expect 1 "-"

# Text works as binary does.
go '>out 2>err' writes.wat
expect 0 "text"
[ "$(cat out)" = hello ] || bad "text"

# The environment is the program's own.
module environ <<'EOF'
(module
  (import "wasi_snapshot_preview1" "environ_sizes_get"
    (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get"
    (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 12)))
    (drop (call $get (i32.const 1024) (i32.const 8192)))
    (i32.store (i32.const 8) (i32.const 8192))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1)
      (i32.const 16)))))
EOF
status=0
env -i A=1 'B=two words' C= "D=a=b" LUNATIC_CACHE=off \
	"$lunatic" environ.wasm >out 2>err || status=$?
expect 0 "environment"
silent err "environment"
printf '%s\0' A=1 'B=two words' C= D=a=b LUNATIC_CACHE=off | tr '\0' '\n' |
	sort >want
tr '\0' '\n' <out | sort >have
cmp -s want have || bad "environment: differs"
status=0
env -i "$lunatic" environ.wasm >out 2>err || status=$?
expect 0 "no environment"
silent out "no environment"
finish
