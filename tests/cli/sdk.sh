#!/bin/sh
# The guest library as it is installed: lunatic-cc and pkg-config find it where
# it was put, whichever folder that is.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

prefix="$work/a prefix"
cmake --install "$(dirname "$lunatic")" --component sdk \
	--prefix "$prefix" >"$work/out" 2>"$work/err" || bad "installing"

cat >app.c <<'EOS'
#include <lunatic.h>
static void child(int64_t number)
{
	printf("child %d\n", (int)number);
}
LUNATIC_MAIN(argc, argv)
{
	lunatic_spawn_value(NULL, NULL, child, argc);
	lunatic_sleep(200);
	return argv[0] == NULL;
}
EOS
"$prefix/bin/lunatic-cc" -Wall -Wextra -Werror app.c -o app.wasm \
	2>"$work/err" || bad "lunatic-cc"
run app.wasm a b
expect 0 "built by lunatic-cc"
says out '^child 3$' "built by lunatic-cc"
silent err "built by lunatic-cc"

# In two steps, through a link.
ln -s "$prefix/bin/lunatic-cc" cc
./cc -c app.c -o app.o 2>"$work/err" || bad "lunatic-cc -c"
silent err "lunatic-cc -c"
./cc app.o -o linked.wasm 2>"$work/err" || bad "lunatic-cc, linking"
run linked.wasm
says out '^child 1$' "linked by lunatic-cc"

# pkg-config escapes the blank.
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH
pkg-config --exists lunatic-guest || bad "pkg-config does not find it"
flags="$(pkg-config --cflags --libs lunatic-guest)"
eval "clang-19 -O2 app.c $flags -o pc.wasm" 2>"$work/err" ||
	bad "flags of pkg-config: $flags"
run pc.wasm
says out '^child 1$' "built with pkg-config"

LUNATIC_CLANG=/nonexistent
export LUNATIC_CLANG
! ./cc app.c -o none.wasm 2>"$work/err" || bad "a compiler that is not there"

finish
