/* src/host/iovecs.c: lists of pieces, checked and walked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "host/iovecs.h"
#include "host/wasi/wasi.h"

#define MEMORY 65536u

static uint8_t memory[MEMORY];

/* Writes a piece into the list at `list`, which may be unaligned. */
static void put_piece(uint32_t list, uint32_t index, uint32_t address,
		      uint32_t len)
{
	ln_wasi_store32(memory + list + (size_t)index * 8, address);
	ln_wasi_store32(memory + list + (size_t)index * 8 + 4, len);
}

static int init(struct ln_iovecs *iovecs, uint32_t list, uint32_t count)
{
	const struct ln_array array = { memory + list, count };

	return ln_iovecs_init(iovecs, memory, MEMORY, array);
}

static void empty_list(void **state)
{
	const struct ln_array array = { NULL, 0 };
	struct iovec batch[LN_IOVECS_BATCH];
	struct ln_iovecs iovecs;

	(void)state;
	assert_int_equal(ln_iovecs_init(&iovecs, memory, MEMORY, array), 0);
	assert_int_equal(iovecs.left, 0);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 0);
}

static void checks_each_piece(void **state)
{
	struct ln_iovecs iovecs;

	(void)state;
	put_piece(3, 0, 100, 10);
	put_piece(3, 1, MEMORY - 1, 1);
	assert_int_equal(init(&iovecs, 3, 2), 0);
	assert_int_equal(iovecs.left, 11);
	put_piece(3, 1, MEMORY - 1, 2);
	assert_int_equal(init(&iovecs, 3, 2), LN_EINVAL);
	put_piece(3, 1, MEMORY, 1);
	assert_int_equal(init(&iovecs, 3, 2), LN_EINVAL);
	put_piece(3, 1, UINT32_MAX, UINT32_MAX);
	assert_int_equal(init(&iovecs, 3, 2), LN_EINVAL);
	/* An empty piece may have any address: languages make one up. */
	put_piece(3, 1, UINT32_MAX, 0);
	assert_int_equal(init(&iovecs, 3, 2), 0);
	assert_int_equal(iovecs.left, 10);
}

static void caps_count_and_bytes(void **state)
{
	const struct ln_array array = { memory, LN_IOVECS_PIECES + 1 };
	struct ln_iovecs iovecs;

	(void)state;
	for (uint32_t i = 0; i < LN_IOVECS_PIECES; i++)
		put_piece(0, i, 0, 1);
	/* Behind the cap nothing is looked at, not even checked. */
	put_piece(0, LN_IOVECS_PIECES, UINT32_MAX, 1);
	assert_int_equal(ln_iovecs_init(&iovecs, memory, MEMORY, array), 0);
	assert_int_equal(iovecs.left, LN_IOVECS_PIECES);
	for (uint32_t i = 0; i < LN_IOVECS_PIECES; i++)
		put_piece(0, i, 0, UINT32_MAX);
	assert_int_equal(
		ln_iovecs_init(&iovecs, memory, UINT64_C(1) << 32, array), 0);
	assert_int_equal(iovecs.left, LN_IOVECS_BYTES);
}

static void gathers_and_advances(void **state)
{
	struct iovec batch[LN_IOVECS_BATCH];
	struct ln_iovecs iovecs;

	(void)state;
	put_piece(1, 0, 0, 0);
	put_piece(1, 1, 1000, 5);
	put_piece(1, 2, 7, 0);
	put_piece(1, 3, 2000, 7);
	put_piece(1, 4, 3000, 1);
	assert_int_equal(init(&iovecs, 1, 5), 0);
	assert_int_equal(iovecs.left, 13);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 3);
	assert_ptr_equal(batch[0].iov_base, memory + 1000);
	assert_int_equal(batch[0].iov_len, 5);
	assert_ptr_equal(batch[1].iov_base, memory + 2000);
	assert_int_equal(batch[1].iov_len, 7);
	assert_ptr_equal(batch[2].iov_base, memory + 3000);
	assert_int_equal(batch[2].iov_len, 1);

	/* Cut where told. */
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 6), 2);
	assert_int_equal(batch[1].iov_len, 1);

	/* Inside a piece, then to its end. */
	ln_iovecs_advance(&iovecs, 2);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 3);
	assert_ptr_equal(batch[0].iov_base, memory + 1002);
	assert_int_equal(batch[0].iov_len, 3);
	ln_iovecs_advance(&iovecs, 3);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 2);
	assert_ptr_equal(batch[0].iov_base, memory + 2000);

	/* Across a piece. */
	ln_iovecs_advance(&iovecs, 7);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 1);
	assert_ptr_equal(batch[0].iov_base, memory + 3000);
	ln_iovecs_advance(&iovecs, 1);
	assert_int_equal(iovecs.left, 0);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 0);
}

