/* src/node/request.c, serve.c, watch.c, remote_environment.c: environments,
 * modules, processes and names of another node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/semver.h"
#include "base/time.h"
#include "node/export.h"
#include "node/proxy.h"
#include "node/remote_environment.h"
#include "process/add_module.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/message.h"
#include "process/naming.h"
#include "process/process.h"
#include "process/registry.h"
#include "process/remote_environment.h"
#include "process/runtime.h"
#include "process/wasm.h"
#include "support/fabric.h"
#include "support/modules.h"
#include "support/processes.h"
#include "support/tasks.h"
#include "support/traps.h"

static const char module_text[] =
	"(module"
	" (func (export \"two\") (param i32 i64)"
	"  (if (i32.ne (local.get 0) (i32.const 0x11223344))"
	"   (then (loop (br 0))))"
	"  (if (i64.ne (local.get 1) (i64.const -2)) (then (loop (br 0))))"
	"  unreachable)"
	" (func (export \"none\"))"
	" (func (export \"trap\") unreachable)"
	" (func (export \"spin\") (loop (br 0))))";

static const char endless_start[] =
	"(module (func $s (loop (br 0))) (start $s) (func (export \"none\")))";

static struct test_net net;

/* So that the engine has installed its handlers. */
static void load_here(void)
{
	struct ln_module *module = NULL;
	char *error = NULL;

	assert_int_equal(ln_environment_add_module(net.environment,
						   (const uint8_t *)"(module)",
						   8, &module, &error),
			 0);
	ln_module_release(module);
	test_traps_are_the_engines();
}

static int setup(void **state)
{
	(void)state;
	test_net_init(&net, 2, 2, NULL);
	assert_int_equal(ln_local_node_attach(net.nodes[1], net.environment),
			 0);
	test_net_start(&net);
	load_here();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	/* Guests may still run. */
	test_traps_are_the_engines();
	test_net_deinit(&net);
	return 0;
}

/* An environment on the second node, for the first. */
static struct ln_environment *make_environment(void)
{
	struct ln_environment *environment = NULL;
	struct ln_config *config;
	char *error = NULL;

	assert_int_equal(ln_config_new(&config), 0);
	assert_int_equal(ln_remote_environment_new(net.nodes[0], "two", 3,
						   config, &environment,
						   &error),
			 0);
	assert_null(error);
	ln_config_free(config);
	return environment;
}

/* A process of the first node that spawns one on the second, and what came of
 * it. */
struct spawner {
	struct ln_spawn spawn;
	struct ln_process *child;
	char *error;
	int result;
	bool waits;   /* for the end of the link */
	int64_t told; /* the tag of that */
	_Atomic int asked;
};

static enum ln_outcome spawn_one(struct ln_process *self)
{
	struct spawner *spawner = self->argument;
	struct ln_message *message;

	atomic_store(&self->die_when_link_dies, false);
	spawner->spawn.caller = self;
	spawner->spawn.parent = self;
	atomic_store(&spawner->asked, 1);
	spawner->result = ln_wasm_spawn(&spawner->spawn, &spawner->child,
					&spawner->error);
	if (!spawner->waits)
		return LN_OUTCOME_NORMAL;
	if (ln_process_receive(self, NULL, 0, ln_time_after_ms(20000), false,
			       &message) < 0)
		return LN_OUTCOME_EXITED;
	if (message->kind == LN_MESSAGE_LINK_DIED)
		spawner->told = message->tag;
	ln_message_free(message);
	return LN_OUTCOME_NORMAL;
}

static struct spawner spawner_of(struct ln_module *module, const char *function)
{
	return (struct spawner){
		.spawn = { .module = module,
			   .function = function,
			   .function_len = strlen(function) },
	};
}

/* Runs it to its end. */
static void run(struct spawner *spawner)
{
	struct ln_process *process =
		test_process_start(net.environment, spawn_one, spawner);

	assert_int_equal(test_process_wait(process), LN_OUTCOME_NORMAL);
}

