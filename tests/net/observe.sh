#!/bin/sh
# --observe: who may ask, what is answered, and that nothing that clients do
# harms the program.
#
#   tests/net/observe.sh LUNATIC
# shellcheck disable=SC2154 # net.sh sets them
. "$(dirname "$0")/support/net.sh"
# shellcheck source=tests/net/support/observe.sh
. "$here/support/observe.sh"

# code WANT PATH [CURL OPTION...]: the status that a request must be answered
# with; the answer is in the file got.
code() {
	want=$1
	path=$2
	shift 2
	is=$(curl -sS -m 30 -o got -w '%{http_code}' "$@" "$url$path" \
		2>curl.err) || fail "$path: $(cat curl.err)"
	[ "$is" = "$want" ] || fail "$path: $is instead of $want"
}

# refused REGEX OPTION...: the program says in one line why not, and ends.
refused() {
	regex=$1
	shift
	status=0
	timeout 60 "$lunatic" "$@" observe.wasm >out 2>refused.err \
		</dev/null || status=$?
	[ "$status" -eq 1 ] || fail "$*: exit status $status"
	grep -Eq "^lunatic: .*$regex" refused.err || fail "$*: not $regex"
	[ "$(wc -l <refused.err)" -eq 1 ] || fail "$*: not one line"
}

watched 127.0.0.1:0

# ---- Who may ask ----
code 200 /healthz
[ "$(cat got)" = ok ] || fail "healthz says $(cat got)"
code 200 /readyz
[ "$(cat got)" = ready ] || fail "readyz says $(cat got)"
for path in / /metrics /overview /history /read /events '/?token=' \
	'/metrics?token=x' "/metrics?token=${token}x" \
	"/metrics?token=${token%?}" "/metrics?xtoken=$token" /nothing; do
	code 401 "$path"
done
code 401 /metrics -H "Authorization: Bearer wrong"
code 401 /metrics -H "Authorization: Basic $token"
code 401 "/metrics?token=$token" -H "Authorization: Bearer wrong"
curl -sS -m 30 -D head -o got "$url/metrics" || fail "no head"
grep -q '^WWW-Authenticate: Bearer' head || fail "401 without a challenge"
for path in / /metrics /overview /history; do
	code 200 "$path?token=$token"
	code 200 "$path" -H "Authorization: Bearer $token"
done
code 404 "/nothing?token=$token"
code 405 "/metrics?token=$token" -X PUT
code 405 /metrics -X POST -H "Authorization: Bearer $token"
code 501 /metrics -X BREW
# What acts needs the token in a header.
code 401 "/act?token=$token&q=%7B%7D" -X POST
code 400 "/act?q=%7B%7D" -X POST -H "Authorization: Bearer $token"
code 404 "/act?q=%7B%7D&token=$token"

# The file of the token is the user's alone, and has it.
file=$XDG_RUNTIME_DIR/lunatic/$server.token
[ "$(stat -c %a "$file")" = 600 ] || fail "the token's file is not 0600"
[ "$(cat "$file")" = "$token" ] || fail "the file has another token"

# ---- What is answered ----
code 200 "/?token=$token"
for text in '<!doctype html>' '</html>'; do
	grep -q "$text" got || fail "the page has no $text"
done
! grep -Eq '(src|href)="(https?:|//)|@import|url\(' got ||
	fail "the page is not alone"
curl -sS -m 30 -D head -o got "$url/?token=$token" || fail "no page"
grep -qi "^Content-Security-Policy: default-src 'none'" head ||
	fail "no policy"
curl -sS -m 30 -D head -o metrics -H "Authorization: Bearer $token" \
	"$url/metrics" || fail "no metrics"
grep -q '^Content-Type: application/openmetrics-text; version=1.0.0' head ||
	fail "not the type of OpenMetrics"
python3 -B "$here/support/openmetrics.py" metrics >faults ||
	fail "the metrics: $(cat faults)"
