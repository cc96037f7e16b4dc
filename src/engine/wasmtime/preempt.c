/*
 * DESIGN
 * The function of the class runs in a signal handler that has interrupted
 * anything. When the program counter is in the code of the running instance,
 * and that runs on its fiber, guest code was interrupted, and the handler is as
 * good as a function that it calls: it may switch, allocate, and take locks.
 *
 * Ending the guest. Wasmtime knows how to unwind from an instruction that traps
 * in compiled code. So it lets the guest go on at such an instruction:
 * `stop`, the `ud2` of a function of ours that is never called. Wasmtime's own
 * handler finds it in its registry, takes the frame pointer for a backtrace
 * that nobody looks at, and resumes where the instance was entered.
 *
 * In a host function nothing can be done but to say so: the trampoline of every
 * host call, and the engine's hook after a piece of a bulk memory operation,
 * look before they return to the guest.
 *
 * Ending the guest in compiled code needs the instance to have been entered all
 * the way: the trampoline that host code calls first stores where to resume. It
 * has done so when the interrupted function will return to compiled code. Every
 * function begins with `push %rbp; mov %rsp, %rbp` and ends with `pop %rbp;
 * ret`: between these the return address is above the saved frame pointer, and
 * around them the stack pointer leads to it. In the trampoline itself it is an
 * address of the host, and the kill waits for the next tick.
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

/* The bytes of a function's first two instructions, and of the one that ends
 * with a trap. */
static const uint8_t prologue[] = { 0x55, 0x48, 0x89, 0xe5 };
static const uint8_t trap[] = { 0x0f, 0x0b };

/* (module (func unreachable)) */
static const uint8_t stop_module[] = {
	0x00, 0x61, 0x73, 0x6d, 1, 0,  0, 0, 1, 4, 1,    0x60, 0,
	0,    3,    2,    1,    0, 10, 5, 1, 3, 0, 0x00, 0x0b,
};

static const uint8_t *find(const uint8_t *at, const uint8_t *end,
			   const uint8_t *bytes, size_t len)
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

/* Where the interrupted function will return to; 0 when that is not known. */
static uint64_t return_address(const struct ln_instance *instance,
			       const greg_t *registers)
{
	const uint8_t *pc = (const uint8_t *)registers[REG_RIP];
	uint64_t at = (uint64_t)registers[REG_RBP] + 8;

	if (pc[0] == 0x55 || pc[0] == 0xc3) /* push %rbp; ret */
		at = (uint64_t)registers[REG_RSP];
	else if (memcmp(pc, prologue + 1, 3) == 0)
		at = (uint64_t)registers[REG_RSP] + 8;
	return on_stack(instance, at - 8) ? *(const uint64_t *)at : 0;
}

void ln_wasmtime_preempt(struct ln_instance *instance, void *context)
{
	struct ln_task *task = instance->task;
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

	if (instance->off_fiber)
		return;
	if (!in_code(instance, (uint64_t)registers[REG_RIP])) {
		atomic_store_explicit(&instance->overdue, true,
				      memory_order_relaxed);
		return;
	}
	ln_assert(instance->interrupted_at == 0);
	instance->interrupted_at = (uintptr_t)registers[REG_RIP];
	if (!ln_task_interrupted(task) && ln_task_should_yield(task)) {
		ln_preempt_yield(task, context);
	} else {
		ln_task_count_slice(task);
		ln_probe_look(task);
	}
	instance->interrupted_at = 0;
	if (!ln_task_interrupted(task) ||
	    !in_code(instance, return_address(instance, registers)))
		return;
	instance->host_stop = true;
	registers[REG_RIP] = (greg_t)stop;
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
