/*
 * What the files about wasi:sockets share. A socket is a descriptor of the
 * process (LN_WASI_NET), which each resource of it uses: the socket itself, its
 * streams, pollables. It is closed when the last one of them is dropped. Only
 * the thread that runs the process touches it.
 */
#ifndef LN_HOST_WASI_P2_SOCKETS_H
#define LN_HOST_WASI_P2_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "host/wasi/p2/p2.h"
#include "net/address.h"

struct ln_quota;
struct ln_socket;

/* error-code */
enum ln_p2_socket_error {
	LN_P2_UNKNOWN = 0,
	LN_P2_ACCESS_DENIED = 1,
	LN_P2_NOT_SUPPORTED = 2,
	LN_P2_INVALID_ARGUMENT = 3,
	LN_P2_OUT_OF_MEMORY = 4,
	LN_P2_TIMEOUT = 5,
	LN_P2_CONCURRENCY_CONFLICT = 6,
	LN_P2_NOT_IN_PROGRESS = 7,
	LN_P2_WOULD_BLOCK = 8,
	LN_P2_INVALID_STATE = 9,
	LN_P2_NEW_SOCKET_LIMIT = 10,
	LN_P2_ADDRESS_NOT_BINDABLE = 11,
	LN_P2_ADDRESS_IN_USE = 12,
	LN_P2_REMOTE_UNREACHABLE = 13,
	LN_P2_CONNECTION_REFUSED = 14,
	LN_P2_CONNECTION_RESET = 15,
	LN_P2_CONNECTION_ABORTED = 16,
	LN_P2_DATAGRAM_TOO_LARGE = 17,
	LN_P2_NAME_UNRESOLVABLE = 18,
	LN_P2_TEMPORARY_FAILURE = 19,
	LN_P2_PERMANENT_FAILURE = 20,
	LN_P2_FINE = -1,
};

/* States of WIT; those of UDP are the first three. */
enum ln_p2_socket_state {
	LN_P2_UNBOUND,
	LN_P2_BINDING,
	LN_P2_BOUND,
	LN_P2_STARTING_TO_LISTEN,
	LN_P2_LISTENING,
	LN_P2_CONNECTING,
	LN_P2_CONNECTED,
	LN_P2_CLOSED,
};

struct ln_p2_socket {
	struct ln_socket *socket; /* counted */
	enum ln_p2_socket_state state;
	int code;    /* ln_p2_socket_error: what finish-* is going to tell */
	int backlog; /* of TCP */
	unsigned version; /* 4 or 6 */
	bool has_remote;
	struct ln_address remote; /* of TCP since start-connect */
	uint32_t datagrams;       /* streams of UDP that are alive */
};

/* NULL is fine. */
void ln_p2_socket_free(struct ln_p2_socket *net);

/* ---- Arguments ---- */

/* The socket behind the handle that is an argument, of that kind; the resource
 * may be NULL. LN_P2_RAISED. */
int ln_p2_socket_get(struct ln_p2_call *call, uint32_t kind, unsigned index,
		     struct ln_p2_socket **net,
		     struct ln_p2_resource **resource);

/* The same for the first argument of a function that both kinds have. */
int ln_p2_socket_any(struct ln_p2_call *call, struct ln_p2_socket **net,
		     uint32_t *fd);

/* Whether an argument is a network. LN_P2_RAISED. */
int ln_p2_network(struct ln_p2_call *call, unsigned index);

/* The address whose flat values begin there. LN_ETRAP. */
#define LN_P2_ADDRESS_VALUES 12
int ln_p2_address(struct ln_p2_call *call, unsigned index,
		  struct ln_address *address);

/* Whether the number of a case is below `count`. LN_ETRAP. */
int ln_p2_case(struct ln_p2_call *call, uint32_t number, uint32_t count);

/* The address in the guest's memory, which lists have. LN_ETRAP. */
#define LN_P2_ADDRESS_SIZE 32
int ln_p2_load_address(struct ln_p2_call *call, const uint8_t *at,
		       struct ln_address *address);
void ln_p2_store_address(uint8_t *at, const struct ln_address *address);

/* Whether a socket can be bound, connected, or send to an address. */
bool ln_p2_is_unicast(const struct ln_address *address);
bool ln_p2_is_remote(const struct ln_p2_socket *net,
		     const struct ln_address *address);
bool ln_p2_same_family(const struct ln_p2_socket *net,
		       const struct ln_address *address);

/* ---- Results ---- */

/* What `error` of src/net and `number`, if that is LN_EIO, are to a guest. */
int ln_p2_socket_code(int error, int number);

/* The same when binding, or connecting. */
int ln_p2_bind_code(int error, int number);
int ln_p2_connect_code(int error, int number);

/* Writes result<T,error-code>: error(code), or ok with the room for T in *at,
 * which is NULL otherwise. LN_ETRAP. */
int ln_p2_socket_answer(struct ln_p2_call *call, unsigned index,
			struct ln_p2_shape shape, int code, uint8_t **at);

/* The same for T that is nothing, or a number of 1, 4 or 8 bytes. */
int ln_p2_socket_none(struct ln_p2_call *call, unsigned index, int code);
int ln_p2_socket_number(struct ln_p2_call *call, unsigned index, uint32_t size,
			int code, uint64_t value);

/* Makes a socket, which it takes over in any case, a descriptor of the process,
 * whose number it stores: an error-code. */
int ln_p2_socket_add(struct ln_guest *guest, struct ln_socket *socket,
		     const struct ln_p2_socket *from, uint32_t *fd);

/* Makes a handle for a resource of a kind that is of that descriptor.
 * LN_P2_RAISED, LN_ETRAP. */
int ln_p2_socket_give(struct ln_p2_call *call, uint32_t kind, uint32_t fd,
		      uint32_t *handle);

/* create-tcp-socket and create-udp-socket: `open` is of src/net. */
int ln_p2_socket_create(struct ln_p2_call *call, uint32_t kind,
			int (*open)(unsigned version, struct ln_quota *quota,
				    struct ln_socket **socket, int *number));

/* ---- Readiness ---- */

/* The direction in which a socket has to be ready for its operation to go on;
 * negative: it can at once. */
int ln_p2_socket_awaits(const struct ln_p2_socket *net);

/* ---- Names ---- */

/* Whether a look-up is over; otherwise its end wakes the running task until
 * ln_p2_names_unwatch. */
bool ln_p2_names_ready(struct ln_p2_names *names);
bool ln_p2_names_watch(struct ln_p2_names *names);
void ln_p2_names_unwatch(struct ln_p2_names *names);

struct ln_p2_names *ln_p2_names_retain(struct ln_p2_names *names);
void ln_p2_names_release(struct ln_guest *guest, struct ln_p2_names *names);

#endif
