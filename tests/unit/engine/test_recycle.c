/*
 * Instances that are used again: whatever a life has changed and however it has
 * ended, the next one sees what the first one saw. With --noticed: the program
 * has a mistake built in (recycle/mutate.sh), and fails if none is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "engine/preempt.h"
#include "engine/report.h"
#include "engine/slots.h"
#include "engine/spares.h"
#include "engine/value.h"
#include "recycle/dirty.h"
#include "sched/sched.h"
#include "support/addresses.h"
#include "support/tasks.h"
#include "support/traps.h"

#define MEMORY_MAX (UINT64_C(64) << 20)
#define FUEL_MAX (UINT64_C(30) << 20)
#define LIVES 60 /* at the same time */

/* What a life saw at its beginning. */
struct seen {
	uint64_t hash;
	uint64_t size;  /* of the memory */
	uint64_t used;  /* charged */
	uint64_t fuel;  /* used, by seeing this */
	uint64_t other; /* that the host can see: a hash of the memory */
};

struct life {
	struct test_task task;
	struct ln_instance instance;
	struct ln_compiled *module;
	struct ln_instance_limits limits;
	enum dirty_end end;
	_Atomic bool begun;

	int made;
	enum ln_stop stop;
	struct seen seen;
};

static struct ln_engine *engine;
static struct ln_sched *sched;
static unsigned differences;

/* Whether something is as it should be; with --noticed it need not be. */
static bool tolerant;

static void expect(bool is, const char *what, const struct life *life)
{
	if (is)
		return;
	differences++;
	if (!tolerant)
		fail_msg("%s, end %d, made %d, stop %d", what, life->end,
			 life->made, life->stop);
}

/* ---- Host functions ---- */

static uint64_t hash_bytes(const uint8_t *bytes, uint64_t len)
{
	uint64_t hash = 7;

	/* What the guest has stored is a hash already. */
	for (uint64_t i = 8; i + 8 <= len; i += 8) {
		uint64_t word;

		memcpy(&word, bytes + i, 8);
		hash = (hash ^ word) * UINT64_C(1099511628211);
		hash ^= hash >> 31;
	}
	return hash;
}

static bool host(void *callee, void *caller, union ln_value *values,
		 size_t count)
{
	struct ln_instance *instance = ln_instance_running();
	struct life *life = instance->data;
	uint8_t *base;
	uint64_t size;

	(void)callee;
	(void)caller;
	(void)values;
	(void)count;
	if (!ln_instance_view(instance, &base, &size))
		return true;
	memcpy(&life->seen.hash, base, 8);
	life->seen.size = size;
	life->seen.used = instance->memory_used;
	life->seen.fuel = ln_instance_fuel_used(instance);
	life->seen.other = hash_bytes(base, size);
	atomic_store(&life->begun, true);
	return true;
}

static bool stop(void *callee, void *caller, union ln_value *values,
		 size_t count)
{
	(void)callee;
	(void)caller;
	(void)values;
	(void)count;
	ln_instance_running()->host_stop = true;
	ln_instance_record_trap("stopped", 7);
	return false;
}

static bool call_again(struct ln_instance *instance, const char *name)
{
	const struct ln_entry *entry =
		ln_instance_export(instance, name, "", 0);
	union ln_value none;
	int error = ln_instance_reenter(instance, entry, &none, NULL);

	ln_instance_resumed(instance);
	if (error == LN_ETRAP)
		return true;
	ln_instance_record_trap("ended", 5);
	return false;
}

static bool act(void *callee, void *caller, union ln_value *values,
		size_t count)
{
	struct ln_instance *instance = ln_instance_running();
	struct life *life = instance->data;

	(void)callee;
	(void)caller;
	(void)values;
	(void)count;
	switch (life->end) {
	case DIRTY_CAUGHT:
		return call_again(instance, "trap");
	case DIRTY_CALLED:
		return call_again(instance, "spin");
	case DIRTY_PARKED:
		while (ln_task_wait(instance->task, LN_NEVER) != LN_EKILLED)
			;
		instance->host_stop = true;
		ln_instance_record_trap("killed", 6);
		return false;
	default:
		ln_instance_record_trap("host", 4);
		return false;
	}
}

static const struct ln_host_function functions[] = {
	{ "test", "host", "", "", LN_ABI_ANY, host },
	{ "test", "act", "", "", LN_ABI_ANY, act },
	{ "test", "stop", "", "", LN_ABI_ANY, stop },
};
static const struct ln_host_table table = { .functions = functions,
					    .count = 3 };

