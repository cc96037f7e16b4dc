/*
 * DESIGN
 * The function of the class runs in a signal handler that has interrupted
 * anything. When the program counter is in the code of the running instance,
 * and that runs on its fiber, guest code was interrupted, and the handler is as
 * good as a function that it calls: it may switch, allocate, and take locks.
 *
 * Ending the guest. Wasmtime knows how to unwind from an instruction that traps
 * in compiled code. So it lets the guest go on at such an instruction:
 * `stop`, the last one of a function of ours that is never called. Wasmtime's
 * own handler finds it in its registry, takes the frame pointer for a backtrace
 * that nobody looks at, and resumes where the instance was entered.
 *
 * In a host function nothing can be done but to say so: the trampoline of every
 * host call, and the engine's hook after a piece of a bulk memory operation,
 * look before they return to the guest.
 *
 * Ending the guest in compiled code needs the instance to have been entered all
 * the way: the trampoline that host code calls first stores where to resume. It
 * has done so when the interrupted function will return to compiled code. In
 * the trampoline itself that is an address of the host, and the kill waits for
 * the next tick. Where a function returns to, by processor:
 * - x86-64: it begins with `push %rbp; mov %rsp, %rbp` and ends with `pop %rbp;
 *   ret`. Between these the address is above the saved frame pointer, and
 * around them the stack pointer leads to it.
 * - aarch64: it begins with `stp x29, x30, [sp, #-16]!; mov x29, sp` and ends
 *   with `ldp x29, x30, [sp], #16; ret`. Between these the address is above the
 *   saved frame pointer, and around them it is in x30. Before a tail call, and
 *   while a frame moves down to make room for one, x29 is the caller's: then it
 *   is where that one returns to, and the trampoline is ruled out all the more.
 */
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "engine/preempt.h"
#include "engine/wasmtime/wasmtime_impl.h"
#include "sched/preempt.h"
#include "sched/probe.h"
#include "sched/task.h"

#if LN_PREEMPT_BY_SIGNAL

static const uint8_t *stop; /* set once */

/* The bytes of a function's first two instructions, and of one that traps. */
#if defined(__x86_64__)
static const uint8_t prologue[] = { 0x55, 0x48, 0x89, 0xe5 };
static const uint8_t trap[] = { 0x0f, 0x0b };
#else
#define PUSH_FRAME 0xa9bf7bfd /* stp x29, x30, [sp, #-16]! */
#define SET_FRAME 0x910003fd  /* mov x29, sp */
#define RETURN 0xd65f03c0     /* ret */
static const uint32_t prologue[] = { PUSH_FRAME, SET_FRAME };
static const uint32_t trap[] = { 0x0000c11f };
#endif

/* (module (func unreachable)) */
static const uint8_t stop_module[] = {
	0x00, 0x61, 0x73, 0x6d, 1, 0,  0, 0, 1, 4, 1,    0x60, 0,
	0,    3,    2,    1,    0, 10, 5, 1, 3, 0, 0x00, 0x0b,
};

static const uint8_t *find(const uint8_t *at, const uint8_t *end,
			   const void *bytes, size_t len)
{
	return memmem(at, (size_t)(end - at), bytes, len);
}

static void make_stop(void)
{
	wasm_config_t *config = wasm_config_new();
	wasm_engine_t *engine;
	wasmtime_module_t *module = NULL;
	wasmtime_error_t *error;
	const uint8_t *at;
	void *start;
	void *end;

	/* One function needs no threads to compile in. */
	wasmtime_config_parallel_compilation_set(config, false);
	engine = wasm_engine_new_with_config(config);
	if (engine == NULL)
		return;
	error = wasmtime_module_new(engine, stop_module, sizeof(stop_module),
				    &module);
	if (error != NULL) {
		wasmtime_error_delete(error);
		wasm_engine_delete(engine);
		return;
	}
	/* Both stay: any instance may be ended until the program is. */
	wasmtime_module_image_range(module, &start, &end);
	at = find(start, end, prologue, sizeof(prologue));
	if (at != NULL)
		stop = find(at, end, trap, sizeof(trap));
}

bool ln_wasmtime_prepare_signals(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_stop);
	return stop != NULL;
}

uintptr_t ln_wasmtime_stop(void)
{
	return (uintptr_t)stop;
}

static bool in_code(const struct ln_instance *instance, uint64_t address)
{
	return address - (uintptr_t)instance->code < instance->code_size;
}

/* Whether the two words at `address` are on the instance's stack. */
static bool on_stack(const struct ln_instance *instance, uint64_t address)
{
	const struct ln_fiber *fiber = &instance->task->fiber;

	return address % sizeof(uint64_t) == 0 &&
	       address - (uintptr_t)fiber->stack <= fiber->stack_len - 16;
}

/* The word above the saved frame pointer; 0 when there is no such frame. */
static uint64_t above_frame(const struct ln_instance *instance, uint64_t frame)
{
	return on_stack(instance, frame) ? ((const uint64_t *)frame)[1] : 0;
}

/*
 * program_counter: where the guest goes on.
 * return_address: where the interrupted function will return to; 0 when that is
 * not known.
 */
#if defined(__x86_64__)
static unsigned long long *program_counter(ucontext_t *context)
{
	return (unsigned long long *)&context->uc_mcontext.gregs[REG_RIP];
}

static uint64_t return_address(const struct ln_instance *instance,
			       const ucontext_t *context)
{
	const greg_t *registers = context->uc_mcontext.gregs;
	const uint8_t *pc = (const uint8_t *)registers[REG_RIP];
	uint64_t frame = (uint64_t)registers[REG_RBP];

	if (pc[0] == 0x55 || pc[0] == 0xc3) /* push %rbp; ret */
		frame = (uint64_t)registers[REG_RSP] - 8;
	else if (memcmp(pc, prologue + 1, 3) == 0)
		frame = (uint64_t)registers[REG_RSP];
	return above_frame(instance, frame);
}
#else
static unsigned long long *program_counter(ucontext_t *context)
{
	return &context->uc_mcontext.pc;
}

static uint64_t return_address(const struct ln_instance *instance,
			       const ucontext_t *context)
{
	const mcontext_t *registers = &context->uc_mcontext;
	uint32_t next = *(const uint32_t *)registers->pc;

	if (next == PUSH_FRAME || next == SET_FRAME || next == RETURN)
		return registers->regs[30];
	return above_frame(instance, registers->regs[29]);
}
#endif

void ln_wasmtime_preempt(struct ln_instance *instance, void *context)
{
	struct ln_task *task = instance->task;
	unsigned long long *pc = program_counter(context);

	if (instance->off_fiber)
		return;
	if (!in_code(instance, *pc)) {
		atomic_store_explicit(&instance->overdue, true,
				      memory_order_relaxed);
		return;
	}
	ln_assert(instance->interrupted_at == 0);
	instance->interrupted_at = *pc;
	if (!ln_task_interrupted(task) && ln_task_should_yield(task)) {
		ln_preempt_yield(task, context);
	} else {
		ln_task_count_slice(task);
		ln_probe_look(task);
	}
	instance->interrupted_at = 0;
	if (!ln_task_interrupted(task) ||
	    !in_code(instance, return_address(instance, context)))
		return;
	instance->host_stop = true;
	*pc = (uintptr_t)stop;
}

#else

bool ln_wasmtime_prepare_signals(void)
{
	return false;
}

uintptr_t ln_wasmtime_stop(void)
{
	return 0;
}

void ln_wasmtime_preempt(struct ln_instance *instance, void *context)
{
	(void)instance;
	(void)context;
}

#endif
