// Messages: what is sent is what is received, in pieces as large as they come;
// handles in messages; tags, timeouts, and the scratch area's rules.
//
// stdout~ 16 passed, 0 failed$
// stderr~ has no process at index 0
// stderr~ messages.c:[0-9]+: failed: 1 == 2
// stderr~ messages.c:[0-9]+: failed: 1 is 1, not 2
#include <lunatic.h>
#include <lunatic/abi.h>
#include <stdlib.h>
#include <string.h>

#define SOON 30000
#define A_WHILE 50

static struct lunatic_reader mail;
static struct lunatic_writer out;

static void expect_mail(void)
{
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
}

static void begin_to_self(int64_t tag)
{
	lunatic_mail_begin(&out, tag);
}

static void send_to_self(void)
{
	struct lunatic_proc self = lunatic_proc_self();

	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, self), 0);
	lunatic_proc_drop(self);
}

LUNATIC_TEST(small)
{
	begin_to_self(7);
	lunatic_write_array(&out, 3);
	lunatic_write_int(&out, -5);
	lunatic_write_str(&out, "text");
	lunatic_write_nil(&out);
	send_to_self();
	expect_mail();
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), 7);
	LUNATIC_CHECK(lunatic_read_tuple(&mail, 3));
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), -5);
	lunatic_skip(&mail);
	LUNATIC_CHECK(!lunatic_read_some(&mail));
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
}

// Around the sizes of the reader's and the writer's own room.
LUNATIC_TEST(all_sizes)
{
	static char text[70000];
	static char back[70001];
	size_t sizes[420];
	size_t count = 0;

	for (size_t size = 0; size < 400; size++)
		sizes[count++] = size;
	sizes[count++] = 65535;
	sizes[count++] = 65536;
	sizes[count++] = sizeof(text);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < count; i++) {
		begin_to_self(0);
		lunatic_write_array(&out, 3);
		lunatic_write_strn(&out, text, sizes[i]);
		lunatic_write_strn(&out, text, sizes[i]);
		lunatic_write_int(&out, 99);
		send_to_self();
		expect_mail();
		LUNATIC_CHECK(lunatic_read_tuple(&mail, 3));
		memset(back, 0, sizeof(back));
		LUNATIC_CHECK_EQ(lunatic_read_str(&mail, back, sizeof(back)),
				 sizes[i]);
		LUNATIC_CHECK(memcmp(back, text, sizes[i]) == 0);
		lunatic_skip(&mail);
		LUNATIC_CHECK_EQ(lunatic_read_int(&mail), 99);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	}
}

LUNATIC_TEST(many_numbers)
{
	begin_to_self(0);
	lunatic_write_array(&out, 10000);
	for (int64_t i = 0; i < 10000; i++)
		lunatic_write_int(&out, i * i * (i % 2 ? -1 : 1));
	send_to_self();
	expect_mail();
	LUNATIC_CHECK(lunatic_read_tuple(&mail, 10000));
	for (int64_t i = 0; i < 10000; i++)
		LUNATIC_CHECK_EQ(lunatic_read_int(&mail),
				 i * i * (i % 2 ? -1 : 1));
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
}

static void send_bytes(const void *bytes, size_t size)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_write_data(bytes, size);
	lunatic_message_send(lunatic_process_this());
}

// What other programs send may be anything.
LUNATIC_TEST(bad_messages)
{
	char text[8];
	size_t size;

	send_bytes("", 0);
	expect_mail();
	LUNATIC_CHECK_EQ(lunatic_peek(&mail), LUNATIC_KIND_NONE);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), LUNATIC_EFORMAT);
	send_bytes("\xc0\xc0", 2);
	expect_mail();
	lunatic_read_nil(&mail);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), LUNATIC_EFORMAT);
	send_bytes("\xdb\xff\xff\xff\xff", 5);
	expect_mail();
	LUNATIC_CHECK(lunatic_read_str_new(&mail, SIZE_MAX) == NULL);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), LUNATIC_EFORMAT);
	send_bytes("\xc6\x00\x10\x00\x00", 5);
	expect_mail();
	LUNATIC_CHECK(lunatic_read_bin_new(&mail, SIZE_MAX, &size) == NULL);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), LUNATIC_EFORMAT);
	send_bytes("\xa9longer...", 10);
	expect_mail();
	lunatic_read_str(&mail, text, sizeof(text));
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), LUNATIC_ETOOLONG);
}

