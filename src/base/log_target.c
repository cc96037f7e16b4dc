/* Writing without waiting, by kind of descriptor. */
#include "base/log_target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

struct ln_log_target ln_log_target_aim(int fd)
{
	struct ln_log_target target = { .fd = fd };
	struct stat stats;
	char path[32];
	int own;

	if (fstat(fd, &stats) < 0)
		return target;
	target.socket = S_ISSOCK(stats.st_mode);
	target.waits = target.socket || S_ISFIFO(stats.st_mode) ||
		       S_ISCHR(stats.st_mode);
	if (!S_ISFIFO(stats.st_mode) && !isatty(fd))
		return target;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own >= 0) {
		target.fd = own;
		target.ours = true;
	}
	return target;
}

ssize_t ln_log_target_put(const struct ln_log_target *target, const char *text,
			  size_t len)
{
	ssize_t n;

	do {
		if (target->socket)
			n = send(target->fd, text, len,
				 MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			n = write(target->fd, text, len);
	} while (n < 0 && errno == EINTR);
	return n;
}

void ln_log_target_close(struct ln_log_target *target)
{
	if (target->ours)
		ln_fd_close(target->fd);
}