static void a_process_runs_there(void **state)
{
	static const uint8_t params[2 * LN_PARAM_SIZE] = {
		LN_PARAM_I32, 0x44, 0x33,
		0x22,         0x11, [LN_PARAM_SIZE] = LN_PARAM_I64,
		0xfe,         0xff, 0xff,
		0xff,         0xff, 0xff,
		0xff,         0xff,
	};
	struct ln_environment *environment = make_environment();
	struct ln_module *module = test_module_add(environment, module_text);
	struct spawner spawner = spawner_of(module, "two");

	(void)state;
	/* It traps when it has been given what it should be. */
	spawner.spawn.params = params;
	spawner.spawn.params_len = sizeof(params);
	spawner.spawn.link_tag = 5;
	spawner.waits = true;
	run(&spawner);
	assert_int_equal(spawner.result, 0);
	assert_int_equal(spawner.told, 5);
	assert_non_null(ln_proxy_of(spawner.child));
	ln_process_release(spawner.child);
	ln_module_release(module);
	ln_environment_release(environment);
}

static void what_cannot_be_spawned(void **state)
{
	struct ln_environment *environment = make_environment();
	struct ln_module *module = test_module_add(environment, module_text);
	struct spawner spawner = spawner_of(module, "nothing");

	(void)state;
	run(&spawner);
	assert_int_equal(spawner.result, LN_ENOENT);
	assert_string_equal(spawner.error, "Function 'nothing' not found");
	free(spawner.error);
	spawner = spawner_of(module, "two");
	run(&spawner);
	assert_int_equal(spawner.result, LN_EINVAL);
	assert_non_null(strstr(spawner.error, "2 parameters"));
	free(spawner.error);
	ln_module_release(module);
	ln_environment_release(environment);
}

static void what_is_no_module(void **state)
{
	struct ln_environment *environment = make_environment();
	struct ln_module *module = NULL;
	char *error = NULL;

	(void)state;
	assert_int_equal(ln_environment_add_module(environment,
						   (const uint8_t *)"(modul)",
						   7, &module, &error),
			 LN_EFORMAT);
	assert_non_null(error);
	free(error);
	ln_environment_release(environment);
}

static void no_such_node(void **state)
{
	struct ln_environment *environment;
	struct ln_config *config;
	char *error = NULL;

	(void)state;
	assert_int_equal(ln_config_new(&config), 0);
	assert_int_equal(ln_remote_environment_new(net.nodes[0], "four", 4,
						   config, &environment,
						   &error),
			 LN_ENOENT);
	assert_non_null(strstr(error, "node 'four' is not connected"));
	free(error);
	/* The first one was never attached. */
	assert_int_equal(ln_remote_environment_new(net.nodes[1], "one", 3,
						   config, &environment,
						   &error),
			 LN_EUNSUP);
	assert_non_null(strstr(error, "accepts no environments"));
	free(error);
	ln_config_free(config);
}

static void bytes_travel_once(void **state)
{
	struct ln_environment *first = make_environment();
	struct ln_environment *second = make_environment();
	struct ln_module *modules[3];
	size_t room = strlen(module_text) + 100000;
	char *text = malloc(room + 1);

	(void)state;
	/* Longer than a frame. */
	assert_non_null(text);
	memset(text, ' ', room);
	memcpy(text, module_text, strlen(module_text));
	text[room] = '\0';
	modules[0] = test_module_add(first, text);
	assert_int_equal(net.nodes[1]->store.count, 1);
	assert_int_equal(net.nodes[1]->store.bytes, room);
	modules[1] = test_module_add(first, text);
	modules[2] = test_module_add(second, text);
	assert_int_equal(net.nodes[1]->store.count, 1);
	for (int i = 0; i < 3; i++)
		ln_module_release(modules[i]);
	ln_environment_release(first);
	ln_environment_release(second);
	free(text);
}

static enum ln_outcome linger(struct ln_process *self)
{
	struct ln_message *message;

	if (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) == 0)
		ln_message_free(message);
	return LN_OUTCOME_NORMAL;
}

static const struct ln_registry_key version_key = {
	.name = "name", .name_len = 4, .version = "1.2.3", .version_len = 5
};
static const struct ln_registry_key query_key = {
	.name = "name", .name_len = 4, .version = "^1", .version_len = 2
};

static int enter(struct ln_environment *environment, struct ln_process *process)
{
	struct ln_semver_error wrong;
	struct ln_version version;
	char *error = NULL;
	int result;

	assert_int_equal(ln_version_parse("1.2.3", 5, &version, &wrong), 0);
	result = ln_environment_register(environment, &version_key, &version,
					 process, &error);
	free(error);
	return result;
}

static int look_up(struct ln_environment *environment,
		   struct ln_process **process)
{
	struct ln_requirement requirement;
	struct ln_semver_error wrong;
	char *error = NULL;
	int result;

