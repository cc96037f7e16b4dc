/*
 * Addresses of nodes as DNS or a file names them: a list with a bound, in which
 * each is once. Any thread; not locked.
 */
#ifndef LN_CLUSTER_FOUND_H
#define LN_CLUSTER_FOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "node/fabric.h"

/* Addresses that one way of finding nodes may name; more are left out. */
#define LN_FOUND_MAX 512

struct ln_found {
	size_t count;
	bool more; /* some were left out */
	char addresses[LN_FOUND_MAX][LN_NODE_ADDRESS_SIZE];
};

/* Notes "host:port", cut out of a larger text. False: no node can have that
 * address. */
bool ln_found_add(struct ln_found *found, const char *address, size_t len);

#endif
