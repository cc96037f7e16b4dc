/* src/embed/runtime.c: runtimes from their start to their end. */
#include "fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "support/addresses.h"

static void texts(void **state)
{
	(void)state;
	assert_string_equal(lunatic_rt_error_text(LUNATIC_RT_EFULL),
			    "the mailbox is full");
	assert_string_equal(lunatic_rt_error_text(0), "success");
	assert_string_equal(lunatic_rt_error_text(LUNATIC_RT_EMEMORY - 1),
			    "unknown error");
	assert_string_equal(lunatic_rt_error_text(INT32_MAX), "unknown error");
	assert_non_null(strchr(lunatic_rt_version(), '.'));
	lunatic_rt_string_free(NULL);
}

static void config_is_checked(void **state)
{
	lunatic_rt_config config;
	lunatic_rt *runtime = (lunatic_rt *)&config;

	(void)state;
	assert_int_equal(lunatic_rt_config_init(NULL, sizeof(config)),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_config_init(&config, 0), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_config_init(&config, sizeof(config)), 0);
	assert_int_equal(config.size, sizeof(config));
	assert_int_equal(config.workers, 0);
	assert_int_equal(lunatic_rt_new(&config, NULL), LUNATIC_RT_EINVAL);
	config.workers = 257;
	assert_int_equal(lunatic_rt_new(&config, &runtime), LUNATIC_RT_EINVAL);
	assert_null(runtime);
	config.workers = 1;
	config.size = 0;
	assert_int_equal(lunatic_rt_new(&config, &runtime), LUNATIC_RT_EINVAL);
	config.size = sizeof(config);
	config.max_compile_memory = ((size_t)64 << 20) - 1;
	assert_int_equal(lunatic_rt_new(&config, &runtime), LUNATIC_RT_EINVAL);
	config.max_compile_memory = (size_t)64 << 20;
	config.max_compile_seconds = 86401;
	assert_int_equal(lunatic_rt_new(&config, &runtime), LUNATIC_RT_EINVAL);
	config.max_compile_seconds = 86400;
	assert_int_equal(lunatic_rt_new(&config, &runtime), 0);
	assert_non_null(runtime);
	assert_int_equal(lunatic_rt_free(runtime), 0);
	assert_int_equal(lunatic_rt_free(NULL), 0);
}

/* Adds a module of 60,000 instructions to a runtime with that compiler. */
static void add_large(const char *compiler)
{
	static const char head[] = "(module (func (export \"f\")";
	lunatic_rt_environment *environment;
	lunatic_rt_config config;
	lunatic_rt *runtime;
	lunatic_rt_module *module;
	size_t len = sizeof(head) - 1;
	char *text = malloc(len + 4 * 60000 + 2);
	char *error;

	memcpy(text, head, len);
	for (int i = 0; i < 60000; i++, len += 4)
		memcpy(text + len, " nop", 4);
	memcpy(text + len, "))", 2);
	assert_int_equal(lunatic_rt_config_init(&config, sizeof(config)), 0);
	config.compiler = compiler;
	assert_int_equal(lunatic_rt_new(&config, &runtime), 0);
	assert_int_equal(
		lunatic_rt_environment_new(runtime, NULL, &environment), 0);
	assert_int_equal(lunatic_rt_module_new(environment, text, len + 2,
					       &module, &error),
			 0);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(environment);
	assert_int_equal(lunatic_rt_free(runtime), 0);
	free(text);
}

/* Large modules are given to the program that is named, by the configuration or
 * by the variable; if it cannot compile, this one does. */
