/*
 * DESIGN
 * Pages that are not zero are copied into a file in memory. Slots map the
 * extents of that file, and anonymous memory in between: pages of a file are
 * allocated when they are read, those of anonymous memory are not. There are
 * few extents, since each is a mapping of every slot; gaps between the runs of
 * pages are taken in, the smallest ones first.
 *
 * The learned set only grows while lives write more pages. So that one life
 * that writes much does not make all later ones pay for it, of those that have
 * many pages to write anew every LOOK_EACH-th compares them instead; when
 * JUDGE_AFTER of these have seen less than half of the set, what they have seen
 * is the new set. Beyond LN_LEARNED_PAGES_MAX nothing is learned: the next
 * OPEN_LIVES lives may write all pages, and give them back to the kernel; then
 * it is learned anew.
 *
 * Threads: any. Bits of the sets are only added, but by the one that judges;
 * what gets lost between these is learned again.
 */
#include "engine/backing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/fd.h"
#include "engine/sweep.h"

#define GAP_MAX 2 /* pages; smaller gaps in the set are closed at once */
#define LOOK_EACH 16
#define JUDGE_AFTER 4
#define OPEN_LIVES 64

#define FILES_MAX 128 /* of the program */

/* Runs of pages that are noted while looking; more are put together. */
#define RUNS_MAX 64

/* Spans in order, of which those that are closest are put together when there
 * are too many. */
struct spans {
	struct ln_span *at;
	unsigned count;
	unsigned max;
};

static _Atomic uint32_t files;

static void join_closest(struct spans *spans)
{
	unsigned best = 1;

	for (unsigned i = 2; i < spans->count; i++) {
		if (spans->at[i].first - spans->at[i - 1].end <
		    spans->at[best].first - spans->at[best - 1].end)
			best = i;
	}
	spans->at[best - 1].end = spans->at[best].end;
	memmove(&spans->at[best], &spans->at[best + 1],
		(spans->count - best - 1) * sizeof(*spans->at));
	spans->count--;
}

/* Adds a page behind all others; `at` has room for one more than `max`. */
static void append(struct spans *spans, uint32_t page, uint32_t gap)
{
	struct ln_span *last =
		spans->count > 0 ? &spans->at[spans->count - 1] : NULL;

	ln_assert(spans->at != NULL);
	if (last != NULL && page - last->end <= gap) {
		last->end = page + 1;
		return;
	}
	spans->at[spans->count++] =
		(struct ln_span){ .first = page, .end = page + 1 };
	if (spans->count > spans->max)
		join_closest(spans);
}

/* What is being looked at. */
struct look {
	const uint8_t *base;
	size_t page;
	struct spans runs;
};

static bool is_zero(const uint8_t *from, size_t len)
{
	return from[0] == 0 && memcmp(from, from + 1, len - 1) == 0;
}

static bool look_at(void *argument, const uint8_t *from, size_t len)
{
	struct look *look = argument;

	for (size_t at = 0; at < len; at += look->page) {
		if (!is_zero(from + at, look->page))
			append(&look->runs,
			       (uint32_t)((size_t)(from + at - look->base) /
					  look->page),
			       0);
	}
	return true;
}

static void set_extents(struct ln_backing *backing, const struct spans *runs)
{
	for (unsigned i = 0; i < runs->count; i++) {
		struct ln_extent *extent = &backing->extents[i];

		extent->pages = runs->at[i];
		extent->at = backing->content_pages;
		backing->content_pages +=
			extent->pages.end - extent->pages.first;
	}
	backing->extent_count = runs->count;
}

static bool write_page(int file, const uint8_t *from, size_t page, off_t at)
{
	ssize_t n = pwrite(file, from, page, at);

	return n >= 0 && (size_t)n == page;
}

