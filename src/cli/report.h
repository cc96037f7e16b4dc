/* What all processes are doing, printed to standard error. */
#ifndef LN_CLI_REPORT_H
#define LN_CLI_REPORT_H

#include <stddef.h>
#include <stdint.h>

struct ln_inspection;
struct ln_node;
struct ln_fabric_peer;
struct ln_metric_value;
struct ln_node_id;
struct ln_runtime;

/* This node, and those that it is connected to. */
struct ln_cli_nodes {
	const struct ln_node_id *id; /* NULL: the program is not a node */
	const char *address;
	const struct ln_fabric_peer *peers;
	size_t count;
};

/* What guests count and measure. */
struct ln_cli_metrics {
	const struct ln_metric_value *values; /* by name */
	size_t count;
	uint64_t lost; /* updates that were dropped */
};

enum ln_report_form {
	LN_REPORT_NONE,
	LN_REPORT_TABLE, /* for people, at most 120 columns */
	LN_REPORT_JSON,  /* one object in one line */
};

/* Looks at the runtime's processes and prints the `max` with the most memory,
 * totals, the connected nodes, and the first `max` metrics; `member` is NULL
 * when the program is no node. In a thread that is no worker. */
void ln_cli_report(struct ln_runtime *runtime, struct ln_node *member,
		   enum ln_report_form form, size_t max);

/* The same as text, which the caller frees; NULL when memory is short. */
char *ln_cli_report_text(const struct ln_inspection *inspection,
			 const struct ln_cli_nodes *nodes,
			 const struct ln_cli_metrics *metrics, size_t max,
			 enum ln_report_form form, size_t *len);

#endif
