# Sourced after cli.sh by the tests that start nodes: each is ended with the
# test, whatever comes of it.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them

XDG_CONFIG_HOME=$work/config
export XDG_CONFIG_HOME
started=
trap 'for pid in $started; do kill -9 "$pid" 2>/dev/null || true; done
	rm -rf "$work"' EXIT

# begin NAME ARGUMENT...: starts the program in the background, as a node of
# that name at a port of its own; what it says is in NAME.out and NAME.err. Its
# process id is in $pid.
begin() {
	name=$1
	shift
	"$lunatic" --node 127.0.0.1:0 --node-name "$name" "$@" \
		>"$work/$name.out" 2>"$work/$name.err" </dev/null &
	pid=$!
	started="$started $pid"
}

# await FILE REGEX: until a line of it matches; at most a minute.
await() {
	rounds=600
	until grep -Eq -e "$2" "$work/$1" 2>/dev/null; do
		rounds=$((rounds - 1))
		if [ "$rounds" -eq 0 ]; then
			bad "$1: no line matches $2 in time"
			sed 's/^/    /' "$work/$1"
			return
		fi
		sleep 0.1
	done
}

# place NAME: until that node says where it is; that is in $address then.
place() {
	await "$1.err" '^lunatic: node '
	address=$(sed -n "s/^lunatic: node $1 at \([^ ,]*\), .*/\1/p" \
		"$work/$1.err")
	[ -n "$address" ] || bad "$1: no address"
}

# ended PID: waits for its end; its exit status is in $status.
ended() {
	status=0
	wait "$1" || status=$?
}
