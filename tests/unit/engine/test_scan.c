/* The look at a binary's sections: facts, texts, and any bytes at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <wasmtime.h>

#include "base/error.h"
#include "engine/scan.h"

/* Ten sections: type, import, function, table, memory, global, export, start,
 * element, code; and data, which needs a count of its own for memory.init. */
static const char sample_text[] =
	"(module"
	" (import \"a\" \"b\" (func))"
	" (import \"a\" \"c\" (func (param i32)))"
	" (table 2 funcref)"
	" (memory (export \"memory\") 3 9)"
	" (memory 1)"
	" (global (mut i32) (i32.const 7))"
	" (func (export \"one\") nop)"
	" (func (export \"two\") (param i64) (result i64) local.get 0)"
	" (func i32.const 0 i32.const 0 i32.const 0 memory.init 0)"
	" (start 4)"
	" (elem (i32.const 0) 2 3)"
	" (data \"passive\")"
	" (data (i32.const 0) \"active\"))";
#define SAMPLE_SECTIONS 12

struct bytes {
	uint8_t *data;
	size_t len;
};

static struct bytes assemble(const char *text)
{
	wasm_byte_vec_t binary;
	struct bytes bytes;

	assert_null(wasmtime_wat2wasm(text, strlen(text), &binary));
	bytes.len = binary.size;
	bytes.data = malloc(binary.size);
	assert_non_null(bytes.data);
	memcpy(bytes.data, binary.data, binary.size);
	wasm_byte_vec_delete(&binary);
	return bytes;
}

/* Scans a copy that ends where its memory ends, so that a read beyond it
 * shows. */
static int scan_copy(const void *data, size_t len, struct ln_scan *scan,
		     char problem[192])
{
	uint8_t *copy = malloc(len);
	int error;

	if (len > 0)
		memcpy(copy, data, len);
	problem[0] = '\0';
	error = ln_scan_module(copy, len, scan, problem, 192);
	free(copy);
	if (error != 0)
		assert_true(strlen(problem) > 0);
	else
		assert_string_equal(problem, "");
	return error;
}

static void expect(const void *data, size_t len, int error, const char *text)
{
	struct ln_scan scan;
	char problem[192];

	assert_int_equal(scan_copy(data, len, &scan, problem), error);
	if (strstr(problem, text) == NULL)
		fail_msg("\"%s\" does not tell \"%s\"", problem, text);
}

#define HEADER "\0asm\1\0\0\0"
#define EXPECT(literal, error, text) \
	expect((literal), sizeof(literal) - 1, (error), (text))

static void facts(void **state)
{
	struct bytes bytes = assemble(sample_text);
	struct ln_scan scan;
	char problem[192];

	(void)state;
	assert_int_equal(scan_copy(bytes.data, bytes.len, &scan, problem), 0);
	assert_int_equal(scan.imports, 2);
	assert_int_equal(scan.functions, 3);
	assert_int_equal(scan.exports, 3);
	assert_int_equal(scan.initial_memory, 4 * 65536);
	assert_true(scan.has_start);
	free(bytes.data);
}

static void facts_of_little(void **state)
{
	struct ln_scan scan;
	char problem[192];

	(void)state;
	assert_int_equal(scan_copy(HEADER, 8, &scan, problem), 0);
	assert_int_equal(scan.imports, 0);
	assert_int_equal(scan.functions, 0);
	assert_int_equal(scan.exports, 0);
	assert_int_equal(scan.initial_memory, 0);
	assert_false(scan.has_start);
}

/* A file that is cut off is told to be, unless it ends between sections. */
static void prefixes(void **state)
{
	struct bytes bytes = assemble(sample_text);
	struct ln_scan scan;
	char problem[192];
	int whole = 0;

	(void)state;
	for (size_t len = 1; len <= bytes.len; len++) {
		if (scan_copy(bytes.data, len, &scan, problem) == 0)
			whole++;
		else if (strncmp(problem, "truncated", 9) != 0)
			fail_msg("%zu bytes: \"%s\"", len, problem);
	}
	assert_int_equal(whole, 1 + SAMPLE_SECTIONS);
	free(bytes.data);
}

static void any_byte_changed(void **state)
{
	struct bytes bytes = assemble(sample_text);
	struct ln_scan scan;
	char problem[192];
	int refused = 0;

	(void)state;
	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t right = bytes.data[i];

		for (unsigned value = 0; value < 256; value++) {
			bytes.data[i] = (uint8_t)value;
			if (scan_copy(bytes.data, bytes.len, &scan, problem) !=
			    0)
				refused++;
		}
		bytes.data[i] = right;
	}
	assert_true(refused > 0);
	free(bytes.data);
}

