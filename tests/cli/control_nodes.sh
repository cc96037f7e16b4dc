#!/bin/sh
# The commands that ask running programs, about other nodes: through the node
# that is asked, until that one or the other one leaves.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"
. "$(dirname "$0")/support/programs.sh"

waiting app 3000
begin a --node 127.0.0.1:0 --node-name a app.wasm
a=$pid
within "the address of a" grep -q '^lunatic: node a at' a.err
address=$(sed -n 's/^lunatic: node a at \([^ ,]*\), .*/\1/p' a.err)
begin b --node 127.0.0.1:0 --node-name b --peer "$address" --no-entry
b=$pid
within "b joins" grep -q 'connected to 1' b.err
shows '^b +127\.0\.0\.1:[0-9]+ +[0-9.]+s' "the nodes of a" \
	ps -p "$a" --nodes
shows "^$a app, node a: 3002 processes" "the processes of a" \
	ps -p "$a" --max 0
run ps -p b --node a --nodes --json
says out '"name":"b",.*"own":false,"protocol":[4-9]' "the nodes of a, asked by b"

# All processes of a, more than one answer between nodes holds, and twice as
# many as a client has room for.
run ps -p b --node a --all --json
expect 0 "ps --node"
says out "\"program\":\"app\",\"pid\":$a,.*\"node\":\"a\"" "ps --node"
sed -n 's/^{"number":\([0-9]*\),.*/\1/p' out | sort -u >numbers
[ "$(wc -l <numbers)" -ge 3002 ] || bad "ps --node: $(wc -l <numbers) processes"
[ "$(wc -l <out)" -eq $(($(wc -l <numbers) + 1)) ] || bad "ps --node: twice"

run inspect -p b --node a clerk
expect 0 "inspect --node"
says out '^names +clerk 1\.2\.3' "inspect --node"
run inspect -p b --node a zork
expect 3 "inspect --node of nobody"
says err "there is no process 'zork'" "inspect --node of nobody"
run ps -p b --node a --sort zork
expect 1 "what the other node refuses"
says err "not sorted by 'zork'" "what the other node refuses"
number=$("$lunatic" ps -p b --node a --all --columns links,number,name |
	awk '$1 == 0 && $3 == "child" { print $2; exit }')
run kill -p b --node a "$number"
expect 0 "kill --node"
run kill -p b --node a "$number"
expect 3 "kill --node twice"

# Its own name is the node itself.
run ps -p b --node b
expect 0 "the node's own name"
says out "^$b b, node b: 0 processes" "the node's own name"
run ps -p b --node zork
expect 1 "no such node"
says err "no node 'zork' is connected; lunatic ps --nodes" "no such node"
begin alone app.wasm
run ps -p "$pid" --node a
expect 1 "no node"
says err "this program is no node, .*--node" "no node"
kill "$pid"
ended "$pid"

# One without control server answers nobody.
"$lunatic" --node 127.0.0.1:0 --node-name c --peer "$address" --no-entry \
	--no-control 2>"$work/c.err" &
c=$!
started="$started $c"
within "c joins" grep -q 'connected to 2' c.err
run ps -p "$a" --node c
expect 1 "--no-control"
says err 'that node was started with --no-control' "--no-control"
kill "$c"
ended "$c"

# The other node goes away, also in the middle of an answer.
(
	for i in 1 2 3 4 5 6 7 8; do
		"$lunatic" ps -p b --node a --all --json >/dev/null 2>&1 || :
	done
) &
asker=$!
kill "$a"
ended "$a"
[ "$status" -eq 143 ] || bad "a ended with $status"
wait "$asker"
run ps -p b --node a
expect 1 "a node that has left"
says err "no node 'a' is connected" "a node that has left"
kill "$b"
ended "$b"
[ "$status" -eq 0 ] || bad "b ended with $status"
finish
