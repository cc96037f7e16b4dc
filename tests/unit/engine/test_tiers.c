/* The two tiers of a module: the fast one as long as it has slots, then the
 * dense one, whose code is made for that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/linker.h"
#include "engine/memory.h"
#include "engine/module.h"
#include "engine/preempt.h"
#include "engine/report.h"
#include "engine/slots.h"
#include "engine/spares.h"
#include "engine/tiers.h"
#include "engine/value.h"
#include "sched/sched.h"
#include "support/tasks.h"
#include "support/traps.h"

#define SLOTS 8
#define LIVES 20

struct life {
	struct test_task task;
	struct ln_instance instance;
	struct ln_compiled *module;
	_Atomic bool begun; /* its guest has called us */
	int made;
	bool fast; /* the tier that it was in */
	char *reason;
	enum ln_stop stop;
};

static struct ln_engine *engine;
static struct ln_sched *sched;
static struct ln_linker *linker;
static struct life lives[LIVES];

static bool park(void *callee, void *caller, union ln_value *values,
		 size_t count)
{
	struct ln_instance *instance = ln_instance_running();

	(void)callee;
	(void)caller;
	(void)values;
	(void)count;
	atomic_store(&((struct life *)instance->data)->begun, true);
	while (ln_task_wait(instance->task, LN_NEVER) != LN_EKILLED)
		;
	instance->host_stop = true;
	ln_instance_record_trap("killed", 6);
	return false;
}

static const struct ln_host_function functions[] = {
	{ "test", "park", "", "", LN_ABI_ANY, park },
};
static const struct ln_host_table table = { .functions = functions,
					    .count = 1 };

static struct ln_slots *slots(void)
{
	return ln_memories_slots(ln_engine_memories(engine));
}

/* An engine whose fast tier has SLOTS slots. */
static void set_up(void)
{
	struct ln_sched_options options = { .workers = 2 };

	assert_int_equal(ln_engine_new(ln_engine_default(), &table,
				       LN_PREEMPTION_SIGNAL, &engine),
			 0);
	ln_slots_lower(slots(), SLOTS);
	assert_int_equal(ln_slots_max(slots()), SLOTS);
	options.stack_size = ln_engine_stack_size(engine);
	options.on_tick = ln_engine_tick;
	options.on_tick_argument = engine;
	if (ln_engine_preemption(engine) == LN_PREEMPTION_SIGNAL)
		options.on_preempt = ln_preempt_guest;
	assert_int_equal(ln_sched_new(&options, &sched), 0);
	assert_int_equal(
		ln_linker_new(engine, LN_VARIANT_GUARD, NULL, NULL, &linker),
		0);
}

static void tear_down(void)
{
	ln_sched_wait_idle(sched);
	ln_linker_release(linker);
	ln_sched_free(sched);
	assert_int_equal(ln_slots_taken(slots()), 0);
	ln_engine_free(engine);
}

static struct ln_compiled *compile(const char *text)
{
	const struct ln_compiled_limits limits = { .max_bytes = 4 << 20,
						   .tiered = true };
	struct ln_compiled *module;
	char *error;

	if (ln_compiled_new(engine, NULL, LN_VARIANT_GUARD, linker,
			    (const uint8_t *)text, strlen(text), &limits,
			    &module, &error) != 0)
		fail_msg("%s", error);
	test_traps_are_the_engines();
	return module;
}

static void live(void *argument)
{
	const struct ln_instance_limits limits = {
		.max_memory = UINT64_C(64) << 20,
		.max_table_elements = 1000,
	};
	struct life *life = argument;
	struct ln_report *report;

	life->made = ln_instance_init(&life->instance, life->module, &limits,
				      &life->task.task, life, &report);
	life->fast = (ln_compiled_variant(life->instance.module) &
		      LN_VARIANT_GUARD) != 0;
	if (life->made == 0)
		life->stop = ln_instance_call(
			&life->instance,
			ln_compiled_entry(life->module, "f", 1), NULL, &report);
	if (report != NULL)
		life->reason = strdup(ln_report_reason(report));
	ln_report_free(report);
	ln_instance_deinit(&life->instance);
}

static void begin(struct life *life, struct ln_compiled *module)
{
	memset(life, 0, sizeof(*life));
	life->module = module;
	test_task_start(sched, &life->task, live, life);
}

static void wait_begun(struct life *life)
{
	while (!atomic_load(&life->begun) && !atomic_load(&life->task.over))
		test_nap();
}

/* Begins lives that wait; they are all there at the end. */
static void begin_all(unsigned count, struct ln_compiled *module)
{
	for (unsigned i = 0; i < count; i++) {
		begin(&lives[i], module);
		wait_begun(&lives[i]);
	}
}

static unsigned end_all(unsigned count)
{
	unsigned fast = 0;

	for (unsigned i = 0; i < count; i++)
		ln_task_interrupt(&lives[i].task.task);
	for (unsigned i = 0; i < count; i++) {
		test_task_wait_over(&lives[i].task);
		assert_int_equal(lives[i].made, 0);
		assert_int_equal(lives[i].stop, LN_STOP_HOST);
		free(lives[i].reason);
		fast += lives[i].fast;
	}
	return fast;
}

