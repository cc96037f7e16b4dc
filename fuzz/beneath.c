/* Paths below a directory: any bytes as a path, in a small tree with links of
 * all kinds. What is opened must be inside, and the kernel's resolution and our
 * own must agree. The first byte chooses the flags. */
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"

static int root = -1;
static ino_t outside;
static char base[] = "/tmp/lunatic-fuzz.XXXXXX";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void clean_up(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", base);
	if (system(command) != 0)
		_exit(1);
}

static void set_up(void)
{
	static const char *const links[][2] = {
		{ "l", "f" },    { "d", "a/b" },       { "a/u", "../f" },
		{ "o", ".." },   { "a/o", "../.." },   { "s", "/" },
		{ "x", "x" },    { "y", "d/../../l" }, { "n", "z" },
		{ "t", "a/b/" },
	};
	struct stat stat;

	if (mkdtemp(base) == NULL)
		abort();
	atexit(clean_up);
	root = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fstat(root, &stat) < 0)
		abort();
	outside = stat.st_ino;
	if (mkdirat(root, "r", 0777) < 0)
		abort();
	root = openat(root, "r", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mkdirat(root, "a", 0777) < 0 || mkdirat(root, "a/b", 0777) < 0 ||
	    close(openat(root, "f", O_CREAT | O_WRONLY, 0666)) < 0)
		abort();
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (symlinkat(links[i][1], root, links[i][0]) < 0)
			abort();
	}
}

/* The inode, or a negative errno. */
static int64_t look(const char *path, int flags, bool steps)
{
	struct stat stat;
	int fd;

	ln_beneath_set_steps(steps);
	fd = ln_beneath_open(root, path, flags, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &stat) < 0 || stat.st_ino == outside)
		abort();
	close(fd);
	return (int64_t)stat.st_ino;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int flags[] = { O_RDONLY, O_PATH, O_PATH | O_NOFOLLOW,
				     O_RDONLY | O_DIRECTORY };
	struct ln_beneath_place place;
	char path[512];

	if (root < 0)
		set_up();
	if (size < 1 || size > sizeof(path))
		return 0;
	memcpy(path, data + 1, size - 1);
	path[size - 1] = '\0';
	if (look(path, flags[data[0] % 4], true) !=
	    look(path, flags[data[0] % 4], false))
		abort();
	if (ln_beneath_find(root, path, &place) == 0) {
		if (place.name[0] == '\0' || strchr(place.name, '/') != NULL)
			abort();
		close(place.fd);
	}
	return 0;
}