static void compiler_is_asked(void **state)
{
	static const char script[] = "#!/bin/sh\n: >\"$0.ran\"\nexit 1\n";
	char folder[] = "/tmp/lunatic-test-XXXXXX";
	char path[64], ran[80];
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/compiler", folder);
	(void)snprintf(ran, sizeof(ran), "%s.ran", path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(script, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0700), 0);
	setenv("LUNATIC_CACHE", "off", 1);
	add_large(NULL);
	assert_int_equal(access(ran, F_OK), -1);
	add_large(path);
	assert_int_equal(unlink(ran), 0);
	setenv("LUNATIC_RT_COMPILER", path, 1);
	add_large("");
	assert_int_equal(access(ran, F_OK), -1);
	add_large(NULL);
	assert_int_equal(unlink(ran), 0);
	unsetenv("LUNATIC_RT_COMPILER");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static int echo(lunatic_rt_process *self, void *argument)
{
	lunatic_rt_process *from;
	lunatic_rt_message *message;

	(void)self;
	(void)argument;
	if (lunatic_rt_receive(NULL, 0, -1, &message) < 0)
		return 1;
	if (lunatic_rt_message_take_process(message, 0, &from) < 0)
		return 2;
	lunatic_rt_message_free(message);
	if (send_tag(from, 5) < 0)
		return 3;
	lunatic_rt_process_release(from);
	return 0;
}

static int ask(lunatic_rt_process *self, void *argument)
{
	lunatic_rt_message *message;

	if (lunatic_rt_message_new(0, &message) < 0 ||
	    lunatic_rt_message_push_process(message, self, NULL) < 0)
		return 1;
	if (lunatic_rt_send(argument, message) < 0)
		return 2;
	if (lunatic_rt_receive(NULL, 0, -1, &message) < 0)
		return 3;
	if (lunatic_rt_message_tag(message) != 5)
		return 4;
	lunatic_rt_message_free(message);
	return 0;
}

/* Two runtimes, whose processes talk to each other. */
static void several(void **state)
{
	lunatic_rt_environment *environments[2];
	lunatic_rt *runtimes[2];
	lunatic_rt_process *echoing;
	lunatic_rt_process *asking;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lunatic_rt_new(NULL, &runtimes[i]), 0);
		assert_int_equal(lunatic_rt_environment_new(runtimes[i], NULL,
							    &environments[i]),
				 0);
	}
	echoing = start(environments[0], echo, NULL);
	asking = start(environments[1], ask, echoing);
	assert_int_equal(finish(asking), LUNATIC_RT_OUTCOME_NORMAL);
	assert_int_equal(finish(echoing), LUNATIC_RT_OUTCOME_NORMAL);
	for (int i = 0; i < 2; i++) {
		lunatic_rt_environment_release(environments[i]);
		assert_int_equal(lunatic_rt_free(runtimes[i]), 0);
	}
}

/* What is held after the end of a runtime stays valid and refuses. */
static void handles_outlive_it(void **state)
{
	lunatic_rt_environment *environment;
	lunatic_rt_process *process;
	lunatic_rt_process *other;
	lunatic_rt *runtime;
	lunatic_rt_outcome outcome;
	lunatic_rt_module *module;

	(void)state;
	assert_int_equal(lunatic_rt_new(NULL, &runtime), 0);
	assert_int_equal(
		lunatic_rt_environment_new(runtime, NULL, &environment), 0);
	module = compile(environment, "(module (func (export \"f\")))");
	process = start(environment, wait_for_ever, NULL);
	assert_int_equal(lunatic_rt_free(runtime), 0);

	assert_int_equal(lunatic_rt_process_outcome(process, &outcome, NULL),
			 0);
	assert_int_equal(outcome, LUNATIC_RT_OUTCOME_KILLED);
	assert_int_equal(send_tag(process, 1), LUNATIC_RT_EDEAD);
	assert_int_equal(lunatic_rt_process_kill(process), 0);
	assert_int_equal(lunatic_rt_process_spawn_native(environment,
							 wait_for_ever, NULL,
							 NULL, 0, &other),
			 LUNATIC_RT_ESTOPPED);
	assert_null(other);
	assert_int_equal(
		lunatic_rt_process_spawn(module, "f", NULL, 0, 0, &other, NULL),
		LUNATIC_RT_ESTOPPED);
	lunatic_rt_environment_release(environment);
	lunatic_rt_module_release(module);
	lunatic_rt_process_release(process);
}

