#!/bin/sh
# Checks who includes whom under src/ and include/:
#
#   - a folder of src/ includes only itself and the folders before it in
#     LUNATIC_FOLDERS (cmake/LunaticFolders.cmake), by names written from src/;
#   - the parts of host (v07, wasi) do not include each other, and what they
#     share, beside them, includes none of them;
#   - only the folder of an engine, src/engine/<name>, sees the engine's headers,
#     and nothing outside of it sees the folder's own;
#   - the public headers include nothing but each other and the C library;
#   - headers of a folder do not include each other in a ring, and in the
#     folders named below neither do source files with their headers.
set -eu

cd "$(dirname "$0")/.."
folders=$(sed -n 's/^set(LUNATIC_FOLDERS \(.*\))$/\1/p' \
	cmake/LunaticFolders.cmake)
[ -n "$folders" ] || { echo "check-includes: no list of folders" >&2; exit 1; }

# Here x.c and x.h count as one.
ringless=process

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
	$1 !~ /^src\/engine\/wasmtime\// {
		wrong("is for the folder of its engine only")
	}
	quoted && to ~ /^engine\/.*\// &&
	index($1, "src/" substr(to, 1, match(to, /[^\/]*$/) - 1)) != 1 {
		wrong("is for its own folder only")
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

# Takes away what includes nothing that is left, and what nothing left includes,
# until only rings are left.
includes src | awk -v ringless="$ringless" '
	function stem(path) {
		sub(/^src\//, "", path)
		return path
	}
	function add(from, to) {
		if (from != to && !((from, to) in edge)) {
			edge[from, to] = 1
			out[from]++
			into[to]++
			node[from] = node[to] = 1
		}
	}
	BEGIN {
		n = split(ringless, name, " ")
		for (i = 1; i <= n; i++)
			whole[name[i]] = 1
	}
	$3 !~ /^"/ { next }
	{
		own = stem($1)
		to = substr($3, 2, length($3) - 2)
		folder = own
		sub(/\/.*/, "", folder)
		if (index(to, folder "/") != 1)
			next
		if (folder in whole) {
			sub(/\.[chS]$/, "", own)
			sub(/\.h$/, "", to)
		} else if (own !~ /\.h$/)
			next
		add(own, to)
	}
	END {
		do {
			gone = 0
			for (at in node) {
				if (out[at] > 0 && into[at] > 0)
					continue
				for (pair in edge) {
					split(pair, end, SUBSEP)
					if (end[1] != at && end[2] != at)
						continue
					out[end[1]]--
					into[end[2]]--
					delete edge[pair]
				}
				delete node[at]
				gone = 1
				break
			}
		} while (gone)
		for (pair in edge) {
			split(pair, end, SUBSEP)
			print "check-includes: in a ring: " end[1] " includes " \
				end[2]
			bad = 1
		}
		exit bad
	}'
