/* Values in bytes, and out of them. */
#include "node/codec.h"

#include <string.h>

static void put(struct ln_bytes *body, uint64_t value, size_t len)
{
	uint8_t *to = ln_bytes_extend(body, len);

	for (size_t i = 0; to != NULL && i < len; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

void ln_encode_u8(struct ln_bytes *body, uint8_t value)
{
	put(body, value, sizeof(value));
}

void ln_encode_u32(struct ln_bytes *body, uint32_t value)
{
	put(body, value, sizeof(value));
}

void ln_encode_u64(struct ln_bytes *body, uint64_t value)
{
	put(body, value, sizeof(value));
}

void ln_encode_bytes(struct ln_bytes *body, const void *bytes, size_t len)
{
	/* More than that does not fit, so the number is not cut. */
	ln_encode_u32(body, (uint32_t)len);
	ln_bytes_add(body, bytes, len);
}

void ln_encode_text(struct ln_bytes *body, const char *text)
{
	ln_encode_bytes(body, text, strlen(text) + 1);
}

const uint8_t *ln_decoder_raw(struct ln_decoder *decoder, size_t len)
{
	const uint8_t *data = decoder->data;

	if (decoder->failed || len > decoder->len) {
		decoder->failed = true;
		return NULL;
	}
	decoder->data += len;
	decoder->len -= len;
	return data;
}

static uint64_t get(struct ln_decoder *decoder, size_t len)
{
	const uint8_t *from = ln_decoder_raw(decoder, len);
	uint64_t value = 0;

	for (size_t i = 0; from != NULL && i < len; i++)
		value |= (uint64_t)from[i] << (8 * i);
	return value;
}

uint8_t ln_decoder_u8(struct ln_decoder *decoder)
{
	return (uint8_t)get(decoder, sizeof(uint8_t));
}

uint32_t ln_decoder_u32(struct ln_decoder *decoder)
{
	return (uint32_t)get(decoder, sizeof(uint32_t));
}

uint64_t ln_decoder_u64(struct ln_decoder *decoder)
{
	return get(decoder, sizeof(uint64_t));
}

const uint8_t *ln_decoder_bytes(struct ln_decoder *decoder, size_t *len)
{
	const uint8_t *bytes;

	*len = ln_decoder_u32(decoder);
	bytes = ln_decoder_raw(decoder, *len);
	if (bytes == NULL)
		*len = 0;
	return bytes;
}

const char *ln_decoder_text(struct ln_decoder *decoder)
{
	size_t len;
	const uint8_t *bytes = ln_decoder_bytes(decoder, &len);

	if (bytes == NULL)
		return NULL;
	if (len == 0 || memchr(bytes, '\0', len) != bytes + len - 1) {
		decoder->failed = true;
		return NULL;
	}
	return (const char *)bytes;
}

bool ln_decoder_done(const struct ln_decoder *decoder)
{
	return !decoder->failed && decoder->len == 0;
}
