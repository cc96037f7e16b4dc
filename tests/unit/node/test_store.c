/* src/node/store.c: modules by their digests, and what makes room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/store.h"

static uint8_t *bytes_of(uint8_t value, size_t len)
{
	uint8_t *bytes = malloc(len);

	assert_non_null(bytes);
	memset(bytes, value, len);
	return bytes;
}

/* Adds `len` bytes of a value under its digest. */
static void add(struct ln_store *store, uint8_t value, size_t len,
		uint8_t digest[LN_DIGEST_SIZE])
{
	uint8_t *bytes = bytes_of(value, len);
	struct ln_blob *blob;

	assert_int_equal(ln_digest(bytes, len, digest), 0);
	blob = ln_store_add(store, digest, bytes, len);
	assert_non_null(blob);
	assert_int_equal(blob->len, len);
	ln_blob_release(blob);
}

static bool has(struct ln_store *store, const uint8_t digest[LN_DIGEST_SIZE])
{
	struct ln_blob *blob = ln_store_find(store, digest);

	if (blob == NULL)
		return false;
	assert_memory_equal(blob->digest, digest, LN_DIGEST_SIZE);
	ln_blob_release(blob);
	return true;
}

static void digests_are_sha256(void **state)
{
	static const uint8_t expected[4] = { 0xba, 0x78, 0x16, 0xbf };
	uint8_t digest[LN_DIGEST_SIZE];

	(void)state;
	assert_int_equal(ln_digest((const uint8_t *)"abc", 3, digest), 0);
	assert_memory_equal(digest, expected, sizeof(expected));
}

static void the_least_used_go_first(void **state)
{
	uint8_t digests[4][LN_DIGEST_SIZE];
	struct ln_store store;

	(void)state;
	ln_store_init(&store, 300);
	for (uint8_t i = 0; i < 3; i++)
		add(&store, i, 100, digests[i]);
	assert_true(has(&store, digests[0]));
	add(&store, 3, 100, digests[3]);
	assert_true(has(&store, digests[0]));
	assert_false(has(&store, digests[1]));
	assert_true(has(&store, digests[2]));
	assert_true(has(&store, digests[3]));
	assert_int_equal(store.bytes, 300);
	ln_store_deinit(&store);
	assert_int_equal(store.bytes, 0);
	assert_int_equal(store.count, 0);
}

static void the_same_bytes_are_kept_once(void **state)
{
	uint8_t digest[LN_DIGEST_SIZE];
	struct ln_store store;

	(void)state;
	ln_store_init(&store, 1000);
	add(&store, 1, 100, digest);
	add(&store, 1, 100, digest);
	assert_int_equal(store.count, 1);
	assert_int_equal(store.bytes, 100);
	ln_store_deinit(&store);
}

static void what_is_too_large_is_only_given(void **state)
{
	uint8_t digests[2][LN_DIGEST_SIZE];
	struct ln_store store;

	(void)state;
	ln_store_init(&store, 100);
	add(&store, 1, 100, digests[0]);
	add(&store, 2, 101, digests[1]);
	assert_true(has(&store, digests[0]));
	assert_false(has(&store, digests[1]));
	ln_store_deinit(&store);
}

static void a_reference_outlives_the_place(void **state)
{
	uint8_t digests[2][LN_DIGEST_SIZE];
	struct ln_store store;
	struct ln_blob *blob;

	(void)state;
	ln_store_init(&store, 100);
	add(&store, 1, 60, digests[0]);
	blob = ln_store_find(&store, digests[0]);
	assert_non_null(blob);
	add(&store, 2, 60, digests[1]);
	assert_false(has(&store, digests[0]));
	assert_int_equal(blob->bytes[59], 1);
	ln_blob_release(blob);
	ln_store_deinit(&store);
}

static void entries_are_bounded(void **state)
{
	uint8_t digest[LN_DIGEST_SIZE] = { 0 };
	struct ln_store store;

	(void)state;
	ln_store_init(&store, SIZE_MAX);
	for (uint32_t i = 0; i < LN_STORE_MAX + 10; i++) {
		memcpy(digest, &i, sizeof(i));
		ln_blob_release(
			ln_store_add(&store, digest, bytes_of(0, 1), 1));
	}
	assert_int_equal(store.count, LN_STORE_MAX);
	assert_int_equal(store.bytes, LN_STORE_MAX);
	ln_store_deinit(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_sha256),
		cmocka_unit_test(the_least_used_go_first),
		cmocka_unit_test(the_same_bytes_are_kept_once),
		cmocka_unit_test(what_is_too_large_is_only_given),
		cmocka_unit_test(a_reference_outlives_the_place),
		cmocka_unit_test(entries_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
