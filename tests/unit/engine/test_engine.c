/* Engines and their variants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/engine_class.h"
#include "engine/host_table.h"
#include "engine/preempt.h"
#include "support/shortage.h"

static const struct ln_host_table no_functions;

static struct ln_engine *make(enum ln_preemption preemption)
{
	struct ln_engine *engine = NULL;

	assert_int_equal(ln_engine_new(ln_engine_default(), &no_functions,
				       preemption, &engine),
			 0);
	return engine;
}

/* Each is made once, and has what all of the engine have. */
static void check_variants(struct ln_engine *engine, unsigned common)
{
	struct ln_variant *made[LN_VARIANTS];

	for (unsigned i = 0; i < LN_VARIANTS; i++) {
		assert_int_equal(ln_engine_complete(engine, i), i | common);
		made[i] = ln_engine_variant(engine, i);
		assert_non_null(made[i]);
		assert_ptr_equal(ln_engine_variant(engine, i), made[i]);
		for (unsigned k = 0; k < i; k++)
			assert_int_equal(made[k] == made[i],
					 (k | common) == (i | common));
	}
	ln_engine_tick(engine);
}

static void variants(void **state)
{
	struct ln_engine *engine = make(LN_PREEMPTION_EPOCHS);

	(void)state;
	assert_int_equal(ln_engine_preemption(engine), LN_PREEMPTION_EPOCHS);
	check_variants(engine, LN_VARIANT_EPOCHS);
	ln_engine_free(engine);
	engine = make(LN_PREEMPTION_SIGNAL);
	/* Where that cannot be, it is epochs. */
	assert_int_equal(ln_engine_preemption(engine),
			 LN_PREEMPT_BY_SIGNAL ? LN_PREEMPTION_SIGNAL
					      : LN_PREEMPTION_EPOCHS);
	check_variants(engine, LN_PREEMPT_BY_SIGNAL ? 0 : LN_VARIANT_EPOCHS);
	ln_engine_free(engine);
	ln_engine_free(NULL);
}

static void names(void **state)
{
	struct ln_engine_choice choice;

	(void)state;
	assert_ptr_equal(ln_engine_at(0), ln_engine_default());
	assert_null(ln_engine_at(LN_ENGINES));
	assert_true(ln_engine_choose("wasmtime", &choice));
	assert_ptr_equal(choice.class, ln_engine_default());
	assert_false(choice.interim);
	assert_int_equal(ln_engine_choose("wasmi", &choice), LN_HAS_WASMI);
	assert_ptr_equal(choice.class, ln_engine_at(1));
	assert_ptr_equal(choice.class, ln_engine_interim());
	assert_int_equal(ln_engine_choose("auto", &choice), LN_HAS_WASMI);
	assert_int_equal(choice.interim, LN_HAS_WASMI);
	if (LN_HAS_WASMI)
		assert_ptr_equal(choice.class, ln_engine_default());
	assert_int_equal(ln_engine_at(1) != NULL, LN_HAS_WASMI);
	assert_false(ln_engine_choose("wasm", &choice));
	assert_false(ln_engine_choose("", &choice));
}

static void parts(void **state)
{
	struct ln_engine *engine = make(LN_PREEMPTION_SIGNAL);

	(void)state;
	assert_ptr_equal(ln_engine_host_table(engine), &no_functions);
	assert_non_null(ln_engine_codes(engine));
	assert_non_null(ln_engine_linkers(engine));
	assert_non_null(ln_engine_memories(engine));
	assert_ptr_equal(ln_engine_class(engine), ln_engine_default());
	assert_true(ln_engine_stack_size(engine) > LN_ENGINE_STACK_DEFAULT);
	ln_engine_set_stack(engine, LN_ENGINE_STACK_MAX);
	assert_int_equal(ln_engine_stack(engine), LN_ENGINE_STACK_MAX);
	assert_true(ln_engine_stack_size(engine) > LN_ENGINE_STACK_MAX);
	/* The engine accepts that much. */
	assert_non_null(ln_engine_variant(engine, 0));
	/* Nothing has been made: there is nothing to tick. */
	ln_engine_tick(engine);
	ln_engine_free(engine);
}

/* An engine of nothing: what it is asked for is noted. */
static struct {
	enum ln_preemption wanted;
	unsigned made, freed, ticks, probes;
} asked;

static enum ln_preemption only_epochs(enum ln_preemption wanted)
{
	asked.wanted = wanted;
	return LN_PREEMPTION_EPOCHS;
}

/* No metered one can be made. */
static struct ln_variant *new_variant(const struct ln_engine *of,
				      unsigned flags)
{
	(void)of;
	if (flags & LN_VARIANT_METERED)
		return NULL;
	asked.made++;
	return (struct ln_variant *)&asked;
}

static void free_variant(struct ln_variant *variant)
{
	assert_ptr_equal(variant, &asked);
	asked.freed++;
}

static void tick(struct ln_variant *variant)
{
	assert_ptr_equal(variant, &asked);
	asked.ticks++;
}

static void prepare_probe(struct ln_variant *variant)
{
	assert_ptr_equal(variant, &asked);
	asked.probes++;
}

static const struct ln_engine_class nothing = {
	.name = "nothing",
	.version = "nothing 1",
	.prepare = only_epochs,
	.variant_new = new_variant,
	.variant_free = free_variant,
	.variant_tick = tick,
	.variant_prepare_probe = prepare_probe,
};

/* All of it goes to the table, for variants that there are. */
static void another_engine(void **state)
{
	struct ln_engine *engine = NULL;

	(void)state;
	assert_int_equal(ln_engine_new(&nothing, &no_functions,
				       LN_PREEMPTION_SIGNAL, &engine),
			 0);
	assert_ptr_equal(ln_engine_class(engine), &nothing);
	assert_int_equal(asked.wanted, LN_PREEMPTION_SIGNAL);
	assert_int_equal(ln_engine_preemption(engine), LN_PREEMPTION_EPOCHS);
	assert_null(ln_engine_variant(engine, LN_VARIANT_METERED));
	assert_ptr_equal(ln_engine_variant(engine, 0), &asked);
	assert_ptr_equal(ln_engine_variant(engine, 0), &asked);
	ln_engine_tick(engine);
	ln_engine_tick(engine);
	ln_engine_prepare_probes(engine);
	ln_engine_free(engine);
	assert_int_equal(asked.made, 1);
	assert_int_equal(asked.ticks, 2);
	assert_int_equal(asked.probes, 1);
	assert_int_equal(asked.freed, 1);
}

/* A guest that cannot be interrupted is told. */
static void no_interruption(void **state)
{
	struct ln_instance instance = { .class = &nothing };

	(void)state;
	ln_preempt_guest(&instance, NULL);
	assert_true(atomic_load(&instance.overdue));
}

static void no_memory(void **state)
{
	struct ln_engine *engine = NULL;
	unsigned failed = 0;
	int error;

	(void)state;
	for (;; failed++) {
		test_shortage_begin(TEST_SHORT_CALLOC | TEST_SHORT_MALLOC,
				    failed);
		error = ln_engine_new(ln_engine_default(), &no_functions,
				      LN_PREEMPTION_SIGNAL, &engine);
		if (!test_shortage_end())
			break;
		assert_int_equal(error, LN_ENOMEM);
		assert_null(engine);
	}
	assert_true(failed >= 4);
	assert_int_equal(error, 0);
	ln_engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variants),
		cmocka_unit_test(another_engine),
		cmocka_unit_test(no_interruption),
		cmocka_unit_test(names),
		cmocka_unit_test(parts),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