static void one_batch_at_a_time(void **state)
{
	struct iovec batch[LN_IOVECS_BATCH];
	struct ln_iovecs iovecs;
	size_t seen = 0;
	int n;

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		put_piece(0, i, 1000 + i * 10, 10);
	assert_int_equal(init(&iovecs, 0, 100), 0);
	while ((n = ln_iovecs_gather(&iovecs, batch, SIZE_MAX)) > 0) {
		for (int i = 0; i < n; i++) {
			assert_ptr_equal(batch[i].iov_base,
					 memory + 1000 + seen);
			seen += batch[i].iov_len;
		}
		assert_true(n <= LN_IOVECS_BATCH);
		ln_iovecs_advance(&iovecs, (size_t)n * 10);
	}
	assert_int_equal(seen, 1000);
	assert_int_equal(iovecs.left, 0);
}

/* A guest can read into its own list: whatever comes to stand there, nothing
 * outside the memory is touched. */
static void survives_a_changing_list(void **state)
{
	struct iovec batch[LN_IOVECS_BATCH];
	struct ln_iovecs iovecs;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		put_piece(0, i, 1000, 10);
	assert_int_equal(init(&iovecs, 0, 4), 0);
	ln_iovecs_advance(&iovecs, 10);
	put_piece(0, 1, MEMORY - 4, 10);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 0);
	put_piece(0, 1, 1000, 4);
	put_piece(0, 2, UINT32_MAX, UINT32_MAX);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 1);
	assert_int_equal(batch[0].iov_len, 4);
	ln_iovecs_advance(&iovecs, 4);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 0);
	/* Pieces that shrink below what was done of them, or vanish. */
	put_piece(0, 2, 1000, 10);
	ln_iovecs_advance(&iovecs, 5);
	put_piece(0, 2, 1000, 3);
	put_piece(0, 3, 1000, 0);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 0);
	ln_iovecs_advance(&iovecs, 1);
	assert_int_equal(iovecs.pieces, 0);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 0);
}

/* What a call leaves for the next one begins with a piece that is not empty. */
static void passes_over_empty_ones(void **state)
{
	const uint32_t count = LN_IOVECS_PIECES * 3;
	struct iovec batch[LN_IOVECS_BATCH];
	struct ln_iovecs iovecs;

	(void)state;
	for (uint32_t i = 0; i < count; i++)
		put_piece(0, i, UINT32_MAX - i, 0);
	assert_int_equal(init(&iovecs, 0, count), 0);
	assert_int_equal(iovecs.left, 0);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 0);
	put_piece(0, count - 1, 50000, 7);
	assert_int_equal(init(&iovecs, 0, count), 0);
	assert_int_equal(iovecs.left, 7);
	assert_int_equal(ln_iovecs_gather(&iovecs, batch, 100), 1);
	assert_ptr_equal(batch[0].iov_base, memory + 50000);
	/* What is checked begins there, too. */
	put_piece(0, count - 1, MEMORY, 7);
	assert_int_equal(init(&iovecs, 0, count), LN_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_list),
		cmocka_unit_test(checks_each_piece),
		cmocka_unit_test(caps_count_and_bytes),
		cmocka_unit_test(gathers_and_advances),
		cmocka_unit_test(one_batch_at_a_time),
		cmocka_unit_test(survives_a_changing_list),
		cmocka_unit_test(passes_over_empty_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
