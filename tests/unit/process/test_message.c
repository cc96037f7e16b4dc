/* src/process/message.c: writing, reading, limits, resources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "process/message.h"
#include "process/resource.h"
#include "support/processes.h"

#define NO_LIMIT UINT64_MAX
#define A_PROCESS ln_resource_class(LN_RESOURCE_PROCESS)
#define A_STREAM ln_resource_class(LN_RESOURCE_TCP_STREAM)

static struct ln_message *new_message(uint64_t capacity)
{
	struct ln_message *message =
		ln_message_new(LN_MESSAGE_DATA, 5, capacity);

	assert_non_null(message);
	return message;
}

static bool is_inline(const struct ln_message *message)
{
	return message->data == message->inline_data;
}

static void begins_empty(void **state)
{
	struct ln_message *message = new_message(0);
	size_t count = 99;
	uint8_t byte;

	(void)state;
	assert_int_equal(message->tag, 5);
	assert_int_equal(message->kind, LN_MESSAGE_DATA);
	assert_int_equal(message->size, 0);
	assert_true(is_inline(message));
	assert_int_equal(ln_message_read(message, &byte, 1, &count), 0);
	assert_int_equal(count, 0);
	ln_message_free(message);
	ln_message_free(NULL);
}

static void reads_what_was_written(void **state)
{
	struct ln_message *message = new_message(0);
	uint8_t bytes[10];
	size_t count;

	(void)state;
	assert_int_equal(ln_message_write(message, "abc", 3, NO_LIMIT), 0);
	assert_int_equal(ln_message_write(message, "", 0, NO_LIMIT), 0);
	assert_int_equal(ln_message_write(message, "defg", 4, NO_LIMIT), 0);
	assert_int_equal(message->size, 7);
	assert_int_equal(ln_message_read(message, bytes, 5, &count), 0);
	assert_int_equal(count, 5);
	assert_memory_equal(bytes, "abcde", 5);
	assert_int_equal(ln_message_read(message, bytes, 10, &count), 0);
	assert_int_equal(count, 2);
	assert_memory_equal(bytes, "fg", 2);
	assert_int_equal(ln_message_read(message, bytes, 10, &count), 0);
	assert_int_equal(count, 0);
	/* More can be written behind, and read on. */
	assert_int_equal(ln_message_write(message, "h", 1, NO_LIMIT), 0);
	assert_int_equal(ln_message_read(message, bytes, 10, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(bytes[0], 'h');
	ln_message_free(message);
}

static void reading_moves_where_it_is_told(void **state)
{
	struct ln_message *message = new_message(0);
	uint8_t bytes[10];
	size_t count = 99;

	(void)state;
	assert_int_equal(ln_message_write(message, "abcdef", 6, NO_LIMIT), 0);
	message->read_at = 4;
	assert_int_equal(ln_message_read(message, bytes, 10, &count), 0);
	assert_int_equal(count, 2);
	assert_memory_equal(bytes, "ef", 2);
	message->read_at = 0;
	assert_int_equal(ln_message_read(message, bytes, 1, &count), 0);
	assert_int_equal(bytes[0], 'a');
	message->read_at = 6;
	assert_int_equal(ln_message_read(message, bytes, 1, &count), 0);
	assert_int_equal(count, 0);
	message->read_at = 7;
	assert_int_equal(ln_message_read(message, bytes, 1, &count), LN_EINVAL);
	message->read_at = SIZE_MAX;
	assert_int_equal(ln_message_read(message, bytes, 1, &count), LN_EINVAL);
	assert_int_equal(ln_message_read(message, bytes, 0, &count), LN_EINVAL);
	ln_message_free(message);
}

static void grows_out_of_itself(void **state)
{
	struct ln_message *message = new_message(0);
	uint8_t bytes[1000];
	uint8_t back[1000];
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		assert_int_equal(
			ln_message_write(message, &bytes[i], 1, NO_LIMIT), 0);
		assert_int_equal(is_inline(message),
				 message->size <= LN_MESSAGE_INLINE);
		assert_true(message->capacity >= message->size);
	}
	assert_int_equal(ln_message_read(message, back, sizeof(back), &count),
			 0);
	assert_int_equal(count, sizeof(back));
	assert_memory_equal(back, bytes, sizeof(back));
	ln_message_free(message);
}

