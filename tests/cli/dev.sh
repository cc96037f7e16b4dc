#!/bin/sh
# lunatic build and lunatic dev, with projects in C: what is missing is named; a
# change is built and run, by an upgrade where the program has what that needs.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
CPATH=$(cd "$(dirname "$0")/../../sdk/c/include" && pwd)
. "$(dirname "$0")/support/cli.sh"

build=$(dirname "$lunatic")
mkdir bin
ln -s "$build/sdk/c/lunatic-cc" bin/lunatic-cc
ln -s "$lunatic" bin/lunatic
LUNATIC_SDK=$build/sdk/c
XDG_RUNTIME_DIR=$work/run
mkdir -m 700 run
plain=$PATH
PATH=$work/bin:$PATH
export PATH LUNATIC_SDK CPATH XDG_RUNTIME_DIR

mkdir none
cd none || exit
refuses 'there is no project in this folder.*lunatic init' build
refuses 'there is no project in this folder' dev
cd .. || exit
for command in build dev; do
	run "$command" --help
	expect 0 "$command --help"
	says out "^Usage: lunatic $command " "$command --help"
done

run init app
cd app || exit
# lacking PATH REGEX COMMAND: it must say what is not in that PATH.
lacking() {
	status=0
	env PATH="$1" "$lunatic" "$3" >"$work/out" 2>"$work/err" </dev/null ||
		status=$?
	expect 1 "$3 without a tool"
	says err "$2" "$3 without a tool"
}
lacking "$work/none" "'make' is not in the PATH.*apt-get" build
lacking "$work/none" "'make' is not in the PATH.*apt-get" dev
lacking "$plain" "'lunatic-cc' is not in the PATH" build
touch go.mod
lacking "$work/none" "'go' is not in the PATH.*https://" build
touch Cargo.toml
lacking "$work/none" "'cargo' is not in the PATH.*rustup target add" build
rm go.mod Cargo.toml
touch build.zig
lacking "$work/none" "'zig' is not in the PATH.*pip install ziglang" build
cat >"$work/bin/zig" <<'EOS'
#!/bin/sh
mkdir -p zig-out/bin && touch "zig-out/bin/$2.wasm"
EOS
chmod +x "$work/bin/zig"
CARGO_TARGET_DIR=elsewhere run build by-zig
expect 0 "build by zig"
says out '^zig-out/bin/by-zig.wasm$' "build by zig"
rm -r build.zig zig-out "$work/bin/zig"
touch go.mod
cat >"$work/bin/go" <<'EOS'
#!/bin/sh
echo "go version go1.20 linux/amd64"
exit 3
EOS
chmod +x "$work/bin/go"
run build
expect 3 "a go that is too old"
says err '^lunatic: guests in Go cannot be built .*lunatic doctor go says' \
	"a go that is too old"
rm go.mod "$work/bin/go"
run build
expect 0 "build"
says out '^\./app.wasm$' "build"
run build greeting_test.wasm
expect 0 "build, another target"
says out '^\./greeting_test.wasm$' "build, another target"
run build greeting_test.wasm
says out '^\./greeting_test.wasm$' "another target, once more"
# What is newer is not what this build is about.
run build
expect 0 "build, with a newer module"
says out '^\./app.wasm$' "build, with a newer module"
rm app.wasm
run build
says out '^\./app.wasm$' "build, with an older module"
run build no_such_target
expect 2 "build that fails"
silent out "build that fails"
! grep -q doctor "$work/err" || bad "a mistake is no lack of a compiler"

# watch COMMAND...: runs lunatic dev; what it prints is in $work/out.
watch() {
	: >"$work/out"
	"$lunatic" dev "$@" >"$work/out" 2>"$work/err" </dev/null &
	dev=$!
}
# await FILE REGEX [SOURCE]: until a line of it matches. What make built while a
# source was written is newer than that, so SOURCE is touched now and then.
await() {
	rounds=1200
	until grep -Eq -e "$2" "$work/$1"; do
		rounds=$((rounds - 1))
		if [ $rounds -eq 0 ] || ! kill -0 "$dev" 2>/dev/null; then
			bad "no line of std$1 matches $2"
			return
		fi
		[ $((rounds % 60)) -ne 0 ] || [ -z "${3:-}" ] || touch "$3"
		sleep 0.05
	done
}
# The programs that it has started.
child() { cat "/proc/$dev/task/$dev/children"; }
end() {
	child=$(child)
	kill -TERM "$dev"
	status=0
	wait "$dev" || status=$?
	expect 143 "$1"
	# shellcheck disable=SC2086
	[ -z "$child" ] || ! kill -0 $child 2>/dev/null ||
		bad "$1: its child runs"
}

