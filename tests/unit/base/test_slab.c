/* src/base/slab.c: reuse, pages that are kept and given back, address space. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/slab.h"
#include "support/refusal.h"

#define SLOT ((size_t)64 << 10)
#define MANY 50000
#define THREADS 4
#define ROUNDS 5000

static bool all_are(const char *bytes, size_t len, char value)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

static void new_slots_are_zero(void **state)
{
	struct ln_slab slab;
	char *slots[8];

	(void)state;
	ln_slab_init(&slab, SLOT, 4);
	for (int i = 0; i < 8; i++) {
		slots[i] = ln_slab_take(&slab);
		assert_non_null(slots[i]);
		assert_int_equal((uintptr_t)slots[i] % 4096, 0);
		assert_true(all_are(slots[i], SLOT, 0));
		memset(slots[i], i + 1, SLOT);
	}
	/* Each is its own: nobody wrote over another's. */
	for (int i = 0; i < 8; i++)
		assert_true(all_are(slots[i], SLOT, (char)(i + 1)));
	assert_int_equal(slab.live, 8);
	ln_slab_deinit(&slab);
}

static void last_in_first_out(void **state)
{
	struct ln_slab slab;
	void *slots[6];

	(void)state;
	ln_slab_init(&slab, SLOT, 6);
	for (int i = 0; i < 6; i++)
		slots[i] = ln_slab_take(&slab);
	for (int i = 0; i < 6; i++)
		ln_slab_give(&slab, slots[i]);
	assert_int_equal(slab.live, 0);
	for (int i = 5; i >= 0; i--)
		assert_ptr_equal(ln_slab_take(&slab), slots[i]);
	ln_slab_deinit(&slab);
}

static void warm_keeps_cold_is_zero(void **state)
{
	struct ln_slab slab;
	char *slots[5];

	(void)state;
	ln_slab_init(&slab, SLOT, 2);
	for (int i = 0; i < 5; i++) {
		slots[i] = ln_slab_take(&slab);
		memset(slots[i], 'x', SLOT);
	}
	for (int i = 0; i < 5; i++)
		ln_slab_give(&slab, slots[i]);
	assert_int_equal(slab.warm_count, 2);
	assert_int_equal(slab.cold_count, 3);
	/* Warm ones come first, with what was left in them. */
	assert_ptr_equal(ln_slab_take(&slab), slots[1]);
	assert_ptr_equal(ln_slab_take(&slab), slots[0]);
	assert_true(all_are(slots[0], SLOT, 'x'));
	assert_true(all_are(slots[1], SLOT, 'x'));
	for (int i = 4; i >= 2; i--) {
		assert_ptr_equal(ln_slab_take(&slab), slots[i]);
		assert_true(all_are(slots[i], SLOT, 0));
	}
	ln_slab_deinit(&slab);
}

/* What is in a slot when it is taken is zero, or what was in it when it was
 * given back, also where the kernel takes no pages. */
static void refused_ones_keep(void **state)
{
	struct ln_slab slab;
	char *slots[5];

	(void)state;
	ln_slab_init(&slab, SLOT, 2);
	for (int i = 0; i < 5; i++) {
		slots[i] = ln_slab_take(&slab);
		memset(slots[i], 'x', SLOT);
	}
	ln_slab_give(&slab, slots[0]);
	ln_slab_give(&slab, slots[1]);
	test_refuse(TEST_REFUSE_MADVISE, 0);
	ln_slab_give(&slab, slots[2]);
	ln_slab_give(&slab, slots[3]);
	assert_int_equal(test_refused(), 2);
	test_refuse(0, 0);
	ln_slab_give(&slab, slots[4]);
	assert_int_equal(slab.warm_count, 4);
	assert_int_equal(slab.cold_count, 1);
	assert_int_equal(slab.live, 0);
	for (int i = 3; i >= 0; i--) {
		assert_ptr_equal(ln_slab_take(&slab), slots[i]);
		assert_true(all_are(slots[i], SLOT, 'x'));
	}
	assert_ptr_equal(ln_slab_take(&slab), slots[4]);
	assert_true(all_are(slots[4], SLOT, 0));
	test_refuse(TEST_REFUSE_MUNMAP, 0);
	ln_slab_deinit(&slab);
	/* Emptied at least. */
	assert_int_equal(test_refused(), 1);
	test_refuse(0, 0);
	assert_true(all_are(slots[0], SLOT, 0));
}

