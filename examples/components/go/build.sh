#!/bin/sh
# build.sh SOURCE.go OUTPUT.wasm: makes a component of a program, with Go since
# 1.24 and the program `jco` of the package @bytecodealliance/jco, or the one
# that JCO names.
#
# The adapter grows the memory of the module by pages of its own. Go's runtime
# takes all memory behind its own for its own, so that its heap would come to lie
# over those pages: one file of it is compiled as it should be, with `-overlay`.
set -eu
source=$1
output=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/go-component.XXXXXX")
trap 'rm -rf "$work"' EXIT
file=$(go env GOROOT)/src/runtime/mem_wasm.go
awk '/grow := \(bl \+ n - blocMax\)/ {
	print "\t\tif at := uintptr(currentMemory()) * physPageSize; at != blocMax {"
	print "\t\t\tbl, bloc, blocMax = at, at, at"
	print "\t\t}"
	found = 1
}
{ print }
END { exit !found }' "$file" >"$work/mem_wasm.go" || {
	echo "build.sh: $file is not as it was in Go 1.26" >&2
	exit 1
}
printf '{"Replace": {"%s": "%s"}}\n' "$file" "$work/mem_wasm.go" \
	>"$work/overlay.json"
GOOS=wasip1 GOARCH=wasm go build -overlay "$work/overlay.json" \
	-o "$work/module.wasm" "$source"
"${JCO:-jco}" new "$work/module.wasm" --wasi-command -o "$output" >&2
