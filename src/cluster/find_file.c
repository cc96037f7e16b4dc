#include "cluster/find_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

/* An empty line is fine. */
static bool parse_line(const char *line, size_t len, struct ln_found *found)
{
	const char *comment = memchr(line, '#', len);

	if (comment != NULL)
		len = (size_t)(comment - line);
	while (len > 0 && is_blank(line[len - 1]))
		len--;
	while (len > 0 && is_blank(*line)) {
		line++;
		len--;
	}
	return len == 0 || ln_found_add(found, line, len);
}

size_t ln_find_file_parse(const char *text, size_t len, struct ln_found *found)
{
	size_t number = 0;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end != NULL ? (size_t)(end - text) : len;

		number++;
		if (!parse_line(text, line, found))
			return number;
		if (end == NULL)
			break;
		text += line + 1;
		len -= line + 1;
	}
	return 0;
}

static int error_of(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return LN_ENOENT;
	case EACCES:
	case EPERM:
		return LN_EPERM;
	default:
		return LN_EIO;
	}
}

/* Reads at most `size` bytes; their number, or -1 with errno. */
static ssize_t read_all(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t count = read(fd, text + len, size - len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -1;
		if (count == 0)
			break;
		len += (size_t)count;
	}
	return (ssize_t)len;
}

/* A device or a pipe could block for ever. */
static bool is_regular(int fd)
{
	struct stat about;

	return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

static int parse_file(const char *path, const char *text, size_t len,
		      struct ln_found *found, char **reason)
{
	size_t line;

	if (len > LN_FIND_FILE_MAX) {
		ln_text_format(reason, "'%s' is longer than %d bytes", path,
			       LN_FIND_FILE_MAX);
		return LN_EFORMAT;
	}
	line = ln_find_file_parse(text, len, found);
	if (line == 0)
		return 0;
	ln_text_format(reason,
		       "line %zu of '%s' is no address of a node: it must be "
		       "HOST:PORT",
		       line, path);
	return LN_EFORMAT;
}

int ln_find_file_ask(const char *path, struct ln_found *found, char **reason)
{
	char *text = malloc(LN_FIND_FILE_MAX + 1);
	ssize_t len = -1;
	int result;
	int fd;

	*reason = NULL;
	if (text == NULL)
		return LN_ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	errno = fd < 0 ? errno : EINVAL;
	if (fd >= 0 && is_regular(fd))
		len = read_all(fd, text, LN_FIND_FILE_MAX + 1);
	result = len < 0 ? error_of(errno) : 0;
	if (len < 0)
		ln_text_format(reason, "cannot read '%s': %s", path,
			       strerror(errno));
	else
		result = parse_file(path, text, (size_t)len, found, reason);
	if (fd >= 0)
		ln_fd_close(fd);
	free(text);
	return result;
}