/* Mappings of this process. */
static int mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int lines = 0;
	int c;

	assert_non_null(maps);
	while ((c = getc(maps)) != EOF)
		lines += c == '\n';
	fclose(maps);
	return lines;
}

static void many_slots_are_few_mappings(void **state)
{
	void **slots = malloc(MANY * sizeof(*slots));
	struct ln_slab slab;
	int before;

	(void)state;
	assert_non_null(slots);
	before = mappings();
	ln_slab_init(&slab, (size_t)1 << 20, 16);
	for (int i = 0; i < MANY; i++) {
		slots[i] = ln_slab_take(&slab);
		assert_non_null(slots[i]);
	}
	/* Sanitizers map some of their own. */
	assert_true(mappings() < before + 100);
	for (int i = 0; i < MANY; i++)
		ln_slab_give(&slab, slots[i]);
	assert_int_equal(slab.live, 0);
	assert_int_equal(slab.warm_count + slab.cold_count, MANY);
	ln_slab_deinit(&slab);
	free(slots);
}

static void chunks_grow_beyond_one(void **state)
{
	struct ln_slab slab;
	void *slots[40];

	(void)state;
	/* A chunk is 64 GiB, or 16 slots. */
	ln_slab_init(&slab, (size_t)8 << 30, 40);
	for (int i = 0; i < 40; i++) {
		slots[i] = ln_slab_take(&slab);
		assert_non_null(slots[i]);
		*(char *)slots[i] = (char)i;
	}
	for (int i = 0; i < 40; i++) {
		assert_int_equal(*(char *)slots[i], i);
		ln_slab_give(&slab, slots[i]);
	}
	ln_slab_deinit(&slab);
}

static void no_address_space_is_null(void **state)
{
	struct ln_slab slab;

	(void)state;
	/* More than the processor can address. */
	ln_slab_init(&slab, (size_t)1 << 60, 1);
	assert_null(ln_slab_take(&slab));
	assert_null(ln_slab_take(&slab));
	assert_int_equal(slab.live, 0);
	ln_slab_deinit(&slab);
}

struct user {
	struct ln_slab *slab;
	int id;
	bool overwritten;
};

static void *take_and_give(void *argument)
{
	struct user *self = argument;
	int *held[3];

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < 3; i++) {
			held[i] = ln_slab_take(self->slab);
			*held[i] = self->id * 10 + i;
		}
		for (int i = 0; i < 3; i++) {
			if (*held[i] != self->id * 10 + i)
				self->overwritten = true;
			ln_slab_give(self->slab, held[i]);
		}
	}
	return NULL;
}

static void threads_share_it(void **state)
{
	struct user users[THREADS];
	pthread_t threads[THREADS];
	struct ln_slab slab;

	(void)state;
	ln_slab_init(&slab, SLOT, 4);
	for (int i = 0; i < THREADS; i++) {
		users[i] = (struct user){ .slab = &slab, .id = i + 1 };
		assert_int_equal(pthread_create(&threads[i], NULL,
						take_and_give, &users[i]),
				 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(users[i].overwritten);
	}
	assert_int_equal(slab.live, 0);
	/* Never more slots than were in use at once. */
	assert_true(slab.warm_count + slab.cold_count <= THREADS * 3);
	ln_slab_deinit(&slab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_slots_are_zero),
		cmocka_unit_test(last_in_first_out),
		cmocka_unit_test(warm_keeps_cold_is_zero),
		cmocka_unit_test(refused_ones_keep),
		cmocka_unit_test(many_slots_are_few_mappings),
		cmocka_unit_test(chunks_grow_beyond_one),
		cmocka_unit_test(no_address_space_is_null),
		cmocka_unit_test(threads_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
