// The reader and the writer against the forms of MessagePack's specification:
// each value in its shortest form both ways, longer forms only when reading,
// and everything that must be refused.
//
// stdout~ ^ok
// stdout~ passed, 0 failed$
#include <lunatic.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(...)                              \
	(const unsigned char[]){ __VA_ARGS__ }, \
		sizeof((const unsigned char[]){ __VA_ARGS__ })

static unsigned char buffer[70000];
static struct lunatic_writer writer;
static struct lunatic_reader reader;

// Compares what was written with what must be.
static void written(const unsigned char *bytes, size_t size)
{
	size_t length = 0;

	LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &length), 0);
	LUNATIC_CHECK_EQ(length, size);
	LUNATIC_CHECK(memcmp(buffer, bytes, size) == 0);
}

static void begin(void)
{
	lunatic_writer_begin(&writer, buffer, sizeof(buffer));
}

static void read_from(const unsigned char *bytes, size_t size)
{
	lunatic_reader_begin(&reader, bytes, size);
}

static void uint_is(uint64_t value, const unsigned char *bytes, size_t size)
{
	begin();
	lunatic_write_uint(&writer, value);
	written(bytes, size);
	read_from(bytes, size);
	LUNATIC_CHECK_EQ(lunatic_peek(&reader), LUNATIC_KIND_UINT);
	LUNATIC_CHECK(lunatic_read_uint(&reader) == value);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
	if (value > INT64_MAX)
		return;
	begin();
	lunatic_write_int(&writer, (int64_t)value);
	written(bytes, size);
}

static void int_is(int64_t value, const unsigned char *bytes, size_t size)
{
	begin();
	lunatic_write_int(&writer, value);
	written(bytes, size);
	read_from(bytes, size);
	LUNATIC_CHECK_EQ(lunatic_peek(&reader), LUNATIC_KIND_INT);
	LUNATIC_CHECK_EQ(lunatic_read_int(&reader), value);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
	read_from(bytes, size);
	LUNATIC_CHECK_EQ(lunatic_read_uint(&reader), 0);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_ERANGE);
}

