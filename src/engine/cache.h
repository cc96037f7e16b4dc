/*
 * Compiled code on disk, so that a module is compiled once on a machine and not
 * once a run. A cache: nothing depends on it, and all of its failures are
 * misses. Blocks on files: not to be called on a fiber.
 */
#ifndef LN_ENGINE_CACHE_H
#define LN_ENGINE_CACHE_H

#include <stddef.h>
#include <stdint.h>

/* What identifies compiled code: a digest over the module and everything else
 * that the code depends on. */
struct ln_cache_key {
	uint8_t digest[32];
};

/* What is wrong with the variables that control the cache, as a sentence that
 * lives forever; NULL: nothing. The cache itself takes what is wrong for not
 * set. Any thread. */
const char *ln_cache_check_settings(void);

/* Makes the folder and the secret that files are signed with, and closes both
 * to guests; where they cannot be made the cache is not used. LN_ENOMEM,
 * LN_ELIMIT: not closed, so there are to be no guests. Any thread. */
int ln_cache_guard(void);

/* The key of a module's code for a variant of an engine, whose name and version
 * are a text of at most 64 bytes. LN_ENOENT when the cache is switched off,
 * LN_ENOMEM. */
int ln_cache_key(const char *engine, const uint8_t *bytes, size_t len,
		 unsigned variant, struct ln_cache_key *key);

/* Looks the code up. On success *code, of *len bytes, is owned by the caller
 * and holds what ln_cache_store was given; LN_ENOENT otherwise. Any thread. */
int ln_cache_load(const struct ln_cache_key *key, uint8_t **code, size_t *len);

/* Keeps the code, signed with the user's secret, and drops what was not used
 * for longest when the folder gets larger than its bound. Any thread, any
 * process. */
void ln_cache_store(const struct ln_cache_key *key, const uint8_t *code,
		    size_t len);

#endif
