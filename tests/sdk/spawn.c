// Spawning in all its forms, links and kills, requests, and tasks.
//
// stdout~ passed, 0 failed$
// stderr~ divide by zero
#include <lunatic.h>
#include <lunatic/abi.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOON 30000
#define A_WHILE 50

static struct lunatic_reader mail;
static struct lunatic_writer out;
static int changed_by_parent;

static int64_t receive_number(void)
{
	int64_t number;

	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
	number = lunatic_read_int(&mail);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	return number;
}

static void send_number(struct lunatic_proc to, int64_t number)
{
	lunatic_mail_begin(&out, 0);
	lunatic_write_int(&out, number);
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, to), 0);
}

// Takes a handle from the first message that it gets.
static struct lunatic_proc receive_proc(void)
{
	struct lunatic_proc proc;

	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
	proc = lunatic_read_proc(&mail);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	return proc;
}

static void send_self(struct lunatic_proc to)
{
	lunatic_mail_begin(&out, 0);
	lunatic_write_proc(&out, lunatic_proc_self());
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, to), 0);
}

static void plain(void)
{
	send_number(receive_proc(), 100 + changed_by_parent);
}

static void valued(int64_t value)
{
	send_number(receive_proc(), value);
}

static void with_bytes(const void *data, size_t size)
{
	int64_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += ((const unsigned char *)data)[i];
	send_number(receive_proc(), sum * 10000 + (int64_t)size);
}

static void packed(struct lunatic_reader *argument)
{
	struct lunatic_proc parent;
	int32_t number;

	lunatic_read_tuple(argument, 2);
	number = lunatic_read_i32(argument);
	parent = lunatic_read_proc(argument);
	LUNATIC_CHECK_EQ(lunatic_reader_end(argument), 0);
	send_number(parent, number);
}

LUNATIC_TEST(arguments)
{
	unsigned char bytes[1000];
	struct lunatic_proc child;

	changed_by_parent = 1;
	LUNATIC_CHECK_EQ(lunatic_spawn(&child, NULL, plain), 0);
	send_self(child);
	LUNATIC_CHECK_EQ(receive_number(), 100);
	LUNATIC_CHECK_EQ(lunatic_spawn_value(&child, NULL, valued, INT64_MIN),
			 0);
	send_self(child);
	LUNATIC_CHECK_EQ(receive_number(), INT64_MIN);
	memset(bytes, 1, sizeof(bytes));
	for (size_t size = 0; size <= sizeof(bytes); size += 250) {
		LUNATIC_CHECK_EQ(lunatic_spawn_bytes(&child, NULL, with_bytes,
						     bytes, size),
				 0);
		send_self(child);
		LUNATIC_CHECK_EQ(receive_number(), 10001 * (int64_t)size);
	}
	lunatic_mail_begin(&out, 0);
	lunatic_write_array(&out, 2);
	lunatic_write_int(&out, -77);
	lunatic_write_proc(&out, lunatic_proc_self());
	LUNATIC_CHECK_EQ(lunatic_spawn_packed(NULL, NULL, packed, &out), 0);
	LUNATIC_CHECK_EQ(receive_number(), -77);
}

LUNATIC_EXPORT(exported) void exported(int32_t small, int64_t large);
void exported(int32_t small, int64_t large)
{
	send_number(receive_proc(), small * large);
}

LUNATIC_TEST(by_name)
{
	const struct lunatic_param params[LUNATIC_PARAMS_MAX + 1] = {
		LUNATIC_I32(-3), LUNATIC_I64(INT64_C(1) << 40)
	};
	struct lunatic_proc child;

	LUNATIC_CHECK_EQ(
		lunatic_spawn_export(&child, NULL, "exported", params, 2), 0);
	send_self(child);
	LUNATIC_CHECK_EQ(receive_number(), -3 * (INT64_C(1) << 40));
	LUNATIC_CHECK_EQ(
		lunatic_spawn_export(&child, NULL, "exported", params, 1),
		LUNATIC_EHOST);
	LUNATIC_CHECK(strlen(lunatic_status_text(LUNATIC_EHOST)) > 10);
	LUNATIC_CHECK_EQ(lunatic_spawn_export(&child, NULL, "none", NULL, 0),
			 LUNATIC_EHOST);
	LUNATIC_CHECK(strstr(lunatic_status_text(LUNATIC_EHOST), "none") !=
		      NULL);
	LUNATIC_CHECK_EQ(lunatic_spawn_export(&child, NULL, "exported", params,
					      LUNATIC_PARAMS_MAX + 1),
			 LUNATIC_EMISUSE);
	lunatic_mail_begin(&out, 0);
	LUNATIC_CHECK_EQ(lunatic_spawn_packed(&child, NULL, packed, &out),
			 LUNATIC_EMISUSE);
}

