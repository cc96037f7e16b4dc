/* Text encoding. */
#ifndef LN_BASE_UTF8_H
#define LN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the bytes are valid UTF-8 (Unicode 15, table 3-7): no overlong forms,
 * no surrogates, nothing above U+10FFFF. */
bool ln_utf8_valid(const uint8_t *bytes, size_t len);

/* The length of the valid sequence that begins at `at`, 1 to 4 bytes; 0: none
 * does. At least one byte is left. */
size_t ln_utf8_sequence(const uint8_t *at, size_t left);

/* The code point of a valid sequence of `len` bytes. */
uint32_t ln_utf8_decode(const uint8_t *at, size_t len);

#endif
