/* src/embed/environment.c: limits, permissions, and modules. */
#include "fixture.h"

static lunatic_rt_environment_config defaults(void)
{
	lunatic_rt_environment_config config;

	assert_int_equal(
		lunatic_rt_environment_config_init(&config, sizeof(config)), 0);
	return config;
}

static lunatic_rt_environment *with(struct fixture *fixture,
				    const lunatic_rt_environment_config *config)
{
	lunatic_rt_environment *environment;

	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, config,
						    &environment),
			 0);
	return environment;
}

/* Spawns an export without parameters and returns how it ended. */
static lunatic_rt_outcome call(lunatic_rt_module *module, const char *function)
{
	lunatic_rt_process *process;

	assert_int_equal(lunatic_rt_process_spawn(module, function, NULL, 0, 0,
						  &process, NULL),
			 0);
	return finish(process);
}

static void config_is_checked(void **state)
{
	static const char *const holes[] = { "a", NULL };
	struct fixture *fixture = *state;
	lunatic_rt_environment *environment = NULL;
	lunatic_rt_environment_config config;

	assert_int_equal(
		lunatic_rt_environment_config_init(NULL, sizeof(config)),
		LUNATIC_RT_EINVAL);
	config = defaults();
	assert_int_equal(config.size, sizeof(config));
	assert_true(config.max_memory > 0);
	assert_int_equal(
		lunatic_rt_environment_new(NULL, &config, &environment),
		LUNATIC_RT_EINVAL);
	assert_int_equal(
		lunatic_rt_environment_new(fixture->runtime, &config, NULL),
		LUNATIC_RT_EINVAL);

#define REFUSED(member, value)                                                \
	do {                                                                  \
		config = defaults();                                          \
		config.member = value;                                        \
		assert_int_equal(lunatic_rt_environment_new(fixture->runtime, \
							    &config,          \
							    &environment),    \
				 LUNATIC_RT_EINVAL);                          \
		assert_null(environment);                                     \
	} while (0)

	REFUSED(size, 0);
	REFUSED(strategy, (lunatic_rt_memory_strategy)7);
	REFUSED(allowed_count, 1);
	REFUSED(arg_count, 1);
	REFUSED(env_count, 1);
	REFUSED(plugin_count, 1);
#undef REFUSED
	config = defaults();
	config.args = holes;
	config.arg_count = 2;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 LUNATIC_RT_EINVAL);
	lunatic_rt_environment_release(NULL);
}

static const char grower[] =
	"(module (memory (export \"memory\") 1)"
	" (func (export \"grow\") (if (i32.eq (memory.grow (i32.const 1))"
	"  (i32.const -1)) (then unreachable)))"
	" (func (export \"spin\") (loop $l (br $l))))";

static void memory_and_fuel_are_limited(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config = defaults();
	lunatic_rt_environment *environment;
	lunatic_rt_process *process;
	lunatic_rt_module *module;
	char *text;

	let_guests_trap();
	config.max_memory = 65536;
	config.max_fuel = 100000;
	environment = with(fixture, &config);
	module = compile(environment, grower);
	assert_int_equal(call(module, "grow"), LUNATIC_RT_OUTCOME_TRAPPED);
	assert_int_equal(call(module, "spin"), LUNATIC_RT_OUTCOME_TRAPPED);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);

	config.max_memory = 131072;
	environment = with(fixture, &config);
	module = compile(environment, grower);
	assert_int_equal(call(module, "grow"), LUNATIC_RT_OUTCOME_NORMAL);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);

	config.max_memory = 65535;
	environment = with(fixture, &config);
	module = compile(environment, grower);
	assert_int_equal(lunatic_rt_process_spawn(module, "grow", NULL, 0, 0,
						  &process, &text),
			 LUNATIC_RT_ELIMIT);
	assert_non_null(text);
	lunatic_rt_string_free(text);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
}

