/* Whether cargo runs this program to test a module: `cargo test` calls the
 * runner of .cargo/config.toml in the same way as `cargo run` does. */
#ifndef LN_CLI_CARGO_H
#define LN_CLI_CARGO_H

#include <stdbool.h>
#include <stddef.h>

/* The status of tests that failed, as of cargo's own harness. */
#define LN_CARGO_FAILED 101

/* Whether the module `file` is a test: cargo has built it as one, for which
 * `args`, what stands behind it, do not ask for benchmarks. A module that
 * exports no tests but can be run as a program is none: it has a harness of its
 * own. Reads the file; one that cannot be read is none. */
bool ln_cargo_is_test(const char *file, char *const *args, size_t count);

#endif
