#!/bin/sh
# Builds llhttp, the parser of HTTP/1.1 that Node.js has, into a cache that
# outlives build folders, and prints its folder on standard output.
#
#   tools/build-llhttp.sh            build if needed, print the folder
#   LUNATIC_ENGINE_CACHE=DIR         the cache, as for tools/build-engine.sh
#   LUNATIC_LLHTTP_SOURCE=FILE       the archive below, instead of fetching it
#
# Debian has no package of it, and its releases are generated C. They are taken
# from the source archive of aiohttp, which ships them unchanged: llhttp 9.3.0.
set -eu

version=9.3.0
from=aiohttp
from_version=3.13.2
sum=40176a52c186aefef6eb3cad2cdd30cd06e3afbe88fe8ab2af9c0b90f228daca
cc=${CC:-cc}
cache=${LUNATIC_ENGINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lunatic/engine}

say() { echo "llhttp: $*" >&2; }
fail() { say "$*"; exit 1; }

machine=$("$cc" -dumpmachine 2>/dev/null) || fail "there is no compiler $cc"
machine=${machine%%-*}
key=$({ cat "$0"; echo "$machine"; } | sha256sum | cut -c1-16)
out=$cache/llhttp-$version-$key
if [ -f "$out/lib/libllhttp.a" ]; then
	echo "$out"
	exit 0
fi

mkdir -p "$cache"
work=$cache/.build-llhttp-$version-$key
exec 9>"$work.lock"
if command -v flock >/dev/null 2>&1; then
	flock 9
fi
if [ -f "$out/lib/libllhttp.a" ]; then
	echo "$out"
	exit 0
fi
rm -rf "$work"
mkdir -p "$work/lib" "$work/include"
archive=${LUNATIC_LLHTTP_SOURCE:-}
if [ -z "$archive" ]; then
	say "fetching llhttp $version once; it is kept in $out"
	# pip compares the checksum before it asks the archive for its name.
	echo "$from==$from_version --hash=sha256:$sum" >"$work/archive.txt"
	python3 -m pip download --quiet --no-deps --no-binary :all: \
		--require-hashes --dest "$work" -r "$work/archive.txt" >&2 ||
		fail "pip could not fetch $from $from_version; is the package index reachable?"
	archive=$work/$from-$from_version.tar.gz
fi
echo "$sum  $archive" | sha256sum --check --status ||
	fail "$archive is not the archive that was expected"
tar -xzf "$archive" -C "$work" --strip-components=3 \
	"$from-$from_version/vendor/llhttp"
for file in build/c/llhttp.c src/native/api.c src/native/http.c; do
	"$cc" -O2 -g -fPIC -ffunction-sections -I"$work/build" \
		-ffile-prefix-map="$work"=llhttp \
		-c "$work/$file" -o "$work/lib/$(basename "$file" .c).o" ||
		fail "$file cannot be compiled"
done
ar rcsD "$work/lib/libllhttp.a" "$work"/lib/*.o
cp "$work/build/llhttp.h" "$work/include/"
mkdir -p "$work.new"
cp -R "$work/lib" "$work/include" "$work/LICENSE" "$work.new/"
rm -f "$work.new"/lib/*.o
mv "$work.new" "$out"
rm -rf "$work"
echo "$out"