LUNATIC_TEST(sizes_behind_the_room)
{
	char bytes[LUNATIC_READER_ROOM + 2];

	// The value ends with the room, and something is behind it.
	for (size_t more = 0; more < 3; more++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[0] = (char)0xc4;
		bytes[1] = LUNATIC_READER_ROOM - 2;
		send_bytes(bytes, LUNATIC_READER_ROOM + more);
		expect_mail();
		lunatic_skip(&mail);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&mail),
				 more == 0 ? 0 : LUNATIC_EFORMAT);
	}
}

LUNATIC_TEST(tags_and_timeouts)
{
	const int64_t wanted[] = { -3, 5 };

	for (int64_t tag = 0; tag <= 5; tag++) {
		begin_to_self(tag);
		lunatic_write_int(&out, tag);
		send_to_self();
	}
	LUNATIC_CHECK_EQ(lunatic_receive_tagged(&mail, wanted, 2, SOON), 0);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), 5);
	LUNATIC_CHECK_EQ(lunatic_receive_tagged(&mail, wanted, 2, 0),
			 LUNATIC_ETIMEDOUT);
	// After a timeout the message before is still there.
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), 5);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	for (int64_t tag = 0; tag < 5; tag++) {
		expect_mail();
		LUNATIC_CHECK_EQ(lunatic_mail_tag(), tag);
	}
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, 0), LUNATIC_ETIMEDOUT);
	lunatic_send_tag(lunatic_proc_self(), 9);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, INT64_MAX), 0);
	lunatic_read_nil(&mail);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	LUNATIC_CHECK(lunatic_tag_new() > 0);
	LUNATIC_CHECK(lunatic_tag_new() != lunatic_tag_new());
}

// The scratch area holds one message.
LUNATIC_TEST(scratch_area)
{
	struct lunatic_writer second;

	begin_to_self(0);
	lunatic_write_array(&out, 2);
	lunatic_write_int(&out, 1);
	lunatic_write_int(&out, 2);
	send_to_self();
	expect_mail();
	lunatic_read_tuple(&mail, 2);
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), 1);
	lunatic_mail_begin(&out, 0);
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), 0);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), LUNATIC_EMISUSE);
	lunatic_mail_begin(&second, 0);
	lunatic_write_nil(&out);
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, lunatic_proc_self()),
			 LUNATIC_EMISUSE);
	lunatic_write_nil(&second);
	LUNATIC_CHECK_EQ(lunatic_mail_send(&second, lunatic_proc_self()), 0);
	LUNATIC_CHECK_EQ(lunatic_mail_send(&second, lunatic_proc_self()),
			 LUNATIC_EMISUSE);
	expect_mail();
	// An incomplete message is not sent.
	lunatic_mail_begin(&out, 0);
	lunatic_write_array(&out, 1);
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, lunatic_proc_self()),
			 LUNATIC_EMISUSE);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
}

// From the start once more, also when it is longer than the reader's room.
LUNATIC_TEST(read_again)
{
	static char text[500];
	static char back[sizeof(text)];

	LUNATIC_CHECK_EQ(lunatic_read_again(&mail), LUNATIC_EMISUSE);
	for (size_t length = 1; length < sizeof(text); length += 7) {
		memset(text, 'a', length);
		begin_to_self(0);
		lunatic_write_array(&out, 2);
		lunatic_write_str(&out, text);
		lunatic_write_int(&out, -7);
		send_to_self();
		expect_mail();
		for (int time = 0; time < 3; time++) {
			LUNATIC_CHECK(lunatic_read_tuple(&mail, 2));
			LUNATIC_CHECK_EQ(
				lunatic_read_str(&mail, back, sizeof(back)),
				length);
			LUNATIC_CHECK(strcmp(back, text) == 0);
			LUNATIC_CHECK_EQ(lunatic_read_int(&mail), -7);
			LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
			LUNATIC_CHECK_EQ(lunatic_read_again(&mail), 0);
		}
		// A failure is forgotten, too.
		LUNATIC_CHECK_EQ(lunatic_read_int(&mail), 0);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), LUNATIC_EFORMAT);
		LUNATIC_CHECK_EQ(lunatic_read_again(&mail), 0);
		lunatic_skip(&mail);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	}
	lunatic_mail_begin(&out, 0);
	LUNATIC_CHECK_EQ(lunatic_read_again(&mail), LUNATIC_EMISUSE);
}

