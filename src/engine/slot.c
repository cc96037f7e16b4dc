/*
 * DESIGN
 * A slot without a backing is anonymous memory. With one, its first bytes are a
 * private mapping of that one's extents, and of nothing in between: a page that
 * is only read is shared by all slots, and stays mapped from life to life.
 * Pages are read-only but for some spans. A write elsewhere faults, once: its
 * page is opened here, and learned for the slots of the module. So at the end
 * of a life only pages within the spans can differ from the backing, and these
 * are written anew: which is cheaper than asking the kernel, or than giving
 * them back and having the next life fault them in again.
 *
 * A guest that writes page after page opens more at a time, twice as many as
 * the span it goes on has. What it did not write leaves the set again
 * (backing.c). A life that needs more than LN_LEARNED_PAGES_MAX pages, or to
 * which the kernel gives no more mappings, gets all of them, and the kernel
 * takes them back at its end.
 *
 * What a memory has grown by is anonymous memory behind the first bytes, and
 * becomes inaccessible at the end of the life; its pages, cleared, stay, if
 * they are few.
 *
 * The functions that open pages run in a handler of SIGSEGV, in the thread that
 * uses the memory. They take no lock and allocate nothing; they cannot
 * interrupt each other, since none of them writes to a slot.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/compiler.h"
#include "base/pages.h"
#include "engine/slots_impl.h"
#include "engine/sweep.h"
#include "sched/bulk.h"

/* Pages that are written anew without counting what they hold, and without
 * looking whether the set is too large. */
#define FEW 16u

/* Pages that are written anew at once. */
#define PIECE 256u

#define RUN_MAX 64u /* pages that one fault opens */
#define GAP_MAX 2u  /* pages between spans that are opened with them */

/* Anonymous memory of up to that many bytes is cleared, more is given back. */
#define CLEARED_MAX ((size_t)1 << 20)

static void rest_from(const struct ln_rest *rest)
{
	if (rest != NULL)
		rest->call(rest->argument);
}

/* What it has of the kernel's mappings, about. */
static void count_mappings(struct ln_slot *slot)
{
	uint32_t now = 2 + 2 * slot->span_count;

	if (slot->backing != NULL)
		now += 2 * slot->backing->extent_count;
	ln_slots_count(slot->owner, slot->mappings, now);
	slot->mappings = now;
}

static bool protect(struct ln_slot *slot, size_t from, size_t to, int how)
{
	return from == to || mprotect(slot->base + from, to - from, how) == 0;
}

/* Makes a range inaccessible, and forgets what it held. */
static bool wipe(struct ln_slot *slot, size_t from, size_t to)
{
	if (from == to)
		return true;
	if (mmap(slot->base + from, to - from, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		return false;
	/* No content depends on it, only how much is resident. */
	(void)madvise(slot->base + from, to - from, MADV_NOHUGEPAGE);
	return true;
}

/* Gives pages back to the kernel, in pieces. */
static bool drop(struct ln_slot *slot, size_t from, size_t to,
		 const struct ln_rest *rest)
{
	while (from < to) {
		size_t len =
			to - from < LN_BULK_SPAN ? to - from : LN_BULK_SPAN;

		if (ln_pages_drop(slot->base + from, len) < 0)
			return false;
		from += len;
		if (from < to)
			rest_from(rest);
	}
	return true;
}

/* Makes anonymous memory zero, in pieces. Its pages stay when they are few. */
static void clear(struct ln_slot *slot, size_t from, size_t to,
		  const struct ln_rest *rest)
{
	bool stays = to - from <= CLEARED_MAX && ln_slot_hold(slot, to - from);

	if (!stays && drop(slot, from, to, rest))
		return;
	while (from < to) {
		struct ln_range range = {
			.base = slot->base + from,
			.size = to - from < LN_BULK_SPAN ? to - from
							 : LN_BULK_SPAN,
		};

		ln_sweep_clear(ln_slots_sweep(slot->owner), &range, 1);
		from += range.size;
		if (from < to)
			rest_from(rest);
	}
}

/* ---- Spans ---- */

static uint32_t count_pages(const struct ln_slot *slot)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < slot->span_count; i++)
		count += slot->spans[i].end - slot->spans[i].first;
	return count;
}

