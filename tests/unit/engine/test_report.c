/* Reports of failed guests, as text for a person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/names.h"
#include "engine/report.h"
#include "support/wat.h"

static void reasons_are_clean_and_bounded(void **state)
{
	static char message[5000];
	struct ln_report *report;

	(void)state;
	memset(message, 'a', sizeof(message) - 1);
	report = ln_report_new(message, sizeof(message) - 1, NULL, 0, false,
			       NULL);
	assert_int_equal(strlen(ln_report_reason(report)), 1023);
	ln_report_free(report);
	report = ln_report_plain(message);
	assert_int_equal(strlen(ln_report_reason(report)), 1023);
	assert_in_range(ln_report_size(report), 1024, 40960);
	ln_report_free(report);
	report = ln_report_plain("a\x1b[2J\xc2\x9b"
				 "b");
	assert_string_equal(ln_report_reason(report), "a?[2J?b");
	ln_report_free(report);
	ln_report_free(NULL);
}

/* The text of a report with those frames. */
static char *text_of(const struct ln_frame *frames, size_t count, bool more,
		     const struct ln_names *names)
{
	struct ln_report *report =
		ln_report_new("why", 3, frames, count, more, names);
	char *text;

	assert_non_null(report);
	text = ln_report_text(report);
	assert_non_null(text);
	ln_report_free(report);
	return text;
}

static void frames_are_lines(void **state)
{
	static const struct ln_frame frames[] = { { 0, 0x3c },
						  { 1, SIZE_MAX },
						  { 7, 0x45 } };
	struct test_binary binary = test_assemble(
		"(module $own (func $inner)"
		" (func $_ZN4core3fmt5write17h0123456789abcdefE))");
	struct ln_names *names;
	char *text;

	(void)state;
	assert_int_equal(ln_names_new(binary.data, binary.size, 2, &names), 0);
	text = text_of(frames, 3, false, names);
	assert_string_equal(text, "why\n    0:     0x3c - own!inner"
				  "\n    1: own!core::fmt::write"
				  "\n    2:     0x45 - own!<wasm function 7>");
	free(text);
	text = text_of(frames, 1, true, NULL);
	assert_string_equal(text, "why\n    0:     0x3c - <unknown>!"
				  "<wasm function 0>\n    ...");
	free(text);
	text = text_of(NULL, 0, false, names);
	assert_string_equal(text, "why");
	free(text);
	ln_names_free(names);
	test_binary_free(&binary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons_are_clean_and_bounded),
		cmocka_unit_test(frames_are_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
