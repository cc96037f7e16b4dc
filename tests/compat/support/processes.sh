# Sourced after cli.sh by the tests of examples/components: checks what the two
# programs do that a language's tool has made, supervisor.wasm and chat.wasm.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them

# long_run PROGRAM: the code of a language's own machine takes a while to compile.
long_run() {
	status=0
	timeout -k 5 200 "$lunatic" "$1" >out 2>err </dev/null || status=$?
}

# check_examples TRAPPED RETURNED: how the language calls these ends.
check_examples() {
	long_run supervisor.wasm
	expect 0 supervisor
	[ "$(cat out)" = "job 7 has failed: $1
the sum of 10 squares is 385" ] || bad "supervisor: another output"
	says err "'square' trapped: " supervisor
	long_run chat.wasm
	expect 0 chat
	[ "$(cat out)" = "ann heard 6 lines
bob heard 6 lines
cid heard 6 lines
the room is closed: $2" ] || bad "chat: another output"
}