# The tests were built last.
run build greeting_test.wasm
watch -- moon
await out '^hello, moon$'
await err 'the program has ended .status 0.; waiting for a change'
sed -i 's/hello/good bye/' greeting.c
await out '^good bye, moon$' greeting.c
echo '#error wrong' >>greeting.c
await err 'the build has failed'
sed -i '/#error/d; s/good bye/welcome/' greeting.c
await out '^welcome, moon$' greeting.c
# A change in a folder that is made later.
cat >>Makefile <<'EOS'
more/text.h:
app.wasm: $(wildcard more/*.h)
EOS
mkdir more
echo '#define TEXT "found"' >more/text.h
sed -i 's/"welcome, %s"/TEXT/; 1i #include "more/text.h"' greeting.c
await out '^found$' greeting.c
sed -i 's/found/changed/' more/text.h
await out '^changed$' more/text.h
end "dev"
! grep -q 'tests* passed' "$work/out" || bad "dev runs the tests"

# A signal ends it in the middle of a build, and that with it.
cat >Makefile <<'EOS'
app.wasm:
	sleep 321 & echo $$! >sleeper; wait
EOS
rm app.wasm
watch
rounds=600
until [ -s sleeper ] || [ $rounds -eq 0 ]; do
	rounds=$((rounds - 1))
	sleep 0.05
done
begun=$(date +%s)
end "dev, while it builds"
[ $(($(date +%s) - begun)) -lt 60 ] || bad "dev waits for a build"
! grep -q 'has failed' "$work/err" || bad "a build that was ended has failed"
kill "$(cat sleeper)" 2>/dev/null || true
cd .. || exit

# One that can be upgraded: its number stays.
mkdir counter
cd counter || exit
cat >counter.c <<'EOS'
#include <lunatic.h>
#include <lunatic/upgrade.h>
#include <stdio.h>

struct counter {
	int64_t value;
};

static int counter_init(void *state, struct lunatic_reader *argument)
{
	struct counter *counter = state;

	lunatic_skip(argument);
	counter->value = 41;
	puts("begun");
	fflush(stdout);
	return 0;
}

static void counter_save(const void *state, struct lunatic_writer *value)
{
	const struct counter *counter = state;

	lunatic_write_int(value, counter->value);
}

static int counter_load(void *state, int64_t version,
			struct lunatic_reader *value)
{
	struct counter *counter = state;

	(void)version;
	counter->value = lunatic_read_int(value) + STEP;
	printf("loaded %d\n", (int)counter->value);
	fflush(stdout);
	return 0;
}

static const struct lunatic_server counter_server = {
	.name = "counter",
	.state_size = sizeof(struct counter),
	.init = counter_init,
	.save = counter_save,
	.load = counter_load,
};

static const struct lunatic_server *const servers[] = { &counter_server, NULL };

LUNATIC_UPGRADES(.servers = servers);

LUNATIC_MAIN(argc, argv)
{
	(void)argc;
	(void)argv;
	lunatic_server_run(&counter_server, NULL);
	return 0;
}
EOS
sed -i 's/STEP/1/' counter.c
printf 'app.wasm: counter.c\n\tlunatic-cc counter.c -o app.wasm\n' >Makefile
watch --fold-after 0
await out '^begun$'
sed -i 's/(value) + 1/(value) + 2/' counter.c
await out '^loaded 43$'
sed -i 's/(value) + 2/(value) + 3/' counter.c
await out '^loaded 46$'
[ "$(grep -c '^begun$' "$work/out")" -eq 1 ] || bad "it was started anew"
[ -n "$(child)" ] || bad "it does not run"
# runs_with WORDS WHAT: the beginning of the command line of what it runs, among
# its children. What builds may be there, too, for a moment.
runs_with() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		for one in $(child); do
			(tr '\0' ' ' <"/proc/$one/cmdline") >"$work/words" 2>/dev/null ||
				continue
			! grep -qE "exe run $1" "$work/words" || return 0
		done
		sleep 0.2
	done
	bad "$2: $(cat "$work/words")"
}
# What is large is interpreted until it is compiled, if anything can do that.
words=
! "$lunatic" --help | grep -q 'auto: interpret' || words='--engine auto '
runs_with "$words--fold-after 0 [^-]" "dev"
end "dev with upgrades"
for word in '--engine wasmtime' --engine=wasmtime; do
	# shellcheck disable=SC2086
	watch $word
	await out '^begun$'
	runs_with "$word [^-]" "dev $word"
	end "dev $word"
done
export LUNATIC_ENGINE=wasmtime
watch
unset LUNATIC_ENGINE
await out '^begun$'
runs_with "[^-]" "dev with LUNATIC_ENGINE"
end "dev with LUNATIC_ENGINE"
finish
