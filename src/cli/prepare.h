/*
 * What the program does before its first process runs, for each of its
 * commands. All of it in the main thread; failures are reported on standard
 * error.
 */
#ifndef LN_CLI_PREPARE_H
#define LN_CLI_PREPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_cli_options;
struct ln_config;
struct ln_environment;
struct ln_runtime;

/* Raises the program's limit of descriptors as far as allowed. */
void ln_cli_raise_descriptor_limit(void);

/* Prints which variable of this program has an invalid value; false if there is
 * one. */
bool ln_cli_check_settings(void);

/* Reads a whole file, a module of at most `bound` bytes; the caller frees it.
 * NULL after a line about what went wrong. */
uint8_t *ln_cli_read_file(const char *path, size_t bound, size_t *len);

/* The same for the module to run or test. */
uint8_t *ln_cli_read_module(const struct ln_cli_options *options, size_t *len);

/* Grants processes all permissions, and passes them the command line and the
 * variables of this program. LN_ENOMEM, LN_ELIMIT. */
int ln_cli_complete_config(const struct ln_cli_options *options);

/* Prints which directory guests cannot have, and why; false if there is one. */
bool ln_cli_check_directories(const struct ln_config *config);

/* Prints where guests cannot listen, and why; false if there is such an
 * address.
 */
bool ln_cli_check_listeners(const struct ln_config *config);

/* Prints why the first environment could not be made. */
void ln_cli_refuse_environment(int error);

/* Prints why a module cannot be run or tested (`verb`), and where that is
 * explained. `error` is NULL or the engine's error text. */
void ln_cli_refuse(const char *verb, const char *file, int result,
		   const char *error);

/* For a failed program: prints that it was given no directory, if it has looked
 * for one. */
void ln_cli_hint_directories(const struct ln_environment *environment);

/* Prints why there is no runtime, for an error of ln_runtime_new. */
void ln_cli_refuse_start(int error);

/* The runtime that the options ask for; NULL after a line about what went
 * wrong: directories, places to listen at, or the runtime itself. */
struct ln_runtime *ln_cli_start_runtime(const struct ln_cli_options *options);

/* The environment that has the options' plugins and configuration; NULL after a
 * line about what went wrong. */
struct ln_environment *
ln_cli_first_environment(struct ln_runtime *runtime,
			 const struct ln_cli_options *options);

#endif
