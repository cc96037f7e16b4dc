/* src/control/relay.c and channel.c: requests for another node, which is in the
 * same program here, and what comes of them when it is old, or goes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "control/control.h"
#include "control/control_impl.h"
#include "control/session.h"
#include "node/session.h"
#include "node/steward.h"
#include "process/environment.h"
#include "support/fabric.h"

static struct test_net net;
static char folder[32];
static struct ln_control *other; /* serves for the second node */
static struct ln_control own;    /* of the first one, without a thread */
static struct ln_control_session session;

static int set_up(void **state)
{
	const struct ln_control_options options = { .folder = folder,
						    .name = "other" };
	struct ln_control_options with = options;
	char *error;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/lunatic-relay-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	test_net_init(&net, 2, 2, NULL);
	for (int i = 0; i < 2; i++) {
		if (ln_local_node_attach(net.nodes[i], net.environment) < 0)
			return -1;
	}
	test_net_start(&net);
	with.runtime = net.environment->runtime;
	if (ln_control_start(&with, &other, &error) < 0)
		return -1;
	ln_local_node_set_steward(net.nodes[1], &other->channels.steward);
	ln_control_init(&own, net.environment->runtime, "own");
	own.local = net.nodes[0];
	ln_control_session_init(&session, &own);
	ln_control_session_skip(&session);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ln_control_session_deinit(&session);
	ln_control_deinit(&own);
	if (other != NULL) {
		ln_control_channels_leave(&other->channels, true);
		ln_local_node_set_steward(net.nodes[1], NULL);
		ln_control_stop(other);
	}
	test_net_deinit(&net);
	return rmdir(folder);
}

/* Works until nothing is under way; the lines, an array. */
static json_t *answers(void)
{
	json_t *lines = json_array();
	size_t len;

	while (session.count > 0 ||
	       (ln_control_session_pending(&session, &len), len > 0)) {
		const char *bytes;
		const char *end;

		/* Nothing wakes it, since it has no thread. */
		ln_control_session_wake(&session);
		ln_control_session_work(&session, ln_time_now());
		bytes = (const char *)ln_control_session_pending(&session,
								 &len);
		end = bytes + len;
		for (const char *at = bytes; at < end;) {
			const char *stop = memchr(at, '\n', (size_t)(end - at));

			json_array_append_new(
				lines,
				json_loadb(at, (size_t)(stop - at), 0, NULL));
			at = stop + 1;
		}
		ln_control_session_sent(&session, len);
	}
	return lines;
}

static void say(const char *line)
{
	ln_control_session_line(&session, line, strlen(line));
}

static const char *code_in(const json_t *lines, size_t at)
{
	const char *code = json_string_value(json_object_get(
		json_object_get(json_array_get(lines, at), "error"), "code"));

	return code != NULL ? code : "no error";
}

static const char *message_in(const json_t *lines, size_t at)
{
	return json_string_value(json_object_get(
		json_object_get(json_array_get(lines, at), "error"),
		"message"));
}

static void gives_items_results_and_errors_on(void **state)
{
	json_t *lines;
	const json_t *last;

	(void)state;
	say("{\"id\":3,\"method\":\"help\",\"node\":\"two\"}");
	lines = answers();
	assert_true(json_array_size(lines) > 5);
	last = json_array_get(lines, json_array_size(lines) - 1);
	assert_int_equal(json_integer_value(json_object_get(last, "id")), 3);
	assert_non_null(json_object_get(last, "result"));
	assert_non_null(json_object_get(json_array_get(lines, 0), "item"));
	json_decref(lines);
	say("{\"id\":4,\"method\":\"zork\",\"node\":\"two\"}");
	lines = answers();
	assert_int_equal(json_array_size(lines), 1);
	assert_string_equal(code_in(lines, 0), "no-method");
	json_decref(lines);
	say("{\"id\":5,\"method\":\"program\",\"node\":\"two\"}");
	say("{\"id\":6,\"method\":\"program\",\"node\":\"one\"}");
	lines = answers();
	assert_int_equal(json_array_size(lines), 2);
	json_decref(lines);
}

