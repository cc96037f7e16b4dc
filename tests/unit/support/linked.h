/* An engine with a linker, for tests of what is loaded and never run. */
#ifndef LN_TEST_SUPPORT_LINKED_H
#define LN_TEST_SUPPORT_LINKED_H

#include <stdbool.h>
#include <stddef.h>

struct ln_engine;
struct ln_host_table;
struct ln_linker;
union ln_value;

struct test_linked {
	struct ln_engine *engine;
	struct ln_linker *linker;
};

/* A host function that traps. */
bool test_host_never(void *env, void *caller, union ln_value *values,
		     size_t count);

/* The table is kept. The test fails when there is no engine. */
void test_linked_init(struct test_linked *linked,
		      const struct ln_host_table *table);
void test_linked_deinit(struct test_linked *linked);

#endif
