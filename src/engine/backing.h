/*
 * What a memory of a module holds at the start of each life, for memories with
 * address space of their own (slots.h): it is mapped, not copied. And the pages
 * that lives write, which is learned from them: only these are writable when a
 * life begins, so that nothing else can have changed when it ends.
 */
#ifndef LN_ENGINE_BACKING_H
#define LN_ENGINE_BACKING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct ln_sweep;

/* A range of pages, by number: from `first`, not with `end`. */
struct ln_span {
	uint32_t first;
	uint32_t end;
};

/* Pages of the memory that come from the file, from its page `at` on. */
struct ln_extent {
	struct ln_span pages;
	uint32_t at;
};

#define LN_EXTENTS_MAX 4

/* The spans that a life begins with are no more than that. */
#define LN_SPANS_LEARNED 8

/* A life that may write more pages than that begins with all of them. */
#define LN_LEARNED_PAGES_MAX 2048u

struct ln_backing {
	/* Immutable. */
	size_t page;            /* bytes of one */
	uint32_t pages;         /* at the start of a life */
	int file;               /* what is not zero; -1: all is */
	const uint8_t *content; /* the file, readable */
	uint32_t content_pages;
	struct ln_extent extents[LN_EXTENTS_MAX];
	unsigned extent_count;

	/* What has been learned; any thread, also in handlers of signals. */
	_Atomic uint32_t version;  /* changes when pages join */
	_Atomic uint32_t narrowed; /* changes when pages leave */
	_Atomic int32_t open;      /* so many more lives begin with all pages */
	_Atomic uint32_t wide;     /* resets of many pages */
	_Atomic uint32_t looked;   /* of them, compared */
	_Atomic uint64_t *set;     /* pages that lives write, a bit for each */
	_Atomic uint64_t *seen;    /* those that had changed when compared */

	struct ln_list ready; /* slots.c: free slots that are mapped to it */
};

/* Copies what a new memory of `size` bytes holds at `base`; *bytes: what that
 * takes. NULL: memory or descriptors are short, or it takes more than `max`.
 * Needs the stack of a thread. */
struct ln_backing *ln_backing_new(const struct ln_sweep *sweep,
				  const uint8_t *base, size_t size, size_t max,
				  size_t *bytes);

/* Whether there may be one more, which takes a descriptor. */
bool ln_backing_room(void);

/* No slot may be mapped to it. NULL is fine. */
void ln_backing_free(struct ln_backing *backing);

/* Bytes of the memory. */
size_t ln_backing_size(const struct ln_backing *backing);

/* The content of pages from `first` on, up to the result, which is no more than
 * `end`; *content is NULL where they are zero. */
uint32_t ln_backing_run(const struct ln_backing *backing, uint32_t first,
			uint32_t end, const uint8_t **content);

/* Adds pages that a life writes. Any thread, in a handler of signals, too. */
void ln_backing_learn(struct ln_backing *backing, uint32_t first, uint32_t end);

/* Notes that a life needs all pages to be writable. Likewise. */
void ln_backing_overflow(struct ln_backing *backing);

/* The spans that a life begins with, in order; returns how many. */
unsigned ln_backing_spans(const struct ln_backing *backing,
			  struct ln_span spans[LN_SPANS_LEARNED]);

/* At the end of a life that began with many pages: whether they are to be
 * compared with what they were, and ln_backing_saw called for those that have
 * changed, and ln_backing_judge afterwards. */
bool ln_backing_looks(struct ln_backing *backing);
void ln_backing_saw(struct ln_backing *backing, uint32_t page);
void ln_backing_judge(struct ln_backing *backing);

/* At the end of a life that had all pages: whether the next one begins with
 * all, too. */
bool ln_backing_stays_open(struct ln_backing *backing);

#endif
