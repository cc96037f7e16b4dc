#!/bin/sh
# Checks who includes whom under src/ and include/:
#
#   - a folder of src/ includes only itself and the folders before it in
#     LUNATIC_FOLDERS (cmake/LunaticFolders.cmake), by names written from src/;
#   - the parts of host (v07, wasi) do not include each other, and what they
#     share, beside them, includes none of them;
#   - only engine and host see the engine's headers;
#   - the public headers include nothing but each other and the C library.
set -eu

cd "$(dirname "$0")/.."
folders=$(sed -n 's/^set(LUNATIC_FOLDERS \(.*\))$/\1/p' \
	cmake/LunaticFolders.cmake)
[ -n "$folders" ] || { echo "check-includes: no list of folders" >&2; exit 1; }

# Every include as: file line-number "name" or <name>
includes() {
	find "$@" -name '*.[chS]' -exec awk '
		/^[ \t]*#[ \t]*include/ {
			sub(/^[ \t]*#[ \t]*include[ \t]*/, "")
			sub(/[ \t].*$/, "")
			print FILENAME, FNR, $0
		}' {} +
}

{
	includes src
	[ ! -d include ] || includes include
} | awk -v folders="$folders" '
	function wrong(text) {
		printf "%s:%d: %s %s\n", $1, $2, $3, text
		bad = 1
	}
	# Of host, in which a file is: "" beside them.
	function part(path) {
		sub(/^src\//, "", path)
		return path ~ /^host\/.*\// ? \
			substr(path, 6, index(substr(path, 6), "/") - 1) : ""
	}
	BEGIN {
		n = split(folders, name, " ")
		for (i = 1; i <= n; i++)
			rank[name[i]] = i
	}
	{
		own = $1
		sub(/^src\//, "", own)
		sub(/\/.*/, "", own)
		to = substr($3, 2, length($3) - 2)
		folder = to
		sub(/\/.*/, "", folder)
		quoted = $3 ~ /^"/
	}
	own == "include" {
		if (quoted)
			wrong("in a public header; write <lunatic/...>")
		else if (to ~ /\// && to !~ /^(lunatic|sys)\//)
			wrong("is not for public headers")
		next
	}
	!(own in rank) {
		wrong("in a folder that is not in LUNATIC_FOLDERS")
		next
	}
	!quoted && to ~ /^(wasm|wasmtime|wasi)(\.h|\/)/ &&
	own != "engine" && own != "host" {
		wrong("is for engine and host only")
	}
	!quoted || to == "lunatic_version.h" { next }
	to !~ /\// { wrong("is not written from src/"); next }
	!(folder in rank) { wrong("is not a folder of src/"); next }
	own == "host" && part(to) != "" && part($1) != part(to) {
		wrong("is of another part of host")
		next
	}
	rank[folder] > rank[own] {
		wrong("is above " own " in the order of folders")
	}
	END { exit bad }'
