/* The text form of a UUID (RFC 9562, section 4). */
#include "base/uuid.h"

void ln_uuid_format(const uint8_t id[16], char text[LN_UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *at = text;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = digits[id[i] >> 4];
		*at++ = digits[id[i] & 15];
	}
	*at = '\0';
}
