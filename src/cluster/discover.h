/*
 * Finding nodes: DNS and files that name them are asked again and again, and
 * the fabric is told what they say. Finding is apart from carrying: a name that
 * vanishes, or an answer that is wrong, ends no connection.
 *
 *   dns:NAME[:PORT][@SERVER[:PORT]]   cluster/find_dns.h
 *   file:PATH                         cluster/find_file.h
 *
 * Each has a thread of its own, because the C library's resolver blocks.
 */
#ifndef LN_CLUSTER_DISCOVER_H
#define LN_CLUSTER_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "node/fabric.h"

struct ln_discovery;

/* Nanoseconds between two questions; a file that is changed is read at once. */
#define LN_DISCOVER_INTERVAL INT64_C(5000000000)

/* Whether a text names a way to find nodes. */
bool ln_discover_valid(const char *text);

/* Begins to ask; `count` is at most LN_FABRIC_FINDERS_MAX, and the texts are
 * valid. The fabric was started with as many finders. LN_ENOMEM. Any thread. */
int ln_discover_start(struct ln_fabric *fabric, const char *const *texts,
		      size_t count, struct ln_discovery **out);

/* Asks no more, and tells the fabric nothing after this has returned. Waits for
 * no answer. NULL is fine. */
void ln_discover_stop(struct ln_discovery *discovery);

#endif
