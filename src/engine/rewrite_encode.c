/*
 * Job: put a module together again after it was changed. Sections that did not
 * change are copied with their headers; items that did not change are copied
 * into sections that did.
 *
 * Added imports come before all defined functions, so these get higher numbers.
 * What names functions is written anew then: code, elements, initial values of
 * globals and tables, exports, the start function, and the names of functions,
 * locals and labels. Hints for compilers that name functions are left out.
 *
 * Threads: any, on bytes and a description that do not change meanwhile.
 * Guarantees: reads inside the binary for any content; the size of the result
 * is bounded. Fails when something that has to be read cannot be.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/opcode.h"
#include "engine/output.h"
#include "engine/refusal.h"
#include "engine/rewrite_impl.h"

enum name_part { NAMES_FUNCTIONS = 1, NAMES_LOCALS = 2, NAMES_LABELS = 3 };

struct encoder {
	const struct ln_rewrite *rewrite;
	bool renumber;
	uint32_t *numbers; /* the new one of each function */
	struct ln_bytes output;
};

typedef bool section_writer(struct encoder *encoder, struct ln_cursor content,
			    struct ln_bytes *output);

static void copy(struct ln_bytes *output, struct ln_cursor bytes)
{
	ln_bytes_add(output, bytes.at, ln_cursor_len(bytes));
}

/* Copies what lies between `from` and where the cursor is now. */
static void copy_from(struct ln_bytes *output, const uint8_t *from,
		      struct ln_cursor cursor)
{
	ln_bytes_add(output, from, (size_t)(cursor.at - from));
}

/* ---- Numbers of functions ---- */

static bool number_functions(struct encoder *encoder)
{
	const struct ln_rewrite *rewrite = encoder->rewrite;
	uint32_t next = 0;

	encoder->renumber = rewrite->imports_added > 0;
	encoder->numbers =
		calloc(rewrite->function_count + 1, sizeof(*encoder->numbers));
	if (encoder->numbers == NULL)
		return false;
	for (size_t i = 0; i < rewrite->function_count; i++) {
		if (rewrite->functions[i].imported)
			encoder->numbers[i] = next++;
	}
	for (size_t i = 0; i < rewrite->function_count; i++) {
		if (!rewrite->functions[i].imported)
			encoder->numbers[i] = next++;
	}
	return true;
}

/* One that does not exist stays what it is, for the engine to complain of:
 * there are fewer functions than it says. */
static void add_function_number(struct encoder *encoder,
				struct ln_bytes *output, uint64_t function)
{
	if (function < encoder->rewrite->function_count)
		function = encoder->numbers[function];
	ln_output_number(output, function);
}

static bool move_function_number(struct encoder *encoder,
				 struct ln_cursor *from,
				 struct ln_bytes *output)
{
	uint64_t function;

	if (!ln_cursor_number(from, 32, &function))
		return false;
	add_function_number(encoder, output, function);
	return true;
}

/* ---- Code ---- */

/* Copies instructions to the end of the cursor, or behind the first `end` when
 * it is a constant expression. */
static bool move_code(struct encoder *encoder, struct ln_cursor *code,
		      bool expression, struct ln_bytes *output)
{
	const uint8_t *from = code->at;
	struct ln_opcode found;

	while (code->at < code->end) {
		if (!ln_opcode_next(code, &found))
			return false;
		if (found.names_function) {
			ln_bytes_add(output, from,
				     (size_t)(found.number - from));
			add_function_number(encoder, output, found.function);
			from = code->at;
		}
		if (expression && found.opcode == LN_OPCODE_END) {
			copy_from(output, from, *code);
			return true;
		}
	}
	copy_from(output, from, *code);
	/* A function's body may end anywhere, for all that matters here. */
	return !expression;
}

static bool move_body(struct encoder *encoder, struct ln_cursor body,
		      struct ln_bytes *output)
{
	struct ln_bytes moved = { .max = output->max };
	const uint8_t *from = body.at;
	uint64_t locals;
	bool good = ln_opcode_locals(&body, &locals);

	if (good) {
		copy_from(&moved, from, body);
		good = move_code(encoder, &body, false, &moved);
	}
	if (moved.error != 0)
		output->error = moved.error;
	ln_output_counted(output, moved.data, moved.len);
	ln_bytes_deinit(&moved);
	return good;
}

static bool write_code(struct encoder *encoder, struct ln_cursor content,
		       struct ln_bytes *output)
{
	const struct ln_rewrite *rewrite = encoder->rewrite;
	uint64_t count = 0;

