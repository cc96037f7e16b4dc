/* Bytes of any content as debug information: what is told of places is clean
 * and short, and nothing outside is read. The first byte chooses between a
 * module as it is and one whose .debug_line, and texts, are what follows. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(uint8_t *bytes, size_t len)
{
	struct ln_lines *lines = ln_lines_new(bytes, len);
	struct ln_line found[LN_LINES_PLACES];
	size_t offsets[LN_LINES_PLACES];
	char text[LN_LINE_TEXT];

	if (lines == NULL) {
		free(bytes);
		return;
	}
	for (size_t i = 0; i < LN_LINES_PLACES; i++)
		offsets[i] = i == 0 ? SIZE_MAX : i * i;
	ln_lines_find(lines, offsets, LN_LINES_PLACES, found);
	if (found[0].line != 0)
		abort();
	for (size_t i = 0; i < LN_LINES_PLACES; i++) {
		size_t n = strnlen(found[i].file, sizeof(found[i].file));

		if (n == sizeof(found[i].file) ||
		    ln_text_clean(found[i].file, n, false) != n)
			abort();
		if (ln_line_print(&found[i], text) >= LN_LINE_TEXT)
			abort();
	}
	ln_lines_release(lines);
}

static void put(uint8_t **at, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(*at, bytes, len);
	*at += len;
}

/* A custom section; sizes are LEB128 of five bytes. */
static void put_section(uint8_t **at, const char *name, const uint8_t *data,
			size_t len)
{
	size_t name_len = strlen(name);
	size_t whole = 1 + name_len + len;
	uint8_t head[6] = { 0 };

	for (int i = 0; i < 5; i++)
		head[1 + i] = (uint8_t)((whole >> (7 * i)) & 0x7f) |
			      (i < 4 ? 0x80 : 0);
	put(at, head, sizeof(head));
	head[0] = (uint8_t)name_len;
	put(at, head, 1);
	put(at, name, name_len);
	put(at, data, len);
}

/* A module with such sections; the texts are the second half. */
static void wrap(const uint8_t *data, size_t size)
{
	static const uint8_t begin[] = {
		0, 'a', 's', 'm', 1, 0, 0, 0, 10, 1, 0
	};
	uint8_t *bytes = malloc(sizeof(begin) + 2 * size + 100);
	uint8_t *at = bytes;

	if (bytes == NULL)
		return;
	put(&at, begin, sizeof(begin));
	put_section(&at, ".debug_line_str", data + size / 2, size - size / 2);
	put_section(&at, ".debug_line", data, size);
	look(bytes, (size_t)(at - bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (size < 1)
		return 0;
	if (data[0] % 2 == 0) {
		wrap(data + 1, size - 1);
		return 0;
	}
	copy = malloc(size);
	if (copy == NULL)
		return 0;
	memcpy(copy, data + 1, size - 1);
	look(copy, size - 1);
	return 0;
}
