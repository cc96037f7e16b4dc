// Environments that guests make have no variables of the program, whoever runs
// in them: this module, at any depth.
// env: SECRET=value
// stdout: passed
#include <wasi/api.h>

#include "env.h"

static size_t variables(void)
{
	__wasi_size_t count;
	__wasi_size_t size;

	CHECK_EQ(__wasi_environ_sizes_get(&count, &size), 0);
	return count;
}

ENTRY(inner)(void)
{
	CHECK_EQ(variables(), 0);
	CHECK(getenv("SECRET") == NULL);
	exit(1);
}

ENTRY(outer)(void)
{
	uint64_t module = add_this(make_environment(MEMORY, 0));

	CHECK_EQ(variables(), 0);
	lunatic_process_die_when_link_dies(0);
	must_fail_in(module, "inner");
	exit(1);
}

int main(void)
{
	uint64_t module = add_this(make_environment(MEMORY, 0));

	CHECK(variables() >= 1);
	CHECK(strcmp(getenv("SECRET"), "value") == 0);
	lunatic_process_die_when_link_dies(0);
	must_fail_in(module, "outer");
	/* The own one, which others only have another id of. */
	CHECK_EQ(lunatic_process_spawn(9, add_this(lunatic_process_this_env()),
				       "same", 4, NULL, 0, &module),
		 0);
	expect_link_died(9);
	puts("passed");
}

ENTRY(same)(void)
{
	CHECK(variables() >= 1);
	exit(1);
}
