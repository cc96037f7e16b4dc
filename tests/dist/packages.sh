#!/bin/sh
# The packages of a build: made twice they are the same, byte for byte, and what
# is in them runs. `make dist` makes the real ones, for systems with an older C
# library; these are of the program under test.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/cli/support/cli.sh"

build=$(dirname "$lunatic")
export LUNATIC_DIST_LEVEL=1 LUNATIC_DEB_FLAGS="-Zgzip -z1"
SOURCE_DATE_EPOCH=1700000000 "$top/tools/dist/package.sh" "$build" first \
	>out 2>err || bad "package.sh"
# Another time, umask, language and folder must not matter, nor must times of
# files that are installed.
sleep 1
(umask 077 && export LC_ALL=C.UTF-8 TZ=Pacific/Chatham && SOURCE_DATE_EPOCH=1700000000 TMPDIR=$work \
	"$top/tools/dist/package.sh" "$build" second) >out 2>err ||
	bad "package.sh, again"
ls first >out
diff first/SHA256SUMS second/SHA256SUMS >out || bad "two runs differ"
for file in first/*; do
	cmp "$file" "second/${file#first/}" >out 2>&1 || bad "two runs differ"
done
(cd first && sha256sum -c SHA256SUMS >/dev/null 2>../err) || bad "the sums"
rm -rf second

arch=$(uname -m)
version=$("$lunatic" --version | cut -d ' ' -f 2)
module exits <<'END'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start") (call $exit (i32.const 7))))
END

# ends7 WHAT COMMAND...: it must end as the guest says.
ends7() {
	what=$1
	shift
	status=0
	"$@" >out 2>err || status=$?
	expect 7 "$what"
}

# tools/install.sh, from a folder: install, install over it, remove.
mkdir home
HOME=$work/home
export HOME
first/install.sh first >out 2>err || bad "install.sh"
says out 'put it into PATH: export PATH="/.*/home/\.local/bin:\$PATH"' "PATH"
ends7 "what was installed" home/.local/bin/lunatic exits.wasm
ends7 "a plugin that was installed" \
	home/.local/bin/lunatic -P heap_profiler exits.wasm
[ -e home/.local/share/lunatic/sdk/c/include/lunatic.h ] || bad "no header"
[ -e home/.local/share/lunatic/sdk/wit/process.wit ] || bad "no WIT"
[ -e home/.local/share/man/man1/lunatic.1 ] || bad "no page of the manual"
echo mine >home/.local/share/lunatic/mine
PATH=$work/home/.local/bin:$PATH first/install.sh "first/" >out 2>err ||
	bad "install.sh over what is there"
! grep -q PATH= out || bad "it tells to set a PATH that is right"
first/install.sh --uninstall >out 2>err || bad "install.sh --uninstall"
find home -type f >out
[ "$(cat out)" = home/.local/share/lunatic/mine ] || bad "what is left"
status=0
first/install.sh --uninstall >out 2>err || status=$?
expect 1 "install.sh --uninstall of nothing"
says err 'nothing was installed below' "install.sh --uninstall of nothing"
# From an address.
if command -v curl >/dev/null || command -v wget >/dev/null; then
	python3 - first >port 2>served <<'END' &
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler,
                            directory=sys.argv[1])
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
END
	server=$!
	trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
	for _ in $(seq 100); do
		[ ! -s port ] || break
		sleep 0.1
	done
	url=http://127.0.0.1:$(cat port)
	no_proxy=127.0.0.1 first/install.sh "$url/" --prefix "$work/from url" \
		>out 2>err || bad "install.sh from an address"
	ends7 "what came from an address" "from url/bin/lunatic" exits.wasm
	status=0
	no_proxy=127.0.0.1 first/install.sh "$url/none" --prefix "$work/p" \
		>out 2>err || status=$?
	expect 1 "install.sh from an address with nothing"
	says err 'SHA256SUMS could not be fetched' "nothing at an address"
	kill "$server"
