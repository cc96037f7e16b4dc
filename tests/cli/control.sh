#!/bin/sh
# lunatic ps, inspect and kill: what they say of programs that run, how these
# are chosen, and what is said when there is none.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"
. "$(dirname "$0")/support/programs.sh"

# valid WHAT: every line of the output is JSON.
valid() {
	python3 -c 'import json, sys
for line in open(sys.argv[1]): json.loads(line)' out 2>json.err ||
		bad "$1: not JSON: $(cat json.err)"
}

# Nobody runs, and wrong command lines.
for command in ps "inspect 1" "kill 1" "ps -p 1"; do
	# shellcheck disable=SC2086 # two words
	run $command
	expect 3 "$command without a program"
	silent out "$command without a program"
done
says err 'no program of this user runs; .*lunatic help control' "no program"
for command in inspect kill "inspect 1 2" "ps x" "ps --zork" "ps --max x" \
	"ps --max 10001" "ps --columns zork" "ps --program="; do
	# shellcheck disable=SC2086 # several words
	run $command
	expect 2 "$command"
	silent out "$command"
	[ "$(wc -l <err)" -eq 1 ] || bad "$command: not one line"
done
for command in ps inspect kill; do
	run $command --help
	expect 0 "$command --help"
	says out "^Usage: lunatic $command" "$command --help"
done

waiting app 5
begin app app.wasm
app=$pid
[ "$(stat -c %a "$sockets")" = 700 ] || bad "the folder's mode"
[ "$(stat -c %a "$sockets/$app-app.sock")" = 600 ] || bad "the socket's mode"

# ps.
shows '^ *[0-9]+ +0 receive +2 .* clerk$' "the first process" ps
says out "^$app app: 7 processes after " "the program"
run ps --json
expect 0 "ps --json"
valid "ps --json"
[ "$(wc -l <out)" -eq 8 ] || bad "ps --json: not 8 lines"
run ps --max 2
says out '^2 of 7 processes' "ps --max"
[ "$(wc -l <out)" -eq 5 ] || bad "ps --max: not 5 lines"
run ps --all --columns number,name
[ "$(grep -c ' child$' out)" -eq 6 ] || bad "ps --all: not 6 children"
run ps --columns engine,name
says out '^wasm(time|i) +clerk$' "ps --columns engine"
run ps --name clerk --json
[ "$(wc -l <out)" -eq 2 ] || bad "ps --name: not one process"
run ps --state running
[ "$(wc -l <out)" -eq 2 ] || bad "ps --state: some run"
run ps --state zork
expect 1 "a state that is none"
says err "'zork' is no state of a process; these are: starting, running" \
	"a state that is none"
run ps --sort zork
expect 1 "a field that is none"
run ps --sort messages --max 1 --columns messages
[ "$(sed -n 3p out | tr -d ' ')" = 2 ] || bad "ps --sort: not the first"
run ps --environment 0 --max 0
says out '^0 of 7 processes' "an environment"
run ps --environment 1 --all
[ "$(wc -l <out)" -eq 2 ] || bad "another environment has processes"

# inspect.
run inspect clerk
expect 0 "inspect"
for line in 'state +receive' 'in +lunatic::message::receive' 'at +wait' \
	'names +clerk 1\.2\.3' 'linked +[0-9]+ child, tag 0' \
	'oldest +tag 5, 10 bytes' ' +tag 6, 3 bytes' 'environment +0' \
	'holds +[0-9]+ process' ' +processes 7 of 4194304'; do
	says out "^$line" "inspect"
done
! grep -q '^newest' out || bad "inspect: the oldest messages twice"
child=$(sed -n 's/^linked *\([0-9]*\) .*/\1/p' out)
number=$(sed -n 's/^number *//p' out)
id=$(sed -n 's/^id *//p' out)
for name in "$number" "$id" "$(echo "$id" | cut -c1-10)" _start; do
	[ "$name" != _start ] || continue # it has a better name
	run inspect "$name" --json
	expect 0 "inspect $name"
	valid "inspect $name"
	says out "\"number\":$number,\"id\":\"$id\"" "inspect $name"
	says out '"oldest_messages":\[{"tag":5,"bytes":10,"signal":false}' \
		"inspect $name"