struct inside {
	lunatic_rt *runtime;
	lunatic_rt_process *self;
	int from_process;
	int from_pool;
	int wait_from_pool;
};

static void try_in_pool(void *argument)
{
	struct inside *inside = argument;

	inside->from_pool = lunatic_rt_free(inside->runtime);
	inside->wait_from_pool =
		lunatic_rt_process_wait(inside->self, -1, NULL, NULL);
}

static int try_to_free(lunatic_rt_process *self, void *argument)
{
	struct inside *inside = argument;

	inside->self = self;
	inside->from_process = lunatic_rt_free(inside->runtime);
	return lunatic_rt_blocking(try_in_pool, inside);
}

static void not_freed_from_inside(void **state)
{
	struct fixture *fixture = *state;
	struct inside inside = { .runtime = fixture->runtime };

	run(fixture->environment, try_to_free, &inside);
	assert_int_equal(inside.from_process, LUNATIC_RT_EINVAL);
	assert_int_equal(inside.from_pool, LUNATIC_RT_EINVAL);
	assert_int_equal(inside.wait_from_pool, LUNATIC_RT_EINVAL);
}

static void *send_until_dead(void *argument)
{
	lunatic_rt_process *process = argument;

	while (send_tag(process, 1) != LUNATIC_RT_EDEAD)
		;
	lunatic_rt_process_release(process);
	return NULL;
}

/* Threads are inside of calls with a process while its runtime ends; the last
 * one frees what is left. */
static void ends_under_senders(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		lunatic_rt_environment *environment;
		lunatic_rt_process *process;
		lunatic_rt *runtime;
		pthread_t threads[3];

		assert_int_equal(lunatic_rt_new(NULL, &runtime), 0);
		assert_int_equal(
			lunatic_rt_environment_new(runtime, NULL, &environment),
			0);
		process = start(environment, wait_for_ever, NULL);
		lunatic_rt_environment_release(environment);
		for (int i = 0; i < 3; i++)
			assert_int_equal(
				pthread_create(
					&threads[i], NULL, send_until_dead,
					lunatic_rt_process_retain(process)),
				0);
		lunatic_rt_process_release(process);
		assert_int_equal(lunatic_rt_free(runtime), 0);
		for (int i = 0; i < 3; i++)
			pthread_join(threads[i], NULL);
	}
}

struct told {
	_Atomic int count;
	lunatic_rt_process *process;
	bool named; /* the text says what happened and where */
	bool alive; /* nobody had been told of its end */
	bool freed; /* the runtime, from inside */
	lunatic_rt *runtime;
};

static void note_trap(void *argument, lunatic_rt_process *process,
		      const char *text)
{
	struct told *told = argument;
	lunatic_rt_outcome outcome;

	told->count++;
	told->process = lunatic_rt_process_retain(process);
	told->named = strstr(text, "unreachable") != NULL &&
		      strstr(text, "culprit") != NULL &&
		      text[strlen(text) - 1] != '\n';
	told->alive = lunatic_rt_process_outcome(process, &outcome, NULL) ==
		      LUNATIC_RT_EAGAIN;
	told->freed = lunatic_rt_free(told->runtime) == 0;
}

static const char culprit[] =
	"(module (func $culprit (export \"f\") unreachable)"
	" (func (export \"g\")))";

