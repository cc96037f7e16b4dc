/* src/sched/fiber.c: switching by hand, and calls on another stack. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sched/fiber.h"

#if LN_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK ((size_t)128 << 10)
#define FIBERS 10

/* A type that compilers move with instructions that need it to be aligned. */
typedef float vector __attribute__((vector_size(16)));

struct thread {
	struct ln_fiber fiber;
	struct ln_fiber home; /* the thread's own stack */
	char *stack;
	int steps;
	bool aligned;
	uintptr_t seen; /* address of a local variable */
	double sum;
};

/* First thing on a new stack. */
static void arrive(void)
{
#if LN_ASAN
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
}

static void start(struct thread *self, void (*entry)(void *))
{
	*self = (struct thread){ .stack = aligned_alloc(4096, STACK) };
	assert_non_null(self->stack);
	ln_fiber_init_thread(&self->home);
	ln_fiber_init(&self->fiber, self->stack, STACK, entry, self);
}

/* Enters the fiber until it comes back. */
static void enter(struct thread *self)
{
	ln_fiber_switch(&self->home, &self->fiber, 0);
}

static void leave(struct thread *self, int last)
{
	ln_fiber_switch(&self->fiber, &self->home, last);
}

static void end(struct thread *self)
{
	ln_fiber_deinit(&self->fiber);
	free(self->stack);
}

static bool on_stack(const struct thread *self, uintptr_t address)
{
	return address >= (uintptr_t)self->stack &&
	       address < (uintptr_t)self->stack + STACK;
}

static void count_steps(void *argument)
{
	struct thread *self = argument;
	volatile vector local = { 1, 2, 3, 4 };
	double kept = 0.5;

	arrive();
	self->aligned = (uintptr_t)&local % 16 == 0;
	self->seen = (uintptr_t)&local;
	for (;;) {
		self->steps++;
		local = local + local;
		kept *= 2;
		self->sum = (double)local[3] + kept;
		leave(self, self->steps == 4);
	}
}

static void goes_back_and_forth(void **state)
{
	struct thread thread;

	(void)state;
	start(&thread, count_steps);
	assert_int_equal(thread.steps, 0);
	for (int i = 1; i <= 4; i++) {
		enter(&thread);
		assert_int_equal(thread.steps, i);
	}
	/* What was in registers and on the stack is still there. */
	assert_true(thread.sum > 71.9 && thread.sum < 72.1);
	assert_true(thread.aligned);
	assert_true(on_stack(&thread, thread.seen));
	end(&thread);
}

static void many_take_turns(void **state)
{
	static struct thread threads[FIBERS];

	(void)state;
	for (int i = 0; i < FIBERS; i++)
		start(&threads[i], count_steps);
	for (int round = 1; round <= 4; round++) {
		for (int i = 0; i < FIBERS; i++) {
			enter(&threads[i]);
			assert_int_equal(threads[i].steps, round);
		}
	}
	for (int i = 0; i < FIBERS; i++) {
		assert_true(threads[i].sum > 71.9 && threads[i].sum < 72.1);
		end(&threads[i]);
	}
}

/* A stack whose end is not aligned is entered at an address that is. */
static void any_stack_is_aligned(void **state)
{
	struct thread thread;

	(void)state;
	for (size_t cut = 0; cut < 64; cut += 4) {
		start(&thread, count_steps);
		ln_fiber_deinit(&thread.fiber);
		ln_fiber_init(&thread.fiber, thread.stack, STACK - cut,
			      count_steps, &thread);
		for (int i = 1; i <= 4; i++)
			enter(&thread);
		assert_true(thread.aligned);
		assert_true(on_stack(&thread, thread.seen));
		end(&thread);
	}
}

struct call {
	uintptr_t local;
	bool aligned;
	int depth;
};

/* Touches more of the stack than the fiber has. */
static void note_address(void *argument)
{
	struct call *call = argument;
	volatile vector local = { 1, 2, 3, 4 };
	volatile char much[2 * STACK];

	much[0] = 1;
	much[sizeof(much) - 1] = 1;
	local = local + local;
	call->local = (uintptr_t)&local;
	call->aligned = call->local % 16 == 0;
	call->depth++;
}

static struct call call;

static void call_home(void *argument)
{
	struct thread *self = argument;

	arrive();
	for (int i = 0; i < 3; i++)
		ln_fiber_call_on(&self->fiber, &self->home, note_address,
				 &call);
	self->steps = call.depth;
	leave(self, 0);
	ln_fiber_call_on(&self->fiber, &self->home, note_address, &call);
	self->steps = call.depth;
	leave(self, 1);
}

static void calls_on_the_other_stack(void **state)
{
	volatile int marker = 4711;
	struct thread thread;

	(void)state;
	call = (struct call){ 0 };
	start(&thread, call_home);
	enter(&thread);
	assert_int_equal(thread.steps, 3);
	assert_true(call.aligned);
	assert_false(on_stack(&thread, call.local));
	enter(&thread);
	assert_int_equal(thread.steps, 4);
	/* The frames that were there are untouched. */
	assert_int_equal(marker, 4711);
	end(&thread);
}

static void *word;

static void *swap(void *next)
{
	void *old = word;

	word = next;
	return old;
}

static void use_word(void *argument)
{
	struct thread *self = argument;

	arrive();
	/* A new stack begins without activations. */
	self->aligned = word == NULL;
	for (;;) {
		self->steps++;
		word = &self->steps;
		leave(self, self->steps == 3);
		if (word != &self->steps)
			self->aligned = false;
	}
}

static void each_stack_has_its_word(void **state)
{
	struct thread threads[2];
	int own = 0;

	(void)state;
	ln_fiber_set_activation_swap(swap);
	word = &own;
	for (int i = 0; i < 2; i++)
		start(&threads[i], use_word);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2; i++) {
			enter(&threads[i]);
			assert_ptr_equal(word, &own);
		}
	}
	for (int i = 0; i < 2; i++) {
		assert_true(threads[i].aligned);
		assert_int_equal(threads[i].steps, 3);
		end(&threads[i]);
	}
	ln_fiber_set_activation_swap(NULL);
}

/* Ends the program, so in another one. */
static void overflow_is_noticed(void **state)
{
	struct ln_fiber fiber;
	char stack[64] = { 0 };
	int status = 0;
	pid_t child;

	(void)state;
	fiber = (struct ln_fiber){ .stack = stack, .stack_len = sizeof(stack) };
	ln_fiber_check(&fiber);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		signal(SIGABRT, SIG_DFL);
		stack[3] = 1;
		ln_fiber_check(&fiber);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_back_and_forth),
		cmocka_unit_test(many_take_turns),
		cmocka_unit_test(any_stack_is_aligned),
		cmocka_unit_test(calls_on_the_other_stack),
		cmocka_unit_test(each_stack_has_its_word),
		cmocka_unit_test(overflow_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
