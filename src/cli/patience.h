/*
 * A word to whoever sits before a terminal while something takes long.
 */
#ifndef LN_CLI_PATIENCE_H
#define LN_CLI_PATIENCE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_patience {
	bool begun; /* the thread runs; nothing else is valid otherwise */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool over;
	const char *file;
	size_t size;
	bool interpretable;
};

/* The `size` bytes of `file`, whose name stays, are about to become a module.
 * If that takes more than some seconds, a line on standard error says so,
 * unless that is no terminal. ln_patience_end follows. */
void ln_patience_begin(struct ln_patience *patience, const char *file,
		       const uint8_t *bytes, size_t size);
void ln_patience_end(struct ln_patience *patience);

#endif