/* Each trap is told, and nothing else is. */
static void traps_are_told(void **state)
{
	struct fixture fixture = { 0 };
	struct told told = { 0 };
	lunatic_rt_config config;
	lunatic_rt_process *process;
	lunatic_rt_module *module;

	(void)state;
	let_guests_trap();
	lunatic_rt_config_init(&config, sizeof(config));
	config.on_trap = note_trap;
	config.on_trap_argument = &told;
	assert_int_equal(lunatic_rt_new(&config, &fixture.runtime), 0);
	told.runtime = fixture.runtime;
	assert_int_equal(lunatic_rt_environment_new(fixture.runtime, NULL,
						    &fixture.environment),
			 0);
	module = compile(fixture.environment, culprit);
	/* More than standard error would get in a second. */
	for (int i = 1; i <= 50; i++) {
		assert_int_equal(lunatic_rt_process_spawn(module, "f", NULL, 0,
							  0, &process, NULL),
				 0);
		assert_int_equal(
			lunatic_rt_process_wait(process, -1, NULL, NULL), 0);
		assert_int_equal(told.count, i);
		assert_ptr_equal(told.process, process);
		assert_true(told.named);
		assert_true(told.alive);
		assert_false(told.freed);
		lunatic_rt_process_release(told.process);
		lunatic_rt_process_release(process);
	}
	assert_int_equal(lunatic_rt_process_spawn(module, "g", NULL, 0, 0,
						  &process, NULL),
			 0);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_NORMAL);
	process = start(fixture.environment, wait_for_ever, NULL);
	assert_int_equal(lunatic_rt_process_kill(process), 0);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_KILLED);
	assert_int_equal(told.count, 50);
	lunatic_rt_module_release(module);
	lunatic_rt_environment_release(fixture.environment);
	assert_int_equal(lunatic_rt_free(fixture.runtime), 0);
}

static void give_up_descriptors(void)
{
	const struct rlimit limit = { .rlim_cur = 3, .rlim_max = 3 };

	setrlimit(RLIMIT_NOFILE, &limit);
}

static void give_up_addresses(void)
{
	const struct rlimit limit = { .rlim_cur = 1 << 20,
				      .rlim_max = 1 << 20 };

	setrlimit(RLIMIT_AS, &limit);
}

static void give_up_threads(void)
{
	const struct rlimit limit = { .rlim_cur = 1, .rlim_max = 1 };

	/* Root may have any number. */
	if (setrlimit(RLIMIT_NPROC, &limit) != 0 ||
	    (geteuid() == 0 && setuid(65534) != 0))
		_exit(-LUNATIC_RT_EIO);
}

static void give_up_executable_memory(void)
{
	/* PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN: Linux 6.3 */
	if (prctl(65, 1, 0, 0, 0) != 0)
		_exit(-LUNATIC_RT_EPERM);
}

/* What a program gets that gives up something first. */
static int start_without(void (*give_up)(void))
{
	lunatic_rt *runtime = NULL;
	pid_t child = fork();
	int status, error;

	assert_true(child >= 0);
	if (child == 0) {
		unsetenv("HOME");
		give_up();
		error = lunatic_rt_new(NULL, &runtime);
		_exit(runtime == NULL ? -error : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

/* An error for each, and the program goes on. */
static void system_refuses(void **state)
{
	(void)state;
	if (LN_TSAN) /* which allows no threads after fork */
		skip();
	assert_int_equal(start_without(give_up_descriptors), LUNATIC_RT_ELIMIT);
	assert_int_equal(start_without(give_up_executable_memory),
			 LUNATIC_RT_EPERM);
	if (LN_ASAN)
		return;
	if (test_addresses_are_limited())
		assert_int_equal(start_without(give_up_addresses),
				 LUNATIC_RT_ENOMEM);
	assert_int_equal(start_without(give_up_threads), LUNATIC_RT_EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: its set-up notes the engine's handlers. */
		cmocka_unit_test_setup_teardown(traps_are_told, set_up,
						tear_down),
		cmocka_unit_test(texts),
		cmocka_unit_test(config_is_checked),
		cmocka_unit_test(compiler_is_asked),
		cmocka_unit_test(system_refuses),
		cmocka_unit_test(several),
		cmocka_unit_test(handles_outlive_it),
		cmocka_unit_test_setup_teardown(not_freed_from_inside, set_up,
						tear_down),
		cmocka_unit_test(ends_under_senders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
