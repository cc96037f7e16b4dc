/* src/base/secret.c: the file is made once, whoever asks, and one that is
 * not safe is refused with a text that says why. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/secret.h"
#include "support/record.h"

#define USUAL "config/lunatic/cluster.key"
#define RACERS 16
#define RACES 20

static char folder[] = "/tmp/test_secret.XXXXXX";
static uint8_t key[LN_SECRET_SIZE];

static void remove_all(void)
{
	assert_int_equal(system("rm -rf ./* ./.config"), 0);
}

/* Each test has an empty folder, and a place for the key in it. */
static int setup(void **state)
{
	char path[sizeof(folder) + 16];

	(void)state;
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/config", folder);
	memset(key, 0, sizeof(key));
	return setenv("XDG_CONFIG_HOME", path, 1);
}

static int teardown(void **state)
{
	(void)state;
	remove_all();
	return chdir("/") < 0 || rmdir(folder) < 0 ? -1 : 0;
}

static void write_file(const char *path, size_t len, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (size_t i = 0; i < len; i++)
		fputc((int)(i & 0xff), file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void expect_mode(const char *path, mode_t mode)
{
	struct stat stat_of;

	assert_int_equal(stat(path, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 07777, mode);
}

static int refused(const char *path, const char *text)
{
	char *error;
	int result = ln_secret_read(&ln_secret_cluster, path, key, &error);

	assert_true(result < 0);
	assert_non_null(error);
	if (strstr(error, text) == NULL)
		fail_msg("'%s' does not say '%s'", error, text);
	assert_null(strchr(error, '\n'));
	free(error);
	return result;
}

static void read_key(const char *path)
{
	char *error;
	int result = ln_secret_read(&ln_secret_cluster, path, key, &error);

	if (result < 0)
		fail_msg("refused: %s", error);
	assert_null(error);
}

/* Reads a file as a user who owns nothing, in a process of its own. */
static bool others_read(const char *path)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		char *error = NULL;
		int result;

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(2);
		result = ln_secret_read(&ln_secret_cluster, path, key, &error);
		free(error);
		_exit(result == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status) == 0;
}

/* As systemd and Kubernetes give secrets to services. */
static void test_of_root(void **state)
{
	static const mode_t refused_modes[] = { 0460, 0450, 0444, 0442 };

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(".", 0755), 0);
	write_file("a.key", LN_SECRET_SIZE, 0440);
	assert_int_equal(chown("a.key", 0, 65534), 0);
	assert_true(others_read("a.key"));
	for (size_t i = 0; i < sizeof(refused_modes) / sizeof(mode_t); i++) {
		assert_int_equal(chmod("a.key", refused_modes[i]), 0);
		assert_false(others_read("a.key"));
	}
	/* That of anybody else is nobody's, however it may be read. */
	assert_int_equal(chmod("a.key", 0440), 0);
	assert_int_equal(chown("a.key", 1, 65534), 0);
	assert_false(others_read("a.key"));
	assert_int_equal(unlink("a.key"), 0);
}

static void test_made_once(void **state)
{
	uint8_t first[LN_SECRET_SIZE];
	const uint8_t zero[LN_SECRET_SIZE] = { 0 };
	struct stat stat_of;

	(void)state;
	umask(0);
	read_key(NULL);
	memcpy(first, key, sizeof(first));
	assert_memory_not_equal(first, zero, sizeof(first));
	expect_mode("config", 0700);
	expect_mode("config/lunatic", 0700);
	expect_mode(USUAL, 0600);
	assert_int_equal(stat(USUAL, &stat_of), 0);
	assert_int_equal(stat_of.st_size, LN_SECRET_SIZE);
	assert_int_equal(stat_of.st_nlink, 1);
	read_key(NULL);
	assert_memory_equal(first, key, sizeof(first));
	read_key(USUAL);
	assert_memory_equal(first, key, sizeof(first));
	/* Nothing else is left there. */
	assert_int_equal(system("test \"$(ls -A config/lunatic)\" = "
				"cluster.key"),
			 0);
	/* Another one is another one. */
	remove_all();
	read_key(NULL);
	assert_memory_not_equal(first, key, sizeof(first));
}

static void test_places(void **state)
{
	(void)state;
	setenv("XDG_CONFIG_HOME", "relative", 1);
	setenv("HOME", folder, 1);
	read_key(NULL);
	expect_mode(".config/lunatic/cluster.key", 0600);
	assert_int_equal(system("rm -r .config"), 0);
	unsetenv("XDG_CONFIG_HOME");
	read_key(NULL);
	expect_mode(".config/lunatic/cluster.key", 0600);
	assert_int_equal(system("rm -r .config"), 0);
	/* A service has no HOME. */
	unsetenv("HOME");
	test_record_home = folder;
	read_key(NULL);
	expect_mode(".config/lunatic/cluster.key", 0600);
	assert_int_equal(system("rm -r .config"), 0);
	test_record_home = NULL;
	assert_int_equal(refused(NULL, "HOME is not set, and the user has no "
				       "home; use --cluster-key"),
			 LN_ENOENT);
	setenv("HOME", "", 1);
	assert_int_equal(refused(NULL, "HOME is not set"), LN_ENOENT);
	test_record_error = EMFILE;
	assert_int_equal(refused(NULL, "too many files are open"), LN_ELIMIT);
	test_record_error = 0;
	setenv("HOME", folder, 1);
}

static void test_given(void **state)
{
	(void)state;
	assert_int_equal(refused("own.key", "there is no cluster key 'own.key'"
					    "; copy it"),
			 LN_ENOENT);
	assert_int_equal(access("own.key", F_OK), -1);
	write_file("own.key", LN_SECRET_SIZE, 0400);
	read_key("own.key");
	for (size_t i = 0; i < sizeof(key); i++)
		assert_int_equal(key[i], i);
	/* The usual one is of no interest then. */
	assert_int_equal(access("config", F_OK), -1);
}

static void test_refusals(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0777 };

	(void)state;
	write_file("a.key", LN_SECRET_SIZE, 0600);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod("a.key", modes[i]), 0);
		assert_int_equal(
			refused("a.key",
				"others may read or change the cluster key "
				"'a.key'; if none has, run: chmod 600 'a.key'"),
			LN_EPERM);
	}
	write_file("b.key", LN_SECRET_SIZE - 1, 0600);
	assert_int_equal(refused("b.key", "has 31 bytes, not 32; copy it "
					  "again"),
			 LN_EFORMAT);
	write_file("c.key", LN_SECRET_SIZE + 1, 0600);
	assert_int_equal(refused("c.key", "has 33 bytes"), LN_EFORMAT);
	write_file("d.key", 0, 0600);
	assert_int_equal(refused("d.key", "has 0 bytes"), LN_EFORMAT);
	assert_int_equal(mkdir("e.key", 0700), 0);
	assert_int_equal(refused("e.key", "is not a file"), LN_EFORMAT);
	assert_int_equal(mkfifo("f.key", 0600), 0);
	assert_int_equal(refused("f.key", "is not a file"), LN_EFORMAT);
	assert_int_equal(refused("a.key/x", "cannot open the cluster key "
					    "'a.key/x': Not a directory"),
			 LN_EIO);
}

