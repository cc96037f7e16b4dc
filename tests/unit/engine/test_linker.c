/* Linkers: one for all who allow the same, another one for everybody else. */
#include <pthread.h>
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
#include "support/linked.h"

/* More than the bits of a word. */
#define COUNT 70

static char names[COUNT][8];
static struct ln_host_function functions[COUNT];
static const struct ln_host_table table = { .functions = functions,
					    .count = COUNT };

static int set_up(void **state)
{
	struct ln_engine *engine = NULL;

	for (int i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "f%d", i);
		functions[i] = (struct ln_host_function){
			"m", names[i], "", "", LN_ABI_ANY, test_host_never
		};
	}
	assert_int_equal(ln_engine_new(ln_engine_default(), &table,
				       LN_PREEMPTION_SIGNAL, &engine),
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
			      const char *but)
{
	struct ln_linker *linker = NULL;

	assert_int_equal(ln_linker_new(engine, variant,
				       but != NULL ? all_but : NULL, but,
				       &linker),
			 0);
	return linker;
}

static void what_is_the_same_is_shared(void **state)
{
	struct ln_engine *engine = *state;
	struct ln_linker *all = make(engine, 0, NULL);
	struct ln_linker *again = make(engine, 0, NULL);
	struct ln_linker *equal = make(engine, 0, "m::f70");
	struct ln_linker *last = make(engine, 0, "m::f69");
	struct ln_linker *last_again = make(engine, 0, "m::f69");
	struct ln_host_imports *raw = NULL;

	assert_ptr_equal(again, all);
	assert_ptr_equal(equal, all);
	assert_ptr_not_equal(last, all);
	assert_ptr_equal(last_again, last);
	/* It lives as long as one of them. */
	ln_linker_release(last);
	assert_int_equal(ln_linker_imports(last_again, LN_ABI_0_7, &raw), 0);
	assert_non_null(raw);
	assert_ptr_equal(make(engine, 0, "m::f69"), last_again);
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
	struct ln_linker *plain = make(engine, 0, "m::f0");
	struct ln_linker *other = make(engine, 0, "m::f1");
	struct ln_linker *metered = make(engine, LN_VARIANT_METERED, "m::f0");

	assert_ptr_not_equal(other, plain);
	assert_ptr_not_equal(metered, plain);
	ln_linker_release(plain);
	ln_linker_release(other);
	ln_linker_release(metered);
}

static void each_generation_has_its_own(void **state)
{
	struct ln_linker *linker = make(*state, 0, NULL);
	struct ln_host_imports *old = NULL;
	struct ln_host_imports *again = NULL;
	struct ln_host_imports *new = NULL;

	assert_int_equal(ln_linker_imports(linker, LN_ABI_0_7, &old), 0);
	assert_int_equal(ln_linker_imports(linker, LN_ABI_0_13, &new), 0);
	assert_int_equal(ln_linker_imports(linker, LN_ABI_0_7, &again), 0);
	assert_non_null(old);
	assert_non_null(new);
	assert_ptr_not_equal(old, new);
	assert_ptr_equal(old, again);
	ln_linker_release(linker);
}

#define RACERS 4

static struct ln_linker *raced;
static struct ln_host_imports *won[RACERS];

static void *race(void *argument)
{
	struct ln_host_imports **raw = argument;

	assert_int_equal(ln_linker_imports(raced, LN_ABI_0_7, raw), 0);
	return NULL;
}

/* All who ask at the same time get the same one. */
static void racers_share(void **state)
{
	pthread_t threads[RACERS];

	for (int round = 0; round < 50; round++) {
		raced = make(*state, 0, "m::f1");
		for (int i = 0; i < RACERS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, race,
							&won[i]),
					 0);
		for (int i = 0; i < RACERS; i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);
		for (int i = 1; i < RACERS; i++)
			assert_ptr_equal(won[i], won[0]);
		ln_linker_release(raced);
	}
}

static void what_is_not_allowed_says_so(void **state)
{
	static const uint64_t allowed[] = { 2, 1 };
	char text[LN_LINKER_DENIAL];

	(void)state;
	assert_int_equal(ln_linker_denial(&functions[69], text), 55);
	assert_string_equal(
		text,
		"Host function `m::f69` unavailable in this environment.");
	assert_false(ln_linker_bit(allowed, 0));
	assert_true(ln_linker_bit(allowed, 1));
	assert_true(ln_linker_bit(allowed, 64));
	assert_false(ln_linker_bit(allowed, 65));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_the_same_is_shared),
		cmocka_unit_test(what_differs_is_not),
		cmocka_unit_test(each_generation_has_its_own),
		cmocka_unit_test(racers_share),
		cmocka_unit_test(what_is_not_allowed_says_so),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
