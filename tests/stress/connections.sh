#!/bin/sh
# 10,000 connections at the same time, each with a process of its own at both
# ends (in two programs, because of the bound of descriptors); then 20,000
# connections one after the other, after which the server has no more memory and
# descriptors than before.
#
#   tests/stress/connections.sh LUNATIC
#
# LUNATIC_TEST_CONNECTIONS and LUNATIC_TEST_CHURN are other numbers.
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
connections=${LUNATIC_TEST_CONNECTIONS:-10000}
churn=${LUNATIC_TEST_CHURN:-20000}
most_growth=8192 # KiB
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-net.XXXXXX")
server=
client=
end() {
	for pid in $server $client; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap end EXIT

fail() {
	echo "$*"
	exit 1
}

# Both ends need one descriptor for each connection.
bound=$(awk '/^Max open files/ { print $5 }' /proc/self/limits)
if [ "$bound" != unlimited ] && [ "$bound" -lt $((connections + 100)) ]; then
	connections=$(((bound - 100) / 250 * 250))
	echo "only $connections connections: there are $bound descriptors"
fi

guest_cc() {
	clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
		-I "$top/sdk/c/include" "$@"
}
guest_cc -DALL_ADDRESSES "$top/bench/guest/echo_server.c" \
	-o "$work/net_server.wasm"
guest_cc "$here/guest/net_client.c" -o "$work/net_client.wasm"
LUNATIC_CACHE=off
export LUNATIC_CACHE

descriptors() { find "/proc/$server/fd" -mindepth 1 | wc -l; }
resident() { awk '/^VmRSS:/ { print $2 }' "/proc/$server/status"; }

# settled: waits until the server has closed all connections.
settled() {
	tries=0
	while [ "$(descriptors)" -gt "$before" ]; do
		tries=$((tries + 1))
		[ "$tries" -le 200 ] ||
			fail "$(descriptors) descriptors are left, not $before"
		sleep 0.1
	done
}

churn() {
	line=$("$lunatic" "$work/net_client.wasm" "$port" churn "$1") ||
		fail "the client failed: $line"
	[ "$line" = over ] || fail "the client said '$line'"
	settled
}

mkfifo "$work/port" "$work/in" "$work/out"
"$lunatic" "$work/net_server.wasm" >"$work/port" &
server=$!
exec 5<"$work/port"
read -r port <&5 || fail "the server did not start"
# The first connection makes what is kept for all.
"$lunatic" "$work/net_client.wasm" "$port" churn 64 >/dev/null ||
	fail "the first connections failed"
sleep 0.2
before=$(descriptors)
empty=$(resident)

"$lunatic" "$work/net_client.wasm" "$port" hold "$connections" \
	<"$work/in" >"$work/out" &
client=$!
exec 3>"$work/in" 4<"$work/out"
read -r line <&4 || line=nothing
[ "$line" = live ] || fail "the client said '$line'"
[ "$(descriptors)" -eq $((before + connections)) ] ||
	fail "$(descriptors) descriptors instead of $((before + connections))"
echo "$connections connections: $((($(resident) - empty) * 1024 / connections))" \
	"bytes each in the server"
# The client ends with all its processes waiting.
echo >&3
status=0
wait "$client" || status=$?
client=
[ "$status" -eq 0 ] || fail "the client's exit status is $status"
settled

churn $((churn / 4))
first=$(resident)
churn "$churn"
growth=$(($(resident) - first))
echo "$churn connections one after the other: $growth KiB more"
# Sanitizers keep what has been freed.
[ "${LUNATIC_TEST_FACTOR:-1}" -gt 1 ] || [ "$growth" -le "$most_growth" ] ||
	fail "$growth KiB more, at most $most_growth are allowed"
echo "passed"
