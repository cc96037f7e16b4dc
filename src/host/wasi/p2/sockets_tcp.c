/*
 * wasi:sockets/tcp. A start-* function does the work at once, but for a
 * connection that takes time; what comes of it the finish-* function tells.
 * Streams of a connection are those of wasi:io, over the socket.
 *
 * Threads: the one that runs the process.
 */
#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "base/error.h"
#include "host/stream.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/sockets.h"
#include "host/wasi/table.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "process/environment.h"
#include "process/guest.h"

/* shutdown-type */
enum shutdown_type { SHUTDOWN_RECEIVE = 0, SHUTDOWN_SEND = 1 };

static int get(struct ln_p2_call *call, struct ln_p2_socket **net)
{
	return ln_p2_socket_get(call, LN_P2_TCP_SOCKET, 0, net, NULL);
}

int ln_p2_tcp_create(struct ln_p2_call *call)
{
	return ln_p2_socket_create(call, LN_P2_TCP_SOCKET, ln_tcp_open);
}

static bool in_progress(const struct ln_p2_socket *net)
{
	return net->state == LN_P2_BINDING ||
	       net->state == LN_P2_STARTING_TO_LISTEN ||
	       net->state == LN_P2_CONNECTING;
}

/* The first three arguments of a start-* function: socket, network, address. */
static int get_all(struct ln_p2_call *call, struct ln_p2_socket **net,
		   struct ln_address *address)
{
	int error = get(call, net);

	if (error == 0)
		error = ln_p2_network(call, 1);
	return error != 0 ? error : ln_p2_address(call, 2, address);
}

/* ---- Binding ---- */

static int start_bind(struct ln_p2_socket *net,
		      const struct ln_address *address)
{
	int number = 0;
	int error;

	if (in_progress(net))
		return LN_P2_CONCURRENCY_CONFLICT;
	if (net->state != LN_P2_UNBOUND)
		return LN_P2_INVALID_STATE;
	if (!ln_p2_is_unicast(address) || !ln_p2_same_family(net, address))
		return LN_P2_INVALID_ARGUMENT;
	error = ln_tcp_bind(net->socket, address, &number);
	net->code = ln_p2_bind_code(error, number);
	net->state = LN_P2_BINDING;
	return LN_P2_FINE;
}

int ln_p2_tcp_start_bind(struct ln_p2_call *call)
{
	struct ln_address address;
	struct ln_p2_socket *net;
	int error = get_all(call, &net, &address);

	return error != 0 ? error
			  : ln_p2_socket_none(call, 2 + LN_P2_ADDRESS_VALUES,
					      start_bind(net, &address));
}

/* Ends what a start-* function began: `from` is the state that it left. */
static int finish(struct ln_p2_call *call, enum ln_p2_socket_state from,
		  enum ln_p2_socket_state done, enum ln_p2_socket_state failed)
{
	struct ln_p2_socket *net;
	int error = get(call, &net);
	int code = LN_P2_NOT_IN_PROGRESS;

	if (error != 0)
		return error;
	if (net->state == from) {
		code = net->code;
		net->state = code == LN_P2_FINE ? done : failed;
		net->code = LN_P2_FINE;
	}
	return ln_p2_socket_none(call, 1, code);
}

int ln_p2_tcp_finish_bind(struct ln_p2_call *call)
{
	return finish(call, LN_P2_BINDING, LN_P2_BOUND, LN_P2_UNBOUND);
}

/* ---- Listening ---- */

/* Until the runtime drains, as host/net.c has it. */
static int listen_now(struct ln_guest *guest, struct ln_p2_socket *net)
{
	int number = 0;
	int error = ln_tcp_listen_on(net->socket, net->backlog, &number);

	if (error == 0 && net->socket->listener == NULL)
		error = ln_socket_serve_listener(net->socket,
						 guest->environment->serving);
	return ln_p2_socket_code(error, number);
}

int ln_p2_tcp_start_listen(struct ln_p2_call *call)
{
	struct ln_p2_socket *net;
	int error = get(call, &net);
	int code = LN_P2_FINE;

	if (error != 0)
		return error;
	if (in_progress(net)) {
		code = LN_P2_CONCURRENCY_CONFLICT;
	} else if (net->state != LN_P2_BOUND) {
		code = LN_P2_INVALID_STATE;
	} else {
		net->code = listen_now(call->guest, net);
		net->state = LN_P2_STARTING_TO_LISTEN;
	}
	return ln_p2_socket_none(call, 1, code);
}