for line in '^lunatic_build_info\{version="[0-9.]+"\} 1$' \
	'^lunatic_processes [1-9]' '^lunatic_spawns_total [1-9]' \
	'^lunatic_exits_total\{reason="trapped"\} [1-9]' \
	'^lunatic_compile_seconds_total [0-9.]*[1-9]' \
	'^lunatic_modules_compiled_total\{result="done"\} [2-9]' \
	'^lunatic_memory_bytes [1-9]' '^lunatic_messages_total [1-9]' \
	'^lunatic_descriptors [1-9]' \
	'^lunatic_run_wait_seconds_bucket\{le="\+Inf"\} [1-9]' \
	'^lunatic_run_wait_seconds_count [1-9]' \
	'^# TYPE requests counter$' '^requests_total [1-9]' \
	'^a_b_total [1-9]' '^a_b_total\{name="a\.b"\} [1-9]' \
	'^guest_lunatic_processes_total\{name="lunatic_processes"\} [1-9]' \
	'^guest_9_lives_______total\{name="9 lives%0A\\"\\\\%01%25€"\} [1-9]' \
	'^guest__total\{name="%"\} [1-9]' \
	'^twice_total [1-9]' '^twice_total\{name="twice_total"\} [1-9]' \
	'^temperature -3\.5$' \
	'^requests_total_value\{name="requests_total"\} [0-9]' \
	'^latency_seconds_bucket\{le="0\.0009765625"\} 0$' \
	'^latency_seconds_bucket\{le="4"\} [1-9]' \
	'^latency_seconds_sum [1-9]' '^depth_bucket\{le="\+Inf"\} [1-9]' \
	'^lunatic_guest_metrics_hidden 1$' '^# EOF$'; do
	grep -Eq "$line" metrics || fail "the metrics have no $line"
done
! grep -q '^depth_sum' metrics || fail "a sum that falls"

code 200 "/overview?token=$token"
python3 -c 'import json; o = json.load(open("got"))
assert o["state"] == "ready" and o["numbers"]["processes"] > 3, o' ||
	fail "the overview"
sleep 2
code 200 "/history?token=$token"
python3 -c 'import json; h = json.load(open("got"))
assert len(h["points"]) >= 2, h
assert all(len(p) == len(h["names"]) for p in h["points"])' ||
	fail "the history"
code 200 "/read?token=$token" -G --data-urlencode \
	'q={"id":7,"method":"ps","args":{"max":10}}'
grep -q '^{"id":7,"item":{' got || fail "no process"
grep -q '^{"id":7,"result":{' got || fail "no result"
# What pages may not ask for, and what is no request.
for question in '{"id":1,"method":"kill","args":{"process":"1"}}' '{' '[]' \
	'{"method":7}' '' '{"id":1,"method":"ps","method":"kill"}'; do
	code 400 "/read?token=$token" -G --data-urlencode "q=$question"
done
code 400 "/read?token=$token&q=%zz"
code 400 "/read?token=$token&q=%00"

# ---- Events, slow and hostile clients ----
before=$(beats)
python3 -B "$here/support/observe.py" "$url" "$token" "$server" \
	"${LUNATIC_TEST_FACTOR:-1}" || fail "the client found something"
[ "$(beats)" -gt "$before" ] || fail "the program stood still"
code 200 "/metrics?token=$token"
# Only the processes that had to have trapped.
! grep ' trapped: ' watched.err | grep -vq doomed ||
	fail "another process has trapped"

# ---- The server fails ----
# Killed, it is started again where it was; the program does not notice.
before=$(beats)
code 200 /act -X POST -H "Authorization: Bearer $token" -G \
	--data-urlencode 'q={"id":1,"method":"kill","args":{"process":"observe"}}'
for _ in $(seq 100); do
	sleep 0.1
	! curl -sS -m 5 -o got "$url/healthz" 2>curl.err || break
