/*
 * What the networking functions of all generations share: addresses as guests
 * pass and get them, how a call ends, and the calls that differ in nothing but
 * in how long they may wait.
 *
 * As host functions they return 0 with a result, or the error that ends the
 * process. Those with a deadline park.
 */
#ifndef LN_HOST_NET_H
#define LN_HOST_NET_H

#include <stdint.h>

#include "process/guest.h"

struct ln_address;
struct ln_socket;

/* An address as it is passed: `ip` points to 4 or 16 bytes. */
struct ln_host_address {
	uint32_t version; /* 4 or 6 */
	uint32_t ip;
	uint32_t port;
	uint32_t flow_info;
	uint32_t scope_id;
};

/* Reads such an address. Traps. */
int ln_host_net_address(struct ln_guest *guest, struct ln_host_address from,
			struct ln_address *address);

/* The same at the beginning of a call that makes a socket of that kind at the
 * address: traps too if the guest may not hold one more. */
int ln_host_net_begin(struct ln_guest *guest, enum ln_resource_kind kind,
		      struct ln_host_address from, struct ln_address *address);

/* Has the guest hold an iterator with that address, and stores its id. Traps.
 */
int ln_host_net_add_address(struct ln_guest *guest,
			    const struct ln_address *address, uint64_t *id);

/* Ends a call of src/net that gave `error` and, if that is LN_EIO, the errno
 * `number`: stores `value` at `id`, or the id of an error, or tells of the
 * timeout, or lets the process end. */
int ln_host_net_conclude(struct ln_guest *guest, int error, int number,
			 uint64_t value, uint8_t *id, uint32_t *result);

/* Ends a call that made a socket unless `error` says otherwise: the guest holds
 * it, and its id is stored. */
int ln_host_net_give(struct ln_guest *guest, enum ln_resource_kind kind,
		     int error, int number, struct ln_socket *socket,
		     uint8_t *id, uint32_t *result);

/* Stores the id of an iterator with an address of the socket that the guest
 * holds as `kind` under `socket`: what `address_of` says. */
int ln_host_net_tell(struct ln_guest *guest, enum ln_resource_kind kind,
		     uint64_t socket,
		     int (*address_of)(const struct ln_socket *,
				       struct ln_address *, int *),
		     uint8_t *id, uint32_t *result);

/* The same of a socket that the caller has found. */
int ln_host_net_tell_of(struct ln_guest *guest, const struct ln_socket *socket,
			int (*address_of)(const struct ln_socket *,
					  struct ln_address *, int *),
			uint8_t *id, uint32_t *result);

/* Listens at an address, as ln_tcp_listen, until the runtime drains. */
int ln_host_net_listen(struct ln_guest *guest, const struct ln_address *address,
		       struct ln_socket **listener, int *number);

/* Waits for a connection at `listener`, has the guest hold the stream as
 * `kind`, and stores its id and that of an iterator with the peer's address.
 * `wrap`, if it is not NULL, makes the resource of the socket, which it takes
 * over in any case. Parks. */
int ln_host_net_accept(struct ln_guest *guest, struct ln_socket *listener,
		       enum ln_resource_kind kind,
		       int (*wrap)(void *with, struct ln_socket *socket,
				   void **stream),
		       void *with, uint8_t *id, uint8_t *peer,
		       uint32_t *result);

int ln_host_net_resolve(struct ln_guest *guest, struct ln_slice name,
			int64_t deadline, uint8_t *id, uint32_t *result);

int ln_host_net_connect(struct ln_guest *guest, struct ln_host_address to,
			int64_t deadline, uint8_t *id, uint32_t *result);

/* Transfers on a TCP stream; `pieces` have an address and a length each. */
int ln_host_net_read(struct ln_guest *guest, struct ln_socket *stream,
		     struct ln_buffer buffer, int64_t deadline, uint8_t *count,
		     uint32_t *result);
int ln_host_net_peek(struct ln_guest *guest, struct ln_socket *stream,
		     struct ln_buffer buffer, int64_t deadline, uint8_t *count,
		     uint32_t *result);
int ln_host_net_write(struct ln_guest *guest, struct ln_socket *stream,
		      struct ln_array pieces, int64_t deadline, uint8_t *count,
		      uint32_t *result);

#endif
