/* The protocol is one datagram a message, and no answer: see sd_notify(3). */
#include "base/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/time.h"

#define NS_PER_US 1000
/* What a supervisor can wait for, about a year: so that nothing overflows. */
#define WATCHDOG_MAX_US INT64_C(31536000000000)

/* A whole text that is a number from `min` to `max`. */
static bool read_number(const char *text, int64_t min, int64_t max,
			int64_t *value)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' && *value >= min && *value <= max;
}

/* Makes the address of a name; false: it is none. */
static bool set_address(struct ln_notify *notify, const char *name)
{
	struct sockaddr_un *address = &notify->address;
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(address->sun_path))
		return false;
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, name, len);
	/* An abstract name has no end, a path has one. */
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	notify->address_len =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
			    (name[0] == '/'));
	return true;
}

/* False: a variable is wrong, and *wrong is its name. */
static bool read_watchdog(struct ln_notify *notify, const char **wrong)
{
	const char *time = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	int64_t number;

	if (time == NULL || time[0] == '\0')
		return true;
	*wrong = "WATCHDOG_PID";
	if (pid != NULL && !read_number(pid, 1, INT32_MAX, &number))
		return false;
	/* It is for another program, such as the one that started this one. */
	if (pid != NULL && number != getpid())
		return true;
	*wrong = "WATCHDOG_USEC";
	if (!read_number(time, 1, WATCHDOG_MAX_US, &number))
		return false;
	notify->watchdog = number * NS_PER_US / 2;
	return true;
}

bool ln_notify_open(struct ln_notify *notify, const char **wrong)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*notify = (struct ln_notify){ .fd = -1 };
	if (name == NULL || name[0] == '\0')
		return true;
	*wrong = "NOTIFY_SOCKET";
	if (!set_address(notify, name))
		return false;
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Without a descriptor nobody can be told. */
	return notify->fd < 0 || read_watchdog(notify, wrong);
}

bool ln_notify_send(const struct ln_notify *notify, const char *lines)
{
	size_t len = strlen(lines);
	ssize_t n;

	if (notify->fd < 0)
		return false;
	do {
		n = sendto(notify->fd, lines, len, MSG_NOSIGNAL | MSG_DONTWAIT,
			   (const struct sockaddr *)&notify->address,
			   notify->address_len);
	} while (n < 0 && errno == EINTR);
	return n >= 0 && (size_t)n == len;
}

void ln_notify_close(struct ln_notify *notify)
{
	if (notify->fd >= 0)
		ln_fd_close(notify->fd);
	notify->fd = -1;
}
