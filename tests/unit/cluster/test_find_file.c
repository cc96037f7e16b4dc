/* src/cluster/find_file.c and found.c: nodes that a file names. */
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
#include "cluster/find_file.h"

static struct ln_found found;

static size_t parse(const char *text)
{
	/* A copy without a terminator, so that a sanitizer sees its end. */
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	size_t line;

	assert_non_null(copy);
	memcpy(copy, text, len);
	memset(&found, 0, sizeof(found));
	line = ln_find_file_parse(copy, len, &found);
	free(copy);
	return line;
}

static void lines(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(found.count, 0);
	assert_int_equal(parse("\n \t\r\n# none\n"), 0);
	assert_int_equal(found.count, 0);
	assert_int_equal(parse("a:1\r\n  10.0.0.1:7000\t# the first\n[::1]:2"),
			 0);
	assert_int_equal(found.count, 3);
	assert_string_equal(found.addresses[0], "a:1");
	assert_string_equal(found.addresses[1], "10.0.0.1:7000");
	assert_string_equal(found.addresses[2], "[::1]:2");
	/* Each is once. */
	assert_int_equal(parse("a:1\na:12\na:1\n"), 0);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.addresses[1], "a:12");
}

static void refused(void **state)
{
	char longest[LN_NODE_ADDRESS_SIZE + 16];

	(void)state;
	assert_int_equal(parse("a:1\nb\n"), 2);
	assert_int_equal(parse("a:0\n"), 1);
	assert_int_equal(parse("\n\na b:1\n"), 3);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest + sizeof(longest) - 3, ":1", 3);
	assert_int_equal(parse(longest), 1);
}

static void bounded(void **state)
{
	size_t size = (size_t)(LN_FOUND_MAX + 2) * 16;
	char *text = malloc(size);
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i <= LN_FOUND_MAX; i++)
		len += (size_t)snprintf(text + len, size - len, "a:%u\n",
					i + 1);
	memset(&found, 0, sizeof(found));
	assert_int_equal(ln_find_file_parse(text, len, &found), 0);
	assert_int_equal(found.count, LN_FOUND_MAX);
	assert_true(found.more);
	free(text);
}

static char path[] = "/tmp/test_find_file.XXXXXX";

static void write_file(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static int ask(const char *name, char **reason)
{
	memset(&found, 0, sizeof(found));
	return ln_find_file_ask(name, &found, reason);
}

static void files(void **state)
{
	char *text = calloc(1, LN_FIND_FILE_MAX + 1);
	char *reason;
	int fd = mkstemp(path);

	(void)state;
	assert_non_null(text);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(ask(path, &reason), 0);
	assert_int_equal(found.count, 0);
	write_file("a:1\nb:2\n", 8);
	assert_int_equal(ask(path, &reason), 0);
	assert_int_equal(found.count, 2);
	write_file("a:1\nb\n", 6);
	assert_int_equal(ask(path, &reason), LN_EFORMAT);
	assert_non_null(strstr(reason, "line 2 of"));
	free(reason);
	memset(text, '\n', LN_FIND_FILE_MAX + 1);
	write_file(text, LN_FIND_FILE_MAX);
	assert_int_equal(ask(path, &reason), 0);
	write_file(text, LN_FIND_FILE_MAX + 1);
	assert_int_equal(ask(path, &reason), LN_EFORMAT);
	assert_non_null(strstr(reason, "longer than"));
	free(reason);
	unlink(path);
	assert_int_equal(ask(path, &reason), LN_ENOENT);
	assert_non_null(strstr(reason, "No such file"));
	free(reason);
	/* Neither may hold the thread up. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(ask(path, &reason), LN_EIO);
	free(reason);
	unlink(path);
	assert_int_equal(ask("/tmp", &reason), LN_EIO);
	free(reason);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(refused),
		cmocka_unit_test(bounded),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
