/* src/embed/config.c: structs of other versions, and of none. */
#include "fixture.h"

#include "base/error.h"
#include "embed/embed.h"

struct config {
	size_t size;
	uint64_t first;
	uint64_t second;
};

static const struct config defaults = { .first = 11, .second = 22 };

static void same_version(void **state)
{
	struct config own = defaults;
	struct config given;

	(void)state;
	assert_int_equal(ln_embed_write_config(&given, sizeof(given), &defaults,
					       sizeof(defaults)),
			 0);
	assert_int_equal(given.size, sizeof(given));
	assert_int_equal(given.first, 11);
	given.second = 33;
	assert_int_equal(ln_embed_read_config(&own, sizeof(own), &given), 0);
	assert_int_equal(own.first, 11);
	assert_int_equal(own.second, 33);
}

/* The caller's struct ends before `second`. */
static void older_caller(void **state)
{
	struct config own = defaults;
	struct config given = { .second = 99 };

	(void)state;
	assert_int_equal(ln_embed_write_config(&given,
					       offsetof(struct config, second),
					       &defaults, sizeof(defaults)),
			 0);
	assert_int_equal(given.size, offsetof(struct config, second));
	assert_int_equal(given.second, 99);
	given.first = 44;
	assert_int_equal(ln_embed_read_config(&own, sizeof(own), &given), 0);
	assert_int_equal(own.first, 44);
	assert_int_equal(own.second, 22);
}

/* The caller's struct has a member that this version does not know. */
static void newer_caller(void **state)
{
	struct config own = defaults;
	struct {
		struct config known;
		uint64_t unknown;
	} given = { .unknown = 99 };

	(void)state;
	assert_int_equal(ln_embed_write_config(&given, sizeof(given), &defaults,
					       sizeof(defaults)),
			 0);
	assert_int_equal(given.known.size, sizeof(given));
	assert_int_equal(given.known.second, 22);
	assert_int_equal(given.unknown, 0);
	given.known.first = 55;
	assert_int_equal(ln_embed_read_config(&own, sizeof(own), &given), 0);
	assert_int_equal(own.first, 55);
	given.unknown = 1;
	assert_int_equal(ln_embed_read_config(&own, sizeof(own), &given),
			 LN_EINVAL);
}

static void never_initialised(void **state)
{
	struct config own = defaults;
	struct config given = { 0 };

	(void)state;
	assert_int_equal(ln_embed_read_config(&own, sizeof(own), &given),
			 LN_EINVAL);
	given.size = sizeof(given.size);
	assert_int_equal(ln_embed_read_config(&own, sizeof(own), &given),
			 LN_EINVAL);
	given.size = SIZE_MAX;
	assert_int_equal(ln_embed_read_config(&own, sizeof(own), &given),
			 LN_EINVAL);
	assert_int_equal(own.first, 11);
	assert_int_equal(ln_embed_write_config(NULL, sizeof(given), &defaults,
					       sizeof(defaults)),
			 LN_EINVAL);
	assert_int_equal(ln_embed_write_config(&given, sizeof(given.size),
					       &defaults, sizeof(defaults)),
			 LN_EINVAL);
	assert_int_equal(ln_embed_write_config(&given, SIZE_MAX, &defaults,
					       sizeof(defaults)),
			 LN_EINVAL);
}

/* A member behind padding would not change the size. */
static void structs_end_without_padding(void **state)
{
	lunatic_rt_config runtime;
	lunatic_rt_environment_config environment;

	(void)state;
	assert_int_equal(offsetof(lunatic_rt_config, fold_after_ms) +
				 sizeof(runtime.fold_after_ms),
			 sizeof(runtime));
	assert_int_equal(
		offsetof(lunatic_rt_environment_config, max_plugin_ms) +
			sizeof(environment.max_plugin_ms),
		sizeof(environment));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_version),
		cmocka_unit_test(older_caller),
		cmocka_unit_test(newer_caller),
		cmocka_unit_test(never_initialised),
		cmocka_unit_test(structs_end_without_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
