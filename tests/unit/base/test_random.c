/* src/base/random.c: ids have the right form and never meet. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

#define THREADS 4
#define IDS 25000

struct id {
	uint8_t bytes[16];
};

static struct id ids[THREADS * IDS];

static void is_version_4(void **state)
{
	uint8_t ones[16] = { 0 };
	uint8_t zeros[16] = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct id id;

		ln_random_uuid(id.bytes);
		assert_int_equal(id.bytes[6] >> 4, 4);
		assert_int_equal(id.bytes[8] >> 6, 2);
		for (int j = 0; j < 16; j++) {
			ones[j] |= id.bytes[j];
			zeros[j] |= (uint8_t)~id.bytes[j];
		}
	}
	/* All other bits come both ways. */
	for (int j = 0; j < 16; j++) {
		uint8_t fixed = j == 6 ? 0xf0 : j == 8 ? 0xc0 : 0;

		assert_int_equal(ones[j] | fixed, 0xff);
		assert_int_equal(zeros[j] | fixed, 0xff);
	}
}

static void *make_ids(void *argument)
{
	struct id *own = argument;

	for (int i = 0; i < IDS; i++)
		ln_random_uuid(own[i].bytes);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct id));
}

static void threads_never_meet(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_ids,
						&ids[i * IDS]),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	qsort(ids, THREADS * IDS, sizeof(ids[0]), compare);
	for (int i = 1; i < THREADS * IDS; i++)
		assert_true(compare(&ids[i - 1], &ids[i]) < 0);
}

static void fills_just_what_it_should(void **state)
{
	static const size_t lens[] = { 0, 1, 2, 255, 256, 257, 1000 };
	uint8_t bytes[1100];

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint8_t seen[1000] = { 0 };

		/* A byte stays 0 in 20 fillings once in 2^160 runs. */
		for (int round = 0; round < 20; round++) {
			memset(bytes, 0, sizeof(bytes));
			ln_random_bytes(bytes, lens[i]);
			for (size_t j = 0; j < lens[i]; j++)
				seen[j] |= bytes[j];
			for (size_t j = lens[i]; j < sizeof(bytes); j++)
				assert_int_equal(bytes[j], 0);
		}
		for (size_t j = 0; j < lens[i]; j++)
			assert_int_not_equal(seen[j], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_version_4),
		cmocka_unit_test(threads_never_meet),
		cmocka_unit_test(fills_just_what_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