	if (content.at != NULL)
		(void)ln_cursor_number(&content, 32, &count);
	ln_output_number(output, count + rewrite->bodies_added);
	for (size_t i = 0; i < rewrite->function_count; i++) {
		struct ln_cursor body = rewrite->functions[i].body;

		if (rewrite->functions[i].imported)
			continue;
		if (!encoder->renumber)
			ln_output_counted(output, body.at, ln_cursor_len(body));
		else if (!move_body(encoder, body, output))
			return false;
	}
	return true;
}

/* ---- What only grows ---- */

/* The count of items with so many more, and the items that were there. */
static void add_items(struct ln_bytes *output, struct ln_cursor content,
		      uint64_t more)
{
	uint64_t count = 0;

	if (content.at != NULL)
		(void)ln_cursor_number(&content, 32, &count);
	ln_output_number(output, count + more);
	copy(output, content);
}

static bool write_types(struct encoder *encoder, struct ln_cursor content,
			struct ln_bytes *output)
{
	const struct ln_rewrite *rewrite = encoder->rewrite;
	size_t first = rewrite->original_types;

	add_items(output, content, rewrite->type_count - first);
	for (size_t i = first; i < rewrite->type_count; i++)
		copy(output, rewrite->types[i].item);
	return true;
}

/* What was added by way of imports, or of bodies. */
static void write_added(const struct encoder *encoder, bool imported,
			struct ln_bytes *output)
{
	const struct ln_rewrite *rewrite = encoder->rewrite;

	for (size_t i = 0; i < rewrite->function_count; i++) {
		const struct ln_rewrite_function *function =
			&rewrite->functions[i];

		if (!function->added || function->imported != imported)
			continue;
		if (imported)
			copy(output, function->body);
		else
			ln_output_number(output, function->type);
	}
}

static bool write_imports(struct encoder *encoder, struct ln_cursor content,
			  struct ln_bytes *output)
{
	add_items(output, content, encoder->rewrite->imports_added);
	write_added(encoder, true, output);
	return true;
}

static bool write_functions(struct encoder *encoder, struct ln_cursor content,
			    struct ln_bytes *output)
{
	add_items(output, content, encoder->rewrite->bodies_added);
	write_added(encoder, false, output);
	return true;
}

/* ---- What names functions ---- */

static bool write_exports(struct encoder *encoder, struct ln_cursor content,
			  struct ln_bytes *output)
{
	const struct ln_rewrite *rewrite = encoder->rewrite;
	struct ln_cursor name;
	uint64_t count = 0, number;
	uint8_t kind;

	if (content.at != NULL && !ln_cursor_number(&content, 32, &count))
		return false;
	ln_output_number(output, count + rewrite->export_count);
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *from = content.at;

		if (!ln_binary_name(&content, &name) ||
		    !ln_cursor_byte(&content, &kind))
			return false;
		copy_from(output, from, content);
		if (!ln_cursor_number(&content, 32, &number))
			return false;
		if (kind == LN_EXTERN_FUNCTION)
			add_function_number(encoder, output, number);
		else
			ln_output_number(output, number);
	}
	for (size_t i = 0; i < rewrite->export_count; i++) {
		copy(output, rewrite->exports[i].name);
		ln_output_byte(output, LN_EXTERN_FUNCTION);
		add_function_number(encoder, output,
				    rewrite->exports[i].function);
	}
	return content.at == content.end;
}

static bool write_start(struct encoder *encoder, struct ln_cursor content,
			struct ln_bytes *output)
{
	return move_function_number(encoder, &content, output);
}

static bool write_globals(struct encoder *encoder, struct ln_cursor content,
			  struct ln_bytes *output)
{
	uint64_t count;

	if (!ln_cursor_number(&content, 32, &count))
		return false;
	ln_output_number(output, count);
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *from = content.at;

		if (!ln_binary_skip_type(&content) ||
		    !ln_cursor_skip(&content, 1))
			return false;
		copy_from(output, from, content);
		if (!move_code(encoder, &content, true, output))
			return false;
	}
	return content.at == content.end;
}

static bool write_tables(struct encoder *encoder, struct ln_cursor content,
			 struct ln_bytes *output)
{
	uint64_t count;

	if (!ln_cursor_number(&content, 32, &count))
		return false;
	ln_output_number(output, count);
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *from = content.at;
		uint64_t min, max;
		bool initial;

