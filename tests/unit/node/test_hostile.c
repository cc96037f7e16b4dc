/* Frames that no node of ours sends: each is refused with a reason, or without
 * effect, and leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "node/export.h"
#include "node/frame_encoder.h"
#include "node/peer.h"
#include "node/session.h"
#include "process/message.h"
#include "process/runtime.h"
#include "support/fabric.h"
#include "support/processes.h"

#define GOOD 20 /* frames, at most */

/* A frame of up to 200 bytes. */
struct bytes {
	uint8_t data[200];
	size_t len;
};

static void put(struct bytes *bytes, const void *from, size_t len)
{
	memcpy(bytes->data + bytes->len, from, len);
	bytes->len += len;
}

static void put_number(struct bytes *bytes, uint64_t number, size_t len)
{
	put(bytes, &number, len);
}

static void put_zeros(struct bytes *bytes, size_t len)
{
	const uint8_t zeros[100] = { 0 };

	put(bytes, zeros, len);
}

/* A name and a version. */
static void put_key(struct bytes *bytes, const char *name, const char *version)
{
	put_number(bytes, strlen(name), 4);
	put(bytes, name, strlen(name));
	put_number(bytes, strlen(version), 4);
	put(bytes, version, strlen(version));
}

static void begin(struct bytes *bytes, uint8_t kind)
{
	bytes->len = 0;
	put(bytes, &kind, 1);
}

/* A node that somebody hostile is connected to, and a process there. */
struct victim {
	struct test_net net;
	struct ln_process *process;
	struct ln_session *session;
};

static enum ln_outcome sleep_on(struct ln_process *self)
{
	struct ln_message *message;

	while (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) ==
	       0)
		ln_message_free(message);
	return LN_OUTCOME_KILLED;
}

static void set_up(struct victim *victim)
{
	test_net_init(&victim->net, 2, 1, NULL);
	victim->session = victim->net.lines[0]->ends[0].session;
	victim->process =
		test_process_start(victim->net.environment, sleep_on, NULL);
	assert_int_equal(ln_export(victim->net.nodes[0], victim->process), 0);
}

static void tear_down(struct victim *victim)
{
	ln_process_kill(victim->process);
	test_process_wait(victim->process);
	test_net_deinit(&victim->net);
}

/* What becomes of a frame; the copy is as long as the frame, so that a
 * sanitizer sees one byte more. */
static int receive(struct victim *victim, const struct bytes *bytes)
{
	uint8_t *copy = malloc(bytes->len + (bytes->len == 0));
	const char *reason = NULL;
	int error;

	memcpy(copy, bytes->data, bytes->len);
	error = ln_session_receive(victim->session, copy, bytes->len, &reason);
	free(copy);
	if (error < 0) {
		assert_non_null(reason);
		assert_true(strlen(reason) > 5);
	}
	return error;
}

static void message_head(struct victim *victim, struct bytes *bytes,
			 uint64_t size, uint32_t resources)
{
	put(bytes, victim->process->id, 16);
	put_number(bytes, 1, 8);
	put_number(bytes, size, 8);
	put_number(bytes, resources, 4);
	put_number(bytes, 0, 8);
}

/* A good frame of each kind, in an order in which they may come; returns how
 * many there are. */
