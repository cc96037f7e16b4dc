/* src/control/session.c, and the methods: requests as lines, without a socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "control/control_impl.h"
#include "control/session.h"
#include "process/label.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/process_refs.h"
#include "sched/task.h"
#include "support/processes.h"

#define SOME 20

/* A session, and what it has said, line for line. */
struct talk {
	struct ln_environment *environment;
	struct ln_control control;
	struct ln_control_session session;
	json_t *lines; /* an array */
};

static void listen(struct talk *talk)
{
	size_t len;
	const char *bytes =
		(const char *)ln_control_session_pending(&talk->session, &len);
	const char *end = bytes + len;

	for (const char *at = bytes; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		json_t *line;

		assert_non_null(stop);
		line = json_loadb(at, (size_t)(stop - at), 0, NULL);
		assert_non_null(line);
		json_array_append_new(talk->lines, line);
		at = stop + 1;
	}
	ln_control_session_sent(&talk->session, len);
}

static int set_up(void **state)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	talk->environment = test_environment_new(2, NULL);
	ln_control_init(&talk->control, talk->environment->runtime,
			"/some/where/app.wasm");
	ln_control_session_init(&talk->session, &talk->control);
	talk->lines = json_array();
	listen(talk);
	*state = talk;
	return 0;
}

static int tear_down(void **state)
{
	struct talk *talk = *state;

	ln_control_session_deinit(&talk->session);
	ln_control_deinit(&talk->control);
	test_environment_free(talk->environment);
	json_decref(talk->lines);
	free(talk);
	return 0;
}

/* Says a line and hears what comes of it, until no request is under way. */
static json_t *say(struct talk *talk, const char *line)
{
	json_array_clear(talk->lines);
	ln_control_session_line(&talk->session, line, strlen(line));
	listen(talk);
	while (talk->session.count > 0) {
		ln_control_session_work(&talk->session, ln_time_now());
		listen(talk);
	}
	return json_array_get(talk->lines, json_array_size(talk->lines) - 1);
}

static const char *code_of(const json_t *line)
{
	const char *code = json_string_value(
		json_object_get(json_object_get(line, "error"), "code"));

	return code != NULL ? code : "no error";
}

static const char *message_of(const json_t *line)
{
	const char *text = json_string_value(
		json_object_get(json_object_get(line, "error"), "message"));

	return text != NULL ? text : "no error";
}

static json_int_t id_of(const json_t *line)
{
	return json_integer_value(json_object_get(line, "id"));
}

static json_t *result_of(const json_t *line)
{
	return json_object_get(line, "result");
}

static enum ln_outcome wait_for_a_kill(struct ln_process *self)
{
	if (self->argument != NULL)
		ln_process_set_label(self, self->argument,
				     strlen(self->argument));
	ln_task_sleep(&self->task, LN_NEVER);
	return LN_OUTCOME_KILLED;
}

static void start(struct talk *talk, struct ln_process **list, size_t count,
		  const char *label)
{
	for (size_t i = 0; i < count; i++) {
		list[i] = test_process_start(talk->environment, wait_for_a_kill,
					     (void *)(uintptr_t)label);
		test_process_wait_parked(list[i]);
	}
}

static void stop(struct ln_process **list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ln_process_kill(list[i]);
		test_process_wait(list[i]);
	}
}

static void greets_first(void **state)
{
	struct talk *talk = *state;
	const json_t *line = json_array_get(talk->lines, 0);

	assert_int_equal(json_array_size(talk->lines), 1);
	assert_int_equal(json_integer_value(json_object_get(line, "control")),
			 LN_CONTROL_VERSION);
	assert_string_equal(json_string_value(json_object_get(line, "program")),
			    "app");
}

