/*
 * Directories that guests never enter, wherever their own ones lead: those of
 * the keys and of compiled code. Nor may guests change how they are reached, or
 * another one, made by a guest, would be found in the place of such a
 * directory: the entries on the way from the root are fixed.
 */
#ifndef LN_BASE_GUARD_H
#define LN_BASE_GUARD_H

#include <stdbool.h>
#include <sys/stat.h>

/* Closes the directory `path`, and fixes the entries that lead to it, links
 * among them. What is not there yet is fixed as well: it cannot be made by a
 * guest; so call it again when the directory has been made. Cheap when nothing
 * is new. Negative: not guarded, or not wholly (LN_ENOMEM, LN_ELIMIT: there are
 * too many; LN_EINVAL: the path is too long; or what the file system said).
 * Blocks. Any thread. */
int ln_guard_add(const char *path);

/* Whether a directory is closed. Any thread. */
bool ln_guard_closes(const struct stat *stat);

/* Whether the directory behind the descriptor is closed, or leads to one that
 * is. Never blocks. Any thread. */
bool ln_guard_concerns(int dir);

/* Whether the entry `name` of a directory is fixed. Any thread. */
bool ln_guard_fixes(int dir, const char *name);

#endif
