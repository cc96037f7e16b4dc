/*
 * DESIGN
 * The header of a unit, and the names in it: a list of directories and one of
 * files. Version 5 describes what an entry of each consists of; versions 2 to 4
 * have texts with zeros at their ends.
 *
 * A file is called by its path from the directory that was compiled in, where
 * that is known to be above it (version 5), else by the path that is there.
 */
#include <string.h>

#include "base/text.h"
#include "engine/lines_impl.h"

#define FORMATS_MAX 8 /* fields of an entry */
#define TEXT_MAX ((size_t)4096)
#define HEADER_MAX ((size_t)1 << 20) /* of names that are looked through */

/* Fields, and forms that they have. */
enum { FIELD_PATH = 1, FIELD_DIRECTORY = 2 };
enum {
	FORM_BLOCK2 = 0x03,
	FORM_BLOCK4 = 0x04,
	FORM_DATA2 = 0x05,
	FORM_DATA4 = 0x06,
	FORM_DATA8 = 0x07,
	FORM_STRING = 0x08,
	FORM_BLOCK = 0x09,
	FORM_BLOCK1 = 0x0a,
	FORM_DATA1 = 0x0b,
	FORM_STRP = 0x0e,
	FORM_UDATA = 0x0f,
	FORM_DATA16 = 0x1e,
	FORM_LINE_STRP = 0x1f,
};

/* Reads a little-endian number of `size` bytes. */
static bool read_fixed(struct ln_cursor *cursor, unsigned size, uint64_t *value)
{
	*value = 0;
	if (ln_cursor_len(*cursor) < size)
		return false;
	for (unsigned i = 0; i < size; i++)
		*value |= (uint64_t)cursor->at[i] << (8 * i);
	cursor->at += size;
	return true;
}

bool ln_lines_signed(struct ln_cursor *cursor, uint64_t *number)
{
	unsigned shift = 0;
	uint8_t byte = 0x80;

	*number = 0;
	while ((byte & 0x80) != 0) {
		if (shift >= 64 || !ln_cursor_byte(cursor, &byte))
			return false;
		*number |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	}
	if (shift < 64 && (byte & 0x40) != 0)
		*number |= UINT64_MAX << shift;
	return true;
}

/* A text up to its zero, which is skipped. */
static bool read_text(struct ln_cursor *cursor, struct ln_cursor *text)
{
	const uint8_t *zero =
		ln_cursor_len(*cursor) > 0
			? memchr(cursor->at, '\0', ln_cursor_len(*cursor))
			: NULL;

	if (zero == NULL)
		return false;
	*text = (struct ln_cursor){ cursor->at, zero };
	cursor->at = zero + 1;
	return true;
}

/* The header behind the length; `rest` is the whole unit from there. */
static bool read_header(struct ln_cursor rest, struct ln_lines_unit *unit)
{
	uint64_t number;
	uint64_t len;

	if (!read_fixed(&rest, 2, &number) || number < 2 || number > 5)
		return false;
	unit->version = (uint16_t)number;
	/* Sizes of an address and of a segment selector. */
	if (unit->version >= 5 && !ln_cursor_skip(&rest, 2))
		return false;
	if (!read_fixed(&rest, 4, &len) ||
	    !ln_cursor_part(&rest, len, &unit->files))
		return false;
	unit->program = rest;
	if (!ln_cursor_byte(&unit->files, &unit->instruction) ||
	    (unit->version >= 4 && !ln_cursor_skip(&unit->files, 1)) ||
	    !ln_cursor_skip(&unit->files, 1) || /* default_is_stmt */
	    !ln_cursor_byte(&unit->files, (uint8_t *)&unit->line_base) ||
	    !ln_cursor_byte(&unit->files, &unit->line_range) ||
	    !ln_cursor_byte(&unit->files, &unit->opcode_base) ||
	    unit->line_range == 0 || unit->opcode_base == 0)
		return false;
	for (unsigned i = 1; i < unit->opcode_base; i++) {
		if (!ln_cursor_byte(&unit->files, &unit->lengths[i]))
			return false;
	}
	return true;
}

enum ln_lines_read ln_lines_read_unit(struct ln_cursor *cursor,
				      struct ln_lines_unit *unit)
{
	struct ln_cursor rest;
	uint64_t len;

	unit->begin = cursor->at;
	/* A length above that begins a unit of 64 bits, which no compiler
	 * writes for wasm. */
	if (!read_fixed(cursor, 4, &len) || len >= 0xfffffff0 ||
	    !ln_cursor_part(cursor, len, &rest))
		return LN_LINES_END;
	return read_header(rest, unit) ? LN_LINES_UNIT : LN_LINES_SKIPPED;
}

/* ---- Names ---- */

/* A name: a path, and the number of a directory. */
struct entry {
	struct ln_cursor path;
	uint64_t directory;
};

