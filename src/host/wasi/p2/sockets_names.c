/*
 * wasi:sockets/ip-name-lookup, by the threads of net/resolver.h, for the
 * environment. A look-up is counted: by its stream, and by pollables, which may
 * outlive that. A process has some of them at most, each of which it is charged
 * for.
 *
 * Threads: the one that runs the process.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/wasi/p2/filesystem.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/sockets.h"
#include "host/wasi/wasi.h"
#include "net/address.h"
#include "net/resolver.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/runtime.h"

#define MAX_LOOKUPS 64u
#define KEPT 8192u /* with all addresses */
#define MAX_NAME 253u
#define MAX_LABEL 63u

struct ln_p2_names {
	uint32_t references;
	struct ln_lookup *lookup; /* owned */
};

struct ln_p2_names *ln_p2_names_retain(struct ln_p2_names *names)
{
	names->references++;
	return names;
}

void ln_p2_names_release(struct ln_guest *guest, struct ln_p2_names *names)
{
	if (--names->references > 0)
		return;
	ln_lookup_end(names->lookup);
	free(names);
	/* NULL: the process is ending, and is forgotten as a whole. */
	if (guest == NULL)
		return;
	(*ln_p2_lookups(guest))--;
	ln_guest_forget(guest, KEPT);
}

bool ln_p2_names_ready(struct ln_p2_names *names)
{
	struct ln_addresses *addresses;
	int code;

	return ln_lookup_result(names->lookup, &addresses, &code) != LN_EAGAIN;
}

bool ln_p2_names_watch(struct ln_p2_names *names)
{
	return ln_lookup_watch(names->lookup);
}

void ln_p2_names_unwatch(struct ln_p2_names *names)
{
	ln_lookup_unwatch(names->lookup);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Labels of letters, digits, hyphens and underscores; a dot may be last. */
static bool is_name(const char *name, size_t len)
{
	size_t label = 0;

	if (len == 0 || len > MAX_NAME)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '.' ? label == 0 : !is_letter(name[i]))
			return false;
		label = name[i] == '.' ? 0 : label + 1;
		if (label > MAX_LABEL)
			return false;
	}
	return true;
}

/* What to look up: an address is one already, of IPv6 in brackets as well. */
static bool parse(const char *name, size_t len, struct ln_endpoint *endpoint)
{
	size_t brackets = len > 1 && name[0] == '[' && name[len - 1] == ']';

	*endpoint = (struct ln_endpoint){ .host = "" };
	if (len > LN_HOST_MAX || memchr(name, '\0', len) != NULL)
		return false;
	memcpy(endpoint->host, name + brackets, len - 2 * brackets);
	if (brackets == 0 &&
	    inet_pton(AF_INET, endpoint->host, endpoint->address.ip) == 1)
		endpoint->address.version = 4;
	else if (inet_pton(AF_INET6, endpoint->host, endpoint->address.ip) == 1)
		endpoint->address.version = 6;
	return endpoint->address.version != 0 || is_name(name, len);
}

/* An error-code. */
static int start(struct ln_guest *guest, const struct ln_endpoint *endpoint,
		 struct ln_p2_names **out)
{
	struct ln_p2_names *names;

	if (*ln_p2_lookups(guest) >= MAX_LOOKUPS || !ln_guest_keep(guest, KEPT))
		return LN_P2_OUT_OF_MEMORY;
	names = calloc(1, sizeof(*names));
	if (names == NULL ||
	    ln_lookup_start(guest->environment->runtime->resolver,
			    guest->environment->names, endpoint,
			    &names->lookup) < 0) {
		free(names);
		ln_guest_forget(guest, KEPT);
		return LN_P2_OUT_OF_MEMORY;
	}
	(*ln_p2_lookups(guest))++;
	names->references = 1;
	*out = names;
	return LN_P2_FINE;
}

