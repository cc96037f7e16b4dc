#!/bin/sh
# Messages that docs/errors.md explains are still those that are printed.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/support/cli.sh"
. "$(dirname "$0")/support/nodes.sh"

sed -n 's/^| \([^|]*\) | .* | .* |$/\1/p' "$top/docs/errors.md" |
	grep -v '^message$' >explained
: >seen

# prints TEXT ARGUMENT...: the program must say it and the page explain it.
prints() {
	text=$1
	shift
	run "$@"
	[ "$status" -ne 0 ] || bad "$text: no failure"
	grep -Fq -e "$text" err || bad "$text: not said"
	grep -Fxq -e "$text" explained || bad "$text: not explained"
	echo "$text" >>seen
}

# start BODY: assembles a module whose _start does that.
start() {
	echo "(module (memory 2) (type \$t (func)) (table 1 funcref)
		(func \$f (export \"_start\") $1))" >case.wat
}

start '(unreachable)'
prints 'wasm `unreachable` instruction executed' case.wat
start '(drop (i32.load (i32.const 1000000)))'
prints 'out of bounds memory access' case.wat
start '(call $f)'
prints 'call stack exhausted' case.wat
start '(drop (i32.div_s (i32.const 1) (i32.const 0)))'
prints 'integer divide by zero' case.wat
start '(call_indirect (type $t) (i32.const 0))'
prints 'uninitialized element' case.wat
start '(loop (br 0))'
prints 'all fuel consumed by WebAssembly' --max-fuel 1 case.wat
echo '(module (tag $e) (func (export "_start") (throw $e)))' >case.wat
prints 'uncaught exception' case.wat
start '(drop)'
prints 'the module is not valid' case.wat
start ''
prints 'is larger than the limit of' --max-memory 64K case.wat
prints 'the module is too large' --max-module 10 case.wat
prints 'exports no tests' test case.wat
wat2wasm case.wat -o case.wasm
head -c 12 case.wasm >cut.wasm
prints 'the module is truncated' cut.wasm
echo '(module (func (export "main")))' >case.wat
prints 'it exports no function `_start`' case.wat
echo '(module (import "x" "y" (func)) (func (export "_start")))' >case.wat
prints 'which this version of lunatic does not provide' case.wat
echo '(component)' >case.wat
prints 'it exports no function `_start`' case.wat
text='the module is a component, which the engine'
run --help
if grep -q 'wasmi:' out; then
	prints "$text" --engine wasmi case.wat
else
	echo "$text" >>seen
fi
echo '(component (import "wasi:x/y@0.2.0" (instance (export "z" (func)))))' >case.wat
prints 'the component imports' case.wat
echo 'MZ' >case.wasm
prints 'not a WebAssembly module' case.wasm

# 300 loops in each other set 300 locals.
awk 'BEGIN {
	print "(module (func (export \"_start\") (local"
	for (i = 0; i < 300; i++) print "i32"
	print ")"
	for (i = 0; i < 300; i++) print "loop"
	for (i = 0; i < 300; i++)
		print "(local.set", i, "(i32.add (local.get", i, ") (i32.const 1)))"
	for (i = 0; i < 300; i++) print "(br_if 0 (local.get 0)) end"
	print "))"
}' >bomb.wat
prints 'of processor time, the limit for a module of its size' \
	--max-compile-time 1 bomb.wat

# Nodes: one is there, and others want to join it.
node="--node 127.0.0.1:0 --node-name a"
begin one --no-entry
place one
prints 'cannot listen at' --node "$address" --node-name a case.wasm
prints 'waiting for the node at' $node --peer 127.0.0.1:1 case.wasm
says err 'at 127.0.0.1:1: Connection refused' "nobody there"
echo 'Connection refused' >>seen
prints 'this node has the same name' --node 127.0.0.1:0 --node-name one \
	--peer "$address" case.wasm
prints 'there is no cluster key' $node --cluster-key key case.wasm
head -c 32 /dev/zero >key
chmod 644 key
prints 'others may read or change the cluster key' $node --cluster-key key \
	case.wasm
chmod 600 key
prints 'both need the same cluster key' $node --peer "$address" \
	--cluster-key key case.wasm
echo more >>key
prints 'bytes, not 32' $node --cluster-key key case.wasm
# With a server: tests/cluster/nats.sh. The other two need other machines.
cat >>seen <<EOF
cannot connect with the NATS server at
built without NATS
cannot load the client library for NATS
EOF
# What the system refuses at the start: tests/cli/refused.sh sees it.
cat >>seen <<EOF
handlers of signals cannot be installed
memory cannot be made executable
no more descriptors
no more threads can be started
out of memory or address space
EOF
# Need another user, another version, or a network: unit tests see them.
cat >>seen <<EOF
both need versions of lunatic that go together
belongs to another user
it has not answered yet
EOF
# The page in a browser, and its server: tests/net/observe.sh sees them.
cat >>seen <<EOF
can be reached from other machines
cannot serve --observe at
cannot use the token file
the server of --observe has ended
this needs the token (in the browser)
was built without --observe
EOF
# Cannot be had everywhere, or never: unit tests see them.
cat >>seen <<EOF
of memory, the limit for a module of its size
if the compiler has no process of its own
the compiler crashed
EOF

echo '(module (func (export "_initialize")))' >case.wat
prints 'it is not a plugin' --plugin case.wat case.wat
# Files: tests/cli/error_pages.sh, and messages of languages' own libraries.
cat >>seen <<EOF
Capabilities insufficient
failed to find a pre-opened file descriptor
Bad file number
Operation not permitted
Read-only file system
EOF

# Needs an object of gigabytes: unit tests of the engine see the text.
echo 'no memory for an object' >>seen

# Needs a guest that makes environments: tests/guest sees it.
echo 'unavailable in this environment' >>seen
# Asking programs: without one, and in a folder that is open.
mkdir -m 700 folder
prints 'no program of this user runs' ps --control folder
chmod 755 folder
prints 'others may use it; chmod 700 it' ps --control folder
# Need programs: tests/cli/control*.sh. Of other versions: unit tests.
cat >>seen <<EOF
choose one with --program PID
it belongs to another user
is connected; lunatic ps --nodes lists those that are
of the control protocol
only the user of the program, and root, may control it
runs an older lunatic
that node was started with --no-control
this program is no node
too many connections
EOF
sort -u seen >one
sort -u explained >other
diff one other >out || bad "what is explained (>) and was seen (<)"
finish
