#!/bin/sh
# Shows where the time of a spawn goes: samples of perf, by spawn_parts.txt.
#
#   bench/spawn_parts.sh LUNATIC [STRATEGY]
#
# The guest is spawn_only.c, with one worker, and the strategy that of
# --memory-strategy. A part's nanoseconds are its part of the samples times the
# least round of a run without perf. Needs perf, and the right to use it.
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || [ $# -eq 2 ] || {
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
lunatic=$1
strategy=${2:-slab}
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-parts.XXXXXX")
trap 'rm -rf "$work"' EXIT
LUNATIC_CACHE_DIR=$work/cache
export LUNATIC_CACHE_DIR
mkdir -m 700 "$LUNATIC_CACHE_DIR"

clang-19 --target=wasm32-wasi -O2 -I "$here/../sdk/c/include" \
	-Wl,-z,stack-size=65536 "$here/guest/spawn_only.c" -o "$work/guest.wasm"
set -- "$lunatic" --workers 1 --memory-strategy "$strategy" "$work/guest.wasm"
least=$("$@" </dev/null | sort -k 2,2n | awk 'NR == 1 { print $2 }')
perf record -q -F 15000 -o "$work/data" "$@" </dev/null >/dev/null
perf script -i "$work/data" --comm ln-worker-0 -F ip,sym,dso 2>/dev/null |
	awk -v least="$least" '
	BEGIN { FS = "|" }
	FNR == NR {
		if ($0 !~ /^#/) {
			part[++parts] = $1
			sub(/^[^|]*[|]/, "")
			pattern[parts] = $0
		}
		next
	}
	{
		kind = "host"
		if ($0 ~ /\(\[kernel/)
			kind = "kernel"
		else if ($0 ~ /\/perf-[0-9]*\.map\)/ || /\(\/\/anon\)/)
			kind = "guest"
		sub(/^ *[0-9a-f]+ /, "")
		sub(/ \([^(]*\)$/, "")
		sub(/\.(lto_priv|isra|constprop|part|cold)\..*/, "")
		for (i = 1; i < parts; i++)
			if (kind " " $0 ~ pattern[i])
				break
		count[i]++
		all++
	}
	END {
		for (i = 1; i <= parts; i++)
			printf "%5.1f%% %5.0f ns  %s\n",
				100 * count[i] / all,
				least * count[i] / all, part[i]
		printf "       %5.0f ns  all\n", least
	}' "$here/spawn_parts.txt" -
