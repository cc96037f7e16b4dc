#!/bin/sh
# Processes of a module with much data, spawned all at once before anything is
# known of it, share the pages of that data: one copies it, the others wait.
#
#   tests/stress/large_data.sh LUNATIC
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
processes=200
data=$((5 << 20))
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-data.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The idle guest, with the data behind its own.
bulk=$(head -c "$data" /dev/zero | tr '\0' x)
sed 's/(memory (export "memory") 1)/(memory (export "memory") 100)/' \
	"$here/guest/idle.wat" | sed '$ d' >"$work/data.wat"
tail -n 1 "$here/guest/idle.wat" | sed 's/)$//' >>"$work/data.wat"
printf '(data (i32.const 65536) "%s"))\n' "$bulk" >>"$work/data.wat"
wat2wasm --enable-all "$work/data.wat" -o "$work/data.wasm"
printf '\n' >"$work/line"
# What the program had in memory at most, in KiB.
peak=$(LUNATIC_CACHE=off python3 - "$lunatic" "$work/data.wasm" "$processes" \
	"$work/line" <<'EOF'
import resource, subprocess, sys

lunatic, guest, processes, line = sys.argv[1:]
done = subprocess.run([lunatic, guest, processes], stdin=open(line),
                      capture_output=True, text=True, timeout=60)
if done.returncode != 0 or done.stdout != "live\nlive\n":
    sys.exit(f"exit status {done.returncode}\n{done.stdout}{done.stderr}")
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
EOF
)
echo "at most $peak KiB with $processes processes of $((data >> 20)) MiB of data"
# The program, the first process, the one that is copied from, and the copy.
[ "$peak" -lt $((20 * data / 1024)) ] || {
	echo "that is too much"
	exit 1
}
echo "passed"
