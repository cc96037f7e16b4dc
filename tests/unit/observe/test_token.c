/* src/observe/token.c: tokens that are drawn, and files of the user. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "observe/token.h"

static char folder[] = "/tmp/lunatic-token.XXXXXX";
static char path[64];

static int setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/token", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void put(const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void expect_read(int result, const char *reason)
{
	char token[LN_TOKEN_SIZE];
	char *error;

	assert_int_equal(ln_token_read(path, token, &error), result);
	assert_non_null(error);
	if (strstr(error, reason) == NULL)
		fail_msg("%s is not in: %s", reason, error);
	free(error);
}

static void drawn(void **state)
{
	char one[LN_TOKEN_SIZE];
	char two[LN_TOKEN_SIZE];
	char read[LN_TOKEN_SIZE];
	struct stat stat_;
	char *error;

	(void)state;
	ln_token_draw(one);
	ln_token_draw(two);
	assert_int_equal(strlen(one), 32);
	assert_string_not_equal(one, two);
	assert_int_equal(ln_token_write(path, one, &error), 0);
	assert_int_equal(ln_token_write(path, two, &error), 0);
	assert_int_equal(stat(path, &stat_), 0);
	assert_int_equal(stat_.st_mode & 0777, 0600);
	assert_int_equal(ln_token_read(path, read, &error), 0);
	assert_string_equal(read, two);
}

static void refused(void **state)
{
	char token[LN_TOKEN_SIZE];
	char *error;
	char large[400];

	(void)state;
	unlink(path);
	expect_read(LN_ENOENT, "No such file");
	put("0123456789abcde\n", 0600);
	expect_read(LN_EFORMAT, "16 to 254");
	put("0123456789 abcdef\n", 0600);
	expect_read(LN_EFORMAT, "16 to 254");
	put("0123456789abcdef\n\n", 0600);
	expect_read(LN_EFORMAT, "16 to 254");
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	put(large, 0600);
	expect_read(LN_EFORMAT, "16 to 254");
	put("0123456789abcdef\n", 0640);
	expect_read(LN_EPERM, "chmod 600");
	put("0123456789abcdef", 0400);
	assert_int_equal(ln_token_read(path, token, &error), 0);
	assert_string_equal(token, "0123456789abcdef");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_read(LN_EFORMAT, "it is no file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(ln_token_write("/nowhere/at/all", "x", &error),
			 LN_EIO);
	assert_non_null(error);
	free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drawn),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
