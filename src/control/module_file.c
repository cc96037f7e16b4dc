/* Modules from files, and threads. */
#include "control/module_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "engine/module.h"

#define READ_SIZE ((size_t)1 << 20)

static int fail(const char *path, int number, char **error)
{
	ln_text_format(error, "cannot read '%s': %s", path, strerror(number));
	return ln_error_from_errno(number);
}

static int read_all(const char *path, int fd, struct ln_bytes *bytes,
		    char **error)
{
	bytes->max = LN_MODULE_MAX_BYTES_DEFAULT + READ_SIZE;
	for (;;) {
		ssize_t n;

		if (!ln_bytes_reserve(bytes, READ_SIZE)) {
			ln_text_format(error, "'%s' is too large", path);
			return bytes->error == LN_ENOMEM ? LN_ENOMEM
							 : LN_ELIMIT;
		}
		n = read(fd, bytes->data + bytes->len, READ_SIZE);
		if (n < 0 && errno != EINTR)
			return fail(path, errno, error);
		if (n == 0)
			return 0;
		if (n > 0)
			bytes->len += (size_t)n;
	}
}

int ln_control_read_module(const char *path, struct ln_bytes *bytes,
			   char **error)
{
	/* Not to wait for a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int result;

	if (fd < 0)
		return fail(path, errno, error);
	result = read_all(path, fd, bytes, error);
	ln_fd_close(fd);
	return result;
}

int ln_control_start_thread(void *(*function)(void *), void *argument)
{
	pthread_attr_t detached;
	pthread_t thread;
	int error = pthread_attr_init(&detached);

	if (error != 0)
		return error;
	error = pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (error == 0)
		error = pthread_create(&thread, &detached, function, argument);
	pthread_attr_destroy(&detached);
	return error;
}
