# Sourced by run.sh: how long servers are away when they are upgraded, of 10,000
# that two clients feed (tests/stress/upgrade.c). The program measures it.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # run.sh sets and reads them

# upgrade_version NAME VERSION
upgrade_version() {
	guest_cc -DVERSION="$2" "$top/tests/stress/upgrade.c" "$guest_library" \
		-o "$build/$1.wasm"
	"$lunatic" "$build/$1.wasm" 2 1 1 >/dev/null
}

# upgrade_to NAME: a sample for each quantile that the program tells.
upgrade_to() {
	"$lunatic" upgrade upgrade-1 "$build/$1.wasm" --json \
		--control "$work/control" --timeout 1s >"$work/out" \
		2>"$work/err" || [ $? -eq 4 ] || return 1
	for quantile in p50 p99 max; do
		sed -n "s/.*\"pause_${quantile}_us\":\([0-9]*\).*/upgrade-$quantile \
lunatic \1000/p" "$work/out" >>"$work/samples"
	done
}

bench_upgrade() {
	upgrade_version upgrade-1 1
	upgrade_version upgrade-2 2
	mkdir -m 700 "$work/control"
	"$lunatic" --control "$work/control" "$build/upgrade-1.wasm" 10000 2 \
		600000 >/dev/null 2>&1 &
	running=$!
	until "$lunatic" ps --control "$work/control" --max 1 2>/dev/null |
		grep -q ' 10003 processes'; do
		kill -0 "$running" || break
		sleep 0.1
	done
	for _ in $passes; do
		upgrade_to upgrade-2 || fail upgrade
		upgrade_to upgrade-1 || fail upgrade
	done
	kill "$running"
	wait "$running" 2>/dev/null || true
	running=
}