fi
# A version that is over another one leaves none of its files.
mkdir -p old/share/lunatic old/bin
echo bin/gone >old/share/lunatic/installed-files
echo x >old/bin/gone
first/install.sh first --prefix "$work/old" >out 2>err || bad "install.sh, new"
[ ! -e old/bin/gone ] || bad "a file of the old version stays"
# Changed packages and folders without any are refused before anything is done.
mkdir wrong
cp first/SHA256SUMS wrong/
cp "first/lunatic-$version-$arch-linux.tar.gz" wrong/
printf x >>"wrong/lunatic-$version-$arch-linux.tar.gz"
status=0
first/install.sh wrong --prefix "$work/p" >out 2>err || status=$?
expect 1 "install.sh with a wrong sum"
says err 'has another sum than SHA256SUMS says' "a wrong sum"
[ ! -e p ] || bad "a wrong sum: something was installed"
status=0
first/install.sh "$work/home" --prefix "$work/p" >out 2>err || status=$?
expect 1 "install.sh without SHA256SUMS"
says err 'SHA256SUMS could not be fetched' "no sums"

# The wheel, without pip: unpacked, with the way that its script calls it.
python3 - first/lunatic_runtime-*.whl <<'END' >out 2>err || bad "the wheel"
import base64, csv, hashlib, os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    names = set(wheel.namelist())
    record = [n for n in names if n.endswith("/RECORD")][0]
    rows = list(csv.reader(wheel.read(record).decode().splitlines()))
    assert {row[0] for row in rows} == names
    for name, digest, size in rows:
        if name != record:
            data = wheel.read(name)
            made = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
            assert digest == "sha256=" + made.rstrip(b"=").decode(), name
            assert int(size) == len(data), name
    wheel.extractall("wheel")
    for info in wheel.infolist():
        os.chmod("wheel/" + info.filename, info.external_attr >> 16 & 0o777)
sys.path.insert(0, "wheel")
import lunatic
assert lunatic.run("exits.wasm").returncode == 7
assert lunatic.start("exits.wasm").wait() == 7
assert lunatic.run("exits.wasm", options=["-P", "heap_profiler"],
                   capture_output=True).stderr.startswith(b"heap_profiler: ")
END
ends7 "python3 -m lunatic" env PYTHONPATH=wheel python3 -m lunatic exits.wasm

# npm's package.
mkdir npm
tar -xzf first/lunatic-runtime-linux-*.tgz -C npm
ends7 "npm's program" npm/package/bin/lunatic exits.wasm
grep -q '"lunatic": "bin/lunatic"' npm/package/package.json || bad "package.json"
if command -v node >/dev/null; then
	ends7 "npm's module" node -e '
		require("./npm/package").start("exits.wasm")
			.on("exit", (code) => process.exit(code))'
fi

# The bill of materials names what is linked in.
python3 - "first/lunatic-$version-$arch.cdx.json" <<'END' >out 2>err || bad "the bill of materials"
import json, sys
with open(sys.argv[1], encoding="utf-8") as f:
    bill = json.load(f)
assert bill["bomFormat"] == "CycloneDX" and bill["specVersion"] == "1.5"
parts = {part["name"]: part for part in bill["components"]}
for name in ("wasmtime-internal-core", "cranelift-codegen", "wasmi", "openssl",
             "sqlite3", "jansson", "rust-std", "llhttp"):
    assert name in parts, name
for name, part in parts.items():
    assert part["version"] and part["purl"], name
    assert part["licenses"][0]["expression"], name
    if part["purl"].startswith("pkg:cargo/"):
        assert len(part["hashes"][0]["content"]) == 64, name
assert any("0001-" in patch["diff"]["url"]
           for patch in parts["wasmtime"]["pedigree"]["patches"])
assert len({part["bom-ref"] for part in bill["components"]}) == \
    len(bill["components"]) == len(bill["dependencies"][0]["dependsOn"])
END
finish
