/*
 * UDP sockets. Sending and receiving try first and park if necessary, so they
 * are for tasks only; the rest never parks. Results, errors and quotas are
 * those of net/tcp.h. A datagram is sent and received as a whole: each call
 * moves one, and calls of tasks that share a socket never mix.
 */
#ifndef LN_NET_UDP_H
#define LN_NET_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far a datagram may be sent: the most routers that it passes. */
#define LN_UDP_MAX_TTL 255

struct ln_address;
struct ln_quota;
struct ln_socket;

/* A socket at `address`; port 0 lets the kernel choose. */
int ln_udp_bind(const struct ln_address *address, struct ln_quota *quota,
		struct ln_socket **socket, int *number);

/* From now on it sends to `address` where no other is given, and what comes
 * from elsewhere is dropped; what has come before stays. May be repeated. */
int ln_udp_connect(const struct ln_socket *socket,
		   const struct ln_address *address, int *number);

/* Takes the oldest datagram, and waits while there is none: *count is the
 * number of its bytes, 0 if it has none. What exceeds `len` is lost. Stores who
 * has sent it; NULL: not. */
int ln_udp_receive(struct ln_socket *socket, void *data, size_t len,
		   int64_t deadline, struct ln_address *from, size_t *count,
		   int *number);

/* Sends one datagram of `len` bytes, which may be 0; NULL: to the address that
 * the socket is connected to. Waits while the kernel has no room. One that is
 * too long for the protocol fails (EMSGSIZE), and so may one before which a
 * peer has refused another. */
int ln_udp_send(struct ln_socket *socket, const void *data, size_t len,
		const struct ln_address *to, int64_t deadline, size_t *count,
		int *number);

/* Steps that never wait, for who waits for several sockets at a time.
 * LN_EAGAIN: it would have to wait. */

/* A socket for addresses of that IP version (4 or 6), which is not bound. One
 * of version 6 takes no addresses of version 4. Tasks only. */
int ln_udp_open(unsigned version, struct ln_quota *quota,
		struct ln_socket **socket, int *number);
int ln_udp_bind_to(const struct ln_socket *socket,
		   const struct ln_address *address, int *number);

/* Ends what ln_udp_connect began. The socket stays bound to `local`, where it
 * was bound before, unless another takes the port meanwhile (EADDRINUSE). */
int ln_udp_disconnect(const struct ln_socket *socket,
		      const struct ln_address *local, int *number);

int ln_udp_receive_step(const struct ln_socket *socket, void *data, size_t len,
			struct ln_address *from, size_t *count, int *number);
int ln_udp_send_step(const struct ln_socket *socket, const void *data,
		     size_t len, const struct ln_address *to, int *number);

/* How many routers a datagram may pass, 1 to LN_UDP_MAX_TTL (else EINVAL): the
 * time to live of IPv4, the hop limit of IPv6. */
int ln_udp_set_ttl(const struct ln_socket *socket, uint32_t ttl, int *number);
int ln_udp_ttl(const struct ln_socket *socket, uint32_t *ttl, int *number);

/* Whether it may send to a broadcast address, which fails otherwise (EACCES).
 * At first it may not. */
int ln_udp_set_broadcast(const struct ln_socket *socket, bool on, int *number);
int ln_udp_broadcast(const struct ln_socket *socket, bool *on, int *number);

#endif
