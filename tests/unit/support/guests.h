/*
 * Instances of modules without processes: an engine, a scheduler, and a task
 * for each guest. Guests may import test::host and test::stop; what these do is
 * the test's. Assertions must not be made on fibers, so what is seen there is
 * noted in the guest and checked afterwards.
 */
#ifndef LN_TEST_SUPPORT_GUESTS_H
#define LN_TEST_SUPPORT_GUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/value.h"
#include "support/tasks.h"

struct test_guests {
	struct ln_engine *engine;
	struct ln_sched *sched; /* of one worker */
};

/* In a test, or before the first one. Only variant 0 can tell where its guests
 * are, until ln_engine_prepare_probes. */
void test_guests_init(struct test_guests *all, enum ln_preemption preemption);

/* All guests must have been dropped. */
void test_guests_deinit(struct test_guests *all);

/* Set-up and tear-down of a group of tests that share these, preempted by
 * signal. */
extern struct test_guests test_guests_shared;
int test_guests_set_up(void **state);
int test_guests_tear_down(void **state);

struct test_guest {
	struct test_guests *all;
	struct ln_linker *linker;
	struct ln_compiled *module;
	struct ln_instance_limits limits;
	/* What test::host does; returns the host function's result, which is
	 * false for a trap. On the fiber, as `after`. */
	bool (*host)(struct test_guest *guest);
	/* After the call, while the instance is there. */
	void (*after)(struct test_guest *guest);
	const char *entry; /* what is called */
	union ln_value params[8];

	struct test_task task;
	struct ln_instance instance;
	int made; /* what ln_instance_init returned */
	enum ln_stop stop;
	char *report; /* of either */

	/* What the test likes to note. */
	uint64_t numbers[8];
	char *texts[8]; /* owned */
};

/* Compiles a module of text for a variant; limits are wide, the entry is "f".
 * The test fails when it is none. */
void test_guest_init(struct test_guests *all, unsigned variant,
		     const char *text, struct test_guest *guest);
void test_guest_deinit(struct test_guest *guest);

/* Makes an instance and calls the entry, on a task. */
void test_guest_start(struct test_guest *guest);

/* The same, and waits for its end; may be done again. */
void test_guest_run(struct test_guest *guest);

#endif
