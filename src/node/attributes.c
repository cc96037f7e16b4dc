/* Attributes of nodes. */
#include "node/attributes.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

static int digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
		return (byte | 0x20) - 'a' + 10;
	return -1;
}

/* The next byte of a text, decoded; moves on. -1: malformed. */
static int next_byte(const uint8_t *text, size_t len, size_t *at)
{
	uint8_t byte = text[(*at)++];
	int high;
	int low;

	if (byte == '+')
		return ' ';
	if (byte != '%')
		return byte;
	if (len - *at < 2)
		return -1;
	high = digit(text[*at]);
	low = digit(text[*at + 1]);
	*at += 2;
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Decodes one pair to `to`, which has room for one byte more than it has;
 * *written is what it takes there, with the end of its line. */
static int parse_pair(const uint8_t *pair, size_t len, char *to,
		      size_t *written)
{
	bool in_value = false;
	size_t size = 0;
	size_t at = 0;

	while (at < len) {
		bool splits = !in_value && pair[at] == '=';
		int byte = next_byte(pair, len, &at);

		if (byte < 0)
			return LN_EFORMAT;
		in_value = in_value || splits;
		/* What no attribute has. */
		if (byte < 0x20 || byte == 0x7f || (byte == '=' && !in_value))
			return LN_ENOENT;
		to[size++] = (char)byte;
	}
	if (!in_value)
		to[size++] = '=';
	to[size++] = '\n';
	*written = size;
	return 0;
}

int ln_query_parse(const uint8_t *query, size_t len, char **lines)
{
	/* Two more for each pair, whose separator goes. */
	char *text = malloc(2 * len + 3);
	size_t written = 0;
	size_t at = 0;
	int error = 0;

	if (text == NULL)
		return LN_ENOMEM;
	while (at < len && error == 0) {
		const uint8_t *end = memchr(query + at, '&', len - at);
		size_t part =
			end != NULL ? (size_t)(end - query) - at : len - at;
		size_t more = 0;

		if (part > 0)
			error = parse_pair(query + at, part, text + written,
					   &more);
		written += more;
		at += part + 1;
	}
	text[written] = '\0';
	if (error < 0)
		free(text);
	else
		*lines = text;
	return error;
}

/* Whether a line of `len` bytes is among the lines of `text`. */
static bool has_line(const char *text, const char *line, size_t len)
{
	while (text != NULL) {
		const char *end = strchr(text, '\n');
		size_t size = end != NULL ? (size_t)(end - text) : strlen(text);

		if (size == len && memcmp(text, line, len) == 0)
			return true;
		text = end != NULL ? end + 1 : NULL;
	}
	return false;
}

bool ln_query_matches(const char *lines, const char *attributes)
{
	while (*lines != '\0') {
		const char *end = strchr(lines, '\n');

		if (!has_line(attributes, lines, (size_t)(end - lines)))
			return false;
		lines = end + 1;
	}
	return true;
}

bool ln_attribute_valid(const char *text)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals == text)
		return false;
	for (const char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	}
	return ln_utf8_valid((const uint8_t *)text, strlen(text));
}
