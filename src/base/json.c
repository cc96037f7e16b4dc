/* Strings of JSON. */
#include "base/json.h"

#include <stdint.h>

#include "base/text.h"
#include "base/utf8.h"

/* Writes a character, or an escape for one that acts on a terminal. */
static void put_character(FILE *out, const uint8_t *at, size_t len)
{
	uint32_t code = ln_utf8_decode(at, len);

	if (code == '"' || code == '\\')
		fprintf(out, "\\%c", (int)code);
	else if (ln_text_is_safe(code))
		fwrite(at, 1, len, out);
	else if (code < 0x10000)
		fprintf(out, "\\u%04x", code);
	else
		fprintf(out, "\\u%04x\\u%04x",
			0xd800 + ((code - 0x10000) >> 10),
			0xdc00 + ((code - 0x10000) & 0x3ff));
}

void ln_json_string(FILE *out, const char *text, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)text;

	fputc('"', out);
	for (size_t at = 0; at < len;) {
		size_t n = ln_utf8_sequence(bytes + at, len - at);

		if (n > 0)
			put_character(out, bytes + at, n);
		else
			fprintf(out, "\\u%04x", bytes[at]);
		at += n > 0 ? n : 1;
	}
	fputc('"', out);
}
