/* Environments of several engines in one runtime. */
#include "fixture.h"

static void names_are_checked(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config;
	lunatic_rt_environment *environment = NULL;
	lunatic_rt_config own;
	lunatic_rt *runtime = NULL;

	assert_int_equal(
		lunatic_rt_environment_config_init(&config, sizeof(config)), 0);
	config.engine = "wasmtim";
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 LUNATIC_RT_ENOENT);
	assert_null(environment);
	assert_int_equal(lunatic_rt_config_init(&own, sizeof(own)), 0);
	own.engine = "";
	assert_int_equal(lunatic_rt_new(&own, &runtime), LUNATIC_RT_ENOENT);
	assert_null(runtime);
	own.engine = "wasmtime";
	assert_int_equal(lunatic_rt_new(&own, &runtime), 0);
	lunatic_rt_free(runtime);
	setenv("LUNATIC_ENGINE", "nothing", 1);
	assert_int_equal(lunatic_rt_new(NULL, &runtime), LUNATIC_RT_ENOENT);
	setenv("LUNATIC_ENGINE", "", 1);
	assert_int_equal(lunatic_rt_new(NULL, &runtime), 0);
	lunatic_rt_free(runtime);
	unsetenv("LUNATIC_ENGINE");
}

#if LN_HAS_WASMI

static lunatic_rt_environment *of(struct fixture *fixture, const char *engine)
{
	lunatic_rt_environment_config config;
	lunatic_rt_environment *environment;

	assert_int_equal(
		lunatic_rt_environment_config_init(&config, sizeof(config)), 0);
	config.engine = engine;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 0);
	return environment;
}

static char report[512];

static void note(void *argument, lunatic_rt_process *process, const char *text)
{
	(void)argument;
	(void)process;
	strncpy(report, text, sizeof(report) - 1);
}

/* Each gets the other one, links to it, and tells the first one so, which then
 * computes for ever; `caller` is the second. */
static const char peers[] =
	"(module"
	" (import \"lunatic::message\" \"create_data\""
	"  (func $create (param i64 i64)))"
	" (import \"lunatic::message\" \"push_process\""
	"  (func $push (param i64) (result i64)))"
	" (import \"lunatic::message\" \"take_process\""
	"  (func $take (param i64) (result i64)))"
	" (import \"lunatic::message\" \"send\" (func $send (param i64)))"
	" (import \"lunatic::message\" \"receive\""
	"  (func $receive (param i32 i32 i32) (result i32)))"
	" (import \"lunatic::process\" \"this\" (func $this (result i64)))"
	" (import \"lunatic::process\" \"link\" (func $link (param i64 i64)))"
	" (memory (export \"memory\") 1)"
	" (func $meet (result i64)"
	"  (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0)))"
	"  (call $take (i64.const 0)))"
	" (func $greet (param $to i64)"
	"  (call $create (i64.const 0) (i64.const 0))"
	"  (drop (call $push (call $this)))"
	"  (call $send (local.get $to)))"
	" (func (export \"callee\") (local $other i64)"
	"  (local.set $other (call $meet))"
	"  (call $link (i64.const 0) (local.get $other))"
	"  (call $greet (local.get $other))"
	"  (loop $spin (br $spin)))"
	" (func (export \"caller\") (local $other i64)"
	"  (local.set $other (call $meet))" /* from the test */
	"  (call $greet (local.get $other))"
	"  (drop (call $meet))"
	"  (drop (call $meet)))" /* never */
	" (func $trap (export \"trap\") (call $inner))"
	" (func $inner (drop (i32.div_s (i32.const 1) (i32.const 0)))))";

static void introduce(lunatic_rt_process *to, lunatic_rt_process *other)
{
	lunatic_rt_message *message;

	assert_int_equal(lunatic_rt_message_new(0, &message), 0);
	assert_int_equal(lunatic_rt_message_push_process(message, other, NULL),
			 0);
	assert_int_equal(lunatic_rt_send(to, message), 0);
}

/* Waits until a process is linked to another one. */
static void wait_linked(struct fixture *fixture)
{
	lunatic_rt_process_list *list;
	lunatic_rt_process_info info;
	uint32_t links = 0;

	for (int i = 0; links == 0 && i < 10000; i++) {
		nap();
		assert_int_equal(lunatic_rt_processes(fixture->runtime,
						      SIZE_MAX, 0, &list),
				 0);
		for (size_t at = 0; at < lunatic_rt_process_list_count(list);
		     at++) {
			assert_int_equal(lunatic_rt_process_list_get(
						 list, at, &info, sizeof(info)),
					 0);
			links += info.links;
		}
		lunatic_rt_process_list_free(list);
	}
	assert_true(links > 0);
}