struct format {
	uint64_t field;
	uint64_t form;
};

/* A text in another section, with all that is behind it: looking for its end
 * is left to those who need it. */
static bool read_text_at(struct ln_cursor section, struct ln_cursor *cursor,
			 struct ln_cursor *text)
{
	uint64_t offset;

	if (!read_fixed(cursor, 4, &offset))
		return false;
	/* One that is not there is empty: the others may be good. */
	*text = (struct ln_cursor){ NULL, NULL };
	if (offset < ln_cursor_len(section))
		*text = (struct ln_cursor){ section.at + offset, section.end };
	return true;
}

/* Skips what has its length before it, in `size` bytes; 0: in LEB128. */
static bool skip_block(struct ln_cursor *cursor, unsigned size)
{
	uint64_t len;

	if (size == 0 ? !ln_cursor_number(cursor, 32, &len)
		      : !read_fixed(cursor, size, &len))
		return false;
	return ln_cursor_skip(cursor, len);
}

/* Reads a value of any form: a text, or a number. */
static bool read_value(const struct ln_lines_sections *sections,
		       struct ln_cursor *cursor, uint64_t form,
		       struct ln_cursor *text, uint64_t *number)
{
	switch (form) {
	case FORM_STRING:
		return read_text(cursor, text);
	case FORM_LINE_STRP:
		return read_text_at(sections->line_texts, cursor, text);
	case FORM_STRP:
		return read_text_at(sections->texts, cursor, text);
	case FORM_UDATA:
		return ln_cursor_number(cursor, 64, number);
	case FORM_DATA1:
		return read_fixed(cursor, 1, number);
	case FORM_DATA2:
		return read_fixed(cursor, 2, number);
	case FORM_DATA4:
		return read_fixed(cursor, 4, number);
	case FORM_DATA8:
		return read_fixed(cursor, 8, number);
	case FORM_DATA16:
		return ln_cursor_skip(cursor, 16);
	case FORM_BLOCK:
		return skip_block(cursor, 0);
	case FORM_BLOCK1:
		return skip_block(cursor, 1);
	case FORM_BLOCK2:
		return skip_block(cursor, 2);
	case FORM_BLOCK4:
		return skip_block(cursor, 4);
	default:
		return false;
	}
}

/* How entries are made, and how many follow; false: it cannot be read. */
static bool read_formats(struct ln_cursor *cursor,
			 struct format formats[FORMATS_MAX], unsigned *count,
			 uint64_t *entries)
{
	uint8_t all;

	if (!ln_cursor_byte(cursor, &all) || all > FORMATS_MAX)
		return false;
	for (unsigned i = 0; i < all; i++) {
		if (!ln_cursor_number(cursor, 32, &formats[i].field) ||
		    !ln_cursor_number(cursor, 32, &formats[i].form))
			return false;
	}
	*count = all;
	/* Without fields there would be entries of no bytes. */
	return ln_cursor_number(cursor, 32, entries) &&
	       (all > 0 || *entries == 0);
}

static bool read_entry(const struct ln_lines_sections *sections,
		       struct ln_cursor *cursor,
		       const struct format formats[FORMATS_MAX], unsigned count,
		       struct entry *entry)
{
	*entry = (struct entry){ .directory = 0 };
	for (unsigned i = 0; i < count; i++) {
		struct ln_cursor text = { 0 };
		uint64_t number = 0;

		if (!read_value(sections, cursor, formats[i].form, &text,
				&number))
			return false;
		if (formats[i].field == FIELD_PATH)
			entry->path = text;
		else if (formats[i].field == FIELD_DIRECTORY)
			entry->directory = number;
	}
	return true;
}

/* Reads a list of version 5 up to its end, and keeps the entry `wanted`. */
static bool read_list(const struct ln_lines_sections *sections,
		      struct ln_cursor *cursor, uint64_t wanted,
		      struct entry *kept)
{
	struct format formats[FORMATS_MAX];
	unsigned count;
	uint64_t entries;
	bool found = false;

	if (!read_formats(cursor, formats, &count, &entries))
		return false;
	/* Each takes a byte or more, or the list ends. */
	for (uint64_t i = 0; i < entries; i++) {
		struct entry entry;

		if (!read_entry(sections, cursor, formats, count, &entry))
			return false;
		if (i != wanted)
			continue;
		*kept = entry;
		found = true;
	}
	return found;
}

struct names {
	struct entry file;
	struct ln_cursor directory; /* empty: none */
	struct ln_cursor root;      /* what was compiled in; empty: not known */
};

static bool find_new(const struct ln_lines_sections *sections,
		     struct ln_cursor cursor, uint64_t number,
		     struct names *names)
{
	struct ln_cursor begin = cursor;
	struct entry entry;

