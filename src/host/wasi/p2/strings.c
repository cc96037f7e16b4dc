/*
 * DESIGN
 * Texts in the encodings of the component model: UTF-8, UTF-16, or, as the text
 * itself says, Latin-1 or UTF-16, of which the length then has its highest bit
 * set. A length counts bytes of UTF-8 and Latin-1, and pairs of bytes of
 * UTF-16. Here all is UTF-8.
 *
 * Threads: the one that runs the process.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/utf8.h"
#include "host/wasi/p2/p2.h"
#include "host/wasi/wasi.h"
#include "process/guest.h"

enum encoding { UTF8 = 0, UTF16 = 1, LATIN1_OR_UTF16 = 2 };

#define IS_UTF16 ((uint32_t)1 << 31)
#define REPLACEMENT 0xfffdu
#define SURROGATES 0xd800u /* high ones, then as many low ones */
#define LOW_SURROGATES 0xdc00u
#define SURROGATES_END 0xe000u
#define BEYOND_UNIT 0x10000u

/* A copy of an argument. */
struct ln_p2_text {
	struct ln_p2_text *next;
	uint8_t bytes[];
};

/* Takes the first code point from a text; its length is above 0. */
static uint32_t take_point(struct ln_slice *text)
{
	size_t n = ln_utf8_sequence(text->data, text->len);
	uint32_t point = n > 0 ? ln_utf8_decode(text->data, n) : REPLACEMENT;

	n += n == 0;
	text->data += n;
	text->len -= n;
	return point;
}

static unsigned put_utf8(uint32_t point, uint8_t *to)
{
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	unsigned len = point < 0x80          ? 1
		       : point < 0x800       ? 2
		       : point < BEYOND_UNIT ? 3
					     : 4;

	if (to == NULL)
		return len;
	for (unsigned i = len - 1; i > 0; i--, point >>= 6)
		to[i] = (uint8_t)(0x80 | (point & 0x3f));
	to[0] = (uint8_t)(lead[len] | point);
	return len;
}

/* In bytes. */
static unsigned put_utf16(uint32_t point, uint8_t *to)
{
	if (point < BEYOND_UNIT) {
		if (to != NULL)
			ln_wasi_store16(to, (uint16_t)point);
		return 2;
	}
	point -= BEYOND_UNIT;
	if (to != NULL) {
		ln_wasi_store16(to, (uint16_t)(SURROGATES | point >> 10));
		ln_wasi_store16(to + 2,
				(uint16_t)(LOW_SURROGATES | (point & 0x3ff)));
	}
	return 4;
}

static unsigned put_latin1(uint32_t point, uint8_t *to)
{
	if (to != NULL)
		to[0] = (uint8_t)point;
	return 1;
}

typedef unsigned put_function(uint32_t point, uint8_t *to);

/* ---- To the guest ---- */

/* Bytes of a text as `put` writes them; with `to` it is written there. */
static uint64_t convert(struct ln_slice text, put_function *put, uint8_t *to)
{
	uint64_t len = 0;

	while (text.len > 0)
		len += put(take_point(&text), to != NULL ? to + len : NULL);
	return len;
}

static bool is_latin1(struct ln_slice text)
{
	while (text.len > 0) {
		if (take_point(&text) > 0xff)
			return false;
	}
	return true;
}

int ln_p2_string_of(struct ln_p2_call *call, struct ln_slice text,
		    uint32_t *address, uint32_t *len)
{
	uint32_t encoding = call->ops->encoding(call->instance, call->options);
	bool latin1 = encoding == LATIN1_OR_UTF16 && is_latin1(text);
	put_function *put = encoding == UTF8 ? put_utf8
			    : latin1         ? put_latin1
					     : put_utf16;
	uint32_t align = encoding == UTF8 ? 1 : 2;
	uint64_t bytes = convert(text, put, NULL);
	uint8_t *to;
	int error;

	ln_guest_charge(call->guest, bytes);
	error = ln_p2_allocate(call, align, bytes, address);
	if (error == 0)
		error = ln_p2_list(call, *address, (uint32_t)bytes, 1, align,
				   &to);
	if (error != 0)
		return error;
	convert(text, put, to);
	*len = (uint32_t)(put == put_utf16 ? bytes / 2 : bytes);
	if (put == put_utf16 && encoding == LATIN1_OR_UTF16)
		*len |= IS_UTF16;
	return 0;
}

int ln_p2_string(struct ln_p2_call *call, const char *text, uint32_t *address,
		 uint32_t *len)
{
	const struct ln_slice slice = { (const uint8_t *)text, strlen(text) };

	return ln_p2_string_of(call, slice, address, len);
}

/* ---- From the guest ---- */

/* The code point at *at of UTF-16, which moves on. UINT32_MAX: half of one. */
static uint32_t take_utf16(const uint8_t **at, const uint8_t *end)
{
	uint32_t unit = ln_wasi_load16(*at);
	uint32_t low;

	*at += 2;
	if (unit < SURROGATES || unit >= SURROGATES_END)
		return unit;
	if (unit >= LOW_SURROGATES || *at == end)
		return UINT32_MAX;
	low = ln_wasi_load16(*at);
	if (low < LOW_SURROGATES || low >= SURROGATES_END)
		return UINT32_MAX;
	*at += 2;
	return BEYOND_UNIT +
	       ((unit - SURROGATES) << 10 | (low - LOW_SURROGATES));
}

/* Makes the copy, of at most three bytes for each unit. */
static int copy_text(struct ln_p2_call *call, const uint8_t *at, uint32_t units,
		     bool wide, struct ln_slice *text)
{
	const uint8_t *end = at + (size_t)units * (wide ? 2 : 1);
	struct ln_p2_text *copy = malloc(sizeof(*copy) + (size_t)units * 3);
	size_t len = 0;

	if (copy == NULL)
		return LN_ENOMEM;
	copy->next = call->texts;
	call->texts = copy;
	while (at < end) {
		uint32_t point = wide ? take_utf16(&at, end) : *at++;

		if (point == UINT32_MAX)
			return ln_guest_trap(call->guest,
					     "a text is not valid UTF-16");
		len += put_utf8(point, copy->bytes + len);
	}
	*text = (struct ln_slice){ copy->bytes, len };
	return 0;
}

int ln_p2_text(struct ln_p2_call *call, unsigned index, size_t max,
	       struct ln_slice *text)
{
	uint32_t encoding = call->ops->encoding(call->instance, call->options);
	uint32_t address = ln_p2_u32(call, index);
	uint32_t units = ln_p2_u32(call, index + 1);
	bool wide = encoding == UTF16;
	uint8_t *at;

	if (encoding == LATIN1_OR_UTF16) {
		wide = (units & IS_UTF16) != 0;
		units &= ~IS_UTF16;
	}
	if (encoding != UTF8 && units > max)
		return ln_guest_trap(call->guest,
				     "a text of %u characters is too long "
				     "here, where %zu may be",
				     units, max);
	if (ln_p2_list(call, address, units, wide ? 2 : 1,
		       encoding == UTF8 ? 1 : 2, &at) < 0)
		return LN_ETRAP;
	if (encoding != UTF8)
		return copy_text(call, at, units, wide, text);
	*text = (struct ln_slice){ at, units };
	return 0;
}

void ln_p2_texts_free(struct ln_p2_call *call)
{
	while (call->texts != NULL) {
		struct ln_p2_text *next = call->texts->next;

		free(call->texts);
		call->texts = next;
	}
}
