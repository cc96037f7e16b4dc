/* The option --observe: the state of the program in a browser. */
#ifndef LN_CLI_OBSERVE_H
#define LN_CLI_OBSERVE_H

#include <stdbool.h>

struct ln_cli_observe;
struct ln_cli_options;
struct ln_node;
struct ln_runtime;

/* Keeps the address; false: it is none. */
bool ln_cli_set_observe(struct ln_cli_options *options, const char *value);

/* False after a line about options that do not fit together. */
bool ln_cli_check_observe(const struct ln_cli_options *options);

/* Serves the state of the runtime, if that was asked for, and prints where.
 * *observe is NULL if it was not. False after a line about what went wrong. */
bool ln_cli_start_observe(struct ln_runtime *runtime,
			  const struct ln_cli_options *options,
			  struct ln_cli_observe **observe);

/* The runtime is a node now, until its processes have ended. NULL is fine. */
void ln_cli_observe_member(struct ln_cli_observe *observe,
			   struct ln_node *member);

/* Ends it, before the runtime is freed. NULL is fine. */
void ln_cli_stop_observe(struct ln_cli_observe *observe);

#endif
