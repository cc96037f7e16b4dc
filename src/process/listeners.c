/* Listeners are opened with the environment, and closed with it. */
#include "process/listeners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/quota.h"
#include "net/address.h"
#include "net/tcp.h"
#include "process/config.h"

int ln_listener_open(const char *address, struct ln_quota *quota)
{
	struct ln_endpoint endpoint;
	const char *reason;

	/* Names are not looked up: they may stand for several addresses. */
	if (ln_endpoint_parse(address, strlen(address), &endpoint, &reason) <
		    0 ||
	    endpoint.address.version == 0)
		return -EINVAL;
	return ln_tcp_listen_fd(&endpoint.address, quota);
}

/* Our error for an address that cannot be listened at. */
static int refusal(int number)
{
	switch (number) {
	case EINVAL:
		return LN_EFORMAT;
	case EADDRINUSE:
		return LN_EEXIST;
	case EADDRNOTAVAIL:
		return LN_ENOENT;
	default:
		return ln_error_from_errno(number);
	}
}

static void add(struct ln_listeners *listeners, struct ln_serving *serving,
		int fd)
{
	struct ln_listener *listener = &listeners->list[listeners->count++];

	listener->fd = fd;
	listener->served.serving = NULL;
	if (serving != NULL)
		ln_serving_listen(serving, &listener->served, fd);
}

int ln_listeners_open(const struct ln_config *config, struct ln_quota *quota,
		      struct ln_serving *serving, struct ln_listeners **out)
{
	const struct ln_texts *from = &config->listeners;
	struct ln_listeners *listeners;

	*out = NULL;
	if (from->count == 0)
		return 0;
	listeners = malloc(sizeof(*listeners) +
			   from->count * sizeof(listeners->list[0]));
	if (listeners == NULL)
		return LN_ENOMEM;
	listeners->quota = quota;
	listeners->count = 0;
	for (size_t i = 0; i < from->count; i++) {
		int fd = ln_listener_open(from->list[i], quota);

		if (fd < 0) {
			ln_listeners_close(listeners);
			return refusal(-fd);
		}
		add(listeners, serving, fd);
	}
	*out = listeners;
	return 0;
}

void ln_listeners_close(struct ln_listeners *listeners)
{
	if (listeners == NULL)
		return;
	for (size_t i = 0; i < listeners->count; i++) {
		struct ln_listener *listener = &listeners->list[i];

		if (listener->served.serving != NULL)
			ln_serving_forget(&listener->served);
		ln_fd_close(listener->fd);
		ln_quota_give(listeners->quota);
	}
	free(listeners);
}
