# Sourced by the tests of the guest libraries of other languages, after cli.sh:
# what they have in common. `here` is tests/compat, `top` the project.
# shellcheck shell=sh disable=SC2154 # they and cli.sh set these

# build_pair: pair_c.wasm, the guest in C that asks one of another language.
build_pair() {
	clang-19 --target=wasm32-wasi -O1 -Wall -Wextra -Werror \
		-I "$top/sdk/c/include" "$here/pair/pair.c" \
		"$(dirname "$lunatic")/sdk/c/lib/liblunatic-guest.a" \
		-o pair_c.wasm 2>err || bad "clang rejects pair.c"
}

# passes_itself STATUS: pair.wasm tests itself, and ends with that.
passes_itself() {
	run pair.wasm
	expect "$1" "guest"
	[ "$(cat out)" = passed ] || bad "guest: another output"
}

# asked_by_c LANGUAGE SERVER: C asks pair.wasm, whose server that is.
asked_by_c() {
	run --dir . pair_c.wasm "$1" "$2"
	expect 0 "C asks $1"
	[ "$(cat out)" = "C asked $1" ] || bad "C asks $1: another output"
}

# squares FAILED: pool.wasm, whose ninth job fails, and says so.
squares() {
	run pool.wasm
	expect 0 "pool"
	for number in 1 2 3 4 5 6 7 8 10 11 12; do
		echo "$number squared is $((number * number))"
	done >expected
	echo "failed: $1" >>expected
	diff expected out || bad "pool: another output"
}
