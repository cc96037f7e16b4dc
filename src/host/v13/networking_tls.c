/*
 * lunatic::networking, its part with TLS: guests' ids around net/tls_stream.h.
 * Everything that a call makes is in a table of the guest before the call
 * returns, or released.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "base/utf8.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/iovecs.h"
#include "host/messages.h"
#include "host/net.h"
#include "host/result.h"
#include "net/address.h"
#include "net/resolver.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "net/tls_public.h"
#include "net/tls_stream.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"
#include "sched/task.h"

/* What metered guests pay: a handshake, measured with RSA of 2048 bits, takes a
 * millisecond; a certificate some ten nanoseconds a byte; encrypting and
 * copying as much as copying four times. */
#define HANDSHAKE_FUEL 1000000
#define PEM_COST 100
#define DATA_COST 4

#define MAX_AUTHORITIES 256

/* Bytes that a call writes at most, and a record of TLS. */
#define WRITE_MAX ((size_t)65536)
#define RECORD ((size_t)16384)

/* When a call is over that may take so many milliseconds. */
static int64_t deadline_after(uint64_t timeout)
{
	return timeout == UINT64_MAX ? LN_NEVER : ln_time_after_ms(timeout);
}

/* Ends a call of net/tls_stream.h, as ln_host_net_conclude. */
static LN_NOINLINE int conclude(struct ln_guest *guest, int error,
				const char *reason, uint64_t value, uint8_t *id,
				uint32_t *result)
{
	switch (error) {
	case LN_EIO:
	case LN_EPERM:
	case LN_EFORMAT:
	case LN_EINVAL:
		return ln_host_fail(guest, id, result, "%s", reason);
	default:
		return ln_host_net_conclude(guest, error, 0, value, id, result);
	}
}

/* A context in the making, in the pool for files. */
struct making {
	const struct ln_tls_pem *certificates;
	const struct ln_tls_pem *key; /* NULL: it is for a client */
	size_t count;
	struct ln_tls_context *context;
	int error;
	char *reason;
};

static void make_context(void *argument)
{
	struct making *making = argument;

	if (making->key != NULL)
		making->error = ln_tls_context_new_server(
			making->certificates, making->key, &making->context,
			making->reason);
	else
		making->error = ln_tls_context_new_client(
			making->certificates, making->count, &making->context,
			making->reason);
}

/* Makes the context. The PEM is in the guest's memory, which stays as it is
 * while the guest is parked. Parks. */
static int make(struct ln_guest *guest, struct making *making)
{
	struct ln_environment *environment = guest->environment;
	size_t bytes = making->key != NULL ? making->key->len : 0;

	for (size_t i = 0; i < making->count; i++)
		bytes += making->certificates[i].len;
	if (bytes > LN_TLS_PEM_AUTHORITIES)
		bytes = LN_TLS_PEM_AUTHORITIES;
	ln_guest_charge(guest, PEM_COST * bytes);
	if (ln_blocking_run_for(ln_sched_files(environment->runtime->sched),
				environment->files, make_context, making) < 0)
		ln_task_on_worker_stack(ln_task_current(), make_context,
					making);
	ln_instance_resumed(guest->instance);
	return making->error;
}

static void free_context(void *context)
{
	ln_tls_context_free(context);
}

static LN_NOINLINE int start_listener(struct ln_guest *guest,
				      const struct ln_address *address,
				      struct ln_tls_context *context,
				      uint8_t *id, uint32_t *result)
{
	struct ln_tls_listener *listener;
	struct ln_socket *socket;
	uint64_t stored = 0;
	int number = 0;
	int error = ln_host_net_listen(guest, address, &socket, &number);

	if (error < 0)
		ln_task_on_worker_stack(ln_task_current(), free_context,
					context);
	else
		error = ln_tls_listener_new(socket, context, &listener);
	if (error == 0)
		error = ln_host_add(guest, LN_RESOURCE_TLS_LISTENER, listener,
				    &stored);
	return ln_host_net_conclude(guest, error, number, stored, id, result);
}

int ln_host_v13_networking_tls_bind(struct ln_guest *guest, uint32_t version,
				    uint32_t ip, uint32_t port,
				    uint32_t flow_info, uint32_t scope_id,
				    uint8_t *id, struct ln_slice certificates,
				    struct ln_slice key, uint32_t *result)
{
	struct ln_host_address from = { version, ip, port, flow_info,
					scope_id };
	struct ln_tls_pem chain = { certificates.data, certificates.len };
	struct ln_tls_pem secret = { key.data, key.len };
	char reason[LN_TLS_REASON_SIZE];
	struct making making = { &chain, &secret, 1, NULL, 0, reason };
	struct ln_address address;
	int error = ln_host_net_begin(guest, LN_RESOURCE_TLS_LISTENER, from,
				      &address);

