/*
 * What guests hold by ids: a row for each class of resources, which says all
 * that host functions, messages and other nodes have to know of it. A guest has
 * a table of ids for each (process/guest.h). A new class is a kind, a row, and
 * the functions that the row names.
 */
#ifndef LN_PROCESS_RESOURCE_H
#define LN_PROCESS_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>

enum ln_resource_kind {
	LN_RESOURCE_PROCESS, /* struct ln_process; first, see ln_guest */
	LN_RESOURCE_ERROR,   /* char */
	LN_RESOURCE_MODULE,  /* struct ln_module */
	LN_RESOURCE_ENVIRONMENT,
	LN_RESOURCE_CONFIG,
	LN_RESOURCE_TCP_LISTENER, /* struct ln_socket */
	LN_RESOURCE_TCP_STREAM,   /* struct ln_socket */
	LN_RESOURCE_DNS_ITERATOR, /* struct ln_addresses */
	LN_RESOURCE_UDP_SOCKET,   /* struct ln_socket */
	LN_RESOURCE_TLS_LISTENER, /* struct ln_tls_listener */
	LN_RESOURCE_TLS_STREAM,   /* struct ln_tls_stream */
	LN_RESOURCE_SPAWN_CONFIG, /* struct ln_spawn_config */
	LN_RESOURCE_DATABASE,     /* struct ln_sql */
	LN_RESOURCE_STATEMENT,    /* struct ln_sql_statement */
	LN_RESOURCE_NODE_LIST,    /* struct ln_node_list */
	LN_RESOURCE_KINDS,
};

/* Whoever holds a resource owns one reference, or the whole of it if it has no
 * `retain`. The functions may be called from any thread. */
struct ln_resource_class {
	const char *noun;   /* what texts call it */
	uint32_t max;       /* that one guest holds, within its max_handles */
	bool travels;       /* it may be in messages; needs `retain` */
	bool crosses_nodes; /* also in those to other nodes */
	void *(*retain)(void *value); /* another reference; NULL: none */
	void (*release)(void *value);
	/* Bytes that each guest who holds it is charged, always the same of one
	 * value; NULL: none. */
	uint64_t (*weight)(const void *value);
};

extern const struct ln_resource_class ln_resource_classes[LN_RESOURCE_KINDS];

static inline const struct ln_resource_class *
ln_resource_class(enum ln_resource_kind kind)
{
	return &ln_resource_classes[kind];
}

#endif