static int good(struct victim *victim, struct bytes frames[GOOD])
{
	uint8_t other[16];
	int n = 0;

	ln_random_uuid(other);
	begin(&frames[n], LN_KIND_MESSAGE);
	message_head(victim, &frames[n], 5, 4);
	put(&frames[n], "hello", 5);
	put_number(&frames[n], 0, 1);
	put_number(&frames[n], 1, 1);
	put(&frames[n], other, 16);
	put_number(&frames[n], 2, 1);
	put(&frames[n], victim->process->id, 16);
	put_number(&frames[n], 3, 1);
	put(&frames[n], other, 16);
	put(&frames[n++], other, 16);
	begin(&frames[n], LN_KIND_START);
	put_number(&frames[n], LN_KIND_MESSAGE, 1);
	put_number(&frames[n], 10, 8);
	put_number(&frames[n], 44, 4);
	message_head(victim, &frames[n], 9, 1);
	put(&frames[n++], "hello", 5);
	begin(&frames[n], LN_KIND_DATA);
	put(&frames[n++], "hell\0", 5);
	begin(&frames[n], LN_KIND_START);
	put_number(&frames[n], LN_KIND_MESSAGE, 1);
	put_number(&frames[n], 10, 8);
	put_number(&frames[n], 44, 4);
	message_head(victim, &frames[n++], 10, 0);
	begin(&frames[n++], LN_KIND_ABORT);
	begin(&frames[n], LN_KIND_LINK);
	put(&frames[n], other, 16);
	put(&frames[n], victim->process->id, 16);
	put_number(&frames[n], 1, 8);
	put_number(&frames[n++], 0, 8);
	begin(&frames[n], LN_KIND_UNLINK);
	put(&frames[n], other, 16);
	put(&frames[n++], victim->process->id, 16);
	begin(&frames[n], LN_KIND_LINK_ENDED);
	put(&frames[n], other, 16);
	put(&frames[n], victim->process->id, 16);
	put_number(&frames[n++], 0, 1);
	begin(&frames[n], LN_KIND_KILL);
	put(&frames[n++], other, 16);
	begin(&frames[n], LN_KIND_MONITOR);
	put(&frames[n], other, 16);
	put(&frames[n], victim->process->id, 16);
	put_number(&frames[n++], 1, 8);
	begin(&frames[n], LN_KIND_DEMONITOR);
	put(&frames[n], other, 16);
	put(&frames[n], victim->process->id, 16);
	put_number(&frames[n++], 1, 8);
	begin(&frames[n], LN_KIND_DOWN);
	put(&frames[n], other, 16);
	put(&frames[n], victim->process->id, 16);
	put_number(&frames[n], 1, 8);
	put_number(&frames[n], 2, 1);
	put_number(&frames[n++], 0, 4);
	begin(&frames[n], LN_KIND_NAMED);
	put_number(&frames[n], 1, 8);
	put(&frames[n], other, 16);
	put_key(&frames[n++], "x", "1.0.0");
	begin(&frames[n], LN_KIND_UNNAMED);
	put_key(&frames[n++], "x", "1.0.0");
	for (int left = 0; left < 2; left++) {
		begin(&frames[n], left ? LN_KIND_LEFT : LN_KIND_JOINED);
		put(&frames[n], other, 16);
		put_number(&frames[n], 5, 4);
		put(&frames[n++], "group", 5);
	}
	assert_true(n <= GOOD);
	return n;
}

static void good_frames_are_good(void **state)
{
	struct victim victim;
	struct bytes frames[GOOD];
	int count;

	(void)state;
	set_up(&victim);
	count = good(&victim, frames);
	for (int i = 0; i < count; i++)
		assert_int_equal(receive(&victim, &frames[i]), 0);
	tear_down(&victim);
}

/* Each good frame cut short anywhere, and with a byte more, in a session of its
 * own. */
static void wrong_lengths(void **state)
{
	struct victim first;
	struct bytes frames[GOOD];
	int count;

	(void)state;
	set_up(&first);
	count = good(&first, frames);
	tear_down(&first);
	for (int i = 0; i < count; i++) {
		size_t len = frames[i].len;

		for (size_t at = 0; at <= len + 1; at++) {
			struct victim victim;
			struct bytes again[GOOD];
			struct bytes cut;
			/* Of the body, any number of bytes may come. */
			bool any =
				frames[i].data[0] == LN_KIND_START
					? at >= 58
					: frames[i].data[0] == LN_KIND_DATA &&
						  at > 1;

			if (at == len)
				continue;
			if (any && at <= len)
				continue;
			set_up(&victim);
			good(&victim, again);
			for (int j = 0; j < i; j++)
				assert_int_equal(receive(&victim, &again[j]),
						 0);
			cut = again[i];
			if (at > len)
				put_zeros(&cut, 1);
			else
				cut.len = at;
			if (!(at > len && again[i].data[0] == LN_KIND_START))
				assert_int_equal(receive(&victim, &cut),
						 LN_EFORMAT);
			tear_down(&victim);
		}
	}
}

static void refused(struct bytes *bytes)
{
	struct victim victim;

	set_up(&victim);
	assert_int_equal(receive(&victim, bytes), LN_EFORMAT);
	tear_down(&victim);
}

static void put_named(struct bytes *bytes, uint64_t rank, const char *id,
		      const char *name, const char *version)
{
	begin(bytes, LN_KIND_NAMED);
	put_number(bytes, rank, 8);
	put(bytes, id, 16);
	put_key(bytes, name, version);
}

#define ID "0123456789abcdef"

