/*
 * DESIGN
 * `lunatic init FOLDER`: writes the files of sdk/c/template, which the build
 * has put into the program. A folder that is not empty is refused, and no file
 * is overwritten. Without a folder, in a cargo project: cli/init_cargo.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/init_cargo.h"
#include "cli/template_gen.h"

/* Whether the folder is empty; prints a line if it is not, or cannot be read.
 */
static bool is_empty(int folder, const char *name)
{
	int copy = dup(folder);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	bool empty = true;

	if (dir == NULL) {
		ln_log_say("cannot read '%s': %s", name, strerror(errno));
		if (copy >= 0)
			ln_fd_close(copy);
		return false;
	}
	while (empty && (entry = readdir(dir)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0;
	closedir(dir);
	if (!empty)
		ln_log_say("the folder '%s' is not empty: init begins "
			   "in a new one",
			   name);
	return empty;
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_file(int folder, const struct template_file *file)
{
	int fd = openat(folder, file->name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	bool done;

	if (fd < 0)
		return false;
	done = write_all(fd, file->text, file->len);
	return close(fd) == 0 && done;
}

static int fill(int folder, const char *name)
{
	if (!is_empty(folder, name))
		return 1;
	for (size_t i = 0; i < TEMPLATE_FILES; i++) {
		if (write_file(folder, &template_files[i]))
			continue;
		ln_log_say("cannot write '%s/%s': %s", name,
			   template_files[i].name, strerror(errno));
		return 1;
	}
	printf("a program and its tests are in %s; next:\n"
	       "  cd '%s' && make run && make test\n",
	       name, name);
	return ln_cli_flush() ? 0 : 1;
}

int ln_cli_init(int argc, char **argv)
{
	const char *name = argc == 3 ? argv[2] : "";
	int folder;
	int status;

	if (argc == 2 && access("Cargo.toml", F_OK) == 0)
		return ln_cli_init_cargo();
	if (name[0] == '\0' || name[0] == '-') {
		ln_log_say("init takes the name of a folder: lunatic init app; "
			   "or none in a cargo project, where Cargo.toml is");
		return 1;
	}
	if (mkdir(name, 0777) < 0 && errno != EEXIST) {
		ln_log_say("cannot make the folder '%s': %s", name,
			   strerror(errno));
		return 1;
	}
	folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		ln_log_say("cannot open the folder '%s': %s", name,
			   strerror(errno));
		return 1;
	}
	status = fill(folder, name);
	ln_fd_close(folder);
	return status;
}
