#!/bin/sh
# Nodes and processes by ids, as guests of lunatic 0.13 know them: on two nodes
# and on three, one that is lost, arguments that trap, attributes, and messages
# with processes of lunatic 0.7.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
. "$(dirname "$0")/support/cluster.sh"

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$top/sdk/c/include" "$here/guest/ids.c" -o ids.wasm

serve b --heartbeat 1s
b=$address
bpid=$pid

run --node 127.0.0.1:0 --node-name a --peer "$b" ids.wasm tour b
passed "a tour of b"
run --node 127.0.0.1:0 --node-name a --peer "$b" ids.wasm own
passed "a tour of itself"
run ids.wasm attribute name=a
expect 1 "a program that is no node"
run --node 127.0.0.1:0 --node-name a --peer "$b" ids.wasm hostile b
passed "hostile arguments"
alive b "$bpid"

run --node 127.0.0.1:0 --node-name a --peer "$b" --dir "$work::/w" \
	cluster.wasm closed /w/ids.wasm
passed "a guest of 0.13 in an environment of its own"

serve c --peer "$b" --node-attribute zone=eu --node-attribute "kind=a b"
c=$address
run --node 127.0.0.1:0 --node-name a --peer "$c" ids.wasm three b c
passed "ids of three nodes"

# found COUNT QUERY: so many nodes must have these attributes.
found() {
	run --node 127.0.0.1:0 --node-name a --peer "$c" \
		--node-attribute zone=eu ids.wasm attribute "$2"
	passed "the query $2"
	says out "^found $1\$" "the query $2"
}
found 3 ""
found 2 zone=eu
found 1 "zone=eu&name=c"
found 1 "zone=eu&kind=a+b"
found 0 "zone=eu&name=b"
found 0 zone=e

# Certificates that a guest has made are those of members of another cluster.
mkdir c
if openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-subj /CN=two -keyout c/two.key -out c/two.csr 2>/dev/null; then
	run --dir "$work/c::/c" ids.wasm certificates
	passed "certificates"
	chmod 600 c/*.key
	serve one --cert c/one.pem --key c/one.key --ca c/ca.pem
	run --node 127.0.0.1:0 --node-name two --peer "$address" \
		--cert c/two.pem --key c/two.key --ca c/ca.pem ids.wasm tour one
	passed "a tour of a node with certificates"
fi

# A node of lunatic 0.7.
begin old --peer "$b" cluster.wasm name
oldpid=$pid
await old.out '^ready$'
run --node 127.0.0.1:0 --node-name a --peer "$b" ids.wasm old old
passed "a process of lunatic 0.7"
alive old "$oldpid"

# Killed, and back under its name.
begin w --peer "$b" --peer "$c" --heartbeat 1s ids.wasm watch b
wpid=$pid
await w.out '^ready$'
kill -9 "$bpid"
await w.out '^lost$'
begin b --no-entry --peer "$c"
await w.out '^again$'
ended "$wpid"
[ "$status" -eq 0 ] || bad "w: exit status $status"
[ "$(tail -n 1 w.out)" = passed ] || bad "w: not passed"
finish
