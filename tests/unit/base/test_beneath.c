/* src/base/beneath.c: what is inside is found and what is outside is not, with
 * the kernel's resolution of paths and with our own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/beneath.h"

/* The tree: outside/secret, and below root what `entries` says. */
static char base[] = "/tmp/lunatic-beneath.XXXXXX";
static int root;
static ino_t secret;
static ino_t outside;

static const struct {
	const char *path;
	const char *link; /* NULL: a directory; "": a file */
} entries[] = {
	{ "a", NULL },
	{ "a/b", NULL },
	{ "a/b/deep", "" },
	{ "file", "" },
	{ "to_file", "file" },
	{ "to_dir", "a/b" },
	{ "a/up", "../file" },
	{ "a/b/up_and_down", "../../a/../to_dir/deep" },
	{ "to_dir_slash", "a/b/" },
	{ "to_file_slash", "file/" },
	{ "chain0", "chain1" },
	{ "chain1", "a/../chain2" },
	{ "chain2", "to_dir" },
	{ "dangling", "not_there" },
	{ "dangling_out", "../outside/new" },
	{ "loop0", "loop1" },
	{ "loop1", "loop0" },
	{ "self", "self/x" },
	{ "dot", "." },
	{ "out", "../outside" },
	{ "out_file", "../outside/secret" },
	{ "out_and_back", "../root/file" },
	{ "a/out", "../../outside/secret" },
	{ "a/b/far", "../../../../../../../../../../etc/passwd" },
	{ "absolute", "/etc/passwd" },
	{ "absolute_root", "/" },
	{ "chain_out", "chain_out1" },
	{ "chain_out1", "a/../out" },
	{ "proc", "/proc/self/root" },
};

static void make_tree(void)
{
	struct stat stat;
	int dir;

	assert_non_null(mkdtemp(base));
	dir = open(base, O_PATH | O_DIRECTORY);
	assert_int_equal(mkdirat(dir, "outside", 0777), 0);
	assert_int_equal(mkdirat(dir, "root", 0777), 0);
	close(openat(dir, "outside/secret", O_WRONLY | O_CREAT, 0666));
	assert_int_equal(fstatat(dir, "outside/secret", &stat, 0), 0);
	secret = stat.st_ino;
	assert_int_equal(fstatat(dir, "outside", &stat, 0), 0);
	outside = stat.st_ino;
	root = openat(dir, "root", O_PATH | O_DIRECTORY);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		const char *link = entries[i].link;

		if (link == NULL)
			mkdirat(root, entries[i].path, 0777);
		else if (link[0] == '\0')
			close(openat(root, entries[i].path, O_WRONLY | O_CREAT,
				     0666));
		else
			assert_int_equal(symlinkat(link, root, entries[i].path),
					 0);
	}
	close(dir);
}