static void set_up(enum ln_preemption preemption, unsigned workers)
{
	struct ln_sched_options options = { .workers = workers };

	assert_int_equal(
		ln_engine_new(ln_engine_default(), &table, preemption, &engine),
		0);
	assert_non_null(ln_engine_variant(engine, 0));
	test_traps_are_the_engines();
	options.stack_size = ln_engine_stack_size(engine);
	options.on_tick = ln_engine_tick;
	options.on_tick_argument = engine;
	if (ln_engine_preemption(engine) == LN_PREEMPTION_SIGNAL)
		options.on_preempt = ln_preempt_guest;
	assert_int_equal(ln_sched_new(&options, &sched), 0);
}

static void tear_down(void)
{
	ln_sched_free(sched);
	ln_engine_free(engine);
}

/* ---- Lives ---- */

struct subject {
	struct ln_linker *linker;
	struct ln_compiled *module;
	unsigned variant;
};

static void compile(struct subject *subject, unsigned variant, const char *text)
{
	const struct ln_compiled_limits limits = { .max_bytes = 4 << 20 };
	char *error;

	subject->variant = variant;
	assert_int_equal(
		ln_linker_new(engine, variant, NULL, NULL, &subject->linker),
		0);
	if (ln_compiled_new(engine, NULL, variant, subject->linker,
			    (const uint8_t *)text, strlen(text), &limits,
			    &subject->module, &error) != 0)
		fail_msg("%s in %s", error, text);
}

static void release(struct subject *subject)
{
	ln_compiled_release(subject->module);
	ln_linker_release(subject->linker);
}

static void live(void *argument)
{
	struct life *life = argument;
	const union ln_value end = { .i32 = (int32_t)life->end };
	struct ln_report *report;

	life->made =
		ln_instance_init(&life->instance, life->module, &life->limits,
				 &life->task.task, life, &report);
	if (life->made == 0)
		life->stop = ln_instance_call(
			&life->instance,
			ln_compiled_entry(life->module, "f", 1), &end, &report);
	ln_report_free(report);
	ln_instance_deinit(&life->instance);
}

static void begin(struct life *life, const struct subject *subject,
		  enum dirty_end end)
{
	memset(life, 0, sizeof(*life));
	life->module = subject->module;
	life->end = end;
	life->limits = (struct ln_instance_limits){
		.max_memory = MEMORY_MAX,
		.max_fuel = FUEL_MAX,
		.max_table_elements = 1000,
	};
	test_task_start(sched, &life->task, live, life);
}

static enum ln_stop expected(enum dirty_end end)
{
	if (end == DIRTY_RETURN || end == DIRTY_CAUGHT)
		return LN_STOP_RETURNED;
	return end == DIRTY_EXIT || end >= DIRTY_KILLED ? LN_STOP_HOST
							: LN_STOP_TRAPPED;
}

static void finish(struct life *life, const struct seen *reference)
{
	bool metered =
		(ln_compiled_variant(life->module) & LN_VARIANT_METERED) != 0;

	if (life->end >= DIRTY_KILLED) {
		while (!atomic_load(&life->begun) &&
		       !atomic_load(&life->task.over))
			test_nap();
		test_nap();
		ln_task_interrupt(&life->task.task);
	}
	test_task_wait_over(&life->task);
	expect(life->made == 0, "it was not made", life);
	/* What computes for ever may have used its fuel up first. */
	if (!metered || life->end < DIRTY_KILLED ||
	    life->stop != LN_STOP_TRAPPED)
		expect(life->stop == expected(life->end), "another end", life);
	if (reference == NULL)
		return;
	expect(life->seen.hash == reference->hash, "another hash", life);
	expect(life->seen.size == reference->size, "another size", life);
	expect(life->seen.used == reference->used, "charged otherwise", life);
	expect(life->seen.other == reference->other, "another memory", life);
	expect(life->seen.fuel == reference->fuel, "other fuel", life);
}

static void run(struct life *life, const struct subject *subject,
		enum dirty_end end, const struct seen *reference)
{
	begin(life, subject, end);
	finish(life, reference);
}

static uint64_t renewed(void)
{
	struct ln_spares_tally tally;

	ln_spares_tell(ln_engine_spares(engine), &tally);
	return tally.renewed;
}

static uint64_t kept(void)
{
	struct ln_spares_tally tally;

	ln_spares_tell(ln_engine_spares(engine), &tally);
	return tally.kept;
}

/* The first two instances are made; the second one is kept. */
static void get_known(struct life *life, const struct subject *subject,
		      struct seen *reference)
{
	uint64_t before = renewed();

