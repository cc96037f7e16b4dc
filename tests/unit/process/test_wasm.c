/* src/process/wasm.c: the encoding of parameters, what a parent is told of a
 * spawn that cannot be, and how wasm processes end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/log.h"
#include "process/add_module.h"
#include "process/env_module.h"
#include "process/life.h"
#include "process/message.h"
#include "process/wasm.h"
#include "support/modules.h"
#include "support/processes.h"
#include "support/tasks.h"
#include "support/traps.h"

static const char plain[] =
	"(module"
	" (func (export \"two\") (param i32 i64)"
	"  (if (i32.ne (local.get 0) (i32.const 0x11223344))"
	"   (then unreachable))"
	"  (if (i64.ne (local.get 1) (i64.const -2)) (then unreachable)))"
	" (func (export \"wide\") (param v128)"
	"  (if (i64.ne (i64x2.extract_lane 1 (local.get 0)) (i64.const 7))"
	"   (then unreachable)))"
	" (func (export \"none\"))"
	" (func (export \"trap\") unreachable)"
	" (func (export \"spin\") (loop (br 0)))"
	" (func (export \"float\") (param f32))"
	" (global (export \"glob\") i32 (i32.const 0))"
	" (memory (export \"memory\") 3))";

static const char bad_start[] =
	"(module (func $s unreachable) (start $s) (func (export \"none\")))";

static const char good_start[] =
	"(module (func $s) (start $s) (func (export \"none\")))";

/* Appends a parameter to `params`; returns the new length. */
static size_t put(uint8_t *params, size_t len, uint8_t type, uint64_t low,
		  uint64_t high)
{
	params[len] = type;
	for (size_t i = 0; i < 8; i++) {
		params[len + 1 + i] = (uint8_t)(low >> (8 * i));
		params[len + 9 + i] = (uint8_t)(high >> (8 * i));
	}
	return len + LN_PARAM_SIZE;
}

static void encoding_is_checked(void **state)
{
	uint8_t params[3 * LN_PARAM_SIZE] = { 0 };
	size_t len = put(params, 0, LN_PARAM_I32, 1, 0);

	(void)state;
	assert_int_equal(ln_params_check(NULL, 0), 0);
	assert_int_equal(ln_params_check(params, len), 0);
	assert_int_equal(ln_params_check(params, len - 1), LN_EFORMAT);
	assert_int_equal(ln_params_check(params, len + 1), LN_EFORMAT);
	assert_int_equal(ln_params_check(params, 1), LN_EFORMAT);
	len = put(params, len, LN_PARAM_I64, 1, 0);
	len = put(params, len, LN_PARAM_V128, 1, 1);
	assert_int_equal(ln_params_check(params, len), 0);
	for (unsigned type = 0; type < 256; type++) {
		int known = type == LN_PARAM_I32 || type == LN_PARAM_I64 ||
			    type == LN_PARAM_V128;

		put(params, LN_PARAM_SIZE, (uint8_t)type, 0, 0);
		assert_int_equal(ln_params_check(params, len),
				 known ? 0 : LN_EFORMAT);
	}
}

/* Spawns from outside; what ln_wasm_spawn returned. */
static int spawn(struct ln_module *module, const char *function,
		 const uint8_t *params, size_t len, struct ln_process **process,
		 char **error)
{
	const struct ln_spawn call = {
		.module = module,
		.function = function,
		.function_len = strlen(function),
		.params = params,
		.params_len = len,
	};

	return ln_wasm_spawn(&call, process, error);
}

static enum ln_outcome run(struct ln_module *module, const char *function,
			   const uint8_t *params, size_t len)
{
	struct ln_process *process = NULL;
	char *error = NULL;

	assert_int_equal(spawn(module, function, params, len, &process, &error),
			 0);
	assert_null(error);
	return test_process_wait(process);
}

