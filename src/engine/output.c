/* Numbers of seven bits a byte. */
#include "engine/output.h"

void ln_output_byte(struct ln_bytes *output, uint8_t byte)
{
	ln_bytes_add(output, &byte, 1);
}

void ln_output_number(struct ln_bytes *output, uint64_t value)
{
	uint8_t digits[10];
	size_t count = 0;

	do {
		digits[count] = value & 0x7f;
		value >>= 7;
		if (value != 0)
			digits[count] |= 0x80;
		count++;
	} while (value != 0);
	ln_bytes_add(output, digits, count);
}

void ln_output_counted(struct ln_bytes *output, const void *bytes, size_t len)
{
	ln_output_number(output, len);
	ln_bytes_add(output, bytes, len);
}
