/* src/embed/message.c: contents, processes in messages, sending. */
#include "fixture.h"

static void contents(void **state)
{
	static uint8_t large[100000];
	static uint8_t back[sizeof(large)];
	lunatic_rt_message *message;
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * 7);
	assert_int_equal(lunatic_rt_message_new(-3, &message), 0);
	assert_int_equal(lunatic_rt_message_tag(message), -3);
	assert_int_equal(lunatic_rt_message_size(message), 0);
	assert_false(lunatic_rt_message_is_link_died(message));
	assert_int_equal(lunatic_rt_message_write(message, large, 10), 0);
	assert_int_equal(lunatic_rt_message_write(message, NULL, 0), 0);
	assert_int_equal(lunatic_rt_message_write(message, large + 10,
						  sizeof(large) - 10),
			 0);
	assert_int_equal(lunatic_rt_message_size(message), sizeof(large));

	assert_int_equal(lunatic_rt_message_read(message, back, 5, &count), 0);
	assert_int_equal(count, 5);
	assert_int_equal(lunatic_rt_message_read(message, back + 5,
						 sizeof(back), &count),
			 0);
	assert_int_equal(count, sizeof(large) - 5);
	assert_memory_equal(back, large, sizeof(large));
	assert_int_equal(lunatic_rt_message_read(message, back, 1, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(lunatic_rt_message_seek(message, sizeof(large) - 1),
			 0);
	assert_int_equal(lunatic_rt_message_read(message, back, 2, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(back[0], large[sizeof(large) - 1]);
	assert_int_equal(lunatic_rt_message_seek(message, sizeof(large)), 0);
	assert_int_equal(lunatic_rt_message_seek(message, sizeof(large) + 1),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_message_write(message, large, SIZE_MAX),
			 LUNATIC_RT_ENOMEM);
	lunatic_rt_message_free(message);
}

static void misuse(void **state)
{
	lunatic_rt_process *process = (lunatic_rt_process *)&state;
	lunatic_rt_message *message;
	uint64_t index = 7;
	size_t count = 7;
	char byte;

	(void)state;
	assert_int_equal(lunatic_rt_message_new(0, NULL), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_message_new(0, &message), 0);
	assert_int_equal(lunatic_rt_message_write(NULL, &byte, 1),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_message_write(message, NULL, 1),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_message_read(NULL, &byte, 1, &count),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(count, 0);
	assert_int_equal(lunatic_rt_message_read(message, NULL, 1, &count),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_message_read(message, &byte, 1, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_message_seek(NULL, 0), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_message_size(NULL), 0);
	assert_int_equal(lunatic_rt_message_tag(NULL), 0);
	assert_false(lunatic_rt_message_is_link_died(NULL));
	assert_int_equal(lunatic_rt_message_push_process(message, NULL, &index),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(index, 0);
	assert_int_equal(lunatic_rt_message_take_process(message, 0, &process),
			 LUNATIC_RT_ENOENT);
	assert_null(process);
	assert_int_equal(lunatic_rt_message_take_process(message, 0, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_message_take_process(NULL, 0, &process),
			 LUNATIC_RT_EINVAL);
	lunatic_rt_message_free(NULL);
	/* Consumed all the same. */
	assert_int_equal(lunatic_rt_send(NULL, message), LUNATIC_RT_EINVAL);
}

static void processes_travel(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_process *process =
		start(fixture->environment, wait_for_ever, NULL);
	lunatic_rt_process *taken;
	lunatic_rt_message *message;
	uint64_t index;

	assert_int_equal(lunatic_rt_message_push_process(NULL, process, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_message_new(0, &message), 0);
	for (uint64_t i = 0; i < 6; i++) {
		assert_int_equal(lunatic_rt_message_push_process(
					 message, process, &index),
				 0);
		assert_int_equal(index, i);
	}
	assert_int_equal(
		lunatic_rt_message_push_process(message, process, NULL), 0);
	assert_int_equal(lunatic_rt_message_take_process(message, 4, &taken),
			 0);
	assert_ptr_equal(taken, process);
	lunatic_rt_process_release(taken);
	assert_int_equal(lunatic_rt_message_take_process(message, 4, &taken),
			 LUNATIC_RT_ENOENT);
	assert_int_equal(lunatic_rt_message_take_process(message, 7, &taken),
			 LUNATIC_RT_ENOENT);
	assert_int_equal(
		lunatic_rt_message_take_process(message, UINT64_MAX, &taken),
		LUNATIC_RT_ENOENT);
	/* The message holds it six more times. */
	lunatic_rt_message_free(message);

	assert_int_equal(lunatic_rt_send(process, NULL), LUNATIC_RT_EINVAL);
	lunatic_rt_process_kill(process);
	assert_int_equal(lunatic_rt_process_wait(process, -1, NULL, NULL), 0);
	assert_int_equal(send_tag(process, 0), LUNATIC_RT_EDEAD);
	lunatic_rt_process_release(process);
}

static int fail_at_once(lunatic_rt_process *self, void *argument)
{
	(void)self;
	(void)argument;
	return 1;
}

struct news {
	lunatic_rt_environment *environment;
	int write;
	int push;
	int send;
	int read;
	size_t count;
	bool died;
};

static int misuse_news(lunatic_rt_process *self, void *argument)
{
	struct news *news = argument;
	lunatic_rt_message *message;
	char byte;

	lunatic_rt_die_when_link_dies(false);
	if (lunatic_rt_process_spawn_native(news->environment, fail_at_once,
					    NULL, NULL, 9, NULL) < 0 ||
	    lunatic_rt_receive(NULL, 0, -1, &message) < 0)
		return 1;
	news->died = lunatic_rt_message_is_link_died(message);
	news->write = lunatic_rt_message_write(message, "x", 1);
	news->push = lunatic_rt_message_push_process(message, self, NULL);
	news->read = lunatic_rt_message_read(message, &byte, 1, &news->count);
	news->send = lunatic_rt_send(self, message);
	return lunatic_rt_receive(NULL, 0, 0, &message) != LUNATIC_RT_ETIMEDOUT;
}

/* Only the runtime tells of the death of a link. */
static void news_are_not_sent_on(void **state)
{
	struct fixture *fixture = *state;
	struct news news = { .environment = fixture->environment, .count = 7 };

	run(fixture->environment, misuse_news, &news);
	assert_true(news.died);
	assert_int_equal(news.write, LUNATIC_RT_EINVAL);
	assert_int_equal(news.push, LUNATIC_RT_EINVAL);
	assert_int_equal(news.read, 0);
	assert_int_equal(news.count, 0);
	assert_int_equal(news.send, LUNATIC_RT_EINVAL);
}

/* It answers with twice the number, having read to the end and beyond. */
static const char doubler[] =
	"(module"
	" (import \"lunatic::message\" \"receive\""
	"  (func $receive (param i32 i32 i32) (result i32)))"
	" (import \"lunatic::message\" \"read_data\""
	"  (func $read (param i32 i32) (result i32)))"
	" (import \"lunatic::message\" \"take_process\""
	"  (func $take (param i64) (result i64)))"
	" (import \"lunatic::message\" \"create_data\""
	"  (func $create (param i64 i64)))"
	" (import \"lunatic::message\" \"write_data\""
	"  (func $write (param i32 i32) (result i32)))"
	" (import \"lunatic::message\" \"seek_data\" (func $seek (param i64)))"
	" (import \"lunatic::message\" \"send\" (func $send (param i64)))"
	" (memory (export \"memory\") 1)"
	" (func (export \"double\") (local $client i64)"
	"  (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0)))"
	"  (drop (call $read (i32.const 0) (i32.const 8)))"
	"  (local.set $client (call $take (i64.const 0)))"
	"  (i64.store (i32.const 0)"
	"   (i64.mul (i64.const 2) (i64.load (i32.const 0))))"
	"  (call $create (i64.const 77) (i64.const 8))"
	"  (drop (call $write (i32.const 0) (i32.const 8)))"
	"  (call $seek (i64.const 5000))"
	"  (call $send (local.get $client))))";

struct doubling {
	lunatic_rt_process *guest;
	int64_t tag;
	uint64_t answer;
	size_t count;
	int read;
};

static int ask_guest(lunatic_rt_process *self, void *argument)
{
	struct doubling *doubling = argument;
	const uint64_t number = 21;
	lunatic_rt_message *message;

	if (lunatic_rt_message_new(1, &message) < 0 ||
	    lunatic_rt_message_write(message, &number, sizeof(number)) < 0 ||
	    lunatic_rt_message_push_process(message, self, NULL) < 0 ||
	    lunatic_rt_send(doubling->guest, message) < 0 ||
	    lunatic_rt_receive(NULL, 0, -1, &message) < 0)
		return 1;
	doubling->tag = lunatic_rt_message_tag(message);
	doubling->read = lunatic_rt_message_read(message, &doubling->answer,
						 sizeof(doubling->answer),
						 &doubling->count);
	lunatic_rt_message_free(message);
	return 0;
}

static void guests_answer(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_module *module = compile(fixture->environment, doubler);
	struct doubling doubling = { .read = -1 };

	assert_int_equal(lunatic_rt_process_spawn(module, "double", NULL, 0, 0,
						  &doubling.guest, NULL),
			 0);
	run(fixture->environment, ask_guest, &doubling);
	assert_int_equal(doubling.tag, 77);
	assert_int_equal(doubling.read, 0);
	assert_int_equal(doubling.count, sizeof(doubling.answer));
	assert_int_equal(doubling.answer, 42);
	assert_int_equal(finish(doubling.guest), LUNATIC_RT_OUTCOME_NORMAL);
	lunatic_rt_module_release(module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents),
		cmocka_unit_test(misuse),
		cmocka_unit_test(processes_travel),
		cmocka_unit_test(news_are_not_sent_on),
		cmocka_unit_test(guests_answer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
