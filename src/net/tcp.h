/*
 * TCP listeners and streams. Every call tries first and parks if necessary, so
 * all of them are for tasks only. Calls that fail in the kernel return LN_EIO
 * and store the errno through `number`. LN_ETIMEDOUT, LN_EKILLED and LN_ENOMEM
 * change nothing, and unread data is still there.
 *
 * A socket takes a unit of `quota` (NULL: no limit) as long as it is open,
 * whoever has it. If no unit is left, the call fails as if the program could
 * open no more descriptors (EMFILE).
 */
#ifndef LN_NET_TCP_H
#define LN_NET_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct ln_address;
struct ln_quota;
struct ln_socket;

/* Maximum number of bytes that one call should move, so that it is short. */
#define LN_TCP_SLICE ((size_t)1 << 20)

/* Connections that may wait to be accepted; the kernel may allow less. */
#define LN_TCP_BACKLOG 4096

/* The descriptor of a listener at `address`, non-blocking, which the caller
 * owns with a unit of the quota; or a negative errno. Any thread. */
int ln_tcp_listen_fd(const struct ln_address *address, struct ln_quota *quota);

/* The descriptor of the next connection, non-blocking, which the caller owns
 * with a unit of the quota; or a negative errno: -EAGAIN, there is none;
 * -EINTR, the one that there was has broken. Any thread. */
int ln_tcp_accept_fd(int listener, struct ln_quota *quota,
		     struct ln_address *peer);

/* A listener at `address`; port 0 lets the kernel choose. */
int ln_tcp_listen(const struct ln_address *address, struct ln_quota *quota,
		  struct ln_socket **listener, int *number);

/* The next connection, and the address of its peer. Connections that broke
 * while they waited are skipped. Without a free descriptor the call fails, and
 * the connection stays in the queue. */
int ln_tcp_accept(struct ln_socket *listener, struct ln_quota *quota,
		  int64_t deadline, struct ln_socket **stream,
		  struct ln_address *peer, int *number);

int ln_tcp_connect(const struct ln_address *address, struct ln_quota *quota,
		   int64_t deadline, struct ln_socket **stream, int *number);

/* The steps of the calls above that never wait, for who waits for several
 * sockets at a time. LN_EAGAIN: it would have to wait. Tasks only. */

/* A socket for addresses of that IP version (4 or 6), which is neither bound
 * nor connected. One of version 6 takes no addresses of version 4. */
int ln_tcp_open(unsigned version, struct ln_quota *quota,
		struct ln_socket **socket, int *number);
int ln_tcp_bind(const struct ln_socket *socket,
		const struct ln_address *address, int *number);

/* May be repeated, to change the backlog. */
int ln_tcp_listen_on(const struct ln_socket *socket, int backlog, int *number);

/* Begins to connect, and tells, when called again, how that goes on. */
int ln_tcp_connect_step(const struct ln_socket *socket,
			const struct ln_address *address, int *number);

/* ECONNABORTED: the connections that there were have broken. */
int ln_tcp_accept_step(const struct ln_socket *listener, struct ln_quota *quota,
		       struct ln_socket **stream, struct ln_address *peer,
		       int *number);

/* Whether the end of the stream is what would be read next. Any thread. */
bool ln_tcp_ended(const struct ln_socket *stream);

/* How many bytes a stream takes for sure that poll(2) calls writable; above 0.
 * Any thread. */
size_t ln_tcp_room(const struct ln_socket *stream);

/* Reads the available bytes, at most `len`, and waits while there are none;
 * *count is 0 at the end of the stream, and if `len` is 0. */
int ln_tcp_read(struct ln_socket *stream, void *data, size_t len,
		int64_t deadline, size_t *count, int *number);

/* The same, and leaves the bytes where they are. */
int ln_tcp_peek(struct ln_socket *stream, void *data, size_t len,
		int64_t deadline, size_t *count, int *number);

/* Writes as much as there is room for, and waits while there is no room at all.
 * A peer that is gone is an error (EPIPE, ECONNRESET), never a signal. */
int ln_tcp_write(struct ln_socket *stream, const struct iovec *pieces,
		 int pieces_count, int64_t deadline, size_t *count,
		 int *number);

#endif
