/* Text encoding. */
#ifndef LN_BASE_UTF8_H
#define LN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the bytes are valid UTF-8 (Unicode 15, table 3-7): no overlong forms,
 * no surrogates, nothing above U+10FFFF. */
bool ln_utf8_valid(const uint8_t *bytes, size_t len);

#endif
