/* The digest of a WebSocket's key: SHA-1 (FIPS 180-4) of one short text, in
 * base64 (RFC 4648). It proves that the server speaks the protocol, and keeps
 * no secret. */
#include <string.h>

#include "frames.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define BLOCK 64
#define KEY_SIZE 24

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t rotate(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

/* The function and constant of a round. */
static uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
	if (round < 20)
		return ((b & c) | (~b & d)) + 0x5a827999;
	if (round < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (round < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

static void add_block(uint32_t state[5], const uint8_t *block)
{
	uint32_t words[80];
	uint32_t s[5];

	for (unsigned i = 0; i < 16; i++)
		words[i] = (uint32_t)block[4 * i] << 24 |
			   (uint32_t)block[4 * i + 1] << 16 |
			   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (unsigned i = 16; i < 80; i++)
		words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^
					  words[i - 16],
				  1);
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 80; i++) {
		uint32_t next = rotate(s[0], 5) + mix(i, s[1], s[2], s[3]) +
				s[4] + words[i];

		s[4] = s[3];
		s[3] = s[2];
		s[2] = rotate(s[1], 30);
		s[1] = s[0];
		s[0] = next;
	}
	for (unsigned i = 0; i < 5; i++)
		state[i] += s[i];
}

/* Of at most 119 bytes: two blocks with the end. */
static void digest(const uint8_t *bytes, size_t size, uint8_t out[20])
{
	uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
			      0xc3d2e1f0 };
	uint8_t text[2 * BLOCK] = { 0 };
	size_t all = size + 9 > BLOCK ? 2 * BLOCK : BLOCK;

	memcpy(text, bytes, size);
	text[size] = 0x80;
	text[all - 2] = (uint8_t)(size * 8 >> 8);
	text[all - 1] = (uint8_t)(size * 8);
	for (size_t i = 0; i < all; i += BLOCK)
		add_block(state, text + i);
	for (unsigned i = 0; i < 20; i++)
		out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

void lunatic_websocket_digest(const char *key, size_t size, char text[29])
{
	uint8_t joined[KEY_SIZE + sizeof(GUID) - 1];
	uint8_t hash[21] = { 0 };

	if (size > KEY_SIZE)
		size = KEY_SIZE;
	memcpy(joined, key, size);
	memcpy(joined + size, GUID, sizeof(GUID) - 1);
	digest(joined, size + sizeof(GUID) - 1, hash);
	for (unsigned i = 0; i < 7; i++) {
		uint32_t bits = (uint32_t)hash[3 * i] << 16 |
				(uint32_t)hash[3 * i + 1] << 8 |
				hash[3 * i + 2];

		for (unsigned j = 0; j < 4; j++)
			text[4 * i + j] = LETTERS[bits >> (18 - 6 * j) & 63];
	}
	text[27] = '=';
	text[28] = '\0';
}

bool lunatic_websocket_key_is_valid(const char *key)
{
	if (strlen(key) != KEY_SIZE || strcmp(key + 22, "==") != 0)
		return false;
	for (unsigned i = 0; i < 22; i++) {
		if (strchr(LETTERS, key[i]) == NULL)
			return false;
	}
	return true;
}
