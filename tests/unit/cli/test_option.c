/* src/cli/option.c: what the values of each kind of row are, how they are kept,
 * and how they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "cli/option.h"
#include "cli/options.h"
#include "process/config.h"

#define PLACE(type, field, config) \
	{ config, offsetof(type, field), sizeof(((type *)NULL)->field) }
#define OPTION(field) PLACE(struct ln_cli_options, field, false)
#define CONFIG(field) PLACE(struct ln_config, field, true)

#define NONE UINT64_MAX

static struct ln_cli_options options;
static struct ln_config config;

static int set_up(void **state)
{
	(void)state;
	memset(&options, 0, sizeof(options));
	memset(&config, 0, sizeof(config));
	options.config = &config;
	return 0;
}

/* Reads a value for a row; whether it is one. */
static bool set(const struct ln_cli_option *option, const char *value)
{
	return ln_cli_option_set(option, &options, value);
}

static void a_flag_keeps_its_value(void **state)
{
	const struct ln_cli_option flag = { .kind = LN_CLI_FLAG,
					    .place = OPTION(epochs),
					    .min = 1 };

	(void)state;
	assert_true(set(&flag, NULL));
	assert_true(options.epochs);
	/* Only what belongs to it is written. */
	options.epochs = false;
	assert_memory_equal(&config, &(struct ln_config){ 0 }, sizeof(config));
	assert_int_equal(options.workers, 0);
}

/* A number that is no number. */
static void refuses_nonsense(const struct ln_cli_option *option)
{
	static const char *const nonsense[] = {
		"",    "-1",  "+1",  " 1",  "x",
		"1x",  "1 ",  "0x1", "1.5", "18446744073709551616",
		"5 s", "64KK"
	};

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		if (set(option, nonsense[i]))
			fail_msg("\"%s\" is accepted", nonsense[i]);
	}
}

static void counts_have_a_range_and_a_unit(void **state)
{
	const struct ln_cli_option count = { .kind = LN_CLI_COUNT,
					     .place = OPTION(workers),
					     .min = 2,
					     .max = 256 };
	const struct ln_cli_option scaled = { .kind = LN_CLI_COUNT,
					      .place = OPTION(report_max),
					      .min = 1,
					      .max = 9,
					      .unit = 1000 };

	(void)state;
	assert_true(set(&count, "2"));
	assert_int_equal(options.workers, 2);
	assert_true(set(&count, "0256"));
	assert_int_equal(options.workers, 256);
	assert_false(set(&count, "1"));
	assert_false(set(&count, "257"));
	assert_false(set(&count, "4K"));
	assert_false(set(&count, "4s"));
	refuses_nonsense(&count);
	/* What is refused changes nothing. */
	assert_int_equal(options.workers, 256);
	assert_true(set(&scaled, "9"));
	assert_int_equal(options.report_max, 9000);
	assert_false(set(&scaled, "10"));
}

/* A row without a maximum has that of its place. */
static void the_place_bounds_a_count(void **state)
{
	const struct ln_cli_option small = { .kind = LN_CLI_COUNT,
					     .place = OPTION(test.jobs) };
	const struct ln_cli_option large = { .kind = LN_CLI_COUNT,
					     .place = OPTION(report_max) };

	(void)state;
	assert_true(set(&small, "4294967295"));
	assert_int_equal(options.test.jobs, UINT32_MAX);
	assert_false(set(&small, "4294967296"));
	assert_true(set(&large, "18446744073709551615"));
	assert_true(options.report_max == SIZE_MAX);
}

