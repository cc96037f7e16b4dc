#!/bin/sh
# examples/cluster: three nodes by one command, and by hand one that cannot do
# its part, which is done elsewhere.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/support/cli.sh"
. "$(dirname "$0")/support/nodes.sh"

primes=$(dirname "$lunatic")/examples/cluster.wasm
[ -e "$primes" ] || {
	echo "skipped: $primes was not built"
	exit 0
}

status=0
timeout -k 5 60 "$top/examples/cluster/run.sh" "$lunatic" "$primes" \
	>out 2>err || status=$?
expect 0 run.sh
says out '^primes below 240000: 21221$' run.sh
says err '^lunatic: node three at .*, connected to 2 others$' run.sh
for line in "one: 2262 primes from 0 on" "one: 1780 primes from 60000 on" \
	"two: 1755 primes from 80000 on" "1603 primes from 220000 on"; do
	grep -qx -e "$line" out || bad "run.sh does not say: $line"
done
[ "$(wc -l <out)" -eq 13 ] || bad "run.sh: other lines"
for command in "nothing" "$lunatic none.wasm"; do
	status=0
	# shellcheck disable=SC2086 # two words
	timeout -k 5 60 "$top/examples/cluster/run.sh" $command >out 2>err ||
		status=$?
	[ "$status" -ne 0 ] || bad "run.sh $command: no failure"
done

# Processes at the first node end before they have counted anything.
begin poor --no-entry --max-fuel 1
poor=$pid
place poor
run --node 127.0.0.1:0 --node-name front --peer "$address" "$primes" front poor
expect 0 "a poor node"
says out '^primes below 160000: 14683$' "a poor node"
[ "$(grep -cx 'poor was lost: counting here' out)" -eq 4 ] ||
	bad "a poor node: not four pieces elsewhere"
says poor.err 'all fuel consumed' "a poor node"

# No node of that name, and no node at all.
run --node 127.0.0.1:0 --node-name front --peer "$address" "$primes" none
expect 1 "a name that nobody has"
says err "^none: .*node 'none' is not connected" "a name that nobody has"
run "$primes" none
expect 1 "no node"
says err '^none: .*this program is not a node; start it with --node' "no node"
run "$primes"
expect 1 "no names"
kill -TERM "$poor"
ended "$poor"
expect 0 "the poor node"
finish
