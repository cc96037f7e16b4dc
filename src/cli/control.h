/*
 * What the commands share that ask a running program: ps, inspect, kill and the
 * like. In the main thread; failures are reported on standard error.
 */
#ifndef LN_CLI_CONTROL_H
#define LN_CLI_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_cli_option;
struct ln_cli_options;
struct ln_control_client;

/* Status of such a command; 0: all is well. */
#define LN_ASK_FAILED 1 /* the program refused, or does not answer */
#define LN_ASK_USAGE 2  /* the command line is wrong */
#define LN_ASK_NONE 3   /* no such program runs, or no such process */

/* Nanoseconds that a program may take for a part of its answer. */
#define LN_ASK_PATIENCE INT64_C(10000000000)

/* A command, as data. */
struct ln_ask_command {
	const char *help;                /* its command line for help */
	const char *usage;               /* before the options; lines */
	const struct ln_cli_option *own; /* options; NULL: none */
	size_t min_words;
	size_t max_words;
	const char *lacking; /* what to say when there are fewer */
};

/* Reads the command line: `options` are set, and up to max_words words stored.
 * The number of words, or -1: *status is what the program is to return. The
 * caller calls ln_cli_options_deinit if it is not negative. */
int ln_ask_parse(const struct ln_ask_command *command, int argc, char **argv,
		 struct ln_cli_options *options, const char **words,
		 int *status);

/* Connects to the program that is meant; NULL after a line about what is wrong,
 * with *status. */
struct ln_control_client *ln_ask_connect(const struct ln_cli_options *options,
					 int *status);

/* Says an error of the client's functions, frees it, and returns the status. */
int ln_ask_refuse(int result, char *error);

/* ---- Printing ---- */

/* A text of the program's, clean, at most `width` columns; blanks follow up to
 * that when `fill`. */
void ln_ask_print_text(const char *text, int width, bool fill);

/* A number of bytes that fits seven columns: 512, 1.5K, 64.0M. */
void ln_ask_format_size(char *text, size_t size, uint64_t bytes);

/* Milliseconds as one would say them: 0.3s, 42s, 17m, 12h, 3d. */
void ln_ask_format_time(char *text, size_t size, uint64_t ms);

/* An object in one line. False: it could not be written. */
bool ln_ask_print_json(const json_t *object);

#endif
