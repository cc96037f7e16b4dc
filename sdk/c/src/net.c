/*
 * Names, listeners and streams.
 */
#include <lunatic/abi.h>
#include <lunatic/net.h>
#include <lunatic/status.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Addresses that are tried one after the other. */
#define ADDRS_MAX 16

/* Takes up to `max` addresses out of an iterator, and drops that. */
static size_t take_addrs(uint64_t iterator, struct lunatic_addr *addrs,
			 size_t max)
{
	size_t count = 0;

	while (count < max) {
		struct lunatic_addr *addr = &addrs[count];

		memset(addr, 0, sizeof(*addr));
		if (lunatic_networking_resolve_next(
			    iterator, &addr->version, addr->ip, &addr->port,
			    &addr->flow_info, &addr->scope_id) != 0)
			break;
		count++;
	}
	lunatic_networking_drop_dns_iterator(iterator);
	return count;
}

int lunatic_resolve(const char *name, struct lunatic_addr *addrs, size_t max,
		    size_t *count, int64_t timeout)
{
	uint64_t id;
	uint32_t result = lunatic_networking_resolve(
		name, strlen(name), lunatic_host_timeout(timeout), &id);

	*count = 0;
	if (result != 0)
		return lunatic_host_status(result, id);
	*count = take_addrs(id, addrs, max);
	return *count > 0 ? 0 : LUNATIC_ENOTFOUND;
}

static size_t put_v6(const uint8_t *ip, char *text, size_t size)
{
	int longest = 0;
	int at = -1;
	size_t length = 0;

	/* The longest run of zeros, of at least two groups: RFC 5952. */
	for (int i = 0; i < 8; i++) {
		int run = 0;

		while (i + run < 8 && ip[2 * (i + run)] == 0 &&
		       ip[2 * (i + run) + 1] == 0)
			run++;
		if (run > longest && run > 1) {
			longest = run;
			at = i;
		}
	}
	for (int i = 0; i < 8; i++) {
		unsigned group = (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];

		if (i == at) {
			length += (size_t)snprintf(text + length, size - length,
						   "::");
			i += longest - 1;
			continue;
		}
		length += (size_t)snprintf(
			text + length, size - length,
			i > 0 && i != at + longest ? ":%x" : "%x", group);
	}
	return length;
}

void lunatic_addr_text(const struct lunatic_addr *addr, char *text)
{
	const uint8_t *ip = addr->ip;
	size_t length;

	if (addr->version != 6) {
		snprintf(text, LUNATIC_ADDR_TEXT_MAX, "%d.%d.%d.%d:%d", ip[0],
			 ip[1], ip[2], ip[3], addr->port);
		return;
	}
	text[0] = '[';
	length = 1 + put_v6(ip, text + 1, LUNATIC_ADDR_TEXT_MAX - 1);
	snprintf(text + length, LUNATIC_ADDR_TEXT_MAX - length, "]:%d",
		 addr->port);
}

int lunatic_listen(struct lunatic_listener *listener, const char *name)
{
	struct lunatic_addr addrs[ADDRS_MAX];
	size_t count;
	int status = lunatic_resolve(name, addrs, ADDRS_MAX, &count,
				     LUNATIC_FOREVER);

	for (size_t i = 0; i < count; i++) {
		uint64_t id;
		uint32_t result = lunatic_networking_tcp_bind(
			addrs[i].version, addrs[i].ip, addrs[i].port,
			addrs[i].flow_info, addrs[i].scope_id, &id);

		status = lunatic_host_status(result, id);
		if (status == 0) {
			listener->id = id;
			break;
		}
	}
	return status;
}

int lunatic_listener_addr(struct lunatic_listener listener,
			  struct lunatic_addr *addr)
{
	uint64_t id;
	uint32_t result = lunatic_networking_local_addr(listener.id, &id);

	if (result != 0)
		return lunatic_host_status(result, id);
	return take_addrs(id, addr, 1) == 1 ? 0 : LUNATIC_ENOTFOUND;
}

int lunatic_accept(struct lunatic_listener listener, struct lunatic_tcp *stream,
		   struct lunatic_addr *peer)
{
	struct lunatic_addr ignored;
	uint64_t iterator;
	uint64_t id;
	uint32_t result =
		lunatic_networking_tcp_accept(listener.id, &id, &iterator);

	if (result != 0)
		return lunatic_host_status(result, id);
	take_addrs(iterator, peer != NULL ? peer : &ignored, 1);
	stream->id = id;
	return 0;
}

