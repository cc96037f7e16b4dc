#!/bin/sh
# Go's own tests, of packages that ask much of WASI (os, io/fs, path/filepath)
# and of the stack (regexp, go/parser, encoding/json), built from the sources
# that come with Go. Tests that cannot pass on wasip1 skip themselves.
#
#   tests/compat/go_std.sh LUNATIC
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
GOTOOLCHAIN=local
export GOTOOLCHAIN
minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
if [ "${minor:-0}" -lt 24 ]; then
	echo "skipped: no Go of version 1.24 or newer"
	exit 77
fi
root=$(go env GOROOT)
if [ ! -d "$root/src/os" ]; then
	echo "skipped: Go's sources are not installed"
	exit 77
fi
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"

mkdir tmp
for package in os io/fs path/filepath regexp go/parser encoding/json; do
	(cd "$root/src/$package" && GOOS=wasip1 GOARCH=wasm \
		GOFLAGS=-buildvcs=false go test -c -o "$work/test.wasm" .) \
		>out 2>err || {
		bad "$package: Go rejects its tests"
		continue
	}
	status=0
	# As Go runs them: in the folder of the package, all files within reach.
	(cd "$root/src/$package" && exec timeout -k 5 300 "$lunatic" --dir / \
		--env "PWD=$root/src/$package" --env "GOROOT=$root" \
		--env "TMPDIR=$work/tmp" "$work/test.wasm" -test.short) \
		>out 2>err </dev/null || status=$?
	expect 0 "$package"
	says out '^PASS$' "$package"
	silent err "$package"
	! grep -E '^ *--- FAIL' out || bad "$package: tests fail"
done
finish
