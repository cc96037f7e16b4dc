#!/bin/sh
# What the host keeps for guests is bounded: each row of the first table of
# "What the host keeps" in docs/sandbox.md is a case of guest/kept.c or
# guest/kept_0_13.c, which make the host keep more and more of it under
# --max-total-memory. It must be refused, and the program stays small.
#
#   tests/stress/kept.sh LUNATIC
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-kept.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/w"
# MiB that the program itself takes at most, with what it compiles.
base=160
limit=16

for guest in kept kept_0_13; do
	clang-19 --target=wasm32-wasi -O2 -I "$top/sdk/c/include" \
		"$here/guest/$guest.c" -o "$work/$guest.wasm"
done
# The first word of each row.
sed -n '/^## What the host keeps/,/^## /p' "$top/docs/sandbox.md" |
	awk -F '|' '/^\|/ { rows++; if (rows > 2) { split($2, words, " ");
		gsub(/[^a-z]/, "", words[1]); print words[1] } } !/^\|/ && rows { exit }' >"$work/things"
if [ "$(wc -l <"$work/things")" -lt 14 ]; then
	echo "FAILED: the table in docs/sandbox.md has too few rows"
	exit 1
fi

# Prints what the program says, and the most memory that it had, in MiB.
cat >"$work/run.py" <<'END'
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL, timeout=250)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, usage.ru_maxrss // 1024, done.stdout.decode().strip())
END
failed=
while read -r thing; do
	guest=kept_0_13
	! grep -q "{ \"$thing\"," "$here/guest/kept.c" || guest=kept
	python3 "$work/run.py" "$lunatic" --max-total-memory "${limit}M" \
		--dir "$work/w::/w" "$work/$guest.wasm" "$thing" >"$work/out" 2>&1 || true
	read -r status memory text <"$work/out" || true
	echo "$text, $memory MiB at most"
	case $status-$text in
	"0-$thing: refused after "*) ;;
	*)
		echo "FAILED: $thing: $(cat "$work/out")"
		failed=yes
		;;
	esac
	if [ "${memory:-0}" -gt $((base + 2 * limit)) ]; then
		echo "FAILED: $thing: $memory MiB"
		failed=yes
	fi
done <"$work/things"
[ -z "$failed" ]
