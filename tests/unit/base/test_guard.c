/* Directories that guests never enter, and the entries that lead to them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/beneath.h"
#include "base/error.h"
#include "base/guard.h"

static char base[] = "/tmp/lunatic-guard.XXXXXX";
static int root; /* base/root */

/* Below base; the closed directory is root/home/real/lunatic/modules, which is
 * found by root/home/cache/lunatic/modules. */
static const char *const folders[] = {
	"root",
	"root/home",
	"root/home/real",
	"root/home/real/lunatic",
	"root/home/other",
	"root/home/real/lunatic/modules",
	"root/home/other/sub",
	"root/home/real/lunatic/modules/deeper",
};

static void write_at(const char *path)
{
	int fd = openat(root, path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static int set_up(void **state)
{
	char path[128];

	(void)state;
	if (mkdtemp(base) == NULL || chdir(base) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (mkdir(folders[i], 0700) < 0)
			return -1;
	}
	root = open("root", O_PATH | O_DIRECTORY);
	write_at("home/file");
	write_at("home/other/file");
	write_at("home/real/lunatic/modules/code");
	write_at("home/real/lunatic/modules/deeper/file");
	if (symlinkat("../home/real", root, "home/cache") < 0 ||
	    symlinkat("real/lunatic/modules", root, "home/short") < 0 ||
	    symlinkat("../real/lunatic/modules/code", root, "home/other/code") <
		    0 ||
	    symlinkat("../..", root, "home/other/up") < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/root/home/cache/lunatic/modules",
		 base);
	return ln_guard_add(path);
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	close(root);
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return chdir("/") < 0 ? -1 : system(command);
}

static int at(const char *path)
{
	int fd = openat(root, path, O_PATH | O_NOFOLLOW);

	assert_true(fd >= 0);
	return fd;
}

static bool concerns(const char *path)
{
	int fd = at(path);
	bool answer = ln_guard_concerns(fd);

	close(fd);
	return answer;
}

static bool fixes(const char *path, const char *name)
{
	int fd = at(path);
	bool answer = ln_guard_fixes(fd, name);

	close(fd);
	return answer;
}

static void entries(void **state)
{
	static const char *const way[] = { ".", "home", "home/real",
					   "home/real/lunatic",
					   "home/real/lunatic/modules" };
	struct stat stat;

	(void)state;
	for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++)
		assert_true(concerns(way[i]));
	assert_false(concerns("home/other"));
	assert_true(fixes(".", "home"));
	assert_true(fixes("home", "cache"));
	assert_true(fixes("home", "real"));
	assert_true(fixes("home", "CACHE"));
	assert_true(fixes("home/real", "lunatic"));
	assert_true(fixes("home/real/lunatic", "modules"));
	assert_false(fixes("home/real/lunatic", "other"));
	assert_false(fixes("home", "other"));
	assert_false(fixes("home", "short"));
	assert_false(fixes("home/other", "sub"));
	assert_int_equal(fstatat(root, "home/short", &stat, 0), 0);
	assert_true(ln_guard_closes(&stat));
	assert_int_equal(fstatat(root, "home/real", &stat, 0), 0);
	assert_false(ln_guard_closes(&stat));
	assert_int_equal(fstatat(root, "home/short/code", &stat, 0), 0);
	assert_false(ln_guard_closes(&stat));
}

static void opens(int dir, const char *path, int flags)
{
	int fd = ln_beneath_open(dir, path, flags, 0600);

	if (fd < 0)
		print_error("%s: %s\n", path, strerror(-fd));
	assert_true(fd >= 0);
	close(fd);
}

static void refuses(int dir, const char *path)
{
	static const int flags[] = {
		O_PATH,
		O_PATH | O_NOFOLLOW,
		O_PATH | O_DIRECTORY,
		O_RDONLY,
		O_RDONLY | O_DIRECTORY,
		O_WRONLY | O_CREAT,
		O_WRONLY | O_CREAT | O_EXCL,
		O_WRONLY | O_TRUNC,
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int fd = ln_beneath_open(dir, path, flags[i], 0600);

		if (fd != -EACCES)
			print_error("%s, %o: %d\n", path, (unsigned)flags[i],
				    fd);
		assert_int_equal(fd, -EACCES);
		assert_true(ln_beneath_open_cached(dir, path, flags[i]) < 0);
	}
}

static void paths(void **state)
{
	static const char *const closed[] = {
		"home/real/lunatic/modules/code",
		"home/real/lunatic/modules/new",
		"home/real/lunatic/modules/../modules/code",
		"home/real/lunatic/modules/..",
		"home/real/lunatic/modules/.",
		"home/real/lunatic/modules/deeper/file",
		"home/cache/lunatic/modules/code",
		"home/short/code",
		"home/other/up/home/short/code",
		"./home//cache/./lunatic/modules/code",
	};
	int home = at("home"), other = at("home/other"), lunatic;
	struct ln_beneath_place place;

	(void)state;
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		refuses(root, closed[i]);
	refuses(home, "real/lunatic/modules/code");
	lunatic = ln_beneath_open(root, "home/cache/lunatic", O_PATH, 0);
	assert_true(lunatic >= 0);
	refuses(lunatic, "modules/code");
	assert_int_equal(ln_beneath_open(lunatic, "modules", O_PATH, 0),
			 -EACCES);
	assert_int_equal(ln_beneath_open(lunatic, "modules/", O_RDONLY, 0),
			 -EACCES);
	assert_int_equal(ln_beneath_open(root, "home/short", O_RDONLY, 0),
			 -EACCES);
	assert_int_equal(ln_beneath_open(root, "home/other/code", O_RDWR, 0),
			 -EACCES);
	/* The links themselves are nobody's secret. */
	opens(root, "home/short", O_PATH | O_NOFOLLOW);
	opens(root, "home/other/code", O_PATH | O_NOFOLLOW);
	opens(root, "home/file", O_RDWR);
	opens(root, "home/new", O_RDWR | O_CREAT);
	opens(root, "home/other/up/home/other/file", O_RDWR);
	opens(root, "home/real/lunatic", O_RDONLY | O_DIRECTORY);
	opens(lunatic, "new", O_RDWR | O_CREAT);
	opens(other, "file", O_RDWR | O_CREAT);
	/* It leads outside, whatever is there. */
	assert_int_equal(ln_beneath_open(other, "code", O_RDONLY, 0), -EXDEV);
	/* What is to be made, moved or removed. */
	assert_int_equal(ln_beneath_find(root, "home/short/code", &place),
			 -EACCES);
	assert_int_equal(
		ln_beneath_find(root, "home/cache/lunatic/modules/x", &place),
		-EACCES);
	assert_int_equal(ln_beneath_find(root, "home/cache", &place), 0);
	assert_true(place.fixed);
	close(place.fd);
	assert_int_equal(ln_beneath_find(root, "home/real/", &place), 0);
	assert_true(place.fixed);
	close(place.fd);
	assert_int_equal(ln_beneath_find(root, "home/other", &place), 0);
	assert_false(place.fixed);
	close(place.fd);
	close(lunatic);
	close(other);
	close(home);
}

/* What is not there is guarded as well. */
static void not_there_yet(void **state)
{
	struct ln_beneath_place place;
	int fd;

	(void)state;
	assert_int_equal(ln_guard_add("root/home/other/sub/state/lunatic"),
			 LN_ENOENT);
	assert_true(fixes("home/other/sub", "state"));
	assert_int_equal(ln_beneath_find(root, "home/other/sub/state", &place),
			 -EACCES);
	assert_int_equal(ln_beneath_open(root, "home/other/sub/state",
					 O_WRONLY | O_CREAT, 0600),
			 -EACCES);
	assert_int_equal(mkdirat(root, "home/other/sub/state", 0700), 0);
	fd = at("home/other/sub/state");
	assert_true(concerns("home/other/sub"));
	assert_int_equal(mkdirat(root, "home/other/sub/state/lunatic", 0700),
			 0);
	assert_int_equal(ln_guard_add("root/home/other/sub/state/lunatic"), 0);
	assert_int_equal(ln_guard_add("root/home/other/sub/state/lunatic"), 0);
	assert_int_equal(ln_beneath_open(root, "home/other/sub/state/lunatic",
					 O_RDONLY, 0),
			 -EACCES);
	close(fd);
}

static void no_directory(void **state)
{
	char *path = malloc(6000);

	(void)state;
	assert_int_equal(ln_guard_add("root/home/file/x"), LN_ENOENT);
	assert_int_equal(symlinkat("loop", root, "loop"), 0);
	assert_true(ln_guard_add("root/loop") < 0);
	assert_non_null(path);
	memset(path, 'x', 5999);
	path[5999] = '\0';
	assert_int_equal(ln_guard_add(path), LN_EINVAL);
	path[300] = '\0';
	assert_int_equal(ln_guard_add(path), LN_EINVAL);
	free(path);
}

/* More than there is room for is an error, and what was there stays. */
static void full(void **state)
{
	char path[64];
	int error = 0;

	(void)state;
	for (int i = 0; i < 1000 && error != LN_ELIMIT; i++) {
		snprintf(path, sizeof(path), "root/none%d", i);
		error = ln_guard_add(path);
	}
	assert_int_equal(error, LN_ELIMIT);
	assert_true(fixes("home", "cache"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),       cmocka_unit_test(paths),
		cmocka_unit_test(not_there_yet), cmocka_unit_test(no_directory),
		cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