static bool protect_pages(struct ln_slot *slot, uint32_t first, uint32_t end,
			  int how)
{
	size_t page = slot->backing->page;

	return protect(slot, first * page, end * page, how);
}

/* Makes all pages of the backing writable. */
static bool open_all(struct ln_slot *slot)
{
	uint32_t pages = slot->backing->pages;

	if (!protect_pages(slot, 0, pages, PROT_READ | PROT_WRITE))
		return false;
	slot->all = true;
	slot->span_count = 1;
	slot->spans[0] = (struct ln_span){ .first = 0, .end = pages };
	count_mappings(slot);
	return true;
}

/* Takes the spans out that `with` touches, or nearly, and widens it to them;
 * returns where it is to be put in. */
static unsigned take_neighbours(struct ln_slot *slot, struct ln_span *with)
{
	unsigned from = 0, to;

	while (from < slot->span_count &&
	       slot->spans[from].end + GAP_MAX < with->first)
		from++;
	for (to = from; to < slot->span_count &&
			slot->spans[to].first <= with->end + GAP_MAX;
	     to++) {
		if (slot->spans[to].first < with->first)
			with->first = slot->spans[to].first;
		if (slot->spans[to].end > with->end)
			with->end = slot->spans[to].end;
	}
	memmove(&slot->spans[from], &slot->spans[to],
		(slot->span_count - to) * sizeof(*slot->spans));
	slot->span_count -= to - from;
	return from;
}

/* Widens a span to the neighbour that is closest, of those around `at`. */
static void widen_to_closest(const struct ln_slot *slot, unsigned at,
			     struct ln_span *span)
{
	uint32_t below = UINT32_MAX, above = UINT32_MAX;

	if (at > 0)
		below = span->first - slot->spans[at - 1].end;
	if (at < slot->span_count)
		above = slot->spans[at].first - span->end;
	if (below < above)
		span->first = slot->spans[at - 1].end;
	else
		span->end = slot->spans[at].first;
}

/* Makes pages writable here. */
static bool open_span(struct ln_slot *slot, uint32_t first, uint32_t end)
{
	struct ln_span span = { .first = first, .end = end };
	unsigned at = take_neighbours(slot, &span);

	while (slot->span_count == LN_SLOT_SPANS) {
		widen_to_closest(slot, at, &span);
		at = take_neighbours(slot, &span);
	}
	if (!protect_pages(slot, span.first, span.end, PROT_READ | PROT_WRITE))
		return false;
	memmove(&slot->spans[at + 1], &slot->spans[at],
		(slot->span_count - at) * sizeof(*slot->spans));
	slot->spans[at] = span;
	slot->span_count++;
	count_mappings(slot);
	return true;
}

/* The same, and has others learn of it. */
static bool open_pages(struct ln_slot *slot, uint32_t first, uint32_t end)
{
	ln_backing_learn(slot->backing, first, end);
	if (open_span(slot, first, end) &&
	    count_pages(slot) <= LN_LEARNED_PAGES_MAX)
		return true;
	ln_backing_overflow(slot->backing);
	if (open_all(slot))
		return true;
	/* Nobody knows what is writable. */
	slot->lost = true;
	return false;
}

/* The span that a page is in; NULL: it is not writable. *next: that behind. */
static const struct ln_span *find_span(const struct ln_slot *slot,
				       uint32_t page, unsigned *next)
{
	unsigned i = 0;

	while (i < slot->span_count && slot->spans[i].end <= page)
		i++;
	*next = i;
	return i < slot->span_count && slot->spans[i].first <= page
		       ? &slot->spans[i]
		       : NULL;
}

