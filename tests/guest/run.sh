#!/bin/sh
# Runs one guest through the program and checks what it does.
#
#   tests/guest/run.sh LUNATIC CASE.wat|CASE.c
#
# The case itself says how it is run and what must happen, in comments at its
# top (`;;` in WAT, `//` in C), one to a line:
#
#   options: --workers 4     options of lunatic, split at blanks
#   args: a b                arguments of the guest, split at blanks
#   arg: one argument        one more argument of the guest, as it stands
#   env: NAME=value          a variable of the environment
#   setup: mkdir x           a command of the shell, in the run's folder
#   stdin: text              a line of standard input (default: none)
#   timeout: 20              seconds until the run is killed (default: 20)
#   cflags: -O2              more flags for the compiler
#   engine: wasmtime         only this engine has what the case is about
#   exit: 0                  the expected exit status (default: 0)
#   stdout: text             a line of standard output; they must be all
#   stderr: text             the same for standard error
#   stdout~ regex            a line of standard output must match this; with
#                            only such expectations other lines may be there
#   stderr~ regex            the same for standard error
#
# Output that is not expected fails the case. The environment holds only what
# the case says, LUNATIC_CACHE=off and the sanitizers' options. The run starts
# in a new folder, which is removed afterwards. LUNATIC_ENGINE is the engine that
# the case is run on. LUNATIC_TEST_OPTIONS holds more options of lunatic, LUNATIC_TEST_CFLAGS more flags of the compiler, for those
# who run the same case in several ways; LUNATIC_TEST_CHECK is a program that is
# given the module before it is run.
set -eu

usage() {
	echo "usage: $0 LUNATIC CASE.wat|CASE.c" >&2
	exit 2
}
[ $# -eq 2 ] || usage
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
lunatic=$1
case=$2
name=$(basename "$case")
work=$(mktemp -d "${TMPDIR:-/tmp}/lunatic-guest.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/cwd"

fail() {
	echo "FAIL $name: $*"
	exit 1
}

# The program must be found from the run's own folder.
case $lunatic in
/*) ;;
*) lunatic=$PWD/$lunatic ;;
esac

# The comments at the top, without their marks: a key, a blank, a value.
case $name in
*.wat) mark=';;' ;;
*.c) mark='//' ;;
*) usage ;;
esac
sed -n -e "\|^$mark|!q" -e "s|^$mark ||" -e 's/^[a-z]*[:~]$/& /' \
	-e '/^[a-z][a-z]*[:~] /p' "$case" >"$work/directives"

# values KEY: the values of all directives KEY, one a line.
values() {
	sed -n "s/^$1 //p" "$work/directives"
}
unknown=$(grep -Ev '^((options|args?|env|setup|stdin|timeout|cflags|engine|exit):|(stdout|stderr)[:~]) ' \
	"$work/directives" || true)
[ -z "$unknown" ] || fail "unknown directive: $unknown"

seconds=$(values timeout: | tail -n 1)
seconds=$((${seconds:-20} * ${LUNATIC_TEST_FACTOR:-1}))
status=$(values exit: | tail -n 1)
status=${status:-0}

wasm=$work/${name%.*}.wasm
set -f
case $name in
*.wat)
	# Components are assembled by lunatic.
	if grep -q '^(component' "$case"; then
		cp "$case" "$wasm"
	else
		wat2wasm --enable-all --debug-names "$case" -o "$wasm" ||
			fail "wat2wasm rejects it"
	fi
	;;
*.c)
	# The guest library was built beside the program.
	library=
	! grep -q '^#include <lunatic\.h>' "$case" ||
		library=$(dirname "$lunatic")/sdk/c/lib/liblunatic-guest.a
	# shellcheck disable=SC2046,SC2086
	clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
		-I "$top/sdk/c/include" $(values cflags:) ${LUNATIC_TEST_CFLAGS:-} \
		"$case" $library -o "$wasm" ||
		fail "clang rejects it"
	;;
esac

[ -z "${LUNATIC_TEST_CHECK:-}" ] || "$LUNATIC_TEST_CHECK" "$wasm" ||
	fail "$LUNATIC_TEST_CHECK"

# The command line, from its end: arguments, file, options, environment.
# shellcheck disable=SC2046
set -- $(values args:)
values arg: >"$work/arg"
while IFS= read -r line; do
	set -- "$@" "$line"
done <"$work/arg"
# shellcheck disable=SC2046
set -- "$lunatic" $(values options:) ${LUNATIC_TEST_OPTIONS:-} \
	${LUNATIC_ENGINE:+--engine "$LUNATIC_ENGINE"} "$wasm" "$@"
values env: >"$work/env"
while IFS= read -r line; do
	set -- "$line" "$@"
done <"$work/env"
for variable in ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS; do
	eval "value=\${$variable:-}"
	[ -z "$value" ] || set -- "$variable=$value" "$@"
done
values stdin: >"$work/stdin"
values setup: >"$work/setup"
(cd "$work/cwd" && sh -eu "$work/setup") || fail "setup"

actual=0
(cd "$work/cwd" && exec timeout -k 5 "$seconds" \
	env -i LUNATIC_CACHE=off "$@" \
	<"$work/stdin" >"$work/stdout" 2>"$work/stderr") || actual=$?

# What the run said, for whoever looks into a failure.
show() {
	echo "ran: $*"
	for stream in stdout stderr; do
		echo "--- $stream ($(wc -c <"$work/$stream") bytes)"
		head -c 8192 "$work/$stream"
	done
	echo "---"
}

# check STREAM: compares it with what the case expects.
check() {
	values "$1:" >"$work/want"
	values "$1~" >"$work/patterns"
	if [ -s "$work/want" ] || [ ! -s "$work/patterns" ]; then
		# A last line without a newline is a line.
		awk 1 "$work/$1" >"$work/have"
		diff -u --label "expected $1" --label "$1" \
			"$work/want" "$work/have" || bad="$1 differs"
	fi
	while IFS= read -r pattern; do
		grep -Eq -e "$pattern" "$work/$1" ||
			bad="no line of $1 matches: $pattern"
	done <"$work/patterns"
}

bad=
check stdout
check stderr
if [ "$actual" -eq 124 ] && [ "$status" -ne 124 ]; then
	bad="not over after $seconds seconds"
elif [ "$actual" -ne "$status" ]; then
	bad="exit status $actual instead of $status"
fi
if grep -q 'Sanitizer' "$work/stderr"; then
	bad="a sanitizer reported an error"
fi
if [ -n "$bad" ]; then
	show "$@"
	fail "$bad"
fi
echo "PASS $name"
