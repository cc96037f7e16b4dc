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

# A plugin, and the errors that it can meet.
cat >plugin.c <<'EOS'
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int line, int have, int want)
{
	if (have == want)
		return;
	printf("line %d: %d, not %d: %s\n", line, have, want,
	       lunatic_status_text(have));
	exit(1);
}
#define MUST(call, want) must(__LINE__, call, want)

/* Calls a copy of secret() and adds 1; and exports a function that calls an
 * import. */
LUNATIC_PLUGIN
{
	unsigned char body[] = { 0x10, 0x80, 0x80, 0x80, 0x80, 0x00,
				 0x41, 1,    0x6a, 0x0b };
	unsigned char calls[] = { 0x10, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0b };
	struct lunatic_code code = { .body = body, .body_size = sizeof(body) };
	struct lunatic_code call = { .body = calls,
				     .body_size = sizeof(calls) };
	uint32_t secret, copy, type, version, major;
	char types[3];

	MUST(lunatic_edit_find(&secret, "nothing"), LUNATIC_ENOTFOUND);
	MUST(lunatic_edit_find(&secret, "secret"), 0);
	MUST(lunatic_edit_type_of(secret, types, 2), LUNATIC_ETOOLONG);
	MUST(lunatic_edit_type_of(secret, types, 3), 0);
	MUST(memcmp(types, "\0\x7f", 3), 0);
	MUST(lunatic_edit_copy(&copy, 1000000), LUNATIC_EHOST);
	MUST(lunatic_edit_copy(&copy, secret), 0);
	for (int i = 0; i < 4; i++)
		body[1 + i] |= copy >> 7 * i & 0x7f;
	MUST(lunatic_edit_replace(1000000, &code), LUNATIC_EHOST);
	MUST(lunatic_edit_replace(secret, &code), 0);
	MUST(lunatic_edit_type(&type, "?", ""), LUNATIC_EHOST);
	MUST(lunatic_edit_type(&type, "", LUNATIC_WASM_I32), 0);
	MUST(lunatic_edit_add(&major, 1000000, &call), LUNATIC_EHOST);
	MUST(lunatic_edit_import(&version, "lunatic::version", "major",
				 1000000), LUNATIC_EHOST);
	MUST(lunatic_edit_import(&version, "lunatic::version", "major", type),
	     0);
	for (int i = 0; i < 4; i++)
		calls[1 + i] |= version >> 7 * i & 0x7f;
	MUST(lunatic_edit_add(&major, type, &call), 0);
	lunatic_edit_export("major", major);
	puts("edited");
}
EOS
cat >wrapped.c <<'EOS'
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static int secret(void)
{
	return 41;
}

static void *file(const char *name, size_t *size)
{
	static char bytes[1 << 20];
	FILE *stream = fopen(name, "rb");

	if (stream == NULL)
		exit(3);
	*size = fread(bytes, 1, sizeof(bytes), stream);
	fclose(stream);
	return bytes;
}

LUNATIC_MAIN(argc, argv)
{
	struct lunatic_config config = lunatic_config_new(1 << 24, 0);
	struct lunatic_module module;
	struct lunatic_spawn how = { .link = lunatic_tag_new(),
				     .module = &module };
	struct lunatic_env env;
	void *bytes;
	size_t size;
	int (*volatile call)(void) = secret;

	printf("%d\n", call());
	if (argc < 2)
		return 0;
	bytes = file(argv[1], &size);
	lunatic_config_allow(config, "");
	if (lunatic_config_add_plugin(config, "junk", 4) != LUNATIC_EHOST)
		return 4;
	if (lunatic_config_add_plugin(config, bytes, size) != 0 ||
	    lunatic_env_new(&env, config) != 0 ||
	    lunatic_env_add_this(env, &module) != 0) {
		puts(lunatic_status_text(LUNATIC_EHOST));
		return 5;
	}
	/* Exported by the plugin only. */
	return lunatic_spawn_export(NULL, &how, "major", NULL, 0) != 0 ||
	       lunatic_spawn_export(NULL, NULL, "major", NULL, 0) == 0;
}
EOS
for name in plugin wrapped; do
	model=
	[ "$name" = wrapped ] || model=-mexec-model=reactor
	# shellcheck disable=SC2086
	./cc -Wall -Wextra -Werror $model "$name.c" -o "$name.wasm" \
		2>"$work/err" || bad "building $name"
done
run wrapped.wasm
says out '^41$' "not changed"
run -P plugin.wasm wrapped.wasm
expect 0 "changed by a plugin in C"
says out '^edited$' "changed by a plugin in C"
says out '^42$' "changed by a plugin in C"
run --dir . wrapped.wasm plugin.wasm
expect 0 "a plugin for a configuration"

[ -s "$prefix/share/man/man1/lunatic-cc.1" ] || bad "no manual page"

# What is missing is named, by its packages.
LUNATIC_CLANG=/nonexistent/clang
export LUNATIC_CLANG
status=0
./cc app.c -o none.wasm 2>"$work/err" || status=$?
expect 127 "a compiler that is not there"
says err '^lunatic-cc: .*clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32$' \
	"a compiler that is not there"
# A compiler without what goes with it, and one that has it all.
cat >clang <<'EOS'
#!/bin/sh
case $* in
*-print-file-name=libc.a) echo "$LIBC" ;;
*-print-libgcc-file-name) echo /nonexistent/libclang_rt.builtins-wasm32.a ;;
*-print-prog-name=wasm-ld) echo wasm-ld-that-is-not-there ;;
*) exit 1 ;;
esac
EOS
chmod +x clang
LUNATIC_CLANG=$work/clang
for LIBC in libc.a "$work/app.c"; do
	export LIBC
	status=0
	./cc app.c -o none.wasm 2>"$work/err" || status=$?
	expect 1 "a compiler that lacks much"
	case $LIBC in
	libc.a) packages=" lld-19 wasi-libc libclang-rt-19-dev-wasm32" ;;
	*) packages=" lld-19 libclang-rt-19-dev-wasm32" ;;
	esac
	says err "^lunatic-cc: what is missing is, on Debian, in:$packages\$" \
		"a compiler that lacks much"
done
unset LUNATIC_CLANG
echo 'int main(void) { return' >wrong.c
status=0
./cc wrong.c -o none.wasm 2>"$work/err" || status=$?
expect 1 "a mistake in the program"
! grep -q '^lunatic-cc' "$work/err" || bad "a mistake in the program: advice"

finish
