/* The options that make the program a node, and joining a cluster. Failures are
 * reported on standard error. */
#ifndef LN_CLI_NODE_H
#define LN_CLI_NODE_H

#include <stdbool.h>

struct ln_cli_options;
struct ln_environment;
struct ln_node;

/* For the table of options. */
bool ln_cli_set_node(struct ln_cli_options *options, const char *value);
bool ln_cli_set_node_name(struct ln_cli_options *options, const char *value);
bool ln_cli_add_attribute(struct ln_cli_options *options, const char *value);
bool ln_cli_add_peer(struct ln_cli_options *options, const char *value);
bool ln_cli_add_finder(struct ln_cli_options *options, const char *value);

/* Checks the combination of these options; false after a line about an error.
 */
bool ln_cli_check_node(const struct ln_cli_options *options);

/* Makes the program a node that listens; NULL after a line about what went
 * wrong. */
struct ln_node *ln_cli_start_node(struct ln_environment *environment,
				  const struct ln_cli_options *options);

/* Joins the peers and prints a line; false after an error, or without a line if
 * it was interrupted. */
bool ln_cli_join(struct ln_node *member);

#endif
