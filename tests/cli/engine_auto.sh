#!/bin/sh
# --engine auto: what takes long to compile is interpreted meanwhile, and
# processes that begin later run compiled code.
# shellcheck disable=SC2154 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

run --help
if ! grep -q 'auto: interpret' out; then
	echo "skipped: wasmi is not built in"
	exit 0
fi

functions='SIXTY_FOUR(f) SIXTY_FOUR(g) SIXTY_FOUR(h)'
clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" -DFUNCTIONS="$functions" \
	"$here/support/meanwhile.c" -o large.wasm

# Backtraces of compiled code have offsets, those of the interpreter have none.
interpreted='^ *0: +[^ ]*large.wasm!broken$'
compiled='^ *0: +0x[0-9a-f]+ - [^ ]*large.wasm!broken$'

# Runs the guest until a process of it has run compiled code, and has been
# killed or has run out of fuel three times more.
rounds() {
	what=$1
	shift
	: >out
	: >err
	LUNATIC_LOG=info timeout -k 5 100 "$lunatic" --engine auto "$@" \
		>out 2>err </dev/null &
	running=$!
	until grep -Eq "$compiled" err || ! kill -0 "$running" 2>/dev/null; do
		sleep 0.1
	done
	last=$(($(wc -l <out) + 3))
	until [ "$(wc -l <out)" -ge "$last" ] ||
		! kill -0 "$running" 2>/dev/null; do
		sleep 0.1
	done
	kill "$running" 2>/dev/null || bad "$what: it has ended"
	wait "$running" || true
	says out "^round $((last - 1))$" "$what"
	says err "$interpreted" "$what"
	says err "$compiled" "$what"
	says err 'a module of [0-9]+ bytes that .* has been compiled' "$what"
	[ "$(grep -En "$interpreted" err | head -n 1 | cut -d : -f 1)" -lt \
		"$(grep -En "$compiled" err | head -n 1 | cut -d : -f 1)" ] ||
		bad "$what: it was compiled at first"
}

mkdir -m 700 cache
LUNATIC_CACHE=
LUNATIC_CACHE_DIR=$work/cache
export LUNATIC_CACHE LUNATIC_CACHE_DIR
rounds "links and kills" large.wasm
rounds "fuel" --max-fuel 200 large.wasm fuel
says err 'trapped: all fuel consumed' "fuel"
run --engine auto --max-memory 65536 large.wasm
expect 1 "memory"
says err 'initial memory of .* is larger than the limit' "memory"

# The second start compiles nothing, and interprets nothing.
: >out
: >err
LUNATIC_LOG=info timeout -k 5 100 "$lunatic" --engine auto large.wasm \
	>out 2>err </dev/null &
running=$!
until grep -Eq 'broken$' err || ! kill -0 "$running" 2>/dev/null; do
	sleep 0.1
done
kill "$running" || bad "the cache: it has ended"
wait "$running" || true
says err "$compiled" "the cache"
! grep -Eq "$interpreted" err || bad "the cache: it was interpreted"
LUNATIC_CACHE=off
export LUNATIC_CACHE

# What ends sooner ends the compiler, too: it says nothing of a result.
cat >short.awk <<'EOG'
BEGIN {
	print "(module (memory (export \"memory\") 1)"
	for (i = 0; i < 300; i++) {
		print "(func (param i32)"
		for (k = 0; k < 20; k++)
			print "(if (i32.and (local.get 0) (i32.const " k "))" \
				"(then (local.set 0 (i32.mul (local.get 0)" \
				"(i32.const " i ")))))"
		print ")"
	}
	print extra "(func (export \"_start\")))"
}
EOG
awk -f short.awk >short.wat
wat2wasm short.wat -o short.wasm
LUNATIC_LOG=info run --engine auto short.wasm
expect 0 "a short one"
silent err "a short one"

# What the interpreter refuses is compiled.
awk -v extra='(tag $t) (func (throw $t))' -f short.awk >throw.wat
wat2wasm --enable-all throw.wat -o throw.wasm
run --engine wasmi throw.wasm
expect 1 "refused"
LUNATIC_ENGINE=auto run throw.wasm
expect 0 "refused by the interpreter only"
# And what both refuse is refused in the words of the compiler's engine.
printf '\0asm\1\0\0\0\12\4\1\2\0\0' >bad.wasm
run --engine wasmtime bad.wasm
cp err err-wasmtime
run --engine auto bad.wasm
expect 1 "malformed"
cmp -s err err-wasmtime || bad "malformed: another text"
finish