void lunatic_listener_drop(struct lunatic_listener listener)
{
	lunatic_networking_drop_tcp_listener(listener.id);
}

int lunatic_connect(struct lunatic_tcp *stream, const char *name,
		    int64_t timeout)
{
	struct lunatic_addr addrs[ADDRS_MAX];
	size_t count;
	int status = lunatic_resolve(name, addrs, ADDRS_MAX, &count, timeout);

	*stream = LUNATIC_NO_TCP;
	for (size_t i = 0; i < count; i++) {
		uint64_t id;
		uint32_t result = lunatic_networking_tcp_connect(
			addrs[i].version, addrs[i].ip, addrs[i].port,
			addrs[i].flow_info, addrs[i].scope_id,
			lunatic_host_timeout(timeout), &id);

		status = lunatic_host_status(result, id);
		if (status == 0) {
			stream->id = id;
			break;
		}
	}
	return status;
}

int lunatic_tcp_read(struct lunatic_tcp stream, void *data, size_t size,
		     size_t *got, int64_t timeout)
{
	uint64_t id;
	uint32_t result = lunatic_networking_tcp_read(
		stream.id, data, size, lunatic_host_timeout(timeout), &id);

	*got = result == 0 ? (size_t)id : 0;
	return lunatic_host_status(result, id);
}

int lunatic_tcp_write(struct lunatic_tcp stream, const void *data, size_t size,
		      int64_t timeout)
{
	const char *at = data;

	while (size > 0) {
		const struct {
			const void *data;
			size_t size;
		} piece = { at, size };
		uint64_t id;
		uint32_t result = lunatic_networking_tcp_write_vectored(
			stream.id, &piece, 1, lunatic_host_timeout(timeout),
			&id);

		if (result != 0)
			return lunatic_host_status(result, id);
		at += id;
		size -= (size_t)id;
	}
	return 0;
}

int lunatic_tcp_flush(struct lunatic_tcp stream)
{
	uint64_t error;
	uint32_t result = lunatic_networking_tcp_flush(stream.id, &error);

	return lunatic_host_status(result, error);
}

struct lunatic_tcp lunatic_tcp_clone(struct lunatic_tcp stream)
{
	return (struct lunatic_tcp){ lunatic_networking_clone_tcp_stream(
		stream.id) };
}

void lunatic_tcp_drop(struct lunatic_tcp stream)
{
	if (stream.id != UINT64_MAX)
		lunatic_networking_drop_tcp_stream(stream.id);
}

void lunatic_write_tcp(struct lunatic_writer *mail, struct lunatic_tcp stream)
{
	if (lunatic_writer_may_push(mail))
		lunatic_write_uint(mail,
				   lunatic_message_push_tcp_stream(stream.id));
}

struct lunatic_tcp lunatic_read_tcp(struct lunatic_reader *mail)
{
	uint64_t index;

	if (!lunatic_reader_index(mail, &index))
		return LUNATIC_NO_TCP;
	return (struct lunatic_tcp){ lunatic_message_take_tcp_stream(index) };
}

void lunatic_lines_begin(struct lunatic_lines *lines, struct lunatic_tcp stream)
{
	lines->stream = stream;
	lines->at = 0;
	lines->end = 0;
}

/* Loads when nothing is there. LUNATIC_ENOTFOUND at the end. */
static int load(struct lunatic_lines *lines, int64_t timeout)
{
	int status;

	if (lines->at < lines->end)
		return 0;
	lines->at = 0;
	status = lunatic_tcp_read(lines->stream, lines->room,
				  sizeof(lines->room), &lines->end, timeout);
	if (status != 0)
		return status;
	return lines->end > 0 ? 0 : LUNATIC_ENOTFOUND;
}

int lunatic_lines_next(struct lunatic_lines *lines, char *line, size_t size,
		       int64_t timeout)
{
	size_t length = 0;
	int status;

	while ((status = load(lines, timeout)) == 0) {
		char byte = lines->room[lines->at];

		if (byte != '\n' && byte != '\0' && length + 1 >= size) {
			status = LUNATIC_ETOOLONG;
			break;
		}
		lines->at++;
		if (byte == '\n')
			break;
		if (byte != '\0')
			line[length++] = byte;
	}
	/* A last line without an end. */
	if (status == LUNATIC_ENOTFOUND && length > 0)
		status = 0;
	if (status == 0 && length > 0 && line[length - 1] == '\r')
		length--;
	if (size > 0)
		line[length] = '\0';
	return status;
}
