/*
 * What lunatic top shows, as lines with a style each, before anybody puts them
 * on a terminal or into a file. All texts from programs are cleaned here.
 */
#ifndef LN_CLI_TOP_TEXT_H
#define LN_CLI_TOP_TEXT_H

#include <stddef.h>

enum ln_top_style {
	LN_TOP_PLAIN,
	LN_TOP_STRONG,  /* totals, and names of what follows */
	LN_TOP_HEADING, /* of columns */
	LN_TOP_WRONG,   /* failures */
};

struct ln_top_line {
	enum ln_top_style style;
	char *text; /* clean UTF-8 */
};

/* Zeros are an empty one. */
struct ln_top_text {
	struct ln_top_line *lines;
	size_t count;
	size_t room;
};

/* Adds a line. Where memory is short it is left out. */
void ln_top_add(struct ln_top_text *text, enum ln_top_style style,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds each line of a text of several. */
void ln_top_add_lines(struct ln_top_text *text, enum ln_top_style style,
		      const char *lines);

/* Forgets all lines. */
void ln_top_clear(struct ln_top_text *text);

/* The bytes of `text` that fit `columns` of a terminal; stores how many columns
 * these take. */
size_t ln_top_fit(const char *text, int columns, int *taken);

/* Copies a text, cut and filled with blanks to exactly `columns`, at most 60.
 */
#define LN_TOP_CELL 256
const char *ln_top_cell(char cell[LN_TOP_CELL], const char *text, int columns);

#endif