/* Writes the file; what is zero stays a hole. */
static bool write_file(struct ln_backing *backing, const uint8_t *base)
{
	size_t len = backing->content_pages * backing->page;

	backing->file =
		memfd_create("lunatic memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (backing->file < 0)
		return false;
	/* Relaxed, as where it is read: just a number. */
	atomic_fetch_add_explicit(&files, 1, memory_order_relaxed);
	if (ftruncate(backing->file, (off_t)len) < 0)
		return false;
	for (unsigned i = 0; i < backing->extent_count; i++) {
		const struct ln_extent *extent = &backing->extents[i];

		for (uint32_t k = extent->pages.first; k < extent->pages.end;
		     k++) {
			const uint8_t *from = base + k * backing->page;
			off_t at =
				(off_t)((extent->at + k - extent->pages.first) *
					backing->page);

			if (!is_zero(from, backing->page) &&
			    !write_page(backing->file, from, backing->page, at))
				return false;
		}
	}
	/* From here on nobody can change it, also not by mistake. */
	if (fcntl(backing->file, F_ADD_SEALS,
		  F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return false;
	backing->content =
		mmap(NULL, len, PROT_READ, MAP_PRIVATE, backing->file, 0);
	if (backing->content != MAP_FAILED)
		return true;
	backing->content = NULL;
	return false;
}

static _Atomic uint64_t *new_set(uint32_t pages)
{
	return calloc((pages + 63) / 64, sizeof(_Atomic uint64_t));
}

bool ln_backing_room(void)
{
	return atomic_load_explicit(&files, memory_order_relaxed) < FILES_MAX;
}

struct ln_backing *ln_backing_new(const struct ln_sweep *sweep,
				  const uint8_t *base, size_t size, size_t max,
				  size_t *bytes)
{
	struct ln_backing *backing = calloc(1, sizeof(*backing));
	struct ln_span found[RUNS_MAX + 1];
	struct look look = {
		.base = base,
		.page = sweep->page,
		.runs = { .at = found, .max = RUNS_MAX },
	};

	if (backing == NULL)
		return NULL;
	backing->page = sweep->page;
	backing->pages = (uint32_t)(size / sweep->page);
	backing->file = -1;
	ln_list_init(&backing->ready);
	backing->set = new_set(backing->pages);
	backing->seen = new_set(backing->pages);
	if (backing->set == NULL || backing->seen == NULL)
		goto fail;
	ln_sweep_each(sweep, base, size, look_at, &look);
	while (look.runs.count > LN_EXTENTS_MAX)
		join_closest(&look.runs);
	set_extents(backing, &look.runs);
	*bytes = sizeof(*backing) + backing->content_pages * backing->page +
		 (size_t)(backing->pages + 63) / 64 * 16;
	if (*bytes > max ||
	    (backing->content_pages > 0 && !write_file(backing, base)))
		goto fail;
	return backing;
fail:
	ln_backing_free(backing);
	return NULL;
}

void ln_backing_free(struct ln_backing *backing)
{
	if (backing == NULL)
		return;
	if (backing->content != NULL)
		/* If that fails, only the addresses are lost. */
		(void)munmap((void *)backing->content,
			     backing->content_pages * backing->page);
	if (backing->file >= 0) {
		ln_fd_close(backing->file);
		atomic_fetch_sub_explicit(&files, 1, memory_order_relaxed);
	}
	free(backing->set);
	free(backing->seen);
	free(backing);
}

size_t ln_backing_size(const struct ln_backing *backing)
{
	return backing->pages * backing->page;
}

uint32_t ln_backing_run(const struct ln_backing *backing, uint32_t first,
			uint32_t end, const uint8_t **content)
{
	*content = NULL;
	for (unsigned i = 0; i < backing->extent_count; i++) {
		const struct ln_extent *extent = &backing->extents[i];

		if (extent->pages.end <= first)
			continue;
		if (extent->pages.first > first)
			return extent->pages.first < end ? extent->pages.first
							 : end;
		*content = backing->content +
			   (extent->at + first - extent->pages.first) *
				   backing->page;
		return extent->pages.end < end ? extent->pages.end : end;
	}
	return end;
}

/* Relaxed, as all that follow: a slot that misses a page learns it again. */
static bool add(_Atomic uint64_t *set, uint32_t page)
{
	uint64_t bit = (uint64_t)1 << page % 64;

	return (atomic_fetch_or_explicit(&set[page / 64], bit,
					 memory_order_relaxed) &
		bit) == 0;
}

void ln_backing_learn(struct ln_backing *backing, uint32_t first, uint32_t end)
{
	bool is_new = false;

	ln_assert(end <= backing->pages);
	for (uint32_t page = first; page < end; page++)
		is_new = add(backing->set, page) || is_new;
	if (is_new)
		atomic_fetch_add_explicit(&backing->version, 1,
					  memory_order_relaxed);
}

void ln_backing_overflow(struct ln_backing *backing)
{
	atomic_store_explicit(&backing->open, OPEN_LIVES, memory_order_relaxed);
}

/* Calls append for each page of a set. */
static void list(const _Atomic uint64_t *set, uint32_t pages,
		 struct spans *spans, uint32_t gap)
{
	for (uint32_t i = 0; i < (pages + 63) / 64; i++) {
		uint64_t bits =
			atomic_load_explicit(&set[i], memory_order_relaxed);

		for (; bits != 0; bits &= bits - 1)
			append(spans, i * 64 + (uint32_t)__builtin_ctzll(bits),
			       gap);
	}
}

unsigned ln_backing_spans(const struct ln_backing *backing,
			  struct ln_span out[LN_SPANS_LEARNED])
{
	struct ln_span found[LN_SPANS_LEARNED + 1];
	struct spans spans = { .at = found, .max = LN_SPANS_LEARNED };

	list(backing->set, backing->pages, &spans, GAP_MAX);
	memcpy(out, found, spans.count * sizeof(*out));
	return spans.count;
}

static uint32_t count_bits(const _Atomic uint64_t *set, uint32_t pages)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < (pages + 63) / 64; i++)
		count += (uint32_t)__builtin_popcountll(
			atomic_load_explicit(&set[i], memory_order_relaxed));
	return count;
}

bool ln_backing_looks(struct ln_backing *backing)
{
	return atomic_fetch_add_explicit(&backing->wide, 1,
					 memory_order_relaxed) %
		       LOOK_EACH ==
	       LOOK_EACH - 1;
}

void ln_backing_saw(struct ln_backing *backing, uint32_t page)
{
	(void)add(backing->seen, page);
}

/* Makes what was seen the set, and forgets what was seen. */
static void narrow(struct ln_backing *backing, bool changes)
{
	for (uint32_t i = 0; i < (backing->pages + 63) / 64; i++) {
		uint64_t seen = atomic_exchange_explicit(&backing->seen[i], 0,
							 memory_order_relaxed);

		if (changes)
			atomic_store_explicit(&backing->set[i], seen,
					      memory_order_relaxed);
	}
	if (!changes)
		return;
	atomic_fetch_add_explicit(&backing->narrowed, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&backing->version, 1, memory_order_relaxed);
}

void ln_backing_judge(struct ln_backing *backing)
{
	if (atomic_fetch_add_explicit(&backing->looked, 1,
				      memory_order_relaxed) %
		    JUDGE_AFTER !=
	    JUDGE_AFTER - 1)
		return;
	narrow(backing, count_bits(backing->seen, backing->pages) <
				count_bits(backing->set, backing->pages) / 2);
}

bool ln_backing_stays_open(struct ln_backing *backing)
{
	int32_t left = atomic_fetch_sub_explicit(&backing->open, 1,
						 memory_order_relaxed);

	if (left > 1)
		return true;
	/* One of them begins anew; others may have been faster. */
	if (left == 1)
		narrow(backing, true);
	else
		atomic_fetch_add_explicit(&backing->open, 1,
					  memory_order_relaxed);
	return false;
}
