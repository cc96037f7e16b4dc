#!/bin/sh
# Nodes that join, work, leave and are killed, many at a time, while two stay;
# these must have nothing left of them afterwards.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
. "$(dirname "$0")/support/cluster.sh"

# The address sanitizer keeps what was freed, up to 256 MiB: here it would look
# as if a node grew.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:quarantine_size_mb=1:thread_local_quarantine_size_kb=64
export ASAN_OPTIONS

waves=4
each=6

serve b --heartbeat 2s
b=$address
bpid=$pid
serve c --peer "$b" --heartbeat 2s
c=$address
cpid=$pid

# wave NUMBER: some end by themselves, some are killed at any moment.
wave() {
	pids=
	i=0
	while [ "$i" -lt "$each" ]; do
		peer=$b
		[ $((i % 2)) -eq 0 ] || peer=$c
		case $((i % 3)) in
		0) begin "w$1.$i" --peer "$peer" --heartbeat 2s cluster.wasm \
			many b 20 ;;
		1) begin "w$1.$i" --peer "$peer" --heartbeat 2s --no-entry ;;
		2) begin "w$1.$i" --peer "$peer" --heartbeat 2s cluster.wasm \
			watch c 20 ;;
		esac
		pids="$pids $i:$pid"
		i=$((i + 1))
	done
	sleep 1
	for entry in $pids; do
		i=${entry%:*}
		pid=${entry#*:}
		case $((i % 3)) in
		0)
			ended "$pid"
			[ "$status" -eq 0 ] ||
				bad "w$1.$i: exit status $status"
			;;
		1)
			kill -TERM "$pid"
			ended "$pid"
			;;
		2)
			kill -9 "$pid"
			ended "$pid"
			;;
		esac
	done
}

wave 0
settled "$bpid" 30
settled "$cpid" 30
files=$(descriptors "$bpid")
memory=$(resident "$bpid")
number=1
while [ "$number" -lt "$waves" ]; do
	wave "$number"
	number=$((number + 1))
done
alive b "$bpid"
alive c "$cpid"
settled "$bpid" "$files"
[ "$(resident "$bpid")" -lt $((memory + 16384)) ] ||
	bad "b has grown from $memory to $(resident "$bpid") KiB"
run --node 127.0.0.1:0 --node-name a --peer "$b" cluster.wasm three b c
passed "after the storm"
finish