static void parameters_arrive(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_module *module = test_module_add(environment, plain);
	uint8_t params[2 * LN_PARAM_SIZE];
	size_t len;

	(void)state;
	assert_int_equal(run(module, "none", NULL, 0), LN_OUTCOME_NORMAL);
	/* What is above the bits of the type does not matter. */
	len = put(params, 0, LN_PARAM_I32, 0xffffffff11223344, UINT64_MAX);
	len = put(params, len, LN_PARAM_I64, (uint64_t)-2, 99);
	assert_int_equal(run(module, "two", params, len), LN_OUTCOME_NORMAL);
	put(params, 0, LN_PARAM_I32, 0x11223345, 0);
	assert_int_equal(run(module, "two", params, len), LN_OUTCOME_TRAPPED);
	len = put(params, 0, LN_PARAM_V128, 1, 7);
	assert_int_equal(run(module, "wide", params, len), LN_OUTCOME_NORMAL);
	len = put(params, 0, LN_PARAM_V128, 7, 1);
	assert_int_equal(run(module, "wide", params, len), LN_OUTCOME_TRAPPED);
	ln_module_release(module);
	test_environment_free(environment);
}

static void refuse(struct ln_module *module, const char *function,
		   const uint8_t *params, size_t len, int expected)
{
	struct ln_process *process = NULL;
	char *error = NULL;

	assert_int_equal(spawn(module, function, params, len, &process, &error),
			 expected);
	assert_null(process);
	assert_non_null(error);
	assert_true(strlen(error) > 0);
	free(error);
}

static void wrong_spawns_are_refused(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_module *module = test_module_add(environment, plain);
	uint8_t params[3 * LN_PARAM_SIZE];
	char name[1000];
	size_t one = put(params, 0, LN_PARAM_I32, 0, 0);
	size_t two = put(params, one, LN_PARAM_I64, 0, 0);
	size_t three = put(params, two, LN_PARAM_I64, 0, 0);

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	refuse(module, "nobody", NULL, 0, LN_ENOENT);
	refuse(module, "", NULL, 0, LN_ENOENT);
	refuse(module, "glob", NULL, 0, LN_ENOENT);
	refuse(module, name, NULL, 0, LN_ENOENT);
	refuse(module, "two", NULL, 0, LN_EINVAL);
	refuse(module, "two", params, one, LN_EINVAL);
	refuse(module, "two", params, three, LN_EINVAL);
	refuse(module, "two", params + one, two, LN_EINVAL);
	refuse(module, "none", params, one, LN_EINVAL);
	refuse(module, "wide", params, one, LN_EINVAL);
	/* The encoding has no floating point. */
	refuse(module, "float", params, one, LN_EINVAL);
	assert_int_equal(environment->processes, 0);
	ln_module_release(module);
	test_environment_free(environment);
}

static void memory_has_a_limit(void **state)
{
	struct ln_limits limits = ln_limits_default;

	(void)state;
	for (uint64_t pages = 2; pages <= 3; pages++) {
		struct ln_environment *environment;
		struct ln_module *module;

		limits.max_memory = pages << 16;
		environment = test_environment_new(1, &limits);
		module = test_module_add(environment, plain);
		if (pages < 3)
			refuse(module, "none", NULL, 0, LN_ELIMIT);
		else
			assert_int_equal(run(module, "none", NULL, 0),
					 LN_OUTCOME_NORMAL);
		ln_module_release(module);
		test_environment_free(environment);
	}
}

