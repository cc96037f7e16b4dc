# Sourced after nodes.sh by tests over a NATS server: one at a port of its own,
# and nodes that use it.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them

if ! command -v nats-server >/dev/null 2>&1; then
	echo "left out: nats-server is not installed"
	exit 77
fi
if "$lunatic" --fabric nats://127.0.0.1:1 --node-name none --no-entry 2>&1 |
	grep -q 'built without NATS'; then
	echo "left out: lunatic was built without NATS"
	exit 77
fi

# nats_start [ARGUMENT...]: a server; at the same port again once it has one,
# which is $nats_port. $nats_pid is what it is, nats.log what it says.
nats_start() {
	rm -f "$work/nats.log"
	nats-server -a 127.0.0.1 -p "${nats_port:--1}" "$@" \
		>"$work/nats.log" 2>&1 </dev/null &
	nats_pid=$!
	started="$started $nats_pid"
	await nats.log 'Server is ready'
	nats_port=$(sed -n 's/.*Listening for client connections on .*:\([0-9]*\)$/\1/p' \
		"$work/nats.log")
	fabric=nats://127.0.0.1:$nats_port
}

nats_port=
nats_start

begin() {
	name=$1
	shift
	left=$#
	while [ "$left" -gt 0 ]; do
		if [ "$1" = --peer ]; then
			shift 2
			left=$((left - 2))
		else
			set -- "$@" "$1"
			shift
			left=$((left - 1))
		fi
	done
	rm -f "$work/$name.out" "$work/$name.err"
	"$lunatic" --fabric "$fabric" --node-name "$name" "$@" \
		>"$work/$name.out" 2>"$work/$name.err" </dev/null &
	pid=$!
	started="$started $pid"
}

run() {
	left=$#
	while [ "$left" -gt 0 ]; do
		case $1 in
		--peer | --node)
			shift 2
			left=$((left - 2))
			;;
		*)
			set -- "$@" "$1"
			shift
			left=$((left - 1))
			;;
		esac
	done
	status=0
	timeout -k 5 60 "$lunatic" --fabric "$fabric" "$@" >"$work/out" \
		2>"$work/err" </dev/null || status=$?
}