	/* The first directory, and behind them all the file. */
	if (!read_list(sections, &cursor, 0, &entry))
		return false;
	names->root = entry.path;
	if (!read_list(sections, &cursor, number, &names->file))
		return false;
	if (read_list(sections, &begin, names->file.directory, &entry))
		names->directory = entry.path;
	return true;
}

/* Reads an old list of directories, and keeps the one of that number. */
static bool read_directories(struct ln_cursor *cursor, uint64_t wanted,
			     struct ln_cursor *kept)
{
	struct ln_cursor text;

	for (uint64_t i = 1;; i++) {
		if (!read_text(cursor, &text))
			return false;
		if (ln_cursor_len(text) == 0)
			return true;
		if (i == wanted)
			*kept = text;
	}
}

static bool read_old_file(struct ln_cursor *cursor, struct entry *entry)
{
	uint64_t ignored;

	return read_text(cursor, &entry->path) &&
	       ln_cursor_len(entry->path) > 0 &&
	       ln_cursor_number(cursor, 64, &entry->directory) &&
	       ln_cursor_number(cursor, 64, &ignored) && /* when changed */
	       ln_cursor_number(cursor, 64, &ignored);   /* how long */
}

static bool find_old(struct ln_cursor cursor, uint64_t number,
		     struct names *names)
{
	struct ln_cursor begin = cursor;

	if (number == 0 || !read_directories(&cursor, 0, &names->directory))
		return false;
	for (uint64_t i = 1; i <= number; i++) {
		if (!read_old_file(&cursor, &names->file))
			return false;
	}
	return read_directories(&begin, names->file.directory,
				&names->directory);
}

/* Ends a text at its zero, or where nobody would read on. */
static struct ln_cursor ended(struct ln_cursor text)
{
	const uint8_t *zero;

	if (ln_cursor_len(text) > TEXT_MAX)
		text.end = text.at + TEXT_MAX;
	zero = ln_cursor_len(text) > 0
		       ? memchr(text.at, '\0', ln_cursor_len(text))
		       : NULL;
	if (zero != NULL)
		text.end = zero;
	return text;
}

static bool is_absolute(struct ln_cursor path)
{
	return ln_cursor_len(path) > 0 && path.at[0] == '/';
}

/* Takes `root` off the beginning of a path that is below it. */
static void cut_root(struct ln_cursor *path, struct ln_cursor root)
{
	size_t len = ln_cursor_len(root);

	if (len == 0 || ln_cursor_len(*path) < len ||
	    memcmp(path->at, root.at, len) != 0)
		return;
	if (ln_cursor_len(*path) == len)
		path->at = path->end;
	else if (path->at[len] == '/')
		path->at += len + 1;
}

/* Writes the end of directory, slash and path, clean. */
static void write_path(const struct names *names, char *file)
{
	char whole[4 * LN_LINES_FILE_SIZE];
	struct ln_cursor directory = ended(names->directory);
	struct ln_cursor path = ended(names->file.path);
	struct ln_cursor root = ended(names->root);
	size_t max = sizeof(whole) / 2 - 1;
	size_t len = 0;

	if (is_absolute(path)) {
		cut_root(&path, root);
	} else {
		cut_root(&directory, root);
		if (ln_cursor_len(directory) > max)
			directory.at = directory.end - max;
		len = ln_cursor_len(directory);
		if (len > 0) {
			memcpy(whole, directory.at, len);
			whole[len++] = '/';
		}
	}
	if (ln_cursor_len(path) > max)
		path.at = path.end - max;
	if (ln_cursor_len(path) > 0)
		memcpy(whole + len, path.at, ln_cursor_len(path));
	len = ln_text_clean(whole, len + ln_cursor_len(path), false);
	if (len < LN_LINES_FILE_SIZE) {
		memcpy(file, whole, len);
		file[len] = '\0';
		return;
	}
	memcpy(file, "..", 2);
	len -= LN_LINES_FILE_SIZE - 3;
	/* Not in the middle of a character. */
	max = LN_LINES_FILE_SIZE - 3;
	while (max > 0 && ((unsigned char)whole[len] & 0xc0) == 0x80) {
		len++;
		max--;
	}
	memcpy(file + 2, whole + len, max);
	file[2 + max] = '\0';
}

void ln_lines_file(const struct ln_lines_sections *sections,
		   const uint8_t *begin, uint64_t number,
		   char file[LN_LINES_FILE_SIZE])
{
	struct ln_cursor cursor = { begin, sections->lines.end };
	struct names names = { .directory = { NULL, NULL } };
	struct ln_lines_unit unit;
	bool found;

	file[0] = '\0';
	if (ln_lines_read_unit(&cursor, &unit) != LN_LINES_UNIT ||
	    ln_cursor_len(unit.files) > HEADER_MAX)
		return;
	found = unit.version >= 5
			? find_new(sections, unit.files, number, &names)
			: find_old(unit.files, number, &names);
	if (found)
		write_path(&names, file);
}
