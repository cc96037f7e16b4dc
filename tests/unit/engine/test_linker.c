/* Linkers: one for all who allow the same, another one for everybody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/host_table.h"
#include "engine/linker.h"

/* More than the bits of a word. */
#define COUNT 70

static char names[COUNT][8];
static struct ln_host_function functions[COUNT];
static const struct ln_host_table table = { .functions = functions,
					    .count = COUNT };

/* No guest of these tests runs. */
static bool never(void *env, void *caller, union wasmtime_val_raw *values,
		  size_t count)
{
	(void)env;
	(void)caller;
	(void)values;
	(void)count;
	return false;
}

static int set_up(void **state)
{
	struct ln_engine *engine = NULL;

	for (int i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "f%d", i);
		functions[i] =
			(struct ln_host_function){ "m", names[i],   "",
						   "",  LN_ABI_ANY, never };
	}
	assert_int_equal(ln_engine_new(&table, LN_PREEMPTION_SIGNAL, &engine),
			 0);
	*state = engine;
	return 0;
}

static int tear_down(void **state)
{
	ln_engine_free(*state);
	return 0;
}

/* All but one function. */
static bool all_but(const void *who, const char *name)
{
	return strcmp(name, who) != 0;
}

static struct ln_linker *make(struct ln_engine *engine, unsigned variant,
			      enum ln_abi_generation generation,
			      const char *but)
{
	struct ln_linker *linker = NULL;

	assert_int_equal(ln_linker_new(engine, variant, generation,
				       but != NULL ? all_but : NULL, but,
				       &linker),
			 0);
	return linker;
}

static void what_is_the_same_is_shared(void **state)
{
	struct ln_engine *engine = *state;
	struct ln_linker *all = make(engine, 0, LN_ABI_0_7, NULL);
	struct ln_linker *again = make(engine, 0, LN_ABI_0_7, NULL);
	struct ln_linker *equal = make(engine, 0, LN_ABI_0_7, "m::f70");
	struct ln_linker *last = make(engine, 0, LN_ABI_0_7, "m::f69");
	struct ln_linker *last_again = make(engine, 0, LN_ABI_0_7, "m::f69");

	assert_ptr_equal(again, all);
	assert_ptr_equal(equal, all);
	assert_ptr_not_equal(last, all);
	assert_ptr_equal(last_again, last);
	/* It lives as long as one of them. */
	ln_linker_release(last);
	assert_non_null(ln_linker_raw(last_again));
	assert_ptr_equal(make(engine, 0, LN_ABI_0_7, "m::f69"), last_again);
	ln_linker_release(last_again);
	ln_linker_release(last_again);
	ln_linker_release(all);
	ln_linker_release(again);
	ln_linker_release(equal);
	ln_linker_release(NULL);
}

static void what_differs_is_not(void **state)
{
	struct ln_engine *engine = *state;
	struct ln_linker *plain = make(engine, 0, LN_ABI_0_7, "m::f0");
	struct ln_linker *other = make(engine, 0, LN_ABI_0_7, "m::f1");
	struct ln_linker *metered =
		make(engine, LN_VARIANT_METERED, LN_ABI_0_7, "m::f0");
	struct ln_linker *newer = make(engine, 0, LN_ABI_0_13, "m::f0");

	assert_ptr_not_equal(other, plain);
	assert_ptr_not_equal(metered, plain);
	assert_ptr_not_equal(newer, plain);
	ln_linker_release(plain);
	ln_linker_release(other);
	ln_linker_release(metered);
	ln_linker_release(newer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_the_same_is_shared),
		cmocka_unit_test(what_differs_is_not),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