/* What others own needs two users. */
static void test_owner(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	write_file("a.key", LN_SECRET_SIZE, 0600);
	assert_int_equal(chown("a.key", 1, 1), 0);
	assert_int_equal(refused("a.key", "belongs to another user; use a "
					  "copy of your own"),
			 LN_EPERM);
}

/* A file in the place of a folder, and the usual key's own refusals. */
static void test_cannot_make(void **state)
{
	(void)state;
	write_file("config", 0, 0600);
	/* It cannot even be looked for. */
	assert_int_equal(refused(NULL, "cannot open the cluster key"), LN_EIO);
	assert_int_equal(unlink("config"), 0);
	assert_int_equal(symlink("/nowhere/at/all", "config"), 0);
	assert_int_equal(refused(NULL, "or use --cluster-key FILE"), LN_EIO);
	assert_int_equal(unlink("config"), 0);
	read_key(NULL);
	assert_int_equal(chmod(USUAL, 0644), 0);
	assert_int_equal(refused(NULL, "chmod 600"), LN_EPERM);
	assert_int_equal(truncate(USUAL, 16), 0);
	assert_int_equal(chmod(USUAL, 0600), 0);
	/* A key is never replaced. */
	assert_int_equal(refused(NULL, "has 16 bytes"), LN_EFORMAT);
	assert_int_equal(refused(NULL, "has 16 bytes"), LN_EFORMAT);
}

/* Reads the key when the others do, and writes it to the pipe. */
static void race(int start, int out)
{
	char *error;
	char byte;

	if (read(start, &byte, 1) < 0 ||
	    ln_secret_read(&ln_secret_cluster, NULL, key, &error) < 0)
		_exit(1);
	_exit(write(out, key, sizeof(key)) == sizeof(key) ? 0 : 2);
}

static void start_race(void)
{
	uint8_t first[LN_SECRET_SIZE];
	int start[2];
	int keys[2];
	int status;

	assert_int_equal(pipe(start), 0);
	assert_int_equal(pipe(keys), 0);
	for (int i = 0; i < RACERS; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			close(start[1]);
			race(start[0], keys[1]);
		}
	}
	close(start[0]);
	close(start[1]); /* all of them read the end */
	for (int i = 0; i < RACERS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	close(keys[1]);
	assert_int_equal(read(keys[0], first, sizeof(first)), sizeof(first));
	for (int i = 1; i < RACERS; i++) {
		assert_int_equal(read(keys[0], key, sizeof(key)), sizeof(key));
		assert_memory_equal(key, first, sizeof(key));
	}
	close(keys[0]);
	read_key(NULL);
	assert_memory_equal(key, first, sizeof(key));
}

static void test_races(void **state)
{
	(void)state;
	for (int i = 0; i < RACES; i++) {
		start_race();
		remove_all();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_made_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_given, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_of_root, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cannot_make, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_races, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