static void meet(const char *one, const char *other, bool kill_callee,
		 struct fixture *fixture)
{
	lunatic_rt_environment *environments[] = { of(fixture, one),
						   of(fixture, other) };
	lunatic_rt_module *modules[] = { compile(environments[0], peers),
					 compile(environments[1], peers) };
	lunatic_rt_process *callee = spawn_export(modules[0], "callee");
	lunatic_rt_process *caller = spawn_export(modules[1], "caller");
	lunatic_rt_outcome outcome;

	introduce(caller, callee);
	wait_linked(fixture);
	/* Neither ends by itself. */
	assert_int_equal(lunatic_rt_process_wait(callee, 20, &outcome, NULL),
			 LUNATIC_RT_ETIMEDOUT);
	assert_int_equal(lunatic_rt_process_kill(kill_callee ? callee : caller),
			 0);
	/* The link takes the other one along. */
	assert_int_equal(finish(callee), LUNATIC_RT_OUTCOME_KILLED);
	assert_int_equal(finish(caller), LUNATIC_RT_OUTCOME_KILLED);
	for (int i = 0; i < 2; i++) {
		lunatic_rt_module_release(modules[i]);
		lunatic_rt_environment_release(environments[i]);
	}
}

static void processes_of_both_meet(void **state)
{
	let_guests_trap();
	meet("wasmi", "wasmtime", true, *state);
	meet("wasmi", "wasmtime", false, *state);
	meet("wasmtime", "wasmi", true, *state);
	meet("wasmtime", "wasmi", false, *state);
	meet("wasmi", "wasmi", true, *state);
	meet("wasmi", "auto", true, *state);
	meet("auto", "wasmi", true, *state);
}

/* A runtime with an engine, whose reports are noted, and an environment. */
static lunatic_rt *begin(const char *engine,
			 lunatic_rt_environment **environment)
{
	lunatic_rt_config config;
	lunatic_rt *runtime;

	assert_int_equal(lunatic_rt_config_init(&config, sizeof(config)), 0);
	config.engine = engine;
	config.on_trap = note;
	assert_int_equal(lunatic_rt_new(&config, &runtime), 0);
	assert_int_equal(lunatic_rt_environment_new(runtime, NULL, environment),
			 0);
	return runtime;
}

/* What is compiled at once is not interpreted, as its backtraces show. */
static void small_modules_are_compiled(void **state)
{
	static const char text[] = "(module (tag $t) (func (throw $t)))";
	lunatic_rt_environment *environment;
	lunatic_rt_module *module;
	lunatic_rt *runtime;

	(void)state;
	runtime = begin("auto", &environment);
	let_guests_trap();
	module = compile(environment, peers);
	assert_int_equal(finish(spawn_export(module, "trap")),
			 LUNATIC_RT_OUTCOME_TRAPPED);
	lunatic_rt_module_release(module);
	module = compile(environment, text);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
	lunatic_rt_free(runtime);
	assert_non_null(strstr(report, "0x"));
	assert_non_null(strstr(report, "!inner"));
}

static void traps_name_functions(void **state)
{
	lunatic_rt_environment *environment;
	lunatic_rt_module *module;
	lunatic_rt *runtime;

	(void)state;
	runtime = begin("wasmi", &environment);
	module = compile(environment, peers);
	assert_int_equal(finish(spawn_export(module, "trap")),
			 LUNATIC_RT_OUTCOME_TRAPPED);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
	lunatic_rt_free(runtime);
	assert_non_null(strstr(report, "integer divide by zero"));
	assert_non_null(strstr(report, "0: <unknown>!inner"));
	assert_non_null(strstr(report, "1: <unknown>!trap"));
}

/* What is refused, since the engine cannot run it. */
static void exceptions_are_refused(void **state)
{
	static const char text[] = "(module (tag $t) (func (throw $t)))";
	lunatic_rt_environment *environment = of(*state, "wasmi");
	lunatic_rt_module *module = NULL;
	char *error;

	assert_int_equal(lunatic_rt_module_new(environment, text, strlen(text),
					       &module, &error),
			 LUNATIC_RT_EFORMAT);
	assert_null(module);
	assert_non_null(strstr(error, "exceptions"));
	lunatic_rt_string_free(error);
	lunatic_rt_environment_release(environment);
}

/* Valid, and too large to be translated when it is called. */
static void large_functions_trap(void **state)
{
	static const char local[] = " i64";
	static char text[200000] = "(module (func (export \"large\") (local";
	lunatic_rt_environment *environment = of(*state, "wasmi");
	lunatic_rt_module *module;
	size_t len = strlen(text);

	for (int i = 0; i < 40000; i++, len += strlen(local))
		memcpy(text + len, local, sizeof(local));
	strcpy(text + len, ")))");
	module = compile(environment, text);
	assert_int_equal(finish(spawn_export(module, "large")),
			 LUNATIC_RT_OUTCOME_TRAPPED);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
}

