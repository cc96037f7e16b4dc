/* src/base/log_writer.c: nobody waits for who reads, and what is left out is
 * counted. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/log_writer.h"
#include "base/time.h"

#define ROOM ((size_t)64 << 10)
#define PATIENCE (20 * LN_NS_PER_S)
#define LITTLE (50 * LN_NS_PER_MS)

struct fixture {
	int fds[2]; /* a pipe, or a pair of sockets */
	struct ln_log_writer *writer;
	char *text; /* what came out */
	size_t len;
};

static void set_up(struct fixture *fixture, bool sockets)
{
	*fixture = (struct fixture){ .len = 0 };
	if (sockets)
		assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM, 0, fixture->fds), 0);
	else
		assert_int_equal(pipe(fixture->fds), 0);
	fixture->text = malloc((size_t)1 << 22);
	assert_non_null(fixture->text);
	assert_int_equal(
		ln_log_writer_new(fixture->fds[1], ROOM, &fixture->writer), 0);
}

static void push(struct fixture *fixture, const char *text)
{
	ln_log_writer_push_text(fixture->writer, text, strlen(text));
}

/* Fills the place that is written to, so that nothing goes in any more. */
static void fill(struct fixture *fixture)
{
	static const char byte = '#';
	int flags = fcntl(fixture->fds[1], F_GETFL);

	assert_int_equal(fcntl(fixture->fds[1], F_SETFL, flags | O_NONBLOCK),
			 0);
	while (write(fixture->fds[1], &byte, 1) == 1)
		continue;
	assert_int_equal(fcntl(fixture->fds[1], F_SETFL, flags), 0);
}

static void *read_all(void *argument)
{
	struct fixture *fixture = argument;
	ssize_t n;

	while ((n = read(fixture->fds[0], fixture->text + fixture->len, 4096)) >
	       0)
		fixture->len += (size_t)n;
	fixture->text[fixture->len] = '\0';
	return NULL;
}

/* Ends the writer while somebody reads all there is, without the filling. */
static const char *finish(struct fixture *fixture)
{
	pthread_t reader;
	const char *at;

	assert_int_equal(pthread_create(&reader, NULL, read_all, fixture), 0);
	ln_log_writer_free(fixture->writer, PATIENCE);
	close(fixture->fds[1]);
	pthread_join(reader, NULL);
	close(fixture->fds[0]);
	for (at = fixture->text; *at == '#'; at++)
		continue;
	return at;
}

static void lines_come_out_in_order(void **state)
{
	struct fixture fixture;

	(void)state;
	for (int sockets = 0; sockets < 2; sockets++) {
		set_up(&fixture, sockets);
		push(&fixture, "one\n");
		push(&fixture, "two\nand \x1b[2J\n");
		assert_true(ln_log_writer_flush(fixture.writer, PATIENCE));
		push(&fixture, "three\n");
		assert_string_equal(finish(&fixture),
				    "one\ntwo\nand ?[2J\nthree\n");
		free(fixture.text);
	}
}

static void nobody_waits_for_a_full_pipe(void **state)
{
	char line[1025];
	struct fixture fixture;
	const char *at;
	unsigned lines = 0, left_out = 0;

	(void)state;
	memset(line, 'l', 1023);
	line[1023] = '\n';
	line[1024] = '\0';
	for (int sockets = 0; sockets < 2; sockets++) {
		set_up(&fixture, sockets);
		fill(&fixture);
		/* This would never return if it waited. */
		for (int i = 0; i < 1000; i++)
			push(&fixture, line);
		assert_false(ln_log_writer_flush(fixture.writer, LITTLE));
		lines = 0;
		for (at = finish(&fixture); strncmp(at, line, 1024) == 0;
		     at += 1024)
			lines++;
		/* Memory is bounded, and all that is missing is told. */
		assert_in_range(lines, 40, 64);
		assert_int_equal(sscanf(at,
					"lunatic: %u more messages were "
					"left out\n",
					&left_out),
				 1);
		assert_int_equal(lines + left_out, 1000);
		free(fixture.text);
	}
}

/* Who does not read at all keeps neither the flush nor the end waiting. */
static void a_pipe_that_stays_full_is_given_up(void **state)
{
	struct fixture fixture;
	int64_t before = ln_time_now();

	(void)state;
	set_up(&fixture, false);
	fill(&fixture);
	push(&fixture, "never\n");
	ln_log_writer_free(fixture.writer, LITTLE);
	/* Far more than it takes, far less than for ever. */
	assert_true(ln_time_now() - before < 30 * LN_NS_PER_S);
	close(fixture.fds[1]);
	read_all(&fixture);
	assert_null(strstr(fixture.text, "never"));
	close(fixture.fds[0]);
	free(fixture.text);
}

static void a_descriptor_that_does_not_block_loses_nothing(void **state)
{
	struct fixture fixture;
	char line[] = "0000\n";
	const char *at;

	(void)state;
	set_up(&fixture, false);
	assert_int_equal(fcntl(fixture.fds[1], F_SETFL, O_NONBLOCK), 0);
	fill(&fixture);
	for (int i = 0; i < 500; i++) {
		snprintf(line, sizeof(line), "%04d\n", i);
		push(&fixture, line);
	}
	at = finish(&fixture);
	for (int i = 0; i < 500; i++, at += 5) {
		snprintf(line, sizeof(line), "%04d\n", i);
		assert_memory_equal(at, line, 5);
	}
	assert_string_equal(at, "");
	free(fixture.text);
}