/* What was told, is told again, or was not told, and names that none has. */
static void names(void **state)
{
	static const char number[17] = "01234567\0\0\0\0\0\0\0";
	struct victim victim;
	struct bytes bytes;

	(void)state;
	put_named(&bytes, UINT64_C(1) << 63, ID, "x", "1.0.0");
	refused(&bytes);
	put_named(&bytes, 1, number, "x", "1.0.0");
	refused(&bytes);
	put_named(&bytes, 1, ID, "x", "1.0");
	refused(&bytes);
	put_named(&bytes, 1, ID, "x", "");
	refused(&bytes);
	begin(&bytes, LN_KIND_UNNAMED);
	put_key(&bytes, "x", "1.0.0");
	refused(&bytes);
	for (int left = 0; left < 2; left++) {
		begin(&bytes, left ? LN_KIND_LEFT : LN_KIND_JOINED);
		put(&bytes, left ? ID : number, 16);
		put_number(&bytes, 1, 4);
		put(&bytes, "g", 1);
		refused(&bytes);
	}
	/* All is told. */
	begin(&bytes, LN_KIND_WANT);
	refused(&bytes);
	for (int more = 0; more < 3; more++) {
		begin(&bytes, LN_KIND_TOLD);
		put_number(&bytes, (uint64_t)more, 1);
		if (more == 0)
			put_zeros(&bytes, 20);
		refused(&bytes);
	}
	set_up(&victim);
	put_named(&bytes, (UINT64_C(1) << 63) - 1, ID, "x", "1.0.0");
	assert_int_equal(receive(&victim, &bytes), 0);
	put_named(&bytes, 1, ID, "x", "1.0.1");
	assert_int_equal(receive(&victim, &bytes), 0);
	put_named(&bytes, 1, ID, "x", "1.0.0");
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	for (int again = 0; again < 2; again++) {
		begin(&bytes, LN_KIND_JOINED);
		put(&bytes, ID, 16);
		put_number(&bytes, 1, 4);
		put(&bytes, "g", 1);
		assert_int_equal(receive(&victim, &bytes),
				 again ? LN_EFORMAT : 0);
	}
	tear_down(&victim);
}

/* Before all is told: an end that brings nothing, and one that is wrong. */
static void ends_of_names(void **state)
{
	(void)state;
	for (int what = 0; what < 5; what++) {
		struct victim victim;
		struct bytes bytes;

		set_up(&victim);
		test_line_cut(victim.net.lines[0]);
		victim.net.lines[0] = test_line_open(victim.net.nodes[0],
						     victim.net.nodes[1]);
		victim.session = victim.net.lines[0]->ends[0].session;
		begin(&bytes, LN_KIND_TOLD);
		put_number(&bytes, what == 0, 1);
		if (what > 0)
			put_number(&bytes, what == 1, 4);
		if (what > 0)
			put_number(&bytes, what == 2, 8);
		if (what > 0)
			put_number(&bytes, what == 4 ? UINT64_MAX : 3, 8);
		assert_int_equal(receive(&victim, &bytes),
				 what == 3 ? 0 : LN_EFORMAT);
		if (what == 3)
			assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
		tear_down(&victim);
	}
}

static void unknown_kinds(void **state)
{
	struct bytes bytes;

	(void)state;
	for (int kind = 0; kind < 256; kind++) {
		if (ln_session_kind((uint8_t)kind) != NULL)
			continue;
		begin(&bytes, (uint8_t)kind);
		put_zeros(&bytes, 40);
		refused(&bytes);
	}
}

static void wrong_states(void **state)
{
	struct victim victim;
	struct bytes frames[GOOD];
	struct bytes bytes;

	(void)state;
	begin(&bytes, LN_KIND_DATA);
	put_zeros(&bytes, 10);
	refused(&bytes);
	begin(&bytes, LN_KIND_ABORT);
	refused(&bytes);
	begin(&bytes, LN_KIND_UNLINKED);
	put_zeros(&bytes, 32);
	refused(&bytes);
	/* A second beginning. */
	set_up(&victim);
	good(&victim, frames);
	assert_int_equal(receive(&victim, &frames[1]), 0);
	assert_int_equal(receive(&victim, &frames[1]), LN_EFORMAT);
	tear_down(&victim);
	/* More than was announced. */
	set_up(&victim);
	good(&victim, frames);
	assert_int_equal(receive(&victim, &frames[1]), 0);
	put_zeros(&frames[2], 1);
	assert_int_equal(receive(&victim, &frames[2]), LN_EFORMAT);
	tear_down(&victim);
}

