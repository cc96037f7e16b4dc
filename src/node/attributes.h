/*
 * Queries for attributes of nodes: `key=value` joined by `&`, as in a URL. A
 * node that has all of them is found.
 */
#ifndef LN_NODE_ATTRIBUTES_H
#define LN_NODE_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a query. */
#define LN_QUERY_MAX 1024u

/* Decodes a query of at most LN_QUERY_MAX bytes: stores lines of KEY=VALUE,
 * owned by the caller. LN_ENOENT: no node can have that; LN_EFORMAT: a `%`
 * without two digits; LN_ENOMEM. */
int ln_query_parse(const uint8_t *query, size_t len, char **lines);

/* Whether all lines of the query are among those of the attributes. */
bool ln_query_matches(const char *lines, const char *attributes);

/* Whether the text is KEY=VALUE with a key, in UTF-8 without control
 * characters. */
bool ln_attribute_valid(const char *text);

#endif
