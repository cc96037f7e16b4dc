/*
 * The types of a module's functions, imported ones included, by number, as a
 * valid binary has them. The bytes must stay as long as these. Immutable once
 * made: any thread.
 */
#ifndef LN_ENGINE_SIGNATURES_H
#define LN_ENGINE_SIGNATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_functype;
struct ln_signatures;

/* Time and memory in proportion to the number of types and functions. Of a
 * binary that is malformed it has what comes before that. LN_ENOMEM. */
int ln_signatures_new(const uint8_t *bytes, size_t len,
		      struct ln_signatures **signatures);

/* NULL is fine. */
void ln_signatures_free(struct ln_signatures *signatures);

/* The type of that number, or of the function of that number. False: there is
 * none, or it is no function's. */
bool ln_signatures_type(const struct ln_signatures *signatures, uint32_t type,
			struct ln_functype *functype);
bool ln_signatures_function(const struct ln_signatures *signatures,
			    uint32_t function, struct ln_functype *functype);

/* Whether the function of that number is one that the module imports. */
bool ln_signatures_is_imported(const struct ln_signatures *signatures,
			       uint32_t function);

#endif