static int set_up(void **state)
{
	(void)state;
	make_tree();
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	close(root);
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

/* The error of opening, as an errno; checks that it is not outside. */
static int try_open(const char *path, int flags, ino_t *inode)
{
	struct stat stat;
	int fd = ln_beneath_open(root, path, flags, 0666);

	*inode = 0;
	if (fd < 0)
		return -fd;
	assert_int_equal(fstat(fd, &stat), 0);
	assert_int_not_equal(stat.st_ino, secret);
	assert_int_not_equal(stat.st_ino, outside);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	*inode = stat.st_ino;
	return 0;
}

static void opens(const char *path, int flags, const char *what)
{
	struct stat stat;
	ino_t inode;

	assert_int_equal(try_open(path, flags, &inode), 0);
	assert_int_equal(fstatat(root, what, &stat, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(inode, stat.st_ino);
}

static void fails(const char *path, int flags, int number)
{
	ino_t inode;
	int error = try_open(path, flags, &inode);

	if (error != number)
		print_message("%s: errno %d\n", path, error);
	assert_int_equal(error, number);
}

static void check_inside(void)
{
	opens("file", O_RDONLY, "file");
	opens(".", O_PATH | O_DIRECTORY, ".");
	opens("./", O_RDONLY, ".");
	opens("a/..", O_RDONLY, ".");
	opens("a/b/../../", O_RDONLY, ".");
	opens("./a//b/./deep", O_RDWR, "a/b/deep");
	opens("to_file", O_RDONLY, "file");
	opens("to_file", O_PATH | O_NOFOLLOW, "to_file");
	opens("to_dir", O_RDONLY, "a/b");
	opens("to_dir/", O_PATH | O_NOFOLLOW, "a/b");
	opens("to_dir/deep", O_RDONLY, "a/b/deep");
	opens("to_dir/..", O_RDONLY, "a");
	opens("to_dir_slash", O_RDONLY, "a/b");
	opens("to_dir_slash/deep", O_RDONLY, "a/b/deep");
	opens("a/up", O_RDONLY, "file");
	opens("to_dir/up_and_down", O_RDONLY, "a/b/deep");
	opens("chain0/deep", O_RDONLY, "a/b/deep");
	opens("dot/dot/a", O_RDONLY, "a");
	opens("absolute", O_PATH | O_NOFOLLOW, "absolute");
	opens("out", O_PATH | O_NOFOLLOW, "out");
	opens("a/", O_RDONLY | O_DIRECTORY, "a");
}

static void check_outside(void)
{
	static const char *const paths[] = {
		"..",
		"../",
		"../outside",
		"../outside/secret",
		"a/../..",
		"a/b/../../../outside/secret",
		"out",
		"out/",
		"out/secret",
		"out/.",
		"out_file",
		"out_and_back",
		"a/out",
		"a/b/far",
		"absolute",
		"absolute_root",
		"absolute_root/etc/passwd",
		"chain_out",
		"chain_out/secret",
		"/",
		"/etc/passwd",
		"//etc/passwd",
		"to_dir/../../../outside/secret",
		"proc",
		"proc/etc/passwd",
		"dot/../out",
		"./../outside",
		"dangling_out",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		fails(paths[i], O_RDONLY, EXDEV);
		fails(paths[i], O_PATH, EXDEV);
		if (paths[i][strlen(paths[i]) - 1] != '/')
			fails(paths[i], O_WRONLY | O_CREAT, EXDEV);
	}
	/* Nor by the last part's own name, when a slash makes it a directory */
	fails("out/", O_PATH | O_NOFOLLOW, EXDEV);
	fails("absolute_root/", O_PATH | O_NOFOLLOW, EXDEV);
	fails("out_file", O_WRONLY | O_TRUNC, EXDEV);
	fails("dangling_out", O_WRONLY | O_CREAT | O_EXCL, EEXIST);
}

static void check_errors(void)
{
	char *path;

	fails("", O_RDONLY, ENOENT);
	fails("nothing", O_RDONLY, ENOENT);
	fails("nothing/../file", O_RDONLY, ENOENT);
	fails("file/", O_RDONLY, ENOTDIR);
	fails("file/..", O_RDONLY, ENOTDIR);
	fails("file/.", O_RDONLY, ENOTDIR);
	fails("to_file/", O_PATH | O_NOFOLLOW, ENOTDIR);
	fails("to_file_slash", O_RDONLY, ENOTDIR);
	fails("loop0", O_RDONLY, ELOOP);
	fails("self", O_RDONLY, ELOOP);
	fails("to_file", O_RDONLY | O_NOFOLLOW, ELOOP);
	fails("to_file", O_WRONLY | O_CREAT | O_EXCL, EEXIST);
	fails("new/", O_WRONLY | O_CREAT, EISDIR);
	fails("a", O_WRONLY, EISDIR);
	fails("dangling", O_RDONLY, ENOENT);
	path = malloc(70000);
	memset(path, 'x', 70000);
	path[NAME_MAX + 1] = '\0';
	fails(path, O_RDONLY, ENAMETOOLONG);
	for (size_t i = 0; i + 1 < 70000; i += 2)
		memcpy(path + i, "./", 2);
	path[69999] = '\0';
	fails(path, O_RDONLY, ENAMETOOLONG);
	path[PATH_MAX] = '\0';
	fails(path, O_RDONLY, ENAMETOOLONG);
	path[PATH_MAX - 1] = '\0';
	opens(path, O_RDONLY, ".");
	free(path);
}

static void check_creation(void)
{
	struct stat stat;

	opens("a/new", O_WRONLY | O_CREAT | O_EXCL, "a/new");
	fails("a/new", O_WRONLY | O_CREAT | O_EXCL, EEXIST);
	assert_int_equal(unlinkat(root, "a/new", 0), 0);
	/* Through a link that dangles, inside. */
	opens("dangling", O_WRONLY | O_CREAT, "not_there");
	assert_int_equal(unlinkat(root, "not_there", 0), 0);
	assert_int_equal(fstatat(root, "../outside/new", &stat, 0), -1);
}

static void check_finding(void)
{
	struct ln_beneath_place place;

	assert_int_equal(ln_beneath_find(root, "a/b/x", &place), 0);
	assert_string_equal(place.name, "x");
	assert_false(place.slash);
	close(place.fd);
	assert_int_equal(ln_beneath_find(root, "x//", &place), 0);
	assert_string_equal(place.name, "x");
	assert_true(place.slash);
	close(place.fd);
	assert_int_equal(ln_beneath_find(root, "out", &place), 0);
	assert_string_equal(place.name, "out");
	close(place.fd);
	assert_int_equal(ln_beneath_find(root, "out/x", &place), -EXDEV);
	assert_int_equal(ln_beneath_find(root, "../x", &place), -EXDEV);
	assert_int_equal(ln_beneath_find(root, "/x", &place), -EXDEV);
	assert_int_equal(ln_beneath_find(root, "/", &place), -EXDEV);
	assert_int_equal(ln_beneath_find(root, "..", &place), -EXDEV);
	assert_int_equal(ln_beneath_find(root, "out/..", &place), -EXDEV);
	assert_int_equal(ln_beneath_find(root, ".", &place), -EISDIR);
	assert_int_equal(ln_beneath_find(root, "a/..", &place), -EISDIR);
	assert_int_equal(ln_beneath_find(root, "a/./", &place), -EISDIR);
	assert_int_equal(ln_beneath_find(root, "", &place), -ENOENT);
	assert_int_equal(ln_beneath_find(root, "no/x", &place), -ENOENT);
	assert_int_equal(ln_beneath_find(root, "file/x", &place), -ENOTDIR);
}

static void check_reading_links(void)
{
	char text[8];
	int fd = ln_beneath_open(root, "to_file", O_PATH | O_NOFOLLOW, 0);

	assert_true(fd >= 0);
	assert_int_equal(ln_beneath_readlink(fd, text, sizeof(text)), 4);
	assert_memory_equal(text, "file", 4);
	assert_int_equal(ln_beneath_readlink(fd, text, 2), 2);
	close(fd);
	fd = ln_beneath_open(root, "file", O_PATH, 0);
	assert_int_equal(ln_beneath_readlink(fd, text, 8), -EINVAL);
	close(fd);
}

static void check_all(void)
{
	check_inside();
	check_outside();
	check_errors();
	check_creation();
	check_finding();
	check_reading_links();
}

static void kernel_resolution(void **state)
{
	(void)state;
	if (ln_beneath_steps())
		skip();
	check_all();
	/* What is in memory needs no waiting; creating is not asked there. */
	assert_true(ln_beneath_open_cached(root, "../x", O_PATH) < 0);
	assert_int_equal(ln_beneath_open_cached(root, "n", O_CREAT | O_RDWR),
			 -EAGAIN);
}

static void own_resolution(void **state)
{
	(void)state;
	ln_beneath_set_steps(true);
	check_all();
	assert_int_equal(ln_beneath_open_cached(root, "file", O_PATH), -EAGAIN);
	ln_beneath_set_steps(false);
}

/* Paths put together at random: both ways must give the same. */
static void both_agree(void **state)
{
	static const char *const parts[] = {
		"a",        "b",      "file",         "to_file", "to_dir",
		"up",       "..",     "..",           ".",       "out",
		"dot",      "chain0", "deep",         "loop0",   "dangling",
		"absolute", "",       "to_dir_slash",
	};
	static const int flags[] = { O_RDONLY, O_PATH, O_PATH | O_NOFOLLOW,
				     O_RDONLY | O_DIRECTORY };
	unsigned seed = 20;

	(void)state;
	if (ln_beneath_steps())
		skip();
	for (int i = 0; i < 20000; i++) {
		char path[256] = "";
		int count = 1 + rand_r(&seed) % 6;
		int flag = flags[rand_r(&seed) % 4];
		ino_t inodes[2];
		int errors[2];

		for (int j = 0; j < count; j++) {
			strcat(path, parts[rand_r(&seed) % 18]);
			if (j + 1 < count || rand_r(&seed) % 4 == 0)
				strcat(path, "/");
		}
		errors[0] = try_open(path, flag, &inodes[0]);
		ln_beneath_set_steps(true);
		errors[1] = try_open(path, flag, &inodes[1]);
		ln_beneath_set_steps(false);
		if (errors[0] != errors[1] || inodes[0] != inodes[1])
			print_message("%s, flags %o: %d and %d\n", path, flag,
				      errors[0], errors[1]);
		assert_int_equal(errors[0], errors[1]);
		assert_int_equal(inodes[0], inodes[1]);
	}
}

static _Atomic bool stop;

/* Exchanges a directory with a link to the outside, and moves the directory
 * that others are resolving `..` in. */
static void *disturb(void *argument)
{
	(void)argument;
	while (!atomic_load(&stop)) {
		renameat2(root, "swap", root, "swap_link", RENAME_EXCHANGE);
		renameat(root, "x/y/z", root, "x/z");
		renameat(root, "x/z", root, "x/y/z");
	}
	return NULL;
}

static void race(void)
{
	pthread_t thread;
	int found = 0;

	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&thread, NULL, disturb, NULL), 0);
	for (int i = 0; i < 20000; i++) {
		struct stat stat;
		int fd = ln_beneath_open(root, "swap/secret", O_RDONLY, 0);

		if (fd >= 0) {
			assert_int_equal(fstat(fd, &stat), 0);
			assert_int_not_equal(stat.st_ino, secret);
			found++;
			close(fd);
		}
		fd = ln_beneath_open(root, "x/y/z/../../../outside/secret",
				     O_RDONLY, 0);
		assert_true(fd < 0);
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	assert_true(found > 0);
}

static void races_stay_inside(void **state)
{
	(void)state;
	mkdirat(root, "swap", 0777);
	close(openat(root, "swap/secret", O_WRONLY | O_CREAT, 0666));
	assert_int_equal(symlinkat("../outside", root, "swap_link"), 0);
	mkdirat(root, "x", 0777);
	mkdirat(root, "x/y", 0777);
	mkdirat(root, "x/y/z", 0777);
	if (!ln_beneath_steps())
		race();
	ln_beneath_set_steps(true);
	race();
	ln_beneath_set_steps(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_resolution),
		cmocka_unit_test(own_resolution),
		cmocka_unit_test(both_agree),
		cmocka_unit_test(races_stay_inside),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