static void answers_what_is_no_request(void **state)
{
	static const struct {
		const char *line;
		const char *code;
	} cases[] = {
		{ "", "bad-json" },
		{ "x", "bad-json" },
		{ "[]", "bad-json" },
		{ "{\"id\":1,\"id\":2}", "bad-json" },
		{ "{\"id\":1,\"method\":\"ps\"} x", "bad-json" },
		{ "{\"id\":1,\"method\":\"p\xff\"}", "bad-json" },
		{ "{\"id\":1,\"method\":\"p\\u0000s\"}", "bad-json" },
		{ "{}", "bad-request" },
		{ "{\"id\":-1,\"method\":\"ps\"}", "bad-request" },
		{ "{\"id\":\"1\",\"method\":\"ps\"}", "bad-request" },
		{ "{\"id\":1}", "bad-request" },
		{ "{\"id\":1,\"method\":7}", "bad-request" },
		{ "{\"id\":1,\"method\":\"ps\",\"args\":[]}", "bad-request" },
		{ "{\"id\":1,\"method\":\"zork\"}", "no-method" },
		{ "{\"id\":1,\"method\":\"relay\"}", "no-method" },
		{ "{\"id\":1,\"method\":\"ps\",\"node\":7}", "bad-request" },
		{ "{\"id\":1,\"method\":\"ps\",\"node\":\"b\"}", "no-node" },
		{ "{\"id\":1,\"method\":\"ps\",\"args\":{\"zork\":1}}",
		  "bad-argument" },
		{ "{\"id\":1,\"method\":\"ps\",\"args\":{\"max\":-1}}",
		  "bad-argument" },
		{ "{\"id\":1,\"method\":\"ps\",\"args\":{\"max\":\"1\"}}",
		  "bad-argument" },
		{ "{\"id\":1,\"method\":\"ps\",\"args\":{\"max\":1.5}}",
		  "bad-argument" },
		{ "{\"id\":1,\"method\":\"ps\",\"args\":{\"sort\":\"id\"}}",
		  "bad-argument" },
		{ "{\"id\":1,\"method\":\"ps\",\"args\":{\"sort\":\"links\","
		  "\"max\":10001}}",
		  "bad-argument" },
		{ "{\"id\":1,\"method\":\"ps\",\"args\":{\"state\":\"dead\"}}",
		  "bad-argument" },
		{ "{\"id\":1,\"method\":\"top\",\"args\":{\"state\":\"dead\"}}",
		  "bad-argument" },
		{ "{\"id\":1,\"method\":\"inspect\"}", "bad-argument" },
		{ "{\"id\":1,\"method\":\"inspect\",\"args\":{\"process\":"
		  "\"\"}}",
		  "bad-argument" },
		{ "{\"id\":1,\"method\":\"kill\",\"args\":{\"process\":\"1\"}}",
		  "no-process" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const json_t *line = say(*state, cases[i].line);

		assert_string_equal(code_of(line), cases[i].code);
		assert_true(strlen(message_of(line)) > 10);
	}
}

static void bounds_lines_by_their_depth(void **state)
{
	char deep[LN_CONTROL_LINE_MAX + 1];

	memset(deep, '[', LN_CONTROL_LINE_MAX);
	deep[LN_CONTROL_LINE_MAX] = '\0';
	assert_string_equal(code_of(say(*state, deep)), "bad-json");
	assert_string_equal(code_of(say(*state, "{\"id\":1}")), "bad-request");
}

static void refuses_too_many_requests(void **state)
{
	struct talk *talk = *state;
	char line[128];

	json_array_clear(talk->lines);
	for (int i = 0; i <= LN_CONTROL_REQUESTS_MAX; i++) {
		snprintf(line, sizeof(line), "{\"id\":%d,\"method\":\"ps\"}",
			 i);
		ln_control_session_line(&talk->session, line, strlen(line));
	}
	listen(talk);
	assert_int_equal(json_array_size(talk->lines), 1);
	assert_string_equal(code_of(json_array_get(talk->lines, 0)),
			    "too-many");
	assert_int_equal(talk->session.count, LN_CONTROL_REQUESTS_MAX);
}

static void ends_a_request_that_is_cancelled(void **state)
{
	struct talk *talk = *state;
	static const char first[] = "{\"id\":1,\"method\":\"ps\"}";
	const json_t *line;

	ln_control_session_line(&talk->session, first, strlen(first));
	line = say(talk, first);
	assert_string_equal(code_of(json_array_get(talk->lines, 0)),
			    "bad-request");
	(void)line;
	ln_control_session_line(&talk->session, first, strlen(first));
	line = say(talk, "{\"id\":2,\"cancel\":1}");
	assert_int_equal(json_array_size(talk->lines), 2);
	assert_string_equal(code_of(json_array_get(talk->lines, 0)),
			    "cancelled");
	assert_int_equal(id_of(line), 2);
	assert_true(
		json_is_true(json_object_get(result_of(line), "cancelled")));
	line = say(talk, "{\"id\":2,\"cancel\":1}");
	assert_true(
		json_is_false(json_object_get(result_of(line), "cancelled")));
}

static void helps(void **state)
{
	struct talk *talk = *state;
	const json_t *line = say(talk, "{\"id\":5,\"method\":\"help\"}");
	size_t count = json_array_size(talk->lines);

	assert_non_null(result_of(line));
	assert_true(count > 5);
	for (size_t i = 0; i + 1 < count; i++) {
		const json_t *item =
			json_object_get(json_array_get(talk->lines, i), "item");

		assert_true(strlen(json_string_value(
				    json_object_get(item, "help"))) > 5);
	}
}

static void lists_all_once(void **state)
{
	struct talk *talk = *state;
	struct ln_process *list[SOME];
	bool seen[SOME] = { false };
	const json_t *line;

	start(talk, list, SOME, NULL);
	line = say(talk, "{\"id\":1,\"method\":\"ps\"}");
	assert_int_equal(json_array_size(talk->lines), SOME + 1);
	assert_int_equal(json_integer_value(
				 json_object_get(result_of(line), "matching")),
			 SOME);
	for (size_t i = 0; i < SOME; i++) {
		const json_t *item =
			json_object_get(json_array_get(talk->lines, i), "item");
		uint64_t number = (uint64_t)json_integer_value(
			json_object_get(item, "number"));

		for (size_t j = 0; j < SOME; j++) {
			if (ln_process_number(list[j]) != number)
				continue;
			assert_false(seen[j]);
			seen[j] = true;
		}
		assert_string_equal(
			json_string_value(json_object_get(item, "state")),
			"timer");
	}
	stop(list, SOME);
	for (size_t j = 0; j < SOME; j++)
		assert_true(seen[j]);
}

static void sorts_and_bounds(void **state)
{
	struct talk *talk = *state;
	struct ln_process *list[SOME];
	json_int_t before = INT64_MAX;
	const json_t *line;

	start(talk, list, SOME, NULL);
	line = say(talk, "{\"id\":1,\"method\":\"ps\",\"args\":{\"sort\":"
			 "\"number\",\"max\":7}}");
	stop(list, SOME);
	assert_int_equal(json_array_size(talk->lines), 8);
	assert_int_equal(
		json_integer_value(json_object_get(result_of(line), "shown")),
		7);
	assert_int_equal(json_integer_value(
				 json_object_get(result_of(line), "matching")),
			 SOME);
	for (size_t i = 0; i < 7; i++) {
		json_int_t number = json_integer_value(json_object_get(
			json_object_get(json_array_get(talk->lines, i), "item"),
			"number"));

		assert_true(number < before);
		before = number;
	}
}

static void filters(void **state)
{
	struct talk *talk = *state;
	struct ln_process *list[3];
	struct ln_process *named[2];

	start(talk, list, 3, NULL);
	start(talk, named, 2, "a clerk");
	say(talk, "{\"id\":1,\"method\":\"ps\",\"args\":{\"name\":\"cler\"}}");
	assert_int_equal(json_array_size(talk->lines), 3);
	say(talk, "{\"id\":1,\"method\":\"ps\",\"args\":{\"name\":\"x\"}}");
	assert_int_equal(json_array_size(talk->lines), 1);
	say(talk,
	    "{\"id\":1,\"method\":\"ps\",\"args\":{\"state\":\"timer\"}}");
	assert_int_equal(json_array_size(talk->lines), 6);
	say(talk, "{\"id\":1,\"method\":\"ps\",\"args\":{\"state\":\"io\"}}");
	assert_int_equal(json_array_size(talk->lines), 1);
	say(talk, "{\"id\":1,\"method\":\"ps\",\"args\":{\"environment\":77}}");
	assert_int_equal(json_array_size(talk->lines), 1);
	stop(list, 3);
	stop(named, 2);
}

static const json_t *inspect(struct talk *talk, const char *process)
{
	char line[256];

	snprintf(line, sizeof(line),
		 "{\"id\":1,\"method\":\"inspect\",\"args\":{\"process\":"
		 "\"%s\"}}",
		 process);
	return say(talk, line);
}

static uint64_t number_in(const json_t *line)
{
	return (uint64_t)json_integer_value(
		json_object_get(result_of(line), "number"));
}

static void finds_by_number_id_and_label(void **state)
{
	struct talk *talk = *state;
	struct ln_process *list[2];
	struct ln_process *clerk;
	char text[LN_UUID_TEXT];

	start(talk, list, 2, "twin");
	start(talk, &clerk, 1, "clerk");
	assert_int_equal(number_in(inspect(talk, "clerk")),
			 ln_process_number(clerk));
	assert_string_equal(code_of(inspect(talk, "twin")), "several");
	assert_string_equal(code_of(inspect(talk, "cler")), "no-process");
	snprintf(text, sizeof(text), "%llu",
		 (unsigned long long)ln_process_number(list[1]));
	assert_int_equal(number_in(inspect(talk, text)),
			 ln_process_number(list[1]));
	ln_uuid_format(list[0]->id, text);
	assert_int_equal(number_in(inspect(talk, text)),
			 ln_process_number(list[0]));
	text[12] = '\0';
	assert_int_equal(number_in(inspect(talk, text)),
			 ln_process_number(list[0]));
	text[7] = '\0';
	assert_string_equal(code_of(inspect(talk, text)), "no-process");
	stop(list, 2);
	stop(&clerk, 1);
}

static void kills(void **state)
{
	struct talk *talk = *state;
	struct ln_process *clerk;
	const json_t *line;

	start(talk, &clerk, 1, "clerk");
	line = say(talk, "{\"id\":1,\"method\":\"kill\",\"args\":{\"process\":"
			 "\"clerk\"}}");
	assert_true(json_is_true(json_object_get(result_of(line), "ended")));
	assert_int_equal(test_process_wait(clerk), LN_OUTCOME_KILLED);
	assert_string_equal(code_of(inspect(talk, "clerk")), "no-process");
}

static enum ln_outcome spin(struct ln_process *self)
{
	_Atomic bool *end = self->argument;

	while (!atomic_load(end))
		;
	return LN_OUTCOME_NORMAL;
}

/* Nobody waits for it: other requests are answered meanwhile. */
static void inspects_what_does_not_answer(void **state)
{
	struct talk *talk = *state;
	_Atomic bool end = false;
	struct ln_process *process =
		test_process_start(talk->environment, spin, &end);
	static const char program[] = "{\"id\":2,\"method\":\"program\"}";
	char line[128];
	const json_t *last;

	snprintf(line, sizeof(line),
		 "{\"id\":1,\"method\":\"inspect\",\"args\":{"
		 "\"process\":\"%llu\"}}",
		 (unsigned long long)ln_process_number(process));
	json_array_clear(talk->lines);
	ln_control_session_line(&talk->session, line, strlen(line));
	ln_control_session_line(&talk->session, program, strlen(program));
	while (talk->session.count > 0) {
		ln_control_session_work(&talk->session, ln_time_now());
		listen(talk);
	}
	atomic_store(&end, true);
	test_process_wait(process);
	assert_int_equal(json_array_size(talk->lines), 2);
	assert_int_equal(id_of(json_array_get(talk->lines, 0)), 2);
	last = json_array_get(talk->lines, 1);
	assert_true(
		json_is_false(json_object_get(result_of(last), "answered")));
	assert_string_equal(
		json_string_value(json_object_get(result_of(last), "state")),
		"running");
}

/* Who does not read gets no more than the bound, and all in the end. */
static void waits_for_a_slow_reader(void **state)
{
	struct talk *talk = *state;
	static struct ln_process *list[2000];
	static const char line[] = "{\"id\":1,\"method\":\"ps\"}";
	size_t len;

	start(talk, list, 2000, NULL);
	json_array_clear(talk->lines);
	ln_control_session_line(&talk->session, line, strlen(line));
	for (int i = 0; i < 10000; i++)
		ln_control_session_work(&talk->session, ln_time_now());
	(void)ln_control_session_pending(&talk->session, &len);
	assert_in_range(len, LN_CONTROL_OUT_HIGH,
			LN_CONTROL_OUT_HIGH + ((size_t)64 << 10));
	assert_int_equal(talk->session.count, 1);
	while (talk->session.count > 0) {
		listen(talk);
		ln_control_session_work(&talk->session, ln_time_now());
	}
	listen(talk);
	assert_int_equal(json_array_size(talk->lines), 2001);
	stop(list, 2000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(greets_first),
		TEST(answers_what_is_no_request),
		TEST(bounds_lines_by_their_depth),
		TEST(refuses_too_many_requests),
		TEST(ends_a_request_that_is_cancelled),
		TEST(helps),
		TEST(lists_all_once),
		TEST(sorts_and_bounds),
		TEST(filters),
		TEST(finds_by_number_id_and_label),
		TEST(kills),
		TEST(inspects_what_does_not_answer),
		TEST(waits_for_a_slow_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