// The module of this process, in another environment's place: its own.
LUNATIC_TEST(in_a_module)
{
	struct lunatic_module module;
	struct lunatic_spawn how = { .module = &module };
	struct lunatic_proc child;

	LUNATIC_CHECK_EQ(lunatic_process_add_this_module(
				 lunatic_process_this_env(), &module.id),
			 0);
	LUNATIC_CHECK_EQ(lunatic_spawn_value(&child, &how, valued, 5), 0);
	send_self(child);
	LUNATIC_CHECK_EQ(receive_number(), 5);
	LUNATIC_CHECK_EQ(lunatic_spawn_export(&child, &how, "none", NULL, 0),
			 LUNATIC_EHOST);
}

static void divides(int64_t by)
{
	volatile int64_t result = 42 / by;

	(void)result;
}

static void waits(void)
{
	lunatic_receive(&mail, LUNATIC_FOREVER);
}

LUNATIC_TEST(links)
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	struct lunatic_proc child;
	int64_t tag;

	lunatic_links_catch();
	LUNATIC_CHECK_EQ(lunatic_spawn_value(NULL, &linked, divides, 0), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), linked.link);
	LUNATIC_CHECK_EQ(lunatic_peek(&mail), LUNATIC_KIND_NONE);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), LUNATIC_EMISUSE);
	LUNATIC_CHECK_EQ(lunatic_spawn_value(NULL, &linked, divides, 1), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);

	LUNATIC_CHECK_EQ(lunatic_spawn(&child, NULL, waits), 0);
	tag = lunatic_proc_link(child);
	LUNATIC_CHECK_EQ(lunatic_proc_kill(child), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), tag);

	LUNATIC_CHECK_EQ(lunatic_spawn(&child, NULL, waits), 0);
	lunatic_proc_link(child);
	lunatic_proc_unlink(child);
	LUNATIC_CHECK_EQ(lunatic_proc_kill(child), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
}

// Catching links does not help, nor does never waiting for anything.
static void catches(void)
{
	struct lunatic_proc parent = receive_proc();

	lunatic_links_catch();
	send_number(parent, 1);
	for (volatile int i = 0;; i++)
		;
}

LUNATIC_TEST(kill_is_certain)
{
	struct lunatic_proc child;
	int64_t tag;

	lunatic_links_catch();
	LUNATIC_CHECK_EQ(lunatic_spawn(&child, NULL, catches), 0);
	send_self(child);
	LUNATIC_CHECK_EQ(receive_number(), 1);
	tag = lunatic_proc_link(child);
	LUNATIC_CHECK_EQ(lunatic_proc_kill(child), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), tag);
	LUNATIC_CHECK_EQ(lunatic_proc_kill(child), 0);
}

LUNATIC_TEST_FAILS(kills_itself, "")
{
	lunatic_proc_kill(lunatic_proc_self());
	puts("alive after its own death");
	lunatic_sleep(SOON);
}

LUNATIC_TEST_FAILS(link_kills, "")
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };

	lunatic_links_catch();
	lunatic_links_die();
	lunatic_spawn_value(NULL, &linked, divides, 0);
	lunatic_sleep(SOON);
}

// Adds pairs until it is sent a request of nil, which it does not answer.
static void adds(void)
{
	struct lunatic_sender sender;

	while (lunatic_receive(&mail, SOON) == LUNATIC_MESSAGE) {
		int32_t sum = 0;
		bool quiet = false;

		if (lunatic_request_open(&mail) != 0)
			continue;
		if (lunatic_peek(&mail) == LUNATIC_KIND_NIL) {
			quiet = true;
		} else if (lunatic_read_tuple(&mail, 2)) {
			sum += lunatic_read_i32(&mail);
			sum += lunatic_read_i32(&mail);
		}
		if (lunatic_request_close(&mail, &sender) != 0)
			continue;
		if (quiet) {
			lunatic_proc_drop(sender.proc);
			continue;
		}
		lunatic_reply_begin(&out, &sender);
		lunatic_write_int(&out, sum);
		LUNATIC_CHECK_EQ(lunatic_reply_send(&out, &sender), 0);
	}
}

LUNATIC_TEST(requests)
{
	struct lunatic_proc child;
	struct lunatic_proc self = lunatic_proc_self();

	LUNATIC_CHECK_EQ(lunatic_spawn(&child, NULL, adds), 0);
	send_number(child, 5); // Not a request.
	for (int32_t i = 0; i < 100; i++) {
		send_number(self, i); // Not an answer.
		lunatic_request_begin(&out);
		lunatic_write_array(&out, 2);
		lunatic_write_int(&out, i);
		lunatic_write_int(&out, 1);
		LUNATIC_CHECK_EQ(lunatic_request_send(&out, child, &mail, SOON),
				 0);
		LUNATIC_CHECK_EQ(lunatic_read_i32(&mail), i + 1);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	}
	lunatic_request_begin(&out);
	lunatic_write_nil(&out);
	LUNATIC_CHECK_EQ(lunatic_request_send(&out, child, &mail, A_WHILE),
			 LUNATIC_ETIMEDOUT);
	for (int32_t i = 0; i < 100; i++)
		LUNATIC_CHECK_EQ(receive_number(), i);
	// No value, two values, and one that is not complete.
	lunatic_request_begin(&out);
	LUNATIC_CHECK_EQ(lunatic_request_send(&out, child, &mail, SOON),
			 LUNATIC_EMISUSE);
	lunatic_request_begin(&out);
	lunatic_write_nil(&out);
	lunatic_write_nil(&out);
	LUNATIC_CHECK_EQ(lunatic_request_send(&out, child, &mail, SOON),
			 LUNATIC_EMISUSE);
	lunatic_request_begin(&out);
	lunatic_write_array(&out, 3);
	LUNATIC_CHECK_EQ(lunatic_request_send(&out, child, &mail, SOON),
			 LUNATIC_EMISUSE);
}

