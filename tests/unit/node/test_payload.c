/* src/node/payload.c: what is written can be read, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/payload.h"

static struct ln_unpack reader(const struct ln_bytes *payload)
{
	return (struct ln_unpack){ .data = payload->data, .len = payload->len };
}

static void values_come_back(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct ln_bytes payload = LN_PAYLOAD_INIT;
	struct ln_unpack unpack;
	const uint8_t *read;
	size_t len;

	(void)state;
	ln_payload_u8(&payload, 0xfe);
	ln_payload_u32(&payload, 0x12345678);
	ln_payload_u64(&payload, UINT64_C(0x123456789abcdef0));
	ln_payload_bytes(&payload, bytes, sizeof(bytes));
	ln_payload_bytes(&payload, NULL, 0);
	ln_payload_text(&payload, "a text");
	ln_bytes_add(&payload, bytes, sizeof(bytes));
	assert_int_equal(payload.error, 0);
	/* The order of the bytes is that of the documentation. */
	assert_int_equal(payload.data[1], 0x78);
	unpack = reader(&payload);
	assert_int_equal(ln_unpack_u8(&unpack), 0xfe);
	assert_int_equal(ln_unpack_u32(&unpack), 0x12345678);
	assert_true(ln_unpack_u64(&unpack) == UINT64_C(0x123456789abcdef0));
	read = ln_unpack_bytes(&unpack, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(read, bytes, 3);
	assert_non_null(ln_unpack_bytes(&unpack, &len));
	assert_int_equal(len, 0);
	assert_string_equal(ln_unpack_text(&unpack), "a text");
	assert_false(ln_unpack_done(&unpack));
	assert_memory_equal(ln_unpack_raw(&unpack, 3), bytes, 3);
	assert_true(ln_unpack_done(&unpack));
	ln_bytes_deinit(&payload);
	assert_null(payload.data);
}

static void a_failed_reader_stays_so(void **state)
{
	const uint8_t bytes[] = { 5, 0, 0, 0, 1, 2 };
	struct ln_unpack unpack = { .data = bytes, .len = sizeof(bytes) };
	size_t len = 7;

	(void)state;
	assert_null(ln_unpack_bytes(&unpack, &len));
	assert_int_equal(len, 0);
	assert_true(unpack.failed);
	assert_int_equal(ln_unpack_u8(&unpack), 0);
	assert_null(ln_unpack_raw(&unpack, 0));
	assert_false(ln_unpack_done(&unpack));
}

static void texts_end_once(void **state)
{
	static const struct {
		uint8_t bytes[8];
		size_t len;
	} bad[] = {
		{ { 0, 0, 0, 0 }, 4 },
		{ { 1, 0, 0, 0, 'a' }, 5 },
		{ { 3, 0, 0, 0, 'a', 0, 0 }, 7 },
		{ { 2, 0, 0, 0, 'a' }, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ln_unpack unpack = { .data = bad[i].bytes,
					    .len = bad[i].len };

		assert_null(ln_unpack_text(&unpack));
		assert_true(unpack.failed);
	}
}

static void what_is_too_long_fails(void **state)
{
	struct ln_bytes payload = LN_PAYLOAD_INIT;

	(void)state;
	ln_payload_bytes(&payload, "", (size_t)UINT32_MAX + 1);
	assert_int_equal(payload.error, LN_ELIMIT);
	ln_bytes_deinit(&payload);
	assert_int_equal(payload.error, 0);
	ln_bytes_add(&payload, NULL, SIZE_MAX);
	assert_int_equal(payload.error, LN_ELIMIT);
	ln_bytes_deinit(&payload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back),
		cmocka_unit_test(a_failed_reader_stays_so),
		cmocka_unit_test(texts_end_once),
		cmocka_unit_test(what_is_too_long_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