static void processes_are_limited(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config = defaults();
	lunatic_rt_environment *environment;
	lunatic_rt_process *processes[2];
	lunatic_rt_process *third;

	config.max_processes = 2;
	environment = with(fixture, &config);
	for (int i = 0; i < 2; i++)
		processes[i] = start(environment, wait_for_ever, NULL);
	assert_int_equal(lunatic_rt_process_spawn_native(environment,
							 wait_for_ever, NULL,
							 NULL, 0, &third),
			 LUNATIC_RT_ELIMIT);
	assert_int_equal(lunatic_rt_process_kill(processes[0]), 0);
	assert_int_equal(finish(processes[0]), LUNATIC_RT_OUTCOME_KILLED);
	third = start(environment, wait_for_ever, NULL);
	assert_int_equal(lunatic_rt_process_kill(third), 0);
	assert_int_equal(finish(third), LUNATIC_RT_OUTCOME_KILLED);
	assert_int_equal(lunatic_rt_process_kill(processes[1]), 0);
	assert_int_equal(finish(processes[1]), LUNATIC_RT_OUTCOME_KILLED);
	lunatic_rt_environment_release(environment);
}

static void mailboxes_are_limited(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config = defaults();
	lunatic_rt_environment *environment;
	lunatic_rt_process *process;
	lunatic_rt_message *message;
	int error = 0;

	config.max_messages = 3;
	environment = with(fixture, &config);
	process = start(environment, wait_for_ever, NULL);
	/* The process takes them out, so more than three may get in. */
	while (error == 0)
		error = send_tag(process, 1);
	assert_int_equal(error, LUNATIC_RT_EFULL);
	lunatic_rt_process_kill(process);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_KILLED);
	lunatic_rt_environment_release(environment);

	config.max_messages = 0;
	config.max_mailbox_bytes = 4096;
	environment = with(fixture, &config);
	process = start(environment, wait_for_ever, NULL);
	assert_int_equal(lunatic_rt_message_new(1, &message), 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(lunatic_rt_message_write(message, "x", 1), 0);
	assert_int_equal(lunatic_rt_send(process, message), LUNATIC_RT_EFULL);
	assert_int_equal(send_tag(process, 1), 0);
	lunatic_rt_process_kill(process);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_KILLED);
	lunatic_rt_environment_release(environment);
}

static const char caller[] =
	"(module"
	" (import \"lunatic::version\" \"major\" (func $v (result i32)))"
	" (import \"lunatic::process\" \"sleep_ms\" (func $s (param i64)))"
	" (func (export \"version\") (drop (call $v)))"
	" (func (export \"sleep\") (call $s (i64.const 1))))";

static void namespaces_are_allowed_one_by_one(void **state)
{
	static const char *const allowed[] = { "lunatic::version::" };
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config = defaults();
	lunatic_rt_environment *environment;
	lunatic_rt_module *module;

	let_guests_trap();
	config.allowed = allowed;
	config.allowed_count = 1;
	environment = with(fixture, &config);
	module = compile(environment, caller);
	assert_int_equal(call(module, "version"), LUNATIC_RT_OUTCOME_NORMAL);
	assert_int_equal(call(module, "sleep"), LUNATIC_RT_OUTCOME_TRAPPED);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);

	config.allowed_count = 0;
	environment = with(fixture, &config);
	module = compile(environment, caller);
	assert_int_equal(call(module, "version"), LUNATIC_RT_OUTCOME_TRAPPED);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);

	module = compile(fixture->environment, caller);
	assert_int_equal(call(module, "sleep"), LUNATIC_RT_OUTCOME_NORMAL);
	lunatic_rt_module_release(module);
}

