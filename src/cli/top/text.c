/* Lines of text. */
#include "cli/top/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/utf8.h"

#define CELL_COLUMNS 60

static void add(struct ln_top_text *text, enum ln_top_style style, char *line)
{
	struct ln_top_line *lines =
		line != NULL ? ln_array_grow(text->lines, text->count,
					     &text->room, sizeof(*lines))
			     : NULL;

	if (lines == NULL) {
		free(line);
		return;
	}
	text->lines = lines;
	lines[text->count++] =
		(struct ln_top_line){ .style = style, .text = line };
}

void ln_top_add(struct ln_top_text *text, enum ln_top_style style,
		const char *format, ...)
{
	va_list arguments;
	char *line = NULL;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) < 0)
		line = NULL;
	va_end(arguments);
	if (line != NULL)
		line[ln_text_clean(line, strlen(line), false)] = '\0';
	add(text, style, line);
}

void ln_top_add_lines(struct ln_top_text *text, enum ln_top_style style,
		      const char *lines)
{
	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");

		ln_top_add(text, style, "%.*s", (int)len, lines);
		lines += len;
		lines += *lines == '\n';
	}
}

void ln_top_clear(struct ln_top_text *text)
{
	for (size_t i = 0; i < text->count; i++)
		free(text->lines[i].text);
	free(text->lines);
	*text = (struct ln_top_text){ .count = 0 };
}

static int width_of(const uint8_t *at, size_t len)
{
	int width = wcwidth((wchar_t)ln_utf8_decode(at, len));

	return width >= 0 ? width : 1;
}

size_t ln_top_fit(const char *text, int columns, int *taken)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t len = strlen(text);
	size_t at = 0;

	*taken = 0;
	while (at < len) {
		size_t part = ln_utf8_sequence(bytes + at, len - at);
		int width;

		if (part == 0)
			break; /* it was not cleaned */
		width = width_of(bytes + at, part);
		if (*taken + width > columns)
			break;
		*taken += width;
		at += part;
	}
	return at;
}

const char *ln_top_cell(char cell[LN_TOP_CELL], const char *text, int columns)
{
	char clean[LN_TOP_CELL - CELL_COLUMNS];
	size_t len;
	int taken;

	if (columns > CELL_COLUMNS)
		columns = CELL_COLUMNS;
	ln_text_copy(clean, sizeof(clean), text, strlen(text));
	len = ln_top_fit(clean, columns, &taken);
	memcpy(cell, clean, len);
	while (taken++ < columns)
		cell[len++] = ' ';
	cell[len] = '\0';
	return cell;
}
