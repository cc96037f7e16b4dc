/* A failure sticks, so that those who write need to look only at the end. */
#include "engine/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static void reserve(struct ln_output *output, size_t len)
{
	size_t room = output->room > 0 ? output->room : 256;
	uint8_t *bytes;

	if (len > output->most - output->len) {
		output->error = LN_ELIMIT;
		return;
	}
	while (room < output->len + len)
		room *= 2;
	if (room == output->room)
		return;
	bytes = realloc(output->bytes, room);
	if (bytes == NULL) {
		output->error = LN_ENOMEM;
		return;
	}
	output->bytes = bytes;
	output->room = room;
}

void ln_output_add(struct ln_output *output, const void *bytes, size_t len)
{
	if (output->error != 0 || len == 0)
		return;
	reserve(output, len);
	if (output->error != 0)
		return;
	memcpy(output->bytes + output->len, bytes, len);
	output->len += len;
}

void ln_output_byte(struct ln_output *output, uint8_t byte)
{
	ln_output_add(output, &byte, 1);
}

void ln_output_number(struct ln_output *output, uint64_t value)
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
	ln_output_add(output, digits, count);
}

void ln_output_counted(struct ln_output *output, const void *bytes, size_t len)
{
	ln_output_number(output, len);
	ln_output_add(output, bytes, len);
}

void ln_output_deinit(struct ln_output *output)
{
	free(output->bytes);
	*output = (struct ln_output){ 0 };
}
