/* src/base/utf8.c: what is well-formed, at every border. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static const struct {
	const char *bytes;
	bool valid;
} cases[] = {
	{ "", true },
	{ "plain", true },
	{ "\x7f", true },
	{ "\xc2\x80", true },         /* U+0080 */
	{ "\xdf\xbf", true },         /* U+07FF */
	{ "\xe0\xa0\x80", true },     /* U+0800 */
	{ "\xed\x9f\xbf", true },     /* U+D7FF */
	{ "\xee\x80\x80", true },     /* U+E000 */
	{ "\xef\xbf\xbf", true },     /* U+FFFF */
	{ "\xf0\x90\x80\x80", true }, /* U+10000 */
	{ "\xf4\x8f\xbf\xbf", true }, /* U+10FFFF */
	{ "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z", true },
	{ "\x80", false }, /* only a continuation */
	{ "\xbf", false },
	{ "\xc0\x80", false }, /* overlong */
	{ "\xc1\xbf", false },
	{ "\xe0\x80\x80", false },
	{ "\xe0\x9f\xbf", false },
	{ "\xf0\x80\x80\x80", false },
	{ "\xf0\x8f\xbf\xbf", false },
	{ "\xed\xa0\x80", false }, /* surrogates */
	{ "\xed\xbf\xbf", false },
	{ "\xf4\x90\x80\x80", false }, /* beyond U+10FFFF */
	{ "\xf5\x80\x80\x80", false },
	{ "\xf8\x88\x80\x80\x80", false },
	{ "\xfe", false },
	{ "\xff", false },
	{ "\xc2", false }, /* cut short */
	{ "\xe2\x82", false },
	{ "\xe2", false },
	{ "\xf0\x9f\x98", false },
	{ "\xf0\x9f", false },
	{ "\xf0", false },
	{ "\xc2g", false }, /* a continuation is missing */
	{ "\xe2\x82g", false },
	{ "\xe2g\xac", false },
	{ "\xf0\x9f\x98g", false },
	{ "\xf0\x9fg\x80", false },
	{ "\xc2\xc2\x80", false },
	{ "good\xe2\x82\xac then \xff", false },
};

/* The bytes in memory of just their length, for the sanitizer to watch. */
static bool valid(const char *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	bool result;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	result = ln_utf8_valid(copy, len);
	free(copy);
	return result;
}

static void borders(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *bytes = cases[i].bytes;

		if (valid(bytes, strlen(bytes)) != cases[i].valid)
			fail_msg("case %zu: \"%s\"", i, bytes);
	}
}

static void zero_is_a_character(void **state)
{
	(void)state;
	assert_true(valid("a\0b", 3));
	assert_false(valid("\xc2\0", 2));
	assert_true(ln_utf8_valid(NULL, 0));
}

static size_t encode(uint32_t c, char *to)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 63));
		to[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 63));
	to[2] = (char)(0x80 | (c >> 6 & 63));
	to[3] = (char)(0x80 | (c & 63));
	return 4;
}

static void every_code_point(void **state)
{
	(void)state;
	for (uint32_t c = 0; c < 0x120000; c++) {
		bool surrogate = c >= 0xd800 && c < 0xe000;
		uint8_t bytes[4];
		size_t len = encode(c, (char *)bytes);

		if (ln_utf8_valid(bytes, len) != (!surrogate && c < 0x110000))
			fail_msg("U+%04X", c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(borders),
		cmocka_unit_test(zero_is_a_character),
		cmocka_unit_test(every_code_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