static void sizes_have_letters(void **state)
{
	const struct ln_cli_option size = { .kind = LN_CLI_SIZE,
					    .place = OPTION(stack),
					    .min = 4096,
					    .max = UINT64_C(2) << 30,
					    .unit = 4096 };
	static const struct {
		const char *text;
		uint64_t bytes; /* NONE: it is not one */
	} cases[] = {
		{ "4096", 4096 },
		{ "4K", 4096 },
		{ "4k", 4096 },
		{ "3M", 3 << 20 },
		{ "2G", UINT64_C(2) << 30 },
		{ "2048M", UINT64_C(2) << 30 },
		{ "0", NONE },
		{ "4095", NONE },
		{ "4097", NONE }, /* no multiple of the unit */
		{ "6K", NONE },
		{ "3G", NONE },
		{ "4T", NONE },
		{ "4s", NONE },
		{ "K", NONE },
		{ "17179869184G", NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_size = cases[i].bytes != NONE;

		options.stack = 0;
		if (set(&size, cases[i].text) != is_size)
			fail_msg("\"%s\"", cases[i].text);
		assert_int_equal(options.stack, is_size ? cases[i].bytes : 0);
	}
	refuses_nonsense(&size);
}

static void parsed_sizes(void **state)
{
	uint64_t bytes = 1;

	(void)state;
	assert_true(ln_cli_parse_size("0", &bytes));
	assert_int_equal(bytes, 0);
	assert_true(ln_cli_parse_size("17179869183G", &bytes));
	assert_true(bytes == UINT64_C(17179869183) << 30);
	bytes = 1;
	assert_false(ln_cli_parse_size("17179869184G", &bytes));
	assert_false(ln_cli_parse_size("1GB", &bytes));
	assert_false(ln_cli_parse_size("", &bytes));
	assert_int_equal(bytes, 1);
}

static void times_have_a_unit(void **state)
{
	const struct ln_cli_option time = { .kind = LN_CLI_TIME,
					    .place = OPTION(node.heartbeat),
					    .min = 100 * LN_NS_PER_MS,
					    .max = 60 * LN_NS_PER_S };

	(void)state;
	assert_true(set(&time, "100ms"));
	assert_int_equal(options.node.heartbeat, 100 * LN_NS_PER_MS);
	assert_true(set(&time, "60s"));
	assert_int_equal(options.node.heartbeat, 60 * LN_NS_PER_S);
	assert_false(set(&time, "99ms"));
	assert_false(set(&time, "61s"));
	assert_false(set(&time, "1000000000")); /* of what? */
	assert_false(set(&time, "1m"));
	assert_false(set(&time, "ms"));
	/* Too large for nanoseconds. */
	assert_false(set(&time, "18446744074s"));
	refuses_nonsense(&time);
	assert_int_equal(options.node.heartbeat, 60 * LN_NS_PER_S);
}

static void choices_are_words(void **state)
{
	static const char *const words[] = { "first", "second", NULL };
	const struct ln_cli_option choice = { .kind = LN_CLI_CHOICE,
					      .place = OPTION(test.ignored),
					      .argument = "[WHICH]",
					      .min = 1,
					      .words = words };

	(void)state;
	assert_true(set(&choice, "second"));
	assert_int_equal(options.test.ignored, 2);
	assert_false(set(&choice, "third"));
	assert_false(set(&choice, "First"));
	assert_false(set(&choice, "sec"));
	assert_false(set(&choice, ""));
	assert_int_equal(options.test.ignored, 2);
	/* Left out, it is the first one. */
	assert_true(set(&choice, NULL));
	assert_int_equal(options.test.ignored, 1);
}

static void names_are_not_empty(void **state)
{
	const struct ln_cli_option name = { .kind = LN_CLI_NAME,
					    .place = OPTION(heap_profiles) };
	const char *value = "a folder";

	(void)state;
	assert_true(set(&name, value));
	assert_ptr_equal(options.heap_profiles, value);
	assert_false(set(&name, ""));
}

static bool only_yes(struct ln_cli_options *all, const char *value)
{
	all->no_entry = true;
	return strcmp(value, "yes") == 0;
}

static void others_have_a_function(void **state)
{
	const struct ln_cli_option other = { .kind = LN_CLI_OTHER,
					     .apply = only_yes };

	(void)state;
	assert_true(set(&other, "yes"));
	assert_true(options.no_entry);
	assert_false(set(&other, "no"));
}

static void values_may_be_in_the_config(void **state)
{
	const struct ln_cli_option count = { .kind = LN_CLI_COUNT,
					     .place = CONFIG(kept),
					     .min = 1 };

	(void)state;
	assert_true(set(&count, "7"));
	assert_int_equal(config.kept, 7);
}

static void tells(const struct ln_cli_option *option, const char *expected)
{
	char text[LN_CLI_TEXT];

	ln_cli_option_values(option, text);
	assert_string_equal(text, expected);
}

static void values_are_told(void **state)
{
	static const char *const words[] = { "one", "two", NULL };
	struct ln_cli_option row = { .kind = LN_CLI_COUNT,
				     .place = OPTION(report_max),
				     .min = 1,
				     .max = 256 };

	(void)state;
	tells(&row, "1 to 256");
	row.max = 0;
	tells(&row, "1 or more");
	row.kind = LN_CLI_SIZE;
	row.min = 0;
	tells(&row, "a size such as 65536, 64K, 16M or 4G");
	row.min = 65536;
	tells(&row, "64K or more, such as 16M or 4G");
	row.max = 1 << 20;
	tells(&row, "64K to 1M");
	row.kind = LN_CLI_TIME;
	row.min = 100 * LN_NS_PER_MS;
	row.max = 60 * LN_NS_PER_S;
	tells(&row, "100ms to 60s, such as 500ms or 5s");
	row.kind = LN_CLI_CHOICE;
	row.words = words;
	tells(&row, "one or two");
	row.kind = LN_CLI_FLAG;
	tells(&row, "");
	row.kind = LN_CLI_NAME;
	tells(&row, "");
	row.values = "a name";
	tells(&row, "a name");
}

static void help_has_the_range_and_short_lines(void **state)
{
	const struct ln_cli_option row = {
		.help = "a number (%) with a text behind it that is too long "
			"for one line",
		.kind = LN_CLI_COUNT,
		.place = OPTION(workers),
		.min = 1,
		.max = 9
	};
	const struct ln_cli_option plain = { .help = "a heading" };
	char text[LN_CLI_TEXT];
	char *line = text;

	(void)state;
	ln_cli_option_help(&row, text);
	assert_non_null(strstr(text, "a number (1 to 9) with"));
	for (size_t lines = 0; line != NULL; lines++) {
		size_t len = strcspn(line, "\n");

		assert_in_range(len, 1, 50);
		assert_in_range(lines, 0, 1);
		line = line[len] == '\n' ? line + len + 1 : NULL;
	}
	ln_cli_option_help(&plain, text);
	assert_string_equal(text, "a heading");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
		TEST(a_flag_keeps_its_value),
		TEST(counts_have_a_range_and_a_unit),
		TEST(the_place_bounds_a_count),
		TEST(sizes_have_letters),
		TEST(parsed_sizes),
		TEST(times_have_a_unit),
		TEST(choices_are_words),
		TEST(names_are_not_empty),
		TEST(others_have_a_function),
		TEST(values_may_be_in_the_config),
		TEST(values_are_told),
		TEST(help_has_the_range_and_short_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
