# Sourced by the tests of clusters: several nodes on this machine, each ended
# with the test, and a guest that goes from one to another.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$here/../cli/support/cli.sh"
. "$here/../cli/support/nodes.sh"

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$top/sdk/c/include" "$here/guest/cluster.c" -o cluster.wasm

# With LUNATIC_TEST_FABRIC=nats all nodes of a script are in a cluster over a
# NATS server, and --node and --peer fall away.
if [ "${LUNATIC_TEST_FABRIC:-mesh}" = nats ]; then
	. "$here/support/nats.sh"
fi

# serve NAME [ARGUMENT...]: a node without a program, at its own port; then
# $address is where it is, and $pid what it is.
serve() {
	begin "$@" --no-entry
	place "$1"
}

# passed WHAT: the last run must have ended well, and have said so last.
passed() {
	expect 0 "$1"
	[ "$(tail -n 1 "$work/out")" = passed ] || bad "$1: not passed"
}

# resident PID: bytes, in KiB.
resident() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"
}

descriptors() {
	# shellcheck disable=SC2012 # only numbers
	ls "/proc/$1/fd" | wc -l
}

# alive NAME PID: it runs, and no sanitizer has complained.
alive() {
	kill -0 "$2" 2>/dev/null || bad "$1 has ended"
	! grep -q Sanitizer "$work/$1.err" || bad "$1: a sanitizer's report"
}

# outlives NAME PID VICTIM [WHY]: the guest of node NAME, which runs `stay`, loses
# the other node while process VICTIM is stopped, as its standard error says,
# finds it again, and ends well.
outlives() {
	await "$1.out" '^ready$'
	kill -STOP "$3"
	await "$1.out" '^lost$'
	[ -z "${4:-}" ] || await "$1.err" "$4"
	kill -CONT "$3"
	await "$1.out" '^again$'
	ended "$2"
	[ "$status" -eq 0 ] || bad "$1: exit status $status"
}

# settled PID COUNT: until it has that many descriptors at most.
settled() {
	rounds=100
	while [ "$(descriptors "$1")" -gt "$2" ]; do
		rounds=$((rounds - 1))
		if [ "$rounds" -eq 0 ]; then
			bad "process $1 keeps $(descriptors "$1") descriptors"
			return
		fi
		sleep 0.1
	done
}
