/*
 * DESIGN
 * Only pages that were touched are looked at, which the kernel lists
 * (engine/sweep.h). Those that hold anything are in spans of neighbours, so
 * that all pages of one can be made at once. A page that differs from the image
 * is a record in its span: its number and a delta (base/delta.h); the records
 * of a span end with END. Memories follow each other in the order of the
 * instance's list. What they are compared with comes first, as the image may
 * become known while a guest is folded.
 *
 * An instance whose module has no image, as one with a start function or with
 * much data, is compared with zeros. A memory in the fast tier is compared with
 * what its slot is mapped to, which comes back when the kernel takes a page. So
 * pages that are as they were need nothing, and those that differ are writable.
 *
 * A page that was only read is as new in its image or zero, and costs nothing
 * but to be compared: tens of nanoseconds when it is in the cache.
 *
 * Pages are given back up to the end of their page table where the slot reaches
 * that far, so that the kernel can free the table as well.
 *
 * Threads: who folds holds the task, so that the guest does not run.
 */
#include "engine/fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/delta.h"
#include "base/error.h"
#include "base/pages.h"
#include "engine/image.h"
#include "engine/instance.h"
#include "engine/memory.h"
#include "engine/module.h"
#include "engine/recycle.h"
#include "engine/slots.h"
#include "engine/sweep.h"
#include "sched/task.h"

#define END UINT32_MAX
/* What comes first: what the pages are compared with. */
#define IMAGE UINT32_C(1)
#define ZEROS UINT32_C(0)

#define PIECE ((size_t)256 << 10)     /* bytes of touched pages */
#define TABLE_BYTES ((size_t)2 << 20) /* that one page table is for */
#define BLIND_MAX ((size_t)1 << 20)   /* bytes of a memory */
#define UNFOLD_PAGES 64               /* between which others may run */
#define LARGE_PAGE ((size_t)64 << 10) /* the largest, of any system */

_Static_assert(LARGE_PAGE <= LN_DELTA_MAX, "a page is too large for a delta");

/* Pages that are needed, one after the other. */
struct span {
	uint32_t first;
	uint32_t pages; /* 0: there are no more spans */
};

/* One memory that is looked at. */
struct look {
	struct ln_folder *folder;
	const struct ln_image *image; /* or NULL */
	const struct ln_slot *slot;   /* of the fast tier, or NULL */
	unsigned index;
	const uint8_t *start;
	size_t page;
	size_t piece; /* bytes looked at since others could run */
	bool in_span;
	size_t span;   /* where it begins in what is written */
	uint32_t next; /* the page behind the last one */
	int error;
};

int ln_folder_init(struct ln_folder *folder)
{
	*folder = (struct ln_folder){
		.base = malloc(LARGE_PAGE),
		.delta = malloc(LN_DELTA_ROOM(LARGE_PAGE)),
	};
	if (folder->base != NULL && folder->delta != NULL)
		return 0;
	ln_folder_deinit(folder);
	return LN_ENOMEM;
}

void ln_folder_deinit(struct ln_folder *folder)
{
	free(folder->base);
	free(folder->delta);
}

/* What a module's memories are like when they are new, or NULL. */
static const struct ln_image *image_of(const struct ln_instance *instance)
{
	return ln_recycler_image(ln_compiled_recycler(instance->module));
}

static void add_number(struct look *look, uint32_t number)
{
	ln_bytes_add(look->folder->to, &number, sizeof(number));
}

/* Begins a span of pages that are needed, at the end of what was written. */
static bool begin_span(struct look *look, uint32_t number)
{
	struct ln_bytes *to = look->folder->to;
	const struct span span = { .first = number };

	ln_bytes_add(to, &span, sizeof(span));
	look->span = to->len - sizeof(span);
	look->in_span = to->error == 0;
	return look->in_span;
}

