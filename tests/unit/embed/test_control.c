/* lunatic_rt_control: a server for a library, while the runtime lives. */
#include "fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "control/client.h"

static char folder[] = "/tmp/lunatic-control-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static size_t sockets(void)
{
	size_t count = 0;
	DIR *dir = opendir(folder);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static int alive(const char *program)
{
	struct ln_control_client *client;
	json_t *result;
	char *error;
	int count;

	assert_int_equal(ln_control_connect(folder, program, &client, &error),
			 0);
	assert_int_equal(ln_control_ask(client, "program", NULL, 10000000000,
					NULL, NULL, &result, &error),
			 0);
	count = (int)json_integer_value(json_object_get(result, "alive"));
	json_decref(result);
	ln_control_close(client);
	return count;
}

static int wait_for_a_message(lunatic_rt_process *self, void *argument)
{
	lunatic_rt_message *message;

	(void)self;
	(void)argument;
	if (lunatic_rt_receive(NULL, 0, -1, &message) == 0)
		lunatic_rt_message_free(message);
	return 0;
}

static void answers_until_the_end(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_process *process;
	char *error;

	assert_int_equal(sockets(), 0);
	assert_int_equal(lunatic_rt_control(fixture->runtime, folder,
					    "/x/library.so", &error),
			 0);
	assert_null(error);
	assert_int_equal(sockets(), 1);
	assert_int_equal(alive("library.so"), 0);
	assert_int_equal(lunatic_rt_process_spawn_native(
				 fixture->environment, wait_for_a_message, NULL,
				 NULL, 0, &process),
			 0);
	assert_int_equal(alive("library.so"), 1);
	assert_int_equal(
		lunatic_rt_control(fixture->runtime, folder, "again", NULL),
		LUNATIC_RT_EEXIST);
	lunatic_rt_process_release(process);
}

/* The one before has removed its socket. */
static void says_what_is_wrong(void **state)
{
	struct fixture *fixture = *state;
	char *error;

	assert_int_equal(sockets(), 0);
	assert_int_equal(lunatic_rt_control(NULL, folder, "x", NULL),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(
		lunatic_rt_control(fixture->runtime, folder, NULL, &error),
		LUNATIC_RT_EINVAL);
	assert_null(error);
	assert_int_equal(
		lunatic_rt_control(fixture->runtime, "/proc/no", "x", &error),
		LUNATIC_RT_EIO);
	assert_non_null(strstr(error, "/proc/no"));
	lunatic_rt_string_free(error);
	assert_int_equal(
		lunatic_rt_control(fixture->runtime, "/proc/no", "x", NULL),
		LUNATIC_RT_EIO);
	/* None of these keeps a later one from working. */
	assert_int_equal(
		lunatic_rt_control(fixture->runtime, folder, "x", &error), 0);
	assert_int_equal(alive(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_until_the_end, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(says_what_is_wrong, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
