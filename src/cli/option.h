/*
 * What an option is, as data: its name, its help, and what its values are and
 * where they are kept. Reading, and telling what may be given, follow from it.
 */
#ifndef LN_CLI_OPTION_H
#define LN_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_cli_options;

/* The size of a buffer for the texts below. */
#define LN_CLI_TEXT 512

enum ln_cli_kind {
	LN_CLI_FLAG,   /* takes no value; `min` is kept */
	LN_CLI_COUNT,  /* a number; `unit` times that is kept */
	LN_CLI_SIZE,   /* bytes: 65536, 64K, 16M or 4G; a multiple of `unit` */
	LN_CLI_TIME,   /* nanoseconds: 100ms or 5s */
	LN_CLI_CHOICE, /* one of `words`; `min` and its index are kept */
	LN_CLI_NAME,   /* a text that is not empty, in argv */
	LN_CLI_OTHER,  /* whatever `apply` reads */
};

/* Where a value is kept: in struct ln_cli_options, or in what that has. */
struct ln_cli_place {
	enum { LN_CLI_IN_OPTIONS, LN_CLI_IN_CONFIG, LN_CLI_IN_SERVING } in;
	size_t offset;
	size_t size; /* bytes: of an unsigned number, a bool or a pointer */
};

/* An option; or the heading of a group, which has only the help text; or the
 * end of the table, which has not even that. */
struct ln_cli_option {
	const char *name;
	const char *alias;    /* one letter, or NULL */
	const char *argument; /* its name in the help; NULL: none; one that
			       * begins with '[' may be left out, which
			       * chooses the first word */
	const char *help;     /* % stands for the range */
	enum ln_cli_kind kind;
	struct ln_cli_place place;
	uint64_t min;
	uint64_t max;             /* 0: as much as fits into its place */
	uint64_t unit;            /* 0: one */
	const char *const *words; /* to NULL */
	const char *values;       /* what they are, behind "that is"; NULL: that
				   * follows from the kind and the range */
	bool (*apply)(struct ln_cli_options *options, const char *value);
};

/* The help of an option or a heading, in lines of at most 50 characters. */
void ln_cli_option_help(const struct ln_cli_option *option,
			char text[LN_CLI_TEXT]);

/* What its values are, behind "that is"; empty when it takes none. */
void ln_cli_option_values(const struct ln_cli_option *option,
			  char text[LN_CLI_TEXT]);

/* Reads a value, which is NULL when none was given, and keeps it; false: it is
 * not one of the option. */
bool ln_cli_option_set(const struct ln_cli_option *option,
		       struct ln_cli_options *options, const char *value);

/* Reads a size such as 65536, 64K, 10M or 2G (powers of 1,024). */
bool ln_cli_parse_size(const char *text, uint64_t *bytes);

#endif