int ln_p2_tcp_finish_listen(struct ln_p2_call *call)
{
	return finish(call, LN_P2_STARTING_TO_LISTEN, LN_P2_LISTENING,
		      LN_P2_BOUND);
}

static int set_backlog(struct ln_p2_socket *net, uint64_t value)
{
	int number = 0;
	int error;

	if (value == 0)
		return LN_P2_INVALID_ARGUMENT;
	if (net->state > LN_P2_LISTENING)
		return LN_P2_INVALID_STATE;
	net->backlog = value < LN_TCP_BACKLOG ? (int)value : LN_TCP_BACKLOG;
	if (net->state < LN_P2_STARTING_TO_LISTEN)
		return LN_P2_FINE;
	error = ln_tcp_listen_on(net->socket, net->backlog, &number);
	return ln_p2_socket_code(error, number);
}

int ln_p2_tcp_set_backlog(struct ln_p2_call *call)
{
	struct ln_p2_socket *net;
	int error = get(call, &net);

	return error != 0
		       ? error
		       : ln_p2_socket_none(
				 call, 2, set_backlog(net, ln_p2_u64(call, 1)));
}

int ln_p2_tcp_is_listening(struct ln_p2_call *call)
{
	struct ln_p2_socket *net;
	int error = get(call, &net);

	if (error == 0)
		call->values[0].i32 = net->state == LN_P2_LISTENING;
	return error;
}

/* ---- Connections ---- */

/* Writes the handles of a connection's streams, and before them that of its
 * socket, if it is new. */
static int give_streams(struct ln_p2_call *call, uint32_t fd, bool is_new,
			uint32_t handles[3])
{
	int error = 0;

	if (is_new)
		error = ln_p2_socket_give(call, LN_P2_TCP_SOCKET, fd,
					  &handles[0]);
	if (error == 0)
		error = ln_p2_socket_give(call, LN_P2_INPUT_STREAM, fd,
					  &handles[is_new]);
	if (error == 0)
		error = ln_p2_socket_give(call, LN_P2_OUTPUT_STREAM, fd,
					  &handles[is_new + 1]);
	return error;
}

static int answer_streams(struct ln_p2_call *call, int code, uint32_t fd,
			  bool is_new)
{
	const unsigned count = is_new ? 3 : 2;
	const struct ln_p2_shape shape = { 4 + 4 * count, 4, 4 };
	uint32_t handles[3] = { 0 };
	uint8_t *at;
	int error = 0;

	if (code == LN_P2_FINE)
		error = give_streams(call, fd, is_new, handles);
	if (error == 0)
		error = ln_p2_socket_answer(call, 1, shape, code, &at);
	if (error != 0 || at == NULL)
		return error;
	for (unsigned i = 0; i < count; i++)
		ln_wasi_store32(at + (size_t)4 * i, handles[i]);
	return 0;
}

static int start_connect(struct ln_p2_socket *net,
			 const struct ln_address *address)
{
	int number = 0;
	int error;

	if (in_progress(net))
		return LN_P2_CONCURRENCY_CONFLICT;
	if (net->state != LN_P2_UNBOUND && net->state != LN_P2_BOUND)
		return LN_P2_INVALID_STATE;
	if (!ln_p2_is_unicast(address) || !ln_p2_is_remote(net, address))
		return LN_P2_INVALID_ARGUMENT;
	net->remote = *address;
	net->has_remote = true;
	error = ln_tcp_connect_step(net->socket, address, &number);
	net->code = error == LN_EAGAIN ? LN_P2_FINE
				       : ln_p2_connect_code(error, number);
	net->state = LN_P2_CONNECTING;
	return LN_P2_FINE;
}

int ln_p2_tcp_start_connect(struct ln_p2_call *call)
{
	struct ln_address address;
	struct ln_p2_socket *net;
	int error = get_all(call, &net, &address);

	return error != 0 ? error
			  : ln_p2_socket_none(call, 2 + LN_P2_ADDRESS_VALUES,
					      start_connect(net, &address));
}

