#!/bin/sh
# The guest library for Zig: its MessagePack on this machine; what it does, seen
# from a guest; a pair with a C guest (pair/) that exchanges every shape of value;
# the examples; what lunatic init makes.
#
#   tests/compat/zig_sdk.sh LUNATIC
# shellcheck disable=SC2154,SC2034,SC2086 # cli.sh sets and reads them; $zig is words
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/compat/support/zig.sh
. "$here/support/zig.sh"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# What compilers make is large; compiling it takes longest.
run_seconds=240
# shellcheck source=tests/compat/support/pair.sh
. "$here/support/pair.sh"
ZIG_LOCAL_CACHE_DIR=$work/zig-cache
export ZIG_LOCAL_CACHE_DIR

$zig test "$top/sdk/zig/src/pack.zig" >out 2>err || bad "pack"
$zig fmt --check "$top/sdk/zig" "$top/examples/zig" "$here/zig" >out 2>err ||
	bad "zig fmt would change the sources"

# build SOURCE OUTPUT
build() {
	$zig build-exe -target wasm32-wasi -rdynamic --dep lunatic \
		-Mroot="$top/$1" -Mlunatic="$top/sdk/zig/src/lunatic.zig" \
		--name "$2" -femit-bin="$2" >out 2>err || bad "zig rejects $1"
}
build tests/compat/zig/pair.zig pair.wasm
build examples/zig/echo.zig echo.wasm
build examples/zig/pool.zig pool.wasm
[ "$failures" -eq 0 ] || finish

passes_itself 0

build_pair
asked_by_c Zig zig_server

squares 9
says err "'worker' trapped" "pool: the label of a process"

# What lunatic init makes: its sources, and then its build.
run init app --lang zig
expect 0 "init"
$zig fmt --check app >out 2>err || bad "zig fmt would change init's"
modules="--dep lunatic -Mroot=app/src/main.zig -Mlunatic=app/lunatic/src/lunatic.zig"
$zig build-exe -target wasm32-wasi -rdynamic $modules --name app \
	-femit-bin=app.wasm >out 2>err || bad "zig rejects init's"
greets() {
	printf '%s\n' 'hello, moon' 'no greeting for nobody: ProcessEnded' \
		'hello, stars' | diff - out >different || bad "$1: another output"
}
run app.wasm moon nobody stars
expect 0 "app"
greets "app"
$zig test -target wasm32-wasi -rdynamic $modules --test-no-exec \
	-femit-bin=test.wasm >out 2>err || bad "zig rejects init's tests"
run test.wasm
expect 0 "app's tests"
says err 'All 3 tests passed' "app's tests"
sed 's/"hello, {s}"/"good bye, {s}"/' app/src/greeting.zig >changed
cp changed app/src/greeting.zig
$zig test -target wasm32-wasi -rdynamic $modules --test-no-exec \
	-femit-bin=test.wasm >out 2>err || bad "zig rejects a change"
! "$lunatic" test.wasm >out 2>err || bad "a mistake is not noticed"

# `zig build` compiles its build system first, as `lunatic build` says to: in
# seconds.
mkdir bin
printf '#!/bin/sh\nexec %s "$@"\n' "$zig" >bin/zig
chmod +x bin/zig
PATH=$work/bin:$(dirname "$lunatic"):$PATH
export PATH
run init whole --lang zig
(cd whole && lunatic build) >out 2>err || bad "build"
[ "$(cat out)" = zig-out/bin/app.wasm ] || bad "build: no module"
ZIG_DEBUG_CMD=1
export ZIG_DEBUG_CMD
(cd whole && zig build run) >out 2>err || bad "zig build run"
greets "zig build run"
(cd whole && zig build test) >out 2>err || bad "zig build test"
says err 'All 3 tests passed' "zig build test"
sed -i 's/"hello, {s}"/"good bye, {s}"/' whole/src/greeting.zig
! (cd whole && zig build test) >out 2>err || bad "zig build test: a mistake"
says err '^.*good bye, moon' "zig build test: a mistake"

mkfifo port
"$lunatic" echo.wasm 127.0.0.1:0 >port 2>err &
server=$!
read -r line <port
python3 -B "$here/go_sdk/echo.py" "${line##*:}" >out 2>&1 || bad "echo: $line"
kill "$server"
wait "$server" || true
finish