static void refuses_what_cannot_be_asked(void **state)
{
	char *line = NULL;
	json_t *lines;

	(void)state;
	say("{\"id\":1,\"method\":\"ps\",\"node\":\"three\"}");
	assert_true(asprintf(&line,
			     "{\"id\":2,\"method\":\"ps\",\"node\":\"two\","
			     "\"args\":{\"name\":\"%061000d\"}}",
			     1) > 0);
	say(line);
	free(line);
	lines = answers();
	assert_string_equal(code_in(lines, 0), "no-node");
	assert_string_equal(code_in(lines, 1), "too-long");
	json_decref(lines);
}

static void tells_of_an_old_node(void **state)
{
	json_t *lines;

	(void)state;
	test_net_end(&net, 0, 1)->session->id.version =
		LN_CONTROL_PROTOCOL_VERSION - 1;
	say("{\"id\":1,\"method\":\"ps\",\"node\":\"two\"}");
	lines = answers();
	assert_string_equal(code_in(lines, 0), "old-node");
	assert_non_null(strstr(message_in(lines, 0), "runs an older lunatic"));
	json_decref(lines);
}

static void tells_of_a_node_that_answers_nobody(void **state)
{
	json_t *lines;

	(void)state;
	ln_local_node_set_steward(net.nodes[1], NULL);
	say("{\"id\":1,\"method\":\"ps\",\"node\":\"two\"}");
	lines = answers();
	assert_string_equal(code_in(lines, 0), "node-failed");
	assert_non_null(strstr(message_in(lines, 0), "--no-control"));
	json_decref(lines);
}

static void tells_of_a_node_that_is_lost(void **state)
{
	json_t *lines;

	(void)state;
	for (int i = 1; i <= 8; i++) {
		char line[80];

		snprintf(line, sizeof(line),
			 "{\"id\":%d,\"method\":\"ps\",\"node\":\"two\"}", i);
		say(line);
	}
	test_line_stop(net.lines[0]);
	test_line_cut(net.lines[0]);
	net.lines[0] = NULL;
	lines = answers();
	/* Some were answered before. */
	assert_true(json_array_size(lines) >= 8);
	json_decref(lines);
	say("{\"id\":1,\"method\":\"ps\",\"node\":\"two\"}");
	lines = answers();
	assert_string_equal(code_in(lines, 0), "no-node");
	json_decref(lines);
}

/* The other node closes what nobody asks for. */
static void gives_up_with_its_client(void **state)
{
	size_t count = 1;

	(void)state;
	for (int i = 0; i < 5; i++) {
		say("{\"id\":1,\"method\":\"inspect\",\"node\":\"two\","
		    "\"args\":{\"process\":\"zork\"}}");
		say("{\"id\":2,\"cancel\":1}");
	}
	ln_control_session_deinit(&session);
	ln_control_session_init(&session, &own);
	while (count > 0) {
		ln_lock_acquire(&other->channels.lock);
		count = other->channels.count;
		ln_lock_release(&other->channels.lock);
		usleep(1000);
	}
}

/* Who asks with a number that is another node's, or nobody's. */
static void channels_are_their_nodes_own(void **state)
{
	struct ln_control_channels *channels = &other->channels;
	const uint8_t stranger[LN_ID_SIZE] = { 1 };
	struct ln_bytes out = { .max = 1000 };
	uint64_t channel = 17;
	char *text = NULL;

	(void)state;
	assert_int_equal(channels->steward.exchange(
				 &channels->steward, stranger, &channel,
				 (const uint8_t *)"", 0, &out, &text),
			 LN_ENOENT);
	assert_non_null(text);
	free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(gives_items_results_and_errors_on),
		TEST(refuses_what_cannot_be_asked),
		TEST(tells_of_an_old_node),
		TEST(tells_of_a_node_that_answers_nobody),
		TEST(tells_of_a_node_that_is_lost),
		TEST(gives_up_with_its_client),
		TEST(channels_are_their_nodes_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
