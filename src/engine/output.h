/* Writing a wasm binary: bytes that grow up to a bound. */
#ifndef LN_ENGINE_OUTPUT_H
#define LN_ENGINE_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

/* Zero but for `most` is one that is empty. */
struct ln_output {
	uint8_t *bytes; /* owned */
	size_t len;
	size_t room;
	size_t most; /* bytes that it may have */
	int error;   /* the first failure: LN_ENOMEM, LN_ELIMIT. From then
		      * on nothing is added. */
};

void ln_output_add(struct ln_output *output, const void *bytes, size_t len);
void ln_output_byte(struct ln_output *output, uint8_t byte);

/* Adds an unsigned LEB128 number, as short as it can be. */
void ln_output_number(struct ln_output *output, uint64_t value);

/* Adds the length of a name or a section's content, then itself. */
void ln_output_counted(struct ln_output *output, const void *bytes, size_t len);

void ln_output_deinit(struct ln_output *output);

#endif