		if (!ln_binary_table(&content, &initial, &min, &max))
			return false;
		copy_from(output, from, content);
		if (initial && !move_code(encoder, &content, true, output))
			return false;
	}
	return content.at == content.end;
}

enum element_flag {
	ELEMENT_INACTIVE = 1, /* passive or declared: no table, no offset */
	ELEMENT_TABLE = 2,    /* with the number of a table, or declared */
	ELEMENT_EXPRESSIONS = 4,
	ELEMENT_KNOWN = 7,
};

/* The part of a segment before its items. */
static bool move_element_head(struct encoder *encoder,
			      struct ln_cursor *content, uint64_t flags,
			      struct ln_bytes *output)
{
	const uint8_t *from = content->at;

	if ((flags & ELEMENT_INACTIVE) == 0) {
		if ((flags & ELEMENT_TABLE) != 0 &&
		    !ln_cursor_skip_number(content))
			return false;
		copy_from(output, from, *content);
		if (!move_code(encoder, content, true, output))
			return false;
		from = content->at;
	}
	if ((flags & (ELEMENT_INACTIVE | ELEMENT_TABLE)) != 0) {
		/* The kind of the items, or their type. */
		if ((flags & ELEMENT_EXPRESSIONS) != 0
			    ? !ln_binary_skip_type(content)
			    : !ln_cursor_skip(content, 1))
			return false;
	}
	copy_from(output, from, *content);
	return true;
}

static bool write_elements(struct encoder *encoder, struct ln_cursor content,
			   struct ln_bytes *output)
{
	uint64_t count, flags, items;

	if (!ln_cursor_number(&content, 32, &count))
		return false;
	ln_output_number(output, count);
	for (uint64_t i = 0; i < count; i++) {
		if (!ln_cursor_number(&content, 32, &flags) ||
		    flags > ELEMENT_KNOWN)
			return false;
		ln_output_number(output, flags);
		if (!move_element_head(encoder, &content, flags, output) ||
		    !ln_cursor_number(&content, 32, &items))
			return false;
		ln_output_number(output, items);
		for (uint64_t k = 0; k < items; k++) {
			if ((flags & ELEMENT_EXPRESSIONS) != 0
				    ? !move_code(encoder, &content, true,
						 output)
				    : !move_function_number(encoder, &content,
							    output))
				return false;
			if (output->error != 0)
				return false;
		}
	}
	return content.at == content.end;
}

/* ---- Names ---- */

/* Copies the names that there are, and notes each in `names`, which has room
 * for all functions. */
static bool move_names(struct encoder *encoder, struct ln_cursor part,
		       uint64_t count, struct ln_cursor *names,
		       struct ln_bytes *output)
{
	struct ln_cursor name;
	uint64_t function;

	for (uint64_t i = 0; i < count; i++) {
		if (!ln_cursor_number(&part, 32, &function) ||
		    !ln_binary_name(&part, &name))
			return false;
		if (function < encoder->rewrite->function_count)
			names[function] = name;
		add_function_number(encoder, output, function);
		ln_output_counted(output, name.at, ln_cursor_len(name));
	}
	return true;
}

/* Copies of functions are behind all others, in the order in which they were
 * made, so the names stay sorted. */
static uint64_t name_copies(struct encoder *encoder,
			    const struct ln_cursor *names,
			    struct ln_bytes *output)
{
	const struct ln_rewrite *rewrite = encoder->rewrite;
	uint64_t count = 0;

	for (size_t i = 0; i < rewrite->function_count; i++) {
		uint32_t of = rewrite->functions[i].copy_of;

		if (of == LN_REWRITE_NO_COPY || names[of].at == NULL)
			continue;
		ln_output_number(output, encoder->numbers[i]);
		ln_output_counted(output, names[of].at,
				  ln_cursor_len(names[of]));
		count++;
	}
	return count;
}

static bool move_function_names(struct encoder *encoder, struct ln_cursor part,
				struct ln_bytes *output)
{
	struct ln_bytes moved = { .max = output->max };
	struct ln_cursor *names =
		calloc(encoder->rewrite->function_count + 1, sizeof(*names));
	uint64_t count;
	bool good;

