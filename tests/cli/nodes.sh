#!/bin/sh
# The options of nodes: what does not go together, how nodes join and leave, and
# what is said of it.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"
. "$(dirname "$0")/support/nodes.sh"

module hello <<'EOF'
(module (func (export "_start")))
EOF
module exits <<'EOF'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start") (call $exit (i32.const 7))))
EOF
module sleeps <<'EOF'
(module
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (func (export "_start") (call $sleep (i64.const 600000))))
EOF

# What does not go together. Nothing of it makes a key.
for option in "--node-name a" "--node-attribute a=b" "--peer 127.0.0.1:1" --no-entry "--cluster-key k" \
	"--discover dns:a:1" \
	"--cert c" "--key k" "--ca c" "--heartbeat 1s"; do
	# shellcheck disable=SC2086 # two words
	refuses "^lunatic: ${option% *} needs --node" \
		$option hello.wasm
done
refuses '--node needs --node-name NAME' --node 127.0.0.1:0 hello.wasm
node="--node 127.0.0.1:0 --node-name a"
for bad_place in "" 127.0.0.1 nothing 127.0.0.1:x 127.0.0.1:70000 :1; do
	refuses "'$bad_place' is not a valid value of --node: that is HOST:PORT" \
		--node "$bad_place" --node-name a hello.wasm
	refuses "'$bad_place' is not a valid value of --peer: that is HOST:PORT" \
		--node 127.0.0.1:0 --node-name a --peer "$bad_place" hello.wasm
done
refuses "'127.0.0.1:0' is not a valid value of --peer" $node \
	--peer 127.0.0.1:0 hello.wasm
for bad_finder in "" a dns: dns:a:0 dns:a:x "dns:a b" dns:a@ dns:a@b file: File:a; do
	refuses "'$bad_finder' is not a valid value of --discover: that is dns:NAME" \
		$node --discover "$bad_finder" hello.wasm
done
long=$(printf '%0256d' 0)
for bad_name in "" "$(printf 'a\nb')" "$long" "$(printf '\377')"; do
	run --node 127.0.0.1:0 --node-name "$bad_name" hello.wasm
	expect 1 "a name"
	says err 'not a valid value of --node-name: that is 1 to 255 bytes' \
		"a name"
done
for bad_attribute in "" a =b name=b "$(printf 'a=\377')" \
	"a=$(printf '%04096d' 0)"; do
	# shellcheck disable=SC2086 # several words
	run $node --node-attribute "$bad_attribute" hello.wasm
	expect 1 "an attribute"
	says err 'not a valid value of --node-attribute: that is KEY=VALUE' \
		"an attribute"
done
for bad_time in "" 5 99ms 0s 3601s 5m -1s 1.5s "5 s" s 99999999999999999999s; do
	refuses "not a valid value of --heartbeat: that is 100ms to 3600s" \
		$node --heartbeat "$bad_time" hello.wasm
done
for files in "--cert c" "--key k" "--ca c" "--cert c --key k" \
	"--cert c --ca c" "--key k --ca c"; do
	# shellcheck disable=SC2086 # several words
	refuses '--cert, --key and --ca are needed together' $node $files \
		hello.wasm
done
refuses '--cluster-key and certificates exclude each other' $node \
	--cert c --key k --ca c --cluster-key k hello.wasm
refuses "--no-entry runs no file, so it does not take 'hello.wasm'" $node \
	--no-entry hello.wasm
refuses 'no file to run' $node
for option in --node --peer; do
	run test $option 127.0.0.1:1 hello.wasm
	expect 2 "test $option"
	says err "lunatic test does not take '$option'" "test $option"
done
run test hello.wasm --node 127.0.0.1:1
expect 2 "test FILE --node"
says err "lunatic test does not take '--node'" "test FILE --node"
[ ! -e config ] || bad "a key was made by a command line that is wrong"

# Keys and certificates that are refused.
refuses "there is no cluster key 'k'; copy it.*lunatic help nodes" $node \
	--cluster-key k hello.wasm
printf 'short' >k
chmod 600 k
refuses "'k' has 5 bytes, not 32" $node --cluster-key k hello.wasm
chmod 644 k
refuses "others may read or change.*chmod 600 'k'" $node --cluster-key k \
	hello.wasm
