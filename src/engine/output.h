/* Writing a wasm binary: what is added to a buffer. */
#ifndef LN_ENGINE_OUTPUT_H
#define LN_ENGINE_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

void ln_output_byte(struct ln_bytes *output, uint8_t byte);

/* Adds an unsigned LEB128 number, as short as it can be. */
void ln_output_number(struct ln_bytes *output, uint64_t value);

/* Adds the length of a name or a section's content, then itself. */
void ln_output_counted(struct ln_bytes *output, const void *bytes, size_t len);

#endif
