/*
 * Secret keys in files: random bytes that only their owner may read, made by
 * the first program that needs them. A file of root's may be readable by its
 * group as well.
 */
#ifndef LN_BASE_SECRET_H
#define LN_BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#define LN_SECRET_SIZE 32 /* bytes of a key */

/* A kind of key: where its file is, and its error texts. The advice is appended
 * to the text of an error; NULL: none. */
struct ln_secret {
	const char *name;     /* such as "cluster key" */
	const char *variable; /* of the folder that "lunatic" is in */
	const char *below;    /* that folder, below $HOME */
	const char *file;
	const char *foreign;  /* when it belongs to another user */
	const char *damaged;  /* when its size is wrong */
	const char *unmade;   /* when it cannot be made */
	const char *homeless; /* when the user has no home */
	const char *unplaced; /* when there is none, and none is to be made */
};

/* The key that nodes trust each other by, and that of compiled code. */
extern const struct ln_secret ln_secret_cluster;
extern const struct ln_secret ln_secret_cache;

/* Reads the key in the file `path`. If that is NULL, the key is in its default
 * place, where a missing key is made, with its folders; programs that do so at
 * the same time get the same key. On failure *error is one line that tells what
 * to do, owned by the caller, or NULL if memory was short. LN_ENOENT: no file,
 * or no place for it; LN_EPERM: others may read or change it, or own it;
 * LN_EFORMAT: it is not a key; LN_ELIMIT: no descriptor; LN_EIO, LN_ENOMEM.
 * Blocks for file operations; not on a fiber. Any thread. */
int ln_secret_read(const struct ln_secret *secret, const char *path,
		   uint8_t key[LN_SECRET_SIZE], char **error);

/* Closes the existing folders of all keys to guests (base/guard.h). LN_ENOMEM,
 * LN_ELIMIT: not all of them. Blocks. Any thread. */
int ln_secret_guard(void);

#endif
