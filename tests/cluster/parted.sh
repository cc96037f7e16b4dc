#!/bin/sh
# Two networks with a node in each, and a line between them that is cut without
# either side being told, and mended: in network namespaces, where the system
# lets an ordinary user have them.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
case ${LUNATIC_PARTED:-} in
'')
	if ! unshare -Urn true 2>/dev/null || ! command -v ip >/dev/null; then
		echo "left out: no network namespaces here, or no ip"
		exit 77
	fi
	LUNATIC_PARTED=1
	export LUNATIC_PARTED
	exec unshare -Urn "$0" "$@"
	;;
esac
. "$(dirname "$0")/support/cluster.sh"

# A namespace of its own for the other side, for as long as its process lives.
unshare -n sleep 600 &
far=$!
started="$started $far"
until [ "$(readlink "/proc/$far/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
	sleep 0.05
done
there() {
	nsenter -t "$far" -n "$@"
}
ip link set lo up
there ip link set lo up
ip link add near type veth peer name distant
ip link set distant netns "$far"
ip address add 10.77.0.1/24 dev near
ip link set near up
there ip address add 10.77.0.2/24 dev distant
there ip link set distant up

# at NAME ADDR ARGUMENT...: a node, by the commands that come in $before.
at() {
	name=$1
	address=$2
	shift 2
	# shellcheck disable=SC2086 # several words
	$before "$lunatic" --node "$address:0" --node-name "$name" \
		--heartbeat 1s "$@" >"$work/$name.out" 2>"$work/$name.err" \
		</dev/null &
	pid=$!
	started="$started $pid"
}

before="nsenter -t $far -n"
at b 10.77.0.2 --no-entry
bpid=$pid
place b
before=
at a 10.77.0.1 --peer "$address" cluster.wasm stay b
apid=$pid
await a.out '^ready$'
ip link set near down
await a.out '^lost$'
await a.err 'lost node b at .*: it gave no sign of life'
await b.err 'lost node a at .*: it gave no sign of life'
ip link set near up
await a.out '^again$'
ended "$apid"
[ "$status" -eq 0 ] || bad "a: exit status $status"
alive b "$bpid"
finish
