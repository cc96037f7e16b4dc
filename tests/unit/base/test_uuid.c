/* src/base/uuid.c: the text form of an id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/uuid.h"

static void has_the_known_form(void **state)
{
	static const uint8_t id[16] = { 0x00, 0x01, 0x12, 0x23, 0x34, 0x45,
					0x46, 0x57, 0x98, 0xa9, 0xba, 0xcb,
					0xdc, 0xed, 0xfe, 0xff };
	char text[LN_UUID_TEXT + 1];

	(void)state;
	text[LN_UUID_TEXT] = 'x';
	ln_uuid_format(id, text);
	assert_string_equal(text, "00011223-3445-4657-98a9-bacbdcedfeff");
	assert_int_equal(text[LN_UUID_TEXT], 'x');
}

static void shows_version_and_variant(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		char text[LN_UUID_TEXT];
		uint8_t id[16];

		ln_random_uuid(id);
		ln_uuid_format(id, text);
		assert_int_equal(strlen(text), 36);
		assert_int_equal(text[14], '4');
		assert_non_null(strchr("89ab", text[19]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_known_form),
		cmocka_unit_test(shows_version_and_variant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
