/* Scenarios of the deterministic mode: tasks that are folded while others wake,
 * interrupt and ask them. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/delta.h"
#include "base/error.h"
#include "base/systematic.h"
#include "base/time.h"
#include "process/life.h"
#include "process/mailbox.h"
#include "process/message.h"
#include "process/process.h"
#include "sched/fold.h"
#include "sched/probe.h"
#include "sched/sched.h"
#include "sched/systematic.h"
#include "sched/task.h"
#include "sched/world.h"

#define WORDS 40 /* on the stack of each task */

/* The memories of processes. */
static struct memory {
	struct ln_process *process;
	int64_t tags[2];
	int64_t content;
} memories[2];

/* What a task is folded into; memory of a guest's is in `memory`. */
struct folded {
	struct ln_fold fold;
	struct ln_timer timer;
	struct memory *memory;
	struct memory kept_memory;
	const uint8_t *wanted;
	uint8_t stack[];
};

static _Atomic unsigned folds;
static _Atomic unsigned unfolds;

static void unfold(struct ln_fold *fold, struct ln_task *task)
{
	struct folded *folded = ln_container_of(fold, struct folded, fold);

	systematic_check(ln_task_current() == task, "another task unfolds");
	if (folded->memory != NULL) {
		*folded->memory = folded->kept_memory;
		(void)ln_mailbox_want_from(&folded->memory->process->mailbox,
					   folded->wanted);
	}
	atomic_fetch_add(&unfolds, 1);
	free(folded);
}

/* Folds a task, and what a process has, if it is parked. */
static void fold_one(struct ln_task *task, struct memory *memory)
{
	struct folded *folded;

	if (!ln_fold_hold(task))
		return;
	folded = calloc(1, sizeof(*folded) +
				   LN_DELTA_ROOM(ln_fold_stack_used(task)));
	systematic_check(folded != NULL, "no memory");
	ln_fold_write_stack(task, NULL, NULL, folded->stack);
	folded->fold.unfold = unfold;
	folded->fold.timer = &folded->timer;
	folded->fold.stack = folded->stack;
	ln_systematic_point();
	if (memory != NULL) {
		folded->memory = memory;
		folded->kept_memory = *memory;
		folded->wanted = ln_mailbox_want_from(
			&memory->process->mailbox,
			(const uint8_t *)folded->kept_memory.tags);
		ln_systematic_point();
		memory->tags[0] = 0;
		memory->tags[1] = 0;
		memory->content = 0;
	}
	ln_systematic_point();
	if (!ln_fold_called(task) && ln_fold_stack(task, &folded->fold)) {
		atomic_fetch_add(&folds, 1);
	} else {
		if (memory != NULL) {
			*memory = folded->kept_memory;
			(void)ln_mailbox_want_from(&memory->process->mailbox,
						   folded->wanted);
		}
		free(folded);
	}
	ln_fold_let_go(task);
}

static void open_folding(unsigned workers)
{
	open_world(workers);
	atomic_store(&folds, 0);
	atomic_store(&unfolds, 0);
	memset(memories, 0, sizeof(memories));
}

static void close_folding(void)
{
	close_world();
	systematic_check(atomic_load(&folds) == atomic_load(&unfolds),
			 "a task was not unfolded, or twice");
}

/* Something on the stack that must be there again. */
static void fill(volatile unsigned words[WORDS], unsigned seed)
{
	for (unsigned i = 0; i < WORDS; i++)
		words[i] = seed * 1000 + i;
}

static void check(const volatile unsigned words[WORDS], unsigned seed)
{
	for (unsigned i = 0; i < WORDS; i++)
		systematic_check(words[i] == seed * 1000 + i,
				 "a stack is not what it was");
}

/* Scenario: tasks wake each other, and are folded meanwhile. */

#define ROUNDS 3

static void give_token(unsigned index)
{
	atomic_fetch_add(&world.actors[index].tokens, 1);
	ln_task_wake(&world.actors[index].task);
}

static void pass_tokens(struct actor *self)
{
	volatile unsigned words[WORDS];

	for (unsigned round = 1; round <= ROUNDS; round++) {
		fill(words, round + self->index);
		give_token((self->index + 1) % 3);
		while (atomic_load(&self->tokens) < round)
			ln_task_park(&self->task);
		check(words, round + self->index);
	}
}

static void *fold_three(void *argument)
{
	for (unsigned i = 0; i < ROUNDS * 3; i++)
		fold_one(&world.actors[i % 3].task, NULL);
	return argument;
}

static void folding(void)
{
	pthread_t folder;

	open_folding(2);
	for (unsigned i = 0; i < 3; i++)
		start_actor(i, pass_tokens);
	systematic_create(&folder, NULL, fold_three, NULL);
	systematic_join(folder, NULL);
	close_folding();
}

/* Scenario: tasks that were folded are interrupted. */

static void wait_for_the_end(struct actor *self)
{
	volatile unsigned words[WORDS];

	fill(words, self->index);
	while (ln_task_wait(&self->task, LN_NEVER) != LN_EKILLED)
		check(words, self->index);
	check(words, self->index);
}

static void *interrupt_three(void *argument)
{
	for (unsigned i = 0; i < 3; i++)
		ln_task_interrupt(&world.actors[i].task);
	return argument;
}

