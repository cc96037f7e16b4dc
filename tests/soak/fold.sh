#!/bin/sh
# A million processes of the Rust crate, folded as they come, in at most 24 GiB;
# then each is woken, one after the other. Prints what one takes and the times,
# and fails only when it does not get that far: times depend on the machine.
# Needs 24 GiB of memory, and what bench/rust/build.sh needs.
#
#   tests/soak/fold.sh LUNATIC
#
# LUNATIC_SOAK_PROCESSES is the number of processes.
set -eu

lunatic=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
count=${LUNATIC_SOAK_PROCESSES:-1000000}
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-soak.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$top/bench/rust/build.sh" folded "$work/cargo" "$work/folded.wasm"
"$top/bench/folded.sh" "$lunatic" "$work/folded.wasm" folded "$count" |
	tee "$work/samples"
awk -v count="$count" '
	$1 == "folded" { bytes = $3 }
	$1 == "folded-99" { woken = 1 }
	END {
		printf "%d processes: %.1f GiB\n", count, bytes * count / 2^30
		if (!woken || bytes * count > 24 * 2^30)
			exit 1
	}' "$work/samples"
