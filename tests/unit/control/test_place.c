/* src/control/place.c: the folder, its sockets, and those of dead programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "control/place.h"

struct place {
	char root[64];
	char *folder;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->root, sizeof(place->root), "/tmp/lunatic-XXXXXX");
	if (mkdtemp(place->root) == NULL ||
	    asprintf(&place->folder, "%s/a/b", place->root) < 0)
		return -1;
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", place->root);
	if (system(command) != 0)
		return -1;
	free(place->folder);
	free(place);
	return 0;
}

static int listen_at(const struct place *place, const char *name, char **path)
{
	char *error = NULL;
	int fd = ln_control_listen(place->folder, name, path, &error);

	assert_null(error);
	assert_true(fd >= 0);
	return fd;
}

static size_t programs(const struct place *place)
{
	struct ln_control_program *list;
	size_t count;
	char *error;

	assert_int_equal(
		ln_control_programs(place->folder, &list, &count, &error), 0);
	ln_control_programs_free(list, count);
	return count;
}

static unsigned mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

static void names_are_plain(void **state)
{
	static const char *const cases[][2] = {
		{ "app.wasm", "app" },      { "/x/y/app.wat", "app" },
		{ "app", "app" },           { "a b\n/../c;d", "c_d" },
		{ "\xff\x1b[2J", "___2J" }, { "", "_" },
		{ ".wasm", ".wasm" },       { "x/", "_" },
		{ "a.b.wasm", "a.b" },
	};
	char name[LN_CONTROL_NAME];
	char big[300];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ln_control_name(cases[i][0], name);
		assert_string_equal(name, cases[i][1]);
	}
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ln_control_name(big, name);
	assert_int_equal(strlen(name), LN_CONTROL_NAME - 1);
}

static void only_the_user_may_connect(void **state)
{
	const struct place *place = *state;
	char *path;
	int fd = listen_at(place, "app", &path);

	assert_int_equal(mode_of(place->folder), 0700);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(programs(place), 1);
	close(fd);
	free(path);
}

static void an_open_folder_is_refused(void **state)
{
	const struct place *place = *state;
	struct ln_control_program *list;
	size_t count;
	char *path;
	char *error;

	close(listen_at(place, "app", &path));
	free(path);
	assert_int_equal(chmod(place->folder, 0750), 0);
	assert_int_equal(ln_control_listen(place->folder, "app", &path, &error),
			 LN_EPERM);
	assert_non_null(strstr(error, "chmod 700"));
	free(error);
	assert_int_equal(
		ln_control_programs(place->folder, &list, &count, &error),
		LN_EPERM);
	free(error);
}

static void a_file_is_no_folder(void **state)
{
	const struct place *place = *state;
	char *path;
	char *error;
	int fd;

	assert_int_equal(asprintf(&path, "%s/a", place->root) > 0, true);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	free(path);
	assert_int_equal(ln_control_listen(place->folder, "app", &path, &error),
			 LN_EIO);
	free(error);
}

static void no_folder_has_no_programs(void **state)
{
	assert_int_equal(programs(*state), 0);
}

static void sockets_of_the_dead_are_removed(void **state)
{
	const struct place *place = *state;
	char *path;
	int fd = listen_at(place, "app", &path);

	assert_int_equal(programs(place), 1);
	close(fd);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(programs(place), 0);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

static void one_name_for_each(void **state)
{
	const struct place *place = *state;
	char *first;
	char *second;
	int fd = listen_at(place, "app", &first);
	int other = listen_at(place, "app", &second);

	assert_string_not_equal(first, second);
	assert_int_equal(programs(place), 2);
	close(fd);
	close(other);
	free(first);
	free(second);
}

static void other_files_stay(void **state)
{
	const struct place *place = *state;
	static const char *const names[] = {
		"1-x.sock.old",       "x.sock",    "0-x.sock", "1-.sock",
		"99999999999-x.sock", "1-a b.sock"
	};
	char *path;
	int fd = listen_at(place, "app", &path);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int folder = open(place->folder, O_PATH | O_DIRECTORY);
		int file = openat(folder, names[i], O_CREAT | O_WRONLY, 0600);

		assert_true(file >= 0);
		close(file);
		close(folder);
	}
	assert_int_equal(programs(place), 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int folder = open(place->folder, O_PATH | O_DIRECTORY);

		assert_int_equal(faccessat(folder, names[i], F_OK, 0), 0);
		close(folder);
	}
	close(fd);
	free(path);
}

static void long_paths_are_reached(void **state)
{
	struct place *place = *state;
	char *path;
	int fd;
	int client;

	free(place->folder);
	assert_true(asprintf(&place->folder, "%s/%0100d/%0100d", place->root, 1,
			     2) > 0);
	fd = listen_at(place, "app", &path);
	assert_true(strlen(path) > sizeof(((struct sockaddr_un *)0)->sun_path));
	client = ln_control_dial(path);
	assert_true(client >= 0);
	assert_int_equal(programs(place), 1);
	close(client);
	close(fd);
	free(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_plain),
		TEST(only_the_user_may_connect),
		TEST(an_open_folder_is_refused),
		TEST(a_file_is_no_folder),
		TEST(no_folder_has_no_programs),
		TEST(sockets_of_the_dead_are_removed),
		TEST(one_name_for_each),
		TEST(other_files_stay),
		TEST(long_paths_are_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
