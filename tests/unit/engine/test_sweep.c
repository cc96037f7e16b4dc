/* Memory that is made zero, and copied, with the kernel's help and without, and
 * against its refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>

#include "engine/sweep.h"
#include "support/refusal.h"

/* How a test is run. */
enum {
	ASK = 1,    /* the kernel is asked what was touched, and says so */
	REFUSE = 2, /* it takes no pages */
	STOP = 4,   /* it no longer says what was touched */
};

#define SIZE ((size_t)16 << 20)

static void init(struct ln_sweep *sweep, void **state)
{
	const int *way = *state;
	unsigned calls = 0;

	ln_sweep_init(sweep);
	assert_true(sweep->page >= 4096);
	if ((*way & ASK) == 0)
		ln_sweep_deinit(sweep);
	if ((*way & REFUSE) != 0)
		calls |= TEST_REFUSE_MADVISE;
	if ((*way & STOP) != 0)
		calls |= TEST_REFUSE_SCAN;
	test_refuse(calls, 0);
}

static void end(struct ln_sweep *sweep, void **state)
{
	const int *way = *state;

	if ((*way & ASK) == 0 && (*way & REFUSE) != 0)
		assert_true(test_refused() > 0);
	test_refuse(0, 0);
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
	end(&sweep, state);
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
	end(&sweep, state);
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
	test_refuse(0, 0);
	ln_sweep_deinit(&sweep);
	ln_sweep_deinit(&sweep);
	assert_int_equal(sweep.pagemap, -1);
	munmap(memory, SIZE);
	munmap(copy, SIZE);
}

/* Bytes that hold nothing on their page's start; a range that ends within a
 * page. */
static void single_bytes(void **state)
{
	struct ln_sweep sweep;
	uint8_t *memory = map();
	struct ln_range range;
	size_t page;

	init(&sweep, state);
	page = sweep.page;
	range = (struct ln_range){ memory, 200 * page - 100 };
	for (size_t i = 0; i < 200; i++)
		memory[i * page + i % 7 * 500 + 1] = 1;
	ln_sweep_clear(&sweep, &range, 1);
	assert_true(is_zero(memory, range.size));
	end(&sweep, state);
	munmap(memory, SIZE);
}

/* Pages of this process that are resident. */
static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long all, pages;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld %ld", &all, &pages), 2);
	fclose(file);
	return pages;
}

/* Reading what was never touched makes nothing resident. */
static void stays_untouched(void **state)
{
	struct ln_sweep sweep;
	uint8_t *memory = map();
	struct ln_range range = { memory, SIZE };
	long before;

	init(&sweep, state);
	before = resident();
	for (size_t i = 0; i < 100; i++)
		memory[i * sweep.page] = 1;
	ln_sweep_clear(&sweep, &range, 1);
	/* The kernel counts in steps of some tens for each processor. */
	assert_true(resident() - before < (long)(SIZE / sweep.page / 4));
	assert_true(is_zero(memory, 100 * sweep.page));
	end(&sweep, state);
	munmap(memory, SIZE);
}

static int with = ASK;
static int without = 0;
static int refused = ASK | REFUSE;
static int alone = REFUSE;
static int stopped = ASK | REFUSE | STOP;

#define EACH(function)                                                         \
	{ #function " with the kernel", (function), NULL, NULL, &with },       \
		{ #function " without", (function), NULL, NULL, &without },    \
		{ #function " against it", (function), NULL, NULL, &refused }, \
		{ #function " against it, blind", (function), NULL, NULL,      \
		  &alone },                                                    \
	{                                                                      \
		#function " when it stops", (function), NULL, NULL, &stopped   \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(ranges_become_zero), EACH(many_regions),    EACH(nothing),
		EACH(single_bytes),       EACH(stays_untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
