#!/bin/sh
# Standard streams that are pipes, terminals, devices, or missing: a process
# that waits for them stops no other, and nothing gets lost or mixed.
#
#   standard_streams.sh LUNATIC
set -eu

lunatic=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-streams.XXXXXX")
trap 'rm -rf "$work"' EXIT
guest=$work/standard_streams.wasm
failures=0
# What is sent to a guest that is gone must not end the script.
trap '' PIPE

clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" "$here/standard_streams.c" -o "$guest"

# run MODE [OPTION...]: the guest, with a bound on what a test may take.
run() {
	mode=$1
	shift
	timeout -k 5 60 "$lunatic" "$@" "$guest" "$mode"
}

# check NAME WANT HAVE: compares two texts.
check() {
	if [ "$2" = "$3" ]; then
		echo "PASS $1"
	else
		echo "FAIL $1"
		echo "--- expected"
		echo "$2"
		echo "--- found"
		echo "$3"
		failures=$((failures + 1))
	fi
}

# wait_line FILE LINE: until the line is there; fails when the guest is gone.
wait_line() {
	tries=0
	until grep -qx "$2" "$1"; do
		tries=$((tries + 1))
		[ $tries -lt 3000 ] || return 1
		sleep 0.01
	done
}

# start MODE [OPTION...]: the guest, with a FIFO as input that stays open on
# descriptor 9, and its output in a file.
start() {
	rm -f "$work/in" "$work/out"
	mkfifo "$work/in"
	: >"$work/out"
	run "$@" <"$work/in" >"$work/out" 2>&1 9>&- &
	pid=$!
	exec 9>"$work/in"
}

# send TEXT: to the input of the guest that was started.
send() {
	printf '%s' "$1" >&9 || echo "the guest is gone"
}

# finish: closes the input; leaves the status and the output in $have.
finish() {
	exec 9>&-
	status=0
	wait "$pid" || status=$?
	have=$(echo "$status" && cat "$work/out")
}

# lines A B C: a text of several lines.
lines() {
	printf '%s\n' "$@"
}

# One worker: it must not be the one that waits.
start wait_for_input --workers 1
wait_line "$work/out" "others run" || echo "nobody else ran"
send "input
"
wait_line "$work/out" "input" || echo "the input did not come"
finish
check "waiting for input stops nobody" \
	"$(lines 0 "others run" "input")" "$have"

start poll_pipe --workers 1
wait_line "$work/out" nothing || echo "the clock did not come"
send 0123456789
wait_line "$work/out" something || echo "the event did not come"
finish
check "poll_oneoff on a pipe" \
	"$(lines 0 nothing something "the end")" "$have"

start do_not_wait
wait_line "$work/out" empty || echo "it waits"
send "then
"
finish
check "non-blocking input" "$(lines 0 empty "then")" "$have"

start leave_readers --workers 2
status=0
wait "$pid" || status=$?
exec 9>&-
check "leaving while others read" \
	"$(lines 0 reading reading reading leaving)" \
	"$(echo $status && cat "$work/out")"

# 16 processes, 8 lines of 100,000 letters each, on two streams that are one
# pipe; the reader begins late. The script holds the input open until all is
# there.
mkfifo "$work/hold" "$work/pipe"
run write_together --workers 4 <"$work/hold" >"$work/pipe" 2>&1 &
pid=$!
exec 9>"$work/hold"
have=$(sleep 0.1; head -n 128 <"$work/pipe" 9>&- | awk '
	length($0) != 100000 { bad = 1 }
	{
		letter = substr($0, 1, 1)
		gsub(letter, "")
		if ($0 != "")
			bad = 1
		seen[letter]++
	}
	END {
		for (letter in seen) {
			if (seen[letter] != 8)
				bad = 1
			n++
		}
		print NR " lines", n " letters", bad ? "mixed" : "whole"
	}')
exec 9>&-
status=0
wait "$pid" || status=$?
check "long output of many is not mixed" \
	"$(lines "128 lines 16 letters whole" 0)" "$(lines "$have" $status)"

have=$({ run write_forever 2>"$work/err"; echo $? >"$work/status"; } |
	head -n 1)
check "nobody reads the output" "$(lines y "nobody reads" 0)" \
	"$(lines "$have"; cat "$work/err" "$work/status")"

seq 1 200000 >"$work/numbers"
# shellcheck disable=SC2002
check "a long input through pipes" "$(cksum <"$work/numbers")" \
	"$(cat "$work/numbers" | run copy | cksum)"
check "a file as input and output" "$(cksum <"$work/numbers")" \
	"$(run copy <"$work/numbers" >"$work/copied"; cksum <"$work/copied")"
check "appending to a file" "$(lines first x)" \
	"$(echo first >"$work/log"; echo x | run copy >>"$work/log"
	cat "$work/log")"

# Whoever shares the pipe with us must not find it non-blocking.
check "a pipe is left as it was" "blocking" "$(
	{ sleep 0.1; echo x; } | {
		run copy >/dev/null
		grep -q '^flags:.*4...$' /proc/self/fdinfo/0 &&
			echo "non-blocking" || echo "blocking"
	})"

check "no input" "" "$(run copy </dev/null)"
check "an input that is over" "" "$(: | run copy)"
check "missing streams" "0" "$(run copy <&- >&- 2>&- && echo 0)"
check "missing streams are devices" \
	"$(lines "0: type 2, no terminal, seeks" \
		"1: type 0, no terminal, does not seek" \
		"2: type 2, no terminal, seeks")" \
	"$(run describe <&- 2>&-)"

# A terminal, made by script(1).
if command -v script >/dev/null; then
	script -qec "timeout -k 5 60 '$lunatic' '$guest' describe" \
		"$work/typescript" </dev/null >"$work/out" 2>&1 || true
	check "a terminal" \
		"$(lines "0: type 2, terminal, does not seek" \
			"1: type 2, terminal, does not seek" \
			"2: type 2, terminal, does not seek")" \
		"$(tr -d '\r' <"$work/out" | grep '^[0-2]: ')"
else
	echo "SKIP a terminal: no script(1) here"
fi

if [ $failures -gt 0 ]; then
	echo "$failures failed"
	exit 1
fi
