// Misuse of configurations, environments and modules traps in the offender.
//
// stdout: passed
// stderr~ configuration 77 does not exist
// stderr~ environment 77 does not exist
// stderr~ module 77 does not exist
// stderr~ the namespace is not UTF-8
// stderr~ the path is not UTF-8
// stderr~ the name is not UTF-8
// stderr~ too many configuration ids
// stderr~ too many environment ids
// stderr~ a configuration may have at most 256 namespaces
#include "env.h"

static uint64_t id;

ENTRY(drop_config)(void)
{
	lunatic_process_drop_config(77);
}
ENTRY(drop_environment)(void)
{
	lunatic_process_drop_environment(77);
}
ENTRY(drop_module)(void)
{
	lunatic_process_drop_module(77);
}
ENTRY(allow_nothing)(void)
{
	allow(77, "a");
}
ENTRY(preopen_nothing)(void)
{
	lunatic_process_preopen_dir(77, "a", 1, &id);
}
ENTRY(create_nothing)(void)
{
	lunatic_process_create_environment(77, &id);
}
ENTRY(create_remote_of_nothing)(void)
{
	lunatic_process_create_remote_environment(77, "a", 1, &id);
}
ENTRY(create_remote_of_no_text)(void)
{
	lunatic_process_create_remote_environment(
		lunatic_process_create_config(MEMORY, 0), "\xff", 1, &id);
}
ENTRY(add_nothing)(void)
{
	lunatic_process_add_module(77, "", 0, &id);
}
ENTRY(add_this_nothing)(void)
{
	lunatic_process_add_this_module(77, &id);
}

ENTRY(dropped_twice)(void)
{
	uint64_t config = lunatic_process_create_config(0, 0);

	lunatic_process_drop_config(config);
	lunatic_process_drop_config(config);
}

ENTRY(bad_namespace)(void)
{
	allow(lunatic_process_create_config(0, 0), "\xff");
}

ENTRY(bad_path)(void)
{
	lunatic_process_preopen_dir(lunatic_process_create_config(0, 0), "\xff",
				    1, &id);
}

ENTRY(many_configs)(void)
{
	for (;;)
		lunatic_process_create_config(0, 0);
}

ENTRY(many_environments)(void)
{
	for (;;)
		lunatic_process_this_env();
}

ENTRY(many_namespaces)(void)
{
	uint64_t config = lunatic_process_create_config(0, 0);

	for (;;)
		allow(config, "a");
}

// It has made room for a newer one.
ENTRY(oldest_error)(void)
{
	uint64_t config = lunatic_process_create_config(0, 0);

	for (int i = 0; i <= 65536; i++)
		lunatic_process_preopen_dir(config, "/", 1, &id);
	lunatic_error_string_size(0);
}

static void directories(void)
{
	static const char *const bad[] = { "/", "..",   "/etc",    ".",
					   "",  "../x", "a/../..", NULL };
	uint64_t config = lunatic_process_create_config(0, 0);

	for (const char *const *dir = bad; *dir != NULL; dir++) {
		CHECK_EQ(lunatic_process_preopen_dir(config, *dir, strlen(*dir),
						     &id),
			 1);
		expect_error(id, "Host does not have access to directory \"");
	}
	CHECK_EQ(lunatic_process_preopen_dir(config, "a\0b", 3, &id), 1);
	expect_error(id, "Host does not have access to directory");
}

// The newest errors are kept.
static void errors(void)
{
	uint64_t config = lunatic_process_create_config(0, 0);
	uint64_t first = 0;

	for (int i = 0; i < 70000; i++) {
		CHECK_EQ(lunatic_process_preopen_dir(config, "/", 1, &id), 1);
		first = i == 0 ? id : first;
		CHECK_EQ(id, first + (uint64_t)i);
	}
	CHECK(lunatic_error_string_size(first + 69999) > 0);
	CHECK(lunatic_error_string_size(first + 70000 - 65536) > 0);
}

int main(void)
{
	static const char *const entries[] = {
		"drop_config",
		"drop_environment",
		"drop_module",
		"allow_nothing",
		"preopen_nothing",
		"create_nothing",
		"add_nothing",
		"add_this_nothing",
		"dropped_twice",
		"bad_namespace",
		"bad_path",
		"many_configs",
		"many_environments",
		"many_namespaces",
		"oldest_error",
		"create_remote_of_nothing",
		"create_remote_of_no_text",
	};

	lunatic_process_die_when_link_dies(0);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		must_fail(entries[i]);
	directories();
	errors();
	puts("passed");
	return 0;
}
