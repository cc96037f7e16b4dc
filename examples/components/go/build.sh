#!/bin/sh
# build.sh SOURCE.go OUTPUT.wasm: makes a component of a program, with Go since
# 1.24 and the program `jco` of the package @bytecodealliance/jco, or the one
# that JCO names.
#
# The adapter grows the memory of the module by pages of its own. Go's runtime
# takes all memory behind its own for its own, so that its heap would come to lie
# over those pages: two files of it are compiled as they should be, with
# `-overlay`.
set -eu
source=$1
output=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/go-component.XXXXXX")
trap 'rm -rf "$work"' EXIT
runtime=$(go env GOROOT)/src/runtime

# before FILE LINE VARIABLES: the file, with lines before the one that holds LINE:
# where somebody else has taken pages, the heap goes on behind them.
before() {
	awk -v line="$2" -v variables="$3" 'index($0, line) {
		print "\t\tif at := uintptr(currentMemory()) * physPageSize; " \
			"at != blocMax {"
		print "\t\t\t" variables
		print "\t\t}"
		found = 1
	}
	{ print }
	END { exit !found }' "$runtime/$1" >"$work/$1" || {
		echo "build.sh: $runtime/$1 is not as it was in Go 1.26" >&2
		exit 1
	}
}
before mem_wasm.go 'grow := (bl + n - blocMax)' 'bl, bloc, blocMax = at, at, at'
before mem_sbrk.go 'p = alignUp(bloc, align)' 'bloc, blocMax = at, at'
printf '{"Replace": {"%s": "%s", "%s": "%s"}}\n' \
	"$runtime/mem_wasm.go" "$work/mem_wasm.go" \
	"$runtime/mem_sbrk.go" "$work/mem_sbrk.go" >"$work/overlay.json"
GOOS=wasip1 GOARCH=wasm go build -overlay "$work/overlay.json" \
	-o "$work/module.wasm" "$source"
"${JCO:-jco}" new "$work/module.wasm" --wasi-command -o "$output" >&2
