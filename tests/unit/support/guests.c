/* Guests of the engine alone. */
#include "support/guests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/host_table.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "engine/preempt.h"
#include "engine/report.h"
#include "sched/sched.h"
#include "support/traps.h"

static bool call_host(void *callee, void *caller, union ln_value *values,
		      size_t count)
{
	struct test_guest *guest = ln_instance_running()->data;

	(void)callee;
	(void)caller;
	(void)values;
	(void)count;
	return guest->host == NULL || guest->host(guest);
}

/* As proc_exit does. */
static bool call_stop(void *callee, void *caller, union ln_value *values,
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

static const struct ln_host_function functions[] = {
	{ "test", "host", "", "", LN_ABI_ANY, call_host },
	{ "test", "stop", "", "", LN_ABI_ANY, call_stop },
};
static const struct ln_host_table table = { .functions = functions,
					    .count = 2 };

void test_guests_init(struct test_guests *all, enum ln_preemption preemption)
{
	struct ln_sched_options options = { .workers = 1 };

	assert_int_equal(ln_engine_new(ln_engine_default(), &table, preemption,
				       &all->engine),
			 0);
	options.stack_size = ln_engine_stack_size(all->engine);
	/* Compiles something, so that the engine's handlers are there, and not
	 * yet those of a test if this is the set-up of all. */
	assert_non_null(ln_engine_variant(all->engine, 0));
	ln_engine_prepare_probes(all->engine);
	test_traps_are_the_engines();
	options.on_tick = ln_engine_tick;
	options.on_tick_argument = all->engine;
	if (ln_engine_preemption(all->engine) == LN_PREEMPTION_SIGNAL)
		options.on_preempt = ln_preempt_guest;
	assert_int_equal(ln_sched_new(&options, &all->sched), 0);
}

void test_guests_deinit(struct test_guests *all)
{
	ln_sched_free(all->sched);
	ln_engine_free(all->engine);
}

struct test_guests test_guests_shared;

int test_guests_set_up(void **state)
{
	(void)state;
	test_guests_init(&test_guests_shared, LN_PREEMPTION_SIGNAL);
	return 0;
}

int test_guests_tear_down(void **state)
{
	(void)state;
	test_guests_deinit(&test_guests_shared);
	return 0;
}

void test_guest_init(struct test_guests *all, unsigned variant,
		     const char *text, struct test_guest *guest)
{
	const struct ln_compiled_limits limits = { .max_bytes = 4 << 20 };
	char *error;

	*guest = (struct test_guest){
		.all = all,
		.limits = { .max_memory = UINT64_C(1) << 32,
			    .max_fuel = UINT64_C(1) << 40,
			    .max_table_elements = 1000 },
		.entry = "f",
	};
	assert_int_equal(
		ln_linker_new(all->engine, variant, NULL, NULL, &guest->linker),
		0);
	if (ln_compiled_new(all->engine, NULL, variant, guest->linker,
			    (const uint8_t *)text, strlen(text), &limits,
			    &guest->module, &error) != 0)
		fail_msg("%s", error);
	test_traps_are_the_engines();
}

static void drop_notes(struct test_guest *guest)
{
	free(guest->report);
	guest->report = NULL;
	for (int i = 0; i < 8; i++) {
		free(guest->texts[i]);
		guest->texts[i] = NULL;
	}
}

void test_guest_deinit(struct test_guest *guest)
{
	drop_notes(guest);
	ln_compiled_release(guest->module);
	ln_linker_release(guest->linker);
}

struct told {
	struct ln_report *report;
	char *text;
};

static void tell(void *argument)
{
	struct told *told = argument;

	told->text = ln_report_text(told->report);
}

/* The text of a report, on the worker's stack. */
static char *text_of(struct test_guest *guest, struct ln_report *report)
{
	struct told told = { .report = report };

	if (report != NULL)
		ln_task_on_worker_stack(&guest->task.task, tell, &told);
	ln_report_free(report);
	return told.text;
}

static void run(void *argument)
{
	struct test_guest *guest = argument;
	struct ln_report *report;
	const struct ln_entry *entry = ln_compiled_entry(
		guest->module, guest->entry, strlen(guest->entry));

	guest->made = ln_instance_init(&guest->instance, guest->module,
				       &guest->limits, &guest->task.task, guest,
				       &report);
	if (guest->made == 0 && entry != NULL)
		guest->stop = ln_instance_call(&guest->instance, entry,
					       guest->params, &report);
	guest->report = text_of(guest, report);
	if (guest->made == 0 && guest->after != NULL)
		guest->after(guest);
	ln_instance_deinit(&guest->instance);
}

void test_guest_start(struct test_guest *guest)
{
	drop_notes(guest);
	memset(guest->numbers, 0, sizeof(guest->numbers));
	memset(&guest->task, 0, sizeof(guest->task));
	test_task_start(guest->all->sched, &guest->task, run, guest);
}

void test_guest_run(struct test_guest *guest)
{
	test_guest_start(guest);
	test_task_wait_over(&guest->task);
}
