/* Memory that is made zero, and copied, with the kernel's help and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>

#include "engine/sweep.h"

#define SIZE ((size_t)16 << 20)

/* *state: whether the kernel is asked. */
static void init(struct ln_sweep *sweep, void **state)
{
	ln_sweep_init(sweep);
	assert_true(sweep->page >= 4096);
	if (*state == NULL)
		ln_sweep_deinit(sweep);
}

static uint8_t *map(void)
{
	void *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

static bool is_zero(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i] != 0)
			return false;
	}
	return true;
}

static void ranges_become_zero(void **state)
{
	struct ln_sweep sweep;
	uint8_t *memory = map();
	size_t page;

	init(&sweep, state);
	page = sweep.page;
	for (int round = 0; round < 2; round++) {
		/* Not in order; touched a little, wholly, far away, never. */
		struct ln_range ranges[] = {
			{ memory + 8 * page, 4 * page },
			{ memory, 2 * page },
			{ memory + ((size_t)8 << 20), 200 * page },
			{ memory + 20 * page, 64 * page },
			{ memory + ((size_t)2 << 20), 100 * page },
		};

		memory[0] = 1;
		memory[2 * page - 1] = 1;
		memset(memory + 8 * page, 2, 4 * page);
		memset(memory + ((size_t)8 << 20), 3, 200 * page);
		memset(memory + 20 * page, 5, 64 * page);
		/* Between the ranges: not ours to clear. */
		memory[2 * page] = 7;
		memory[8 * page - 1] = 7;
		memory[12 * page] = 7;
		memory[SIZE - 1] = 7;
		ln_sweep_clear(&sweep, ranges, 5);
		for (int i = 0; i < 5; i++)
			assert_true(is_zero(ranges[i].base, ranges[i].size));
		assert_int_equal(memory[2 * page], 7);
		assert_int_equal(memory[8 * page - 1], 7);
		assert_int_equal(memory[12 * page], 7);
		assert_int_equal(memory[SIZE - 1], 7);
	}
	ln_sweep_deinit(&sweep);
	munmap(memory, SIZE);
}

/* Touched pages that are not neighbours: more regions than one call tells. */
static void many_regions(void **state)
{
	struct ln_sweep sweep;
	uint8_t *memory = map();
	uint8_t *copy = map();
	size_t page, size;

	init(&sweep, state);
	page = sweep.page;
	size = 300 * page;
	for (size_t i = 0; i < 300; i += 2)
		memory[i * page + i] = (uint8_t)(i + 1);
	ln_sweep_copy(&sweep, copy, memory, size);
	assert_memory_equal(copy, memory, size);
	{
		struct ln_range ranges[] = { { memory, 50 * page },
					     { memory + 50 * page,
					       size - 50 * page } };

		ln_sweep_clear(&sweep, ranges, 2);
	}
	assert_true(is_zero(memory, size));
	assert_false(is_zero(copy, size));
	ln_sweep_deinit(&sweep);
	munmap(memory, SIZE);
	munmap(copy, SIZE);
}

static void nothing(void **state)
{
	struct ln_sweep sweep;
	uint8_t *memory = map();
	uint8_t *copy = map();

	init(&sweep, state);
	ln_sweep_clear(&sweep, NULL, 0);
	ln_sweep_copy(&sweep, copy, memory, 0);
	/* Never touched. */
	ln_sweep_copy(&sweep, copy, memory, 10 * sweep.page);
	assert_true(is_zero(copy, 10 * sweep.page));
	ln_sweep_deinit(&sweep);
	ln_sweep_deinit(&sweep);
	assert_int_equal(sweep.pagemap, -1);
	munmap(memory, SIZE);
	munmap(copy, SIZE);
}

#define BOTH(function)                                                       \
	{ #function " with the kernel", (function), NULL, NULL, (void *)1 }, \
	{                                                                    \
		#function " without", (function), NULL, NULL, NULL           \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(ranges_become_zero),
		BOTH(many_regions),
		BOTH(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
