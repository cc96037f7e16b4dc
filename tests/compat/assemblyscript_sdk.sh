#!/bin/sh
# The guest library for AssemblyScript: what it does, seen from a guest; a pair
# with a C guest (pair/) that exchanges every shape of value; the examples; what
# lunatic init makes.
#
#   tests/compat/assemblyscript_sdk.sh LUNATIC
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/compat/support/asc.sh
. "$here/support/asc.sh"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# What compilers make is large; compiling it takes longest.
run_seconds=240
# shellcheck source=tests/compat/support/pair.sh
. "$here/support/pair.sh"

# build SOURCE OUTPUT
build() {
	(cd "$top" && "$asc" "$1" sdk/assemblyscript/assembly/exports.ts \
		--exportStart _initialize \
		--use abort=sdk/assemblyscript/assembly/system/fail \
		-o "$work/$2") >out 2>err || bad "asc rejects $1"
	[ ! -s err ] || bad "asc on $1"
}
build tests/compat/assemblyscript/pair.ts pair.wasm
build examples/assemblyscript/echo.ts echo.wasm
build examples/assemblyscript/pool.ts pool.wasm
[ "$failures" -eq 0 ] || finish

passes_itself 0

build_pair
asked_by_c AssemblyScript as_server

squares 9

# npm finds asc in the PATH, where it has not installed it.
mkdir bin
ln -s "$(command -v "$asc")" bin/asc
ln -s "$lunatic" bin/lunatic
PATH=$work/bin:$PATH
export PATH
run init app --lang assemblyscript
expect 0 "init"
if command -v npm >/dev/null 2>&1; then
	(cd app && lunatic build) >out 2>err || bad "build"
	[ "$(tail -n 1 out)" = app.wasm ] || bad "build: no module"
	(cd app && npm test) >out 2>err || bad "npm test"
	says out '^2 passed$' "npm test"
	run app/app.wasm moon nobody stars
	expect 0 "app"
	printf '%s\n' 'hello, moon' 'no greeting for nobody' 'hello, stars' |
		diff - out >different || bad "app: another output"
	rm bin/asc
	mkdir bare
	ln -s "$(command -v npm)" bare/npm
	status=0
	(cd app && env PATH="$work/bare" "$lunatic" build) >out 2>err || status=$?
	expect 1 "build without asc"
	says err "'asc' is not in the PATH.*npm install" "build without asc"
fi

# The package by itself, with the program of its README, and as npm packs it.
mkdir -p alone/node_modules alone/assembly
if command -v npm >/dev/null 2>&1; then
	(cd "$top/sdk/assemblyscript" &&
		npm pack --pack-destination "$work/alone") >out 2>err ||
		bad "npm pack"
	(cd alone && tar xf lunatic-*.tgz && mv package node_modules/lunatic)
else
	cp -R "$top/sdk/assemblyscript" alone/node_modules/lunatic
fi
sed -n '/^    import/,/^    }$/p; /^    export/,/^    }$/p' \
	alone/node_modules/lunatic/README.md | sed 's/^    //' \
	>alone/assembly/index.ts
asc=$(command -v "$asc")
(cd alone && "$asc" assembly/index.ts node_modules/lunatic/assembly/exports.ts \
	--exportStart _initialize \
	--use abort='~lib/lunatic/assembly/system/fail' -o app.wasm) \
	>out 2>err || bad "asc rejects the program of the README"
run alone/app.wasm
expect 0 "the program of the README"
[ "$(cat out)" = 42 ] || bad "the program of the README: another output"

mkfifo port
"$lunatic" echo.wasm 127.0.0.1:0 >port 2>err &
server=$!
read -r line <port
python3 -B "$here/go_sdk/echo.py" "${line##*:}" >out 2>&1 || bad "echo: $line"
kill "$server"
wait "$server" || true
finish