done
code 200 "/metrics?token=$token"
grep -q 'the server of --observe has ended; it is started again' \
	watched.err || fail "nothing is said about it"
[ "$(beats)" -gt "$before" ] || fail "the program stood still"
kill -0 "$server" || fail "the program has ended"

# ---- Guests of the program ----
cat >asks.c <<'EOS'
#include <lunatic/abi.h>
int main(void)
{
	return (int)lunatic_observe_ask("metrics", 7);
}
EOS
"$cc" -I "$here/../../sdk/c/include" asks.c -o asks.wasm
status=0
timeout 60 "$lunatic" --observe 127.0.0.1:0 asks.wasm >out 2>asks.err ||
	status=$?
[ "$status" -eq 134 ] || fail "a guest that asks ends with $status"
grep -q 'only the server of --observe may call it' asks.err ||
	fail "a guest may ask"

# ---- A program that drains ----
cat >drains.c <<'EOS'
#include <lunatic.h>
#include <stdio.h>
LUNATIC_MAIN(argc, argv)
{
	struct lunatic_reader mail;
	int64_t tag = lunatic_drain_tell();

	puts("up");
	lunatic_receive_tagged(&mail, &tag, 1, LUNATIC_FOREVER);
	lunatic_sleep(3000);
	return 0;
}
EOS
"$cc" -I "$here/../../sdk/c/include" drains.c -o drains.wasm
mkfifo drains.out
"$lunatic" --observe 127.0.0.1:0 --observe-token mine.token --drain 60s \
	drains.wasm >drains.out 2>drains.err &
drains=$!
servers="$servers $drains"
exec 8<drains.out
read -r _ <&8 || fail "what drains does not start"
other=$url
url=$(sed -n 's|^lunatic: observe at \(http://[^/]*\)/.*|\1|p' drains.err)
code 200 /readyz
kill -TERM "$drains"
for _ in $(seq 50); do
	code 200 /healthz
	is=$(curl -sS -m 30 -o got -w '%{http_code}' "$url/readyz")
	[ "$is" = 200 ] || break
	sleep 0.1
done
[ "$is $(cat got)" = "503 draining" ] || fail "readyz: $is $(cat got)"
code 200 /metrics -H "Authorization: Bearer $(cat mine.token)"
status=0
wait "$drains" || status=$?
[ "$status" -eq 0 ] || fail "what drains ends with $status"
url=$other

# ---- The end ----
stop_watched
[ ! -e "$file" ] || fail "the token's file is still there"

# ---- Addresses and tokens ----
refused '--observe-token FILE, or use 127.0.0.1' --observe 0.0.0.0:0
refused '--observe-token FILE, or use 127.0.0.1' --observe '[::]:0'
refused '--observe-token FILE, or use 127.0.0.1' --observe example.org:80
refused 'needs --observe HOST:PORT' --observe-token x
refused 'HOST:PORT' --observe nonsense
echo 'short' >short
chmod 600 short
refused 'a token is one line of 16 to 254' --observe 0.0.0.0:0 \
	--observe-token short
echo '0123456789abcdef' >mine
chmod 644 mine
refused 'run chmod 600' --observe 0.0.0.0:0 --observe-token mine
chmod 600 mine
watched 0.0.0.0:0 --observe-token mine
[ "$token" = ... ] || fail "it prints the user's token"
url=http://127.0.0.1:${url##*:}
code 401 /metrics
code 200 /metrics -H 'Authorization: Bearer 0123456789abcdef'
port=${url##*:}
refused "cannot serve --observe at '127.0.0.1:$port': .*in use" \
	--observe "127.0.0.1:$port"
stop_watched
# One that is not there is made.
watched '[::1]:0' --observe-token made
[ "$(stat -c %a made)" = 600 ] || fail "the file is not 0600"
code 200 /metrics -H "Authorization: Bearer $(cat made)"
stop_watched
[ -e made ] || fail "the user's file is gone"
echo "passed"
