/*
 * The plugins that the command line names. In the main thread; failures are
 * reported on standard error.
 */
#ifndef LN_CLI_PLUGINS_H
#define LN_CLI_PLUGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_cli_options;
struct ln_runtime;

/* Loads the plugins into the configuration; false after a line about what went
 * wrong. */
bool ln_cli_add_plugins(struct ln_runtime *runtime,
			const struct ln_cli_options *options);

/* Prints a line and returns false if heap profiles are requested but neither a
 * plugin nor the module reports allocations, so that nothing would be profiled.
 */
bool ln_cli_check_heap_profile(const struct ln_cli_options *options,
			       const uint8_t *bytes, size_t len);

#endif
