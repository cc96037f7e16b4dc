#!/bin/bash
# Guests in Rust, of the crates lunatic 0.14, lunatic-log and
# lunatic-message-request: their examples and tests as they are published.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
built=$("$here/rust_0_13/build.sh") || exit $?
# shellcheck source=tests/compat/support/alone.sh
. "$here/support/alone.sh"
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# What compilers make is large; compiling it takes longest.
run_seconds=240
# shellcheck source=tests/compat/support/crates.sh
. "$here/support/crates.sh"
# Modules are compiled once for all their runs.
LUNATIC_CACHE_DIR=$work/cache
export LUNATIC_CACHE_DIR
unset LUNATIC_CACHE
go_outside
trap 'stop_outside; rm -rf "$work"' EXIT

# quiet PACKAGE NAME: an example that only fails or does not.
quiet() {
	example "$@"
	silent out "$2"
	silent err "$2"
}
quiet lunatic abstract_process
quiet lunatic process_local
quiet lunatic request_response
quiet lunatic supervised_abstract_process
quiet lunatic-message-request counter
example lunatic configs
says out '^Process [0-9]+ trying to allocate 2MB$' configs
says out '^Process [0-9]+ going into infinite loop$' configs
says err '2000000 bytes failed$' configs
says err 'all fuel consumed' configs
[ "$(wc -l <out)" -eq 2 ] || bad "configs: more than two lines"
example lunatic distributed
prints "Nodes []" distributed
example lunatic monitor
[ "$(sed 's/[0-9]\{1,\}/N/' out)" = "Hello
Process N died" ] || bad "monitor: another output"
example lunatic print_env one "two three"
says out '^\["[^"]*print_env.wasm", "one", "two three"\]$' print_env
says out "^LUNATIC_CACHE_DIR: $LUNATIC_CACHE_DIR\$" print_env
example lunatic process_name
prints "Received message!" process_name
example lunatic spawn_macro
[ "$(sort out)" = "Hello non-capturing closure!
Hello! I'm a string." ] || bad "spawn_macro: another output"
example lunatic spawn_task
prints "Hello world from a process!
Hello world from a 2nd process!" spawn_task
example lunatic-log info
prints "Hello, World" info
example lunatic-log multiple
prints "Hello, World
Hello, World" multiple
example lunatic-log pretty
for level in WARN INFO DEBUG TRACE; do
	says out "$level.*pretty:.*pretty.rs:" pretty
done
says err 'ERROR.*pretty:.*pretty.rs:' pretty

# It counts for a minute; what it has counted is in a report, for which it is
# asked with a signal, once it waits for that (bit 9): twice, because a shell
# blocks signals for a moment before it becomes the program.
"$lunatic" run "$built/examples/lunatic/metrics.wasm" >out 2>err &
server=$!
waits=0
for _ in $(seq 200); do
	if grep -Eq '^Sig(Blk|Cgt):.*[2367abef]..$' \
		"/proc/$server/status"; then
		waits=$((waits + 1))
	else
		waits=0
	fi
	[ "$waits" -lt 2 ] || kill -USR1 "$server"
	! grep -q '^\.\.[a-z:]*metrics_example::.* histogram ' err || break
	sleep 0.1
done
stop_serving
for name in counter gauge histogram; do
	says err "^\.\.[a-z:]*metrics_example::.* $name +[0-9]" metrics
done

if [ "$LUNATIC_ALONE" = yes ]; then
	example lunatic resolve
	says out '^wikipedia.org resolves to 127.0.0.1:80$' resolve
	example lunatic tls_client
	says out '^Got response from rust-lang.org Ok\("HTTP/1.1 200 OK' \
		tls_client
fi

# echo_at PORT WHAT: a line comes back, and then the stream ends.
echo_at() {
	# shellcheck disable=SC2016 # for the inner shell
	answer=$(timeout 20 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"
		echo one >&3; read -r line <&3; echo "$line"
		echo exit >&3; cat <&3' - "$1")
	[ "$answer" = one ] || bad "$2: $answer"
}
mkfifo port
"$lunatic" run "$built/examples/lunatic/tcp_echo_server.wasm" >port 2>err &
server=$!
read -r line <port
echo_at "${line##*:}" tcp_echo_server
echo_at "${line##*:}" tcp_echo_server
stop_serving
serve lunatic tcp_echo_multi_server 6666
echo_at 6666 tcp_echo_multi_server
for _ in $(seq 100); do
	! grep -q 'addr: 127.0.0.1:6667' log || break
	sleep 0.1
done
echo_at 6667 tcp_echo_multi_server
stop_serving
# The port is asked for with bytes that are no TLS first.
serve lunatic tls_echo_server 3000
curl -sk --http0.9 --max-time 20 https://127.0.0.1:3000/ >out 2>err || true
says out '<h1>Hello world!</h1>' tls_echo_server
stop_serving

cp "$built/bin/interop_0_7.wasm" .
run run --dir . "$built/bin/interop.wasm"
expect 0 interop
prints "0.13 and 0.7 know each other" interop
says err 'with whom it is linked' interop

tests_of lunatic abstract_process 16
tests_of lunatic abstract_process_macro 16
tests_of lunatic catch_panic 3
tests_of lunatic config 9
tests_of lunatic func_ref 1
tests_of lunatic lunatic 6
tests_of lunatic macros 8
tests_of lunatic mailbox 3
tests_of lunatic messaging 7
tests_of lunatic process 14
tests_of lunatic process_local 5
tests_of lunatic protocol 3
[ "$LUNATIC_ALONE" = no ] || tests_of lunatic serializers 3
tests_of lunatic sqlite 3
tests_of lunatic supervisor 10
tests_of lunatic task 5
tests_of lunatic timer 3
tests_of lunatic udp 8
tests_of lunatic-log lunatic_log 0
tests_of lunatic-message-request lunatic_message_request 2
finish