static uint32_t min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The pages that the first write into one opens. */
static struct ln_span pages_for(const struct ln_slot *slot, uint32_t page,
				unsigned next)
{
	const struct ln_span *below = next > 0 ? &slot->spans[next - 1] : NULL;
	const struct ln_span *above =
		next < slot->span_count ? &slot->spans[next] : NULL;
	struct ln_span found = { .first = page, .end = page + 1 };

	if (below != NULL && below->end == page) {
		found.end = page + min(RUN_MAX, below->end - below->first);
		found.end =
			min(found.end, above != NULL ? above->first
						     : slot->backing->pages);
	} else if (above != NULL && above->first == page + 1) {
		uint32_t run = min(RUN_MAX, above->end - above->first);
		uint32_t room = page + 1 - (below != NULL ? below->end : 0);

		found.first = page + 1 - min(run, room);
	}
	return found;
}

bool ln_slots_fault(uintptr_t address)
{
	struct ln_slot *slot = ln_slots_at(address);
	struct ln_span pages;
	size_t offset;
	unsigned next;

	if (slot == NULL || slot->backing == NULL)
		return false;
	offset = address - (uintptr_t)slot->base;
	if (offset >= slot->minimum ||
	    find_span(slot, (uint32_t)(offset / slot->backing->page), &next) !=
		    NULL)
		return false;
	pages = pages_for(slot, (uint32_t)(offset / slot->backing->page), next);
	return open_pages(slot, pages.first, pages.end);
}

void ln_slots_open(const void *at, size_t len)
{
	struct ln_slot *slot = ln_slots_at((uintptr_t)at);
	const struct ln_span *span;
	uint32_t first, end;
	size_t offset, page;
	unsigned next;

	if (slot == NULL || slot->backing == NULL || slot->all || len == 0)
		return;
	page = slot->backing->page;
	offset = (size_t)((const uint8_t *)at - slot->base);
	if (offset >= slot->minimum)
		return;
	if (len > slot->minimum - offset)
		len = slot->minimum - offset;
	first = (uint32_t)(offset / page);
	end = (uint32_t)((offset + len + page - 1) / page);
	span = find_span(slot, first, &next);
	if (LN_LIKELY(span != NULL && span->end >= end))
		return;
	/* Where that fails, the kernel says EFAULT to the guest. */
	(void)open_pages(slot, first, end);
}

/* ---- Making a slot what a life begins with ---- */

static bool map_extents(struct ln_slot *slot)
{
	const struct ln_backing *backing = slot->backing;

	for (unsigned i = 0; i < backing->extent_count; i++) {
		const struct ln_extent *extent = &backing->extents[i];
		size_t pages = extent->pages.end - extent->pages.first;

		if (mmap(slot->base + extent->pages.first * backing->page,
			 pages * backing->page, PROT_READ,
			 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, backing->file,
			 (off_t)(extent->at * backing->page)) == MAP_FAILED)
			return false;
	}
	return true;
}

/* Maps the backing over whatever is there. */
static bool map_backing(struct ln_slot *slot, struct ln_backing *backing)
{
	size_t size = backing->pages * backing->page;

	slot->backing = backing;
	slot->minimum = size;
	slot->all = false;
	slot->span_count = 0;
	/* What has been learned is not here yet. */
	slot->version =
		atomic_load_explicit(&backing->version, memory_order_relaxed) -
		1;
	slot->narrowed =
		atomic_load_explicit(&backing->narrowed, memory_order_relaxed);
	if (!wipe(slot, 0, slot->size > size ? slot->size : size) ||
	    !protect(slot, 0, size, PROT_READ) || !map_extents(slot)) {
		slot->lost = true;
		return false;
	}
	slot->size = size;
	count_mappings(slot);
	return true;
}

bool ln_slot_wipe(struct ln_slot *slot)
{
	if (!wipe(slot, 0, slot->size)) {
		slot->lost = true;
		return false;
	}
	slot->backing = NULL;
	slot->span_count = 0;
	slot->all = false;
	slot->size = 0;
	slot->minimum = 0;
	count_mappings(slot);
	return true;
}