	if (error < 0)
		return error;
	error = make(guest, &making);
	if (error < 0)
		return conclude(guest, error, reason, 0, id, result);
	return start_listener(guest, &address, making.context, id, result);
}

int ln_host_v13_networking_drop_tls_listener(struct ln_guest *guest,
					     uint64_t listener)
{
	return ln_host_drop(guest, LN_RESOURCE_TLS_LISTENER, listener);
}

int ln_host_v13_networking_tls_local_addr(struct ln_guest *guest,
					  uint64_t listener, uint8_t *id,
					  uint32_t *result)
{
	const struct ln_tls_listener *held =
		ln_guest_get(guest, LN_RESOURCE_TLS_LISTENER, listener);

	if (held == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TLS_LISTENER,
				       listener);
	return ln_host_net_tell_of(guest, held->socket, ln_socket_local_address,
				   id, result);
}

/* Makes the server's end of what was accepted. */
static int begin_server(void *context, struct ln_socket *socket, void **out)
{
	struct ln_tls_stream *stream;
	int error = ln_tls_stream_new(context, false, socket, NULL, &stream);

	if (error == 0)
		*out = stream;
	return error;
}

int ln_host_v13_networking_tls_accept(struct ln_guest *guest, uint64_t listener,
				      uint8_t *id, uint8_t *peer,
				      uint32_t *result)
{
	const struct ln_tls_listener *held =
		ln_guest_get(guest, LN_RESOURCE_TLS_LISTENER, listener);

	if (held == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TLS_LISTENER,
				       listener);
	return ln_host_net_accept(guest, held->socket, LN_RESOURCE_TLS_STREAM,
				  begin_server, held->context, id, peer,
				  result);
}

/* A call of tls_connect. */
struct connecting {
	char name[LN_HOST_MAX + 1]; /* with a zero */
	uint16_t port;
	int64_t deadline;
	struct ln_tls_context *context; /* counted if `own` */
	bool own;                       /* it is of this call */
	int number;                     /* of the last address; or 0 */
	char reason[LN_TLS_REASON_SIZE];
};

/* Whether it can be the name of a host, or is an address. */
static bool good_name(const char *name, size_t len)
{
	uint8_t address[16];

	if (inet_pton(AF_INET6, name, address) == 1)
		return true;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		      (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
		      (c == '.' && i > 0 && name[i - 1] != '.')))
			return false;
	}
	return len > 0;
}

/* Finds out who is meant. LN_EINVAL with the reason. */
static int read_name(struct connecting *connecting, struct ln_slice name)
{
	if (name.len < sizeof(connecting->name) &&
	    memchr(name.data, '\0', name.len) == NULL) {
		memcpy(connecting->name, name.data, name.len);
		connecting->name[name.len] = '\0';
		if (good_name(connecting->name, name.len))
			return 0;
	}
	snprintf(connecting->reason, sizeof(connecting->reason),
		 "the name of the server is neither that of a host nor an IP "
		 "address");
	return LN_EINVAL;
}

/* Reads where an authority is. False: not in the guest's memory. */
static bool read_authority(struct ln_guest *guest, const uint8_t *at,
			   struct ln_tls_pem *pem)
{
	uint32_t numbers[2];

	memcpy(numbers, at, sizeof(numbers));
	/* The library for Rust puts the length first. */
	if (numbers[1] > LN_TLS_PEM_AUTHORITIES &&
	    numbers[0] <= LN_TLS_PEM_AUTHORITIES) {
		uint32_t address = numbers[1];

		numbers[1] = numbers[0];
		numbers[0] = address;
	}
	pem->len = numbers[1];
	pem->data = ln_guest_memory(guest, numbers[0], numbers[1]);
	return pem->data != NULL;
}

/* A context that trusts what the guest lists. Parks. */
static int trust_list(struct ln_guest *guest, struct ln_array authorities,
		      struct connecting *connecting)
{
	struct making making = { .reason = connecting->reason };
	struct ln_tls_pem *list;
	int error = 0;