	if (names == NULL) {
		output->error = LN_ENOMEM;
		return false;
	}
	good = ln_cursor_number(&part, 32, &count) &&
	       move_names(encoder, part, count, names, &moved);
	if (good) {
		count += name_copies(encoder, names, &moved);
		ln_output_number(output, count);
		ln_bytes_add(output, moved.data, moved.len);
	}
	if (moved.error != 0)
		output->error = moved.error;
	ln_bytes_deinit(&moved);
	free(names);
	return good;
}

/* Names of locals or labels: for each function, numbers and names. */
static bool move_inner_names(struct encoder *encoder, struct ln_cursor part,
			     struct ln_bytes *output)
{
	uint64_t count, names;
	struct ln_cursor name;

	if (!ln_cursor_number(&part, 32, &count))
		return false;
	ln_output_number(output, count);
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *from;

		if (!move_function_number(encoder, &part, output))
			return false;
		from = part.at;
		if (!ln_cursor_number(&part, 32, &names))
			return false;
		for (uint64_t k = 0; k < names; k++) {
			if (!ln_cursor_skip_number(&part) ||
			    !ln_binary_name(&part, &name))
				return false;
		}
		copy_from(output, from, part);
	}
	return true;
}

/* One part of the name section. False: it is malformed. */
static bool move_name_part(struct encoder *encoder, uint8_t id,
			   struct ln_cursor part, struct ln_bytes *output)
{
	struct ln_bytes moved = { .max = output->max };
	bool good = true;

	if (id == NAMES_FUNCTIONS)
		good = move_function_names(encoder, part, &moved);
	else if (id == NAMES_LOCALS || id == NAMES_LABELS)
		good = move_inner_names(encoder, part, &moved);
	else
		copy(&moved, part);
	if (good && moved.error == 0) {
		ln_output_byte(output, id);
		ln_output_counted(output, moved.data, moved.len);
	}
	if (moved.error != 0)
		output->error = moved.error;
	ln_bytes_deinit(&moved);
	return good;
}

static bool write_names(struct encoder *encoder, struct ln_cursor content,
			struct ln_bytes *output)
{
	ln_output_counted(output, "name", 4);
	while (content.at < content.end) {
		struct ln_cursor part;
		uint8_t id;

		if (!ln_binary_section(&content, &id, &part) ||
		    !move_name_part(encoder, id, part, output))
			return false;
	}
	return true;
}

/* ---- Sections ---- */

/* Where a section stands among the others. */
static const uint8_t ranks[LN_SECTION_COUNT] = {
	[1] = 1, [2] = 2, [3] = 3,  [4] = 4,   [5] = 5,   [13] = 6,  [6] = 7,
	[7] = 8, [8] = 9, [9] = 10, [12] = 11, [10] = 12, [11] = 13,
};

/* What writes a section anew; NULL: it stays as it is. */
static section_writer *writer_of(const struct encoder *encoder, uint8_t id)
{
	const struct ln_rewrite *rewrite = encoder->rewrite;
	bool bodies = rewrite->bodies_added > 0;

	switch (id) {
	case LN_SECTION_TYPE:
		return rewrite->type_count > rewrite->original_types
			       ? write_types
			       : NULL;
	case LN_SECTION_IMPORT:
		return encoder->renumber ? write_imports : NULL;
	case LN_SECTION_FUNCTION:
		return bodies ? write_functions : NULL;
	case LN_SECTION_TABLE:
		return encoder->renumber ? write_tables : NULL;
	case LN_SECTION_GLOBAL:
		return encoder->renumber ? write_globals : NULL;
	case LN_SECTION_EXPORT:
		return encoder->renumber || rewrite->export_count > 0
			       ? write_exports
			       : NULL;
	case LN_SECTION_START:
		return encoder->renumber ? write_start : NULL;
	case LN_SECTION_ELEMENT:
		return encoder->renumber ? write_elements : NULL;
	case LN_SECTION_CODE:
		return encoder->renumber || bodies || rewrite->replaced
			       ? write_code
			       : NULL;
	default:
		return NULL;
	}
}

static bool add_section(struct encoder *encoder, section_writer *writer,
			uint8_t id, struct ln_cursor content)
{
	struct ln_bytes output = { .max = encoder->output.max };
	bool good = writer(encoder, content, &output);

	if (output.error != 0)
		encoder->output.error = output.error;
	if (good) {
		ln_output_byte(&encoder->output, id);
		ln_output_counted(&encoder->output, output.data, output.len);
	}
	ln_bytes_deinit(&output);
	return good;
}