static void wrong_numbers(void **state)
{
	struct victim victim;
	struct bytes bytes;

	(void)state;
	set_up(&victim);
	/* More data, or resources, than there are. */
	begin(&bytes, LN_KIND_MESSAGE);
	message_head(&victim, &bytes, UINT64_MAX, 0);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	begin(&bytes, LN_KIND_MESSAGE);
	message_head(&victim, &bytes, 0, 65537);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	begin(&bytes, LN_KIND_MESSAGE);
	message_head(&victim, &bytes, 0, 1);
	put_number(&bytes, 4, 1);
	put_zeros(&bytes, 32);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	begin(&bytes, LN_KIND_LINK_ENDED);
	put_zeros(&bytes, 32);
	put_number(&bytes, 2, 1);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	begin(&bytes, LN_KIND_DOWN);
	put_zeros(&bytes, 40);
	put_number(&bytes, LN_REASONS, 1);
	put_number(&bytes, 0, 4);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	/* A monitor that there is already. */
	begin(&bytes, LN_KIND_MONITOR);
	put_zeros(&bytes, 16);
	put(&bytes, victim.process->id, 16);
	put_number(&bytes, 7, 8);
	assert_int_equal(receive(&victim, &bytes), 0);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	/* A beginning of what has no pieces, or none at all. */
	begin(&bytes, LN_KIND_START);
	put_number(&bytes, LN_KIND_LINK, 1);
	put_number(&bytes, 48, 8);
	put_number(&bytes, 0, 4);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	begin(&bytes, LN_KIND_START);
	put_number(&bytes, 0xff, 1);
	put_number(&bytes, 48, 8);
	put_number(&bytes, 0, 4);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	begin(&bytes, LN_KIND_START);
	put_number(&bytes, LN_KIND_MESSAGE, 1);
	put_number(&bytes, 0, 8);
	put_number(&bytes, 44, 4);
	message_head(&victim, &bytes, 0, 0);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	/* A body shorter, or longer, than the head says. */
	begin(&bytes, LN_KIND_START);
	put_number(&bytes, LN_KIND_MESSAGE, 1);
	put_number(&bytes, 99, 8);
	put_number(&bytes, 44, 4);
	message_head(&victim, &bytes, 100, 0);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	tear_down(&victim);
	set_up(&victim);
	bytes.data[2] = 101;
	memcpy(bytes.data + 14, victim.process->id, 16);
	assert_int_equal(receive(&victim, &bytes), LN_EFORMAT);
	tear_down(&victim);
}

/* What is announced is not allocated. */
static void announcements_are_free(void **state)
{
	struct victim victim;
	struct bytes bytes;

	(void)state;
	set_up(&victim);
	begin(&bytes, LN_KIND_START);
	put_number(&bytes, LN_KIND_MESSAGE, 1);
	put_number(&bytes, UINT64_C(1) << 30, 8);
	put_number(&bytes, 44, 4);
	message_head(&victim, &bytes, UINT64_C(1) << 30, 0);
	put_zeros(&bytes, 10);
	assert_int_equal(receive(&victim, &bytes), 0);
	assert_true(victim.session->assembly.keep);
	assert_true(victim.session->assembly.body.room <= 1u << 20);
	tear_down(&victim);
	/* Too much altogether: read over. */
	set_up(&victim);
	memcpy(bytes.data + 14, victim.process->id, 16);
	bytes.data[9] = 0xff;
	bytes.data[45] = 0xff;
	assert_int_equal(receive(&victim, &bytes), 0);
	assert_false(victim.session->assembly.keep);
	assert_int_equal(victim.session->assembly.body.room, 0);
	tear_down(&victim);
}

static void too_long(void **state)
{
	uint8_t *frame = calloc(1, LN_FRAME_MAX + 1);
	struct victim victim;
	const char *reason = NULL;

	(void)state;
	set_up(&victim);
	frame[0] = LN_KIND_DATA;
	assert_int_equal(ln_session_receive(victim.session, frame,
					    LN_FRAME_MAX + 1, &reason),
			 LN_EFORMAT);
	assert_string_equal(reason, "a frame of wrong length");
	free(frame);
	tear_down(&victim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_frames_are_good),
		cmocka_unit_test(wrong_lengths),
		cmocka_unit_test(unknown_kinds),
		cmocka_unit_test(names),
		cmocka_unit_test(ends_of_names),
		cmocka_unit_test(wrong_states),
		cmocka_unit_test(wrong_numbers),
		cmocka_unit_test(announcements_are_free),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