static void folded_kills(void)
{
	pthread_t threads[2];

	open_folding(2);
	for (unsigned i = 0; i < 3; i++)
		start_actor(i, wait_for_the_end);
	systematic_create(&threads[0], NULL, fold_three, NULL);
	systematic_create(&threads[1], NULL, interrupt_three, NULL);
	systematic_join(threads[0], NULL);
	systematic_join(threads[1], NULL);
	close_folding();
}

/* Scenario: tasks that wait for timers, which are on their stacks, are folded,
 * while other timers come and go. */

static int64_t due_at[3];

static void sleep_until_due(struct actor *self)
{
	volatile unsigned words[WORDS];

	fill(words, self->index);
	ln_task_sleep(&self->task, due_at[self->index]);
	check(words, self->index);
	atomic_fetch_add(&world.ran, 1);
}

static void folded_timers(void)
{
	pthread_t folder;

	open_folding(2);
	for (unsigned i = 0; i < 3; i++)
		due_at[i] = ln_time_now() + (3 - i) * LN_NS_PER_MS;
	for (unsigned i = 0; i < 3; i++)
		start_actor(i, sleep_until_due);
	systematic_create(&folder, NULL, fold_three, NULL);
	for (unsigned i = 0; i < 3; i++) {
		systematic_pass_time(LN_NS_PER_MS);
		ln_sched_tick(world.sched);
		ln_systematic_point();
	}
	while (atomic_load(&world.ran) < 3) {
		ln_sched_tick(world.sched);
		ln_systematic_point();
	}
	systematic_join(folder, NULL);
	close_folding();
}

/* Scenario: tasks are asked something and folded, both at once. Each question
 * is answered or refused. */

struct question {
	struct ln_probe probe;
	_Atomic unsigned answers;
};

static void answer(struct ln_probe *probe, struct ln_task *task)
{
	struct question *question =
		ln_container_of(probe, struct question, probe);

	systematic_check(ln_task_current() == task, "another task answers");
	atomic_fetch_add(&question->answers, 1);
}

static void *ask_all(void *argument)
{
	for (unsigned i = 0; i < 3; i++) {
		struct question question = { .probe = { .answer = answer } };
		bool asked =
			ln_probe_ask(&question.probe, &world.actors[i].task);
		uint32_t seen;

		while (asked &&
		       (seen = atomic_load(&question.probe.answered)) == 0)
			ln_futex_wait(&question.probe.answered, 0, -1);
		systematic_check(atomic_load(&question.answers) == asked,
				 "a question was answered wrongly");
	}
	return argument;
}

static void folded_probes(void)
{
	pthread_t threads[2];

	open_folding(2);
	for (unsigned i = 0; i < 3; i++)
		start_actor(i, wait_for_the_end);
	systematic_create(&threads[0], NULL, fold_three, NULL);
	systematic_create(&threads[1], NULL, ask_all, NULL);
	systematic_join(threads[0], NULL);
	systematic_join(threads[1], NULL);
	interrupt_three(NULL);
	close_folding();
}

/* Scenario: two processes exchange messages by tags that are in a memory that
 * goes while they are folded. */

#define TAG 77

static enum ln_outcome exchange(struct ln_process *self)
{
	unsigned index = (unsigned)(uintptr_t)self->argument;
	struct ln_process *other = world.processes[1 - index];
	struct memory *memory = &memories[index];

	memory->tags[0] = 5;
	memory->tags[1] = TAG;
	memory->content = 42;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ln_message *message =
			ln_message_new(LN_MESSAGE_DATA, TAG, 0);

		ln_process_send(other, message);
		systematic_check(
			ln_process_receive(self, (const uint8_t *)memory->tags,
					   2, LN_NEVER, false, &message) == 0,
			"no message came");
		systematic_check(message->tag == TAG, "another message came");
		ln_message_free(message);
		systematic_check(memory->content == 42 &&
					 memory->tags[1] == TAG,
				 "the memory is not what it was");
	}
	return LN_OUTCOME_NORMAL;
}

static void *fold_two(void *argument)
{
	for (unsigned i = 0; i < ROUNDS * 2; i++)
		fold_one(&world.processes[i % 2]->task, &memories[i % 2]);
	return argument;
}

static void folded_receive(void)
{
	pthread_t folder;

	open_folding(2);
	for (unsigned i = 0; i < 2; i++) {
		systematic_check(ln_process_new(&world.environment, exchange,
						(void *)(uintptr_t)i,
						&world.processes[i]) == 0,
				 "no process");
		memories[i].process = world.processes[i];
	}
	for (unsigned i = 0; i < 2; i++)
		systematic_check(ln_process_start(world.processes[i]) == 0,
				 "no start");
	systematic_create(&folder, NULL, fold_two, NULL);
	systematic_join(folder, NULL);
	close_folding();
	for (unsigned i = 0; i < 2; i++)
		ln_process_release(world.processes[i]);
}

const struct scenario fold_scenarios[] = {
	{ "folding", folding },
	{ "folded_kills", folded_kills },
	{ "folded_timers", folded_timers },
	{ "folded_probes", folded_probes },
	{ "folded_receive", folded_receive },
	{ NULL, NULL },
};
