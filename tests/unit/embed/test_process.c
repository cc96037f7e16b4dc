/* src/embed/process.c: processes as other threads see them. */
#include "fixture.h"

#include <stdio.h>

/* sum: exits with the sum of its parameters; lanes likewise of four lanes. */
static const char module_text[] =
	"(module"
	" (import \"wasi_snapshot_preview1\" \"proc_exit\""
	"  (func $exit (param i32)))"
	" (memory (export \"memory\") 1)"
	" (func (export \"sum\") (param i32 i64 v128)"
	"  (call $exit (i32.add (i32.add (local.get 0)"
	"   (i32.wrap_i64 (local.get 1)))"
	"   (i32.add (i32x4.extract_lane 0 (local.get 2))"
	"    (i32x4.extract_lane 3 (local.get 2))))))"
	" (func (export \"float\") (param f32))"
	" (func (export \"spin\") (loop $l (br $l)))"
	" (func (export \"trap\") unreachable)"
	" (func (export \"nothing\")))";

static const char failing_start[] = "(module (func $s unreachable) (start $s)"
				    " (func (export \"nothing\")))";

static void parameters_arrive(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_module *module = compile(fixture->environment, module_text);
	lunatic_rt_value values[3] = {
		{ .kind = LUNATIC_RT_I32, .of.i32 = -5 },
		{ .kind = LUNATIC_RT_I64, .of.i64 = 1000 },
		{ .kind = LUNATIC_RT_V128,
		  .of.v128 = { 7, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 0, 1, 0,
			       0 } },
	};
	lunatic_rt_process *process;
	lunatic_rt_outcome outcome;
	uint32_t code = 1;

	assert_int_equal(lunatic_rt_process_spawn(module, "sum", values, 3, 0,
						  &process, NULL),
			 0);
	assert_int_equal(lunatic_rt_process_wait(process, -1, &outcome, &code),
			 0);
	assert_int_equal(outcome, LUNATIC_RT_OUTCOME_EXITED);
	assert_int_equal(code, -5 + 1000 + 7 + 256);
	/* Asking again gives the same answer. */
	code = 1;
	assert_int_equal(lunatic_rt_process_outcome(process, &outcome, &code),
			 0);
	assert_int_equal(outcome, LUNATIC_RT_OUTCOME_EXITED);
	assert_int_equal(code, 1258);
	assert_int_equal(lunatic_rt_process_outcome(process, &outcome, NULL),
			 0);
	lunatic_rt_process_release(process);
	lunatic_rt_module_release(module);
}

static void wrong_spawns_are_refused(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_module *module = compile(fixture->environment, module_text);
	lunatic_rt_value values[3] = { { .kind = LUNATIC_RT_I32,
					 .of.i32 = 1 } };
	lunatic_rt_process *process = (lunatic_rt_process *)fixture;
	char *text = NULL;

#define REFUSED(error, ...)                                             \
	do {                                                            \
		assert_int_equal(lunatic_rt_process_spawn(__VA_ARGS__), \
				 error);                                \
		assert_null(process);                                   \
	} while (0)

	REFUSED(LUNATIC_RT_EINVAL, NULL, "sum", NULL, 0, 0, &process, &text);
	assert_null(text);
	REFUSED(LUNATIC_RT_EINVAL, module, NULL, NULL, 0, 0, &process, NULL);
	REFUSED(LUNATIC_RT_EINVAL, module, "sum", NULL, 3, 0, &process, NULL);
	REFUSED(LUNATIC_RT_ENOMEM, module, "sum", values, SIZE_MAX, 0, &process,
		NULL);
	/* Only a process can be linked. */
	REFUSED(LUNATIC_RT_EINVAL, module, "nothing", NULL, 0, 7, &process,
		NULL);
	REFUSED(LUNATIC_RT_ENOENT, module, "missing", NULL, 0, 0, &process,
		&text);
	assert_non_null(strstr(text, "missing"));
	lunatic_rt_string_free(text);
	REFUSED(LUNATIC_RT_ENOENT, module, "memory", NULL, 0, 0, &process,
		NULL);
	REFUSED(LUNATIC_RT_EINVAL, module, "sum", values, 1, 0, &process,
		&text);
	assert_non_null(text);
	lunatic_rt_string_free(text);
	REFUSED(LUNATIC_RT_EINVAL, module, "sum", values, 3, 0, &process, NULL);
	REFUSED(LUNATIC_RT_EINVAL, module, "float", values, 1, 0, &process,
		NULL);
	values[0].kind = (lunatic_rt_value_kind)9;
	REFUSED(LUNATIC_RT_EINVAL, module, "float", values, 1, 0, &process,
		NULL);
#undef REFUSED
	lunatic_rt_module_release(module);
}

