/* Writing goes through a new file with another name, which then gets its own:
 * so nobody reads a half of it, or through a descriptor that was open before.
 */
#include "observe/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/random.h"
#include "base/text.h"

#define TOKEN_MIN 16
#define DRAWN 24 /* random bytes: 192 bits */

static int fail(int result, char **error, const char *what, const char *path,
		const char *why)
{
	ln_text_format(error, "%s '%s'%s%s", what, path, why[0] ? ": " : "",
		       why);
	return result;
}

void ln_token_draw(char token[LN_TOKEN_SIZE])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t bytes[DRAWN];
	char *at = token;

	ln_random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < DRAWN; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16 |
				 (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			*at++ = digits[three >> shift & 63];
	}
	*at = '\0';
}

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~+/=", c));
}

/* Cuts the end of the line off, and checks what is left. */
static bool is_token(char token[LN_TOKEN_SIZE], size_t len)
{
	if (len > 0 && token[len - 1] == '\n')
		len--;
	token[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (!is_token_char(token[i]))
			return false;
	}
	return len >= TOKEN_MIN;
}

static int read_open(int fd, const char *path, char token[LN_TOKEN_SIZE],
		     char **error)
{
	struct stat stat;
	ssize_t len;

	if (fstat(fd, &stat) < 0)
		return fail(LN_EIO, error, "cannot read the token file", path,
			    strerror(errno));
	if (!S_ISREG(stat.st_mode))
		return fail(LN_EFORMAT, error, "cannot use the token file",
			    path, "it is no file");
	if (stat.st_uid != geteuid() || (stat.st_mode & 077) != 0)
		return fail(LN_EPERM, error, "cannot use the token file", path,
			    "others own it, or may read or change it; if none "
			    "has, run chmod 600");
	/* A file of one line comes at once. */
	len = read(fd, token, LN_TOKEN_SIZE);
	if (len < 0)
		return fail(LN_EIO, error, "cannot read the token file", path,
			    strerror(errno));
	if (len == LN_TOKEN_SIZE || !is_token(token, (size_t)len))
		return fail(LN_EFORMAT, error, "cannot use the token file",
			    path,
			    "a token is one line of 16 to 254 letters, digits "
			    "and -._~+/=");
	return 0;
}

int ln_token_read(const char *path, char token[LN_TOKEN_SIZE], char **error)
{
	/* Whatever it is, opening it must not wait. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int result;

	*error = NULL;
	if (fd < 0)
		return fail(errno == ENOENT ? LN_ENOENT : LN_EIO, error,
			    "cannot open the token file", path,
			    strerror(errno));
	result = read_open(fd, path, token, error);
	ln_fd_close(fd);
	return result;
}

/* An errno. */
static int write_new(const char *path, char *temporary, const char *line)
{
	int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	ssize_t len = (ssize_t)strlen(line);
	int number = 0;

	if (fd < 0)
		return errno;
	if (write(fd, line, (size_t)len) != len)
		number = errno != 0 ? errno : EIO;
	if (close(fd) < 0 && number == 0)
		number = errno;
	if (number == 0 && rename(temporary, path) < 0)
		number = errno;
	if (number != 0)
		/* If it stays, only the user may read it. */
		(void)unlink(temporary);
	return number;
}

int ln_token_write(const char *path, const char *token, char **error)
{
	char line[LN_TOKEN_SIZE + 1];
	char *temporary;
	int number;

	*error = NULL;
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return LN_ENOMEM;
	(void)snprintf(line, sizeof(line), "%s\n", token);
	errno = 0;
	number = write_new(path, temporary, line);
	free(temporary);
	if (number == 0)
		return 0;
	return fail(LN_EIO, error, "cannot write the token file", path,
		    strerror(number));
}
