/* src/base/text.c: whatever goes in, what comes out can be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/utf8.h"

/* Characters that must never be shown, and some that may. */
static const char *const pieces[] = {
	"\x1b[2J",
	"\a",
	"\x7f",
	"\xc2\x9b",
	"\xc2\x80",
	"\xe2\x80\xae",
	"\xe2\x81\xa6",
	"\xe2\x80\xa8",
	"\xe2\x80\xa9",
	"\xef\xbb\xbf",
	"\xd8\x9c",
	"\xf3\xa0\x80\x81",
	"\xff",
	"\xe2\x80",
	"\xc0\x80",
	"\xed\xa0\x80",
	"\xf4\x90\x80\x80",
	"\n",
	"\r",
	"\t",
	"a",
	"\xc3\xa4",
	"\xe4\xb8\xad",
	"\xf0\x9f\x90\x95",
	" ",
	"..",
	"%s%n",
	"\xe2\x80\x8b",
};

static uint64_t seed = 1;

static uint32_t random_below(uint32_t bound)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % bound;
}

static bool is_clean(const char *text, size_t len, bool lines)
{
	const uint8_t *bytes = (const uint8_t *)text;

	for (size_t at = 0; at < len;) {
		size_t n = ln_utf8_sequence(bytes + at, len - at);
		uint32_t code;

		if (n == 0)
			return false;
		code = ln_utf8_decode(bytes + at, n);
		if (code == '\n' ? !lines
				 : code < 0x20 || (code >= 0x7f && code < 0xa0))
			return false;
		if ((code >= 0x2028 && code <= 0x202e) ||
		    (code >= 0x2066 && code <= 0x2069))
			return false;
		at += n;
	}
	return true;
}

/* Any bytes, or pieces that are worth trying. */
static size_t make(char *text, size_t size)
{
	size_t len = 0;

	while (len + 4 < size && random_below(40) != 0) {
		if (random_below(3) == 0) {
			text[len++] = (char)random_below(256);
		} else {
			const char *piece = pieces[random_below(
				sizeof(pieces) / sizeof(pieces[0]))];
			size_t n = strlen(piece);

			memcpy(text + len, piece, n);
			len += n;
		}
	}
	return len;
}

static void whatever_goes_in_is_clean(void **state)
{
	char text[256], given[256], out[300];

	(void)state;
	for (int round = 0; round < 100000; round++) {
		size_t len = make(given, sizeof(given));
		bool lines = random_below(2) != 0;
		size_t size = 8 + random_below(sizeof(out) - 8);
		size_t n;

		memcpy(text, given, len);
		n = ln_text_clean(text, len, lines);
		assert_true(n <= len);
		assert_true(is_clean(text, n, lines));
		/* Once is enough. */
		assert_int_equal(ln_text_clean(text, n, lines), n);

		memset(out, 0x1b, sizeof(out));
		n = ln_text_copy(out, size, given, len);
		assert_true(n < size);
		assert_int_equal(strlen(out), n);
		assert_true(is_clean(out, n, false));
		if (len >= size)
			assert_string_equal(out + n - 2, "..");
		if (size < sizeof(out))
			assert_int_equal(out[size], 0x1b);
	}
}

static void check(const char *given, const char *wanted)
{
	char out[64];

	assert_int_equal(ln_text_copy(out, sizeof(out), given, strlen(given)),
			 strlen(wanted));
	assert_string_equal(out, wanted);
}

static void plain_text_stays(void **state)
{
	(void)state;
	check("", "");
	check("main", "main");
	check("a\xc3\xa4\xe4\xb8\xad\xf0\x9f\x90\x95z",
	      "a\xc3\xa4\xe4\xb8\xad\xf0\x9f\x90\x95z");
	check("core::fmt::write<T, '_>", "core::fmt::write<T, '_>");
}

static void the_rest_is_a_question_mark(void **state)
{
	char out[16];

	(void)state;
	check("\x1b]0;x\a", "?]0;x?");
	check("a\nb\tc\rd", "a b c d");
	check("\xc2\x9b"
	      "1m",
	      "?1m");
	check("\xe2\x80\xaegpj.exe", "?gpj.exe");
	check("\xff\xfe", "??");
	assert_int_equal(ln_text_copy(out, sizeof(out), "a\0b", 3), 3);
	assert_string_equal(out, "a?b");
}

static void long_texts_are_cut_between_characters(void **state)
{
	char out[12];

	(void)state;
	assert_int_equal(ln_text_copy(out, sizeof(out), "12345678901", 11), 11);
	assert_string_equal(out, "12345678901");
	ln_text_copy(out, sizeof(out), "123456789012", 12);
	assert_string_equal(out, "123456789..");
	ln_text_copy(out, sizeof(out), "12345678\xc3\xa4zzzz", 14);
	assert_string_equal(out, "12345678..");
	/* What is no text has no characters to be kept whole. */
	assert_int_equal(ln_text_cut("\x80\x80\x80\x80\x80\x80", 6, 4), 4);
	assert_int_equal(ln_text_cut("abc", 3, 4), 3);
}

static void formats(void **state)
{
	static char much[5000];
	char *text;

	(void)state;
	ln_text_format(&text, "  a \n\n %s\t. ", "\x1b[1m");
	assert_string_equal(text, "a ?[1m .");
	free(text);
	memset(much, 'x', sizeof(much) - 1);
	ln_text_format(&text, "%s", much);
	assert_int_equal(strlen(text), LN_TEXT_FORMAT_MAX);
	assert_string_equal(text + LN_TEXT_FORMAT_MAX - 3, "x..");
	free(text);
	ln_text_clean_lines(much, 10);
	assert_string_equal(much, "xxxxxxxx..");
	text = ln_text_new("a\nb", 3, 100);
	assert_string_equal(text, "a b");
	free(text);
}

static void lines_stay_where_they_are_wanted(void **state)
{
	char text[] = "a\n\x1b"
		      "b\r\n";

	(void)state;
	ln_text_clean_lines(text, 100);
	assert_string_equal(text, "a\n?b \n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_goes_in_is_clean),
		cmocka_unit_test(plain_text_stays),
		cmocka_unit_test(the_rest_is_a_question_mark),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(formats),
		cmocka_unit_test(lines_stay_where_they_are_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
