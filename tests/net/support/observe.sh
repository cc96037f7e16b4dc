# Sourced by the tests of --observe, after net.sh: starts a program with it.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # net.sh sets and reads them

XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
mkdir -m 700 "$XDG_RUNTIME_DIR"
cc=$(dirname "$lunatic")/sdk/c/lunatic-cc
LUNATIC_SDK=$(dirname "$cc")
export LUNATIC_SDK

# watched ADDRESS [OPTION...]: runs observe.c with --observe. Then `server` is
# its process, `url` where it serves, without a slash at the end, and `token`
# what it has printed, if it has.
watched() {
	address=$1
	shift
	[ -e observe.wasm ] || "$cc" -I "$here/../../sdk/c/include" -Wall \
		-Wextra -Werror "$here/observe.c" \
		-o observe.wasm
	: >watched.err
	: >watched.out
	"$lunatic" --observe "$address" "$@" observe.wasm >watched.out \
		2>watched.err </dev/null &
	server=$!
	servers="$servers $server"
	for _ in $(seq 600); do
		! grep -q 'observe at http' watched.err || break
		kill -0 "$server" 2>/dev/null || fail "it has ended"
		sleep 0.1
	done
	# It runs.
	for _ in $(seq 600); do
		[ ! -s watched.out ] || break
		sleep 0.1
	done
	url=$(sed -n 's|^lunatic: observe at \(http://[^/]*\)/.*|\1|p' \
		watched.err)
	[ -n "$url" ] || fail "no line says where the page is"
	token=$(sed -n 's|^lunatic: observe at .*?token=\([^ ]*\).*|\1|p' \
		watched.err)
}

# beats: how often the watched program has beaten.
beats() {
	wc -l <watched.out
}

# stop_watched: ends it as an operator does.
stop_watched() {
	kill -TERM "$server"
	status=0
	wait "$server" || status=$?
	[ "$status" -eq 143 ] || fail "it ends with $status"
	! grep -q Sanitizer watched.err || fail "a sanitizer's report"
}
