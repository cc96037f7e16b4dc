/* src/node/codec.c: what is written can be read, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/codec.h"

static struct ln_decoder reader(const struct ln_bytes *body)
{
	return (struct ln_decoder){ .data = body->data, .len = body->len };
}

static void values_come_back(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct ln_bytes body = LN_ENCODED_INIT;
	struct ln_decoder decoder;
	const uint8_t *read;
	size_t len;

	(void)state;
	ln_encode_u8(&body, 0xfe);
	ln_encode_u32(&body, 0x12345678);
	ln_encode_u64(&body, UINT64_C(0x123456789abcdef0));
	ln_encode_bytes(&body, bytes, sizeof(bytes));
	ln_encode_bytes(&body, NULL, 0);
	ln_encode_text(&body, "a text");
	ln_bytes_add(&body, bytes, sizeof(bytes));
	assert_int_equal(body.error, 0);
	/* The order of the bytes is that of the documentation. */
	assert_int_equal(body.data[1], 0x78);
	decoder = reader(&body);
	assert_int_equal(ln_decoder_u8(&decoder), 0xfe);
	assert_int_equal(ln_decoder_u32(&decoder), 0x12345678);
	assert_true(ln_decoder_u64(&decoder) == UINT64_C(0x123456789abcdef0));
	read = ln_decoder_bytes(&decoder, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(read, bytes, 3);
	assert_non_null(ln_decoder_bytes(&decoder, &len));
	assert_int_equal(len, 0);
	assert_string_equal(ln_decoder_text(&decoder), "a text");
	assert_false(ln_decoder_done(&decoder));
	assert_memory_equal(ln_decoder_raw(&decoder, 3), bytes, 3);
	assert_true(ln_decoder_done(&decoder));
	ln_bytes_deinit(&body);
	assert_null(body.data);
}

static void a_failed_reader_stays_so(void **state)
{
	const uint8_t bytes[] = { 5, 0, 0, 0, 1, 2 };
	struct ln_decoder decoder = { .data = bytes, .len = sizeof(bytes) };
	size_t len = 7;

	(void)state;
	assert_null(ln_decoder_bytes(&decoder, &len));
	assert_int_equal(len, 0);
	assert_true(decoder.failed);
	assert_int_equal(ln_decoder_u8(&decoder), 0);
	assert_null(ln_decoder_raw(&decoder, 0));
	assert_false(ln_decoder_done(&decoder));
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
		struct ln_decoder decoder = { .data = bad[i].bytes,
					      .len = bad[i].len };

		assert_null(ln_decoder_text(&decoder));
		assert_true(decoder.failed);
	}
}

static void what_is_too_long_fails(void **state)
{
	struct ln_bytes body = LN_ENCODED_INIT;

	(void)state;
	ln_encode_bytes(&body, "", (size_t)UINT32_MAX + 1);
	assert_int_equal(body.error, LN_ELIMIT);
	ln_bytes_deinit(&body);
	assert_int_equal(body.error, 0);
	ln_bytes_add(&body, NULL, SIZE_MAX);
	assert_int_equal(body.error, LN_ELIMIT);
	ln_bytes_deinit(&body);
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
