#!/bin/sh
# Fifty nodes on this machine, or LUNATIC_TEST_NODES (fewer with a sanitizer,
# which takes memory for each): they join one after the other by the first one,
# all get to know all, and the loss of one is noticed by all. What a node takes
# of memory and descriptors, and of the processor in LUNATIC_TEST_IDLE seconds
# (5) in which nothing happens, is printed and not checked: there may be others.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
# shellcheck disable=SC2317 # `all` calls what it is given
. "$(dirname "$0")/support/cluster.sh"

count=${LUNATIC_TEST_NODES:-50}
idle=${LUNATIC_TEST_IDLE:-5}
if grep -Eaq '__(asan|tsan)_init' "$lunatic"; then
	count=12
fi

# lines NAME TEXT: how many other nodes that node has named behind the text, each
# counted once.
lines() {
	sed -n "s/.*$2 \(n[0-9]*\) at .*/\1/p" "$work/$1.err" | sort -u | wc -l
}

knows_all() {
	[ "$(lines "$1" 'connected with node')" -ge $((count - 1)) ]
}

has_noticed() {
	grep -q "lost node $killed at" "$work/$1.err"
}

# all WHAT: until each node of $nodes does; at most half a minute.
all() {
	rounds=300
	for node in $nodes; do
		until "$1" "$node"; do
			rounds=$((rounds - 1))
			if [ "$rounds" -le 0 ]; then
				bad "$1: not $node"
				return
			fi
			sleep 0.1
		done
	done
}

# spread UNIT WHAT: of the numbers on stdin, one a line.
spread() {
	sort -n | awk -v unit="$1" -v what="$2" '
		{ at[NR] = $1; sum += $1 }
		END { printf "%s: mean %.1f, least %.1f, most %.1f %s\n",
			what, sum / NR, at[1], at[NR], unit }'
}

# field NAME: of the status of all nodes.
field() {
	for pid in $pids; do
		awk -v name="$1:" '$1 == name { print $2 / 1024 }' \
			"/proc/$pid/status"
	done
}

# ticks PID...: what each has used of the processor; hundredths of a second.
ticks() {
	for pid; do
		sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 }'
	done
}

start=$(date +%s%N)
serve n0 --log-level info
first=$address
pids=$pid
nodes=n0
i=1
while [ "$i" -lt "$count" ]; do
	begin "n$i" --peer "$first" --no-entry --log-level info
	await "n$i.err" '^lunatic: node '
	pids="$pids $pid"
	nodes="$nodes n$i"
	i=$((i + 1))
done
all knows_all
echo "$count nodes, joined in $((($(date +%s%N) - start) / 1000000)) ms"

field VmRSS | spread MiB 'resident memory'
field RssAnon | spread MiB 'of it the own'
for pid in $pids; do
	descriptors "$pid"
done | spread '' descriptors
# shellcheck disable=SC2086 # numbers; the server of NATS, if there is one, last
ticks $pids ${nats_pid:-} >before
sleep "$idle"
# shellcheck disable=SC2086
ticks $pids ${nats_pid:-} >after
paste before after | awk -v seconds="$idle" \
	'{ print ($2 - $1) / seconds }' >used
head -n "$count" used | spread '% of a core' idle
tail -n +"$((count + 1))" used | sed 's/^/the server: /; s/$/ % of a core/'

# The last one is killed.
killed=n$((count - 1))
victim=${pids##* }
nodes=${nodes% *}
kill -9 "$victim"
start=$(date +%s%N)
all has_noticed
echo "the loss was noticed by all within" \
	"$((($(date +%s%N) - start) / 1000000)) ms"
for node in $nodes; do
	lost=$(lines "$node" 'lost node')
	[ "$lost" -eq 1 ] || echo "$node has lost $lost nodes"
done
i=0
for pid in ${pids% *}; do
	alive "n$i" "$pid"
	i=$((i + 1))
done
finish