LUNATIC_TEST(unsigned_integers)
{
	uint_is(0, BYTES(0x00));
	uint_is(127, BYTES(0x7f));
	uint_is(128, BYTES(0xcc, 0x80));
	uint_is(255, BYTES(0xcc, 0xff));
	uint_is(256, BYTES(0xcd, 0x01, 0x00));
	uint_is(65535, BYTES(0xcd, 0xff, 0xff));
	uint_is(65536, BYTES(0xce, 0, 1, 0, 0));
	uint_is(UINT32_MAX, BYTES(0xce, 0xff, 0xff, 0xff, 0xff));
	uint_is(UINT64_C(1) << 32, BYTES(0xcf, 0, 0, 0, 1, 0, 0, 0, 0));
	uint_is(UINT64_MAX,
		BYTES(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
}

LUNATIC_TEST(negative_integers)
{
	int_is(-1, BYTES(0xff));
	int_is(-32, BYTES(0xe0));
	int_is(-33, BYTES(0xd0, 0xdf));
	int_is(-128, BYTES(0xd0, 0x80));
	int_is(-129, BYTES(0xd1, 0xff, 0x7f));
	int_is(-32768, BYTES(0xd1, 0x80, 0x00));
	int_is(-32769, BYTES(0xd2, 0xff, 0xff, 0x7f, 0xff));
	int_is(INT32_MIN, BYTES(0xd2, 0x80, 0, 0, 0));
	int_is((int64_t)INT32_MIN - 1,
	       BYTES(0xd3, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff));
	int_is(INT64_MIN, BYTES(0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0));
}

// Other writers need not choose the shortest form.
LUNATIC_TEST(long_forms)
{
	static const unsigned char forms[][9] = {
		{ 0xcc, 5 },          { 0xcd, 0, 5 },
		{ 0xce, 0, 0, 0, 5 }, { 0xcf, 0, 0, 0, 0, 0, 0, 0, 5 },
		{ 0xd0, 5 },          { 0xd1, 0, 5 },
		{ 0xd2, 0, 0, 0, 5 }, { 0xd3, 0, 0, 0, 0, 0, 0, 0, 5 },
	};

	for (size_t i = 0; i < 8; i++) {
		size_t size = 1 + ((size_t)1 << i % 4);

		read_from(forms[i], size);
		LUNATIC_CHECK_EQ(lunatic_peek(&reader), LUNATIC_KIND_UINT);
		LUNATIC_CHECK_EQ(lunatic_read_int(&reader), 5);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
		read_from(forms[i], size - 1);
		lunatic_read_int(&reader);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	}
}

LUNATIC_TEST(ranges)
{
	begin();
	lunatic_write_int(&writer, (int64_t)INT32_MAX + 1);
	read_from(buffer, 5);
	lunatic_read_i32(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_ERANGE);
	read_from(buffer, 5);
	LUNATIC_CHECK_EQ(lunatic_read_u32(&reader), (int64_t)INT32_MAX + 1);
	read_from(BYTES(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
	lunatic_read_int(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_ERANGE);
	read_from(BYTES(0xd3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0));
	lunatic_read_i32(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_ERANGE);
	read_from(BYTES(0xce, 0xff, 0xff, 0xff, 0xff));
	LUNATIC_CHECK_EQ(lunatic_read_u32(&reader), UINT32_MAX);
	read_from(BYTES(0xcf, 0, 0, 0, 1, 0, 0, 0, 0));
	lunatic_read_u32(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_ERANGE);
}

LUNATIC_TEST(nil_and_booleans)
{
	begin();
	lunatic_write_nil(&writer);
	written(BYTES(0xc0));
	begin();
	lunatic_write_bool(&writer, false);
	written(BYTES(0xc2));
	begin();
	lunatic_write_bool(&writer, true);
	written(BYTES(0xc3));
	read_from(BYTES(0x93, 0xc0, 0xc2, 0xc3));
	LUNATIC_CHECK_EQ(lunatic_read_array(&reader), 3);
	LUNATIC_CHECK(!lunatic_read_some(&reader));
	LUNATIC_CHECK(lunatic_read_some(&reader));
	LUNATIC_CHECK(!lunatic_read_bool(&reader));
	LUNATIC_CHECK_EQ(lunatic_peek(&reader), LUNATIC_KIND_BOOL);
	LUNATIC_CHECK(lunatic_read_bool(&reader));
	LUNATIC_CHECK_EQ(lunatic_peek(&reader), LUNATIC_KIND_NONE);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
	read_from(BYTES(0xc3));
	lunatic_read_nil(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
}

LUNATIC_TEST(floats)
{
	begin();
	lunatic_write_f32(&writer, 1.5f);
	written(BYTES(0xca, 0x3f, 0xc0, 0, 0));
	begin();
	lunatic_write_f64(&writer, -0.1);
	written(BYTES(0xcb, 0xbf, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a));
	read_from(buffer, 9);
	LUNATIC_CHECK_EQ(lunatic_peek(&reader), LUNATIC_KIND_F64);
	LUNATIC_CHECK(lunatic_read_f64(&reader) == -0.1);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
	read_from(buffer, 9);
	lunatic_read_f32(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	read_from(BYTES(0xca, 0x7f, 0xc0, 0, 0));
	LUNATIC_CHECK(isnan(lunatic_read_f64(&reader)));
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
	read_from(BYTES(0x01));
	lunatic_read_f64(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
}

// Lengths at both sides of every form's limit.
LUNATIC_TEST(strings)
{
	static const struct {
		size_t length;
		unsigned char head[5];
		size_t head_size;
	} cases[] = {
		{ 0, { 0xa0 }, 1 },
		{ 31, { 0xbf }, 1 },
		{ 32, { 0xd9, 32 }, 2 },
		{ 255, { 0xd9, 255 }, 2 },
		{ 256, { 0xda, 1, 0 }, 3 },
		{ 65535, { 0xda, 255, 255 }, 3 },
		{ 65536, { 0xdb, 0, 1, 0, 0 }, 5 },
	};
	static char text[65537];
	static char back[65537];
	size_t size;

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		lunatic_write_strn(&writer, text, cases[i].length);
		LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), 0);
		LUNATIC_CHECK_EQ(size, cases[i].head_size + cases[i].length);
		LUNATIC_CHECK(
			memcmp(buffer, cases[i].head, cases[i].head_size) == 0);
		read_from(buffer, size);
		LUNATIC_CHECK_EQ(lunatic_peek(&reader), LUNATIC_KIND_STR);
		LUNATIC_CHECK_EQ(lunatic_read_str(&reader, back, sizeof(back)),
				 cases[i].length);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
		LUNATIC_CHECK(memcmp(back, text, cases[i].length) == 0);
		LUNATIC_CHECK_EQ(back[cases[i].length], 0);
		read_from(buffer, size);
		lunatic_read_str(&reader, back, cases[i].length);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_ETOOLONG);
		read_from(buffer, size - 1);
		lunatic_read_str(&reader, back, sizeof(back));
		LUNATIC_CHECK(lunatic_reader_end(&reader) == LUNATIC_EFORMAT);
		LUNATIC_CHECK_EQ(back[0], cases[i].length == 0 ? 0 : back[0]);
	}
}

LUNATIC_TEST(text_must_be_utf8)
{
	static const char *const good[] = { "a\xc3\xa9", "\xe2\x82\xac",
					    "\xf0\x9f\x98\x80",
					    "\xf4\x8f\xbf\xbf",
					    "\xed\x9f\xbf" };
	static const char *const bad[] = { "\x80",
					   "\xc0\x80",
					   "\xc1\xbf",
					   "\xc3",
					   "\xc3\x61",
					   "\xe0\x80\x80",
					   "\xed\xa0\x80",
					   "\xf0\x80\x80\x80",
					   "\xf4\x90\x80\x80",
					   "\xf5\x80\x80\x80",
					   "\xff" };
	char text[8];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		begin();
		lunatic_write_str(&writer, good[i]);
		read_from(buffer, strlen(good[i]) + 1);
		lunatic_read_str(&reader, text, sizeof(text));
		LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
		LUNATIC_CHECK(strcmp(text, good[i]) == 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin();
		lunatic_write_str(&writer, bad[i]);
		read_from(buffer, strlen(bad[i]) + 1);
		lunatic_read_str(&reader, text, sizeof(text));
		LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
		LUNATIC_CHECK_EQ(text[0], 0);
	}
	read_from(BYTES(0xa3, 'a', 0, 'b'));
	lunatic_read_str(&reader, text, sizeof(text));
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	read_from(BYTES(0xa0));
	lunatic_read_str(&reader, text, 0);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_ETOOLONG);
}

LUNATIC_TEST(allocated)
{
	size_t size;
	char *text;
	void *data;

	read_from(BYTES(0xa2, 'h', 'i'));
	text = lunatic_read_str_new(&reader, 2);
	LUNATIC_CHECK(text != NULL && strcmp(text, "hi") == 0);
	free(text);
	read_from(BYTES(0xa2, 'h', 'i'));
	LUNATIC_CHECK(lunatic_read_str_new(&reader, 1) == NULL);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_ETOOLONG);
	read_from(BYTES(0xa1, 0xff));
	LUNATIC_CHECK(lunatic_read_str_new(&reader, 1) == NULL);
	// Four gigabytes are announced, and must not be allocated.
	read_from(BYTES(0xdb, 0xff, 0xff, 0xff, 0xff, 'x'));
	LUNATIC_CHECK(lunatic_read_str_new(&reader, SIZE_MAX) == NULL);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	read_from(BYTES(0xc4, 3, 1, 0, 2));
	data = lunatic_read_bin_new(&reader, 3, &size);
	LUNATIC_CHECK_EQ(size, 3);
	LUNATIC_CHECK(memcmp(data, "\1\0\2", 3) == 0);
	free(data);
	read_from(BYTES(0xc4, 3, 1, 0, 2));
	LUNATIC_CHECK(lunatic_read_bin_new(&reader, 2, &size) == NULL);
	LUNATIC_CHECK_EQ(size, 0);
}

LUNATIC_TEST(bytes)
{
	unsigned char back[300];
	unsigned char data[300] = { 7, 0, 9 };
	size_t size;

	for (size_t length = 0; length <= 300; length += 100) {
		begin();
		lunatic_write_bin(&writer, data, length);
		LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), 0);
		LUNATIC_CHECK_EQ(buffer[0], length < 256 ? 0xc4 : 0xc5);
		read_from(buffer, size);
		LUNATIC_CHECK_EQ(lunatic_read_bin(&reader, back, sizeof(back)),
				 length);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
		LUNATIC_CHECK(memcmp(back, data, length) == 0);
	}
	begin();
	lunatic_write_bin(&writer, buffer, 65536);
	LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), 0);
	LUNATIC_CHECK(memcmp(buffer, "\xc6\0\1\0\0", 5) == 0);
}