/* Says how long the span is that ends here. */
static void end_span(struct look *look)
{
	struct span span;

	if (!look->in_span)
		return;
	look->in_span = false;
	memcpy(&span, look->folder->to->data + look->span, sizeof(span));
	span.pages = look->next - span.first;
	memcpy(look->folder->to->data + look->span, &span, sizeof(span));
	add_number(look, END);
}

/* Adds what a page holds: nothing when it will be so without that. */
static int add_page(struct look *look, const uint8_t *at)
{
	struct ln_bytes *to = look->folder->to;
	const uint8_t *base = NULL;
	size_t offset = (size_t)(at - look->start);
	uint32_t number = (uint32_t)(offset / look->page);
	size_t len;

	if (look->slot != NULL)
		base = ln_slot_original(look->slot, offset);
	else if (look->image != NULL &&
		 ln_image_read(look->image, look->index, offset,
			       look->folder->base, look->page))
		base = look->folder->base;
	if (number != look->next)
		end_span(look);
	look->next = number + 1;
	if (!ln_bytes_reserve(to, sizeof(struct span) + 2 * sizeof(number) +
					  LN_DELTA_ROOM(look->page)))
		return to->error;
	len = ln_delta_write(&look->folder->recent, look->folder->delta, at,
			     base, look->page);
	if (len == 0 && (base == NULL || look->slot != NULL)) {
		look->next = number;
		end_span(look);
		return to->error;
	}
	if (!look->in_span && !begin_span(look, number))
		return to->error;
	if (len > 0) {
		add_number(look, number);
		ln_bytes_add(to, look->folder->delta, len);
	}
	return to->error;
}

/* Looks at pages that were touched. */
static bool look_at(void *argument, const uint8_t *from, size_t len)
{
	struct look *look = argument;
	struct ln_folder *folder = look->folder;

	for (; len > 0; from += look->page) {
		if (folder->touched >= LN_FOLD_TOUCHED_MAX)
			look->error = LN_ELIMIT;
		else if (look->piece >= PIECE &&
			 !folder->go_on(folder->argument))
			look->error = LN_EAGAIN;
		else
			look->error = add_page(look, from);
		if (look->error < 0)
			return false;
		look->piece =
			look->piece >= PIECE ? 0 : look->piece + look->page;
		folder->touched += look->page;
		len -= len < look->page ? len : look->page;
	}
	return true;
}

/* How many bytes of a memory's addresses have no page afterwards. */
static size_t extent(const struct ln_sweep *sweep, size_t size, size_t capacity)
{
	size_t tables = (size + TABLE_BYTES - 1) & ~(TABLE_BYTES - 1);

	return tables <= capacity
		       ? tables
		       : (size + sweep->page - 1) & ~(sweep->page - 1);
}

static const struct ln_sweep *sweep_of(const struct ln_instance *instance)
{
	return ln_memories_sweep(ln_compiled_memories(instance->module));
}

static int fold(struct ln_folder *folder, const struct ln_instance *instance,
		const struct ln_image *image, const struct ln_memory *memory)
{
	const struct ln_sweep *sweep = sweep_of(instance);
	size_t before = folder->touched;
	size_t size;
	size_t capacity;
	struct look look = {
		.folder = folder,
		.image = image,
		.slot = ln_memory_slot(memory),
		.index = ln_memory_index(memory),
		.start = ln_memory_at(memory, &size, &capacity),
		.page = sweep->page,
	};
	const struct span none = { .pages = 0 };

	if (sweep->pagemap < 0 && size > BLIND_MAX)
		return LN_ELIMIT;
	if (!ln_sweep_each(sweep, look.start, size, look_at, &look))
		return look.error;
	if (folder->touched > before && extent(sweep, size, capacity) > size)
		folder->tables += sweep->page;
	end_span(&look);
	ln_bytes_add(folder->to, &none, sizeof(none));
	return folder->to->error;
}