static void one_write_may_be_large(void **state)
{
	struct ln_message *message = new_message(0);
	size_t len = (size_t)3 << 20;
	uint8_t *bytes = malloc(len);
	uint8_t *back = malloc(len);
	size_t count;

	(void)state;
	assert_non_null(bytes);
	assert_non_null(back);
	memset(bytes, 'z', len);
	assert_int_equal(ln_message_write(message, "ab", 2, NO_LIMIT), 0);
	assert_int_equal(ln_message_write(message, bytes, len, NO_LIMIT), 0);
	assert_int_equal(ln_message_read(message, back, 2, &count), 0);
	assert_memory_equal(back, "ab", 2);
	assert_int_equal(ln_message_read(message, back, len, &count), 0);
	assert_int_equal(count, len);
	assert_memory_equal(back, bytes, len);
	free(bytes);
	free(back);
	ln_message_free(message);
}

static void keeps_to_its_limit(void **state)
{
	struct ln_message *message = new_message(0);
	uint8_t bytes[200] = { 0 };

	(void)state;
	assert_int_equal(ln_message_write(message, bytes, 101, 100), LN_ELIMIT);
	assert_int_equal(message->size, 0);
	assert_int_equal(ln_message_write(message, bytes, 60, 100), 0);
	assert_int_equal(ln_message_write(message, bytes, 41, 100), LN_ELIMIT);
	assert_int_equal(ln_message_write(message, bytes, SIZE_MAX, 100),
			 LN_ELIMIT);
	assert_int_equal(message->size, 60);
	assert_int_equal(ln_message_write(message, bytes, 40, 100), 0);
	assert_int_equal(ln_message_write(message, bytes, 1, 100), LN_ELIMIT);
	assert_int_equal(ln_message_write(message, bytes, 0, 100), 0);
	/* A limit below what is there refuses too. */
	assert_int_equal(ln_message_write(message, bytes, 1, 50), LN_ELIMIT);
	ln_message_free(message);
}

static void capacity_is_only_a_hint(void **state)
{
	struct ln_message *message = new_message(LN_MESSAGE_INLINE);

	(void)state;
	assert_true(is_inline(message));
	ln_message_free(message);
	message = new_message(LN_MESSAGE_INLINE + 1);
	assert_false(is_inline(message));
	assert_true(message->capacity >= LN_MESSAGE_INLINE + 1);
	assert_int_equal(message->size, 0);
	ln_message_free(message);
	/* A guest's number does not make the host allocate that much. */
	message = new_message(UINT64_MAX);
	assert_true(message->capacity <= (size_t)16 << 20);
	assert_int_equal(ln_message_write(message, "abc", 3, NO_LIMIT), 0);
	ln_message_free(message);
}

static void weighs_what_it_holds(void **state)
{
	struct ln_message *message = new_message(0);
	size_t empty = ln_message_weight(message);
	uint8_t bytes[5000] = { 0 };
	uint64_t index;

	(void)state;
	assert_true(empty >= sizeof(*message));
	assert_int_equal(ln_message_write(message, bytes, 10, NO_LIMIT), 0);
	assert_int_equal(ln_message_weight(message), empty);
	assert_int_equal(ln_message_write(message, bytes, 5000, NO_LIMIT), 0);
	assert_true(ln_message_weight(message) >= empty + 5010);
	empty = ln_message_weight(message);
	assert_int_equal(ln_message_push(message, NULL, NULL, &index), 0);
	assert_true(ln_message_weight(message) > empty);
	ln_message_free(message);
}

