/*
 * Files: from paths to descriptors. No path leads out of the folders that
 * `lunatic --dir` opened; request.c makes sure that no path leads out of the
 * served folder within those.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *type_of(const char *path)
{
	static const struct {
		const char *ending;
		const char *type;
	} types[] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".txt", "text/plain; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".wasm", "application/wasm" },
		{ ".pdf", "application/pdf" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".jpg", "image/jpeg" },
		{ ".gif", "image/gif" },
		{ ".ico", "image/x-icon" },
	};
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (ending != NULL && strcasecmp(ending, types[i].ending) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static int status_of(int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return 503;
	case EIO:
		return 500;
	default:
		return 404;
	}
}

int http_file_open(struct http_file *file, const char *folder, const char *path)
{
	char name[2048];
	struct stat stat;
	size_t length = strlen(path);
	int status = 200;

	if (snprintf(name, sizeof(name), "%s%s%s", folder, path,
		     path[length - 1] == '/' ? "index.html" : "") >=
	    (int)sizeof(name))
		return 404;
	/* Opening a FIFO must not wait for a writer. */
	file->descriptor = open(name, O_RDONLY | O_NONBLOCK);
	if (file->descriptor < 0)
		return status_of(errno);
	if (fstat(file->descriptor, &stat) != 0)
		status = 500;
	else if (S_ISDIR(stat.st_mode))
		status = path[length - 1] == '/' ? 404 : 301;
	else if (!S_ISREG(stat.st_mode))
		status = 404;
	if (status != 200) {
		close(file->descriptor);
		return status;
	}
	file->size = (uint64_t)stat.st_size;
	file->modified = stat.st_mtime;
	file->type = type_of(name);
	return 200;
}
