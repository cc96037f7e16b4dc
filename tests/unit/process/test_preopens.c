/* src/process/preopens.c: what a child environment can have of its parent's
 * directories. */
#include <errno.h>
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
#include "process/config.h"
#include "process/preopens.h"

static char base[] = "/tmp/lunatic-preopens.XXXXXX";
static struct ln_config *config;
static struct ln_preopens *parent;

static int set_up(void **state)
{
	char path[64];
	int dir;

	(void)state;
	assert_non_null(mkdtemp(base));
	dir = open(base, O_PATH | O_DIRECTORY);
	mkdirat(dir, "data", 0777);
	mkdirat(dir, "data/sub", 0777);
	mkdirat(dir, "ro", 0777);
	mkdirat(dir, "ro/sub", 0777);
	assert_int_equal(symlinkat("..", dir, "data/up"), 0);
	assert_int_equal(symlinkat("/etc", dir, "data/etc"), 0);
	close(dir);
	assert_int_equal(ln_config_new(&config), 0);
	snprintf(path, sizeof(path), "%s/data", base);
	assert_int_equal(ln_config_preopen(config, path, "data", false), 0);
	snprintf(path, sizeof(path), "%s/ro", base);
	assert_int_equal(ln_config_preopen(config, path, "/data/ro", true), 0);
	assert_int_equal(ln_preopens_open(config, false, NULL, &parent), 0);
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	ln_preopens_close(parent);
	ln_config_free(config);
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

/* What a guest calls `path` is that directory of the base; NULL: `error`. */
static void reaches(const char *path, const char *what, int error)
{
	char expected[128];
	struct stat stats[2];
	bool read_only = false;
	int fd = ln_preopens_reach(parent, path, &read_only);

	if (what == NULL) {
		assert_int_equal(fd, error);
		return;
	}
	assert_true(fd >= 0);
	snprintf(expected, sizeof(expected), "%s/%s", base, what);
	assert_int_equal(fstat(fd, &stats[0]), 0);
	assert_int_equal(stat(expected, &stats[1]), 0);
	assert_int_equal(stats[0].st_ino, stats[1].st_ino);
	assert_int_equal(read_only, what[0] == 'r');
	close(fd);
}

static void names_are_those_of_guests(void **state)
{
	(void)state;
	reaches("data", "data", 0);
	reaches("./data/", "data", 0);
	reaches("data/./sub//", "data/sub", 0);
	reaches("/data/ro", "ro", 0);
	reaches("//data/ro/sub", "ro/sub", 0);
	reaches("data/sub/..", "data", 0);
	reaches("", NULL, -ENOENT);
	reaches("data/no", NULL, -ENOENT);
	reaches("dat", NULL, -EXDEV);
	reaches("datas", NULL, -EXDEV);
	reaches("/data", NULL, -EXDEV);
	reaches("data/..", NULL, -EXDEV);
	reaches("data/../ro", NULL, -EXDEV);
	reaches("data/up", NULL, -EXDEV);
	reaches("data/etc", NULL, -EXDEV);
	reaches("/", NULL, -EXDEV);
	reaches(base, NULL, -EXDEV);
}

static int open_child(const char *host, struct ln_preopens **child,
		      struct ln_config **own)
{
	assert_int_equal(ln_config_new(own), 0);
	assert_int_equal(ln_config_preopen(*own, host, "here", false), 0);
	return ln_preopens_open(*own, true, parent, child);
}

static void children_stay_inside(void **state)
{
	struct ln_preopens *child;
	struct ln_config *own;

	(void)state;
	assert_int_equal(open_child("data/sub", &child, &own), 0);
	assert_int_equal(child->count, 1);
	assert_false(child->dirs[0].read_only);
	assert_string_equal(child->dirs[0].guest, "here");
	ln_preopens_close(child);
	ln_config_free(own);
	/* What is read-only stays so. */
	assert_int_equal(open_child("/data/ro/sub", &child, &own), 0);
	assert_true(child->dirs[0].read_only);
	ln_preopens_close(child);
	ln_config_free(own);
	assert_int_equal(open_child("data/up", &child, &own), LN_ENOENT);
	assert_null(child);
	ln_config_free(own);
	assert_int_equal(open_child("/etc", &child, &own), LN_ENOENT);
	ln_config_free(own);
	/* Without a directory of the parent's there is none to have. */
	assert_int_equal(ln_config_new(&own), 0);
	assert_int_equal(ln_config_preopen(own, "/", "/", false), 0);
	assert_int_equal(ln_preopens_open(own, true, NULL, &child), LN_ENOENT);
	ln_config_free(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_guests),
		cmocka_unit_test(children_stay_inside),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