/* Adds those that the original does not have and that come before `rank`. */
static bool add_missing(struct encoder *encoder, uint8_t *from, uint8_t rank)
{
	static const uint8_t adding[] = { LN_SECTION_TYPE, LN_SECTION_IMPORT,
					  LN_SECTION_FUNCTION,
					  LN_SECTION_EXPORT, LN_SECTION_CODE };

	for (size_t i = 0; i < sizeof(adding); i++) {
		uint8_t id = adding[i];
		section_writer *writer = writer_of(encoder, id);
		struct ln_cursor none = { NULL, NULL };

		if (ranks[id] < *from || ranks[id] >= rank || writer == NULL ||
		    encoder->rewrite->contents[id].at != NULL)
			continue;
		/* Renumbering alone makes no section. */
		if ((id == LN_SECTION_EXPORT &&
		     encoder->rewrite->export_count == 0) ||
		    (id == LN_SECTION_CODE &&
		     encoder->rewrite->bodies_added == 0))
			continue;
		if (!add_section(encoder, writer, id, none))
			return false;
	}
	if (rank > *from)
		*from = rank;
	return true;
}

static bool names_functions(struct ln_cursor content)
{
	struct ln_cursor name;

	return ln_binary_name(&content, &name) &&
	       ln_cursor_begins(name, "metadata.code.");
}

/* Whether the section has debug information, whose addresses are those of the
 * code as it was. */
static bool has_addresses(struct ln_cursor content)
{
	struct ln_cursor name;

	return ln_binary_name(&content, &name) &&
	       ln_cursor_begins(name, ".debug_");
}

static bool moves_code(const struct encoder *encoder)
{
	const struct ln_rewrite *rewrite = encoder->rewrite;

	return encoder->renumber || rewrite->replaced ||
	       rewrite->bodies_added > 0;
}

static bool add_custom(struct encoder *encoder,
		       const struct ln_rewrite_section *section)
{
	const struct ln_rewrite *rewrite = encoder->rewrite;
	size_t before = encoder->output.len;

	if (encoder->renumber && names_functions(section->content))
		return true;
	if (moves_code(encoder) && has_addresses(section->content))
		return true;
	if (rewrite->names.end != section->content.end ||
	    rewrite->names.at == NULL ||
	    (!encoder->renumber && rewrite->copies == 0)) {
		copy(&encoder->output, section->whole);
		return true;
	}
	/* Names are no part of what the module does: when they cannot be
	 * read, it goes without. */
	if (!add_section(encoder, write_names, LN_SECTION_CUSTOM,
			 rewrite->names))
		encoder->output.len = before;
	return true;
}

static bool add_sections(struct encoder *encoder)
{
	const struct ln_rewrite *rewrite = encoder->rewrite;
	uint8_t rank = 0;

	for (size_t i = 0; i < rewrite->section_count; i++) {
		const struct ln_rewrite_section *section =
			&rewrite->sections[i];
		section_writer *writer = writer_of(encoder, section->id);
		bool good = true;

		if (section->id == LN_SECTION_CUSTOM)
			good = add_custom(encoder, section);
		else if (!add_missing(encoder, &rank, ranks[section->id]))
			good = false;
		else if (writer != NULL)
			good = add_section(encoder, writer, section->id,
					   section->content);
		else
			copy(&encoder->output, section->whole);
		if (!good)
			return false;
	}
	return add_missing(encoder, &rank, UINT8_MAX);
}

int ln_rewrite_encode(const struct ln_rewrite *rewrite, uint8_t **bytes,
		      size_t *len, char **error)
{
	struct encoder encoder = {
		.rewrite = rewrite,
		.output = { .max = rewrite->max },
	};
	bool good;
	int code;

	*error = NULL;
	if (!number_functions(&encoder))
		return LN_ENOMEM;
	ln_bytes_add(&encoder.output, rewrite->binary.at, LN_BINARY_HEADER);
	good = add_sections(&encoder);
	free(encoder.numbers);
	code = encoder.output.error;
	if (code == 0 && good) {
		*bytes = encoder.output.data;
		*len = encoder.output.len;
		return 0;
	}
	ln_bytes_deinit(&encoder.output);
	if (code == LN_ENOMEM)
		return code;
	if (code == LN_ELIMIT)
		return ln_refuse(error, code,
				 "the module is too large: at most %zu bytes "
				 "are allowed",
				 rewrite->max);
	return ln_refuse(error, LN_EFORMAT,
			 "an import cannot be added: the module has code that "
			 "cannot be read");
}
