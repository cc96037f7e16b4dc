#!/bin/sh
# A component that Go's own compiler and jco make: examples/components/go, and a
# program whose heap grows. jco comes from npm if LUNATIC_COMPAT_FETCH is set.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/compat/support/npm.sh
. "$here/support/npm.sh"

command -v go >/dev/null 2>&1 || skip "no go"
npm_package jco 1.35.0
JCO=$tool/node_modules/.bin/jco
export JCO

# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
example=$here/../../examples/components/go

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
for program in "$example/main.go" heap.go; do
	name=$(basename "$program" .go)
	"$example/build.sh" "$program" "$name.wasm" >log 2>&1 ||
		bad "$name is not built: $(tail -n 3 log)"
done
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
finish
