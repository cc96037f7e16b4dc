# Sourced by the tests of servers: starts examples as servers and stops them.
# $1 is the program; the examples were built beside it.
# shellcheck shell=sh

set -eu
lunatic=$1
case $lunatic in
/*) ;;
*) lunatic=$PWD/$lunatic ;;
esac
examples=$(dirname "$lunatic")/examples
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-net.XXXXXX")
servers=
end() {
	for pid in $servers; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap end EXIT
cd "$work"
LUNATIC_CACHE=off
export LUNATIC_CACHE

fail() {
	echo "FAILED: $*"
	for file in "$work"/*.err; do
		[ ! -s "$file" ] || { echo "$file:"; head -c 4000 "$file"; }
	done
	exit 1
}

# serve NAME ARGUMENT...: starts the program with these arguments. A line that
# says where it listens must come; then `port` and `server` are set, and its
# standard error goes to NAME.err.
serve() {
	name=$1
	shift
	mkfifo "$name.out"
	"$lunatic" "$@" >"$name.out" 2>"$name.err" </dev/null &
	server=$!
	servers="$servers $server"
	# Kept open, so that the server may print more.
	exec 9<"$name.out"
	read -r line <&9 || fail "$name did not start"
	port=${line##*:}
	case $port in
	'' | *[!0-9]*) fail "$name says: $line" ;;
	esac
}

# alive NAME PID TRAPS: it runs, and that many of its processes have trapped.
alive() {
	kill -0 "$2" 2>/dev/null || fail "$1 has ended"
	! grep -q Sanitizer "$1.err" || fail "$1: a sanitizer's report"
	[ "$(grep -c ' trapped: ' "$1.err")" -eq "$3" ] ||
		fail "$1: not $3 processes have trapped"
}
