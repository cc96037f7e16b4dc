/*
 * An array in which free places are a list. A guest holds as many resources as
 * it may hold descriptors, each of which is charged when the array grows.
 */
#include "host/wasi/p2/resources.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/random.h"
#include "engine/component.h"
#include "host/wasi/p2/http.h"
#include "host/wasi/p2/sockets.h"
#include "host/wasi/table.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/resource.h"

#define FIRST_ROOM 8

struct ln_p2_table {
	struct ln_p2_resource *list;
	uint32_t count; /* places that have been used */
	uint32_t room;
	uint32_t free; /* the first free one, which has the next as its `fd`;
			* UINT32_MAX: none */
	uint32_t lookups;
	bool seeded;
	uint8_t seed[LN_P2_SEED];
};

static struct ln_p2_table *table_of(struct ln_guest *guest)
{
	struct ln_p2_table **table = ln_wasi_p2(guest);

	if (table == NULL)
		return NULL;
	if (*table == NULL) {
		*table = calloc(1, sizeof(**table));
		if (*table != NULL)
			(*table)->free = UINT32_MAX;
	}
	return *table;
}

static uint32_t max_resources(const struct ln_guest *guest)
{
	uint32_t max = guest->environment->limits.max_handles;

	return max < LN_COMPONENT_MAX_HANDLES ? max : LN_COMPONENT_MAX_HANDLES;
}

static int grow(struct ln_guest *guest, struct ln_p2_table *table)
{
	uint32_t room = table->room == 0 ? FIRST_ROOM : table->room * 2;
	uint64_t more = (room - table->room) * sizeof(*table->list);
	struct ln_p2_resource *list;

	if (!ln_guest_keep(guest, more))
		return LN_ELIMIT;
	list = realloc(table->list, room * sizeof(*list));
	if (list == NULL) {
		ln_guest_forget(guest, more);
		return LN_ENOMEM;
	}
	table->list = list;
	table->room = room;
	return 0;
}

/* The descriptor of a resource that is closed with it; NULL: there is none. */
static struct ln_wasi_fd *descriptor_of(struct ln_guest *guest, uint32_t fd)
{
	struct ln_wasi_fd *entry;

	if (fd == UINT32_MAX ||
	    ln_wasi_find(guest, fd, 0, &entry) != LN_WASI_SUCCESS ||
	    entry->kind == LN_WASI_STREAM || entry->preopened)
		return NULL;
	return entry;
}

/* The look-up that a resource has a reference to; NULL: there is none. */
static struct ln_p2_names *names_of(const struct ln_p2_resource *resource)
{
	bool has = resource->kind == LN_P2_ADDRESSES ||
		   (resource->kind == LN_P2_POLLABLE &&
		    resource->direction == LN_P2_OF_LOOKUP);

	return has ? resource->names : NULL;
}

uint32_t *ln_p2_lookups(struct ln_guest *guest)
{
	struct ln_p2_table *table = table_of(guest);

	return table != NULL ? &table->lookups : NULL;
}

const uint8_t *ln_p2_seed(struct ln_guest *guest)
{
	struct ln_p2_table *table = table_of(guest);

	if (table == NULL)
		return NULL;
	if (!table->seeded)
		ln_random_bytes(table->seed, LN_P2_SEED);
	table->seeded = true;
	return table->seed;
}

int ln_p2_add(struct ln_guest *guest, const struct ln_p2_resource *resource,
	      uint32_t *number)
{
	struct ln_p2_table *table = table_of(guest);
	struct ln_wasi_fd *entry;
	uint32_t at;
	int error;

	if (table == NULL)
		return LN_ENOMEM;
	at = table->free;
	if (at != UINT32_MAX) {
		table->free = table->list[at].fd;
	} else {
		at = table->count;
		if (at >= max_resources(guest))
			return LN_ELIMIT;
		error = at == table->room ? grow(guest, table) : 0;
		if (error != 0)
			return error;
		table->count++;
	}
	table->list[at] = *resource;
	*number = at + 1;
	if (names_of(resource) != NULL)
		ln_p2_names_retain(resource->names);
	entry = descriptor_of(guest, resource->fd);
	if (entry != NULL)
		entry->uses++;
	return 0;
}

void ln_p2_release(struct ln_guest *guest,
		   const struct ln_p2_resource *resource)
{
	if (resource->http != NULL)
		ln_p2_http_free(guest, resource->http);
	if (resource->kind == LN_P2_PROCESS)
		ln_resource_class(LN_RESOURCE_PROCESS)
			->release(resource->process);
}

/* The same of one that is in a table, which retains look-ups. */
static void release_held(struct ln_guest *guest,
			 const struct ln_p2_resource *resource)
{
	ln_p2_release(guest, resource);
	if (names_of(resource) != NULL)
		ln_p2_names_release(guest, resource->names);
}

struct ln_p2_resource *ln_p2_find(struct ln_guest *guest, uint32_t number)
{
	struct ln_p2_table *table = table_of(guest);

	if (table == NULL || number - 1 >= table->count ||
	    table->list[number - 1].kind == 0)
		return NULL;
	return &table->list[number - 1];
}

void ln_p2_remove(struct ln_guest *guest, uint32_t number)
{
	struct ln_p2_resource *resource = ln_p2_find(guest, number);
	struct ln_p2_table *table = table_of(guest);
	struct ln_p2_resource ended;
	struct ln_wasi_fd *entry;

	if (resource == NULL)
		return;
	ended = *resource;
	*resource = (struct ln_p2_resource){ .fd = table->free };
	table->free = number - 1;
	release_held(guest, &ended);
	entry = descriptor_of(guest, ended.fd);
	if (entry == NULL)
		return;
	if (ended.kind == LN_P2_INCOMING_DATAGRAMS ||
	    ended.kind == LN_P2_OUTGOING_DATAGRAMS)
		entry->net->datagrams--;
	ln_assert(entry->uses > 0);
	if (--entry->uses == 0)
		(void)ln_wasi_close(guest, ended.fd);
}

struct ln_p2_http *ln_p2_take(struct ln_guest *guest, uint32_t number)
{
	struct ln_p2_resource *resource = ln_p2_find(guest, number);
	struct ln_p2_http *http = resource->http;

	resource->http = NULL;
	ln_p2_remove(guest, number);
	return http;
}

void ln_p2_table_free(struct ln_p2_table *table)
{
	if (table == NULL)
		return;
	for (uint32_t i = 0; i < table->count; i++)
		release_held(NULL, &table->list[i]);
	free(table->list);
	free(table);
}