#define ONE                                                     \
	"(module (import \"test\" \"park\" (func $park))"       \
	" (memory (export \"memory\") 1)"                       \
	" (data (i32.const 5000) \"some\")"                     \
	" (func (export \"f\")"                                 \
	"  (if (i32.ne (i32.load (i32.const 5000))"             \
	"   (i32.const 0x656d6f73)) (then unreachable))"        \
	"  (if (i32.load (i32.const 9000)) (then unreachable))" \
	"  (i32.store (i32.const 9000) (i32.const 1))"          \
	"  (i32.store (i32.const 5000) (i32.const 1))"          \
	"  (call $park)))"

static void overflows(void **state)
{
	struct ln_compiled *module;
	struct ln_spares_tally tally;

	(void)state;
	set_up();
	module = compile(ONE);
	for (int round = 0; round < 4; round++) {
		begin_all(LIVES, module);
		assert_int_equal(ln_slots_taken(slots()), SLOTS);
		assert_int_equal(end_all(LIVES), SLOTS);
	}
	/* Both tiers use instances again. */
	ln_spares_tell(ln_engine_spares(engine), &tally);
	assert_true(tally.renewed >= 3 * LIVES - 2);
	/* Who needs none is always fast. */
	ln_compiled_release(module);
	module = compile("(module (import \"test\" \"park\" (func $park))"
			 " (func (export \"f\") (call $park)))");
	begin_all(LIVES, module);
	assert_int_equal(end_all(LIVES), LIVES);
	ln_compiled_release(module);
	tear_down();
}

/* At the same time, so that many wait for the code. */
static void together(void **state)
{
	struct ln_compiled *module;

	(void)state;
	set_up();
	module = compile(ONE);
	for (unsigned i = 0; i < LIVES; i++)
		begin(&lives[i], module);
	for (unsigned i = 0; i < LIVES; i++)
		wait_begun(&lives[i]);
	assert_int_equal(end_all(LIVES), SLOTS);
	ln_compiled_release(module);
	tear_down();
}

/* A module with two memories takes two slots. */
static void memories(void **state)
{
	struct ln_compiled *module;

	(void)state;
	set_up();
	module = compile("(module (import \"test\" \"park\" (func $park))"
			 " (memory (export \"memory\") 1) (memory $m 2)"
			 " (func (export \"f\")"
			 "  (if (i32.load $m (i32.const 70000))"
			 "   (then unreachable))"
			 "  (i32.store $m (i32.const 70000) (i32.const 1))"
			 "  (call $park)))");
	for (int round = 0; round < 3; round++) {
		begin_all(LIVES, module);
		assert_int_equal(end_all(LIVES), SLOTS / 2);
	}
	ln_compiled_release(module);
	tear_down();
}

/* Slots of ended instances of one module go to another one. */
static void makes_room(void **state)
{
	struct ln_compiled *modules[2];

	(void)state;
	set_up();
	modules[0] = compile(ONE);
	modules[1] = compile(" " ONE);
	begin_all(SLOTS, modules[0]);
	assert_int_equal(end_all(SLOTS), SLOTS);
	begin_all(SLOTS, modules[0]);
	assert_int_equal(end_all(SLOTS), SLOTS);
	assert_true(ln_slots_taken(slots()) >= SLOTS - 2);
	ln_spares_trim(ln_engine_spares(engine));
	begin_all(SLOTS, modules[1]);
	assert_int_equal(end_all(SLOTS), SLOTS);
	ln_compiled_release(modules[0]);
	ln_compiled_release(modules[1]);
	tear_down();
}

/* What cannot begin in the fast tier ends when nothing is compiled any more. */
static void stopped(void **state)
{
	struct ln_compiled *module;
	unsigned begun = 0;

	(void)state;
	set_up();
	module = compile(ONE);
	begin_all(SLOTS / 2, module);
	ln_tiers_stop(ln_engine_tiers(engine));
	for (unsigned i = SLOTS / 2; i < LIVES; i++)
		begin(&lives[i], module);
	for (unsigned i = SLOTS / 2; i < LIVES; i++)
		wait_begun(&lives[i]);
	for (unsigned i = 0; i < LIVES; i++) {
		if (atomic_load(&lives[i].begun)) {
			begun++;
			ln_task_interrupt(&lives[i].task.task);
		}
		test_task_wait_over(&lives[i].task);
		assert_int_equal(lives[i].made,
				 lives[i].begun ? 0 : LN_EKILLED);
		assert_null(lives[i].reason);
	}
	assert_int_equal(begun, SLOTS);
	ln_compiled_release(module);
	tear_down();
}

static void none(void **state)
{
	(void)state;
	ln_tiers_free(NULL);
	ln_tier_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overflows), cmocka_unit_test(together),
		cmocka_unit_test(memories),  cmocka_unit_test(makes_room),
		cmocka_unit_test(stopped),   cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
