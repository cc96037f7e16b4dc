#!/bin/sh
# lunatic top: as text, and on a terminal of tmux with 80 columns and 24 lines:
# what is on the screen after each key, and that nothing of a guest's acts on it.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"
. "$(dirname "$0")/support/programs.sh"

# Wrong command lines, and no program.
run top
expect 3 "no program"
for words in "x" "--sort zork" "--batch 0" "--interval 1"; do
	# shellcheck disable=SC2086 # several words
	run top $words
	expect 2 "$words"
done
run top --help
expect 0 "top --help"
says out '^Usage: lunatic top' "top --help"

# One process computes, one fails, one fills its own mailbox, one has a label
# that would clear the screen, and the first one waits.
module app <<'WAT'
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::message" "create_data"
    (func $create_data (param i64 i64)))
  (import "lunatic::message" "send" (func $send (param i64)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "this" (func $this (result i64)))
  (import "lunatic::process" "this_env" (func $environment (result i64)))
  (import "lunatic::process" "register"
    (func $register (param i32 i32 i32 i32 i64 i64) (result i32)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "spinnercrashfloodevil\1b[2Jname1.0.0")
  (func (export "spinner") (loop $l (br $l)))
  (func $boom (unreachable))
  (func (export "crash") (call $boom))
  (func (export "flood")
    (loop $l
      (call $create_data (i64.const 5) (i64.const 16))
      (call $send (call $this))
      (call $sleep (i64.const 1))
      (br $l)))
  (func (export "evil")
    (drop (call $register (i32.const 17) (i32.const 12) (i32.const 29)
      (i32.const 5) (call $environment) (call $this)))
    (drop (call $receive (i32.const 48) (i32.const 0) (i32.const -1))))
  (func $child (param $name i32) (param $len i32)
    (drop (call $spawn (i64.const 0) (local.get $name) (local.get $len)
      (i32.const 0) (i32.const 0) (i32.const 64))))
  (func (export "_start")
    (call $child (i32.const 0) (i32.const 7))
    (call $child (i32.const 7) (i32.const 5))
    (call $child (i32.const 12) (i32.const 5))
    (call $child (i32.const 17) (i32.const 4))
    (drop (call $receive (i32.const 48) (i32.const 0) (i32.const -1)))))
WAT
begin app app.wasm
shows 'failed 1 ' "the crash" top

# As text: no terminal is needed, and the rows are sorted.
run top --batch 2 --interval 100
expect 0 "batch"
silent err "batch"
says out '^lunatic top  app \([0-9]+\)  up [0-9.]+s  cores [0-9.]+ of [0-9]+' \
	"the head"
says out '^processes 4  started 5  failed 1  killed 0  memory ' "the totals"
says out '^msg/s [0-9.k]+  dropped 0  run-queue wait p50/p99 [^ ]+/[^ ]+  ' \
	"the waits"
[ "$(grep -c ' PROCESS STATE ' out)" -eq 2 ] || bad "not two rounds"
says out '^ +[0-9]+ running +[0-9.]+ +0 +0 +0 +64.0K +0 spinner$' "the spinner"
grep -A1 'PROCESS' out | grep -q 'spinner$' || bad "the spinner is not first"
run top -i 100 -b 1 --sort growth
grep -A1 'PROCESS' out | grep -q 'flood$' || bad "the flood is not first"
run top -b 1 --state zork
expect 1 "a state that is none"
says err "'zork' is no state" "a state that is none"
run top -i 100 -b 1 --sort mailbox --name flood
[ "$(grep -c 'flood$' out)" -eq 1 ] || bad "--name: no flood"
! grep -q spinner out || bad "--name: others"
run top
expect 0 "without a terminal"
says out 'evil\?\[2Jname' "a name that is cleaned"
! grep -q "$(printf '\033')" out || bad "an escape came through"
run top -i 100 -b 1 --json
python3 -c 'import json, sys
top = json.loads(sys.stdin.read())
assert top["observed"]["alive"] == 4
assert sum(w["switches"] for w in top["observed"]["workers"]) == \
	top["observed"]["all"]["switches"] > 0
names = {p["name"]: p for p in top["processes"]}
assert names["spinner"]["window"]["cpu_us"] > 0
assert names["flood"]["sent"] > 0 and names["flood"]["entry"] == "flood"
assert names["flood"]["parent"] == names["_start"]["id"]' <out 2>json.err ||
	bad "--json: $(cat json.err)"

if ! command -v tmux >/dev/null 2>&1; then
	echo "skipped: no tmux for the full screen"
	finish
fi
run top --help
if TERM=zork "$lunatic" top </dev/null 2>&1 | grep -q 'without ncurses'; then
	echo "skipped: this lunatic was built without ncurses"
	finish
fi
session=lunatic-top-$$
trap 'tmux -L "$session" kill-server 2>/dev/null || true
	for pid in $started; do kill -9 "$pid" 2>/dev/null || true; done
	rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8

on_screen() {
	tmux -L "$session" capture-pane -p >"$work/screen" 2>/dev/null
	grep -Eq -e "$1" "$work/screen"
}

# keys WHAT REGEX KEY...: types the keys; then the screen has such a line.
keys() {
	what=$1
	regex=$2
	shift 2
	tmux -L "$session" send-keys "$@"
	screen "$regex" "$what"
}

screen() {
	rounds=500
	until on_screen "$1"; do
		rounds=$((rounds - 1))
		if [ "$rounds" -eq 0 ]; then
			bad "$2: no line of the screen matches $1"
			sed 's/^/    screen: /' "$work/screen"
			return 0
		fi
		sleep 0.03
	done
}

tmux -L "$session" -f /dev/null new-session -d -x 80 -y 24 \
	"'$lunatic' top -i 100 2>'$work/top.err'; echo \"over: \$?\"; sleep 60"
screen '^lunatic top  app \([0-9]+\)  up ' "the head on the screen"
screen '^Processes by cpu  1 of 4' "the title"
screen '^ +[0-9]+ running +[0-9.]+ .* spinner *$' "the spinner on the screen"
screen 'evil\?\[2Jname' "the cleaned name on the screen"
[ "$(wc -l <"$work/screen")" -eq 24 ] || bad "not 24 lines"
[ "$(wc -L <"$work/screen")" -le 80 ] || bad "a line above 80 columns"
keys "growth" '^Processes by growth' g
keys "absolute" '^Processes by growth, in all' w
keys "memory" '^Processes by memory' m
keys "filter" '^Processes by memory.*, with flood  1 of 1' w f flood Enter
keys "a process" '^process [0-9]+  flood' Enter
screen '^mailbox +[0-9]+ .*received [0-9]+, sent [0-9]+' "its mailbox"
screen '^last messages +tag 5  0 bytes' "its messages"
screen '^its limits +memory [^ ]+/[^ ]+  messages [^ ]+/[^ ]+' "its limits"
keys "a refusal" '^nothing was killed' x n
keys "back" '^Processes by memory' Escape
keys "no filter" '^Processes by memory  1 of 4' f C-u Enter
keys "find" '^Processes by memory  [1-4] of 4' / spinner Enter
keys "the spinner" '^process [0-9]+  spinner' Enter
screen '^functions +<wasm function 8>' "where it is"
keys "a question" '^Kill process [0-9]+\?.*\(y/n\)' x
keys "a kill" '^process [0-9]+ was killed' y
screen '^it has ended' "its end"
keys "deaths" '^Recent deaths  1 of 2' d
screen '^ +[0-9]+ +[0-9.]+s +[0-9.]+s +0 spinner +killed' "the kill"
screen 'crash +trapped: wasm .unreachable.' "the crash among the deaths"
keys "a trace" '^    0: .*boom|^    0: .*wasm function' Down Enter
screen '^Death' "the page of a death"
keys "back to deaths" '^Recent deaths' Escape
keys "environments" '^Environments  1 of 1' e
screen '^ +0 +- +3/' "the environment"
keys "nodes" '^Nodes  0 of 0' n
keys "sockets" '^Sockets  0 of 0' s
keys "help" '^g|^p  processes .* open' '?'
keys "processes" '^Processes by memory' p
tmux -L "$session" resize-window -x 60 -y 12
screen '^Processes by memory  [1-3] of 3' "resized"
[ "$(wc -L <"$work/screen")" -le 60 ] || bad "a line above 60 columns"
keys "the end" '^over: 0' q
[ ! -s "$work/top.err" ] || bad "top said $(cat "$work/top.err")"

# A program that ends is told of.
tmux -L "$session" kill-server 2>/dev/null || true
session=$session-2
tmux -L "$session" -f /dev/null new-session -d -x 80 -y 24 \
	"'$lunatic' top -i 100; echo \"over: \$?\"; sleep 60"
screen '^Processes by cpu' "again"
kill -9 "$pid"
screen '^over: 1' "the end of the program"
screen 'the program has ended|ended' "why"
finish
