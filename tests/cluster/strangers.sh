#!/bin/sh
# Who has no key gets nothing: no answer in plain text, no memory, no place; and
# nodes do not mind. A listener in the middle reads nothing, and whatever it
# changes ends the connection only.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
. "$(dirname "$0")/support/cluster.sh"

serve b
b=$address
bpid=$pid
port=${b##*:}
run --node 127.0.0.1:0 --node-name a --peer "$b" cluster.wasm tour b
passed "before strangers come"
files=$(descriptors "$bpid")
memory=$(resident "$bpid")

python3 "$here/support/strangers.py" "$port" || bad "strangers"
settled "$bpid" "$files"
[ "$(resident "$bpid")" -lt $((memory + 32768)) ] ||
	bad "b has grown from $memory to $(resident "$bpid") KiB"
alive b "$bpid"
run --node 127.0.0.1:0 --node-name a --peer "$b" cluster.wasm tour b
passed "after strangers have come"

# In the middle: the names of nodes, of functions and of host functions would be
# readable in any of the frames that go by.
python3 "$here/support/middle.py" "$port" middle.port middle.bytes &
middle=$!
started="$started $middle"
await middle.port '^[0-9]+$'
run --node 127.0.0.1:0 --node-name secretname \
	--peer "127.0.0.1:$(cat middle.port)" cluster.wasm tour b
passed "through the middle"
[ "$(wc -c <middle.bytes)" -gt 100000 ] || bad "nothing went by in the middle"
for word in secretname doubles lunatic:: wasi_ inherit_spawn nothing; do
	! grep -aq "$word" middle.bytes || bad "'$word' can be read on the way"
done

# It flips a bit after a while: the connection ends, and is made anew.
kill "$middle"
rm -f middle.port
python3 "$here/support/middle.py" "$port" middle.port middle.bytes 200000 &
started="$started $!"
await middle.port '^[0-9]+$'
begin d --peer "127.0.0.1:$(cat middle.port)" cluster.wasm watch b 50
dpid=$pid
await d.out '^ready$'
await d.out '^lost$'
await d.out '^again$'
ended "$dpid"
[ "$status" -eq 0 ] || bad "d: exit status $status"
alive b "$bpid"
finish