done
run inspect "$child"
says out "^linked +$number clerk, tag 9" "the other side of a link"
run inspect child
expect 1 "several processes"
says err "6 processes are called 'child': .*; choose one by its number" \
	"several processes"
run inspect zork
expect 3 "no process"
says err "there is no process 'zork'" "no process"
silent out "no process"

# kill: a process that nobody is linked to, and one that is gone.
# shellcheck disable=SC2046 # one word each
set -- $("$lunatic" ps --all --columns number,links,name |
	awk '$2 == 0 && $3 == "child" { print $1 }')
[ $# -eq 5 ] || bad "not 5 processes without a link"
run kill "$1" "$2"
expect 0 "kill"
silent out "kill"
silent err "kill"
run kill "$1" "$3"
expect 3 "kill twice"
run kill "$4" --json
says out '"ended":true' "kill --json"
valid "kill --json"
run ps --all --columns name
[ "$(grep -c '^child$' out)" -eq 2 ] || bad "not 2 children are left"

# Two programs, of one name.
begin second app.wasm
second=$pid
shows "^$second app: 7 processes" "both programs" ps
says out "^$app app: 3 processes" "both programs"
run ps --program app
expect 1 "two of one name"
says err "2 programs called 'app' run: $app \(app\), $second \(app\)|2 programs called 'app' run: $second \(app\), $app \(app\)" \
	"two of one name"
run inspect clerk
expect 1 "two programs"
says err "2 programs run: .*--program PID" "two programs"
run ps --program "$second"
expect 0 "by its pid"
run ps --program zork
expect 3 "no such program"
says err "no program 'zork' runs; there are $app \(app\)|no program 'zork' runs; there are $second \(app\)" \
	"no such program"
# The end of the first process is the end of the program.
run kill --program "$second" clerk
expect 0 "kill the first process"
ended "$second"
[ "$status" -eq 134 ] || bad "the first process: status $status"
[ ! -e "$sockets/$second-app.sock" ] || bad "a socket is left"

# A program that could not remove its socket.
kill -9 "$app"
ended "$app"
[ -S "$sockets/$app-app.sock" ] || bad "the socket of a killed program is gone"
run ps
expect 3 "a killed program"
[ ! -e "$sockets/$app-app.sock" ] || bad "a stale socket is left"

# Without a socket, and with another folder.
"$lunatic" --no-control app.wasm &
pid=$!
started="$started $pid"
sleep 0.5
run ps
expect 3 "--no-control"
kill "$pid"
ended "$pid"
"$lunatic" --control "$work/deep/folder" app.wasm &
pid=$!
started="$started $pid"
shows "^$pid app: " "--control" ps --control "$work/deep/folder"
run ps
expect 3 "another folder"
kill "$pid"
ended "$pid"
chmod 755 "$work/deep/folder"
refuses "no control socket: .* others may use it; chmod 700 it" \
	--control "$work/deep/folder" app.wasm
run ps --control "$work/deep/folder"
expect 1 "an open folder"
# One that cannot be had by default does not matter.
module ends <<'WAT'
(module (func (export "_start")))
WAT
chmod 755 "$sockets"
run ends.wasm
expect 0 "no folder"
silent err "no folder"
status=0
LUNATIC_LOG=info "$lunatic" ends.wasm 2>err || status=$?
says err 'no control socket: .*chmod 700' "no folder"

# Names that a guest chooses control no terminal.
chmod 700 "$sockets"
sed 's/"clerk1\.2\.3/"\\1b[2Jx1.2.3/' app.wat >rude.wat
wat2wasm --enable-all rude.wat -o rude.wasm
begin rude rude.wasm
shows ' \?\[2Jx$' "a rude name" ps
! LC_ALL=C grep -q '[^ -~]' out || bad "ps: not plain text"
run ps --json
valid "a rude name"
! LC_ALL=C grep -q '[^ -~]' out || bad "ps --json: not plain text"
number=$(sed -n 's/.*"number":\([0-9]*\),.*"registered":"?\[2Jx".*/\1/p' out)
run inspect "$number"
! LC_ALL=C grep -q '[^ -~]' out || bad "inspect: not plain text"
finish
