/* src/serve/request.c, fields.c: what is read, piece by piece, and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "serve/fields.h"
#include "serve/outgoing.h"
#include "serve/pipe.h"
#include "serve/request.h"

static const struct ln_http_request_limits limits = {
	.head = 200,
	.fields = 4,
	.body = 10,
};

/* Feeds a text up to the next step; *text is what is left. */
static enum ln_http_step feed(struct ln_http_request *request,
			      const char **text)
{
	size_t used;
	enum ln_http_step step =
		ln_http_request_feed(request, *text, strlen(*text), &used);

	*text += used;
	return step;
}

/* The status that refuses a text, 0 when it is none. */
static unsigned refused(const char *text)
{
	struct ln_http_request request;
	enum ln_http_step step;
	unsigned status;

	ln_http_request_init(&request, &limits);
	do {
		step = feed(&request, &text);
	} while (step == LN_HTTP_HEAD);
	status = step == LN_HTTP_BAD ? request.status : 0;
	ln_http_request_deinit(&request);
	return status;
}

static void reads_one_after_the_other(void **state)
{
	const char *text = "POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 3"
			   "\r\nX-Y:  z \r\n\r\nabcGET / HTTP/1.0\r\n\r\n";
	struct ln_http_request request;
	char body[10];

	(void)state;
	ln_http_request_init(&request, &limits);
	assert_int_equal(feed(&request, &text), LN_HTTP_HEAD);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.target, "/a?b");
	assert_true(request.keep_alive && request.has_body);
	assert_int_equal(ln_fields_find(request.fields, "X-y", 3, 0), 2);
	assert_int_equal(request.fields->list[2].value_len, 1);
	request.body = ln_pipe_new(NULL, NULL);
	assert_int_equal(feed(&request, &text), LN_HTTP_DONE);
	assert_int_equal(ln_pipe_read(request.body, body, sizeof(body)), 3);
	assert_memory_equal(body, "abc", 3);
	ln_pipe_release(request.body);
	ln_http_request_next(&request);
	assert_int_equal(feed(&request, &text), LN_HTTP_HEAD);
	assert_true(request.http_1_0 && !request.keep_alive);
	assert_false(request.has_body);
	/* It takes no more bytes. */
	assert_int_equal(feed(&request, &text), LN_HTTP_DONE);
	ln_http_request_deinit(&request);
}

static void refuses(void **state)
{
	(void)state;
	assert_int_equal(refused("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	assert_int_equal(refused("GET / HTTP/1.1\r\n\r\n"), 400);
	assert_int_equal(refused("BREW / HTTP/1.1\r\nHost: h\r\n\r\n"), 501);
	assert_int_equal(refused("\x16\x03"), 400);
	assert_int_equal(refused("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
	assert_int_equal(
		refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: "
			"11\r\n\r\n"),
		413);
	assert_int_equal(refused("POST / HTTP/1.1\r\nHost: h\r\n"
				 "Transfer-Encoding: chunked\r\n\r\nb\r\n"),
			 413);
	assert_int_equal(refused("GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\nD:\r\n"
				 "E:\r\n\r\n"),
			 431);
}

static void splits_targets(void **state)
{
	struct ln_target target;

	(void)state;
	assert_true(ln_target_split("/a?b", &target));
	assert_int_equal(target.path_len, 4);
	assert_int_equal(target.authority_len, 0);
	assert_true(ln_target_split("HTTP://h:1/a", &target));
	assert_int_equal(target.authority_len, 3);
	assert_string_equal(target.path, "/a");
	assert_true(ln_target_split("*", &target));
	assert_null(target.path);
	assert_false(ln_target_split("a", &target));
	assert_false(ln_target_split("http:///a", &target));
}

static void fields_change(void **state)
{
	struct ln_fields *fields = ln_fields_new();
	char large[60000];

	(void)state;
	memset(large, 'x', sizeof(large));
	/* What is removed takes no room. */
	for (size_t i = 0; i < 10; i++) {
		ln_fields_remove(fields, "LARGE", 5);
		assert_int_equal(
			ln_fields_add(fields, "large", 5, large, sizeof(large)),
			0);
	}
	assert_int_equal(ln_fields_add(fields, "b", 1, large, sizeof(large)),
			 0);
	assert_int_equal(ln_fields_add(fields, "c", 1, large, sizeof(large)),
			 LN_ELIMIT);
	assert_int_equal(fields->count, 2);
	assert_memory_equal(ln_field_value(fields, 0), large, sizeof(large));
	ln_fields_release(fields);
	assert_true(ln_field_name_is_valid("x-!", 3));
	assert_false(ln_field_name_is_valid("", 0));
	assert_false(ln_field_name_is_valid("a:", 2));
	assert_false(ln_field_value_is_valid("a\r", 2));
	assert_true(ln_field_is_forbidden("Transfer-ENCODING", 17));
}

static void goes_to_hosts(void **state)
{
	struct ln_outgoing_rule rules[2];
	const struct ln_outgoing outgoing = { .rules = rules, .count = 2 };
	char host[256];
	uint16_t port;

	(void)state;
	assert_true(ln_outgoing_rule_parse("Example.org", &rules[0]));
	assert_true(ln_outgoing_rule_parse("[::1]:8080", &rules[1]));
	assert_true(ln_outgoing_allows(&outgoing, "example.org", 443));
	assert_false(ln_outgoing_allows(&outgoing, "example.org", 8080));
	assert_false(ln_outgoing_allows(&outgoing, "a.example.org", 443));
	assert_true(ln_outgoing_allows(&outgoing, "::1", 8080));
	assert_false(ln_outgoing_allows(NULL, "example.org", 443));
	assert_true(ln_outgoing_split("A:1", 80, host, &port));
	assert_string_equal(host, "a");
	assert_int_equal(port, 1);
	assert_false(ln_outgoing_split("", 80, host, &port));
	assert_false(ln_outgoing_split("a:", 80, host, &port));
	assert_false(ln_outgoing_split("a:0", 80, host, &port));
	assert_false(ln_outgoing_split("a:65536", 80, host, &port));
	assert_false(ln_outgoing_split("a@b", 80, host, &port));
	assert_false(ln_outgoing_split("a\r\nb", 80, host, &port));
	assert_false(ln_outgoing_split("[::1", 80, host, &port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_one_after_the_other),
		cmocka_unit_test(refuses),
		cmocka_unit_test(splits_targets),
		cmocka_unit_test(fields_change),
		cmocka_unit_test(goes_to_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
