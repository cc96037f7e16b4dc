#!/bin/sh
# The log as JSON, and what guests write to it.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

cat >says.c <<'EOC'
#include <lunatic.h>
#include <stdlib.h>
#include <string.h>

static void fails(int64_t argument)
{
	(void)argument;
	lunatic_proc_label("worker \"7\"");
	lunatic_log(LUNATIC_LOG_ERROR, "about to fail");
	__builtin_trap();
}

LUNATIC_MAIN(argc, argv)
{
	char *text = malloc(20000);

	(void)argv;
	memset(text, 'x', 20000);
	lunatic_log(LUNATIC_LOG_ERROR, "error %d", 1);
	lunatic_log(LUNATIC_LOG_WARN, "warn: \"%s\" \\", "quoted");
	lunatic_log(LUNATIC_LOG_INFO, "two\nlines\x1b[31m\xff end");
	lunatic_log(LUNATIC_LOG_DEBUG, "debug");
	lunatic_log(LUNATIC_LOG_WARN, "%.*s", 20000, text);
	lunatic_log(LUNATIC_LOG_WARN, "%s", "");
	lunatic_spawn_value(NULL, NULL, fails, 0);
	lunatic_sleep(50);
	return argc > 1 ? 3 : 0;
}
EOC
cat >flood.c <<'EOC'
// A child environment floods; this one says something now and then.
#include <lunatic.h>
#include <stdio.h>

static void flood(int64_t argument)
{
	(void)argument;
	for (uint64_t i = 0;; i++)
		lunatic_log(LUNATIC_LOG_ERROR, "flood %llu",
			    (unsigned long long)i);
}

LUNATIC_MAIN(argc, argv)
{
	struct lunatic_config config = lunatic_config_new(16 << 20, 0);
	struct lunatic_module module;
	struct lunatic_spawn how = { .module = &module };
	struct lunatic_env env;

	(void)argc;
	(void)argv;
	lunatic_config_allow(config, "");
	if (lunatic_env_new(&env, config) != 0 ||
	    lunatic_env_add_this(env, &module) != 0)
		return 1;
	for (int i = 0; i < 4; i++)
		lunatic_spawn_value(NULL, &how, flood, i);
	for (int i = 0; i < 20; i++) {
		lunatic_log(LUNATIC_LOG_ERROR, "calm %d", i);
		lunatic_sleep(25);
	}
	return 0;
}
EOC
sdk=$(dirname "$lunatic")/sdk/c
build() {
	LUNATIC_SDK=$sdk "$sdk/lunatic-cc" -Wall -Wextra -Werror \
		-I "$here/../../sdk/c/include" "$1.c" -o "$1.wasm"
}
build says
python3 -B "$here/log.py" "$lunatic" says.wasm || bad "the log"

# As text for people.
run says.wasm
expect 0 "text"
says err "^lunatic: error: process [0-9a-f-]{36}: error 1$" "text"
says err "^lunatic: warn: process [0-9a-f-]{36}: warn: \"quoted\" \\\\$" "text"
says err "^lunatic: error: process .* 'worker \"7\"': about to fail$" "text"
says err "^lunatic: process .* 'worker \"7\"' trapped: " "text"
! grep -q "two" err || bad "text: a line above the level"
run --log-level info says.wasm
says err "two lines\?\[31m\? end$" "--log-level info"
! grep -q "debug" err || bad "info: a line above the level"
LUNATIC_LOG=debug run says.wasm
says err "debug" "LUNATIC_LOG=debug"
LUNATIC_LOG=debug run --log-level error says.wasm
! grep -q "warn\|trapped\|debug" err || bad "an option comes after a variable"
refuses "'loud' is not a valid value of --log-level: .*error, warn, info or debug" \
	--log-level loud says.wasm
refuses "'xml' is not a valid value of --log-format: .*text or json" \
	--log-format xml says.wasm
LUNATIC_LOG_FORMAT=xml run says.wasm
says err "LUNATIC_LOG_FORMAT text or json" "LUNATIC_LOG_FORMAT=xml"

# A bad level, as a guest of 0.13.
module level <<'EOM'
(module
  (import "lunatic::log" "write" (func $write (param i32 i32 i32)))
  (import "lunatic::log" "level" (func $level (result i32)))
  (import "lunatic::process" "process_id" (func (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "hello")
  (func (export "_start")
    (if (i32.ne (call $level) (i32.const 1)) (then unreachable))
    (call $write (i32.const 1) (i32.const 0) (i32.const 5))
    (call $write (i32.const 3) (i32.const 0) (i32.const 5))
    (call $write (i32.const 4) (i32.const 0) (i32.const 5))))
EOM
run level.wasm
expect 134 "a level that is none"
says err "^lunatic: warn: process [0-9a-f-]{36}: hello$" "0.13"
says err "trapped: the level is 4, not 0 to 3 \\(lunatic::log::write\\)" "0.13"
[ "$(grep -c hello err)" -eq 1 ] || bad "0.13: not one line"

# Tests keep what their processes say.
cat >kept_test.c <<'EOC'
#include <lunatic.h>
LUNATIC_TEST(says)
{
	lunatic_log(LUNATIC_LOG_WARN, "kept");
	LUNATIC_CHECK(0);
}
EOC
build kept_test
run test kept_test.wasm
says out "warn: process .*: kept$" "a test"

# A flood of one environment.
build flood
run flood.wasm
expect 0 "flood"
[ "$(grep -c ': calm [0-9]*$' err)" -eq 20 ] || bad "flood: lines were lost"
says err "^lunatic: [0-9]+ lines of environment 1 were left out$" "flood"
! grep -q "environment 0 were left out" err || bad "flood: others lost lines"
finish