refuses "'none.pem'" $node --cert none.pem --key k --ca ca.pem hello.wasm

# A node alone, which makes the key.
run $node exits.wasm
expect 7 "a node alone"
says err '^lunatic: node a at 127.0.0.1:[1-9][0-9]*, connected to 0 others$' \
	"a node alone"
[ "$(wc -l <err)" -eq 1 ] || bad "a node alone: more than a line"
[ "$(stat -c %a:%s config/lunatic/cluster.key)" = 600:32 ] || bad "the key"
LUNATIC_LOG=error
export LUNATIC_LOG
run $node hello.wasm
expect 0 "a quiet node"
silent err "a quiet node"
unset LUNATIC_LOG

# One serves, others come.
begin one --no-entry
one=$pid
place one
peer=$address
run --node 127.0.0.1:0 --node-name two --peer "$peer" --heartbeat 1s exits.wasm
expect 7 "a second node"
says err '^lunatic: node two at 127.0.0.1:[0-9]*, connected to 1 other$' \
	"a second node"
# Its name is free again.
run --node 127.0.0.1:0 --node-name two --peer "$peer" hello.wasm
expect 0 "the same name again"
run --node 127.0.0.1:0 --node-name one --peer "$peer" hello.wasm
expect 1 "a name that is taken"
says err 'cannot join the node at .*name.*; choose another name' \
	"a name that is taken"
refuses "cannot listen at '$peer': Address already in use" \
	--node "$peer" --node-name three hello.wasm
run --node localhost:0 --node-name three --peer "$peer" --peer 127.0.0.1:1 \
	hello.wasm
expect 0 "one peer of two"

# Another key.
head -c 32 /dev/zero >other.key
chmod 600 other.key
run $node --peer "$peer" --cluster-key other.key hello.wasm
expect 1 "another key"
says err 'cannot join the node.*both need the same cluster key' "another key"

# Nobody there: told while it is tried, and in the end.
run $node --peer 127.0.0.1:1 hello.wasm
expect 1 "nobody there"
says err '^lunatic: waiting for the node at 127.0.0.1:1: Connection refused' \
	"nobody there"
says err '^lunatic: cannot join the node at 127.0.0.1:1: Connection refused' \
	"nobody there"

# Reports, in both forms, with three nodes that know each other by one.
begin two --no-entry --peer "$peer" --report=json
two=$pid
place two
second=$address
begin three --peer "$second" --report sleeps.wasm
three=$pid
place three
says three.err 'connected to 2 others$' "three nodes"
kill -USR1 "$one"
await one.err '^three  '
says one.err '^lunatic: node one at .*, connected to 2 others$' "a report"
says one.err '^node +address +for received +sent$' "a report"
says one.err "^two +$second +[0-9.]+s +[0-9.K]+ +[0-9.K]+\$" "a report"
awk 'length > 120 { exit 1 }' one.err || bad "a report: wide"
kill -USR1 "$two"
await two.err '^\{'
says two.err '"node":\{"name":"two","incarnation":"[-0-9a-f]{36}","address":"127.0.0.1:[0-9]+","peers":\[\{"name":"one",.*"sent_bytes":[0-9]+\},\{"name":"three",' \
	"a report in JSON"
if command -v python3 >/dev/null; then
	grep '^{' two.err | python3 -c 'import json, sys
json.loads(sys.stdin.readline())' || bad "not JSON"
fi

# Signals: of one with a first process, and of ones without.
kill -TERM "$three"
ended "$three"
expect 143 "SIGTERM"
says three.err '^lunatic: node three at .*, connected to 2 others$' "SIGTERM"
kill -INT "$two"
ended "$two"
expect 0 "SIGINT with --no-entry"
[ "$(grep -c '^{' two.err)" -eq 2 ] || bad "no report at the end"
kill -TERM "$one"
ended "$one"
expect 0 "SIGTERM with --no-entry"
! grep -q Sanitizer ./*.err || bad "a sanitizer's report"

# A signal ends the waiting for a peer.
begin four --peer 127.0.0.1:1 hello.wasm
four=$pid
await four.err 'waiting for the node'
kill -INT "$four"
ended "$four"
expect 130 "SIGINT while joining"
! grep -q 'cannot join' four.err || bad "SIGINT while joining: complains"
run --report=json hello.wasm
says err '"node":null' "no node"
finish
