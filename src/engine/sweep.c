/*
 * DESIGN
 * The PAGEMAP_SCAN ioctl (Linux 6.7) lists the pages of an address range that
 * are present or swapped out and not the shared zero page. A call costs about
 * as much as clearing 20 pages, most of it fixed, so several ranges that lie
 * close together are listed by one call; pages of others in between are listed
 * too, and left alone.
 *
 * Where the kernel cannot scan, pages are given back (madvise), which makes
 * them zero as well, at the price of faulting them in again. Where it takes no
 * pages either (locked memory, a filter of system calls), what was touched is
 * cleared by hand, however much it is; when that cannot be listed, all is read
 * first, because reading an untouched page costs no memory.
 */
#include "engine/sweep.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pages.h"

/* Ranges are listed together up to this distance and this length, bytes. */
#define GAP_MAX ((size_t)512 << 10)
#define SPAN_MAX ((size_t)4 << 20)
#define REGIONS 28

/* From Linux's uapi/linux/fs.h of 6.7; older headers lack it. */
struct region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};
struct scan_arg {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};
#define SCAN_IOCTL _IOWR('f', 16, struct scan_arg)
#define SCAN_PRESENT (1u << 3)
#define SCAN_SWAPPED (1u << 4)
#define SCAN_ZERO (1u << 5)

void ln_sweep_init(struct ln_sweep *sweep)
{
	sweep->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	sweep->page = (size_t)sysconf(_SC_PAGESIZE);
}

void ln_sweep_deinit(struct ln_sweep *sweep)
{
	if (sweep->pagemap >= 0)
		ln_fd_close(sweep->pagemap);
	sweep->pagemap = -1;
}

/* Lists touched pages from `start` on. Returns how many regions, 0 when there
 * are no more, -1 when the kernel cannot. *walked: where to go on. */
static int scan(const struct ln_sweep *sweep, uintptr_t start, uintptr_t end,
		struct region regions[REGIONS], uintptr_t *walked)
{
	struct scan_arg arg = {
		.size = sizeof(arg),
		.start = start,
		.end = end,
		.vec = (uintptr_t)regions,
		.vec_len = REGIONS,
		.category_inverted = SCAN_ZERO,
		.category_mask = SCAN_ZERO,
		.category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
		.return_mask = SCAN_PRESENT,
	};
	int n;

	if (sweep->pagemap < 0)
		return -1;
	n = ioctl(sweep->pagemap, SCAN_IOCTL, &arg);
	*walked = (uintptr_t)arg.walk_end;
	if (n > 0 && *walked <= start)
		return -1;
	return n;
}

/* The first byte of the pages behind `address`. */
static uintptr_t page_end(const struct ln_sweep *sweep, uintptr_t address)
{
	return (address + sweep->page - 1) & ~(uintptr_t)(sweep->page - 1);
}

/* Clears the pages that hold anything, and only reads the others. */
static void clear_read(uint8_t *from, uint8_t *end, size_t page)
{
	while (from < end) {
		size_t left = (size_t)(end - from);
		size_t len = left < page ? left : page;

		if (from[0] != 0 || memcmp(from, from + 1, len - 1) != 0)
			memset(from, 0, len);
		from += len;
	}
}

/* Clears all that was touched, without giving anything back. */
static void clear_by_hand(const struct ln_sweep *sweep,
			  const struct ln_range *range)
{
	uintptr_t at = (uintptr_t)range->base;
	uintptr_t end = at + range->size;

	while (at < end) {
		struct region regions[REGIONS];
		uintptr_t walked;
		int n = scan(sweep, at, page_end(sweep, end), regions, &walked);

		if (n == 0)
			return;
		if (n < 0) {
			clear_read((uint8_t *)at, (uint8_t *)end, sweep->page);
			return;
		}
		for (int i = 0; i < n; i++) {
			uintptr_t to = (uintptr_t)regions[i].end;

			memset((void *)(uintptr_t)regions[i].start, 0,
			       (to < end ? to : end) - regions[i].start);
		}
		at = walked;
	}
}

/* Makes a range zero by giving its pages back. */
static void give_back(const struct ln_sweep *sweep,
		      const struct ln_range *range)
{
	if (ln_pages_drop(range->base, range->size) < 0)
		clear_by_hand(sweep, range);
}

/* The ranges that one scan covers, and how far it has come. */
struct sweep_state {
	struct ln_range *range; /* the first that regions may still touch */
	struct ln_range *end;
	size_t cleared; /* bytes of `range`; SIZE_MAX: the rest is gone */
};

/* Clears a part of a range that ends at `top`, until that is enough; then all
 * that follows is given back. */
