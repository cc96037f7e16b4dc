/*
 * The directories that an environment has opened for its guests: descriptors
 * that all its processes share and none may read from (O_PATH). Immutable.
 */
#ifndef LN_PROCESS_PREOPENS_H
#define LN_PROCESS_PREOPENS_H

#include <stdbool.h>
#include <stddef.h>

struct ln_config;

struct ln_open_dir {
	int fd;
	const char *guest; /* its path for guests; the configuration's */
	bool read_only;
};

struct ln_preopens {
	size_t count;
	struct ln_open_dir dirs[];
};

/* Opens what `config` says, which must outlive the result. `host` is a path of
 * the system. With `nested` it is a path of the guests who have `parent` (NULL:
 * none): below one of their directories, which it cannot lead out of, and
 * read-only if that is. LN_ENOENT: a directory does not exist, or is outside;
 * LN_EPERM; LN_ELIMIT: too many descriptors; LN_ENOMEM; LN_EIO. *out is NULL
 * when there are none. Blocks. */
int ln_preopens_open(const struct ln_config *config, bool nested,
		     const struct ln_preopens *parent,
		     struct ln_preopens **out);

/* Closes them; NULL is fine. */
void ln_preopens_close(struct ln_preopens *preopens);

/* The directory that guests' `path` is below, and what remains of the path,
 * which may be nothing; NULL: none. `preopens` may be NULL. Does not block. */
const struct ln_open_dir *ln_preopens_find(const struct ln_preopens *preopens,
					   const char *path, const char **rest);

/* Opens the directory that guests call `path` (O_PATH), and says whether it is
 * read-only. Negative values of errno: -EXDEV when it is in none of theirs.
 * `preopens` may be NULL. Blocks. */
int ln_preopens_reach(const struct ln_preopens *preopens, const char *path,
		      bool *read_only);

#endif
