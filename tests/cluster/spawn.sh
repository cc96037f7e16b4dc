#!/bin/sh
# Everything that one node can do with another one, and handles that cross
# three: as a guest sees it.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
. "$(dirname "$0")/support/cluster.sh"

serve b
b=$address
serve c --peer "$b"
c=$address

# From each direction: who joins, and who was there before.
run --node 127.0.0.1:0 --node-name a --peer "$b" cluster.wasm tour b
passed "a tour of b"
says out "^error: Function 'nothing' not found$" "a tour of b"
run --node 127.0.0.1:0 --node-name a --peer "$c" cluster.wasm tour b
passed "a tour of b, by way of c"
run --node 127.0.0.1:0 --node-name a --peer "$b" cluster.wasm tour a
passed "a tour of itself"
run --node 127.0.0.1:0 --node-name a --peer "$b" cluster.wasm three b c
passed "handles that cross"

# Five nodes, each of which was told of one other.
serve d --peer "$c"
serve e --peer "$address"
for pair in "b c" "c d" "d e" "e b"; do
	# shellcheck disable=SC2086 # two words
	run --node 127.0.0.1:0 --node-name a --peer "$address" cluster.wasm \
		three $pair
	passed "handles that cross $pair"
done

# The limits of a node hold for what others make there.
serve small --peer "$b" --max-processes 3 --max-memory 1M
run --node 127.0.0.1:0 --node-name a --peer "$b" cluster.wasm tour small
expect 1 "a tour of a small node"
says out '^error: .*(memory|limit)' "a tour of a small node"
finish
