/* What the methods share that take a module from a file and wait for others: a
 * thread of their own does that. */
#ifndef LN_CONTROL_MODULE_FILE_H
#define LN_CONTROL_MODULE_FILE_H

struct ln_bytes;

/* Reads a file into `bytes`, which is empty; the caller frees these in any
 * case. *error: one line, owned by the caller. Blocks. LN_ENOENT, LN_EPERM,
 * LN_EIO; LN_ELIMIT: it is larger than a module may be; LN_ENOMEM. */
int ln_control_read_module(const char *path, struct ln_bytes *bytes,
			   char **error);

/* Starts a detached thread. 0, or a number of errno. */
int ln_control_start_thread(void *(*function)(void *), void *argument);

#endif
