#!/bin/sh
# A component that Go's own compiler and jco make: examples/components/go, and a
# program whose heap grows. jco comes from npm if LUNATIC_COMPAT_FETCH is set.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
version=1.35.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/compat
tool=$cache/jco-$version

skip() {
	echo "skipped: $*"
	exit 77
}

command -v go >/dev/null 2>&1 || skip "no go"
command -v node >/dev/null 2>&1 || skip "no node"
if [ ! -d "$tool/node_modules" ]; then
	[ -n "${LUNATIC_COMPAT_FETCH:-}" ] ||
		skip "no jco; LUNATIC_COMPAT_FETCH=1 downloads it"
	mkdir -p "$cache"
	new=$(mktemp -d "$cache/jco.XXXXXX")
	if ! (cd "$new" && npm install --no-audit --no-fund --ignore-scripts \
		"@bytecodealliance/jco@$version") >"$new/log" 2>&1
	then
		rm -rf "$new"
		skip "jco cannot be downloaded"
	fi
	rm -rf "$tool"
	mv "$new" "$tool"
fi
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