static enum ln_outcome return_at_once(struct ln_process *self)
{
	(void)self;
	return LN_OUTCOME_NORMAL;
}

static void resources_are_taken_once(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_message *message = new_message(0);
	struct ln_process *processes[6];
	uint64_t index;

	(void)state;
	for (uint64_t i = 0; i < 6; i++) {
		assert_int_equal(ln_process_new(environment, return_at_once,
						NULL, &processes[i]),
				 0);
		assert_int_equal(
			ln_message_push(message, A_PROCESS,
					ln_process_retain(processes[i]),
					&index),
			0);
		assert_int_equal(index, i);
	}
	assert_null(ln_message_take(message, A_STREAM, 2));
	assert_null(ln_message_take(message, A_PROCESS, 6));
	assert_null(ln_message_take(message, A_PROCESS, UINT64_MAX));
	assert_ptr_equal(ln_message_take(message, A_PROCESS, 2), processes[2]);
	assert_null(ln_message_take(message, A_PROCESS, 2));
	assert_null(ln_message_take(message, NULL, 99));
	/* The others stay where they were. */
	assert_ptr_equal(ln_message_take(message, A_PROCESS, 5), processes[5]);
	ln_process_release(processes[2]);
	ln_process_release(processes[5]);
	/* What is left in it goes with it. */
	assert_int_equal(processes[0]->references, 2);
	ln_message_free(message);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(processes[i]->references, 1);
		ln_process_discard(processes[i]);
	}
	test_environment_free(environment);
}

static void resources_are_bounded(void **state)
{
	struct ln_message *message = new_message(0);
	uint64_t index = 0;
	int error = 0;

	(void)state;
	for (int i = 0; i < 1000000 && error == 0; i++)
		error = ln_message_push(message, NULL, NULL, &index);
	assert_int_equal(error, LN_ELIMIT);
	assert_int_equal(index, 65535);
	ln_message_free(message);
}

static void is_as_new_when_renewed(void **state)
{
	struct ln_message *message =
		ln_message_renew(NULL, 5, LN_MESSAGE_INLINE + 1);
	struct ln_message *same;
	uint8_t bytes[1000] = { 0 };
	uint64_t index;
	size_t count;

	(void)state;
	assert_int_equal(message->tag, 5);
	assert_false(is_inline(message));
	/* All of this is freed: the leak checker looks. */
	assert_int_equal(
		ln_message_write(message, bytes, sizeof(bytes), NO_LIMIT), 0);
	assert_int_equal(ln_message_read(message, bytes, 10, &count), 0);
	assert_int_equal(ln_message_push(message, NULL, NULL, &index), 0);
	same = ln_message_renew(message, 6, 0);
	assert_ptr_equal(same, message);
	assert_int_equal(same->kind, LN_MESSAGE_DATA);
	assert_int_equal(same->tag, 6);
	assert_int_equal(same->size, 0);
	assert_int_equal(same->read_at, 0);
	assert_int_equal(same->resource_count, 0);
	assert_true(is_inline(same));
	assert_int_equal(ln_message_push(same, NULL, NULL, &index), 0);
	assert_int_equal(index, 0);
	ln_message_free(same);

	/* A signal becomes a message like any other. */
	message = ln_message_new(LN_MESSAGE_LINK_DIED, 7, 0);
	assert_non_null(message);
	same = ln_message_renew(message, 0, 0);
	assert_int_equal(same->kind, LN_MESSAGE_DATA);
	ln_message_free(same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_empty),
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(reading_moves_where_it_is_told),
		cmocka_unit_test(grows_out_of_itself),
		cmocka_unit_test(one_write_may_be_large),
		cmocka_unit_test(keeps_to_its_limit),
		cmocka_unit_test(capacity_is_only_a_hint),
		cmocka_unit_test(weighs_what_it_holds),
		cmocka_unit_test(resources_are_taken_once),
		cmocka_unit_test(resources_are_bounded),
		cmocka_unit_test(is_as_new_when_renewed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
