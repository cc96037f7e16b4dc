/* Cleaning of texts. No state. */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define CUT_MARK ".."
#define CUT_MARK_LEN (sizeof(CUT_MARK) - 1)

/* Sorted; both ends are included. */
static const struct {
	uint32_t first;
	uint32_t last;
} unsafe[] = {
	{ 0x00, 0x1f },       /* C0 */
	{ 0x7f, 0x9f },       /* DEL, C1 */
	{ 0xad, 0xad },       /* soft hyphen */
	{ 0x61c, 0x61c },     /* Arabic letter mark */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200f },   /* no width; marks of direction */
	{ 0x2028, 0x202e },   /* separators; embeddings and overrides */
	{ 0x2060, 0x206f },   /* invisible operators; isolates */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff0, 0xfffb },   /* annotations */
	{ 0xe0000, 0xe0fff }, /* tags */
};

bool ln_text_is_safe(uint32_t code)
{
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
		if (code <= unsafe[i].last)
			return code < unsafe[i].first;
	}
	return true;
}

size_t ln_text_clean(char *text, size_t len, bool lines)
{
	uint8_t *bytes = (uint8_t *)text;
	size_t out = 0;

	for (size_t at = 0; at < len;) {
		size_t n = ln_utf8_sequence(bytes + at, len - at);

		if (bytes[at] == '\n' && lines)
			bytes[out++] = '\n';
		else if (bytes[at] == '\n' || bytes[at] == '\t' ||
			 bytes[at] == '\r')
			bytes[out++] = ' ';
		else if (n == 0 ||
			 !ln_text_is_safe(ln_utf8_decode(bytes + at, n)))
			bytes[out++] = '?';
		else
			for (size_t i = 0; i < n; i++)
				bytes[out++] = bytes[at + i];
		at += n > 0 ? n : 1;
	}
	return out;
}

size_t ln_text_cut(const char *text, size_t len, size_t max)
{
	size_t cut = max;

	if (len <= max)
		return len;
	/* A character has at most three bytes behind its first one. */
	while (cut > 0 && max - cut < 3 &&
	       ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	return ((unsigned char)text[cut] & 0xc0) == 0x80 ? max : cut;
}

size_t ln_text_copy(char *out, size_t size, const void *text, size_t len)
{
	size_t shown = len;

	if (len > size - 1)
		shown = ln_text_cut(text, len, size - 1 - CUT_MARK_LEN);
	if (shown > 0)
		memcpy(out, text, shown);
	if (shown < len) {
		shown = ln_text_clean(out, shown, false);
		memcpy(out + shown, CUT_MARK, CUT_MARK_LEN);
		shown += CUT_MARK_LEN;
	} else {
		shown = ln_text_clean(out, shown, false);
	}
	out[shown] = '\0';
	return shown;
}

char *ln_text_new(const void *text, size_t len, size_t max)
{
	size_t size = (len < max ? len : max) + 1;
	char *copy;

	if (size < 8)
		size = 8;
	copy = malloc(size);
	if (copy != NULL)
		ln_text_copy(copy, size, text, len);
	return copy;
}

/* Cuts a clean text; returns its new length. */
static size_t shorten(char *text, size_t len, size_t max)
{
	if (len > max) {
		len = ln_text_cut(text, len, max - CUT_MARK_LEN);
		memcpy(text + len, CUT_MARK, CUT_MARK_LEN);
		len += CUT_MARK_LEN;
	}
	text[len] = '\0';
	return len;
}

void ln_text_clean_lines(char *text, size_t max)
{
	shorten(text, ln_text_clean(text, strlen(text), true), max);
}

/* Makes one blank of those that follow each other, and none of those at the
 * ends. */
static size_t squeeze(char *text, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != ' ' || (out > 0 && text[out - 1] != ' '))
			text[out++] = text[i];
	}
	while (out > 0 && text[out - 1] == ' ')
		out--;
	return out;
}

void ln_text_format(char **out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	ln_text_vformat(out, format, arguments);
	va_end(arguments);
}

void ln_text_vformat(char **out, const char *format, va_list arguments)
{
	size_t len;
	char *text;
	int n;

	*out = NULL;
	n = vasprintf(&text, format, arguments);
	if (n < 0)
		return;
	len = squeeze(text, ln_text_clean(text, (size_t)n, false));
	shorten(text, len, LN_TEXT_FORMAT_MAX);
	*out = text;
}