/* Begins to look up the name that is an argument: *code. LN_ETRAP. */
static int resolve(struct ln_p2_call *call, struct ln_p2_names **names,
		   int *code)
{
	struct ln_endpoint *endpoint;
	struct ln_slice name;
	int error = ln_p2_path(call, 1, &name);

	if (error != 0)
		return error;
	/* The table of resources, which is made when it is needed first. */
	if (ln_p2_lookups(call->guest) == NULL)
		return LN_ENOMEM;
	endpoint = malloc(sizeof(*endpoint));
	if (endpoint == NULL)
		return LN_ENOMEM;
	*code = LN_P2_INVALID_ARGUMENT;
	if (parse((const char *)name.data, name.len, endpoint))
		*code = start(call->guest, endpoint, names);
	free(endpoint);
	return 0;
}

int ln_p2_resolve_addresses(struct ln_p2_call *call)
{
	const struct ln_p2_shape shape = { 8, 4, 4 };
	struct ln_p2_resource stream = { .kind = LN_P2_ADDRESSES,
					 .fd = UINT32_MAX };
	uint32_t handle = 0;
	uint8_t *at;
	int code;
	int error = ln_p2_network(call, 0);

	if (error == 0)
		error = resolve(call, &stream.names, &code);
	if (error == 0 && code == LN_P2_FINE) {
		error = ln_p2_give(call, &stream, &handle);
		ln_p2_names_release(call->guest, stream.names);
	}
	if (error == 0)
		error = ln_p2_socket_answer(call, 3, shape, code, &at);
	if (error == 0 && at != NULL)
		ln_wasi_store32(at, handle);
	return error;
}

static int code_of_lookup(int code)
{
	switch (code) {
	case 0:
		return LN_P2_FINE;
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return LN_P2_NAME_UNRESOLVABLE;
	case EAI_AGAIN:
		return LN_P2_TEMPORARY_FAILURE;
	case EAI_FAIL:
		return LN_P2_PERMANENT_FAILURE;
	case EAI_MEMORY:
		return LN_P2_OUT_OF_MEMORY;
	default:
		return LN_P2_UNKNOWN;
	}
}

/* The next address, if there is one, in the room for option<ip-address>. One of
 * IPv4 in IPv6 is one of IPv4. */
static void put_next(struct ln_addresses *addresses, uint8_t *at)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	const struct ln_address *address;
	const uint8_t *ip;

	if (addresses->next >= addresses->count)
		return;
	address = &addresses->list[addresses->next++];
	ip = address->ip;
	at[0] = 1;
	if (address->version == 4) {
		memcpy(at + 4, ip, 4);
	} else if (memcmp(ip, mapped, sizeof(mapped)) == 0) {
		memcpy(at + 4, ip + 12, 4);
	} else {
		at[2] = 1;
		for (size_t i = 0; i < 8; i++)
			ln_wasi_store16(
				at + 4 + 2 * i,
				(uint16_t)(ip[2 * i] << 8 | ip[2 * i + 1]));
	}
}

int ln_p2_resolve_next(struct ln_p2_call *call)
{
	const struct ln_p2_shape shape = { 22, 2, 2 };
	struct ln_addresses *addresses = NULL;
	struct ln_p2_resource *stream;
	uint8_t *at;
	int code = 0;
	int error =
		ln_p2_get(call, LN_P2_ADDRESSES, ln_p2_u32(call, 0), &stream);

	if (error != 0)
		return error;
	error = ln_lookup_result(stream->names->lookup, &addresses, &code);
	code = error == LN_EAGAIN ? LN_P2_WOULD_BLOCK : code_of_lookup(code);
	error = ln_p2_socket_answer(call, 1, shape, code, &at);
	if (error == 0 && at != NULL)
		put_next(addresses, at);
	return error;
}

int ln_p2_subscribe_addresses(struct ln_p2_call *call)
{
	struct ln_p2_resource pollable = { .kind = LN_P2_POLLABLE,
					   .fd = UINT32_MAX,
					   .direction = LN_P2_OF_LOOKUP };
	struct ln_p2_resource *stream;
	int error =
		ln_p2_get(call, LN_P2_ADDRESSES, ln_p2_u32(call, 0), &stream);

	if (error != 0)
		return error;
	pollable.names = stream->names;
	return ln_p2_return(call, &pollable);
}
