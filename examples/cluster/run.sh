#!/bin/sh
# Three nodes on this machine, and a program that has all of them work.
#
#   examples/cluster/run.sh [LUNATIC [PRIMES.wasm]]
#
# LUNATIC is the program (default: lunatic); the module is built with lunatic-cc
# unless it is given.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lunatic=${1:-lunatic}
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-cluster.XXXXXX")
nodes=
stop() {
	for pid in $nodes; do
		kill "$pid" 2>/dev/null || true
	done
	wait
	rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ $# -ge 2 ]; then
	module=$2
else
	module=$work/primes.wasm
	lunatic-cc "$here/primes.c" -o "$module"
fi

# serve NAME [OPTION...]: a node that works for others, at a port that is free;
# $address becomes where it is.
serve() {
	name=$1
	shift
	# It is read before the node may have begun to write it.
	: >"$work/$name.err"
	"$lunatic" --node 127.0.0.1:0 --node-name "$name" --no-entry "$@" \
		>"$work/$name.out" 2>"$work/$name.err" </dev/null &
	nodes="$nodes $!"
	for _ in $(seq 300); do
		address=$(sed -n "s/^lunatic: node $name at \([^ ,]*\),.*/\1/p" \
			"$work/$name.err")
		[ -z "$address" ] || return 0
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/$name.err" >&2
	exit 1
}

serve one
first=$address
serve two --peer "$first"
status=0
"$lunatic" --node 127.0.0.1:0 --node-name three --peer "$first" \
	"$module" one two three || status=$?
for name in one two; do
	sed "s/^/$name: /" "$work/$name.out"
done
exit $status
