/* src/embed/registry.c: results and errors; what the registry itself does is
 * tested in tests/unit/process. */
#include "fixture.h"

static int wait_for_kill(lunatic_rt_process *self, void *argument)
{
	lunatic_rt_message *message;

	(void)self;
	(void)argument;
	lunatic_rt_receive(NULL, 0, -1, &message);
	return 0;
}

static void finds_what_was_registered(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment *environment = fixture->environment;
	lunatic_rt_process *old = start(environment, wait_for_kill, NULL);
	lunatic_rt_process *new = start(environment, wait_for_kill, NULL);
	lunatic_rt_process *found;

	assert_int_equal(lunatic_rt_environment_lookup(environment, "db", "*",
						       &found, NULL),
			 LUNATIC_RT_ENOENT);
	assert_null(found);
	assert_int_equal(lunatic_rt_environment_register(environment, "db",
							 "1.1.0", new, NULL),
			 0);
	assert_int_equal(lunatic_rt_environment_register(environment, "db",
							 "1.0.0", old, NULL),
			 0);
	assert_int_equal(lunatic_rt_environment_lookup(environment, "db", "^1",
						       &found, NULL),
			 0);
	assert_ptr_equal(found, new);
	lunatic_rt_process_release(found);
	assert_int_equal(lunatic_rt_environment_lookup(environment, "db",
						       "~1.0", &found, NULL),
			 0);
	assert_ptr_equal(found, old);
	lunatic_rt_process_release(found);
	assert_int_equal(lunatic_rt_environment_unregister(environment, "db",
							   "1.1.0", NULL),
			 0);
	assert_int_equal(lunatic_rt_environment_unregister(environment, "db",
							   "1.1.0", NULL),
			 LUNATIC_RT_ENOENT);
	lunatic_rt_process_retain(old);
	lunatic_rt_process_kill(old);
	finish(old);
	assert_int_equal(lunatic_rt_environment_lookup(environment, "db", "*",
						       &found, NULL),
			 LUNATIC_RT_ENOENT);
	assert_int_equal(lunatic_rt_environment_register(environment, "db",
							 "1.0.0", old, NULL),
			 LUNATIC_RT_EDEAD);
	lunatic_rt_process_release(old);
	lunatic_rt_process_kill(new);
	finish(new);
}

static void malformed_texts_are_explained(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment *environment = fixture->environment;
	lunatic_rt_process *process = start(environment, wait_for_kill, NULL);
	lunatic_rt_process *found = process;
	char *text;

	assert_int_equal(lunatic_rt_environment_register(environment, "db",
							 "1.0", process, &text),
			 LUNATIC_RT_EFORMAT);
	assert_string_equal(text, "unexpected end of input while parsing minor "
				  "version number");
	lunatic_rt_string_free(text);
	assert_int_equal(lunatic_rt_environment_register(environment, "db",
							 "1.0", process, NULL),
			 LUNATIC_RT_EFORMAT);
	assert_int_equal(lunatic_rt_environment_unregister(environment, "db",
							   "1.0.x", &text),
			 LUNATIC_RT_EFORMAT);
	assert_string_equal(text,
			    "unexpected character 'x' while parsing patch "
			    "version number");
	lunatic_rt_string_free(text);
	assert_int_equal(lunatic_rt_environment_lookup(environment, "db", "1 2",
						       &found, &text),
			 LUNATIC_RT_EFORMAT);
	assert_null(found);
	assert_string_equal(text, "expected comma after major version number, "
				  "found '2'");
	lunatic_rt_string_free(text);
	assert_int_equal(lunatic_rt_environment_lookup(environment, "db", "1",
						       &found, &text),
			 LUNATIC_RT_ENOENT);
	assert_null(text);
	lunatic_rt_process_kill(process);
	finish(process);
}

static void wrong_calls_do_nothing(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment *environment = fixture->environment;
	lunatic_rt_process *process = start(environment, wait_for_kill, NULL);
	lunatic_rt_process *found = process;
	char name[4098];

	memset(name, 'n', sizeof(name));
	name[4097] = '\0';
#define REFUSED(call) assert_int_equal(call, LUNATIC_RT_EINVAL)
	REFUSED(lunatic_rt_environment_register(NULL, "n", "1.0.0", process,
						NULL));
	REFUSED(lunatic_rt_environment_register(environment, NULL, "1.0.0",
						process, NULL));
	REFUSED(lunatic_rt_environment_register(environment, "n", NULL, process,
						NULL));
	REFUSED(lunatic_rt_environment_register(environment, "n", "1.0.0", NULL,
						NULL));
	REFUSED(lunatic_rt_environment_register(environment, name, "1.0.0",
						process, NULL));
	REFUSED(lunatic_rt_environment_register(environment, "\xff", "1.0.0",
						process, NULL));
	REFUSED(lunatic_rt_environment_unregister(NULL, "n", "1.0.0", NULL));
	REFUSED(lunatic_rt_environment_unregister(environment, NULL, "1.0.0",
						  NULL));
	REFUSED(lunatic_rt_environment_unregister(environment, "n", NULL,
						  NULL));
	REFUSED(lunatic_rt_environment_lookup(NULL, "n", "*", &found, NULL));
	assert_null(found);
	REFUSED(lunatic_rt_environment_lookup(environment, NULL, "*", &found,
					      NULL));
	REFUSED(lunatic_rt_environment_lookup(environment, "n", NULL, &found,
					      NULL));
	REFUSED(lunatic_rt_environment_lookup(environment, "n", "*", NULL,
					      NULL));
#undef REFUSED
	name[4096] = '\0';
	assert_int_equal(lunatic_rt_environment_register(
				 environment, name, "1.0.0", process, NULL),
			 0);
	lunatic_rt_process_kill(process);
	finish(process);
}

static void limits_hold(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_environment_config config;
	lunatic_rt_environment *environment;
	lunatic_rt_process *process =
		start(fixture->environment, wait_for_kill, NULL);

	lunatic_rt_environment_config_init(&config, sizeof(config));
	assert_true(config.max_registrations > 0);
	config.max_registrations = 1;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 0);
	assert_int_equal(lunatic_rt_environment_register(
				 environment, "a", "1.0.0", process, NULL),
			 0);
	assert_int_equal(lunatic_rt_environment_register(
				 environment, "b", "1.0.0", process, NULL),
			 LUNATIC_RT_ELIMIT);
	lunatic_rt_environment_release(environment);
	lunatic_rt_environment_config_init(&config, sizeof(config));
	config.max_registry_bytes = 8;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &environment),
			 0);
	assert_int_equal(lunatic_rt_environment_register(
				 environment, "a", "1.0.0", process, NULL),
			 LUNATIC_RT_ELIMIT);
	lunatic_rt_environment_release(environment);
	lunatic_rt_process_kill(process);
	finish(process);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_what_was_registered,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(malformed_texts_are_explained,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_calls_do_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(limits_hold, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
