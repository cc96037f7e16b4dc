/*
 * Where the user's files are, as the XDG Base Directory Specification says. The
 * home of a user without HOME, such as a service's, is in the user's record.
 */
#ifndef LN_BASE_FOLDERS_H
#define LN_BASE_FOLDERS_H

/* The folder "lunatic" in the one that the variable `name` says, such as
 * XDG_CONFIG_HOME, or else in `below` below the home. Relative paths count as
 * not set. *path is the caller's; it need not exist. LN_ENOENT: the user has no
 * home; LN_ELIMIT: too many descriptors are open to look that up; LN_ENOMEM.
 * Blocks, and needs the stack of a look-up: not on a fiber. Any thread. */
int ln_folders_find(const char *name, const char *below, char **path);

#endif
