/* Values in bytes, and out of them. */
#include "node/payload.h"

#include <string.h>

static void put(struct ln_bytes *payload, uint64_t value, size_t len)
{
	uint8_t *to = ln_bytes_extend(payload, len);

	for (size_t i = 0; to != NULL && i < len; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

void ln_payload_u8(struct ln_bytes *payload, uint8_t value)
{
	put(payload, value, sizeof(value));
}

void ln_payload_u32(struct ln_bytes *payload, uint32_t value)
{
	put(payload, value, sizeof(value));
}

void ln_payload_u64(struct ln_bytes *payload, uint64_t value)
{
	put(payload, value, sizeof(value));
}

void ln_payload_bytes(struct ln_bytes *payload, const void *bytes, size_t len)
{
	/* More than that does not fit, so the number is not cut. */
	ln_payload_u32(payload, (uint32_t)len);
	ln_bytes_add(payload, bytes, len);
}

void ln_payload_text(struct ln_bytes *payload, const char *text)
{
	ln_payload_bytes(payload, text, strlen(text) + 1);
}

const uint8_t *ln_unpack_raw(struct ln_unpack *unpack, size_t len)
{
	const uint8_t *data = unpack->data;

	if (unpack->failed || len > unpack->len) {
		unpack->failed = true;
		return NULL;
	}
	unpack->data += len;
	unpack->len -= len;
	return data;
}

static uint64_t get(struct ln_unpack *unpack, size_t len)
{
	const uint8_t *from = ln_unpack_raw(unpack, len);
	uint64_t value = 0;

	for (size_t i = 0; from != NULL && i < len; i++)
		value |= (uint64_t)from[i] << (8 * i);
	return value;
}

uint8_t ln_unpack_u8(struct ln_unpack *unpack)
{
	return (uint8_t)get(unpack, sizeof(uint8_t));
}

uint32_t ln_unpack_u32(struct ln_unpack *unpack)
{
	return (uint32_t)get(unpack, sizeof(uint32_t));
}

uint64_t ln_unpack_u64(struct ln_unpack *unpack)
{
	return get(unpack, sizeof(uint64_t));
}

const uint8_t *ln_unpack_bytes(struct ln_unpack *unpack, size_t *len)
{
	const uint8_t *bytes;

	*len = ln_unpack_u32(unpack);
	bytes = ln_unpack_raw(unpack, *len);
	if (bytes == NULL)
		*len = 0;
	return bytes;
}

const char *ln_unpack_text(struct ln_unpack *unpack)
{
	size_t len;
	const uint8_t *bytes = ln_unpack_bytes(unpack, &len);

	if (bytes == NULL)
		return NULL;
	if (len == 0 || memchr(bytes, '\0', len) != bytes + len - 1) {
		unpack->failed = true;
		return NULL;
	}
	return (const char *)bytes;
}

bool ln_unpack_done(const struct ln_unpack *unpack)
{
	return !unpack->failed && unpack->len == 0;
}