static void not_a_module(void **state)
{
	(void)state;
	EXPECT("", LN_EFORMAT, "empty");
	EXPECT("\177ELF\1\0\0\0", LN_EFORMAT, "not WebAssembly");
	EXPECT("\0as", LN_EFORMAT, "truncated");
	EXPECT("\0asm\1\0\0", LN_EFORMAT, "truncated");
	EXPECT("\0asm\x0d\0\1\0", LN_EFORMAT, "a component");
	EXPECT("\0asm\2\0\0\0", LN_EFORMAT, "02000000");
	EXPECT("\0asm\1\0\2\0", LN_EFORMAT, "01000200");
}

static void malformed(void **state)
{
	(void)state;
	EXPECT(HEADER "\x0e\0", LN_EFORMAT, "there is no section 14");
	/* A size of 33 bits, and one that goes on for too long. */
	EXPECT(HEADER "\1\xff\xff\xff\xff\x1f", LN_EFORMAT, "no valid size");
	EXPECT(HEADER "\1\x80\x80\x80\x80\x80\0", LN_EFORMAT, "no valid size");
	/* The largest size that there is. */
	EXPECT(HEADER "\1\xff\xff\xff\xff\x0f", LN_EFORMAT,
	       "has 4294967295 bytes, of which 0 are there");
	/* No room for the count. */
	EXPECT(HEADER "\1\0", LN_EFORMAT, "at byte 8 does not hold");
	/* A custom section needs no count. */
	EXPECT(HEADER "\0\0", 0, "");
	/* Memories: none of two there, an unknown flag, no maximum, a page of
	 * more than 64 KiB. */
	EXPECT(HEADER "\5\1\2", LN_EFORMAT, "does not hold");
	EXPECT(HEADER "\5\3\1\x10\1", LN_EFORMAT, "does not hold");
	EXPECT(HEADER "\5\3\1\1\1", LN_EFORMAT, "does not hold");
	EXPECT(HEADER "\5\4\1\x08\1\x11", LN_EFORMAT, "does not hold");
}

static void memory_sizes(void **state)
{
	/* Pages of one byte; a 64-bit memory; one whose bytes are
	 * 2^64, and two that are beyond counting. */
	static const char tiny[] = HEADER "\5\4\1\x08\x64\0";
	static const char wide[] = HEADER "\5\6\1\5\x80\x80\4\0";
	static const char wraps[] =
		HEADER "\5\x09\1\4\x80\x80\x80\x80\x80\x80\x40";
	static const char huge[] =
		HEADER "\5\x17\2\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"
		       "\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\1";
	struct ln_scan scan;
	char problem[192];

	(void)state;
	assert_int_equal(scan_copy(tiny, sizeof(tiny) - 1, &scan, problem), 0);
	assert_int_equal(scan.initial_memory, 100);
	assert_int_equal(scan_copy(wide, sizeof(wide) - 1, &scan, problem), 0);
	assert_true(scan.initial_memory == UINT64_C(65536) << 16);
	assert_int_equal(scan_copy(wraps, sizeof(wraps) - 1, &scan, problem),
			 0);
	assert_true(scan.initial_memory >= (uint64_t)1 << 63);
	assert_int_equal(scan_copy(huge, sizeof(huge) - 1, &scan, problem), 0);
	assert_true(scan.initial_memory == UINT64_MAX);
}

/* Counts are bounded also when they come in several sections. */
static void bounds(void **state)
{
	(void)state;
	/* 100,000 is a0 8d 06; 10,000 is 90 4e; 50,000 is d0 86 03. */
	EXPECT(HEADER "\3\3\xa0\x8d\6", 0, "");
	EXPECT(HEADER "\3\3\xa1\x8d\6", LN_ELIMIT, "has 100001 functions");
	EXPECT(HEADER "\3\3\xa0\x8d\6\3\1\1", LN_ELIMIT, "100001 functions");
	EXPECT(HEADER "\2\2\x90\x4e", 0, "");
	EXPECT(HEADER "\2\2\x91\x4e", LN_ELIMIT, "has 10001 imports");
	EXPECT(HEADER "\7\3\xd0\x86\3", 0, "");
	EXPECT(HEADER "\7\3\xd1\x86\3", LN_ELIMIT, "has 50001 exports");
}

/* A text that does not fit is cut off, and ends. */
static void short_problem(void **state)
{
	struct ln_scan scan;
	char problem[9];

	(void)state;
	memset(problem, 'x', sizeof(problem));
	assert_int_equal(ln_scan_module((const uint8_t *)"\0as", 3, &scan,
					problem, sizeof(problem) - 1),
			 LN_EFORMAT);
	assert_string_equal(problem, "truncat");
	assert_int_equal(problem[8], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts),
		cmocka_unit_test(facts_of_little),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(any_byte_changed),
		cmocka_unit_test(not_a_module),
		cmocka_unit_test(malformed),
		cmocka_unit_test(memory_sizes),
		cmocka_unit_test(bounds),
		cmocka_unit_test(short_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
