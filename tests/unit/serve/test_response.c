/* src/serve/response.c, pipe.c: how responses are framed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"
#include "serve/fields.h"
#include "serve/pipe.h"
#include "serve/response.h"

static struct ln_fields *fields;
static struct ln_pipe *body;
static struct ln_bytes out;

static int begin_test(void **state)
{
	(void)state;
	fields = ln_fields_new();
	/* So that the head is the same each time. */
	assert_int_equal(ln_fields_add(fields, "date", 4, "d", 1), 0);
	body = ln_pipe_new(NULL, NULL);
	out = (struct ln_bytes){ .max = 1 << 20 };
	return 0;
}

static int end_test(void **state)
{
	(void)state;
	ln_fields_release(fields);
	ln_pipe_release(body);
	ln_bytes_deinit(&out);
	return 0;
}

static void put(const char *text)
{
	size_t done;

	assert_int_equal(ln_pipe_write(body, text, strlen(text), &done), 0);
	assert_int_equal(done, strlen(text));
}

/* What has been written since the last time. */
static void wrote(const char *text)
{
	assert_int_equal(out.len, strlen(text));
	assert_memory_equal(out.data, text, out.len);
	out.len = 0;
}

static void chunks(void **state)
{
	struct ln_response response = { 0 };
	struct ln_fields *trailers = ln_fields_new();

	(void)state;
	assert_int_equal(ln_response_begin(&response, &out, 200, fields, true,
					   UINT64_MAX),
			 0);
	wrote("HTTP/1.1 200 OK\r\ndate: d\r\n"
	      "transfer-encoding: chunked\r\n\r\n");
	assert_int_equal(ln_response_move(&response, &out, body), 0);
	put("0123456789abcdef0");
	assert_int_equal(ln_response_move(&response, &out, body), 1);
	wrote("11\r\n0123456789abcdef0\r\n");
	assert_int_equal(ln_fields_add(trailers, "t", 1, "1", 1), 0);
	ln_pipe_finish(body, LN_PIPE_ENDED, trailers);
	assert_int_equal(ln_response_move(&response, &out, body), 1);
	wrote("0\r\nt: 1\r\n\r\n");
	assert_true(response.complete);
}

static void lengths(void **state)
{
	struct ln_response response = { 0 };

	(void)state;
	assert_int_equal(ln_fields_add(fields, "Content-Length", 14, "4", 1),
			 0);
	assert_int_equal(ln_response_begin(&response, &out, 404, fields, true,
					   UINT64_MAX),
			 0);
	wrote("HTTP/1.1 404 Not Found\r\ndate: d\r\ncontent-length: 4\r\n\r\n");
	put("abcdefg");
	assert_int_equal(ln_response_move(&response, &out, body), 1);
	/* No more than it has said. */
	wrote("abcd");
	assert_true(response.complete);
}

static void breaks(void **state)
{
	struct ln_response response = { 0 };

	(void)state;
	assert_int_equal(ln_response_begin(&response, &out, 200, fields, true,
					   UINT64_MAX),
			 0);
	out.len = 0;
	put("ab");
	ln_pipe_finish(body, LN_PIPE_BROKEN, NULL);
	assert_int_equal(ln_response_move(&response, &out, body), 1);
	wrote("2\r\nab\r\n");
	assert_int_equal(ln_response_move(&response, &out, body), LN_EDEAD);
	assert_int_equal(out.len, 0);
	assert_false(response.complete);
}

static void old_clients(void **state)
{
	struct ln_response response = { .http_1_0 = true };

	(void)state;
	assert_int_equal(ln_response_begin(&response, &out, 200, fields, true,
					   UINT64_MAX),
			 0);
	assert_true(response.close);
	wrote("HTTP/1.1 200 OK\r\ndate: d\r\nconnection: close\r\n\r\n");
}

static void no_bodies(void **state)
{
	struct ln_response head = { .head = true };
	struct ln_response none = { 0 };

	(void)state;
	assert_int_equal(ln_response_begin(&head, &out, 200, fields, true, 5),
			 0);
	wrote("HTTP/1.1 200 OK\r\ndate: d\r\n\r\n");
	assert_true(head.complete);
	assert_int_equal(ln_response_begin(&none, &out, 204, fields, true, 5),
			 0);
	wrote("HTTP/1.1 204 No Content\r\ndate: d\r\n\r\n");
	assert_true(none.complete);
}

static void nonsense(void **state)
{
	struct ln_response response = { 0 };

	(void)state;
	assert_int_equal(ln_response_begin(&response, &out, 100, fields, false,
					   UINT64_MAX),
			 LN_EFORMAT);
	assert_int_equal(ln_fields_add(fields, "content-length", 14, "-1", 2),
			 0);
	assert_int_equal(ln_response_begin(&response, &out, 200, fields, true,
					   UINT64_MAX),
			 LN_EFORMAT);
	assert_int_equal(out.len, 0);
}

/* Its room is bounded, and what goes around its end comes out in order. */
static void pipes(void **state)
{
	static uint8_t data[LN_PIPE_ROOM + 1];
	static uint8_t read[LN_PIPE_ROOM];
	size_t done;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(ln_pipe_write(body, data, 1000, &done), 0);
		assert_int_equal(ln_pipe_read(body, read, 1000), 1000);
		assert_int_equal(ln_pipe_write(body, data, sizeof(data), &done),
				 0);
		assert_int_equal(done, LN_PIPE_ROOM);
		assert_int_equal(ln_pipe_look(body).room, 0);
		assert_int_equal(ln_pipe_read(body, read, sizeof(read)),
				 LN_PIPE_ROOM);
		assert_memory_equal(read, data, LN_PIPE_ROOM);
	}
	ln_pipe_close(body);
	assert_int_equal(ln_pipe_write(body, data, 1, &done), LN_EDEAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(chunks, begin_test, end_test),
		cmocka_unit_test_setup_teardown(lengths, begin_test, end_test),
		cmocka_unit_test_setup_teardown(breaks, begin_test, end_test),
		cmocka_unit_test_setup_teardown(old_clients, begin_test,
						end_test),
		cmocka_unit_test_setup_teardown(no_bodies, begin_test,
						end_test),
		cmocka_unit_test_setup_teardown(nonsense, begin_test, end_test),
		cmocka_unit_test_setup_teardown(pipes, begin_test, end_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
