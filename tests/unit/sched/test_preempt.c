/* Preemption by signal: who is interrupted, who is not, and whose signals are
 * passed on. That guests are switched in the handler is for those who run
 * guests. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sched/preempt.h"
#include "sched/sched.h"
#include "support/tasks.h"

static _Atomic int passed_on;
static _Atomic int interrupted;
static _Atomic bool with_context;
static void *_Atomic seen;
static _Atomic int senders; /* signals that a handler is to send itself */
static _Atomic int depth;
static _Atomic int deepest;

static void on_signal(int number)
{
	if (number == LN_PREEMPT_SIGNAL)
		atomic_fetch_add(&passed_on, 1);
}

static void on_preempt(void *local, void *context)
{
	atomic_store(&seen, local);
	atomic_store(&with_context, context != NULL);
	atomic_fetch_add(&depth, 1);
	if (atomic_load(&depth) > atomic_load(&deepest))
		atomic_store(&deepest, atomic_load(&depth));
	if (atomic_fetch_sub(&senders, 1) > 0)
		pthread_kill(pthread_self(), LN_PREEMPT_SIGNAL);
	atomic_fetch_sub(&depth, 1);
	atomic_fetch_add(&interrupted, 1);
}

static struct ln_sched *make(void)
{
	const struct ln_sched_options options = { .workers = 1,
						  .on_preempt = on_preempt };
	struct ln_sched *sched = NULL;

	atomic_store(&interrupted, 0);
	assert_int_equal(ln_sched_new(&options, &sched), 0);
	return sched;
}

struct subject {
	struct test_task task;
	struct ln_sched *sched;
	bool has_local;
};

/* Computes until it is interrupted; with nothing to interrupt, for some
 * ticks. */
static void compute(void *argument)
{
	struct subject *subject = argument;
	uint64_t start = ln_sched_ticks(subject->sched);

	if (subject->has_local)
		ln_task_set_local(&subject->task.task, subject);
	while (subject->has_local ? atomic_load(&interrupted) == 0
				  : ln_sched_ticks(subject->sched) < start + 20)
		;
	ln_task_set_local(&subject->task.task, NULL);
}

/* Until the handlers have sent all their signals. */
static void compute_long(void *argument)
{
	struct subject *subject = argument;

	ln_task_set_local(&subject->task.task, subject);
	while (atomic_load(&senders) > 0)
		;
	ln_task_set_local(&subject->task.task, NULL);
}

static void guests_are_interrupted(void **state)
{
	struct subject subject = { .sched = make(), .has_local = true };

	(void)state;
	test_task_start(subject.sched, &subject.task, compute, &subject);
	test_task_wait_over(&subject.task);
	assert_true(atomic_load(&interrupted) > 0);
	assert_ptr_equal(atomic_load(&seen), &subject);
	assert_true(atomic_load(&with_context));
	assert_int_equal(atomic_load(&passed_on), 0);
	ln_sched_free(subject.sched);
}

static void native_code_is_not(void **state)
{
	struct subject subject = { .sched = make() };

	(void)state;
	test_task_start(subject.sched, &subject.task, compute, &subject);
	test_task_wait_over(&subject.task);
	assert_int_equal(atomic_load(&interrupted), 0);
	assert_int_equal(atomic_load(&passed_on), 0);
	ln_sched_free(subject.sched);
}

static void signals_of_others(void **state)
{
	(void)state;
	atomic_store(&interrupted, 0);
	/* To a thread that is no worker, and to the whole program. */
	assert_int_equal(pthread_kill(pthread_self(), LN_PREEMPT_SIGNAL), 0);
	assert_int_equal(atomic_load(&passed_on), 1);
	assert_int_equal(raise(LN_PREEMPT_SIGNAL), 0);
	assert_int_equal(atomic_load(&passed_on), 2);
	/* It is installed once: nobody gets a signal twice. */
	assert_int_equal(ln_preempt_install(), 0);
	assert_int_equal(raise(LN_PREEMPT_SIGNAL), 0);
	assert_int_equal(atomic_load(&passed_on), 3);
	assert_int_equal(atomic_load(&interrupted), 0);
}

/* Each handler finds the next signal there already. */
static void handlers_do_not_nest(void **state)
{
	struct subject subject = { .sched = make(), .has_local = true };

	(void)state;
	atomic_store(&deepest, 0);
	atomic_store(&senders, 1000);
	test_task_start(subject.sched, &subject.task, compute_long, &subject);
	test_task_wait_over(&subject.task);
	ln_sched_free(subject.sched);
	assert_true(atomic_load(&senders) <= 0);
	assert_int_equal(atomic_load(&deepest), 1);
}

/* Workers are interrupted whatever mask they were made with. */
static void workers_do_not_inherit_the_mask(void **state)
{
	struct subject subject = { .has_local = true };
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, LN_PREEMPT_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	subject.sched = make();
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	test_task_start(subject.sched, &subject.task, compute, &subject);
	test_task_wait_over(&subject.task);
	assert_true(atomic_load(&interrupted) > 0);
	ln_sched_free(subject.sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guests_are_interrupted),
		cmocka_unit_test(native_code_is_not),
		cmocka_unit_test(signals_of_others),
		cmocka_unit_test(handlers_do_not_nest),
		cmocka_unit_test(workers_do_not_inherit_the_mask),
	};
	const struct sigaction action = { .sa_handler = on_signal };

	sigaction(LN_PREEMPT_SIGNAL, &action, NULL);
	if (ln_preempt_install() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