int ln_fold_memories(struct ln_folder *folder,
		     const struct ln_instance *instance)
{
	const struct ln_image *image = image_of(instance);
	const uint32_t kind = image != NULL ? IMAGE : ZEROS;

	folder->touched = 0;
	folder->tables = 0;
	folder->recent = (struct ln_delta_recent){ { 0 } };
	ln_bytes_add(folder->to, &kind, sizeof(kind));
	for (const struct ln_memory *memory = instance->last_memory;
	     memory != NULL; memory = ln_memory_next(memory)) {
		int error = fold(folder, instance, image, memory);

		if (error < 0)
			return error;
	}
	return 0;
}

void ln_fold_drop(const struct ln_instance *instance)
{
	for (const struct ln_memory *memory = instance->last_memory;
	     memory != NULL; memory = ln_memory_next(memory)) {
		size_t size, capacity;
		uint8_t *base = ln_memory_at(memory, &size, &capacity);
		size_t len = extent(sweep_of(instance), size, capacity);

		for (size_t at = 0; at < len; at += TABLE_BYTES) {
			size_t left = len - at;

			if (at > 0)
				ln_task_rest();
			/* What stays is what it was. */
			(void)ln_pages_drop(base + at, left < TABLE_BYTES
							       ? left
							       : TABLE_BYTES);
		}
	}
}

/* Where somebody who unfolds is. */
struct reader {
	const uint8_t *bytes;
	size_t page;
	struct ln_delta_recent recent;
};

static void read_bytes(struct reader *reader, void *to, size_t len)
{
	memcpy(to, reader->bytes, len);
	reader->bytes += len;
}

/* Makes the pages of a span, a few at a time, between which others run. */
static void make_pages(const struct reader *reader, uint8_t *base,
		       const struct span *span)
{
	for (uint32_t i = 0; i < span->pages; i += UNFOLD_PAGES) {
		uint32_t left = span->pages - i;

		if (i > 0)
			ln_task_rest();
		if (span->pages > 1)
			ln_pages_make(
				base + (span->first + i) * reader->page,
				(left < UNFOLD_PAGES ? left : UNFOLD_PAGES) *
					reader->page);
	}
}

static void apply_records(struct reader *reader, uint8_t *base)
{
	unsigned records = 0;
	uint32_t number;

	for (;;) {
		read_bytes(reader, &number, sizeof(number));
		if (number == END)
			return;
		reader->bytes += ln_delta_apply(&reader->recent,
						base + number * reader->page,
						reader->page, reader->bytes);
		if (++records % UNFOLD_PAGES == 0)
			ln_task_rest();
	}
}

/* The image is written when the pages of the first span are there: mostly it is
 * the only one, and the content is in it. */
static void unfold(struct reader *reader, const struct ln_image *image,
		   const struct ln_memory *memory)
{
	size_t size, capacity;
	uint8_t *base = ln_memory_at(memory, &size, &capacity);
	struct span span;

	if (ln_memory_slot(memory) != NULL)
		image = NULL;
	for (;;) {
		read_bytes(reader, &span, sizeof(span));
		if (span.pages == 0)
			return;
		make_pages(reader, base, &span);
		if (image != NULL)
			ln_image_write(image, ln_memory_index(memory), base);
		image = NULL;
		apply_records(reader, base);
	}
}

void ln_unfold_memories(const struct ln_instance *instance,
			const uint8_t *bytes)
{
	struct reader reader = {
		.bytes = bytes,
		.page = sweep_of(instance)->page,
	};
	const struct ln_image *image = NULL;
	uint32_t kind;

	read_bytes(&reader, &kind, sizeof(kind));
	ln_assert(kind == IMAGE || kind == ZEROS);
	if (kind == IMAGE)
		image = image_of(instance);
	for (const struct ln_memory *memory = instance->last_memory;
	     memory != NULL; memory = ln_memory_next(memory))
		unfold(&reader, image, memory);
}
