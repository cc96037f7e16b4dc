/*
 * DESIGN
 * A thread of its own, so that an operator is answered when guests keep all
 * workers busy: the kernel shares the processors between it and them. It waits
 * in poll(2), and works on one step of each request in turn.
 *
 * Whatever comes over the socket is checked and bounded: who connects (the
 * user, or root), how many (SOCKETS), lines, requests, and what a client has
 * not read. A client that reads nothing for STALL is dropped, so it keeps its
 * place from others only for that long; one that only listens stays.
 *
 * Without a descriptor accept fails while connections wait. Then the listener
 * is left alone for PAUSE, instead of being found readable all the time.
 *
 * Others wake the thread through the eventfd (ln_control_wake). Requests that
 * come by way of another node are clients as well, with a channel in the place
 * of a socket (control/channel.c).
 */
#include "control/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "base/time.h"
#include "cluster/node.h"
#include "control/channel.h"
#include "control/control_impl.h"
#include "control/session.h"

#define SOCKETS 64
#define CLIENTS (SOCKETS + LN_CONTROL_CHANNELS_MAX)
#define STALL (30 * LN_NS_PER_S)
#define PAUSE (100 * LN_NS_PER_MS)
#define READ_SIZE 16384

/* Places in the array for poll. */
enum { AT_WAKE, AT_LISTENER, AT_CLIENTS };

struct client {
	struct ln_control_session session;
	struct ln_control_channel *channel; /* NULL: it has a socket */
	int fd;                             /* -1: it has a channel */
	char *line; /* the part of a line that is there */
	size_t len;
	bool skipping;    /* the rest of a line that is too long */
	bool closed;      /* the client sends nothing any more */
	bool gone;        /* it is to be dropped */
	int64_t progress; /* when it last took bytes, or had none to take */
	int64_t due;      /* of its requests */
};

struct server {
	struct ln_control *control;
	struct client *clients[CLIENTS];
	size_t count;
	size_t sockets; /* among them */
	int64_t pause;  /* until then the listener is left alone */
	struct pollfd polled[AT_CLIENTS + CLIENTS];
	char bytes[READ_SIZE]; /* that were just read */
};

/* ---- The struct ---- */

void ln_control_init(struct ln_control *control, struct ln_runtime *runtime,
		     const char *name)
{
	*control = (struct ln_control){
		.runtime = runtime,
		.listener = -1,
		.wake = -1,
	};
	pthread_mutex_init(&control->lock, NULL);
	ln_control_channels_init(&control->channels);
	ln_control_name(name, control->name);
}

void ln_control_deinit(struct ln_control *control)
{
	pthread_mutex_destroy(&control->lock);
	ln_control_channels_deinit(&control->channels);
	if (control->listener >= 0)
		ln_fd_close(control->listener);
	if (control->wake >= 0)
		ln_fd_close(control->wake);
	free(control->path);
}

void ln_control_wake(struct ln_control *control)
{
	const uint64_t one = 1;

	/* Release, pairs with the acquire in sleep_over: what was there to be
	 * seen before is seen by the thread that was woken. */
	if (control->wake < 0 || atomic_exchange_explicit(&control->woken, true,
							  memory_order_acq_rel))
		return;
	/* It cannot fail: the counter is far from its bound. */
	(void)!write(control->wake, &one, sizeof(one));
}

/* ---- Clients ---- */

static void drop_client(struct server *server, size_t at)
{
	struct client *client = server->clients[at];

	ln_control_session_deinit(&client->session);
	if (client->channel != NULL) {
		ln_control_channel_free(&server->control->channels,
					client->channel);
	} else {
		ln_fd_close(client->fd);
		server->sockets--;
	}
	free(client->line);
	free(client);
	server->clients[at] = server->clients[--server->count];
}

