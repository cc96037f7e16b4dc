/*
 * A list in the order of use. A look-up is followed by compiling, or by the
 * transfer of a module, so comparing some digests costs comparatively nothing.
 */
#include "node/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/refs.h"

void ln_store_init(struct ln_store *store, size_t max_bytes)
{
	*store = (struct ln_store){ .max_bytes = max_bytes };
	ln_list_init(&store->blobs);
}

void ln_blob_release(struct ln_blob *blob)
{
	if (!ln_refs_release(&blob->references))
		return;
	free(blob->bytes);
	free(blob);
}

static struct ln_blob *retain(struct ln_blob *blob)
{
	ln_refs_retain(&blob->references);
	return blob;
}

static struct ln_blob *blob_at(struct ln_list *place)
{
	return ln_container_of(place, struct ln_blob, place);
}

/* Takes the oldest one out; its reference is the caller's. */
static struct ln_blob *take_oldest(struct ln_store *store)
{
	struct ln_blob *blob = blob_at(store->blobs.next);

	ln_assert(store->count > 0 && store->bytes >= blob->len);
	ln_list_remove(&blob->place);
	store->count--;
	store->bytes -= blob->len;
	return blob;
}

void ln_store_deinit(struct ln_store *store)
{
	while (!ln_list_empty(&store->blobs))
		ln_blob_release(take_oldest(store));
}

/* Finds a blob and makes it the last one used; under the lock. */
static struct ln_blob *find(struct ln_store *store,
			    const uint8_t digest[LN_DIGEST_SIZE])
{
	ln_lock_assert(&store->lock);
	ln_list_for_each (at, &store->blobs) {
		if (memcmp(blob_at(at)->digest, digest, LN_DIGEST_SIZE) != 0)
			continue;
		ln_list_remove(at);
		ln_list_append(&store->blobs, at);
		return retain(blob_at(at));
	}
	return NULL;
}

struct ln_blob *ln_store_find(struct ln_store *store,
			      const uint8_t digest[LN_DIGEST_SIZE])
{
	struct ln_blob *blob;

	ln_lock_acquire(&store->lock);
	blob = find(store, digest);
	ln_lock_release(&store->lock);
	return blob;
}

struct ln_blob *ln_store_numbered(struct ln_store *store, uint64_t number)
{
	struct ln_blob *blob = NULL;

	ln_lock_acquire(&store->lock);
	ln_list_for_each (at, &store->blobs) {
		uint64_t begin;

		memcpy(&begin, blob_at(at)->digest, sizeof(begin));
		if (begin == number)
			blob = blob_at(at);
	}
	if (blob != NULL)
		retain(blob);
	ln_lock_release(&store->lock);
	return blob;
}

static struct ln_blob *make(const uint8_t digest[LN_DIGEST_SIZE],
			    uint8_t *bytes, size_t len)
{
	struct ln_blob *blob = malloc(sizeof(*blob));

	if (blob == NULL) {
		free(bytes);
		return NULL;
	}
	*blob = (struct ln_blob){ .bytes = bytes, .len = len };
	memcpy(blob->digest, digest, LN_DIGEST_SIZE);
	atomic_init(&blob->references, 1);
	ln_list_init(&blob->place);
	return blob;
}

struct ln_blob *ln_store_add(struct ln_store *store,
			     const uint8_t digest[LN_DIGEST_SIZE],
			     uint8_t *bytes, size_t len)
{
	struct ln_blob *blob = make(digest, bytes, len);
	struct ln_blob *known;
	struct ln_list out;

	if (blob == NULL || len > store->max_bytes)
		return blob;
	ln_list_init(&out);
	ln_lock_acquire(&store->lock);
	known = find(store, digest);
	while (known == NULL && (store->count >= LN_STORE_MAX ||
				 len > store->max_bytes - store->bytes))
		ln_list_append(&out, &take_oldest(store)->place);
	if (known == NULL) {
		ln_list_append(&store->blobs, &retain(blob)->place);
		store->count++;
		store->bytes += len;
		ln_assert(store->bytes <= store->max_bytes);
	}
	ln_lock_release(&store->lock);
	while (!ln_list_empty(&out)) {
		struct ln_blob *old = blob_at(out.next);

		ln_list_remove(&old->place);
		ln_blob_release(old);
	}
	if (known == NULL)
		return blob;
	ln_blob_release(blob);
	return known;
}
