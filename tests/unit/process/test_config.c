/* src/process/config.c: lists, copies, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "process/config.h"

static struct ln_config *make(void)
{
	struct ln_config *config = NULL;

	assert_int_equal(ln_config_new(&config), 0);
	return config;
}

static void begins_with_nothing_allowed(void **state)
{
	struct ln_config *config = make();

	(void)state;
	assert_int_equal(config->limits.max_memory,
			 ln_limits_default.max_memory);
	assert_int_equal(config->strategy, LN_MEMORY_AUTO);
	assert_false(ln_config_allows(config, "lunatic::process::this"));
	assert_int_equal(config->args.count, 0);
	assert_int_equal(config->envs.count, 0);
	assert_int_equal(config->preopen_count, 0);
	ln_config_free(config);
	ln_config_free(NULL);
}

static void allows_by_prefix(void **state)
{
	struct ln_config *config = make();

	(void)state;
	assert_int_equal(ln_config_allow(config, "lunatic::message::xx", 18),
			 0);
	assert_int_equal(ln_config_allow(config, "wasi::exit", 10), 0);
	assert_true(ln_config_allows(config, "lunatic::message::send"));
	assert_true(ln_config_allows(config, "wasi::exit"));
	assert_false(ln_config_allows(config, "lunatic::process::this"));
	assert_false(ln_config_allows(config, "wasi::exi"));
	assert_int_equal(ln_config_allow(config, "a\0b", 3), LN_EINVAL);
	assert_int_equal(config->allowed.count, 2);
	assert_int_equal(ln_config_allow(config, "", 0), 0);
	assert_true(ln_config_allows(config, "anything"));
	ln_config_free(config);
}

static void clones_are_independent(void **state)
{
	struct ln_config *config = make();
	struct ln_config *clone = NULL;

	(void)state;
	config->limits.max_links = 7;
	config->strategy = LN_MEMORY_GUARD;
	assert_int_equal(ln_config_allow(config, "a", 1), 0);
	for (int i = 0; i < 9; i++)
		assert_int_equal(ln_config_add_arg(config, "argument"), 0);
	assert_int_equal(ln_config_add_env(config, "A=b"), 0);
	assert_int_equal(ln_config_preopen(config, "/host", "/guest", true), 0);
	assert_int_equal(ln_config_preopen(config, "/", ".", false), 0);
	assert_int_equal(ln_config_clone(config, &clone), 0);
	assert_int_equal(clone->bytes, config->bytes);
	ln_config_free(config);
	assert_int_equal(clone->limits.max_links, 7);
	assert_int_equal(clone->strategy, LN_MEMORY_GUARD);
	assert_int_equal(clone->allowed.count, 1);
	assert_int_equal(clone->args.count, 9);
	assert_string_equal(clone->args.list[8], "argument");
	assert_null(clone->args.list[9]);
	assert_string_equal(clone->envs.list[0], "A=b");
	assert_null(clone->envs.list[1]);
	assert_int_equal(clone->preopen_count, 2);
	assert_string_equal(clone->preopens[0].host, "/host");
	assert_string_equal(clone->preopens[0].guest, "/guest");
	assert_true(clone->preopens[0].read_only);
	assert_string_equal(clone->preopens[1].guest, ".");
	assert_false(clone->preopens[1].read_only);
	ln_config_free(clone);
}

static void bytes_are_bounded(void **state)
{
	struct ln_config *config = make();
	char *text = malloc(LN_CONFIG_MAX_BYTES + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', LN_CONFIG_MAX_BYTES);
	text[LN_CONFIG_MAX_BYTES] = '\0';
	assert_int_equal(ln_config_add_arg(config, text), LN_ELIMIT);
	assert_int_equal(ln_config_allow(config, text, LN_CONFIG_MAX_BYTES),
			 LN_ELIMIT);
	assert_int_equal(ln_config_preopen(config, text, "", false), LN_ELIMIT);
	assert_int_equal(config->bytes, 0);
	/* Just what fits, its end included. */
	assert_int_equal(ln_config_add_env(config, text + 1), 0);
	assert_int_equal(ln_config_add_env(config, ""), LN_ELIMIT);
	assert_int_equal(ln_config_preopen(config, "", "", false), LN_ELIMIT);
	assert_int_equal(config->envs.count, 1);
	assert_int_equal(config->preopen_count, 0);
	free(text);
	ln_config_free(config);
}

static void entries_are_bounded(void **state)
{
	struct ln_config *config = make();

	(void)state;
	for (size_t i = 0; i < LN_CONFIG_MAX_ENTRIES; i++) {
		if (ln_config_add_arg(config, "") != 0)
			fail();
	}
	assert_int_equal(ln_config_add_arg(config, ""), LN_ELIMIT);
	assert_int_equal(config->args.count, LN_CONFIG_MAX_ENTRIES);
	assert_int_equal(ln_config_add_env(config, ""), 0);
	ln_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_with_nothing_allowed),
		cmocka_unit_test(allows_by_prefix),
		cmocka_unit_test(clones_are_independent),
		cmocka_unit_test(bytes_are_bounded),
		cmocka_unit_test(entries_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