	if (authorities.count > MAX_AUTHORITIES) {
		snprintf(connecting->reason, sizeof(connecting->reason),
			 "there are more than %d authorities; put them into "
			 "one PEM",
			 MAX_AUTHORITIES);
		return LN_EINVAL;
	}
	list = calloc(authorities.count, sizeof(*list));
	if (list == NULL)
		return LN_ENOMEM;
	for (uint32_t i = 0; error == 0 && i < authorities.count; i++)
		if (!read_authority(guest, authorities.data + (size_t)i * 8,
				    &list[i]))
			error = ln_guest_trap(guest,
					      "authority %u points outside of "
					      "the exported memory",
					      i);
	making.certificates = list;
	making.count = authorities.count;
	if (error == 0)
		error = make(guest, &making);
	free(list);
	connecting->context = making.context;
	connecting->own = true;
	return error;
}

/* The context that trusts what the system does. Parks. */
static int trust_system(struct ln_guest *guest, struct connecting *connecting)
{
	struct ln_runtime *runtime = guest->environment->runtime;
	struct making making = { .reason = connecting->reason };
	struct ln_tls_context *there = NULL;
	int error;

	/* Acquire pairs with the release below. */
	connecting->context = atomic_load_explicit(&runtime->system_trust,
						   memory_order_acquire);
	if (LN_LIKELY(connecting->context != NULL))
		return 0;
	error = make(guest, &making);
	if (error < 0)
		return error;
	connecting->context = making.context;
	/* Release pairs with the acquire above, acquire with the release of
	 * somebody who was faster. */
	if (!atomic_compare_exchange_strong_explicit(
		    &runtime->system_trust, &there, making.context,
		    memory_order_acq_rel, memory_order_acquire)) {
		ln_task_on_worker_stack(ln_task_current(), free_context,
					making.context);
		connecting->context = there;
	}
	return 0;
}

/* Looks the server up. Parks. */
static int look_up(struct ln_guest *guest, struct connecting *connecting,
		   struct ln_addresses **addresses)
{
	struct ln_environment *environment = guest->environment;
	char text[LN_HOST_MAX + 16];
	const char *reason = "";
	bool colons = strchr(connecting->name, ':') != NULL;
	int len = snprintf(text, sizeof(text), "%s%s%s:%u", colons ? "[" : "",
			   connecting->name, colons ? "]" : "",
			   (unsigned)connecting->port);
	int error = ln_resolver_resolve(
		environment->runtime->resolver, environment->names, text,
		(size_t)len, connecting->deadline, addresses, &reason);

	if (error == LN_EFORMAT || error == LN_EIO)
		snprintf(connecting->reason, sizeof(connecting->reason),
			 "failed to lookup address information: %s", reason);
	return error;
}

/* Connects to the first address that answers. Parks. */
static LN_NOINLINE int dial(struct ln_guest *guest,
			    struct connecting *connecting,
			    struct ln_socket **socket)
{
	struct ln_addresses *addresses;
	int error = look_up(guest, connecting, &addresses);

	if (error < 0)
		return error;
	/* There is one at least. */
	error = LN_EIO;
	for (uint32_t i = 0; error == LN_EIO && i < addresses->count; i++)
		error = ln_tcp_connect(
			&addresses->list[i], guest->environment->descriptors,
			connecting->deadline, socket, &connecting->number);
	free(addresses);
	if (error == LN_EIO)
		ln_net_error_text(connecting->number, connecting->reason);
	return error;
}

/* Makes the stream, whose handshake is over then. Parks. */
static int connect_stream(struct ln_guest *guest, struct connecting *connecting,
			  struct ln_tls_stream **stream)
{
	size_t len = strlen(connecting->name);
	struct ln_socket *socket;
	int error = dial(guest, connecting, &socket);

	if (error < 0)
		return error;
	/* Certificates have names without it. */
	if (len > 1 && connecting->name[len - 1] == '.')
		connecting->name[len - 1] = '\0';
	error = ln_tls_stream_new(connecting->context, connecting->own, socket,
				  connecting->name, stream);
	if (error < 0)
		return error;
	error = ln_tls_stream_shake(*stream, guest->environment->files,
				    connecting->deadline, connecting->reason);
	ln_guest_pay(guest, HANDSHAKE_FUEL);
	if (error < 0)
		ln_tls_stream_release(*stream);
	return error;
}

