/*
 * DESIGN
 * The list stays in the guest's memory and is decoded again for every batch, so
 * that a call needs neither allocation nor a big frame, whatever the guest
 * passes. All of it is checked before the first byte moves. It can still change
 * under way: a guest may read into the list itself. So each piece is checked
 * again when it is used, and safety does not depend on any sum over the list.
 * Such a guest harms only itself.
 *
 * Threads: the one that runs the guest.
 */
#include "host/iovecs.h"

#include <string.h>

#include "base/error.h"
#include "engine/memory.h"
#include "sched/task.h"

#define REST_AFTER 16384u /* empty pieces */

static uint32_t piece_address(const uint8_t *piece)
{
	uint32_t address;

	memcpy(&address, piece, sizeof(address));
	return address;
}

static uint32_t piece_len(const uint8_t *piece)
{
	uint32_t len;

	memcpy(&len, piece + 4, sizeof(len));
	return len;
}

/* Whether a piece lies inside the memory; empty ones do, wherever they are. */
static bool piece_inside(const uint8_t *piece, uint64_t size)
{
	uint64_t len = piece_len(piece);

	return len == 0 || piece_address(piece) + len <= size;
}

/* Passes over empty pieces in front, which are no part of what a call may leave
 * for the next one: a guest would take 0 bytes for the end of a file. There may
 * be as many as fit into a memory. */
static void skip_empty(struct ln_array *array)
{
	uint32_t skipped = 0;

	while (array->count > 0 && piece_len(array->data) == 0) {
		array->data += LN_IOVECS_PIECE;
		array->count--;
		if (++skipped % REST_AFTER == 0)
			ln_task_rest();
	}
}

int ln_iovecs_init(struct ln_iovecs *iovecs, uint8_t *memory, uint64_t size,
		   struct ln_array array)
{
	uint64_t total = 0;
	uint32_t count;

	skip_empty(&array);
	count = array.count;
	if (count > LN_IOVECS_PIECES)
		count = LN_IOVECS_PIECES;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *piece = array.data + (size_t)i * LN_IOVECS_PIECE;

		if (!piece_inside(piece, size))
			return LN_EINVAL;
		total += piece_len(piece);
	}
	if (total > LN_IOVECS_BYTES)
		total = LN_IOVECS_BYTES;
	*iovecs = (struct ln_iovecs){
		.memory = memory,
		.size = size,
		.at = array.data,
		.pieces = count,
		.left = (size_t)total,
	};
	return 0;
}

int ln_iovecs_one(struct ln_iovecs *iovecs, uint8_t piece[LN_IOVECS_PIECE],
		  uint8_t *memory, uint64_t size, uint32_t address,
		  uint32_t len)
{
	memcpy(piece, &address, sizeof(address));
	memcpy(piece + sizeof(address), &len, sizeof(len));
	return ln_iovecs_init(iovecs, memory, size,
			      (struct ln_array){ piece, 1 });
}

int ln_iovecs_gather(const struct ln_iovecs *iovecs,
		     struct iovec out[LN_IOVECS_BATCH], size_t max)
{
	const uint8_t *piece = iovecs->at;
	size_t offset = iovecs->offset;
	int n = 0;

	if (max > iovecs->left)
		max = iovecs->left;
	for (uint32_t i = 0; i < iovecs->pieces && n < LN_IOVECS_BATCH; i++) {
		size_t len = piece_len(piece);

		if (max == 0 || !piece_inside(piece, iovecs->size))
			break;
		if (len > offset) {
			len -= offset;
			if (len > max)
				len = max;
			out[n].iov_base =
				iovecs->memory + piece_address(piece) + offset;
			out[n++].iov_len = len;
			max -= len;
		}
		offset = 0;
		piece += LN_IOVECS_PIECE;
	}
	return n;
}

int ln_iovecs_gather_open(const struct ln_iovecs *iovecs,
			  struct iovec out[LN_IOVECS_BATCH], size_t max)
{
	int n = ln_iovecs_gather(iovecs, out, max);

	for (int i = 0; i < n; i++)
		ln_memory_open(out[i].iov_base, out[i].iov_len);
	return n;
}

void ln_iovecs_advance(struct ln_iovecs *iovecs, size_t bytes)
{
	iovecs->left -= bytes;
	while (iovecs->pieces > 0) {
		size_t len = piece_len(iovecs->at);
		size_t rest = len > iovecs->offset ? len - iovecs->offset : 0;

		if (bytes < rest) {
			iovecs->offset += (uint32_t)bytes;
			return;
		}
		bytes -= rest;
		iovecs->at += LN_IOVECS_PIECE;
		iovecs->pieces--;
		iovecs->offset = 0;
	}
}
