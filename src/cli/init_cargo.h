/* `lunatic init` in a cargo project: has cargo build for lunatic, and run
 * programs and tests with it. */
#ifndef LN_CLI_INIT_CARGO_H
#define LN_CLI_INIT_CARGO_H

#include <stdbool.h>
#include <stddef.h>

enum ln_cargo_config {
	LN_CARGO_COMPLETE, /* both settings are there */
	LN_CARGO_LACKS,    /* one or both can be added */
	LN_CARGO_TARGET,   /* it builds for something else */
	LN_CARGO_RUNNER,   /* it runs programs with something else */
	LN_CARGO_UNKNOWN,  /* they might be there in another way */
};

/* Looks at the text of .cargo/config.toml. When it lacks something, *added is
 * the text with that, for the caller to free; NULL: memory is short, or nothing
 * is to be added. */
enum ln_cargo_config ln_cargo_config_add(const char *text, char **added);

/* The command, in the current folder; returns the program's status. */
int ln_cli_init_cargo(void);

#endif
