// The texts of errors: their size, their bytes, their end.
//
// stdout: passed
// stderr~ trapped: error 0 does not exist \(lunatic::error::string_size\)$
// stderr~ 18446744073709551615 does not exist \(lunatic::error::to_string\)$
// stderr~ trapped: error 1 does not exist \(lunatic::error::drop\)$
// stderr~ trapped: error 0 does not exist \(lunatic::error::to_string\)$
// stderr~ points outside of the exported memory \(lunatic::error::to_string\)$
// stderr~ !size_of_none$
// stderr~ !text_of_none$
// stderr~ !drop_none$
// stderr~ !text_of_dropped$
// stderr~ !process_is_no_error$
// stderr~ !text_outside$
#include "../check.h"

static uint64_t make_error(void)
{
	uint64_t id;

	CHECK_EQ(lunatic_process_inherit_spawn(0, "nothing", 7, NULL, 0, &id),
		 1);
	return id;
}

ENTRY(size_of_none)(void)
{
	lunatic_error_string_size(0);
}

ENTRY(text_of_none)(void)
{
	char text[100];

	lunatic_error_to_string(UINT64_MAX, text);
}

ENTRY(drop_none)(void)
{
	lunatic_error_drop(make_error() + 1);
}

ENTRY(text_of_dropped)(void)
{
	char text[100];
	uint64_t error = make_error();

	lunatic_error_drop(error);
	lunatic_error_to_string(error, text);
}

ENTRY(process_is_no_error)(void)
{
	lunatic_error_string_size(lunatic_process_this());
}

ENTRY(text_outside)(void)
{
	lunatic_error_to_string(make_error(), (char *)(uintptr_t)-2);
}

int main(void)
{
	static char first[1000], second[1000];
	uint64_t a = make_error(), b;
	uint32_t size = lunatic_error_string_size(a);

	CHECK_EQ(a, 0);
	CHECK(size > 0 && size < 200);
	CHECK_EQ(lunatic_error_string_size(a), size);
	memset(first, '#', sizeof(first));
	lunatic_error_to_string(a, first + 1);
	CHECK_EQ(first[0], '#');
	CHECK_EQ(first[size + 1], '#');
	CHECK(memchr(first, '\0', size) == NULL);
	CHECK(strstr(first, "nothing") != NULL);
	// The same mistake, the same text, another number.
	b = make_error();
	CHECK_EQ(b, 1);
	CHECK_EQ(lunatic_error_string_size(b), size);
	lunatic_error_to_string(b, second + 1);
	CHECK(memcmp(first + 1, second + 1, size) == 0);
	lunatic_error_drop(a);
	lunatic_error_to_string(b, second + 1);
	lunatic_error_drop(b);
	// Numbers are not used twice, and many errors can be kept.
	for (uint64_t i = 2; i < 50000; i++)
		CHECK_EQ(make_error(), i);
	for (uint64_t i = 2; i < 50000; i++) {
		CHECK_EQ(lunatic_error_string_size(i), size);
		if (i % 2)
			lunatic_error_drop(i);
	}
	lunatic_process_die_when_link_dies(0);
	must_fail("size_of_none");
	must_fail("text_of_none");
	must_fail("drop_none");
	must_fail("text_of_dropped");
	must_fail("process_is_no_error");
	must_fail("text_outside");
	puts("passed");
	return 0;
}
