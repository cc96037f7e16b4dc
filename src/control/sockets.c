/*
 * `sockets` tells of the sockets of the program, those of guests and its own,
 * as the kernel knows them. A descriptor that is closed or used anew meanwhile
 * is left out, or told of as what it is then; nothing is changed.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include "base/time.h"
#include "control/method.h"
#include "control/methods.h"

#define STEP_TIME (LN_NS_PER_MS / 2)
#define ADDRESS_SIZE (INET6_ADDRSTRLEN + 16)

struct state {
	DIR *folder;
	uint64_t told;
};

/* States of TCP, from 1 on, as the kernel numbers them. */
static const char *const states[] = {
	"-",          "established", "syn-sent",  "syn-received",
	"fin-wait-1", "fin-wait-2",  "time-wait", "closed",
	"close-wait", "last-ack",    "listening", "closing",
};

static void begin(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	state->folder = opendir("/proc/self/fd");
	if (state->folder == NULL)
		ln_control_fail(request, "failed",
				"the program's descriptors cannot be listed; "
				"mount /proc");
}

static void format_address(const struct sockaddr_storage *address,
			   char text[ADDRESS_SIZE])
{
	char host[INET6_ADDRSTRLEN] = "?";
	const struct sockaddr_in6 *v6 = (const void *)address;
	const struct sockaddr_in *v4 = (const void *)address;

	if (address->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
		snprintf(text, ADDRESS_SIZE, "[%s]:%u", host,
			 ntohs(v6->sin6_port));
	} else {
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
		snprintf(text, ADDRESS_SIZE, "%s:%u", host,
			 ntohs(v4->sin_port));
	}
}

/* Bytes that wait in one direction; 0 when that is not known. */
static json_int_t waiting(int fd, unsigned long which)
{
	int bytes = 0;

	return ioctl(fd, which, &bytes) == 0 ? bytes : 0;
}

static const char *state_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
	    info.tcpi_state >= sizeof(states) / sizeof(states[0]))
		return "-";
	return states[info.tcpi_state];
}

/* NULL: it is no socket of the internet. */
static json_t *socket_object(int fd)
{
	struct sockaddr_storage own = { 0 };
	struct sockaddr_storage peer = { 0 };
	char local[ADDRESS_SIZE];
	char remote[ADDRESS_SIZE] = "-";
	socklen_t len = sizeof(own);
	socklen_t type_len = sizeof(int);
	int type = 0;

	if (getsockname(fd, (struct sockaddr *)&own, &len) < 0 ||
	    (own.ss_family != AF_INET && own.ss_family != AF_INET6) ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0)
		return NULL;
	format_address(&own, local);
	len = sizeof(peer);
	if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0)
		format_address(&peer, remote);
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:I,s:I}", "descriptor", fd,
			 "kind", type == SOCK_STREAM ? "tcp" : "udp", "state",
			 type == SOCK_STREAM ? state_of(fd) : "-", "local",
			 local, "peer", remote, "to_read_bytes",
			 waiting(fd, SIOCINQ), "to_send_bytes",
			 waiting(fd, SIOCOUTQ));
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	int64_t end = ln_time_now() + STEP_TIME;

	while (!ln_control_is_full(request) && ln_time_now() < end) {
		const struct dirent *entry = readdir(state->folder);
		json_t *object;
		char *rest;
		long fd;

		if (entry == NULL) {
			ln_control_result(request,
					  json_pack("{s:I}", "shown",
						    (json_int_t)state->told));
			return;
		}
		fd = strtol(entry->d_name, &rest, 10);
		if (rest == entry->d_name || *rest != '\0')
			continue; /* "." and ".." */
		object = socket_object((int)fd);
		if (object == NULL)
			continue;
		ln_control_item(request, object);
		state->told++;
	}
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	/* It was only read. */
	if (state->folder != NULL)
		(void)closedir(state->folder);
}

const struct ln_control_method ln_control_sockets = {
	.name = "sockets",
	.help = "lists the program's TCP and UDP sockets, an item for each",
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};