bool ln_slot_prepare(struct ln_slot *slot, struct ln_backing *backing,
		     size_t size)
{
	bool done;

	if (backing != NULL) {
		ln_assert(size == backing->pages * backing->page);
		return map_backing(slot, backing);
	}
	if (size > slot->size)
		done = protect(slot, slot->size, size, PROT_READ | PROT_WRITE);
	else
		done = protect(slot, size, slot->size, PROT_NONE);
	if (!done)
		return false;
	slot->size = size;
	slot->minimum = size;
	count_mappings(slot);
	return true;
}

const uint8_t *ln_slot_original(const struct ln_slot *slot, size_t offset)
{
	const uint8_t *content = NULL;
	uint32_t page;

	if (slot->backing == NULL || offset >= slot->minimum)
		return NULL;
	page = (uint32_t)(offset / slot->backing->page);
	(void)ln_backing_run(slot->backing, page, page + 1, &content);
	return content;
}

bool ln_slot_grow(struct ln_slot *slot, size_t size)
{
	if (size > LN_SLOT_RESERVED ||
	    !protect(slot, slot->size, size, PROT_READ | PROT_WRITE))
		return false;
	slot->size = size;
	return true;
}

/* Takes back what it has grown by. */
static bool shrink(struct ln_slot *slot, const struct ln_rest *rest)
{
	if (LN_LIKELY(slot->size == slot->minimum))
		return true;
	clear(slot, slot->minimum, slot->size, rest);
	if (!protect(slot, slot->minimum, slot->size, PROT_NONE))
		return false;
	slot->size = slot->minimum;
	return true;
}

/* Writes pages of the backing, from `first` on; returns where it stopped. */
static uint32_t write_run(struct ln_slot *slot, uint32_t first, uint32_t end)
{
	const struct ln_backing *backing = slot->backing;
	uint8_t *to = slot->base + first * backing->page;
	const uint8_t *content;
	uint32_t stop = ln_backing_run(backing, first, end, &content);
	size_t len = (stop - first) * backing->page;

	if (content != NULL)
		memcpy(to, content, len);
	else
		memset(to, 0, len);
	return stop;
}

static void write_few(struct ln_slot *slot)
{
	for (unsigned i = 0; i < slot->span_count; i++) {
		uint32_t at = slot->spans[i].first;

		while (at < slot->spans[i].end)
			at = write_run(slot, at, slot->spans[i].end);
	}
}

static bool is_zero(const uint8_t *from, size_t len)
{
	return from[0] == 0 && memcmp(from, from + 1, len - 1) == 0;
}

/* Writes a page if it has changed, and notes that. */
static void compare_page(struct ln_slot *slot, uint32_t page)
{
	struct ln_backing *backing = slot->backing;
	const uint8_t *at = slot->base + page * backing->page;
	const uint8_t *content;

	(void)ln_backing_run(backing, page, page + 1, &content);
	if (content != NULL ? memcmp(at, content, backing->page) == 0
			    : is_zero(at, backing->page))
		return;
	ln_backing_saw(backing, page);
	(void)write_run(slot, page, page + 1);
}

/* `looks`: only those that have changed. */
static void write_many(struct ln_slot *slot, bool looks,
		       const struct ln_rest *rest)
{
	uint32_t done = 0;

	for (unsigned i = 0; i < slot->span_count; i++) {
		uint32_t at = slot->spans[i].first;
		uint32_t end = slot->spans[i].end;

		while (at < end) {
			uint32_t start = at;

			if (looks)
				compare_page(slot, at++);
			else
				at = write_run(slot, at, min(end, at + PIECE));
			done += at - start;
			if (done >= PIECE) {
				done = 0;
				rest_from(rest);
			}
		}
	}
}

/* Gives the pages of the spans back to the kernel: their content is that of the
 * backing then. */
