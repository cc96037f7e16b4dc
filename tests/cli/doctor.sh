#!/bin/sh
# lunatic doctor: what is there, what is missing, and what to do about it; with
# compilers that are none, and limits that are too low.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

XDG_RUNTIME_DIR=$work/run
mkdir -m 700 run bin empty
export XDG_RUNTIME_DIR

run doctor --help
expect 0 "--help"
says out '^Usage: lunatic doctor ' "--help"
refuses "doctor knows c, rust, go, assemblyscript and zig, not 'cobol'" \
	doctor cobol

run doctor
expect 0 "a machine that runs programs"
says out '^ok    lunatic [0-9]' "its version"
says out 'Linux [0-9]' "the kernel"
says out '^ok    compiled code may be executed$' "code"
says out "^ok    programs that run are found in $work/run/lunatic\$" "control"
says out '^note  compiled code is not kept' "the cache that is off"
for language in C Rust Go AssemblyScript Zig; do
	says out "^(ok  |note)  guests in $language" "$language"
done

# tool NAME LINE: a program that prints that, whatever it is asked.
tool() {
	printf '#!/bin/sh\necho "%s"\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}
for name in sh ls grep; do
	ln -s "$(command -v $name)" "empty/$name"
done
# with DIR ARGUMENT...: the program with that folder as its PATH.
with() {
	path=$1
	shift
	status=0
	env PATH="$work/$path:$work/empty" "$lunatic" doctor "$@" \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
}

with empty
expect 0 "no compilers at all"
says out '^note  guests in Go cannot be built$' "no compilers at all"
says out '^ +https://go.dev/dl' "no compilers at all"
with empty go
expect 1 "go is not there"
says out '^FAIL  guests in Go cannot be built$' "go is not there"
! grep -q 'guests in C' out || bad "languages that nobody asked for"
tool go "go version go1.23.4 linux/amd64"
with bin go
expect 1 "an old go"
says out 'Go 1.24 or later is needed' "an old go"
tool go "go version go1.26.8 linux/amd64"
with bin go
expect 0 "go"
says out '^ok    guests in Go: go version go1.26.8' "go"
tool zig "0.16.0"
with bin zig
expect 1 "an old zig"
says out 'Zig 0.17 or later is needed' "an old zig"
tool zig "0.17.1"
with bin zig
expect 0 "zig"
says out '^ok    guests in Zig: 0.17.1' "zig"
tool cargo "cargo 1.95"
tool rustc "$work/no/such/folder"
with bin rust go
expect 1 "rust without its target"
says out 'rustup target add wasm32-wasip1' "rust without its target"
tool rustc "$work/bin"
with bin rust
expect 0 "rust"
with bin c
expect 1 "no lunatic-cc"
says out 'lunatic-cc is installed beside lunatic' "no lunatic-cc"
tool lunatic-cc ""
with bin c
says out 'apt-get install clang-19' "no clang"
tool clang-19 "$work/none.a"
tool wasm-ld-19 ""
with bin c
expect 1 "no library"
says out 'apt-get install wasi-libc' "no library"
tool clang-19 "$work/bin/go"
with bin c
expect 0 "c"

status=0
# shellcheck disable=SC3045 # sh of Debian has it
(ulimit -n 1000 && exec "$lunatic" doctor) >out 2>err </dev/null || status=$?
expect 0 "few descriptors"
says out '^note  descriptors: at most 1000' "few descriptors"
says out 'LimitNOFILE=' "few descriptors"
chmod 500 empty
if [ "$(id -u)" -ne 0 ]; then
	LUNATIC_CACHE=$work/empty run doctor
	says out 'compiled code cannot be kept' "a cache that cannot be written"
fi
finish
