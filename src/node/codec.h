/*
 * What travels in requests: values behind each other, little endian, written
 * into a buffer (base/bytes.h; ln_bytes_add: bytes whose number the reader
 * knows), and read from bytes that may be anything. A writer or a reader that
 * has failed stays so, so that one look at the end is enough.
 */
#ifndef LN_NODE_CODEC_H
#define LN_NODE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Being written: an empty one. */
#define LN_ENCODED_INIT { .max = UINT32_MAX }

void ln_encode_u8(struct ln_bytes *body, uint8_t value);
void ln_encode_u32(struct ln_bytes *body, uint32_t value);
void ln_encode_u64(struct ln_bytes *body, uint64_t value);

/* Their number, in 32 bits, and the bytes. More than that fails. */
void ln_encode_bytes(struct ln_bytes *body, const void *bytes, size_t len);

/* The bytes of a C string with its end, so that it can be used in place. */
void ln_encode_text(struct ln_bytes *body, const char *text);

/* Being read; what is returned points into the bytes. */
struct ln_decoder {
	const uint8_t *data;
	size_t len;
	bool failed; /* less, or other, than what was asked for */
};

/* 0 once it has failed, as all below. */
uint8_t ln_decoder_u8(struct ln_decoder *decoder);
uint32_t ln_decoder_u32(struct ln_decoder *decoder);
uint64_t ln_decoder_u64(struct ln_decoder *decoder);

/* NULL once it has failed. */
const uint8_t *ln_decoder_raw(struct ln_decoder *decoder, size_t len);
const uint8_t *ln_decoder_bytes(struct ln_decoder *decoder, size_t *len);

/* A C string: ends in the only zero byte of its bytes. NULL when failed. */
const char *ln_decoder_text(struct ln_decoder *decoder);

/* Whether everything was read and nothing failed. */
bool ln_decoder_done(const struct ln_decoder *decoder);

#endif
