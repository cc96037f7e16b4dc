/* Writing JSON (RFC 8259) with texts that come from anybody. */
#ifndef LN_BASE_JSON_H
#define LN_BASE_JSON_H

#include <stddef.h>
#include <stdio.h>

/* Writes a text as a string: clean (base/text.h), since what acts on a terminal
 * is escaped. A byte that is not UTF-8 becomes the character of that number. */
void ln_json_string(FILE *out, const char *text, size_t len);

#endif