// Writing and reading long messages piece by piece, cut short anywhere.
LUNATIC_TEST(pieces)
{
	static unsigned char bytes[400];
	size_t count = 0;

	for (size_t i = 0; i < 70; i++) {
		bytes[count] = 0xcd;
		bytes[count + 1] = 0x12;
		bytes[count + 2] = (unsigned char)i;
		count += 3;
	}
	for (size_t cut = 0; cut <= count; cut++) {
		static const unsigned char head[] = { 0xdc, 0, 70 };

		lunatic_message_create_data(0, 0);
		lunatic_message_write_data(head, sizeof(head));
		lunatic_message_write_data(bytes, cut);
		lunatic_message_send(lunatic_proc_self().id);
		expect_mail();
		LUNATIC_CHECK_EQ(lunatic_read_array(&mail), cut < 70 ? 0 : 70);
		for (size_t i = 0; i < 70; i++) {
			uint64_t number = lunatic_read_uint(&mail);

			LUNATIC_CHECK_EQ(number, cut < 70 || 3 * i + 3 > cut
							 ? 0
							 : 0x1200 + i);
		}
		LUNATIC_CHECK_EQ(lunatic_reader_end(&mail),
				 cut < count ? LUNATIC_EFORMAT : 0);
	}
}

LUNATIC_TEST(handles)
{
	struct lunatic_proc self = lunatic_proc_self();
	struct lunatic_proc other;
	struct lunatic_proc got[2];
	uint8_t uuid[2][16];

	LUNATIC_CHECK_EQ(lunatic_spawn(&other, NULL, lunatic_links_catch), 0);
	lunatic_mail_begin(&out, 0);
	lunatic_write_array(&out, 2);
	lunatic_write_proc(&out, other);
	lunatic_write_proc(&out, lunatic_proc_clone(self));
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, self), 0);
	expect_mail();
	LUNATIC_CHECK(lunatic_read_tuple(&mail, 2));
	got[0] = lunatic_read_proc(&mail);
	got[1] = lunatic_read_proc(&mail);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	LUNATIC_CHECK(lunatic_proc_same(got[1], self));
	LUNATIC_CHECK(!lunatic_proc_same(got[0], self));
	lunatic_proc_uuid(self, uuid[0]);
	lunatic_proc_uuid(got[1], uuid[1]);
	LUNATIC_CHECK(memcmp(uuid[0], uuid[1], 16) == 0);
	lunatic_proc_drop(got[0]);
	lunatic_proc_drop(LUNATIC_NO_PROC);
	LUNATIC_CHECK(!lunatic_proc_is(LUNATIC_NO_PROC));
}

LUNATIC_TEST_FAILS(handle_that_is_not_there, "")
{
	send_bytes("\x00", 1);
	expect_mail();
	lunatic_read_proc(&mail);
}

LUNATIC_TEST_FAILS(handle_that_was_dropped, "")
{
	struct lunatic_proc self = lunatic_proc_self();

	lunatic_proc_drop(self);
	lunatic_proc_clone(self);
}

LUNATIC_TEST_FAILS(check_fails, "failed: 1 == 2")
{
	LUNATIC_CHECK(1 == 2);
}

LUNATIC_TEST_FAILS(check_eq_fails, "is 1, not 2")
{
	LUNATIC_CHECK_EQ(1, 2);
}