static const char limited[] =
	"(module (memory (export \"memory\") 1)"
	" (table $t 1 funcref)"
	" (func (export \"grow\") (if (i32.ne (memory.grow (i32.const 1))"
	"  (i32.const -1)) (then unreachable)))"
	" (func (export \"fit\") (if (i32.ne (memory.grow (i32.const 0))"
	"  (i32.const 1)) (then unreachable)))"
	" (func (export \"table\") (if (i32.ne (table.grow $t (ref.null func)"
	"  (i32.const 100)) (i32.const -1)) (then unreachable)))"
	" (func $recurse (call $recurse))"
	" (func (export \"recurse\") (call $recurse))"
	" (func (export \"spin\") (loop $l (br $l))))";

static void limits_hold(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config;
	lunatic_rt_environment *environment;
	lunatic_rt_process *process;
	lunatic_rt_module *module;
	char *text;

	assert_int_equal(
		lunatic_rt_environment_config_init(&config, sizeof(config)), 0);
	config.engine = "wasmi";
	config.max_memory = 100000;
	config.max_table_elements = 100;
	config.max_fuel = 3000000;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 0);
	module = compile(environment, limited);
	assert_int_equal(finish(spawn_export(module, "grow")),
			 LUNATIC_RT_OUTCOME_NORMAL);
	assert_int_equal(finish(spawn_export(module, "fit")),
			 LUNATIC_RT_OUTCOME_NORMAL);
	assert_int_equal(finish(spawn_export(module, "table")),
			 LUNATIC_RT_OUTCOME_NORMAL);
	assert_int_equal(finish(spawn_export(module, "recurse")),
			 LUNATIC_RT_OUTCOME_TRAPPED);
	assert_int_equal(finish(spawn_export(module, "spin")),
			 LUNATIC_RT_OUTCOME_TRAPPED);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);

	config.max_memory = 65535;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 0);
	module = compile(environment, limited);
	assert_int_equal(lunatic_rt_process_spawn(module, "grow", NULL, 0, 0,
						  &process, &text),
			 LUNATIC_RT_ELIMIT);
	lunatic_rt_string_free(text);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
}

/* What takes more fuel than a slice has goes on where it was. */
static const char slices[] =
	"(module (table $t 1 funcref) (global $g (mut i32) (i32.const 0))"
	" (func $f (param i32) (result i32) (local i32)"
	"  (global.set $g (i32.add (global.get $g) (i32.const 1)))"
	"  (drop (table.grow $t (ref.null func) (i32.const 200000)))"
	"  (global.set $g (i32.add (global.get $g) (i32.const 1)))"
	"  (table.fill $t (i32.const 0) (ref.null func) (i32.const 200000))"
	"  (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 200000))"
	"  (loop $l"
	"   (local.set 1 (i32.add (local.get 1) (i32.const 3)))"
	"   (br_if $l (i32.lt_u (local.get 1) (i32.const 3000000))))"
	"  (i32.add (local.get 1) (global.get $g)))"
	" (func (export \"sum\")"
	"  (if (i32.ne (call $f (i32.const 1)) (i32.const 3000002))"
	"   (then unreachable))))";

static void slices_go_on(void **state)
{
	lunatic_rt_environment *environment = of(*state, "wasmi");
	lunatic_rt_module *module = compile(environment, slices);

	assert_int_equal(finish(spawn_export(module, "sum")),
			 LUNATIC_RT_OUTCOME_NORMAL);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
}

/* 64 MiB are filled and copied in pieces, and a kill takes effect in between.
 */
static const char bulk[] =
	"(module (memory (export \"memory\") 1025)"
	" (func (export \"bulk\") (loop $l"
	"  (memory.fill (i32.const 0) (i32.const 7) (i32.const 67108864))"
	"  (memory.copy (i32.const 5) (i32.const 0) (i32.const 67108864))"
	"  (if (i32.ne (i32.load8_u (i32.const 67108868)) (i32.const 7))"
	"   (then unreachable))"
	"  (br $l))))";

static void bulk_operations_end(void **state)
{
	lunatic_rt_environment *environment = of(*state, "wasmi");
	lunatic_rt_module *module = compile(environment, bulk);
	lunatic_rt_process *process = spawn_export(module, "bulk");
	lunatic_rt_outcome outcome;

	assert_int_equal(lunatic_rt_process_wait(process, 200, &outcome, NULL),
			 LUNATIC_RT_ETIMEDOUT);
	assert_int_equal(lunatic_rt_process_kill(process), 0);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_KILLED);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_checked),
#if LN_HAS_WASMI
		cmocka_unit_test(processes_of_both_meet),
		cmocka_unit_test(small_modules_are_compiled),
		cmocka_unit_test(traps_name_functions),
		cmocka_unit_test(exceptions_are_refused),
		cmocka_unit_test(large_functions_trap),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(slices_go_on),
		cmocka_unit_test(bulk_operations_end),
#endif
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
