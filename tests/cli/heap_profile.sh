#!/bin/sh
# The heap profiler, over a guest whose allocations are known.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"
top=$(cd "$here/../.." && pwd)
clang-19 --target=wasm32-wasi -mexec-model=reactor -Os -Wall -Wextra -Werror \
	-I "$top/sdk/c/include" "$top/plugins/heap_profiler/heap_profiler.c" \
	-o heap_profiler.wasm
clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror "$here/heap/known.c" \
	-o known.wasm

# holds ENDING REGEX: the profile's file must have such a line.
holds() {
	grep -Eq -e "$2" profile/*"$1" || {
		bad "no line of the profile's $1 matches $2"
		cat profile/*"$1"
	}
}

# profile STATUS WORD: runs the guest, which must leave one profile. The word,
# of four letters, and the guest's name are 16 bytes for the C library, and the
# list of them 12.
profile() {
	want=$1
	shift
	rm -rf profile
	run -P heap_profiler.wasm --heap-profile profile known.wasm "$@"
	expect "$want" "with arguments '$*'"
	silent out "with arguments '$*'"
	[ "$(find profile -type f | wc -l)" -eq 3 ] || bad "not three files"
	holds .txt '^allocated    114308 bytes in 16 blocks$'
	holds .txt '^at the peak  63028 bytes$'
	holds .txt '^never freed  3028 bytes in 4 blocks$'
	holds .txt '^ +60000 +0 +60000 +1  realloc < work < '
	holds .txt '^ +0 +0 +50000 +1  malloc < borrow < work < '
	holds .txt '^ +0 +0 +1280 +10  posix_memalign < work < '
	holds .peak.folded '^_start.*;work;realloc 60000$'
	holds .peak.folded '^_start.*;keep;calloc 2000$'
	[ "$(wc -l <"$(echo profile/*.peak.folded)")" -eq 5 ] || bad "peak"
	holds .end.folded '^_start.*;keep;calloc 2000$'
	holds .end.folded '^_start.*;keep;malloc 1000$'
	[ "$(wc -l <"$(echo profile/*.end.folded)")" -eq 4 ] || bad "end"
}
profile 0 none
silent err "a run"
profile 134 trap
profile 5 exit
profile 0 fail

# Nobody asked for a profile.
rm -rf profile
run -P heap_profiler.wasm known.wasm
expect 0 "without a folder"
[ ! -e profile ] || bad "a profile"

# Nobody can write there.
: >file
run -P heap_profiler.wasm --heap-profile file/below known.wasm
expect 0 "a bad folder"
says err 'heap profile of process .* cannot be written' "a bad folder"

# No allocator, no names.
module bare <<'EOS'
(module (func (export "_start")))
EOS
run -P heap_profiler.wasm --heap-profile profile bare.wasm
expect 0 "no allocator"
says err '^heap_profiler: the module has no allocator' "no allocator"
[ ! -e profile ] || bad "a profile of nothing"

# A guest that calls the host by itself, with an export that does not trap,
# calls it again, or ends the process; and frees what never was.
module hostile <<'EOS'
(module
  (import "lunatic::heap_profiler" "allocated" (func $a (param i32 i32)))
  (import "lunatic::heap_profiler" "freed" (func $f (param i32)))
  (import "lunatic::heap_profiler" "reallocated"
    (func $r (param i32 i32 i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func $deep (param i32)
    (if (local.get 0)
      (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
      (else (call $a (i32.const 4096) (i32.const -1)))))
  (func (export "lunatic_heap_profiler_trace")
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.eq (global.get $calls) (i32.const 1)) (then (return)))
    (call $a (i32.const 16) (i32.const 1))
    (if (i32.gt_u (global.get $calls) (i32.const 20000))
      (then (call $exit (i32.const 7))))
    unreachable)
  (func (export "_start") (local $i i32)
    (call $f (i32.const 0))
    (call $f (i32.const 77))
    (call $a (i32.const 0) (i32.const 5))
    (call $r (i32.const 1) (i32.const 0) (i32.const 0))
    (call $a (i32.const 8) (i32.const 5))
    (call $deep (i32.const 500))
    (loop $more
      (call $a (local.get $i) (i32.const 3))
      (br_if $more (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (i32.const 30000))))))
EOS
run --heap-profile profile hostile.wasm
expect 7 "a hostile guest"
holds .txt '^at the peak  '
finish
