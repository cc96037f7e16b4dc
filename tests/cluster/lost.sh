#!/bin/sh
# A node that is killed while others talk to it, one that stops answering, and
# what becomes of links, processes and names.
# shellcheck disable=SC2154,SC2034 # cluster.sh sets and reads them
. "$(dirname "$0")/support/cluster.sh"

serve b --heartbeat 1s
b=$address
bpid=$pid
serve c --peer "$b" --heartbeat 1s
cpid=$pid

# Killed: each link is reported once; the node comes back under its name.
begin a --peer "$b" --peer "$address" --heartbeat 1s cluster.wasm watch b 300
apid=$pid
await a.out '^ready$'
kill -9 "$bpid"
await a.out '^lost$'
begin b --no-entry --peer "$address" --heartbeat 1s
bpid=$pid
await a.out '^again$'
ended "$apid"
[ "$status" -eq 0 ] || bad "a: exit status $status"
await a.err 'lost node b at'
alive c "$cpid"

# Stopped, it is lost after its time of silence; when it goes on it is the same
# node, whose processes are reached again.
begin d --peer "$address" --heartbeat 1s cluster.wasm stay b
outlives d "$pid" "$bpid" 'lost node b at .*: it gave no sign of life'
alive b "$bpid"

# One that is told to end says so: nobody takes it for lost.
begin e --peer "$address" --heartbeat 1s cluster.wasm watch b 3
epid=$pid
await e.out '^ready$'
kill -TERM "$bpid"
ended "$bpid"
[ "$status" -eq 0 ] || bad "b: exit status $status"
await e.out '^lost$'
! grep -q 'lost node b' "$work/e.err" || bad "b was lost though it has left"
begin b --no-entry --peer "$address" --heartbeat 1s
await e.out '^again$'
ended "$epid"
[ "$status" -eq 0 ] || bad "e: exit status $status"
finish
