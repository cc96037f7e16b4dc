// Texts that components pass to each other arrive whole, in each pair of
// encodings, also where the host transcodes them in several pieces; what is
// not valid traps, and who passes them is killed within.
//
// engine: wasmtime
// timeout: 60
// stdout: passed
// stderr~ trapped: invalid utf8 encoding
// stderr~ trapped: invalid utf16 encoding
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "lives.h"
#include "texts.h"

#define CHARACTERS 300000 // more than two pieces
#define COMPACT_UTF16 ((uint32_t)1 << 31)

enum encoding { UTF8, UTF16, COMPACT };

static const char *const names[] = { "utf8", "utf16", "latin1+utf16" };

// Of an odd number of bytes in each encoding, so that pieces end everywhere
// in them.
static const uint32_t narrow[] = { 'a', 0xe9, 0xff, 'b', 'c' };
static const uint32_t wide[] = { 'a', 0xe9, 0x20ac, 0x1f600, 'b', 'c', 'd' };

static uint32_t put_utf8(uint32_t point, uint8_t *to)
{
	if (point < 0x80) {
		to[0] = (uint8_t)point;
		return 1;
	}
	if (point < 0x800) {
		to[0] = (uint8_t)(0xc0 | point >> 6);
		to[1] = (uint8_t)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		to[0] = (uint8_t)(0xe0 | point >> 12);
		to[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
		to[2] = (uint8_t)(0x80 | (point & 0x3f));
		return 3;
	}
	to[0] = (uint8_t)(0xf0 | point >> 18);
	to[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
	to[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
	to[3] = (uint8_t)(0x80 | (point & 0x3f));
	return 4;
}

static uint32_t put_utf16(uint32_t point, uint8_t *to)
{
	uint32_t units[2] = { point };
	uint32_t count = 1;

	if (point >= 0x10000) {
		units[0] = 0xd800 + ((point - 0x10000) >> 10);
		units[1] = 0xdc00 + ((point - 0x10000) & 0x3ff);
		count = 2;
	}
	for (uint32_t i = 0; i < count; i++) {
		to[2 * i] = (uint8_t)units[i];
		to[2 * i + 1] = (uint8_t)(units[i] >> 8);
	}
	return 2 * count;
}

static uint32_t put(enum encoding encoding, bool latin1, uint32_t point,
		    uint8_t *to)
{
	if (encoding == UTF8)
		return put_utf8(point, to);
	if (encoding == UTF16 || !latin1)
		return put_utf16(point, to);
	to[0] = (uint8_t)point;
	return 1;
}

// Bytes of a unit.
static uint32_t unit_of(enum encoding encoding, bool latin1)
{
	return encoding == UTF16 || (encoding == COMPACT && !latin1) ? 2 : 1;
}

static uint32_t tag_of(enum encoding encoding, bool latin1)
{
	return encoding == COMPACT && !latin1 ? COMPACT_UTF16 : 0;
}

// Letters: texts that may be UTF-16 are at even addresses.
static uint32_t step_of(enum encoding encoding, bool latin1)
{
	return encoding == COMPACT && latin1 ? 2 : 1;
}

static uint32_t hash(const uint8_t *bytes, uint32_t count)
{
	uint32_t hash = 0x811c9dc5;

	for (uint32_t i = 0; i < count; i++)
		hash = (hash ^ bytes[i]) * 0x1000193;
	return hash;
}

// What is to arrive of one of the texts.
static void expect(struct texts *texts, enum encoding to, bool latin1,
		   const uint32_t *points, uint32_t count, uint32_t number)
{
	uint8_t *bytes = malloc((size_t)CHARACTERS * 4 + 64);
	uint32_t size = 0;

	CHECK(bytes != NULL);
	for (uint32_t i = 0; i < number * texts->step; i++)
		size += put(to, latin1, 'a', bytes + size);
	for (uint32_t i = 0; i < texts->count; i++) {
		for (uint32_t j = 0; j < count; j++)
			size += put(to, latin1, points[j], bytes + size);
	}
	texts->bytes[number] = size;
	texts->length[number] = size / unit_of(to, latin1) | tag_of(to, latin1);
	texts->hash[number] = hash(bytes, size);
	free(bytes);
}

static uint64_t add(const struct texts *texts)
{
	const char *text = texts_component(texts);
	uint64_t module;

	CHECK_EQ(lunatic_process_add_module(lunatic_process_this_env(), text,
					    strlen(text), &module),
		 0);
	return module;
}

static void ends(const struct texts *texts, enum lunatic_reason reason)
{
	uint64_t module = add(texts);

	start(module);
	CHECK_EQ(await().reason, reason);
	lunatic_process_drop_module(module);
}

static void pass(enum encoding from, enum encoding to, const uint32_t *points,
		 uint32_t count)
{
	bool latin1 = points == narrow;
	uint8_t pattern[64];
	struct texts texts = { .from = names[from],
			       .to = names[to],
			       .pattern = pattern,
			       .count = CHARACTERS / count,
			       .unit = unit_of(from, latin1),
			       .tag = tag_of(from, latin1),
			       .step = step_of(from, latin1),
			       .poke_at = -1 };

	for (uint32_t i = 0; i < count; i++)
		texts.size +=
			put(from, latin1, points[i], pattern + texts.size);
	for (uint32_t number = 0; number < TEXTS; number++)
		expect(&texts, to, latin1, points, count, number);
	ends(&texts, LUNATIC_RETURNED);
}

// A character that is cut off by the end of the text, and half of one just
// before and just behind 128 Ki units, where the host looks up.
static void broken(enum encoding from, enum encoding to)
{
	static const uint8_t pattern[] = { 'a', 0 };
	static const int32_t places[] = { (1 << 17) - 1, 1 << 17, 299999 };
	uint32_t unit = unit_of(from, false);

	for (int i = 0; i < 3; i++) {
		struct texts texts = {
			.from = names[from],
			.to = names[to],
			.pattern = pattern,
			.size = unit,
			.count = CHARACTERS,
			.unit = unit,
			.tag = tag_of(from, false),
			.step = step_of(from, false),
			.poke_at = places[i] * (int32_t)unit,
			.poke = from == UTF8 ? 'a' << 8 | 0xc3 : 0xd800,
		};

		ends(&texts, LUNATIC_TRAPPED);
	}
}

static void killed(enum encoding from, enum encoding to)
{
	static const uint8_t pattern[] = { 'a', 0 };
	struct texts texts = {
		.from = names[from],
		.to = names[to],
		.pattern = pattern,
		.size = unit_of(from, false),
		.count = 20000000,
		.unit = unit_of(from, false),
		.tag = tag_of(from, false),
		.step = step_of(from, false),
		.poke_at = -1,
		.forever = true,
	};
	uint64_t module = add(&texts);
	struct lunatic_proc process = start(module);

	lunatic_sleep(50);
	lunatic_proc_kill(process);
	CHECK_EQ(await().reason, LUNATIC_KILLED);
	lunatic_process_drop_module(module);
}

int main(void)
{
	for (int from = UTF8; from <= COMPACT; from++) {
		for (int to = UTF8; to <= COMPACT; to++) {
			pass(from, to, narrow, 5);
			pass(from, to, wide, 7);
			broken(from, to);
			killed(from, to);
		}
	}
	puts("passed");
	return 0;
}
