#!/bin/sh
# Names and groups that all nodes know: found on other nodes, gone with their process and
# node, decided after a split; nodes that come and go; attributes; a monitor of
# a process that was found by its name.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
. "$(dirname "$0")/support/cluster.sh"

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$top/sdk/c/include" "$here/guest/services.c" \
	"$(dirname "$lunatic")/sdk/c/lib/liblunatic-guest.a" -o services.wasm

serve one --heartbeat 1s --node-attribute zone=eu
one=$address
onepid=$pid
begin watcher --peer "$one" --heartbeat 1s services.wasm watch 4
watcherpid=$pid
await watcher.out '^watching$'
begin two --peer "$one" --heartbeat 1s services.wasm hold x
twopid=$pid
await two.out '^held$'

# at ARGUMENT...: as a node of its own.
at() {
	run --node 127.0.0.1:0 --node-name at --peer "$one" --heartbeat 1s \
		services.wasm "$@"
}
at find x 20
expect 0 "finding x"
at hold x
says out '^taken$' "x is taken"
at nodes
says out '^one: name=one zone=eu$' "attributes of one"
says out '^two: name=two$' "attributes of two"
says out '^at: name=at$' "own attributes"

begin monitor --peer "$one" --heartbeat 1s services.wasm monitor x
monitorpid=$pid
await monitor.out '^monitoring$'

# Two is lost to the others, and its name is given to another process. When it
# is back, who had the name first keeps it.
kill -STOP "$twopid"
ended "$monitorpid"
says_last=$(tail -n 1 monitor.out)
[ "$says_last" = "reason 5" ] || bad "monitor: $says_last"
at gone x 20
expect 0 "x is gone"
begin four --peer "$one" --heartbeat 1s services.wasm hold x
fourpid=$pid
await four.out '^held$'
kill -CONT "$twopid"
await four.out '^lost$'
at find x 20
expect 0 "finding x again"
kill -0 "$twopid" || bad "two has ended"
grep -q '^lost' two.out && bad "two has lost its name, too"

# A group on two nodes, told by a third: each member gets both messages.
begin five --peer "$one" --heartbeat 1s services.wasm join g 2
fivepid=$pid
begin six --peer "$one" --heartbeat 1s services.wasm join g 2
sixpid=$pid
at tell g 2
expect 0 "telling the group"
says out '^told 2$' "telling the group"
for member in five six; do
	await $member.out '^one$'
	grep -q '^all$' $member.out || bad "$member was not told"
done
ended "$fivepid"
[ "$status" -eq 0 ] || bad "five: exit status $status"
ended "$sixpid"
[ "$status" -eq 0 ] || bad "six: exit status $status"

# Nodes by attributes, and by load: the one with the most processes is never
# the less loaded one of two.
begin seven --peer "$one" --heartbeat 1s services.wasm crowd 500
sevenpid=$pid
await seven.out '^crowded$'
at choose zone=eu
expect 0 "choosing nodes"
says out '^with zone=eu: one$' "a node with an attribute"
says out '^light: ' "a light node"
grep -q '^light: seven' "$work/out" && bad "the crowded node was chosen"
kill -9 "$sevenpid"

# A process that ends takes its names with it, on all nodes.
kill -9 "$fourpid"
kill -9 "$twopid"
at gone x 20
expect 0 "x is gone with its node"
await watcher.out '^two up$'
await watcher.out '^at up$'
await watcher.out '^at down$'
ended "$watcherpid"
[ "$status" -eq 0 ] || bad "watcher: exit status $status"
alive one "$onepid"
finish
