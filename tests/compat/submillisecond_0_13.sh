#!/bin/bash
# submillisecond 0.4, the web framework for lunatic 0.13: its tests and its
# examples as they are published. The examples are asked by curl and, where
# chromium is installed, by a browser; one speaks WebSocket.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
built=$("$here/rust_0_13/build.sh") || exit $?
# shellcheck source=tests/compat/support/alone.sh
. "$here/support/alone.sh"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# shellcheck source=tests/compat/support/crates.sh
. "$here/support/crates.sh"
LUNATIC_CACHE_DIR=$work/cache
export LUNATIC_CACHE_DIR
unset LUNATIC_CACHE
go_outside
trap 'stop_outside; rm -rf "$work"' EXIT
site=http://127.0.0.1:3000

# gets STATUS BODY PATH [CURL OPTION...]: what a request must be answered with.
gets() {
	local want="$1 $2" path=$3 got
	shift 3
	: >out
	: >err
	got=$(curl -sS --max-time 30 -o body -w '%{http_code}' "$@" \
		"$site$path" 2>&1) || true
	got="$got $(cat body 2>/dev/null)"
	rm -f body
	[ "$got" = "$want" ] || bad "$path: \"$got\" instead of \"$want\""
}

begin() {
	serve submillisecond "$1" 3000 "${@:2}"
}

begin hello_world
gets 200 'Hello :)' /
gets 404 '<h1>404: Not found</h1>' /else
gets 404 '<h1>404: Not found</h1>' / -X POST
# Two requests on one connection.
curl -sS --max-time 30 -v "$site/" "$site/" >out 2>err || bad "two requests"
[ "$(cat out)" = 'Hello :)Hello :)' ] || bad "two requests: another body"
says err 'Re-using existing connection' "two requests"
# Two at once, in one segment.
exec 3<>/dev/tcp/127.0.0.1/3000
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n' >&3
for _ in 1 2; do
	while read -rt 20 -u 3 line && [ "$line" != $'\r' ]; do :; done
	text=
	read -rt 20 -u 3 -N 8 text || true
	[ "$text" = 'Hello :)' ] || bad "pipelined: \"$text\""
done
exec 3>&-
# What is not HTTP ends its connection, nothing else.
printf '\0\r\n\r\n' | timeout 20 curl -sS telnet://127.0.0.1:3000 >out 2>err ||
	true
gets 200 'Hello :)' /
seq 200 | xargs -P 8 -I{} curl -sS --max-time 30 "$site/?{}" >out 2>err ||
	bad "200 connections"
[ "$(wc -c <out)" -eq 1600 ] || bad "200 connections: another body"
if command -v chromium >/dev/null; then
	timeout 60 chromium --headless --no-sandbox --disable-gpu \
		--user-data-dir="$work/browser" --dump-dom "$site/" \
		>out 2>err || bad "chromium"
	says out 'Hello :\)' chromium
fi
stop_serving

begin catch_all
gets 200 'Hello :)' /
gets 200 'Foo Bar' /foo/bar
gets 200 'Foo route not found' /foo/else
gets 200 'Route not found' /else
stop_serving

begin cookies
gets 200 0 / -c jar -b jar
gets 200 1 / -c jar -b jar
gets 200 2 / -c jar -b jar
# Its sessions fail in the original as well, as does what says "no" below.
gets 500 'Internal Server Error' /session -c jar -b jar
gets 500 'Internal Server Error' /session-bool
stop_serving

begin custom_handler
gets 200 'Hello World!' /any/path
stop_serving

begin extractors
gets 200 'Hello :)' /
gets 200 'a: b c' '/queries?a=b%20c'
gets 200 'host: h
x-test: 1' /header_map -H 'Host: h' -H 'X-Test: 1' -H 'Accept:' \
	-H 'User-Agent:'
gets 200 example.org:81 /host -H 'Host: example.org:81'
gets 200 example.org:81 /typed_header -H 'Host: example.org:81'
gets 200 'Welcome, ann. You are 7 years old.' /params/ann/7
gets 200 'You are 7 years old' /named_param/7
gets 200 'Hi ann, you are 7 years old' /named_param2/ann/7
gets 500 'Internal Server Error' /path/ann # no
gets 200 a/b/c /splat-a/b/c
gets 200 'some text' /string -d 'some text'
head -c 300000 /dev/zero | tr '\0' x >large
gets 200 "$(cat large)" /vec --data-binary @large
gets 200 'Email: a@b
Password: c' /json -H 'Content-Type: application/json' \
	-d '{"email":"a@b","password":"c"}'
stop_serving

begin guard
gets 200 'foo bar' /foo -d 12345
gets 200 'foo bar' /foo -d 1234567890
gets 404 '<h1>404: Not found</h1>' /foo -d 123
stop_serving

begin middleware
gets 200 'foo bar' /foo/bar
gets 200 bar /bar
gets 404 '<h1>404: Not found</h1>' /foo -d x # no
[ "$(grep -c '^\[GLOBAL\] ENTRY$' log)" -eq 3 ] || bad "middleware: entries"
[ "$(grep -c '^\[GLOBAL\] EXIT$' log)" -eq 3 ] || bad "middleware: exits"
says log '^GET /foo/bar$' middleware
stop_serving

begin panic
gets 500 'Internal Server Error' /
gets 500 'Internal Server Error' /
says log "Worker process panicked" panic
stop_serving

begin params
gets 500 'Internal Server Error' /x/y/z -H 'X-Request-Id: 7' # no
says log '^\[ENTER\] request 7$' params
gets 404 '<h1>404: Not found</h1>' /hello/a/b/c # no
stop_serving

begin state
for count in 1 2 3; do
	gets 200 "Count is $count" /
done
stop_serving

begin static
gets 200 "$(cat "$built/crates/submillisecond/static/index.html")" /index.html
gets 404 'Resource not found' /else
stop_serving

# It answers after ten minutes, and is asked for less time than that.
begin timeout
status=0
curl -sS --max-time 1 "$site/" >out 2>err || status=$?
[ "$status" -eq 28 ] || bad "timeout: curl ends with $status"
stop_serving

mkdir persistence
begin queue_todo --dir "$work/persistence::/persistence"
gets 200 '{"status":"UP"}' /api/mgmt/alive
[ -e persistence/todos.wal ] || bad "queue_todo: no log"
gets 404 '<h1>404: Not found</h1>' /api/users -d '{}' # no
# It looks its process up by a name that it never registers.
gets 500 'Internal Server Error' \
	/api/users/2394c3cc-ba82-4cdc-94c1-4a3b5d1cc5b1/todos
gets 200 '{"status":"UP"}' /api/mgmt/health
stop_serving

begin websocket
python3 -B "$here/support/websocket.py" 127.0.0.1 3000 >out 2>err ||
	bad "websocket"
says out '^Pong$' websocket
stop_serving

tests_of submillisecond parsing_http_1_1 5 1
tests_of submillisecond websocket 1
# They connect to port 22.
if [ "$LUNATIC_ALONE" = yes ]; then
	tests_of submillisecond submillisecond 7
	tests_of submillisecond router 8
fi
finish