static void a_closed_descriptor_is_no_harm(void **state)
{
	struct fixture fixture;

	(void)state;
	/* Nobody reads any more: SIGPIPE must not end the program. */
	set_up(&fixture, false);
	close(fixture.fds[0]);
	push(&fixture, "nobody\n");
	assert_true(ln_log_writer_flush(fixture.writer, PATIENCE));
	ln_log_writer_free(fixture.writer, PATIENCE);
	close(fixture.fds[1]);
	free(fixture.text);
	/* There is no such descriptor. */
	set_up(&fixture, false);
	close(fixture.fds[1]);
	push(&fixture, "nobody\n");
	assert_true(ln_log_writer_flush(fixture.writer, PATIENCE));
	ln_log_writer_free(fixture.writer, PATIENCE);
	close(fixture.fds[0]);
	free(fixture.text);
}

struct made {
	struct ln_log_item item;
	int *freed;
};

static char *render(struct ln_log_item *item, size_t *len)
{
	(void)item;
	*len = 7;
	return strdup("report\n");
}

static void free_made(struct ln_log_item *item)
{
	struct made *made = ln_container_of(item, struct made, item);

	++*made->freed;
	free(made);
}

static void reports_are_bounded_each_second(void **state)
{
	struct fixture fixture;
	unsigned left_out = 0, more, admitted = 0, told = 0;
	int freed = 0;

	(void)state;
	set_up(&fixture, false);
	for (int i = 0; i < 1000; i++) {
		struct made *made;

		if (!ln_log_writer_admits(fixture.writer, LN_LOG_REPORT))
			continue;
		made = malloc(sizeof(*made));
		assert_non_null(made);
		made->freed = &freed;
		made->item = (struct ln_log_item){ .size = sizeof(*made),
						   .kind = LN_LOG_REPORT,
						   .render = render,
						   .free = free_made };
		ln_log_writer_push(fixture.writer, &made->item);
		admitted++;
	}
	for (const char *at = finish(&fixture); *at != '\0';
	     at = strchr(at, '\n') + 1) {
		if (strncmp(at, "report\n", 7) == 0)
			told++;
		else if (sscanf(at, "lunatic: %u more report", &more) == 1)
			left_out += more;
		else
			fail_msg("what is that: %s", at);
	}
	assert_true(admitted >= LN_LOG_REPORTS_PER_SECOND);
	assert_true(admitted < 1000);
	assert_int_equal(told, admitted);
	assert_int_equal(freed, admitted);
	assert_int_equal(told + left_out, 1000);
	free(fixture.text);
}

/* They do not take the place of reports. */
static void warnings_have_a_bound_of_their_own(void **state)
{
	struct fixture fixture;
	unsigned admitted = 0;

	(void)state;
	set_up(&fixture, false);
	for (int i = 0; i < 100; i++)
		admitted +=
			ln_log_writer_admits(fixture.writer, LN_LOG_WARNING);
	assert_true(admitted >= LN_LOG_WARNINGS_PER_SECOND && admitted < 100);
	assert_true(ln_log_writer_admits(fixture.writer, LN_LOG_REPORT));
	assert_non_null(
		strstr(finish(&fixture), " more warnings were left out\n"));
	free(fixture.text);
}

/* What was left out is told when nothing follows, too. */
static void what_was_left_out_is_told_in_time(void **state)
{
	struct fixture fixture;
	char text[128];
	size_t len = 0;

	(void)state;
	set_up(&fixture, false);
	for (int i = 0; i < LN_LOG_REPORTS_PER_SECOND + 1;)
		i = ln_log_writer_admits(fixture.writer, LN_LOG_REPORT)
			    ? i + 1
			    : LN_LOG_REPORTS_PER_SECOND + 1;
	/* The test's time is all that bounds this. */
	while (len < sizeof(text) - 1 && (len == 0 || text[len - 1] != '\n')) {
		assert_int_equal(read(fixture.fds[0], text + len, 1), 1);
		len++;
	}
	text[len] = '\0';
	assert_string_equal(text, "lunatic: 1 more report was left out\n");
	assert_string_equal(finish(&fixture), "");
	free(fixture.text);
}

/* Long texts come out in pieces that end with lines. */
static void pieces_are_whole_lines(void **state)
{
	struct fixture fixture;
	char *text = malloc(100001);
	size_t at = 0;

	(void)state;
	set_up(&fixture, false);
	assert_non_null(text);
	for (size_t i = 0; i < 100000; i++)
		text[i] = i % 77 == 76 ? '\n' : 'x';
	text[99999] = '\n';
	text[100000] = '\0';
	push(&fixture, text);
	while (at + 65536 < 100000) {
		char piece[4096];
		ssize_t n = read(fixture.fds[0], piece, sizeof(piece));

		assert_true(n > 0);
		assert_memory_equal(piece, text + at, (size_t)n);
		at += (size_t)n;
	}
	assert_string_equal(finish(&fixture), text + at);
	free(fixture.text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_out_in_order),
		cmocka_unit_test(nobody_waits_for_a_full_pipe),
		cmocka_unit_test(a_pipe_that_stays_full_is_given_up),
		cmocka_unit_test(
			a_descriptor_that_does_not_block_loses_nothing),
		cmocka_unit_test(a_closed_descriptor_is_no_harm),
		cmocka_unit_test(reports_are_bounded_each_second),
		cmocka_unit_test(warnings_have_a_bound_of_their_own),
		cmocka_unit_test(what_was_left_out_is_told_in_time),
		cmocka_unit_test(pieces_are_whole_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