/* The guest exits with the number of its arguments and variables. */
static const char counter[] =
	"(module"
	" (import \"wasi_snapshot_preview1\" \"args_sizes_get\""
	"  (func $a (param i32 i32) (result i32)))"
	" (import \"wasi_snapshot_preview1\" \"environ_sizes_get\""
	"  (func $e (param i32 i32) (result i32)))"
	" (import \"wasi_snapshot_preview1\" \"proc_exit\""
	"  (func $x (param i32)))"
	" (memory (export \"memory\") 1)"
	" (func (export \"_start\")"
	"  (drop (call $a (i32.const 0) (i32.const 4)))"
	"  (drop (call $e (i32.const 8) (i32.const 12)))"
	"  (call $x (i32.add (i32.load (i32.const 0))"
	"   (i32.mul (i32.const 10) (i32.load (i32.const 8)))))))";

static void guests_see_arguments_and_variables(void **state)
{
	static const char *const args[] = { "name", "one", "two" };
	static const char *const envs[] = { "A=1", "B=2" };
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config = defaults();
	lunatic_rt_environment *environment;
	lunatic_rt_outcome outcome;
	lunatic_rt_process *process;
	lunatic_rt_module *module;
	uint32_t code;

	config.args = args;
	config.arg_count = 3;
	config.envs = envs;
	config.env_count = 2;
	environment = with(fixture, &config);
	module = compile(environment, counter);
	assert_int_equal(lunatic_rt_process_spawn(module, "_start", NULL, 0, 0,
						  &process, NULL),
			 0);
	assert_int_equal(lunatic_rt_process_wait(process, -1, &outcome, &code),
			 0);
	assert_int_equal(outcome, LUNATIC_RT_OUTCOME_EXITED);
	assert_int_equal(code, 23);
	lunatic_rt_process_release(process);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
}

static void guard_pages(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config = defaults();
	lunatic_rt_environment *environment;
	lunatic_rt_module *module;

	let_guests_trap();
	config.strategy = LUNATIC_RT_MEMORY_GUARD;
	environment = with(fixture, &config);
	module = compile(environment, grower);
	assert_int_equal(call(module, "grow"), LUNATIC_RT_OUTCOME_NORMAL);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
}

static void modules_are_checked(void **state)
{
	static const char broken[] = "\0asm\1\0\0\0\1\1";
	static const char good[] = "(module)";
	struct fixture *fixture = *state;
	lunatic_rt_environment *environment = fixture->environment;
	lunatic_rt_module *module = (lunatic_rt_module *)fixture;
	char *text = (char *)fixture;

	assert_int_equal(lunatic_rt_module_new(environment, broken,
					       sizeof(broken) - 1, &module,
					       &text),
			 LUNATIC_RT_EFORMAT);
	assert_null(module);
	assert_non_null(text);
	assert_null(strchr(text, '\n'));
	lunatic_rt_string_free(text);
	assert_int_equal(lunatic_rt_module_new(environment, broken,
					       sizeof(broken) - 1, &module,
					       NULL),
			 LUNATIC_RT_EFORMAT);
	assert_int_equal(
		lunatic_rt_module_new(environment, "", 0, &module, NULL),
		LUNATIC_RT_EFORMAT);
	assert_int_equal(lunatic_rt_module_new(NULL, good, sizeof(good) - 1,
					       &module, &text),
			 LUNATIC_RT_EINVAL);
	assert_null(text);
	assert_int_equal(
		lunatic_rt_module_new(environment, NULL, 3, &module, NULL),
		LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_module_new(environment, good,
					       sizeof(good) - 1, NULL, NULL),
			 LUNATIC_RT_EINVAL);
	lunatic_rt_module_release(NULL);
}

static void large_modules_are_refused(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config = defaults();
	lunatic_rt_environment *environment;
	lunatic_rt_module *module;
	char *text;

	config.max_module_bytes = 20;
	environment = with(fixture, &config);
	assert_int_equal(lunatic_rt_module_new(environment, grower,
					       sizeof(grower) - 1, &module,
					       &text),
			 LUNATIC_RT_ELIMIT);
	assert_non_null(text);
	lunatic_rt_string_free(text);
	lunatic_rt_environment_release(environment);
}

struct made {
	lunatic_rt *runtime;
	int environment;
	int module;
	int spawn;
	lunatic_rt_outcome outcome;
};