static void outcomes(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_module *module = compile(fixture->environment, module_text);
	lunatic_rt_module *bad = compile(fixture->environment, failing_start);
	lunatic_rt_process *process;
	lunatic_rt_outcome outcome;
	uint32_t code;

	let_guests_trap();
	assert_int_equal(finish(spawn_export(module, "nothing")),
			 LUNATIC_RT_OUTCOME_NORMAL);
	assert_int_equal(finish(spawn_export(module, "trap")),
			 LUNATIC_RT_OUTCOME_TRAPPED);
	/* Nobody waits for its start function, so it is how it ended. */
	assert_int_equal(finish(spawn_export(bad, "nothing")),
			 LUNATIC_RT_OUTCOME_TRAPPED);

	process = spawn_export(module, "spin");
	outcome = LUNATIC_RT_OUTCOME_TRAPPED;
	code = 1;
	assert_int_equal(lunatic_rt_process_outcome(process, &outcome, &code),
			 LUNATIC_RT_EAGAIN);
	assert_int_equal(outcome, LUNATIC_RT_OUTCOME_NORMAL);
	assert_int_equal(code, 0);
	assert_int_equal(lunatic_rt_process_wait(process, 0, NULL, NULL),
			 LUNATIC_RT_ETIMEDOUT);
	assert_int_equal(lunatic_rt_process_wait(process, 2, &outcome, &code),
			 LUNATIC_RT_ETIMEDOUT);
	assert_int_equal(lunatic_rt_process_kill(process), 0);
	assert_int_equal(
		lunatic_rt_process_wait(process, INT64_MAX, &outcome, &code),
		0);
	assert_int_equal(outcome, LUNATIC_RT_OUTCOME_KILLED);
	assert_int_equal(code, 0);
	assert_int_equal(lunatic_rt_process_wait(process, 0, NULL, NULL), 0);
	assert_int_equal(lunatic_rt_process_kill(process), 0);
	lunatic_rt_process_release(process);

	/* Nobody holds it. */
	assert_int_equal(lunatic_rt_process_spawn(module, "nothing", NULL, 0, 0,
						  NULL, NULL),
			 0);
	lunatic_rt_module_release(bad);
	lunatic_rt_module_release(module);
}

static void identities(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_process *one =
		start(fixture->environment, wait_for_ever, NULL);
	lunatic_rt_process *two =
		start(fixture->environment, wait_for_ever, NULL);
	char text[LUNATIC_RT_ID_TEXT];
	uint8_t ids[2][16];
	char hex[33];
	char *at;

	assert_int_equal(lunatic_rt_process_id(one, ids[0]), 0);
	assert_int_equal(lunatic_rt_process_id(two, ids[1]), 0);
	assert_memory_not_equal(ids[0], ids[1], 16);
	assert_int_equal(ids[0][6] >> 4, 4);
	assert_int_equal(lunatic_rt_process_id_text(one, text), 0);
	assert_int_equal(strlen(text), LUNATIC_RT_ID_TEXT - 1);
	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", ids[0][i]);
	while ((at = strchr(text, '-')) != NULL)
		memmove(at, at + 1, strlen(at));
	assert_string_equal(text, hex);

	assert_int_equal(lunatic_rt_process_id(NULL, ids[0]),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(ids[0][0] | ids[0][15], 0);
	assert_int_equal(lunatic_rt_process_id(one, NULL), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_process_id_text(NULL, text),
			 LUNATIC_RT_EINVAL);
	assert_string_equal(text, "");
	assert_int_equal(lunatic_rt_process_id_text(one, NULL),
			 LUNATIC_RT_EINVAL);
	lunatic_rt_process_kill(one);
	lunatic_rt_process_kill(two);
	finish(one);
	finish(two);
}

static void references(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_process *process =
		start(fixture->environment, wait_for_ever, NULL);

	assert_ptr_equal(lunatic_rt_process_retain(process), process);
	lunatic_rt_process_release(process);
	lunatic_rt_process_kill(process);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_KILLED);
	assert_null(lunatic_rt_process_retain(NULL));
	lunatic_rt_process_release(NULL);
}

