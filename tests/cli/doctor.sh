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
for name in sh ls grep; do # and no apt-get
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
says out '^ +Go 1.24 or later is needed: https://go.dev/dl' "no compilers at all"
says out '^note  guests in C cannot be built$' "no compilers at all"
says out 'LUNATIC_CLANG names' "no compilers and no packages"
with empty go
expect 1 "go is not there"
says out '^FAIL  guests in Go cannot be built$' "go is not there"
! grep -q 'guests in C' out || bad "languages that nobody asked for"
tool go "go version go1.23.4 linux/amd64"
with bin go
expect 1 "an old go"
says out 'Go 1.24 or later is needed' "an old go"
says out '^FAIL  guests in Go cannot be built with go version go1.23.4' "an old go"
tool go "go version go1.26.8 linux/amd64"
with bin go
expect 0 "go"
says out '^ok    guests in Go: go version go1.26.8' "go"
tool zig "0.16.0"
with bin zig
expect 1 "an old zig"
says out 'Zig 0.17 or later is needed' "an old zig"
says out '^FAIL  guests in Zig cannot be built with 0.16.0$' "an old zig"
tool zig "0.17.1"
with bin zig
expect 0 "zig"
says out '^ok    guests in Zig: 0.17.1' "zig"
tool npm "11"
tool node "v20.20.2"
with bin assemblyscript
expect 0 "npm"
says out '^ok    guests in AssemblyScript: Node.js v20.20.2$' "npm"
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
tool apt-get ""
with bin c
expect 1 "no clang"
says out 'apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 make$' "no clang"
[ "$(grep -c apt-get out)" -eq 1 ] || bad "not one command for all"
tool make ""
# clang_finds LINKER ARCHIVE [NAME]: a clang that says where its files are.
clang_finds() {
	cat >"bin/${3:-clang-19}" <<END
#!/bin/sh
case \$* in
*prog-name*) echo "$1" ;;
*file-name*) echo "$2" ;;
*) echo "clang version 19" ;;
esac
END
	chmod +x "bin/${3:-clang-19}"
}
clang_finds wasm-ld "$work/none.a"
with bin c
expect 1 "no library"
says out 'apt-get install lld-19 wasi-libc libclang-rt-19-dev-wasm32$' "no library"
clang_finds "$work/bin/go" "$work/none.a"
with bin c
says out 'apt-get install wasi-libc libclang-rt-19-dev-wasm32$' "a linker"
clang_finds "$work/bin/go" "$work/bin/go"
with bin c
expect 0 "c"
says out '^ok    guests in C: clang version 19$' "c"
# Another one, as lunatic-cc takes it.
mv bin/clang-19 bin/clang
with bin c
expect 0 "clang"
mv bin/clang bin/other
with bin c
expect 1 "no clang in the PATH"
export LUNATIC_CLANG="$work/bin/other"
with bin c
expect 0 "LUNATIC_CLANG"
unset LUNATIC_CLANG
# A lunatic-cc beside the program.
mkdir beside
cp "$lunatic" beside/lunatic
cp bin/lunatic-cc beside/lunatic-cc
rm bin/lunatic-cc
status=0
env PATH="$work/bin:$work/empty" beside/lunatic doctor c >out 2>err || status=$?
expect 1 "a lunatic-cc beside the program"
says out "^ +export PATH=\"$work/beside:.PATH\"\$" "a lunatic-cc beside it"

# The same for programs.
run doctor --json go zig
python3 - <<'END' >out2 2>err || bad "--json: $(cat out2)"
import json
rows = [json.loads(line) for line in open("out", encoding="utf-8")]
assert len(rows) == len({row["about"] for row in rows}), rows
for row in rows:
    assert row["grade"] in ("ok", "note", "fail"), row
    assert row["finding"], row
    assert ("advice" in row) == (row["grade"] != "ok"), row
about = {row["about"]: row for row in rows}
assert about["version"]["finding"].startswith("lunatic "), rows
for word in ("kernel", "code", "memfd", "openat2", "max_map_count",
             "overcommit", "descriptors", "addresses", "memory", "threads",
             "processors", "ipv4", "ipv6", "ports", "authorities", "cache",
             "control", "go", "zig"):
    assert word in about, word
assert "c" not in about, rows
END
! grep -q '^ok' out || bad "text among JSON"
with empty --json go
expect 1 "--json of what is missing"
says out '"grade":"fail","about":"go"' "--json of what is missing"

# Whom TLS trusts.
SSL_CERT_FILE=$work/bin/go run doctor
says out "^ok    guests trust the authorities in $work/bin/go " "SSL_CERT_FILE"
SSL_CERT_FILE=$work/none SSL_CERT_DIR=$work/none run doctor
expect 0 "no authorities"
says out '^note  there are no certificates of authorities' "no authorities"
says out 'apt-get install ca-certificates' "no authorities"

status=0
# shellcheck disable=SC3045 # sh of Debian has it
(ulimit -n 1000 && exec "$lunatic" doctor) >out 2>err </dev/null || status=$?
expect 0 "few descriptors"
says out '^note  descriptors: at most 1000' "few descriptors"
says out 'LimitNOFILE=' "few descriptors"
LUNATIC_CACHE=$work/not/yet run doctor
says out "^ok    compiled code is kept in $work/not/yet\$" "a folder to be made"
LUNATIC_CACHE=$work/bin/go/x run doctor
says out '^note  compiled code cannot be kept' "a cache in a file"
says out 'set LUNATIC_CACHE to a folder of yours' "a cache in a file"
# Nobody else may use the network here, so it is taken away.
if [ "$(id -u)" -eq 0 ] && unshare -n true 2>/dev/null; then
	status=0
	unshare -n sh -c "ip link set lo down 2>/dev/null; exec '$lunatic' doctor" \
		>out 2>err || status=$?
	expect 0 "no network"
fi
status=0
# shellcheck disable=SC3045 # sh of Debian has it
(ulimit -v 400000 && exec "$lunatic" doctor) >out 2>err </dev/null || status=$?
if ! grep -q Sanitizer err && [ "$status" -ne 127 ]; then
	expect 1 "few addresses"
	says out '^FAIL  address space: at most 390 MiB' "few addresses"
fi
chmod 500 empty
if [ "$(id -u)" -ne 0 ]; then
	LUNATIC_CACHE=$work/empty run doctor
	says out 'compiled code cannot be kept' "a cache that cannot be written"
fi
finish
