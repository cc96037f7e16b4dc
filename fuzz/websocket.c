/*
 * The guest library's parser of WebSocket frames (sdk/c/src/frames.c), compiled
 * for this machine: frames that come at once mean the same as those that come
 * byte for byte, messages stay below their bound, and texts are UTF-8. What is
 * taken for a message is written as a frame and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "frames.h"

#define MAX 300
#define EVENTS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	enum lunatic_frames_event event;
	unsigned code;
	size_t size;
	uint64_t sum; /* of the bytes */
};

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static uint64_t sum_of(const uint8_t *bytes, size_t size)
{
	uint64_t sum = 14695981039346656037u;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ bytes[i]) * 1099511628211u;
	return sum;
}

/* A message as a frame of a client, read again. */
static void repeat(const uint8_t *bytes, size_t size, bool text)
{
	static const uint8_t mask[4] = { 1, 2, 3, 4 };
	struct lunatic_frames frames = { .max = MAX };
	uint8_t frame[LUNATIC_FRAME_HEAD_MAX + 4 + MAX];
	size_t len = lunatic_frame_head(
		frame, text ? LUNATIC_FRAME_TEXT : LUNATIC_FRAME_BINARY, size);
	size_t used;

	frame[1] |= 0x80;
	memcpy(frame + len, mask, 4);
	len += 4;
	for (size_t i = 0; i < size; i++)
		frame[len++] = bytes[i] ^ mask[i & 3];
	expect(lunatic_frames_feed(&frames, frame, len, &used) ==
	       (text ? LUNATIC_FRAMES_TEXT : LUNATIC_FRAMES_BINARY));
	expect(used == len && frames.size == size &&
	       memcmp(frames.data, bytes, size) == 0);
	lunatic_frames_deinit(&frames);
}

static void check(const struct lunatic_frames *frames,
		  enum lunatic_frames_event event, struct seen *seen)
{
	bool text = event == LUNATIC_FRAMES_TEXT;

	*seen = (struct seen){ .event = event };
	switch (event) {
	case LUNATIC_FRAMES_TEXT:
	case LUNATIC_FRAMES_BINARY:
		expect(frames->size <= MAX && frames->data != NULL &&
		       frames->data[frames->size] == 0);
		expect(!text || ln_utf8_valid(frames->data, frames->size));
		seen->size = frames->size;
		seen->sum = sum_of(frames->data, frames->size);
		repeat(frames->data, frames->size, text);
		break;
	case LUNATIC_FRAMES_CLOSE:
		expect(frames->code == 1005 ||
		       lunatic_close_is_valid(frames->code));
		seen->code = frames->code;
		break;
	case LUNATIC_FRAMES_BAD:
		expect(lunatic_close_is_valid(frames->code));
		seen->code = frames->code;
		break;
	default:
		expect(frames->control_size <= LUNATIC_FRAME_CONTROL_MAX);
		seen->size = frames->control_size;
		seen->sum = sum_of(frames->control, frames->control_size);
		break;
	}
}

/* Reads all, `step` bytes at a time; how many events there were. */
static size_t run(const uint8_t *data, size_t size, size_t step,
		  struct seen seen[EVENTS])
{
	struct lunatic_frames frames = { .max = MAX };
	size_t count = 0;
	size_t at = 0;

	while (at < size && count < EVENTS) {
		size_t part = size - at < step ? size - at : step;
		size_t used;
		enum lunatic_frames_event event =
			lunatic_frames_feed(&frames, data + at, part, &used);

		expect(used <= part);
		at += used;
		if (event == LUNATIC_FRAMES_NONE) {
			expect(used == part);
			continue;
		}
		check(&frames, event, &seen[count++]);
		if (event == LUNATIC_FRAMES_BAD)
			break;
	}
	lunatic_frames_deinit(&frames);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole[EVENTS];
	struct seen pieces[EVENTS];
	size_t count = run(data, size, SIZE_MAX, whole);

	expect(run(data, size, 1, pieces) == count);
	for (size_t i = 0; i < count; i++)
		expect(whole[i].event == pieces[i].event &&
		       whole[i].code == pieces[i].code &&
		       whole[i].size == pieces[i].size &&
		       whole[i].sum == pieces[i].sum);
	return 0;
}
