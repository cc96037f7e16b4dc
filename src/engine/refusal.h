/*
 * Why something that a guest brought is refused: a text of one line for a
 * person, made out of parts that nobody can vouch for.
 */
#ifndef LN_ENGINE_REFUSAL_H
#define LN_ENGINE_REFUSAL_H

#include <stddef.h>

/* Sets *error to the text, to be freed by the caller, and returns `code`. The
 * text has no line breaks or control characters and about 1,000 bytes at most.
 * Returns LN_ENOMEM, and sets *error to NULL, when memory is short. Needs the
 * stack that printf needs. */
int ln_refuse(char **error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* How many bytes of a name (valid UTF-8) such a text should show. */
int ln_refuse_shown(const char *name, size_t len);

#endif
