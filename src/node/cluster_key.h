/*
 * The cluster key: what nodes that were set up with nothing else trust each
 * other by. A file of 32 random bytes that only its owner may read; the first
 * node of a user makes it, all later ones find it.
 */
#ifndef LN_NODE_CLUSTER_KEY_H
#define LN_NODE_CLUSTER_KEY_H

#include <stdint.h>

#include "net/tls.h"

/* Reads the key in the file `path`. When that is NULL: in lunatic/cluster.key
 * below $XDG_CONFIG_HOME, or $HOME/.config; a file that is not there is made,
 * with its folders, and nodes that do so at the same time agree. On failure
 * *error is a text of one line, with what to do, owned by the caller, or NULL
 * when memory was short. LN_ENOENT: no file, or nowhere to have one; LN_EPERM:
 * others may read or change it, or own it; LN_EFORMAT: it is no key; LN_EIO,
 * LN_ENOMEM. Blocks as the file system does; not on a fiber. */
int ln_cluster_key_read(const char *path, uint8_t key[LN_TLS_KEY_SIZE],
			char **error);

#endif
