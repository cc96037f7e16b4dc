#!/bin/sh
# Processes in both tiers of memory: the fast one fills up, and others go on in
# the dense one, without anybody having chosen; where addresses are limited there
# are fewer slots, or none, and one line says so.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" "$here/tiers.c" -o "$work/tiers.wasm"

# The value of a member of fast_slots in the last report.
slots() {
	sed -n "s/.*\"fast_slots\":{[^}]*\"$1\":\([0-9]*\).*/\1/p" "$work/err"
}

# within KIB ARGUMENT...: runs it with so much address space.
within() {
	kib=$1
	shift
	status=0
	(
		# shellcheck disable=SC3045 # all shells of ours have it
		ulimit -v "$kib"
		exec timeout -k 5 60 "$lunatic" "$@"
	) >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# More processes than slots, however many these are.
LUNATIC_LOG=error run --workers 2 tiers.wasm 5200 1
expect 0 "both tiers"
says out '^done$' "both tiers"
[ ! -s "$work/err" ] || bad "both tiers: something on stderr"

for strategy in auto slab guard; do
	run --workers 2 --memory-strategy "$strategy" tiers.wasm 150 4
	expect 0 "$strategy"
	says out '^done$' "$strategy"
done
run --workers 2 --max-fuel 10000 tiers.wasm 150 4
expect 0 "with fuel"
run --workers 2 --preemption epoch tiers.wasm 150 4
expect 0 "with epochs"

# A few slots: half of the addresses that are left.
if "$lunatic" --version >/dev/null && ! nm -D "$lunatic" 2>/dev/null |
	grep -Eq '__(asan|tsan)_init'; then
	for gib in 60 40; do
		within $((gib * 1024 * 1024)) --workers 2 --report=json \
			tiers.wasm 200 3
		expect 0 "$gib GiB"
		says out '^done$' "$gib GiB"
		says err 'address space is limited' "$gib GiB"
		[ "$(grep -c 'address space is limited' "$work/err")" -eq 1 ] ||
			bad "$gib GiB: not one line"
	done
	within $((6 * 1024 * 1024)) --workers 2 tiers.wasm 100 3
	expect 0 "no slot"
	says out '^done$' "no slot"
	says err 'at most 0 processes' "no slot"
	# The guard strategy has no other tier.
	within $((60 * 1024 * 1024)) --workers 2 --memory-strategy guard \
		tiers.wasm 5 2
	expect 0 "guard, few"
fi
finish