static int finish_connect(struct ln_p2_socket *net)
{
	int number = 0;
	int code = net->code;
	int error;

	if (net->state != LN_P2_CONNECTING)
		return LN_P2_NOT_IN_PROGRESS;
	if (code == LN_P2_FINE) {
		error = ln_tcp_connect_step(net->socket, &net->remote, &number);
		code = ln_p2_connect_code(error, number);
	}
	if (code != LN_P2_WOULD_BLOCK)
		net->state =
			code == LN_P2_FINE ? LN_P2_CONNECTED : LN_P2_CLOSED;
	return code;
}

int ln_p2_tcp_finish_connect(struct ln_p2_call *call)
{
	struct ln_p2_resource *resource;
	struct ln_p2_socket *net;
	int error =
		ln_p2_socket_get(call, LN_P2_TCP_SOCKET, 0, &net, &resource);

	return error != 0 ? error
			  : answer_streams(call, finish_connect(net),
					   resource->fd, false);
}

/* Takes a connection that there is. Room for it is found before: nothing is
 * accepted that would have to be closed. */
static int accept_now(struct ln_guest *guest, const struct ln_p2_socket *net,
		      uint32_t *fd)
{
	struct ln_p2_socket made = {
		.state = LN_P2_CONNECTED,
		.code = LN_P2_FINE,
		.version = net->version,
		.has_remote = true,
	};
	struct ln_socket *socket;
	uint32_t room;
	int number = 0;
	int error;

	if (net->state != LN_P2_LISTENING)
		return LN_P2_INVALID_STATE;
	room = ln_wasi_make_room(guest);
	if (room != LN_WASI_SUCCESS)
		return room == LN_WASI_MFILE ? LN_P2_NEW_SOCKET_LIMIT
					     : LN_P2_OUT_OF_MEMORY;
	error = ln_tcp_accept_step(net->socket, guest->environment->descriptors,
				   &socket, &made.remote, &number);
	if (error < 0)
		return ln_p2_socket_code(error, number);
	ln_socket_serve_connection(socket, guest->environment->serving);
	return ln_p2_socket_add(guest, socket, &made, fd);
}

int ln_p2_tcp_accept(struct ln_p2_call *call)
{
	struct ln_p2_socket *net;
	uint32_t fd = UINT32_MAX;
	int error = get(call, &net);
	int code;

	if (error != 0)
		return error;
	code = accept_now(call->guest, net, &fd);
	return answer_streams(call, code, fd, true);
}

static LN_NOINLINE int shutdown_now(int fd, int how)
{
	return shutdown(fd, how) < 0 && errno != ENOTCONN ? -errno : 0;
}

/* What has been received is discarded, and what still comes: the stream is gone
 * (streams.c), since the kernel would give it. */
static int shut_down(struct ln_wasi_fd *entry, uint32_t type)
{
	static const int ways[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };
	int number = 0;
	int result;

	if (entry->net->state != LN_P2_CONNECTED)
		return LN_P2_INVALID_STATE;
	result = shutdown_now(entry->net->socket->fd, ways[type]);
	if (result < 0) {
		number = -result;
		return ln_p2_socket_code(LN_EIO, number);
	}
	for (int i = LN_READABLE; i <= LN_WRITABLE; i++) {
		if (type ==
		    (i == LN_READABLE ? SHUTDOWN_SEND : SHUTDOWN_RECEIVE))
			continue;
		ln_stream_free(entry->streams[i]);
		entry->streams[i] = NULL;
	}
	return LN_P2_FINE;
}

int ln_p2_tcp_shutdown(struct ln_p2_call *call)
{
	uint32_t type = ln_p2_u32(call, 1);
	struct ln_p2_resource *resource;
	struct ln_p2_socket *net;
	struct ln_wasi_fd *entry;
	int error =
		ln_p2_socket_get(call, LN_P2_TCP_SOCKET, 0, &net, &resource);

	if (error == 0)
		error = ln_p2_case(call, type, 3);
	if (error != 0)
		return error;
	if (ln_wasi_find(call->guest, resource->fd, 0, &entry) !=
	    LN_WASI_SUCCESS)
		return LN_ENOMEM;
	return ln_p2_socket_none(call, 2, shut_down(entry, type));
}
