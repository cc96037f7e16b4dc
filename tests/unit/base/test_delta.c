/* src/base/delta.c: what is applied is what was written, in how few bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/delta.h"

#define LEN 8192u

static uint32_t seed = 1;

static uint32_t random_number(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

struct pair {
	uint32_t memory[LEN / 4];
	uint32_t base[LEN / 4];
	uint32_t copy[LEN / 4];
	uint8_t delta[LN_DELTA_ROOM(LEN) + 1];
};

/* Writes and applies it; returns the bytes between. */
static size_t there_and_back(struct pair *pair, size_t len, bool based)
{
	struct ln_delta_recent recent = { { 0 } };
	size_t written;
	size_t read = 0;

	memset(pair->delta, 0xee, sizeof(pair->delta));
	written = ln_delta_write(&recent, pair->delta, pair->memory,
				 based ? pair->base : NULL, len);
	assert_true(written <= LN_DELTA_ROOM(len));
	assert_int_equal(pair->delta[written], 0xee);
	memset(pair->copy, 0, sizeof(pair->copy));
	if (based)
		memcpy(pair->copy, pair->base, len);
	memset(&recent, 0, sizeof(recent));
	if (written > 0)
		read = ln_delta_apply(&recent, pair->copy, len, pair->delta);
	assert_int_equal(read, written);
	assert_memory_equal(pair->copy, pair->memory, len);
	return written;
}

static void gives_back_what_it_got(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	(void)state;
	assert_non_null(pair);
	for (unsigned round = 0; round < 500; round++) {
		size_t len = random_number() % (LEN / 4 + 1) * 4;
		unsigned rate = 1 + random_number() % 40;
		unsigned kind = round % 5;

		for (size_t i = 0; i < LEN / 4; i++) {
			pair->base[i] = kind == 0 ? 0 : random_number() % 3;
			pair->memory[i] = pair->base[i];
			if (random_number() % rate != 0)
				continue;
			switch (kind) {
			case 0: /* anything */
				pair->memory[i] =
					random_number() << 8 ^ random_number();
				break;
			case 1: /* small numbers */
				pair->memory[i] = random_number() % 1000;
				break;
			case 2: /* halves of pointers */
				pair->memory[i] =
					i % 2 ? 0x7f44
					      : 0xf3f80000 +
							random_number() % 4096;
				break;
			case 3: /* zero where the base is not */
				pair->memory[i] = 0;
				break;
			default:
				pair->memory[i] = UINT32_MAX;
			}
		}
		there_and_back(pair, len, kind != 0);
		there_and_back(pair, len, false);
	}
	free(pair);
}

static void says_that_nothing_differs(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	(void)state;
	assert_non_null(pair);
	assert_int_equal(there_and_back(pair, 0, false), 0);
	assert_int_equal(there_and_back(pair, LEN, false), 0);
	memset(pair->memory, 9, LEN);
	memset(pair->base, 9, LEN);
	assert_int_equal(there_and_back(pair, LEN, true), 0);
	free(pair);
}

/* A word at the end of zeros, and a page of nothing that was ever there. */
static void is_as_small_as_it_says(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	(void)state;
	assert_non_null(pair);
	pair->memory[LEN / 4 - 1] = 5;
	assert_true(there_and_back(pair, LEN, false) <= 6);
	for (size_t i = 0; i < LEN / 4; i++)
		pair->memory[i] = (uint32_t)(i + 1) * UINT32_C(0x9e3779b1);
	assert_true(there_and_back(pair, LEN, false) > LEN);
	/* Every second one is zero: room for 36 bits in 64. */
	for (size_t i = 0; i < LEN / 4; i += 2)
		pair->memory[i] = 0;
	assert_true(there_and_back(pair, LEN, false) <= LEN * 9 / 16 + 16);
	/* The same pointer again and again. */
	for (size_t i = 0; i < LEN / 4; i++)
		pair->memory[i] = i % 2 ? 0x7f44 : 0xf3f80010;
	assert_true(there_and_back(pair, LEN, false) <= LEN / 4 + 32);
	free(pair);
}

/* What one delta has seen helps the next one. */
static void goes_on(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	struct ln_delta_recent writer = { { 0 } };
	struct ln_delta_recent reader = { { 0 } };
	size_t first;
	size_t second;

	(void)state;
	assert_non_null(pair);
	for (size_t i = 0; i < 16; i++)
		pair->memory[i] = (uint32_t)(i + 1) * UINT32_C(0x01234567);
	first = ln_delta_write(&writer, pair->delta, pair->memory, NULL, 64);
	second = ln_delta_write(&writer, pair->delta + first, pair->memory,
				NULL, 64);
	assert_true(second < first / 2);
	assert_int_equal(ln_delta_apply(&reader, pair->copy, 64, pair->delta),
			 first);
	memset(pair->copy, 0, 64);
	assert_int_equal(
		ln_delta_apply(&reader, pair->copy, 64, pair->delta + first),
		second);
	assert_memory_equal(pair->copy, pair->memory, 64);
	free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_it_got),
		cmocka_unit_test(says_that_nothing_differs),
		cmocka_unit_test(is_as_small_as_it_says),
		cmocka_unit_test(goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