static bool give_back(struct ln_slot *slot, const struct ln_rest *rest)
{
	size_t page = slot->backing->page;

	for (unsigned i = 0; i < slot->span_count; i++) {
		if (!drop(slot, slot->spans[i].first * page,
			  slot->spans[i].end * page, rest))
			return false;
	}
	return true;
}

static void restore(struct ln_slot *slot, const struct ln_rest *rest)
{
	uint32_t pages = count_pages(slot);
	uint64_t bytes = (uint64_t)pages * slot->backing->page;
	bool looks;

	if (LN_LIKELY(pages <= FEW && !slot->all)) {
		write_few(slot);
		return;
	}
	if (slot->all)
		(void)ln_backing_stays_open(slot->backing);
	if ((slot->all || !ln_slot_hold(slot, bytes)) && give_back(slot, rest))
		return;
	if (slot->all) {
		/* The kernel takes nothing back. */
		write_many(slot, true, rest);
		return;
	}
	looks = ln_backing_looks(slot->backing);
	write_many(slot, looks, rest);
	if (looks)
		ln_backing_judge(slot->backing);
}

bool ln_slot_end(struct ln_slot *slot, struct ln_backing *backing,
		 const struct ln_rest *rest)
{
	ln_assert(!slot->clean && slot->held == 0);
	ln_assert(slot->backing == NULL || slot->backing == backing);
	if (slot->lost || !shrink(slot, rest)) {
		slot->lost = true;
		return false;
	}
	if (slot->backing != NULL) {
		restore(slot, rest);
	} else if (backing != NULL) {
		if (slot->minimum > LN_BULK_SPAN)
			/* Mapping anew drops the rest. */
			(void)drop(slot, 0, slot->minimum, rest);
		if (!map_backing(slot, backing))
			return false;
	} else {
		clear(slot, 0, slot->minimum, rest);
	}
	slot->clean = true;
	return true;
}

/* Makes all pages of the backing read-only, what others have learned not to be
 * written as well. */
static bool close_all(struct ln_slot *slot)
{
	/* Pages that the kernel does not take have the right content. */
	(void)give_back(slot, NULL);
	if (!protect(slot, 0, slot->minimum, PROT_READ))
		return false;
	slot->all = false;
	slot->span_count = 0;
	count_mappings(slot);
	return true;
}

/* Opens what has been learned. */
static bool catch_up(struct ln_slot *slot)
{
	struct ln_backing *backing = slot->backing;
	struct ln_span spans[LN_SPANS_LEARNED];
	unsigned count, next;
	/* Relaxed: what is missed is learned again. */
	uint32_t version =
		atomic_load_explicit(&backing->version, memory_order_relaxed);
	uint32_t narrowed =
		atomic_load_explicit(&backing->narrowed, memory_order_relaxed);

	if (atomic_load_explicit(&backing->open, memory_order_relaxed) > 0)
		return slot->all || open_all(slot);
	if ((slot->all || slot->narrowed != narrowed) && !close_all(slot))
		return false;
	count = ln_backing_spans(backing, spans);
	for (unsigned i = 0; i < count; i++) {
		const struct ln_span *has =
			find_span(slot, spans[i].first, &next);

		if ((has == NULL || has->end < spans[i].end) &&
		    !open_span(slot, spans[i].first, spans[i].end))
			return false;
	}
	if (count_pages(slot) > LN_LEARNED_PAGES_MAX) {
		ln_backing_overflow(backing);
		return open_all(slot);
	}
	slot->version = version;
	slot->narrowed = narrowed;
	return true;
}

bool ln_slot_begin(struct ln_slot *slot)
{
	const struct ln_backing *backing = slot->backing;

	ln_slot_unhold(slot);
	slot->clean = false;
	if (backing == NULL)
		return true;
	if (LN_LIKELY(!slot->all &&
		      slot->version ==
			      atomic_load_explicit(&backing->version,
						   memory_order_relaxed) &&
		      atomic_load_explicit(&backing->open,
					   memory_order_relaxed) <= 0))
		return true;
	return catch_up(slot);
}
