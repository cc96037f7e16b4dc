#!/bin/sh
# build.sh SOURCE OUTPUT.wasm: makes a component of a program, a file of Go or a
# folder, with Go since 1.24 and the program `jco` of the package
# @bytecodealliance/jco, or the one that JCO names. LUNATIC_WIT names the folder
# sdk/wit where it is not at its place beside this one.
set -eu
fail() {
	echo "build.sh: $*" >&2
	exit 1
}

# absolute FILE
absolute() {
	echo "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
}

[ $# -eq 2 ] || fail "use: build.sh SOURCE OUTPUT.wasm"
here=$(cd "$(dirname "$0")" && pwd)
wit=${LUNATIC_WIT:-$here/../../../sdk/wit}
case $wit in
/*) ;;
*) wit=$PWD/$wit ;;
esac
[ -e "$1" ] || fail "there is no $1"
[ -d "$(dirname "$2")" ] || fail "there is no folder for $2; make it first"
output=$(absolute "$2")
case $1 in
*.go)
	folder=$(dirname "$1")
	package=$(basename "$1")
	;;
*)
	folder=$1
	package=.
	;;
esac
for program in go node; do
	command -v "$program" >/dev/null || fail "no $program in PATH; install it"
done
jco=$(command -v "${JCO:-jco}") || fail "no ${JCO:-jco}; install it with" \
	"'npm install @bytecodealliance/jco', and set JCO to node_modules/.bin/jco"
jco=$(absolute "$jco")

work=$(mktemp -d "${TMPDIR:-/tmp}/go-component.XXXXXX")
trap 'rm -rf "$work"' EXIT
module=$work/module.wasm
GOOS=wasip1
GOARCH=wasm
export GOOS GOARCH
cd "$folder"
packages=$(go list -deps -tags component "$package") ||
	fail "Go finds no program, or not all of its packages, in $1"

# With the package lunatic the adapter takes its memory from that. Go's linker
# has to be told that it may ask the runtime for pages.
if echo "$packages" | grep -qx lunatic; then
	[ -e "$wit/process.wit" ] || fail "there is no $wit/process.wit;" \
		"set LUNATIC_WIT to the folder sdk/wit of lunatic's sources"
	go build -tags component -buildmode=c-shared \
		-ldflags=-checklinkname=0 -o "$module" "$package"
	node "$here/embed.mjs" "$jco" "$wit" program "$module" \
		"$work/typed.wasm"
	"$jco" new "$work/typed.wasm" --wasi-reactor -o "$output" >&2
	exit
fi

# Without it the adapter grows the memory of the module by pages of its own. Go's
# runtime takes all memory behind its own for its own, so that its heap would come
# to lie over those pages: two files of it are compiled as they should be, with
# `-overlay`.
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
	END { exit !found }' "$runtime/$1" >"$work/$1" ||
		fail "$runtime/$1 is not as it was in Go 1.26"
}
before mem_wasm.go 'grow := (bl + n - blocMax)' 'bl, bloc, blocMax = at, at, at'
before mem_sbrk.go 'p = alignUp(bloc, align)' 'bloc, blocMax = at, at'
printf '{"Replace": {"%s": "%s", "%s": "%s"}}\n' \
	"$runtime/mem_wasm.go" "$work/mem_wasm.go" \
	"$runtime/mem_sbrk.go" "$work/mem_sbrk.go" >"$work/overlay.json"
go build -overlay "$work/overlay.json" -o "$module" "$package"
"$jco" new "$module" --wasi-command -o "$output" >&2