	run(life, subject, DIRTY_RETURN, NULL);
	*reference = life->seen;
	run(life, subject, DIRTY_RETURN, reference);
	expect(renewed() == before, "used again too early", life);
}

static bool applies(const struct subject *subject, enum dirty_end end)
{
	return end != DIRTY_FUEL ||
	       (subject->variant & LN_VARIANT_METERED) != 0;
}

static const struct dirty_shape shapes[] = {
	{ .tables = "", .memory = "2" },
	{ .tables = "64", .memory = "2 900", .second_memory = true },
	{ .tables = "64", .memory = "i64 2" },
	{ .tables = "", .memory = "2", .still = true },
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* A life that changes all, and one that looks. */
static void check_ends(unsigned variant, const struct dirty_shape *shape)
{
	char *text = dirty_text(shape);
	struct subject subject;
	struct seen reference;
	static struct life life;
	uint64_t before;

	compile(&subject, variant, text);
	free(text);
	get_known(&life, &subject, &reference);
	for (enum dirty_end end = 0; end < DIRTY_ENDS; end++) {
		if (!applies(&subject, end))
			continue;
		before = renewed();
		run(&life, &subject, end, &reference);
		run(&life, &subject, DIRTY_RETURN, &reference);
		expect(renewed() == before + 2, "not used again", &life);
	}
	release(&subject);
	expect(kept() == 0, "some are left", &life);
}

static void check_variants(enum ln_preemption preemption)
{
	static const unsigned variants[] = {
		0,
		LN_VARIANT_GUARD,
		LN_VARIANT_METERED,
		LN_VARIANT_METERED | LN_VARIANT_GUARD,
	};

	set_up(preemption, 1);
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		for (size_t k = 0; k < SHAPES; k++)
			check_ends(variants[i], &shapes[k]);
	}
	tear_down();
}

/* An instance that must be made, when it is known what they are like. */
static void made_anew(void **state)
{
	static struct life life;

	(void)state;
	set_up(LN_PREEMPTION_SIGNAL, 1);
	for (size_t i = 0; i < 2 * SHAPES; i++) {
		char *text = dirty_text(&shapes[i / 2]);
		struct subject subject;
		struct seen reference;

		compile(&subject, i % 2 == 0 ? 0 : LN_VARIANT_GUARD, text);
		free(text);
		get_known(&life, &subject, &reference);
		for (int k = 0; k < 4; k++) {
			ln_spares_trim(ln_engine_spares(engine));
			run(&life, &subject, (enum dirty_end)k, &reference);
		}
		release(&subject);
	}
	tear_down();
}

static void every_end(void **state)
{
	(void)state;
	check_variants(LN_PREEMPTION_SIGNAL);
}

static void every_end_with_epochs(void **state)
{
	(void)state;
	check_variants(LN_PREEMPTION_EPOCHS);
}

/* Many at once, in any order. */
static void check_workers(unsigned workers, unsigned variant)
{
	struct life *lives = calloc(LIVES, sizeof(*lives));
	char *text = dirty_text(&shapes[1]);
	struct subject subject;
	struct seen reference;
	uint64_t before;

	assert_non_null(lives);
	set_up(LN_PREEMPTION_SIGNAL, workers);
	compile(&subject, variant, text);
	free(text);
	get_known(&lives[0], &subject, &reference);
	before = renewed();
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < LIVES; i++) {
			enum dirty_end end =
				(enum dirty_end)((i * 7 + round) % DIRTY_ENDS);

			if (!applies(&subject, end))
				end = DIRTY_RETURN;
			begin(&lives[i], &subject, end);
		}
		for (int i = 0; i < LIVES; i++)
			finish(&lives[i], &reference);
	}
	assert_true(renewed() > before);
	release(&subject);
	assert_int_equal(kept(), 0);
	tear_down();
	free(lives);
}

static void many_workers(void **state)
{
	static const unsigned workers[] = { 1, 2, 4 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		check_workers(workers[i], 0);
		check_workers(workers[i], LN_VARIANT_GUARD);
	}
}

