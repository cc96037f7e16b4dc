#!/bin/sh
# Files and lines in reports of traps and in inspect: of guests with DWARF,
# without, and with a broken one.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

mkdir folder
cat >folder/deep.c <<'EOC'
#include <lunatic.h>
#include <stdio.h>

__attribute__((noinline)) void deep(volatile int *at)
{
	*at = 1;
	__builtin_trap();
}

__attribute__((noinline)) void waits(volatile int *at)
{
	struct lunatic_reader mail;

	puts("ready");
	fflush(stdout);
	lunatic_receive(&mail, LUNATIC_FOREVER);
	*at = 1;
}
EOC
cat >main.c <<'EOC'
#include <lunatic.h>

void deep(volatile int *at);
void waits(volatile int *at);

LUNATIC_MAIN(argc, argv)
{
	int x = argc;

	(void)argv;
	if (argc > 1)
		waits(&x);
	deep(&x);
	return x;
}
EOC
sdk=$(dirname "$lunatic")/sdk/c
build() {
	LUNATIC_SDK=$sdk "$sdk/lunatic-cc" "$@" \
		-I "$here/../../sdk/c/include" main.c folder/deep.c
}
for version in 4 5; do
	build -g "-gdwarf-$version" -o "with$version.wasm"
	run "with$version.wasm"
	expect 134 "DWARF $version"
	says err " - with$version.wasm!deep \(.*folder/deep\.c:7:[0-9]+\)$" \
		"DWARF $version: deep"
	says err " - with$version.wasm!main \(.*main\.c:13:[0-9]+\)$" \
		"DWARF $version: main"
done
# Names are known without lines, and the other way round.
build -o without.wasm
run without.wasm
expect 134 "no DWARF"
says err " - without.wasm!deep$" "no DWARF"
if command -v wasm-strip >/dev/null; then
	cp with5.wasm stripped.wasm
	wasm-strip stripped.wasm
	run stripped.wasm
	expect 134 "stripped"
	says err "!<wasm function [0-9]+>$" "stripped"
fi
if command -v llvm-objcopy-19 >/dev/null; then
	llvm-objcopy-19 --remove-section=name with5.wasm nameless.wasm
	run nameless.wasm
	says err "!<wasm function [0-9]+> \(.*folder/deep\.c:7:[0-9]+\)$" \
		"lines without names"
fi
# As JSON.
run --log-format json with5.wasm
says err '"trace":\["0: +0x[0-9a-f]+ - with5.wasm!deep \(.*deep\.c:7:' "JSON"

# Broken ones: a report in any case.
python3 -B "$here/lines.py" "$lunatic" with4.wasm with5.wasm ||
	bad "broken DWARF"

# A process that waits.
mkdir control
chmod 700 control
mkfifo said
"$lunatic" --control control with5.wasm wait >said 2>err &
pid=$!
read -r line <said
[ "$line" = ready ] || bad "it waits: $line"
"$lunatic" inspect --control control _start >out || bad "inspect"
says out '^at +lunatic_receive|^ +lunatic_receive' "inspect: the library"
says out '^ +waits \(.*folder/deep\.c:16:[0-9]+\)$' "inspect"
says out '^ +main \(.*main\.c:12:[0-9]+\)$' "inspect"
kill "$pid"
wait "$pid" || true

# Rust's debug builds.
# shellcheck source=tests/cli/support/rust_lines.sh
. "$here/support/rust_lines.sh"
check_rust wasm32-wasip1
finish