static int make_inside(lunatic_rt_process *self, void *argument)
{
	struct made *made = argument;
	lunatic_rt_environment *environment;
	lunatic_rt_process *process;
	lunatic_rt_module *module;
	int error;

	(void)self;
	made->environment =
		lunatic_rt_environment_new(made->runtime, NULL, &environment);
	made->module = lunatic_rt_module_new(environment, caller,
					     sizeof(caller) - 1, &module, NULL);
	made->spawn = lunatic_rt_process_spawn(module, "version", NULL, 0, 0,
					       &process, NULL);
	lunatic_rt_environment_release(environment);
	lunatic_rt_module_release(module);
	while ((error = lunatic_rt_process_outcome(process, &made->outcome,
						   NULL)) == LUNATIC_RT_EAGAIN)
		lunatic_rt_sleep_ms(1);
	lunatic_rt_process_release(process);
	return error;
}

/* A native process makes an environment and runs a guest in it. */
static void made_by_a_process(void **state)
{
	struct fixture *fixture = *state;
	struct made made = { .runtime = fixture->runtime,
			     .environment = -1,
			     .module = -1,
			     .spawn = -1,
			     .outcome = LUNATIC_RT_OUTCOME_KILLED };

	run(fixture->environment, make_inside, &made);
	assert_int_equal(made.environment, 0);
	assert_int_equal(made.module, 0);
	assert_int_equal(made.spawn, 0);
	assert_int_equal(made.outcome, LUNATIC_RT_OUTCOME_NORMAL);
}

/* Directories must exist, and lists must be there. */
static void directories_are_opened(void **state)
{
	const lunatic_rt_preopen none[] = { { .host = "/no/such/directory" } };
	const lunatic_rt_preopen good[] = {
		{ .host = "/tmp", .guest = "/" },
		{ .host = "/", .read_only = 1 },
	};
	const lunatic_rt_preopen bad[] = { { .guest = "/" } };
	lunatic_rt_environment_config config;
	lunatic_rt_environment *environment;
	lunatic_rt *runtime;

	(void)state;
	assert_int_equal(lunatic_rt_new(NULL, &runtime), 0);
	assert_int_equal(
		lunatic_rt_environment_config_init(&config, sizeof(config)), 0);
	config.preopens = good;
	config.preopen_count = 2;
	assert_int_equal(
		lunatic_rt_environment_new(runtime, &config, &environment), 0);
	lunatic_rt_environment_release(environment);
	config.preopens = none;
	config.preopen_count = 1;
	assert_int_equal(
		lunatic_rt_environment_new(runtime, &config, &environment),
		LUNATIC_RT_ENOENT);
	config.preopens = bad;
	assert_int_equal(
		lunatic_rt_environment_new(runtime, &config, &environment),
		LUNATIC_RT_EINVAL);
	config.preopens = NULL;
	assert_int_equal(
		lunatic_rt_environment_new(runtime, &config, &environment),
		LUNATIC_RT_EINVAL);
	lunatic_rt_free(runtime);
}

