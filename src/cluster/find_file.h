/*
 * Nodes that a file names: an address, "host:port", in each line. Blank lines
 * and what follows a '#' do not count.
 */
#ifndef LN_CLUSTER_FIND_FILE_H
#define LN_CLUSTER_FIND_FILE_H

#include <stddef.h>

#include "cluster/found.h"

/* Bytes of a file; a longer one is refused. */
#define LN_FIND_FILE_MAX 262144

/* Reads lines into *found, whose list is empty. Returns the number of the first
 * line, from 1, that names no address; 0: all do. */
size_t ln_find_file_parse(const char *text, size_t len, struct ln_found *found);

/* Reads the file. LN_ENOENT, LN_EPERM, LN_EIO, LN_ENOMEM; LN_EFORMAT: a line
 * names no address, or the file is too long. *reason is then one line about
 * it, owned by the caller, or NULL if memory was short. Blocks. */
int ln_find_file_ask(const char *path, struct ln_found *found, char **reason);

#endif
