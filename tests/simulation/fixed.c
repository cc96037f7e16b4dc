/*
 * What would differ from run to run, replaced by the linker (--wrap): random
 * bytes, ids, the scheduler's clock, and the addresses of processes, by which
 * tables of links are ordered. A task that asks whether it should yield is told
 * what the dice say, so that calls are interrupted where they can be.
 *
 * Processes lie at fixed addresses, one behind the other, and are not used
 * again within a run: who touches one that was freed finds nonsense. Not under
 * sanitizers, which know more; there seeds are a little less exact.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/compiler.h"
#include "node/proxy.h"
#include "process/process.h"
#include "sched/sched.h"
#include "sched/worker.h"
#include "simulation/world.h"

#if LN_ASAN /* whose own memory is there */
#define ARENA ((uint8_t *)UINT64_C(0x200000000000))
#else
#define ARENA ((uint8_t *)UINT64_C(0x580000000000))
#endif
#define ARENA_SIZE ((size_t)1 << 30)
#define FREED 0xdb

static struct {
	uint64_t random;
	uint8_t *at;    /* the next one goes here; NULL: no arena */
	uint8_t *max;   /* what was ever used */
	uint64_t alive; /* in the arena */
} fixed;

/* The names are the linker's. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
void __wrap_ln_random_bytes(void *bytes, size_t len);
void __wrap_ln_random_uuid(uint8_t id[16]);
bool __wrap_ln_task_should_yield(struct ln_task *task);
int __wrap_ln_sched_new(const struct ln_sched_options *options,
			struct ln_sched **sched);
int __real_ln_sched_new(const struct ln_sched_options *options,
			struct ln_sched **sched);
void *__wrap_calloc(size_t count, size_t size);
void *__real_calloc(size_t count, size_t size);
void __wrap_free(void *memory);
void __real_free(void *memory);

static uint64_t next(void)
{
	uint64_t z = fixed.random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void fixed_begin(uint64_t seed)
{
	fixed.random = seed * UINT64_C(0xd1342543de82ef95) + 7;
#if !LN_ASAN && !LN_TSAN
	if (fixed.max == NULL) {
		void *arena = mmap(ARENA, ARENA_SIZE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
					   MAP_FIXED_NOREPLACE,
				   -1, 0);

		if (arena != ARENA)
			abort();
		fixed.max = ARENA;
	}
	fixed.at = ARENA;
#endif
}

void fixed_worker(void)
{
	struct ln_worker *worker = ln_worker_current();

	atomic_store(&worker->counters.switches, 0);
	worker->look_at = 0;
	worker->rest_at = 0;
	worker->next_streak = 0;
	worker->shared_first = false;
}

void fixed_end(void)
{
	if (fixed.alive != 0)
		violated("processes are left", fixed.alive, 0, 0);
	fixed.at = NULL;
}

void __wrap_ln_random_bytes(void *bytes, size_t len)
{
	uint8_t *at = bytes;

	while (len-- > 0)
		*at++ = (uint8_t)next();
}

void __wrap_ln_random_uuid(uint8_t id[16])
{
	__wrap_ln_random_bytes(id, 16);
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
}

bool __wrap_ln_task_should_yield(struct ln_task *task)
{
	(void)task;
	return next() % 8 == 0;
}

int __wrap_ln_sched_new(const struct ln_sched_options *options,
			struct ln_sched **sched)
{
	struct ln_sched_options manual = *options;

	manual.manual = true;
	return __real_ln_sched_new(&manual, sched);
}

void *__wrap_calloc(size_t count, size_t size)
{
	size_t rounded = (size + 63) / 64 * 64;
	uint8_t *memory = fixed.at;

	if (memory == NULL || count != 1 ||
	    (size != sizeof(struct ln_process) &&
	     size != sizeof(struct ln_proxy)))
		return __real_calloc(count, size);
	if ((size_t)(ARENA + ARENA_SIZE - memory) < rounded)
		return NULL;
	fixed.at += rounded;
	/* Fresh pages are zero. */
	if (memory < fixed.max)
		memset(memory, 0, rounded);
	if (fixed.at > fixed.max)
		fixed.max = fixed.at;
	fixed.alive++;
	return memory;
}

void __wrap_free(void *memory)
{
	uint8_t *at = memory;

	if (at < ARENA || at >= ARENA + ARENA_SIZE) {
		__real_free(memory);
		return;
	}
	memset(at, FREED, sizeof(struct ln_process));
	fixed.alive--;
}
/* NOLINTEND(bugprone-reserved-identifier) */
