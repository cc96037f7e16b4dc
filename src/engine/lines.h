/*
 * Files and lines of a module's functions, as the DWARF in its custom sections
 * has them (.debug_line, versions 2 to 5, as compilers write with -g). It comes
 * from anybody: it is read in one pass, in time linear in its bytes and little
 * memory; what is malformed ends it, and what came before it counts.
 */
#ifndef LN_ENGINE_LINES_H
#define LN_ENGINE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_lines;

/* Bytes of a section that is read; of one that is larger nothing is. */
#define LN_LINES_MAX ((size_t)16 << 20)

/* Bytes of a file's name, with its end. */
#define LN_LINES_FILE_SIZE 128

/* Places that are looked up together. */
#define LN_LINES_PLACES 32

/* Where an instruction comes from. */
struct ln_line {
	char file[LN_LINES_FILE_SIZE]; /* clean; empty: it is not known. A long
					* one begins with "..". */
	uint32_t line;                 /* from 1; 0: none */
	uint32_t column;               /* from 1; 0: not known */
};

/* Takes the bytes of a wasm binary over if they have lines; NULL, and they are
 * still the caller's, if they have none or memory is short. With one reference.
 */
struct ln_lines *ln_lines_new(uint8_t *bytes, size_t len);

/* References are for any thread. The last one frees the bytes; NULL is fine. */
struct ln_lines *ln_lines_retain(struct ln_lines *lines);
void ln_lines_release(struct ln_lines *lines);

/* The same for what may outlive the module: together they keep at most 256 MiB
 * of such bytes. NULL: more than that. */
struct ln_lines *ln_lines_keep(struct ln_lines *lines);
void ln_lines_drop(struct ln_lines *lines);

/* Finds where `count` instructions come from, at most LN_LINES_PLACES, which
 * are at `offsets` in the module's bytes; SIZE_MAX: of one that is not known.
 * Takes time in proportion to the section, and up to some 300 ms for what was
 * made to take long: not on a worker. Any thread. */
void ln_lines_find(const struct ln_lines *lines, const size_t *offsets,
		   size_t count, struct ln_line *found);

/* The same within a part of each second that all who call this have together,
 * so that much debug information does not delay others: false, and nothing is
 * found, when that is over. */
bool ln_lines_try(const struct ln_lines *lines, const size_t *offsets,
		  size_t count, struct ln_line *found);

/* Writes " (file:line:column)", or nothing when that is not known; returns the
 * length. */
#define LN_LINE_TEXT (LN_LINES_FILE_SIZE + 32)
size_t ln_line_print(const struct ln_line *line, char text[LN_LINE_TEXT]);

#endif