LUNATIC_TEST_IGNORED(ignored)
{
	LUNATIC_PANIC("nobody asked for this");
}

struct inner {
	int8_t small;
	uint16_t medium;
	float real;
};

struct outer {
	bool flag;
	int64_t large;
	struct inner inner;
	uint64_t larger;
	double real;
	char text[6];
	struct lunatic_proc proc;
};

LUNATIC_TYPE(inner, LUNATIC_INT(inner, small), LUNATIC_UINT(inner, medium),
	     LUNATIC_FLOAT(inner, real));
LUNATIC_TYPE(outer, LUNATIC_BOOL(outer, flag), LUNATIC_INT(outer, large),
	     LUNATIC_STRUCT(outer, inner, inner), LUNATIC_UINT(outer, larger),
	     LUNATIC_FLOAT(outer, real), LUNATIC_STR(outer, text),
	     LUNATIC_PROC(outer, proc));

static struct outer sample(void)
{
	return (struct outer){
		true, INT64_MIN, { -128, 65535, 0.5f }, UINT64_MAX,
		0.1,  "five5",   lunatic_proc_self()
	};
}

LUNATIC_TEST(typed)
{
	struct lunatic_proc self = lunatic_proc_self();
	struct outer in = sample();
	struct outer back;

	LUNATIC_CHECK_EQ(lunatic_send(self, 3, &outer_type, &in), 0);
	expect_mail();
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), 3);
	LUNATIC_CHECK_EQ(lunatic_read_whole(&mail, &outer_type, &back), 0);
	LUNATIC_CHECK(back.flag);
	LUNATIC_CHECK_EQ(back.large, INT64_MIN);
	LUNATIC_CHECK_EQ(back.inner.small, -128);
	LUNATIC_CHECK_EQ(back.inner.medium, 65535);
	LUNATIC_CHECK(back.inner.real == 0.5f);
	LUNATIC_CHECK(back.larger == UINT64_MAX);
	LUNATIC_CHECK(back.real == 0.1);
	LUNATIC_CHECK(strcmp(back.text, "five5") == 0);
	LUNATIC_CHECK(lunatic_proc_same(back.proc, self));
	in = sample();
	memset(in.text, 'x', sizeof(in.text));
	LUNATIC_CHECK_EQ(lunatic_send(self, 0, &outer_type, &in),
			 LUNATIC_EMISUSE);
}

static void expect_refused(const struct lunatic_type *type, void *value,
			   int status)
{
	send_to_self();
	expect_mail();
	LUNATIC_CHECK_EQ(lunatic_read_whole(&mail, type, value), status);
}

LUNATIC_TEST(typed_refused)
{
	static const int64_t bad[][2] = {
		{ 128, 0 }, { -129, 0 }, { 0, 65536 }, { 0, -1 }
	};
	struct inner inner;
	struct outer outer;

	for (size_t i = 0; i < 4; i++) {
		begin_to_self(0);
		lunatic_write_array(&out, 3);
		lunatic_write_int(&out, bad[i][0]);
		lunatic_write_int(&out, bad[i][1]);
		lunatic_write_f32(&out, 1);
		expect_refused(&inner_type, &inner, LUNATIC_ERANGE);
		LUNATIC_CHECK_EQ(inner.small, 0);
	}
	begin_to_self(0);
	lunatic_write_array(&out, 2);
	lunatic_write_int(&out, 1);
	lunatic_write_int(&out, 1);
	expect_refused(&inner_type, &inner, LUNATIC_EFORMAT);
	// The members before the wrong one are gone, too.
	begin_to_self(0);
	lunatic_write_array(&out, 2);
	outer = sample();
	lunatic_write_type(&out, &outer_type, &outer);
	lunatic_write_nil(&out);
	send_to_self();
	expect_mail();
	lunatic_read_tuple(&mail, 2);
	LUNATIC_CHECK_EQ(lunatic_read_whole(&mail, &outer_type, &outer),
			 LUNATIC_EMISUSE);
	LUNATIC_CHECK_EQ(outer.large, 0);
	LUNATIC_CHECK(!lunatic_proc_is(outer.proc));
}
