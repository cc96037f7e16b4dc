/*
 * "Did you mean": finds the word that is nearest to a mistyped one.
 * Plain state on the stack; any thread.
 */
#ifndef LN_CLI_NEAREST_H
#define LN_CLI_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

struct ln_nearest {
	const char *word;
	size_t len;       /* of word */
	const char *best; /* the nearest one so far; NULL: none is near */
	size_t distance;  /* of best */
	bool tied;        /* as near as another one */
};

/* `word` must live as long as `nearest`. */
void ln_nearest_begin(struct ln_nearest *nearest, const char *word);

/* `name` must live as long as what ln_nearest_end returns. */
void ln_nearest_offer(struct ln_nearest *nearest, const char *name);

/* The nearest name, or NULL if none is near enough or two are equally near. */
const char *ln_nearest_end(const struct ln_nearest *nearest);

#endif