int ln_host_v13_networking_tls_connect(struct ln_guest *guest,
				       struct ln_slice name, uint32_t port,
				       uint64_t timeout, uint8_t *id,
				       struct ln_array authorities,
				       uint32_t *result)
{
	struct connecting connecting = {
		.port = (uint16_t)port,
		.deadline = deadline_after(timeout),
	};
	struct ln_tls_stream *stream;
	uint64_t stored = 0;
	int error;

	if (!ln_utf8_valid(name.data, name.len))
		return ln_guest_trap(guest, "the name is not UTF-8");
	error = ln_host_check_room(guest, LN_RESOURCE_TLS_STREAM);
	if (error < 0)
		return error;
	error = read_name(&connecting, name);
	if (error == 0)
		error = authorities.count > 0
				? trust_list(guest, authorities, &connecting)
				: trust_system(guest, &connecting);
	if (error == 0)
		error = connect_stream(guest, &connecting, &stream);
	ln_instance_resumed(guest->instance);
	if (connecting.own)
		ln_task_on_worker_stack(ln_task_current(), free_context,
					connecting.context);
	if (error == 0)
		error = ln_host_add(guest, LN_RESOURCE_TLS_STREAM, stream,
				    &stored);
	return conclude(guest, error, connecting.reason, stored, id, result);
}

int ln_host_v13_networking_drop_tls_stream(struct ln_guest *guest,
					   uint64_t stream)
{
	return ln_host_drop(guest, LN_RESOURCE_TLS_STREAM, stream);
}

int ln_host_v13_networking_clone_tls_stream(struct ln_guest *guest,
					    uint64_t stream, uint64_t *result)
{
	return ln_host_clone(guest, LN_RESOURCE_TLS_STREAM, stream, result);
}

/* Sees that the handshake is over. Parks. */
static int ready(struct ln_guest *guest, struct ln_tls_stream *stream,
		 int64_t deadline, char *reason)
{
	int error;

	if (LN_LIKELY(ln_tls_stream_is_ready(stream)))
		return 0;
	error = ln_tls_stream_shake(stream, guest->environment->files, deadline,
				    reason);
	if (error != LN_ETIMEDOUT)
		ln_guest_pay(guest, HANDSHAKE_FUEL);
	return error;
}

/* What comes next, in one piece of at most a record; several are gathered in
 * `*room`, which is made when it is needed. NULL: memory is short. */
static const void *next_piece(const struct ln_iovecs *pieces, uint8_t **room,
			      size_t *len)
{
	struct iovec batch[LN_IOVECS_BATCH];
	int n = ln_iovecs_gather(pieces, batch, RECORD);

	*len = 0;
	if (n <= 1) {
		*len = n == 1 ? batch[0].iov_len : 0;
		return n == 1 ? batch[0].iov_base : pieces->memory;
	}
	if (*room == NULL)
		*room = malloc(RECORD);
	if (*room == NULL)
		return NULL;
	for (int i = 0; i < n; i++) {
		memcpy(*room + *len, batch[i].iov_base, batch[i].iov_len);
		*len += batch[i].iov_len;
	}
	return *room;
}

static LN_NOINLINE int write_pieces(struct ln_tls_stream *stream,
				    struct ln_iovecs *pieces, int64_t deadline,
				    size_t *count, char *reason)
{
	uint8_t *room = NULL;
	size_t written;
	size_t len;
	int error;

	*count = 0;
	do {
		const void *piece = next_piece(pieces, &room, &len);

		error = LN_ENOMEM;
		written = 0;
		if (piece != NULL)
			error = ln_tls_stream_write(stream, piece, len,
						    deadline, &written, reason);
		ln_iovecs_advance(pieces, written);
		*count += written;
	} while (error == 0 && written > 0 && pieces->left > 0 &&
		 *count < WRITE_MAX);
	free(room);
	/* What went wrong later, the next call finds out. */
	return *count > 0 && error != LN_EKILLED ? 0 : error;
}

