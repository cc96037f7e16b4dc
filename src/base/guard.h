/*
 * Directories that guests can never enter, wherever their own directories are:
 * those of the keys and of compiled code. Guests cannot change the path to them
 * either, so that no guest puts its own directory in their place: the entries
 * on the way from the root are fixed.
 */
#ifndef LN_BASE_GUARD_H
#define LN_BASE_GUARD_H

#include <stdbool.h>
#include <sys/stat.h>

/* Closes the directory `path`, and fixes the entries that lead to it, including
 * links. A missing entry is fixed as well: guests cannot make it; so call this
 * again when the directory has been made. Cheap if nothing is new. Negative:
 * not guarded, or not completely (LN_ENOMEM; LN_ELIMIT: there are too many;
 * LN_EINVAL: the path is too long; or an error of the file system). Blocks. Any
 * thread. */
int ln_guard_add(const char *path);

/* Whether a directory is closed. Any thread. */
bool ln_guard_closes(const struct stat *stat);

/* Whether the directory behind the descriptor is closed, or leads to one that
 * is. Never blocks. Any thread. */
bool ln_guard_concerns(int dir);

/* Whether the entry `name` of a directory is fixed. Any thread. */
bool ln_guard_fixes(int dir, const char *name);

#endif
