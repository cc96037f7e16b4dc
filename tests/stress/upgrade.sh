#!/bin/sh
# 10,000 servers under load are upgraded, and upgraded to versions that are bad
# in each way: no message is lost, none comes twice, and their order stays
# (upgrade.c counts). How long each was away is told, and not judged here.
#
#   tests/stress/upgrade.sh LUNATIC
#
# LUNATIC_TEST_SERVERS is another number of servers.
set -eu

lunatic=$1
case $lunatic in
/*) ;;
*) lunatic=$PWD/$lunatic ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
servers=${LUNATIC_TEST_SERVERS:-10000}
library=$(dirname "$lunatic")/sdk/c/lib/liblunatic-guest.a
if [ ! -e "$library" ]; then
	echo "skipped: the guest library was not built (clang-19)"
	exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-upgrade.XXXXXX")
program=
trap '[ -z "$program" ] || kill -9 "$program" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"
XDG_CACHE_HOME=$work/cache
export XDG_CACHE_HOME

fail() {
	echo "$*"
	cat out upgrade.out upgrade.err 2>/dev/null || true
	exit 1
}

# version NAME VERSION BAD: a version of the guest, compiled and in the cache.
version() {
	clang-19 --target=wasm32-wasi -O2 -DVERSION="$2" -DBAD="$3" \
		-I "$top/sdk/c/include" "$here/upgrade.c" "$library" -o "$1.wasm"
	"$lunatic" "$1.wasm" 2 1 1 >out || fail "$1"
}
version old 1 0
version new 2 0
version traps 3 1
version refuses 3 2
version loops 3 3
version grows 3 4
version partly 3 5

# upgrade FILE STATUS LINE: what the upgrade must return and say.
upgrade() {
	status=0
	"$lunatic" upgrade old "$1.wasm" --control "$work/control" \
		--timeout 30s >upgrade.out 2>upgrade.err || status=$?
	[ "$status" -eq "$2" ] || fail "$1: status $status"
	grep -Eq -e "$3" upgrade.out || fail "$1: no line matches $3"
	grep '^pause' upgrade.out || true
}

# begin SERVERS OPTION...: the program, with its servers.
begin() {
	count=$1
	shift
	rm -f stop
	"$lunatic" --control control --max-memory 64M --dir . "$@" old.wasm \
		"$count" 2 0 >out 2>err &
	program=$!
	tries=0
	until "$lunatic" ps --control control --max 1 2>/dev/null |
		grep -q " $((count + 3)) processes"; do
		tries=$((tries + 1))
		[ "$tries" -le 600 ] || fail "the servers have not started"
		sleep 0.1
	done
}

# all_new: all servers are upgraded. The program itself and its two clients
# cannot be. On a busy machine others do not receive in time: the same command
# goes on with these.
all_new() {
	tries=0
	until [ "$tries" -gt 30 ]; do
		"$lunatic" upgrade old new.wasm --control control --timeout 1s \
			>upgrade.out 2>upgrade.err && fail "the clients changed"
		grep '^pause' upgrade.out || true
		! grep -q ' 3 did not receive' upgrade.out || return 0
		tries=$((tries + 1))
	done
	fail "new"
}

# finish: ends the program, which must have lost nothing.
finish() {
	touch stop
	wait "$program" || fail "the program has failed"
	program=
	grep -q "none lost; old 0 new $count" out || fail "messages are lost"
	cat out
}

mkdir -m 700 control
# So many are in both tiers of memory.
begin "$servers"
for bad in traps refuses loops grows partly; do
	upgrade "$bad" 1 '^0 upgraded, .*rolled back|^0 upgraded, '
	grep -q 'rolled back' upgrade.out || fail "$bad: not rolled back"
	! grep -q 'could not be changed back' upgrade.out ||
		fail "$bad: some are left"
done
all_new
finish
# Those that are folded again as soon as they have had a message.
begin $((servers / 10)) --fold-after 1ms --report=json
upgrade partly 1 '^0 upgraded, '
all_new
finish
folds=$(sed -n 's/.*"folds":\([0-9]*\).*/\1/p' err)
[ "${folds:-0}" -ge 10 ] || fail "hardly anybody was folded: ${folds:-0}"
echo "passed, $folds folds"
