/* Units of .debug_line, shared by lines.c and lines_unit.c only. */
#ifndef LN_ENGINE_LINES_IMPL_H
#define LN_ENGINE_LINES_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/cursor.h"
#include "engine/lines.h"

struct ln_lines_sections {
	struct ln_cursor lines;      /* .debug_line */
	struct ln_cursor line_texts; /* .debug_line_str */
	struct ln_cursor texts;      /* .debug_str */
};

struct ln_lines_unit {
	const uint8_t *begin;
	uint16_t version;
	uint8_t instruction; /* smallest length of one */
	int8_t line_base;
	uint8_t line_range; /* not 0 */
	uint8_t opcode_base;
	uint8_t lengths[256];   /* arguments of standard opcodes */
	struct ln_cursor files; /* what the header says of them */
	struct ln_cursor program;
};

enum ln_lines_read {
	LN_LINES_UNIT,
	LN_LINES_SKIPPED, /* one that is of no use */
	LN_LINES_END,     /* there are no others */
};

/* Reads the next unit. */
enum ln_lines_read ln_lines_read_unit(struct ln_cursor *cursor,
				      struct ln_lines_unit *unit);

/* Reads a signed LEB128 number of at most 64 bits, as the unsigned one that is
 * to be added. */
bool ln_lines_signed(struct ln_cursor *cursor, uint64_t *number);

/* The name of a file of the unit that begins at `unit`, in .debug_line. */
void ln_lines_file(const struct ln_lines_sections *sections,
		   const uint8_t *unit, uint64_t number,
		   char file[LN_LINES_FILE_SIZE]);

#endif
