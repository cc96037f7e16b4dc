# Sourced by the tests of the command line: runs the program given as $1 and
# compares what it did. Failed checks are counted; `finish` reports them.
# shellcheck shell=sh

set -eu
lunatic=$1
case $lunatic in
/*) ;;
*) lunatic=$PWD/$lunatic ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0
LUNATIC_CACHE=off
export LUNATIC_CACHE

# bad TEXT...: counts a failure and shows what the run said.
bad() {
	failures=$((failures + 1))
	echo "FAILED: $*"
	for stream in out err; do
		[ ! -s "$work/$stream" ] || head -c 2000 "$work/$stream" |
			sed "s/^/    $stream: /"
	done
}

# run ARGUMENT...: runs the program, for $run_seconds (60) at most; its exit
# status is in $status.
run() {
	status=0
	timeout -k 5 "${run_seconds:-60}" "$lunatic" "$@" >"$work/out" 2>"$work/err" \
		</dev/null || status=$?
}

# expect STATUS WHAT: the last run must have ended so.
expect() {
	[ "$status" -eq "$1" ] || bad "$2: exit status $status instead of $1"
	! grep -q Sanitizer "$work/err" || bad "$2: a sanitizer's report"
}

# silent STREAM WHAT: the last run must have written nothing there.
silent() {
	[ ! -s "$work/$1" ] || bad "$2: something on std$1"
}

# says STREAM REGEX WHAT: one of the lines there must match.
says() {
	grep -Eq -e "$2" "$work/$1" || bad "$3: no line of std$1 matches $2"
}

# refuses REGEX ARGUMENT...: the program must say in one line what it does not
# like, and end with 1.
refuses() {
	regex=$1
	shift
	run "$@"
	expect 1 "$*"
	silent out "$*"
	[ "$(wc -l <"$work/err")" -eq 1 ] || bad "$*: not one line on stderr"
	says err "^lunatic: [[:print:]]*$" "$*"
	says err "$regex" "$*"
	[ "$(wc -c <"$work/err")" -le 1500 ] || bad "$*: a long line"
}

# module NAME: assembles standard input into NAME.wasm.
module() {
	cat >"$1.wat"
	wat2wasm --enable-all "$1.wat" -o "$1.wasm"
}

finish() {
	if [ "$failures" -gt 0 ]; then
		echo "$failures checks failed"
		exit 1
	fi
	echo "passed"
	exit 0
}
