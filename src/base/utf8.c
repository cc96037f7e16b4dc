/* UTF-8: validation and decoding. */
#include "base/utf8.h"

size_t ln_utf8_sequence(const uint8_t *at, size_t left)
{
	uint8_t low = 0x80; /* bounds of the second byte */
	uint8_t high = 0xbf;
	size_t len;

	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	if (at[0] < 0xe0)
		len = 2;
	else
		len = at[0] < 0xf0 ? 3 : 4;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (left < len || at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

bool ln_utf8_valid(const uint8_t *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t n = ln_utf8_sequence(bytes + at, len - at);

		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

uint32_t ln_utf8_decode(const uint8_t *at, size_t len)
{
	static const uint8_t lead[] = { 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = at[0] & lead[len - 1];

	for (size_t i = 1; i < len; i++)
		code = code << 6 | (at[i] & 0x3f);
	return code;
}
