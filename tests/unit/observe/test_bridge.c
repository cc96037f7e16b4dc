/* src/observe/bridge.c, and the methods that the page asks for: tree,
 * environments, deaths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"
#include "control/control_impl.h"
#include "observe/bridge.h"
#include "process/environment.h"
#include "process/label.h"
#include "process/life.h"
#include "process/process.h"
#include "process/process_refs.h"
#include "sched/task.h"
#include "support/processes.h"

#define SOME 5

struct talk {
	struct ln_environment *environment;
	struct ln_control control;
	struct ln_bytes answer;
	struct ln_process *list[SOME];
};

static enum ln_outcome wait_for_a_kill(struct ln_process *self)
{
	ln_process_set_label(self, "waits", 5);
	ln_task_sleep(&self->task, LN_NEVER);
	return LN_OUTCOME_KILLED;
}

static int set_up(void **state)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	talk->environment = test_environment_new(2, NULL);
	ln_control_init(&talk->control, talk->environment->runtime, "app");
	talk->answer.max = 1 << 20;
	for (int i = 0; i < SOME; i++) {
		talk->list[i] = test_process_start(talk->environment,
						   wait_for_a_kill, NULL);
		test_process_wait_parked(talk->list[i]);
	}
	*state = talk;
	return 0;
}

static int tear_down(void **state)
{
	struct talk *talk = *state;

	for (int i = 0; i < SOME; i++) {
		ln_process_kill(talk->list[i]);
		ln_process_release(talk->list[i]);
	}
	ln_control_deinit(&talk->control);
	test_environment_free(talk->environment);
	ln_bytes_deinit(&talk->answer);
	free(talk);
	return 0;
}

static bool ask(struct talk *talk, enum ln_bridge_kind kind,
		const char *request)
{
	bool good;

	talk->answer.len = 0;
	good = ln_bridge_ask(&talk->control, kind, request, strlen(request),
			     &talk->answer);
	ln_bytes_add(&talk->answer, "", 1);
	assert_int_equal(talk->answer.error, 0);
	return good;
}

/* The lines of an answer; a new reference. */
static json_t *lines_of(struct talk *talk)
{
	json_t *lines = json_array();
	char *at = (char *)talk->answer.data;

	for (char *line = strtok(at, "\n"); line != NULL;
	     line = strtok(NULL, "\n")) {
		json_t *object = json_loads(line, 0, NULL);

		assert_non_null(object);
		json_array_append_new(lines, object);
	}
	return lines;
}

static json_t *read_lines(struct talk *talk, const char *request)
{
	assert_true(ask(talk, LN_BRIDGE_READ, request));
	return lines_of(talk);
}

static const json_t *item(const json_t *lines, size_t at)
{
	return json_object_get(json_array_get(lines, at), "item");
}

static void what_may_be_asked(void **state)
{
	static const char *const wrong[] = {
		"",
		"{",
		"[]",
		"null",
		"{\"id\":1}",
		"{\"id\":1,\"method\":7}",
		"{\"id\":1,\"method\":\"nothing\"}",
		"{\"id\":1,\"method\":\"ps\",\"method\":\"ps\"}",
		"{\"id\":1,\"method\":\"ps\",\"node\":\"other\"}",
		"{\"id\":1,\"method\":\"kill\",\"args\":{\"process\":\"1\"}}",
	};
	struct talk *talk = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(ask(talk, LN_BRIDGE_READ, wrong[i]));
		assert_non_null(
			strstr((char *)talk->answer.data, "no such method"));
	}
	assert_false(ask(talk, LN_BRIDGE_ACT, "{\"id\":1,\"method\":\"ps\"}"));
	/* What it is asked wrongly is answered by the protocol. */
	assert_true(ask(talk, LN_BRIDGE_READ, "{\"method\":\"ps\"}"));
	assert_non_null(strstr((char *)talk->answer.data, "bad-request"));
}

static void the_tree(void **state)
{
	struct talk *talk = *state;
	json_t *lines = read_lines(talk, "{\"id\":3,\"method\":\"tree\"}");
	const json_t *one = item(lines, 0);

	assert_int_equal(json_array_size(lines), SOME + 1);
	assert_string_equal(json_string_value(json_object_get(one, "name")),
			    "waits");
	assert_true(json_is_null(json_object_get(one, "parent")));
	assert_int_equal(json_array_size(json_object_get(one, "links")), 0);
	json_decref(lines);
	lines = read_lines(talk, "{\"id\":3,\"method\":\"tree\","
				 "\"args\":{\"max\":2}}");
	assert_int_equal(json_array_size(lines), 3);
	one = json_object_get(json_array_get(lines, 2), "result");
	assert_int_equal(json_integer_value(json_object_get(one, "matching")),
			 SOME);
	assert_int_equal(json_integer_value(json_object_get(one, "shown")), 2);
	json_decref(lines);
	lines = read_lines(talk, "{\"id\":3,\"method\":\"tree\","
				 "\"args\":{\"environment\":99}}");
	assert_int_equal(json_array_size(lines), 1);
	json_decref(lines);
}

static void the_environments(void **state)
{
	struct talk *talk = *state;
	json_t *lines =
		read_lines(talk, "{\"id\":3,\"method\":\"environments\"}");

	assert_int_equal(json_array_size(lines), 2);
	assert_int_equal(json_integer_value(
				 json_object_get(item(lines, 0), "processes")),
			 SOME);
	json_decref(lines);
}

/* One is killed by the page; its death is the last one. */
static void a_death(void **state)
{
	struct talk *talk = *state;
	char request[200];
	uint32_t exit_code;
	json_t *lines;

	(void)snprintf(
		request, sizeof(request),
		"{\"id\":1,\"method\":\"kill\",\"args\":{\"process\":"
		"\"%llu\"}}",
		(unsigned long long)ln_directory_id(&talk->list[0]->entry));
	assert_true(ask(talk, LN_BRIDGE_ACT, request));
	(void)ln_process_wait(talk->list[0], &exit_code);
	lines = read_lines(talk, "{\"id\":1,\"method\":\"deaths\","
				 "\"args\":{\"failed\":true}}");
	assert_int_equal(json_array_size(lines), 2);
	assert_string_equal(
		json_string_value(json_object_get(item(lines, 0), "outcome")),
		"killed");
	assert_int_equal(
		json_integer_value(json_object_get(item(lines, 0), "number")),
		ln_directory_id(&talk->list[0]->entry));
	json_decref(lines);
	lines = read_lines(talk, "{\"id\":1,\"method\":\"deaths\","
				 "\"args\":{\"after\":1}}");
	assert_int_equal(json_array_size(lines), 1);
	json_decref(lines);
	lines = read_lines(talk, "{\"id\":1,\"method\":\"death-trace\","
				 "\"args\":{\"serial\":1}}");
	assert_true(json_is_null(json_object_get(
		json_object_get(json_array_get(lines, 0), "result"), "trace")));
	json_decref(lines);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_may_be_asked),
		TEST(the_tree),
		TEST(the_environments),
		TEST(a_death),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
