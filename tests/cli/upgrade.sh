#!/bin/sh
# lunatic upgrade: what it says and returns, of one program and of two nodes.
# The servers and what is sent to them are those of tests/stress/upgrade.c,
# which fails when a message is lost.
# shellcheck disable=SC2154 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"
. "$here/support/nodes.sh"

library=$(dirname "$lunatic")/sdk/c/lib/liblunatic-guest.a
if [ ! -e "$library" ]; then
	echo "skipped: the guest library was not built (clang-19)"
	exit 0
fi

# version NAME VERSION BAD: a version of the guest.
version() {
	clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror -DVERSION="$2" \
		-DBAD="$3" -I "$here/../../sdk/c/include" \
		"$here/../stress/upgrade.c" "$library" -o "$work/$1.wasm"
}
version first 1 0
version second 2 0
version trapping 3 1
version partly 3 5

mkdir -m 700 "$work/control"
LUNATIC_CACHE=on
XDG_CACHE_HOME=$work/cache
export LUNATIC_CACHE XDG_CACHE_HOME
# Compiled once, so that nothing below waits for that.
for name in first second trapping partly; do
	run "$work/$name.wasm" 2 1 1
	expect 0 "$name"
done

# upgrade ARGUMENT...
upgrade() {
	run upgrade "$@" --control "$work/control" --timeout 1s
}

# all COUNT WHAT ARGUMENT...: so many are upgraded in the end. The program's own
# process and its client do something else, and on a busy machine others may not
# receive in time either: the same command goes on with these.
all() {
	wanted=$1
	what=$2
	shift 2
	sum=0
	tries=0
	while [ "$sum" -lt "$wanted" ] && [ "$tries" -lt 20 ]; do
		upgrade "$@"
		[ "$status" -eq 0 ] || expect 4 "$what"
		for number in $(sed -n 's/^\([0-9]*\) upgraded.*/\1/p' "$work/out"); do
			sum=$((sum + number))
		done
		tries=$((tries + 1))
	done
	[ "$sum" -eq "$wanted" ] || bad "$what: $sum upgraded, not $wanted"
}

begin one --control "$work/control" --dir . "$work/first.wasm" 100 1 0
one=$pid
place one
first=$address
begin two --peer "$first" --no-control --dir . "$work/first.wasm" 50 1 0
two=$pid
place two

upgrade nothing second.wasm
expect 3 "no such module"
says err "there is no module 'nothing'" "no such module"
upgrade first nothing.wasm
expect 2 "no such file"
says err "cannot read 'nothing.wasm'" "no such file"
upgrade first "$here/upgrade.sh"
expect 1 "not a module"
upgrade first first.wasm
expect 1 "the same"
says err "that is the version that runs already" "the same"
upgrade
expect 2 "no words"

upgrade first trapping.wasm
expect 1 "a version that traps"
says out "failed: lunatic_load failed: " "a version that traps"
says out '^0 upgraded, 1 failed' "a version that traps"
upgrade first second.wasm --dry-run
says out '^100 can be upgraded' "a dry run"
# Who is traced meanwhile changes as others do.
"$lunatic" trace --environment 0 --count 2000 --time 60s \
	--control "$work/control" >trace.out 2>&1 &
tracer=$!
all 100 "a good version" first second.wasm
says out ' 2 did not receive' "a good version"
wait "$tracer" || bad "the trace has failed"
[ "$(wc -l <trace.out)" -ge 2000 ] || bad "few events were traced"
says out '^pause of a process: half at most ' "a good version"
upgrade first partly.wasm --json
expect 1 "a version that fails for some"
says out '"failure":{.*"result":"failed"' "a version that fails for some"
says out '"upgraded":0,.*"rolled_back":true' "a version that fails for some"
sha=$(sha256sum <"$work/second.wasm" | cut -c1-10)
all 100 "by its SHA-256, and back" "$sha" first.wasm
upgrade first second.wasm --node two
expect 1 "a node that has no control"
says err "started with --no-control" "a node that has no control"
kill "$two"

begin three --peer "$first" --control "$work/control" --dir . \
	"$work/first.wasm" 50 1 0
three=$pid
place three
all 150 "all nodes" first second.wasm --program "$one" --all-nodes
says out '^one:' "all nodes"
says out '^three:' "all nodes"
upgrade first trapping.wasm --program "$one" --node three
expect 1 "a bad version on another node"
says out '^0 upgraded, 1 failed' "a bad version on another node"
touch stop
wait "$three" || bad "the third node has failed"
grep -q 'none lost; old 0 new 50' three.out || bad "the third node lost messages"
wait "$one" || bad "the first node has failed"
grep -q 'none lost; old 0 new 100' one.out || bad "the first node lost messages"
finish