	assert_int_equal(ln_requirement_parse("^1", 2, &requirement, &wrong),
			 0);
	result = ln_environment_lookup(environment, &query_key, &requirement,
				       process, &error);
	ln_requirement_deinit(&requirement);
	free(error);
	return result;
}

/* Until nothing is there any more. */
static void await_nothing(struct ln_environment *environment)
{
	struct ln_process *found;

	while (look_up(environment, &found) == 0) {
		ln_process_release(found);
		test_nap();
	}
}

static void a_name_is_found(void **state)
{
	struct ln_environment *environment = make_environment();
	struct ln_process *process =
		test_process_start(net.environment, linger, NULL);
	struct ln_process *found = NULL;
	struct ln_semver_error wrong;
	struct ln_version version;
	char *error = NULL;

	(void)state;
	assert_int_equal(look_up(environment, &found), LN_ENOENT);
	assert_int_equal(enter(environment, process), 0);
	assert_int_equal(look_up(environment, &found), 0);
	/* It has come home. */
	assert_ptr_equal(found, process);
	ln_process_release(found);
	ln_version_parse("1.2.3", 5, &version, &wrong);
	assert_int_equal(ln_environment_unregister(environment, &version_key,
						   &version, &error),
			 0);
	assert_int_equal(ln_environment_unregister(environment, &version_key,
						   &version, &error),
			 LN_ENOENT);
	free(error);
	assert_int_equal(look_up(environment, &found), LN_ENOENT);
	/* It vanishes with its process. */
	assert_int_equal(enter(environment, process), 0);
	ln_process_kill(process);
	test_process_wait(process);
	await_nothing(environment);
	ln_environment_release(environment);
}

static void names_of_what_is_lost_vanish(void **state)
{
	struct ln_process *process =
		test_process_start(net.environment, linger, NULL);
	struct ln_process *known = test_net_proxy(&net, 0, 1, process);
	struct ln_process *found = NULL;

	(void)state;
	/* A process of the second node in a registry of the first. */
	assert_int_equal(enter(net.environment, known), 0);
	assert_int_equal(look_up(net.environment, &found), 0);
	assert_ptr_equal(found, known);
	ln_process_release(found);
	test_line_cut(net.lines[0]);
	net.lines[0] = NULL;
	await_nothing(net.environment);
	/* And one that is lost already is not entered. */
	assert_int_equal(enter(net.environment, known), 0);
	await_nothing(net.environment);
	ln_process_release(known);
	ln_process_kill(process);
	test_process_wait(process);
}

static void the_asker_is_killed(void **state)
{
	struct ln_environment *environment = make_environment();
	struct ln_module *module = test_module_add(environment, endless_start);
	struct spawner spawner = spawner_of(module, "none");
	struct ln_process *process =
		test_process_start(net.environment, spawn_one, &spawner);

	(void)state;
	while (atomic_load(&spawner.asked) == 0)
		test_nap();
	test_process_wait_parked(process);
	ln_process_kill(process);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_KILLED);
	assert_int_equal(spawner.result, LN_EKILLED);
	ln_module_release(module);
	ln_environment_release(environment);
}

static void the_node_is_lost_meanwhile(void **state)
{
	struct ln_environment *environment = make_environment();
	struct ln_module *module = test_module_add(environment, endless_start);
	struct spawner spawner = spawner_of(module, "none");
	struct ln_process *process =
		test_process_start(net.environment, spawn_one, &spawner);
	struct ln_module *another = NULL;
	char *error = NULL;

	(void)state;
	while (atomic_load(&spawner.asked) == 0)
		test_nap();
	test_process_wait_parked(process);
	test_line_cut(net.lines[0]);
	net.lines[0] = NULL;
	assert_int_equal(test_process_wait(process), LN_OUTCOME_NORMAL);
	assert_int_equal(spawner.result, LN_EIO);
	assert_non_null(strstr(spawner.error, "lost"));
	free(spawner.error);
	assert_int_equal(ln_environment_add_module(
				 environment, (const uint8_t *)module_text,
				 strlen(module_text), &another, &error),
			 LN_EIO);
	free(error);
	ln_module_release(module);
	ln_environment_release(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_process_runs_there),
		TEST(what_cannot_be_spawned),
		TEST(what_is_no_module),
		TEST(no_such_node),
		TEST(bytes_travel_once),
		TEST(a_name_is_found),
		TEST(names_of_what_is_lost_vanish),
		TEST(the_asker_is_killed),
		TEST(the_node_is_lost_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
