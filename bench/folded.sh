#!/bin/sh
# What folded processes take, and what waking them costs.
#
#   bench/folded.sh LUNATIC GUEST SERIES COUNT [PAUSE]
#
# The guest spawns as many processes as the first line of its input says, and
# prints a line when all of them wait; guest/idle.c and rust/folded do. The
# latter may pause after each thousand, for PAUSE milliseconds, so that a million
# of them find memory before the first ones are folded. Prints
# "SERIES lunatic BYTES", of one process: resident, page tables included, of
# COUNT of them, less what none takes, once it falls no more. If the guest ends
# another line with what waking took, "woken P50 P99 MAX", also "SERIES-50
# lunatic NANOSECONDS", and SERIES-99. Ends with 1 if the guest does not run.
set -eu

lunatic=$1
guest=$2
series=$3
count=$4
pause=${5:+" $5"} # milliseconds, after each thousand
still=3
[ "$count" -le 200000 ] || still=10
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-folded.XXXXXX")
running=
end() {
	[ -z "$running" ] || kill "$running" 2>/dev/null || true
	rm -rf "$work"
}
trap end EXIT

resident() {
	awk '/^Vm(RSS|PTE):/ { kib += $2 } END { printf "%.0f", kib * 1024 }' \
		"/proc/$running/status"
}

# start COUNT: the guest with that many processes; its input and output are
# descriptors 3 and 4.
start() {
	rm -f "$work/in" "$work/out"
	mkfifo "$work/in" "$work/out"
	"$lunatic" --fold-after 1s "$guest" <"$work/in" >"$work/out" \
		2>"$work/err" &
	running=$!
	exec 3>"$work/in" 4<"$work/out"
	echo "$1" >&3
	timeout --foreground 240 head -n 1 <&4 >"$work/line"
	[ -s "$work/line" ] || { cat "$work/err" >&2; exit 1; }
}

stop() {
	kill "$running" 2>/dev/null || true
	wait "$running" 2>/dev/null || true
	running=
	exec 3>&- 4<&-
}

# Waits until nothing has been given back for three seconds, or for ten where a
# round through all processes takes longer.
settle() {
	least=$(resident)
	same=0
	while [ "$same" -lt "$still" ]; do
		sleep 1
		now=$(resident)
		same=$((same + 1))
		[ "$now" -ge $((least - 100000)) ] || same=0
		least=$now
	done
}

start 1
settle
none=$least
stop
start "$count$pause"
settle
echo "$series lunatic $(((least - none) / count))"
echo >&3
timeout --foreground 240 head -n 1 <&4 >"$work/line" 2>/dev/null || true
awk -v series="$series" '$1 == "woken" {
	print series "-50", "lunatic", $2
	print series "-99", "lunatic", $3
}' "$work/line"
stop
