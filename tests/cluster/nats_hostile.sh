#!/bin/sh
# A NATS server that reads, drops, doubles, swaps, replays, changes and forges:
# it learns nothing, sessions go down, and nothing else happens.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
LUNATIC_TEST_FABRIC=nats
. "$(dirname "$0")/support/cluster.sh"

echo none >order
python3 "$here/support/hostile_nats.py" "$nats_port" hostile.port \
	hostile.bytes order &
started="$started $!"
await hostile.port '^[0-9]+$'
fabric=nats://127.0.0.1:$(cat hostile.port)

# It reads: no name of a node, a function or a host function.
serve secretplace --heartbeat 1s
bpid=$pid
run --node-name secretname --heartbeat 1s cluster.wasm tour secretplace
passed "as long as it only reads"
[ "$(wc -c <hostile.bytes)" -gt 100000 ] || bad "nothing went by"
for word in secretname secretplace doubles lunatic:: wasi_ inherit_spawn \
	nothing; do
	! grep -aq "$word" hostile.bytes || bad "'$word' can be read"
done

# It does something to every fourth message or so. Links break, and hold again
# once it has stopped doing so.
files=$(descriptors "$bpid")
memory=$(resident "$bpid")
for what in drop double swap replay flip cut forge; do
	begin a --heartbeat 1s cluster.wasm stay secretplace
	apid=$pid
	await a.out '^ready$'
	echo "$what" >order
	await a.out '^lost$'
	sleep 0.5
	echo none >order
	await a.out '^again$'
	ended "$apid"
	[ "$status" -eq 0 ] || bad "$what: exit status $status"
	! grep -q Sanitizer a.err || bad "$what: a sanitizer's report"
	alive secretplace "$bpid"
done
settled "$bpid" "$files"
[ "$(resident "$bpid")" -lt $((memory + 65536)) ] ||
	bad "b has grown from $memory to $(resident "$bpid") KiB"
run --node-name secretname cluster.wasm tour secretplace
passed "after all that"
finish