LUNATIC_TEST(extensions)
{
	static const struct {
		size_t length;
		unsigned char head[4];
		size_t head_size;
	} cases[] = {
		{ 0, { 0xc7, 0, 0xfe }, 3 },      { 1, { 0xd4, 0xfe }, 2 },
		{ 2, { 0xd5, 0xfe }, 2 },         { 3, { 0xc7, 3, 0xfe }, 3 },
		{ 4, { 0xd6, 0xfe }, 2 },         { 8, { 0xd7, 0xfe }, 2 },
		{ 16, { 0xd8, 0xfe }, 2 },        { 17, { 0xc7, 17, 0xfe }, 3 },
		{ 256, { 0xc8, 1, 0, 0xfe }, 4 },
	};
	unsigned char data[256] = { 1, 2, 3 };
	unsigned char back[256];
	int8_t type;
	size_t size;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		lunatic_write_ext(&writer, -2, data, cases[i].length);
		LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), 0);
		LUNATIC_CHECK_EQ(size, cases[i].head_size + cases[i].length);
		LUNATIC_CHECK(
			memcmp(buffer, cases[i].head, cases[i].head_size) == 0);
		read_from(buffer, size);
		LUNATIC_CHECK_EQ(lunatic_peek(&reader), LUNATIC_KIND_EXT);
		LUNATIC_CHECK_EQ(
			lunatic_read_ext(&reader, &type, back, sizeof(back)),
			cases[i].length);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
		LUNATIC_CHECK_EQ(type, -2);
		LUNATIC_CHECK(memcmp(back, data, cases[i].length) == 0);
	}
}