static void traps_and_kills(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct ln_module *module = test_module_add(environment, plain);
	struct ln_process *spinners[3] = { NULL };
	char *error;

	(void)state;
	assert_int_equal(run(module, "trap", NULL, 0), LN_OUTCOME_TRAPPED);
	/* More than there are workers; all run, and all end. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			spawn(module, "spin", NULL, 0, &spinners[i], &error),
			0);
	for (int i = 0; i < 3; i++) {
		while (atomic_load(&spinners[i]->task.slices) == 0)
			test_nap();
	}
	for (int i = 0; i < 3; i++)
		ln_process_kill(spinners[i]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(test_process_wait(spinners[i]),
				 LN_OUTCOME_KILLED);
	ln_module_release(module);
	test_environment_free(environment);
}

struct parent {
	struct ln_module *module;
	const char *function;
	int64_t link_tag;
	int result;
	char *error;
	enum ln_message_kind got_kind;
	int64_t got_tag;
};

/* Spawns a child, and waits for the message of its death if linked. */
static enum ln_outcome spawn_child(struct ln_process *self)
{
	struct parent *part = self->argument;
	const struct ln_spawn call = {
		.module = part->module,
		.function = part->function,
		.function_len = strlen(part->function),
		.caller = self,
		.parent = self,
		.link_tag = part->link_tag,
	};
	struct ln_process *child = NULL;
	struct ln_message *message;

	part->result = ln_wasm_spawn(&call, &child, &part->error);
	if (part->result < 0)
		return LN_OUTCOME_NORMAL;
	ln_process_release(child);
	if (part->link_tag == 0)
		return LN_OUTCOME_NORMAL;
	if (ln_process_receive(self, NULL, 0, INT64_MAX, false, &message) < 0)
		return LN_OUTCOME_KILLED;
	part->got_kind = message->kind;
	part->got_tag = message->tag;
	ln_message_free(message);
	return LN_OUTCOME_NORMAL;
}

static enum ln_outcome run_parent(struct ln_environment *environment,
				  struct parent *part)
{
	struct ln_process *process = NULL;

	assert_int_equal(
		ln_process_new(environment, spawn_child, part, &process), 0);
	atomic_store(&process->die_when_link_dies, false);
	assert_int_equal(ln_process_start(process), 0);
	return test_process_wait(process);
}

static void start_functions_are_reported(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct parent part = { .function = "none" };

	(void)state;
	part.module = test_module_add(environment, bad_start);
	assert_int_equal(run_parent(environment, &part), LN_OUTCOME_NORMAL);
	assert_int_equal(part.result, LN_ETRAP);
	assert_non_null(part.error);
	free(part.error);
	/* From outside nobody waits for it: the process fails. */
	assert_int_equal(run(part.module, "none", NULL, 0), LN_OUTCOME_TRAPPED);
	ln_module_release(part.module);

	part.module = test_module_add(environment, good_start);
	assert_int_equal(run_parent(environment, &part), LN_OUTCOME_NORMAL);
	assert_int_equal(part.result, 0);
	ln_module_release(part.module);
	test_environment_free(environment);
}

static void a_linked_child_is_heard_of(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct parent part = { .function = "trap", .link_tag = 77 };

	(void)state;
	part.module = test_module_add(environment, plain);
	assert_int_equal(run_parent(environment, &part), LN_OUTCOME_NORMAL);
	assert_int_equal(part.result, 0);
	assert_int_equal(part.got_kind, LN_MESSAGE_LINK_DIED);
	assert_int_equal(part.got_tag, 77);
	ln_module_release(part.module);
	test_environment_free(environment);
}

static void no_room_for_a_child(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;
	struct parent part = { .function = "none", .link_tag = 1 };

	(void)state;
	limits.max_processes = 1;
	environment = test_environment_new(1, &limits);
	part.module = test_module_add(environment, good_start);
	assert_int_equal(run_parent(environment, &part), LN_OUTCOME_NORMAL);
	assert_int_equal(part.result, LN_ELIMIT);
	assert_non_null(part.error);
	free(part.error);
	ln_module_release(part.module);
	test_environment_free(environment);
}

/* Reports of the traps that are wanted here would only be in the way. */
static int be_quiet(void **state)
{
	(void)state;
	return setenv("LUNATIC_LOG", "error", 1) == 0 && ln_log_init() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoding_is_checked),
		cmocka_unit_test(parameters_arrive),
		cmocka_unit_test(wrong_spawns_are_refused),
		cmocka_unit_test(memory_has_a_limit),
		cmocka_unit_test(traps_and_kills),
		cmocka_unit_test(start_functions_are_reported),
		cmocka_unit_test(a_linked_child_is_heard_of),
		cmocka_unit_test(no_room_for_a_child),
	};

	return cmocka_run_group_tests(tests, be_quiet, NULL);
}