static void clear_part(const struct ln_sweep *sweep, struct sweep_state *state,
		       uintptr_t from, uintptr_t to, uintptr_t top)
{
	size_t room = LN_SWEEP_KEEP - state->cleared;
	size_t len = to - from < room ? to - from : room;

	memset((void *)from, 0, len);
	state->cleared += len;
	if (len < to - from) {
		const struct ln_range rest = {
			.base = (uint8_t *)(from + len),
			.size = top - from - len,
		};

		give_back(sweep, &rest);
		state->cleared = SIZE_MAX;
	}
}

/* Clears what the region and the ranges have in common. */
static void clear_region(const struct ln_sweep *sweep,
			 struct sweep_state *state, uintptr_t start,
			 uintptr_t end)
{
	while (state->range < state->end) {
		uintptr_t base = (uintptr_t)state->range->base;
		uintptr_t top = base + state->range->size;
		uintptr_t from = start > base ? start : base;
		uintptr_t to = end < top ? end : top;

		if (from < to && state->cleared <= LN_SWEEP_KEEP)
			clear_part(sweep, state, from, to, top);
		if (end < top)
			return;
		state->range++;
		state->cleared = 0;
	}
}

/* Clears ranges that lie close together. */
static void clear_span(const struct ln_sweep *sweep, struct ln_range *first,
		       struct ln_range *end)
{
	struct sweep_state state = { .range = first, .end = end };
	uintptr_t at = (uintptr_t)first->base;
	uintptr_t top = (uintptr_t)end[-1].base + end[-1].size;

	top = page_end(sweep, top);
	while (at < top && state.range < end) {
		struct region regions[REGIONS];
		int n = scan(sweep, at, top, regions, &at);

		if (n == 0)
			return;
		if (n < 0) {
			for (; state.range < end; state.range++)
				give_back(sweep, state.range);
			return;
		}
		for (int i = 0; i < n; i++)
			clear_region(sweep, &state, (uintptr_t)regions[i].start,
				     (uintptr_t)regions[i].end);
	}
}

static void sort(struct ln_range *ranges, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct ln_range range = ranges[i];
		size_t at = i;

		for (; at > 0 && ranges[at - 1].base > range.base; at--)
			ranges[at] = ranges[at - 1];
		ranges[at] = range;
	}
}

void ln_sweep_clear(const struct ln_sweep *sweep, struct ln_range *ranges,
		    size_t count)
{
	size_t first = 0;

	sort(ranges, count);
	for (size_t i = 1; i <= count; i++) {
		uint8_t *top = ranges[i - 1].base + ranges[i - 1].size;

		if (i < count && (size_t)(ranges[i].base - top) <= GAP_MAX &&
		    (size_t)(ranges[i].base + ranges[i].size -
			     ranges[first].base) <= SPAN_MAX)
			continue;
		clear_span(sweep, ranges + first, ranges + i);
		first = i;
	}
}

bool ln_sweep_each(const struct ln_sweep *sweep, const uint8_t *base,
		   size_t size,
		   bool (*found)(void *argument, const uint8_t *from,
				 size_t len),
		   void *argument)
{
	uintptr_t at = (uintptr_t)base;
	uintptr_t end = at + size;

	while (at < end) {
		struct region regions[REGIONS];
		uintptr_t from = at;
		int n = scan(sweep, at, page_end(sweep, end), regions, &at);

		if (n == 0)
			return true;
		if (n < 0)
			return found(argument, (const uint8_t *)from,
				     end - from);
		for (int i = 0; i < n; i++) {
			uintptr_t start = (uintptr_t)regions[i].start;
			uintptr_t stop = (uintptr_t)regions[i].end;

			stop = stop < end ? stop : end;
			if (!found(argument, (const uint8_t *)start,
				   stop - start))
				return false;
		}
	}
	return true;
}

void ln_sweep_copy(const struct ln_sweep *sweep, uint8_t *to,
		   const uint8_t *from, size_t size)
{
	uintptr_t start = (uintptr_t)from;
	uintptr_t end = start + size;
	uintptr_t at = start;

	while (at < end) {
		struct region regions[REGIONS];
		uintptr_t walked;
		int n = scan(sweep, at, end, regions, &walked);

		if (n == 0)
			return;
		if (n < 0) {
			memcpy(to + (at - start), (void *)at, end - at);
			return;
		}
		for (int i = 0; i < n; i++)
			memcpy(to + (regions[i].start - start),
			       (void *)(uintptr_t)regions[i].start,
			       regions[i].end - regions[i].start);
		at = walked;
	}
}