static void fill(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		lunatic_write_nil(&writer);
}

LUNATIC_TEST(containers)
{
	static const struct {
		uint32_t count;
		unsigned char array[5];
		unsigned char map[5];
		size_t head;
	} cases[] = {
		{ 0, { 0x90 }, { 0x80 }, 1 },
		{ 15, { 0x9f }, { 0x8f }, 1 },
		{ 16, { 0xdc, 0, 16 }, { 0xde, 0, 16 }, 3 },
		{ 30000, { 0xdc, 0x75, 0x30 }, { 0xde, 0x75, 0x30 }, 3 },
	};
	size_t size;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t count = cases[i].count;

		begin();
		lunatic_write_array(&writer, count);
		fill(count);
		LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), 0);
		LUNATIC_CHECK(memcmp(buffer, cases[i].array, cases[i].head) ==
			      0);
		read_from(buffer, size);
		LUNATIC_CHECK_EQ(lunatic_read_array(&reader), count);
		begin();
		lunatic_write_map(&writer, count);
		fill(2 * count);
		LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), 0);
		LUNATIC_CHECK(memcmp(buffer, cases[i].map, cases[i].head) == 0);
		read_from(buffer, size);
		LUNATIC_CHECK_EQ(lunatic_read_map(&reader), count);
		read_from(buffer, size);
		lunatic_skip(&reader);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
	}
	begin();
	lunatic_write_array(&writer, 65536);
	fill(65536);
	written(buffer, 65541);
	LUNATIC_CHECK(memcmp(buffer, "\xdd\0\1\0\0", 5) == 0);
	read_from(buffer, 65541);
	lunatic_skip(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
}

