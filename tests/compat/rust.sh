#!/bin/sh
# Guests in Rust, of the crate lunatic 0.7.4: its examples and its tests as they
# are published, and a pair of a Rust and a C guest (pair/) that exchange every
# shape of value.
#
# Not run: environment_remote, which needs a second node; resolve, which needs
# the name service of the outside world.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
built=$("$here/rust/build.sh") || exit $?
# shellcheck source=tests/cli/support/cli.sh
. "$here/../cli/support/cli.sh"
# What compilers make is large; compiling it takes longest.
run_seconds=240

example() {
	name=$1
	shift
	run "$built/examples/$name.wasm" "$@"
	expect 0 "$name"
}

# prints TEXT WHAT: that must be all of the last run's standard output.
prints() {
	[ "$(cat "$work/out")" = "$1" ] || bad "$2: another output"
}

example messaging
prints "Hello World!" messaging
silent err messaging
example spawn
prints "Hello world from a process!" spawn
silent err spawn
example request_replay
silent out request_replay
silent err request_replay
example link
silent out link
says err "panicked at 'Error'" link
example print_env one "two three"
says out '^\["[^"]*print_env.wasm", "one", "two three"\]$' print_env
says out '^LUNATIC_CACHE: off$' print_env
silent err print_env
example environment
silent out environment
says err 'fd_write. unavailable in this environment' environment
says err 'all fuel consumed' environment

# The server tells its port and serves until it is ended.
mkfifo port
"$lunatic" "$built/examples/tcp_echo_server.wasm" >port 2>err &
server=$!
read -r line <port
port=${line##*:}
for text in one two; do
	# shellcheck disable=SC2016 # for the inner shell
	answer=$(timeout 20 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"
		echo "$2" >&3; read -r line <&3; echo "$line"' - "$port" "$text")
	[ "$answer" = "$text" ] || bad "tcp_echo_server: $answer"
done
kill "$server"
wait "$server" || true

# Each is a program of Rust's own test harness.
passes() {
	run "$built/tests/$1.wasm"
	expect 0 "$1"
	says out "^test result: ok. $2 passed; 0 failed;" "$1"
}
passes messaging_test 7
passes process_test 4

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" "$here/pair/pair.c" \
	"$(dirname "$lunatic")/sdk/c/lib/liblunatic-guest.a" -o pair_c.wasm \
	2>err || bad "clang rejects pair.c"
cp "$built/pair.wasm" .
run --dir . pair_c.wasm
expect 0 "C asks Rust"
prints "C asked Rust" "C asks Rust"
run --dir . pair.wasm
expect 0 "Rust asks C"
prints "Rust asked C" "Rust asks C"
finish