/* Says why, if the socket has room for it, which a new one has. */
static void refuse_client(int fd, const char *code, const char *message)
{
	char *text;
	int len = asprintf(&text,
			   "{\"error\":{\"code\":\"%s\","
			   "\"message\":\"%s\"}}\n",
			   code, message);

	if (len > 0) {
		/* Who does not get it sees the end. */
		(void)send(fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
		free(text);
	}
	ln_fd_close(fd);
}

/* Whether the other side may control this program. */
static bool is_allowed(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void add_client(struct server *server, int fd)
{
	struct client *client;

	if (!is_allowed(fd)) {
		refuse_client(fd, "not-permitted",
			      "only the user of the program, and root, may "
			      "control it");
		return;
	}
	if (server->sockets == SOCKETS) {
		refuse_client(fd, "busy",
			      "too many connections; end one, or try later");
		return;
	}
	client = calloc(1, sizeof(*client));
	if (client != NULL)
		client->line = malloc(LN_CONTROL_LINE_MAX);
	if (client == NULL || client->line == NULL) {
		free(client);
		refuse_client(fd, "no-memory", "out of memory");
		return;
	}
	client->fd = fd;
	client->progress = ln_time_now();
	ln_control_session_init(&client->session, server->control);
	server->clients[server->count++] = client;
	server->sockets++;
}

/* Takes requests that other nodes have brought. */
static void add_channels(struct server *server)
{
	struct ln_control_channels *channels = &server->control->channels;
	struct client *client;
	char *line;
	size_t len;

	/* Without memory they wait, and their jobs wake this thread again. */
	while ((client = calloc(1, sizeof(*client))) != NULL) {
		client->channel =
			ln_control_channels_next(channels, &line, &len);
		if (client->channel == NULL) {
			free(client);
			return;
		}
		client->fd = -1;
		client->closed = true;
		client->progress = ln_time_now();
		ln_control_session_init(&client->session, server->control);
		ln_control_session_skip(&client->session);
		ln_control_session_line(&client->session, line, len);
		free(line);
		server->clients[server->count++] = client;
	}
}

/* Takes as many connections as there may be at once. */
static void accept_clients(struct server *server)
{
	for (int i = 0; i < SOCKETS; i++) {
		int fd = accept4(server->control->listener, NULL, NULL,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			add_client(server, fd);
			continue;
		}
		if (errno == ECONNABORTED || errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			server->pause = ln_time_now() + PAUSE;
		return;
	}
}

/* Takes the lines that are in what was read. */
static void take_bytes(struct client *client, const char *bytes, size_t len)
{
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end != NULL ? (size_t)(end - bytes) : len;

		if (client->len + part > LN_CONTROL_LINE_MAX)
			client->skipping = true;
		if (!client->skipping) {
			memcpy(client->line + client->len, bytes, part);
			client->len += part;
		}
		if (end == NULL)
			return;
		if (client->skipping)
			ln_control_session_too_long(&client->session);
		else
			ln_control_session_line(&client->session, client->line,
						client->len);
		client->skipping = false;
		client->len = 0;
		bytes += part + 1;
		len -= part + 1;
	}
}

static void read_client(struct server *server, struct client *client)
{
	ssize_t n = recv(client->fd, server->bytes, READ_SIZE, MSG_DONTWAIT);

	if (n > 0)
		take_bytes(client, server->bytes, (size_t)n);
	else if (n == 0)
		client->closed = true;
	else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		client->gone = true;
}

/* The same for one of another node. */
static void write_channel(struct ln_control_channels *channels,
			  struct client *client, int64_t now)
{
	ln_control_channel_put(
		channels, client->channel, &client->session,
		client->session.count == 0 ||
			ln_control_session_failed(&client->session));
	client->progress = now;
	client->gone = ln_control_channel_over(channels, client->channel, now);
}

static void write_client(struct client *client, int64_t now)
{
	size_t len;
	const uint8_t *bytes =
		ln_control_session_pending(&client->session, &len);
	ssize_t n;

	if (len == 0) {
		client->progress = now;
		return;
	}
	n = send(client->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0) {
		ln_control_session_sent(&client->session, (size_t)n);
		client->progress = now;
	} else if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK &&
		   errno != EINTR) {
		client->gone = true;
	}
}

/* Whether nothing is left to be done for a client, or nothing can be. */
static bool is_over(const struct client *client, int64_t now)
{
	size_t len;

	if (client->channel != NULL)
		return client->gone;
	if (client->gone || ln_control_session_failed(&client->session) ||
	    now - client->progress >= STALL)
		return true;
	if (!client->closed)
		return false;
	(void)ln_control_session_pending(&client->session, &len);
	return len == 0 && client->session.count == 0;
}

/* ---- The loop ---- */

/* Whether more may be read from a client: not when it does not read itself. */
static bool reads(const struct client *client)
{
	size_t len;

	(void)ln_control_session_pending(&client->session, &len);
	return !client->closed && len < LN_CONTROL_OUT_HIGH;
}

static void prepare_poll(struct server *server, int64_t now, int64_t *next)
{
	bool paused = server->pause > now;

	*next = paused ? server->pause : LN_NEVER;
	server->polled[AT_WAKE] =
		(struct pollfd){ server->control->wake, POLLIN, 0 };
	server->polled[AT_LISTENER] =
		(struct pollfd){ paused ? -1 : server->control->listener,
				 POLLIN, 0 };
	for (size_t i = 0; i < server->count; i++) {
		struct client *client = server->clients[i];
		int64_t due = client->due;
		short events = reads(client) ? POLLIN : 0;
		size_t len;

		(void)ln_control_session_pending(&client->session, &len);
		if (client->channel != NULL) {
			/* Those that nobody asks for are looked for. */
			if (now + LN_NS_PER_S < due)
				due = now + LN_NS_PER_S;
		} else if (len > 0) {
			events |= POLLOUT;
			if (client->progress + STALL < due)
				due = client->progress + STALL;
		}
		server->polled[AT_CLIENTS + i] =
			(struct pollfd){ client->fd, events, 0 };
		if (due < *next)
			*next = due;
	}
}

static int timeout_until(int64_t next, int64_t now)
{
	int64_t ms;

	if (next == LN_NEVER)
		return -1;
	if (next <= now)
		return 0;
	ms = (next - now + LN_NS_PER_MS - 1) / LN_NS_PER_MS;
	return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

/* After a wake-up. */
static void sleep_over(struct server *server)
{
	uint64_t count;

	/* It was readable; nobody else reads it. */
	(void)!read(server->control->wake, &count, sizeof(count));
	/* Acquire, pairs with the release in ln_control_wake. */
	(void)atomic_exchange_explicit(&server->control->woken, false,
				       memory_order_acq_rel);
	for (size_t i = 0; i < server->count; i++)
		ln_control_session_wake(&server->clients[i]->session);
	add_channels(server);
}

static void serve_client(struct server *server, struct client *client,
			 short events)
{
	int64_t now = ln_time_now();

	if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && reads(client))
		read_client(server, client);
	else if ((events & (POLLHUP | POLLERR)) != 0)
		client->gone = true;
	ln_control_session_work(&client->session, now);
	if (client->channel != NULL)
		write_channel(&server->control->channels, client, now);
	else
		write_client(client, now);
	/* Only now: what was sent makes room for more. */
	client->due = ln_control_session_due(&client->session, now);
}

/* Waits for something to do, and does it. */
static void serve_once(struct server *server)
{
	int64_t now = ln_time_now();
	size_t count = server->count;
	int64_t next;

	prepare_poll(server, now, &next);
	if (poll(server->polled, AT_CLIENTS + count, timeout_until(next, now)) <
	    0)
		return;
	if (server->polled[AT_WAKE].revents != 0)
		sleep_over(server);
	for (size_t i = count; i > 0; i--)
		serve_client(server, server->clients[i - 1],
			     server->polled[AT_CLIENTS + i - 1].revents);
	for (size_t i = count; i > 0; i--) {
		if (is_over(server->clients[i - 1], ln_time_now()))
			drop_client(server, i - 1);
	}
	if (server->polled[AT_LISTENER].revents != 0)
		accept_clients(server);
}

static void *serve(void *argument)
{
	struct server *server = argument;

	prctl(PR_SET_NAME, "ln-control");
	/* Acquire, pairs with the release in ln_control_stop. */
	while (!atomic_load_explicit(&server->control->stopping,
				     memory_order_acquire))
		serve_once(server);
	while (server->count > 0)
		drop_client(server, server->count - 1);
	free(server);
	return NULL;
}

/* ---- Starting and stopping ---- */

/* With all signals blocked: they are for other threads. */
static int start_thread(struct ln_control *control)
{
	struct server *server = calloc(1, sizeof(*server));
	sigset_t all, before;
	int error;

	if (server == NULL)
		return ENOMEM;
	server->control = control;
	sigfillset(&all);
	error = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (error != 0) {
		free(server);
		return error;
	}
	error = pthread_create(&control->thread, NULL, serve, server);
	if (error != 0)
		free(server);
	/* It was a valid mask. */
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static int open_server(struct ln_control *control, const char *folder,
		       char **error)
{
	int number;

	control->listener =
		ln_control_listen(folder, control->name, &control->path, error);
	if (control->listener < 0)
		return control->listener;
	control->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	number = control->wake < 0 ? errno : start_thread(control);
	if (number == 0)
		return 0;
	ln_text_format(error, "cannot start the control server: %s",
		       strerror(number));
	return ln_error_from_errno(number);
}

int ln_control_start(const struct ln_control_options *options,
		     struct ln_control **out, char **error)
{
	struct ln_control *control = malloc(sizeof(*control));
	char *folder;
	int result;

	*error = NULL;
	if (control == NULL)
		return LN_ENOMEM;
	ln_control_init(control, options->runtime, options->name);
	result = ln_control_folder(options->folder, &folder, error);
	if (result == 0) {
		result = open_server(control, folder, error);
		free(folder);
	}
	if (result == 0) {
		*out = control;
		return 0;
	}
	if (control->path != NULL)
		/* If it stays, the next program removes it. */
		(void)unlink(control->path);
	ln_control_deinit(control);
	free(control);
	return result;
}

const char *ln_control_path(const struct ln_control *control)
{
	return control->path;
}

void ln_control_set_member(struct ln_control *control, struct ln_node *member)
{
	struct ln_node *before;

	if (control == NULL)
		return;
	pthread_mutex_lock(&control->lock);
	before = control->member;
	control->member = member;
	control->local = member != NULL ? ln_node_local(member) : NULL;
	pthread_mutex_unlock(&control->lock);
	if (before != NULL) {
		ln_control_channels_leave(&control->channels, true);
		ln_local_node_set_steward(ln_node_local(before), NULL);
	}
	ln_control_channels_leave(&control->channels, member == NULL);
	if (member != NULL)
		ln_local_node_set_steward(ln_node_local(member),
					  &control->channels.steward);
}

void ln_control_stop(struct ln_control *control)
{
	if (control == NULL)
		return;
	ln_control_set_member(control, NULL);
	/* Nobody new: those who look for programs do not find it. */
	(void)unlink(control->path);
	/* Release, pairs with the acquire in serve. */
	atomic_store_explicit(&control->stopping, true, memory_order_release);
	ln_control_wake(control);
	pthread_join(control->thread, NULL);
	ln_control_deinit(control);
	free(control);
}