int ln_host_v13_networking_tls_write_vectored(struct ln_guest *guest,
					      uint64_t stream,
					      struct ln_array pieces,
					      uint8_t *count, uint32_t *result)
{
	struct ln_tls_stream *held =
		ln_guest_get(guest, LN_RESOURCE_TLS_STREAM, stream);
	char reason[LN_TLS_REASON_SIZE];
	struct ln_iovecs iovecs;
	uint8_t *memory;
	uint64_t size;
	size_t done = 0;
	int64_t deadline;
	int error;

	if (held == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TLS_STREAM, stream);
	/* There is one: `count` is in it. */
	if (!ln_instance_view(guest->instance, &memory, &size) ||
	    ln_iovecs_init(&iovecs, memory, size, pieces) < 0)
		return ln_guest_trap(guest, "a piece points outside of the "
					    "exported memory");
	deadline = deadline_after(ln_tls_stream_timeout(held, LN_TLS_WRITING));
	error = ready(guest, held, deadline, reason);
	if (error == 0)
		error = write_pieces(held, &iovecs, deadline, &done, reason);
	ln_guest_charge(guest, DATA_COST * done);
	ln_instance_resumed(guest->instance);
	return conclude(guest, error, reason, done, count, result);
}

int ln_host_v13_networking_tls_read(struct ln_guest *guest, uint64_t stream,
				    struct ln_buffer buffer, uint8_t *count,
				    uint32_t *result)
{
	struct ln_tls_stream *held =
		ln_guest_get(guest, LN_RESOURCE_TLS_STREAM, stream);
	char reason[LN_TLS_REASON_SIZE];
	int64_t deadline;
	size_t done = 0;
	int error;

	if (held == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TLS_STREAM, stream);
	deadline = deadline_after(ln_tls_stream_timeout(held, LN_TLS_READING));
	error = ready(guest, held, deadline, reason);
	if (error == 0)
		error = ln_tls_stream_read(held, buffer.data, buffer.len,
					   deadline, &done, reason);
	ln_guest_charge(guest, DATA_COST * done);
	ln_instance_resumed(guest->instance);
	return conclude(guest, error, reason, done, count, result);
}

int ln_host_v13_networking_tls_flush(struct ln_guest *guest, uint64_t stream,
				     uint8_t *failure, uint32_t *result)
{
	struct ln_tls_stream *held =
		ln_guest_get(guest, LN_RESOURCE_TLS_STREAM, stream);
	char reason[LN_TLS_REASON_SIZE];
	int error;

	if (held == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TLS_STREAM, stream);
	error = ready(guest, held, LN_NEVER, reason);
	if (error == 0)
		error = ln_tls_stream_flush(held, LN_NEVER, reason);
	ln_instance_resumed(guest->instance);
	return conclude(guest, error, reason, 0, failure, result);
}

static int set_timeout(struct ln_guest *guest, uint64_t stream,
		       enum ln_tls_way way, uint64_t timeout)
{
	struct ln_tls_stream *held =
		ln_guest_get(guest, LN_RESOURCE_TLS_STREAM, stream);

	if (held == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TLS_STREAM, stream);
	ln_tls_stream_set_timeout(held, way, timeout);
	return 0;
}

static int get_timeout(struct ln_guest *guest, uint64_t stream,
		       enum ln_tls_way way, uint64_t *result)
{
	const struct ln_tls_stream *held =
		ln_guest_get(guest, LN_RESOURCE_TLS_STREAM, stream);

	if (held == NULL)
		return ln_host_missing(guest, LN_RESOURCE_TLS_STREAM, stream);
	*result = ln_tls_stream_timeout(held, way);
	return 0;
}

int ln_host_v13_networking_set_tls_write_timeout(struct ln_guest *guest,
						 uint64_t stream,
						 uint64_t timeout)
{
	return set_timeout(guest, stream, LN_TLS_WRITING, timeout);
}

int ln_host_v13_networking_get_tls_write_timeout(struct ln_guest *guest,
						 uint64_t stream,
						 uint64_t *result)
{
	return get_timeout(guest, stream, LN_TLS_WRITING, result);
}

int ln_host_v13_networking_set_tls_read_timeout(struct ln_guest *guest,
						uint64_t stream,
						uint64_t timeout)
{
	return set_timeout(guest, stream, LN_TLS_READING, timeout);
}

int ln_host_v13_networking_get_tls_read_timeout(struct ln_guest *guest,
						uint64_t stream,
						uint64_t *result)
{
	return get_timeout(guest, stream, LN_TLS_READING, result);
}

int ln_host_v13_message_push_tls_stream(struct ln_guest *guest, uint64_t stream,
					uint64_t *result)
{
	return ln_host_push(guest, LN_RESOURCE_TLS_STREAM, stream, result);
}

int ln_host_v13_message_take_tls_stream(struct ln_guest *guest, uint64_t index,
					uint64_t *result)
{
	return ln_host_take(guest, LN_RESOURCE_TLS_STREAM, index, result);
}
