#!/bin/sh
# Components that Go's own compiler and jco make: examples/components/go, a
# program whose heap grows, and the test of the guest library as a component,
# which also meets itself as a module. jco comes from npm if LUNATIC_COMPAT_FETCH
# is set.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/compat/support/npm.sh
. "$here/support/npm.sh"

GOTOOLCHAIN=local
GOFLAGS=-buildvcs=false
GOPROXY=off
export GOTOOLCHAIN GOFLAGS GOPROXY
minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
[ "${minor:-0}" -ge 24 ] || skip "no Go of version 1.24 or newer"
npm_package jco 1.35.0
JCO=$tool/node_modules/.bin/jco
export JCO

# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# What compilers make is large; compiling it takes longest.
run_seconds=240
# shellcheck source=tests/compat/support/processes.sh
. "$here/support/processes.sh"
example=$here/../../examples/components/go

# Go's modules are large.
LUNATIC_CACHE_DIR=$work/cache
export LUNATIC_CACHE_DIR
unset LUNATIC_CACHE

cat >heap.go <<'EOS'
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

// What lives is looked at again at the end: nobody else has written there.
func main() {
	var kept [][]byte
	for i := range 2000 {
		b := make([]byte, 100000)
		for j := range b {
			b[j] = byte(i)
		}
		if i%40 == 0 {
			kept = append(kept, b)
			time.Sleep(time.Microsecond)
		}
	}
	runtime.GC()
	for i, b := range kept {
		for _, c := range b {
			if c != byte(i*40) {
				panic("the heap is not what it was")
			}
		}
	}
	fmt.Println(len(kept), os.Getenv("VARIABLE"))
	os.Exit(3)
}
EOS
for program in "$example/main.go" heap.go "$example/supervisor" \
	"$example/chat" "$here/go_sdk"; do
	name=$(basename "$program" .go)
	"$example/build.sh" "$program" "$name.wasm" >log 2>&1 ||
		bad "$name is not built: $(tail -n 3 log)"
done
(cd "$here/go_sdk" && GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared \
	-o "$work/module.wasm" .) >log 2>&1 || bad "the module is not built"
[ -z "$(gofmt -l "$example")" ] || bad "gofmt would change the examples"
vet() {
	(cd "$1" && GOOS=wasip1 GOARCH=wasm go vet -tags component "$2" \
		lunatic) >log 2>&1 || bad "go vet: $(tail -n 3 log)"
}
vet "$example" ./...
vet "$here/go_sdk" .
[ "$failures" -eq 0 ] || finish

# What keeps build.sh from making one is said.
# no_component REGEX ARGUMENT...
no_component() {
	why=$1
	shift
	! "$example/build.sh" "$@" >out 2>err || bad "build.sh $*: no error"
	says err "^build.sh: .*$why" "build.sh $*"
}
no_component "there is no none.go" none.go none.wasm
no_component "no folder for none/none.wasm" heap.go none/none.wasm
no_component "Go finds no program" . none.wasm
JCO=none no_component "no none; install it with" heap.go none.wasm
LUNATIC_WIT=none no_component "none/process.wit; set LUNATIC_WIT" \
	"$example/chat" none.wasm
[ ! -e none.wasm ] || bad "build.sh has made something"

mkdir d
echo "one two three" >d/text
status=0
timeout 250 "$lunatic" --dir d::/d main.wasm /d/text >out 2>err </dev/null ||
	status=$?
expect 0 main
[ "$(cat out)" = "/d/text has 3 words
the sum of 10 squares is 385" ] || bad "main: another output"
status=0
timeout 120 "$lunatic" main.wasm /d/text >out 2>err </dev/null || status=$?
expect 1 "main without a directory"
# WASI 0.2 knows no other statuses.
status=0
timeout 250 "$lunatic" --env VARIABLE=value heap.wasm >out 2>err </dev/null ||
	status=$?
expect 1 heap
[ "$(cat out)" = "50 value" ] || bad "heap: another output"

check_examples "it has trapped" "it has returned"
long_run go_sdk.wasm
expect 1 "the library"
[ "$(cat out)" = passed ] || bad "the library: another output"
says err "'ends' trapped: " "the library: a panic"
status=0
timeout -k 5 200 "$lunatic" --dir "$work" module.wasm meet \
	"$work/go_sdk.wasm" >out 2>err </dev/null || status=$?
expect 0 "a component and a module"
[ "$(cat out)" = met ] || bad "a component and a module: another output"
finish