/* An address that can be had, one that is used, and what is none. */
static void listeners_are_opened(void **state)
{
	static const char *const hole[] = { NULL };
	static const char *const name[] = { "localhost:80" };
	static const char *const foreign[] = { "192.0.2.1:0" };
	static const char *const any[] = { "127.0.0.1:0", "127.0.0.1:0" };
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config = defaults();
	lunatic_rt_environment *environment;
	const struct {
		const char *const *list;
		size_t count;
		int error;
	} cases[] = { { NULL, 1, LUNATIC_RT_EINVAL },
		      { hole, 1, LUNATIC_RT_EINVAL },
		      { name, 1, LUNATIC_RT_EFORMAT },
		      { foreign, 1, LUNATIC_RT_ENOENT },
		      { any, 2, 0 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		config.listeners = cases[i].list;
		config.listener_count = cases[i].count;
		assert_int_equal(lunatic_rt_environment_new(fixture->runtime,
							    &config,
							    &environment),
				 cases[i].error);
		lunatic_rt_environment_release(environment);
	}
}

/* Adds the export "added", of a function that returns at once. */
static const char adder[] =
	"(module"
	" (import \"lunatic::plugin\" \"add_function_type\" (func $type"
	"  (param i32 i32 i32 i32 i32) (result i32)))"
	" (import \"lunatic::plugin\" \"add_function\" (func $function"
	"  (param i32 i32 i32 i32 i32 i32) (result i32)))"
	" (import \"lunatic::plugin\" \"add_function_export\" (func $export"
	"  (param i32 i32 i32)))"
	" (memory (export \"memory\") 1)"
	" (data (i32.const 0) \"\\0b\") (data (i32.const 8) \"added\")"
	" (func (export \"lunatic_create_module_hook\")"
	"  (if (call $type (i32.const 0) (i32.const 0) (i32.const 0)"
	"   (i32.const 0) (i32.const 64)) (then unreachable))"
	"  (if (call $function (i32.load (i32.const 64)) (i32.const 0)"
	"   (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64))"
	"   (then unreachable))"
	"  (call $export (i32.const 8) (i32.const 5)"
	"   (i32.load (i32.const 64)))))";

static const char failing[] =
	"(module (func (export \"lunatic_create_module_hook\") unreachable))";

static void plugins_change_modules(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_plugin plugin = { .bytes = adder, .len = strlen(adder) };
	lunatic_rt_environment_config config = defaults();
	lunatic_rt_environment *environment;
	lunatic_rt_module *module;
	char *text;

	let_guests_trap();
	config.plugins = &plugin;
	config.plugin_count = 1;
	environment = with(fixture, &config);
	module = compile(environment, "(module)");
	assert_int_equal(call(module, "added"), LUNATIC_RT_OUTCOME_NORMAL);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);

	plugin = (lunatic_rt_plugin){ .name = "mine",
				      .bytes = failing,
				      .len = strlen(failing) };
	environment = with(fixture, &config);
	assert_int_equal(lunatic_rt_module_new(environment, "(module)", 8,
					       &module, &text),
			 LUNATIC_RT_ETRAP);
	assert_null(module);
	assert_non_null(strstr(text, "plugin 'mine' failed"));
	lunatic_rt_string_free(text);
	lunatic_rt_environment_release(environment);
}

static void plugins_are_checked(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_plugin plugins[17];
	lunatic_rt_environment_config config = defaults();
	lunatic_rt_environment *environment;

	for (int i = 0; i < 17; i++)
		plugins[i] = (lunatic_rt_plugin){ .bytes = failing,
						  .len = strlen(failing) };
	config.plugins = plugins;
	config.plugin_count = 16;
	lunatic_rt_environment_release(with(fixture, &config));
	config.plugin_count = 17;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 LUNATIC_RT_ELIMIT);
	assert_null(environment);
	config.plugin_count = 2;
	plugins[1].len = 3;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 LUNATIC_RT_EFORMAT);
	assert_null(environment);
	plugins[1].bytes = NULL;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 LUNATIC_RT_EINVAL);
	assert_null(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_are_opened),
		cmocka_unit_test(listeners_are_opened),
		cmocka_unit_test(config_is_checked),
		cmocka_unit_test(memory_and_fuel_are_limited),
		cmocka_unit_test(processes_are_limited),
		cmocka_unit_test(mailboxes_are_limited),
		cmocka_unit_test(namespaces_are_allowed_one_by_one),
		cmocka_unit_test(guests_see_arguments_and_variables),
		cmocka_unit_test(guard_pages),
		cmocka_unit_test(modules_are_checked),
		cmocka_unit_test(large_modules_are_refused),
		cmocka_unit_test(plugins_change_modules),
		cmocka_unit_test(plugins_are_checked),
		cmocka_unit_test(made_by_a_process),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