/* Lives that change a few bytes, here and there. */
static void little(void **state)
{
	static const char text[] =
		"(module (import \"test\" \"host\" (func $host))"
		" (memory (export \"memory\") 3)"
		" (data (i32.const 100) \"some\")"
		" (data (i32.const 80000) \"more\")"
		" (func (export \"f\") (param i32)"
		"  (local $i i32) (local $h i64)"
		"  (local.set $i (i32.const 8))"
		"  (loop $l"
		"   (local.set $h (i64.mul (i64.xor (local.get $h)"
		"    (i64.load (local.get $i))) (i64.const 1099511628211)))"
		"   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i)"
		"    (i32.const 8))) (i32.const 196608))))"
		"  (i64.store (i32.const 0) (local.get $h))"
		"  (call $host)"
		"  (i32.store (i32.const 102) (i32.const -1))"
		"  (i32.store (i32.const 81918) (i32.const -1))"
		"  (i32.store (i32.const 130000) (i32.const -1))"
		"  (i32.store (i32.const 196604) (i32.const -1))))";
	static struct life life;
	struct subject subject;
	struct seen reference;

	(void)state;
	set_up(LN_PREEMPTION_SIGNAL, 1);
	for (unsigned variant = 0; variant <= LN_VARIANT_GUARD;
	     variant += LN_VARIANT_GUARD) {
		compile(&subject, variant, text);
		get_known(&life, &subject, &reference);
		for (int i = 0; i < 6; i++)
			run(&life, &subject, DIRTY_RETURN, &reference);
		release(&subject);
	}
	tear_down();
}

/* Limits are those of each life. */
static void other_limits(void **state)
{
	static const char text[] =
		"(module (import \"test\" \"host\" (func $host))"
		" (memory (export \"memory\") 1) (table $t 1 funcref)"
		" (func (export \"f\") (param i32)"
		"  (i32.store (i32.const 0)"
		"   (table.grow $t (ref.null func) (i32.const 50)))"
		"  (i32.store (i32.const 4) (memory.grow (i32.const 3)))"
		"  (call $host)))";
	struct ln_instance_limits limits = { .max_memory = MEMORY_MAX,
					     .max_fuel = FUEL_MAX };
	static struct life life;
	struct subject subject;

	(void)state;
	set_up(LN_PREEMPTION_SIGNAL, 1);
	for (unsigned variant = 0; variant <= LN_VARIANT_GUARD;
	     variant += LN_VARIANT_GUARD) {
		compile(&subject, variant, text);
		for (int i = 0; i < 12; i++) {
			bool wide = i < 3 || i % 2 == 0;

			memset(&life, 0, sizeof(life));
			life.module = subject.module;
			life.limits = limits;
			life.limits.max_table_elements = wide ? 100 : 10;
			life.limits.max_memory =
				wide ? MEMORY_MAX : UINT64_C(200) << 10;
			test_task_start(sched, &life.task, live, &life);
			test_task_wait_over(&life.task);
			assert_int_equal(life.made, 0);
			expect(life.seen.hash ==
				       (wide ? UINT64_C(0x0000000100000001)
					     : UINT64_MAX),
			       "other limits", &life);
		}
		/* A memory that does not fit is refused as ever. */
		life.limits.max_memory = 1000;
		test_task_start(sched, &life.task, live, &life);
		test_task_wait_over(&life.task);
		assert_int_equal(life.made, LN_ELIMIT);
		assert_int_equal(life.instance.memory_used, 0);
		release(&subject);
	}
	tear_down();
}

static void count_drops(const char *text, enum ln_drop why)
{
	struct ln_spares_tally tally;
	static struct life life;
	struct subject subject;

	set_up(LN_PREEMPTION_SIGNAL, 1);
	compile(&subject, 0, text);
	for (int i = 0; i < 5; i++) {
		run(&life, &subject, DIRTY_RETURN, NULL);
		assert_int_equal(life.stop, LN_STOP_RETURNED);
	}
	ln_spares_tell(ln_engine_spares(engine), &tally);
	assert_int_equal(tally.renewed, 0);
	assert_int_equal(tally.kept, 0);
	/* It is known from the start, or from the second instance on. */
	assert_in_range(tally.dropped[why], 4, 5);
	release(&subject);
	tear_down();
}

static void not_used_again(void **state)
{
	(void)state;
	count_drops("(module (start $s) (func $s)"
		    " (func (export \"f\") (param i32)))",
		    LN_DROP_MODULE);
	count_drops("(module (type $s (struct (field i32)))"
		    " (func (export \"f\") (param i32)"
		    "  (drop (struct.new $s (i32.const 1)))))",
		    LN_DROP_MODULE);
	count_drops("(module (table 1 externref)"
		    " (func (export \"f\") (param i32)))",
		    LN_DROP_MODULE);
	count_drops("(module (global (mut externref) (ref.null extern))"
		    " (func (export \"f\") (param i32)))",
		    LN_DROP_MODULE);
	count_drops("(module (memory 1) (memory 1) (memory 1) (memory 1)"
		    " (memory 1) (func (export \"f\") (param i32)))",
		    LN_DROP_MODULE);
}

