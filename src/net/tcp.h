/*
 * TCP listeners and streams. Every call tries first and parks when it must, so
 * all of them are for tasks only. Those that fail because the kernel said so
 * return LN_EIO and store the errno through `number`; LN_ETIMEDOUT, LN_EKILLED
 * and LN_ENOMEM leave nothing behind, and what could be read is still there.
 *
 * A socket takes a unit of `quota` (NULL: no bound) for as long as it is open,
 * whoever has it; when none is left the call fails as it does when the program
 * may open no more (EMFILE).
 */
#ifndef LN_NET_TCP_H
#define LN_NET_TCP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct ln_address;
struct ln_quota;
struct ln_socket;

/* Bytes that one call should move at most: it should not take long. */
#define LN_TCP_SLICE ((size_t)1 << 20)

/* The text of an errno, for people: "Connection refused (os error 111)". */
#define LN_NET_ERROR_SIZE 96
void ln_net_error_text(int number, char text[LN_NET_ERROR_SIZE]);

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

/* Where a listener or stream is bound to. Never parks. */
int ln_tcp_local_address(const struct ln_socket *socket,
			 struct ln_address *address, int *number);

/* The next connection, and the address of its peer. Connections that broke
 * while they waited are passed over; without a free descriptor the call fails,
 * and the connection goes on waiting. */
int ln_tcp_accept(struct ln_socket *listener, struct ln_quota *quota,
		  int64_t deadline, struct ln_socket **stream,
		  struct ln_address *peer, int *number);

int ln_tcp_connect(const struct ln_address *address, struct ln_quota *quota,
		   int64_t deadline, struct ln_socket **stream, int *number);

/* Reads what there is, at most `len` bytes, and waits while there is nothing;
 * *count is 0 at the end of the stream, and when `len` is. */
int ln_tcp_read(struct ln_socket *stream, void *data, size_t len,
		int64_t deadline, size_t *count, int *number);

/* Writes as much as there is room for, and waits while there is no room at all.
 * A peer that is gone is an error (EPIPE, ECONNRESET), never a signal. */
int ln_tcp_write(struct ln_socket *stream, const struct iovec *pieces,
		 int pieces_count, int64_t deadline, size_t *count,
		 int *number);

#endif