// The bytes of a request, as the Rust crate writes them.
LUNATIC_TEST(request_on_the_wire)
{
	unsigned char bytes[16];
	int64_t tag = 0;

	lunatic_request_begin(&out);
	lunatic_write_str(&out, "hi");
	LUNATIC_CHECK_EQ(
		lunatic_request_send(&out, lunatic_proc_self(), &mail, A_WHILE),
		0);
	LUNATIC_CHECK(lunatic_mail_tag() < -1000000);
	lunatic_message_seek_data(0);
	LUNATIC_CHECK_EQ(lunatic_message_read_data(bytes, sizeof(bytes)), 14);
	LUNATIC_CHECK(memcmp(bytes, "\x93\xa2hi\xd3", 5) == 0);
	for (size_t i = 5; i < 13; i++)
		tag = tag << 8 | bytes[i];
	LUNATIC_CHECK_EQ(tag, lunatic_mail_tag());
	LUNATIC_CHECK_EQ(bytes[13], 0);
}

static void square(struct lunatic_reader *argument,
		   struct lunatic_writer *result)
{
	int64_t side = lunatic_read_int(argument);

	if (side < 0)
		return; // Nothing is nil.
	lunatic_write_int(result, side * side);
}

static void answers_little(struct lunatic_reader *argument,
			   struct lunatic_writer *result)
{
	lunatic_skip(argument);
	lunatic_write_array(result, 2);
}

static void reads_late(struct lunatic_reader *argument,
		       struct lunatic_writer *result)
{
	lunatic_write_nil(result);
	lunatic_skip(argument);
}

static void sleeps(struct lunatic_reader *argument,
		   struct lunatic_writer *result)
{
	lunatic_sleep((uint64_t)lunatic_read_int(argument));
	lunatic_write_proc(result, lunatic_proc_self());
}

static int start(struct lunatic_task *task, lunatic_task_run *run,
		 int64_t argument)
{
	lunatic_task_begin(task, &out);
	lunatic_write_int(&out, argument);
	return lunatic_task_start(task, NULL, run, &out);
}

LUNATIC_TEST(tasks)
{
	struct lunatic_task tasks[50];

	for (int64_t i = 0; i < 50; i++)
		LUNATIC_CHECK_EQ(start(&tasks[i], square, i), 0);
	for (int64_t i = 49; i >= 0; i--) {
		LUNATIC_CHECK_EQ(lunatic_task_join(&tasks[i], &mail, SOON), 0);
		LUNATIC_CHECK_EQ(lunatic_read_int(&mail), i * i);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	}
	LUNATIC_CHECK_EQ(start(&tasks[0], square, -1), 0);
	LUNATIC_CHECK_EQ(lunatic_task_join(&tasks[0], &mail, SOON), 0);
	lunatic_read_nil(&mail);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
}

LUNATIC_TEST(tasks_that_fail)
{
	struct lunatic_task task;

	lunatic_links_catch();
	LUNATIC_CHECK_EQ(start(&task, answers_little, 1), 0);
	LUNATIC_CHECK_EQ(lunatic_task_join(&task, &mail, SOON), LUNATIC_EDIED);
	LUNATIC_CHECK(!lunatic_proc_is(task.proc));
	LUNATIC_CHECK_EQ(start(&task, reads_late, 1), 0);
	LUNATIC_CHECK_EQ(lunatic_task_join(&task, &mail, SOON), LUNATIC_EDIED);
	lunatic_task_begin(&task, &out);
	LUNATIC_CHECK_EQ(lunatic_task_start(&task, NULL, square, &out),
			 LUNATIC_EMISUSE);
	LUNATIC_CHECK_EQ(start(&task, sleeps, 2 * A_WHILE), 0);
	LUNATIC_CHECK_EQ(lunatic_task_join(&task, &mail, 0), LUNATIC_ETIMEDOUT);
	LUNATIC_CHECK_EQ(lunatic_task_join(&task, &mail, SOON), 0);
	lunatic_proc_drop(lunatic_read_proc(&mail));
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	LUNATIC_CHECK_EQ(start(&task, sleeps, SOON), 0);
	lunatic_task_cancel(&task);
	lunatic_task_cancel(&task);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
}
