#!/bin/sh
# The guest library for Go: what it does, seen from a guest; its MessagePack on
# this machine; a pair of a Go and a C guest (pair/) that exchange every shape
# of value; and the examples.
#
#   tests/compat/go_sdk.sh LUNATIC
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
GOTOOLCHAIN=local
GOFLAGS=-buildvcs=false
GOPROXY=off
export GOTOOLCHAIN GOFLAGS GOPROXY
minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
if [ "${minor:-0}" -lt 24 ]; then
	echo "skipped: no Go of version 1.24 or newer"
	exit 77
fi
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# What compilers make is large; compiling it takes longest.
run_seconds=240
# shellcheck source=tests/compat/support/pair.sh
. "$here/support/pair.sh"

# Go's modules are large.
LUNATIC_CACHE_DIR=$work/cache
export LUNATIC_CACHE_DIR
unset LUNATIC_CACHE

(cd "$top/sdk/go" && go test ./pack) >out 2>err || bad "pack"

# build FOLDER PACKAGE OUTPUT
build() {
	(cd "$1" && GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared \
		-o "$work/$3" "$2") 2>err || bad "Go rejects $3"
}
[ -z "$(gofmt -l "$top/sdk/go" "$top/examples/go" "$here/go_sdk")" ] ||
	bad "gofmt would change the sources"
build "$here/go_sdk" . pair.wasm
build "$here/go_sdk" ./web web.wasm
build "$top/examples/go" ./echo echo.wasm
build "$top/examples/go" ./pool pool.wasm
[ "$failures" -eq 0 ] || finish

passes_itself 7

(cd "$here/go_sdk" && GOOS=wasip1 GOARCH=wasm go vet . ./web lunatic) \
	>out 2>err || bad "go vet"

# The examples of the documentation are tests.
(cd "$top/sdk/go" && GOOS=wasip1 GOARCH=wasm go test -c \
	-buildmode=c-shared -o "$work/examples.wasm" .) >out 2>err ||
	bad "Go rejects the examples"
run --dir "$work" --env "TMPDIR=$work" examples.wasm
expect 0 "the examples"
says out '^PASS$' "the examples"

# A connection that takes long, while other goroutines go on.
mkfifo full_port full_line
python3 -B "$here/go_sdk/full.py" <full_line >full_port &
full=$!
exec 3>full_line
read -r port <full_port
"$lunatic" pair.wasm dial "127.0.0.1:$port" >dialled 2>err &
dialling=$!
tries=0
until grep -q '^others go on$' dialled || [ $((tries += 1)) -gt 200 ]; do
	sleep 0.1
done
echo >&3
status=0
wait "$dialling" || status=$?
expect 0 "dial"
[ "$(tail -n 1 dialled)" = dialled ] || bad "dial: $(cat dialled err)"
exec 3>&-
wait "$full" || bad "full.py"

run web.wasm
expect 0 "web"
[ "$(cat out)" = passed ] || bad "web: another output"

build_pair
asked_by_c Go go_server
# Go finds files below directories that are given by absolute paths.
run --dir "$work" pair.wasm ask "$work/pair_c.wasm"
expect 0 "Go asks C"
[ "$(cat out)" = "Go asked C" ] || bad "Go asks C: another output"

squares "[9]"
[ "$(grep -o 'workers: restarts worker [123]: it has trapped' err | wc -l)" -eq 4 ] ||
	bad "pool: not 4 restarts"

# What lunatic init makes. Where it is built in, the engine that interprets
# needs no time to compile it.
LUNATIC_ENGINE=wasmtime
! "$lunatic" --help | grep -q '^ *wasmi: ' || LUNATIC_ENGINE=wasmi
export LUNATIC_ENGINE
PATH=$(dirname "$lunatic"):$PATH
export PATH
run init app --lang go
expect 0 "init"
[ -z "$(gofmt -l app)" ] || bad "gofmt would change what init writes"
(cd app && make run) >out 2>err || bad "make run"
for line in 'hello, moon' 'hello, stars' \
	'no greeting for nobody: .*the process has ended: it has trapped'; do
	says out "^$line\$" "make run"
done
rm app/app.wasm
(cd app && lunatic build) >out 2>err || bad "build"
[ "$(cat out)" = app.wasm ] && [ -e app/app.wasm ] || bad "build: no module"
(cd app && make test) >out 2>err || bad "make test"
says out '^ok' "make test"
sed -i 's/hello/good bye/' app/greeting.go
! (cd app && make test) >out 2>err || bad "a mistake is not noticed"

mkfifo port
"$lunatic" echo.wasm 127.0.0.1:0 >port 2>err &
server=$!
read -r line <port
python3 -B "$here/go_sdk/echo.py" "${line##*:}" >out 2>&1 || bad "echo: $line"
kill "$server"
wait "$server" || true
finish
