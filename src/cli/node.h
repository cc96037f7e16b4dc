/* The options that make the program a node, and its life as one. Failures are
 * told on standard error. */
#ifndef LN_CLI_NODE_H
#define LN_CLI_NODE_H

#include <stdbool.h>

struct ln_cli_options;
struct ln_environment;
struct ln_member;

/* What the table of options applies. */
bool ln_cli_set_node(struct ln_cli_options *options, const char *value);
bool ln_cli_set_node_name(struct ln_cli_options *options, const char *value);
bool ln_cli_add_peer(struct ln_cli_options *options, const char *value);

/* Says which of these options do not go together; false if there are such. */
bool ln_cli_check_node(const struct ln_cli_options *options);

/* Makes the program a node that listens; NULL after a line about what went
 * wrong. */
struct ln_member *ln_cli_start_node(struct ln_environment *environment,
				    const struct ln_cli_options *options);

/* Joins the peers and says so in a line; false when it cannot be, also because
 * somebody interrupted that, of which nothing is said. */
bool ln_cli_join(struct ln_member *member);

#endif
