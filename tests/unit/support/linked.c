#include "support/linked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/engine_class.h"
#include "engine/linker.h"

bool test_host_never(void *env, void *caller, union ln_value *values,
		     size_t count)
{
	(void)env;
	(void)caller;
	(void)values;
	(void)count;
	return false;
}

void test_linked_init(struct test_linked *linked,
		      const struct ln_host_table *table)
{
	assert_int_equal(ln_engine_new(ln_engine_default(), table,
				       LN_PREEMPTION_SIGNAL, &linked->engine),
			 0);
	assert_int_equal(
		ln_linker_new(linked->engine, 0, NULL, NULL, &linked->linker),
		0);
}

void test_linked_deinit(struct test_linked *linked)
{
	ln_linker_release(linked->linker);
	ln_engine_free(linked->engine);
}