LUNATIC_TEST(variants)
{
	begin();
	lunatic_write_variant(&writer, 2);
	lunatic_write_nil(&writer);
	written(BYTES(0x81, 0x02, 0xc0));
	read_from(buffer, 3);
	LUNATIC_CHECK_EQ(lunatic_read_variant(&reader), 2);
	lunatic_read_nil(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
	read_from(BYTES(0x82, 0, 0xc0, 1, 0xc0));
	lunatic_read_variant(&reader);
	lunatic_skip(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
}

// A value nested as deep as bytes allow costs no stack.
LUNATIC_TEST(deep)
{
	memset(buffer, 0x91, 60000);
	buffer[60000] = 0xc0;
	read_from(buffer, 60001);
	lunatic_skip(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), 0);
	read_from(buffer, 60000);
	lunatic_skip(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
}

LUNATIC_TEST(refused)
{
	unsigned char small[4];
	char text[4];
	size_t size = 77;

	// Announced, and not there.
	read_from(BYTES(0xdd, 0xff, 0xff, 0xff, 0xff));
	LUNATIC_CHECK_EQ(lunatic_read_array(&reader), 0);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	read_from(BYTES(0x82, 0xc0, 0xc0, 0xc0));
	lunatic_skip(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	// Means nothing, at any place.
	read_from(BYTES(0xc1));
	lunatic_skip(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	read_from(BYTES(0xc1));
	LUNATIC_CHECK_EQ(lunatic_peek(&reader), LUNATIC_KIND_NONE);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	// Nothing at all, something behind, not all of it, too much.
	read_from(small, 0);
	lunatic_read_nil(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	read_from(BYTES(0xc0, 0xc0));
	lunatic_read_nil(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	read_from(BYTES(0x92, 0xc0, 0xc0));
	lunatic_read_tuple(&reader, 2);
	lunatic_read_nil(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EMISUSE);
	read_from(BYTES(0xc0));
	lunatic_read_nil(&reader);
	lunatic_read_nil(&reader);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EMISUSE);
	read_from(BYTES(0x92, 0xc0, 0xc0));
	LUNATIC_CHECK(!lunatic_read_tuple(&reader, 3));
	// The first failure stays, and nothing is read after it.
	read_from(BYTES(0x92, 0x01, 0xa1, 'x'));
	lunatic_read_array(&reader);
	lunatic_read_nil(&reader);
	LUNATIC_CHECK_EQ(lunatic_read_int(&reader), 0);
	LUNATIC_CHECK_EQ(lunatic_read_str(&reader, text, sizeof(text)), 0);
	lunatic_reader_fail(&reader, LUNATIC_ENOTFOUND);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EFORMAT);
	// Writers.
	lunatic_writer_begin(&writer, small, sizeof(small));
	lunatic_write_str(&writer, "abcd");
	LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), LUNATIC_ETOOLONG);
	LUNATIC_CHECK_EQ(size, 77);
	begin();
	LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), LUNATIC_EMISUSE);
	begin();
	fill(2);
	LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), LUNATIC_EMISUSE);
	begin();
	lunatic_write_array(&writer, 2);
	fill(1);
	LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), LUNATIC_EMISUSE);
	begin();
	lunatic_writer_fail(&writer, LUNATIC_ENOTFOUND);
	lunatic_write_nil(&writer);
	LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), LUNATIC_ENOTFOUND);
	// Handles belong into messages.
	begin();
	lunatic_write_proc(&writer, LUNATIC_NO_PROC);
	LUNATIC_CHECK_EQ(lunatic_writer_end(&writer, &size), LUNATIC_EMISUSE);
	read_from(BYTES(0x00));
	LUNATIC_CHECK(!lunatic_proc_is(lunatic_read_proc(&reader)));
	LUNATIC_CHECK_EQ(lunatic_reader_end(&reader), LUNATIC_EMISUSE);
}

LUNATIC_TEST(status_texts)
{
	LUNATIC_CHECK(strcmp(lunatic_status_text(0), "success") == 0);
	LUNATIC_CHECK(strcmp(lunatic_status_text(LUNATIC_EHOST),
			     "the host refused") == 0);
	for (int status = LUNATIC_EFULL; status < 0; status++)
		LUNATIC_CHECK(strcmp(lunatic_status_text(status),
				     "unknown status") != 0);
	LUNATIC_CHECK(strcmp(lunatic_status_text(LUNATIC_EFULL - 1),
			     "unknown status") == 0);
	LUNATIC_CHECK(strcmp(lunatic_status_text(1), "unknown status") == 0);
}