/* There are never more than a bound, and they can be had back. */
static void bounded(void **state)
{
	static const char text[] =
		"(module (import \"test\" \"act\" (func $act))"
		" (memory (export \"memory\") 10)"
		" (func (export \"f\") (param i32) (call $act)))";
	enum { COUNT = 300 };
	struct life *lives = calloc(COUNT, sizeof(*lives));
	struct ln_spares_tally tally;
	struct subject subject;

	(void)state;
	assert_non_null(lives);
	set_up(LN_PREEMPTION_SIGNAL, 2);
	compile(&subject, LN_VARIANT_GUARD, text);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < COUNT; i++)
			begin(&lives[i], &subject, DIRTY_PARKED);
		for (int i = 0; i < COUNT; i++)
			test_task_wait_parked(&lives[i].task);
		for (int i = 0; i < COUNT; i++)
			ln_task_interrupt(&lives[i].task.task);
		for (int i = 0; i < COUNT; i++)
			test_task_wait_over(&lives[i].task);
	}
	ln_spares_tell(ln_engine_spares(engine), &tally);
	assert_true(tally.dropped[LN_DROP_FULL] > 0);
	assert_in_range(tally.kept, 10, COUNT - 10);
	assert_in_range(tally.bytes, tally.kept * 4096, UINT64_C(64) << 20);
	ln_spares_trim(ln_engine_spares(engine));
	ln_spares_tell(ln_engine_spares(engine), &tally);
	assert_int_equal(tally.kept, 0);
	assert_in_range(tally.bytes, 0, 4096);
	release(&subject);
	ln_spares_tell(ln_engine_spares(engine), &tally);
	assert_int_equal(tally.bytes, 0);
	tear_down();
	free(lives);
}

/* Bytes of addresses that the program has. */
/* Those of one module make way for another one when there are no addresses. */
static void given_back(void **state)
{
	static const char first[] =
		"(module (import \"test\" \"act\" (func $act))"
		" (memory (export \"memory\") 1)"
		" (func (export \"f\") (param i32) (call $act)))";
	static const char other[] = "(module (memory (export \"memory\") 1)"
				    " (func (export \"f\") (param i32)))";
	enum { COUNT = 8 };
	const uint64_t stride = LN_SLOT_RESERVED + LN_SLOT_GUARD;
	struct subject subjects[2];
	struct rlimit limit, tight;
	static struct life lives[COUNT];

	(void)state;
	if (!LN_ASAN && !LN_TSAN && !test_addresses_are_limited())
		skip();
	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	tight = limit;
	tight.rlim_cur = test_addresses() + 2 * COUNT * stride + (stride / 2);
	if (!LN_ASAN && !LN_TSAN)
		assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
	set_up(LN_PREEMPTION_SIGNAL, 1);
	compile(&subjects[0], LN_VARIANT_GUARD, first);
	compile(&subjects[1], LN_VARIANT_GUARD, other);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < COUNT; i++)
			begin(&lives[i], &subjects[0], DIRTY_PARKED);
		for (int i = 0; i < COUNT; i++)
			test_task_wait_parked(&lives[i].task);
		for (int i = 0; i < COUNT; i++)
			ln_task_interrupt(&lives[i].task.task);
		for (int i = 0; i < COUNT; i++)
			test_task_wait_over(&lives[i].task);
	}
	assert_int_equal(kept(), COUNT);
	tight.rlim_cur = test_addresses() + (UINT64_C(1) << 30);
	assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
	run(&lives[0], &subjects[1], DIRTY_RETURN, NULL);
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	assert_true(kept() == 0 || LN_ASAN || LN_TSAN);
	release(&subjects[0]);
	release(&subjects[1]);
	tear_down();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_end),
	cmocka_unit_test(every_end_with_epochs),
	cmocka_unit_test(little),
	cmocka_unit_test(made_anew),
	cmocka_unit_test(many_workers),
	cmocka_unit_test(other_limits),
	cmocka_unit_test(not_used_again),
	cmocka_unit_test(bounded),
	cmocka_unit_test(given_back),
};

static const struct CMUnitTest noticing[] = {
	cmocka_unit_test(every_end),
	cmocka_unit_test(little),
	cmocka_unit_test(made_anew),
	cmocka_unit_test(other_limits),
};

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--noticed") != 0)
		return cmocka_run_group_tests(tests, NULL, NULL);
	tolerant = true;
	if (cmocka_run_group_tests(noticing, NULL, NULL) != 0)
		return 1;
	return differences > 0 ? 0 : 1;
}
