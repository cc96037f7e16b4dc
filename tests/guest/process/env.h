/* What the cases about environments share. */
#ifndef LUNATIC_TESTS_GUEST_PROCESS_ENV_H
#define LUNATIC_TESTS_GUEST_PROCESS_ENV_H

#include "../check.h"

#define MEMORY (10 << 20)

static inline void allow(uint64_t config, const char *prefix)
{
	lunatic_process_allow_namespace(config, prefix, strlen(prefix));
}

/* An environment whose processes may do all that this one may. */
static inline uint64_t make_environment(uint64_t max_memory, uint64_t max_fuel)
{
	uint64_t config = lunatic_process_create_config(max_memory, max_fuel);
	uint64_t environment;

	allow(config, "");
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	lunatic_process_drop_config(config);
	return environment;
}

/* This module in an environment. */
static inline uint64_t add_this(uint64_t environment)
{
	uint64_t module;

	CHECK_EQ(lunatic_process_add_this_module(environment, &module), 0);
	return module;
}

/* Spawns an entry of a module; an id, or that of an error. */
static inline uint64_t spawn_in(uint64_t module, const char *entry,
				int64_t link, uint32_t result)
{
	uint64_t id;

	CHECK_EQ(lunatic_process_spawn(link, module, entry, strlen(entry), NULL,
				       0, &id),
		 result);
	return id;
}

/* The error must say this; drops it. */
static inline void expect_error(uint64_t error, const char *part)
{
	static char text[4096];
	uint32_t size = lunatic_error_string_size(error);

	CHECK(size < sizeof(text));
	lunatic_error_to_string(error, text);
	text[size] = '\0';
	if (strstr(text, part) == NULL) {
		printf("FAILED: the error is: %s\n", text);
		exit(EXIT_FAILURE);
	}
	lunatic_error_drop(error);
}

/* An entry of a module must fail. Needs die_when_link_dies(0). */
static inline void must_fail_in(uint64_t module, const char *entry)
{
	static int64_t link = 5000;

	lunatic_process_drop_process(spawn_in(module, entry, ++link, 0));
	expect_link_died(link);
}

#define make_environment(max_memory, max_fuel) \
	(FROM_HERE, make_environment(max_memory, max_fuel))
#define add_this(environment) (FROM_HERE, add_this(environment))
#define spawn_in(module, entry, link, result) \
	(FROM_HERE, spawn_in(module, entry, link, result))
#define expect_error(error, part) (FROM_HERE, expect_error(error, part))
#define must_fail_in(module, entry) (FROM_HERE, must_fail_in(module, entry))

#endif
