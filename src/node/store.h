/*
 * Modules received from other nodes, by the SHA-256 of their bytes, so that
 * each is sent once. If there are too many, the least recently used ones are
 * dropped first. Modules have counted references. Any thread.
 */
#ifndef LN_NODE_STORE_H
#define LN_NODE_STORE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"
#include "base/list.h"
#include "engine/digest.h"

/* Entries of one store. */
#define LN_STORE_MAX 1024

struct ln_blob {
	_Atomic uint32_t references;
	uint8_t digest[LN_DIGEST_SIZE];
	size_t len;
	uint8_t *bytes; /* owned */
	struct ln_list place;
};

struct ln_store {
	struct ln_lock lock;
	struct ln_list blobs; /* the one asked for longest ago first */
	size_t count;
	size_t bytes;
	size_t max_bytes;
};

/* Prepares a store of at most `max_bytes` bytes. */
void ln_store_init(struct ln_store *store, size_t max_bytes);
void ln_store_deinit(struct ln_store *store);

/* The bytes with that digest, with a reference for the caller, or NULL. */
struct ln_blob *ln_store_find(struct ln_store *store,
			      const uint8_t digest[LN_DIGEST_SIZE]);

/* The bytes whose digest begins with the bytes of `number` (little-endian), the
 * last ones used if there are several, likewise. */
struct ln_blob *ln_store_numbered(struct ln_store *store, uint64_t number);

/* Adds bytes, which the store owns from then on in any case, and returns a
 * reference to them. If they do not fit into the store, the caller has the only
 * reference. NULL if memory is short. */
struct ln_blob *ln_store_add(struct ln_store *store,
			     const uint8_t digest[LN_DIGEST_SIZE],
			     uint8_t *bytes, size_t len);

void ln_blob_release(struct ln_blob *blob);

#endif
