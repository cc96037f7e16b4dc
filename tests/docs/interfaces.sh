#!/bin/sh
# The interfaces that docs/compatibility.md and docs/components.md list are
# those of the tables in src/host/wasi/p2, no more and no fewer.
#
#   tests/docs/interfaces.sh
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-interfaces.XXXXXX")
trap 'rm -rf "$work"' EXIT

cat src/host/wasi/p2/*.def src/host/wasi/p2/lunatic/*.def |
	grep -oE '^(FUNCTION|RESOURCE|ERROR)?[A-Z]*\("(wasi|lunatic):[a-z-]+/[a-z0-9-]+' |
	sed 's/.*"//' | sort -u >"$work/tables"
# Rows "| `wasi:cli` | `environment`, ... |", and "| `lunatic:process/x` | ... |";
# what a component exports is no import.
awk -F'|' '
	$2 ~ /^ `(wasi):[a-z]+` $/ {
		package = $2
		gsub(/[` ]/, "", package)
		text = $3
		sub(/:.*/, "", text)
		while (match(text, /`[a-z0-9-]+`/)) {
			print package "/" substr(text, RSTART + 1, RLENGTH - 2)
			text = substr(text, RSTART + RLENGTH)
		}
	}
	$2 ~ /^ `lunatic:process\/[a-z]+` $/ && $2 !~ /worker/ {
		gsub(/[` ]/, "", $2)
		print $2
	}' docs/compatibility.md docs/components.md | sort -u >"$work/page"
if ! diff "$work/tables" "$work/page"; then
	echo "FAILED: the pages (>) and the tables (<) differ"
	exit 1
fi
[ "$(wc -l <"$work/page")" -gt 30 ] || { echo "FAILED: no tables"; exit 1; }
echo "passed: $(wc -l <"$work/page") interfaces"