static void misuse(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_process *process =
		start(fixture->environment, wait_for_ever, NULL);
	lunatic_rt_outcome outcome;
	uint32_t code = 1;

	assert_int_equal(lunatic_rt_process_kill(NULL), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_process_outcome(NULL, &outcome, &code),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(code, 0);
	assert_int_equal(lunatic_rt_process_outcome(process, NULL, NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_process_wait(NULL, -1, &outcome, &code),
			 LUNATIC_RT_EINVAL);
	lunatic_rt_process_kill(process);
	finish(process);
}

struct spawned {
	lunatic_rt_module *module;
	int linked;
	int received;
	bool died;
	int64_t tag;
	int start;
	char *start_text;
	int waited;
};

static int spawn_inside(lunatic_rt_process *self, void *argument)
{
	struct spawned *spawned = argument;
	lunatic_rt_message *message;
	lunatic_rt_process *child;

	lunatic_rt_die_when_link_dies(false);
	spawned->linked = lunatic_rt_process_spawn(spawned->module, "trap",
						   NULL, 0, 42, &child, NULL);
	spawned->received = lunatic_rt_receive(NULL, 0, -1, &message);
	spawned->died = lunatic_rt_message_is_link_died(message);
	spawned->tag = lunatic_rt_message_tag(message);
	lunatic_rt_message_free(message);
	spawned->waited = lunatic_rt_process_wait(child, 0, NULL, NULL);
	lunatic_rt_process_release(child);
	return self != lunatic_rt_self();
}

static void a_process_links_to_its_child(void **state)
{
	struct fixture *fixture = *state;
	struct spawned spawned = { .linked = -1, .received = -1 };

	let_guests_trap();
	spawned.module = compile(fixture->environment, module_text);
	run(fixture->environment, spawn_inside, &spawned);
	assert_int_equal(spawned.linked, 0);
	assert_int_equal(spawned.received, 0);
	assert_true(spawned.died);
	assert_int_equal(spawned.tag, 42);
	assert_int_equal(spawned.waited, LUNATIC_RT_EINVAL);
	lunatic_rt_module_release(spawned.module);
}

static int spawn_failing_start(lunatic_rt_process *self, void *argument)
{
	struct spawned *spawned = argument;
	lunatic_rt_process *child;

	(void)self;
	spawned->start =
		lunatic_rt_process_spawn(spawned->module, "nothing", NULL, 0, 0,
					 &child, &spawned->start_text);
	return child != NULL;
}

static void a_process_sees_its_child_start(void **state)
{
	struct fixture *fixture = *state;
	struct spawned spawned = { .start = 0 };

	let_guests_trap();
	spawned.module = compile(fixture->environment, failing_start);
	run(fixture->environment, spawn_failing_start, &spawned);
	assert_int_equal(spawned.start, LUNATIC_RT_ETRAP);
	assert_non_null(strstr(spawned.start_text, "unreachable"));
	lunatic_rt_string_free(spawned.start_text);
	lunatic_rt_module_release(spawned.module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_arrive),
		cmocka_unit_test(wrong_spawns_are_refused),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(identities),
		cmocka_unit_test(references),
		cmocka_unit_test(misuse),
		cmocka_unit_test(a_process_links_to_its_child),
		cmocka_unit_test(a_process_sees_its_child_start),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
