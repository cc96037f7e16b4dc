/*
 * Job: take a wasm binary apart as far as it takes to add to it, and keep what
 * is added. engine/rewrite_encode.c puts it together again.
 *
 * A function is wrapped without a look at any code: its body is copied to a new
 * function, and replaced by one that calls the copy. Everything that names the
 * function, in code, tables and exports, then reaches the new body.
 *
 * Threads: one at a time. No locks.
 * Guarantees: bytes come from anybody. Counts are believed only as far as there
 * are bytes for them; what is added is bounded by the size that the result may
 * have and by the bounds of engine/scan.h.
 * Limits: what is added has only types that need no others.
 */
#include "engine/rewrite.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "engine/output.h"
#include "engine/refusal.h"
#include "engine/rewrite_impl.h"
#include "engine/scan.h"

#define LOCAL_GROUP 5 /* bytes: a u32, a type */
#define MAX_TYPES 1000000

/* ---- Lists ---- */

static int push_type(struct ln_rewrite *rewrite, struct ln_cursor item,
		     uint8_t *owned)
{
	struct ln_rewrite_item *types =
		ln_array_grow(rewrite->types, rewrite->type_count,
			      &rewrite->type_room, sizeof(*types));

	if (types == NULL)
		return LN_ENOMEM;
	rewrite->types = types;
	rewrite->types[rewrite->type_count++] = (struct ln_rewrite_item){
		.item = item,
		.owned = owned,
	};
	return 0;
}

static int push_function(struct ln_rewrite *rewrite,
			 const struct ln_rewrite_function *function)
{
	struct ln_rewrite_function *functions =
		ln_array_grow(rewrite->functions, rewrite->function_count,
			      &rewrite->function_room, sizeof(*functions));

	if (functions == NULL)
		return LN_ENOMEM;
	rewrite->functions = functions;
	rewrite->functions[rewrite->function_count++] = *function;
	return 0;
}

/* ---- Taking apart ---- */

static int read_types(struct ln_rewrite *rewrite, struct ln_cursor section)
{
	struct ln_type_walk walk;
	struct ln_functype type;
	struct ln_cursor item;
	uint8_t form;
	int more;

	if (!ln_type_walk_begin(&walk, section))
		return LN_EFORMAT;
	while ((more = ln_type_walk_next(&walk, &item.at, &form, &type)) > 0) {
		item.end = walk.rest.at;
		if (push_type(rewrite, item, NULL) < 0)
			return LN_ENOMEM;
	}
	if (more < 0)
		return more;
	return walk.rest.at == walk.rest.end ? 0 : LN_EFORMAT;
}

static int read_imports(struct ln_rewrite *rewrite, struct ln_cursor section)
{
	struct ln_rewrite_function function = {
		.imported = true,
		.copy_of = LN_REWRITE_NO_COPY,
	};
	struct ln_import import;
	uint64_t count;

	if (!ln_cursor_number(&section, 32, &count))
		return LN_EFORMAT;
	for (uint64_t i = 0; i < count; i++) {
		if (!ln_binary_import(&section, &import))
			return LN_EFORMAT;
		function.type = import.type;
		if (import.kind == LN_EXTERN_FUNCTION &&
		    push_function(rewrite, &function) < 0)
			return LN_ENOMEM;
	}
	return section.at == section.end ? 0 : LN_EFORMAT;
}

/* Functions and their bodies, which are in two sections. */
static int read_functions(struct ln_rewrite *rewrite, struct ln_cursor types,
			  struct ln_cursor code)
{
	uint64_t count = 0, bodies = 0, type, size;

	if ((types.at != NULL && !ln_cursor_number(&types, 32, &count)) ||
	    (code.at != NULL && !ln_cursor_number(&code, 32, &bodies)) ||
	    count != bodies)
		return LN_EFORMAT;
	for (uint64_t i = 0; i < count; i++) {
		struct ln_rewrite_function function = {
			.copy_of = LN_REWRITE_NO_COPY,
		};

		if (!ln_cursor_number(&types, 32, &type) ||
		    !ln_cursor_number(&code, 32, &size) ||
		    !ln_cursor_part(&code, size, &function.body))
			return LN_EFORMAT;
		function.type = (uint32_t)type;
		if (push_function(rewrite, &function) < 0)
			return LN_ENOMEM;
	}
	return types.at == types.end && code.at == code.end ? 0 : LN_EFORMAT;
}

/* Remembers a section. A second one of its kind, other than custom, is not
 * valid, and would hide the first. */
static int keep_section(struct ln_rewrite *rewrite, size_t *room,
			const struct ln_rewrite_section *section)
{
	struct ln_cursor content = section->content;
	struct ln_rewrite_section *sections;
	struct ln_cursor name;

	sections = ln_array_grow(rewrite->sections, rewrite->section_count,
				 room, sizeof(*sections));
	if (sections == NULL)
		return LN_ENOMEM;
	rewrite->sections = sections;
	rewrite->sections[rewrite->section_count++] = *section;
	if (section->id != LN_SECTION_CUSTOM) {
		if (rewrite->contents[section->id].at != NULL)
			return LN_EFORMAT;
		rewrite->contents[section->id] = content;
		return 0;
	}
	if (ln_binary_name(&content, &name) && ln_cursor_is(name, "name"))
		rewrite->names = content;
	return 0;
}

static int read_sections(struct ln_rewrite *rewrite)
{
	struct ln_cursor rest = rewrite->binary;
	size_t room = 0;
	int error = 0;

	ln_cursor_skip(&rest, LN_BINARY_HEADER);
	while (rest.at < rest.end && error == 0) {
		struct ln_rewrite_section section;

		section.whole.at = rest.at;
		if (!ln_binary_section(&rest, &section.id, &section.content) ||
		    section.id >= LN_SECTION_COUNT)
			return LN_EFORMAT;
		section.whole.end = rest.at;
		error = keep_section(rewrite, &room, &section);
	}
	return error;
}

static int take_apart(struct ln_rewrite *rewrite)
{
	const struct ln_cursor *contents = rewrite->contents;
	int error = read_sections(rewrite);

	if (error == 0 && contents[LN_SECTION_TYPE].at != NULL)
		error = read_types(rewrite, contents[LN_SECTION_TYPE]);
	if (error == 0 && contents[LN_SECTION_IMPORT].at != NULL)
		error = read_imports(rewrite, contents[LN_SECTION_IMPORT]);
	if (error == 0)
		error = read_functions(rewrite, contents[LN_SECTION_FUNCTION],
				       contents[LN_SECTION_CODE]);
	rewrite->original_types = rewrite->type_count;
	rewrite->original_functions = rewrite->function_count;
	return error;
}

int ln_rewrite_new(const uint8_t *bytes, size_t len, size_t max,
		   struct ln_rewrite **out, char **error)
{
	struct ln_rewrite *rewrite;
	struct ln_scan scan;
	char problem[192];
	int code;

	*error = NULL;
	code = ln_scan_module(bytes, len, &scan, problem, sizeof(problem));
	if (code != 0)
		return ln_refuse(error, code, "the module is %s", problem);
	rewrite = calloc(1, sizeof(*rewrite));
	if (rewrite == NULL)
		return LN_ENOMEM;
	rewrite->binary.at = bytes;
	rewrite->binary.end = bytes + len;
	rewrite->max = max;
	code = take_apart(rewrite);
	if (code == 0) {
		*out = rewrite;
		return 0;
	}
	ln_rewrite_free(rewrite);
	if (code == LN_EFORMAT)
		return ln_refuse(error, code,
				 "the module is malformed, or uses types that "
				 "plugins cannot add to");
	return code;
}

void ln_rewrite_free(struct ln_rewrite *rewrite)
{
	if (rewrite == NULL)
		return;
	for (size_t i = rewrite->original_types; i < rewrite->type_count; i++)
		free(rewrite->types[i].owned);
	for (size_t i = 0; i < rewrite->function_count; i++)
		free(rewrite->functions[i].owned);
	for (size_t i = 0; i < rewrite->export_count; i++)
		free(rewrite->exports[i].owned);
	free(rewrite->sections);
	free(rewrite->types);
	free(rewrite->functions);
	free(rewrite->exports);
	free(rewrite);
}

/* ---- Changing ---- */

static bool is_value_type(uint8_t type)
{
	/* v128, f64, f32, i64, i32; externref, funcref. */
	return (type >= 0x7b && type <= 0x7f) || type == 0x6f || type == 0x70;
}

static bool are_value_types(const uint8_t *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_value_type(types[i]))
			return false;
	}
	return true;
}

/* An output for a piece that is added: together they are bounded. */
static struct ln_bytes piece(const struct ln_rewrite *rewrite)
{
	return (struct ln_bytes){ .max = rewrite->max - rewrite->added };
}

/* Takes what was written; on failure it is freed. */
static int finish(struct ln_rewrite *rewrite, struct ln_bytes *output,
		  struct ln_cursor *bytes, uint8_t **owned)
{
	int error = output->error;

	if (error < 0) {
		ln_bytes_deinit(output);
		return error;
	}
	rewrite->added += output->len;
	bytes->at = output->data;
	bytes->end = output->data + output->len;
	*owned = output->data;
	return 0;
}

int ln_rewrite_add_type(struct ln_rewrite *rewrite, const uint8_t *params,
			size_t param_count, const uint8_t *results,
			size_t result_count, uint32_t *type)
{
	struct ln_bytes output = piece(rewrite);
	struct ln_cursor item;
	uint8_t *owned;
	int error;

	if (!are_value_types(params, param_count) ||
	    !are_value_types(results, result_count))
		return LN_EINVAL;
	if (rewrite->type_count >= MAX_TYPES)
		return LN_ELIMIT;
	ln_output_byte(&output, LN_FORM_FUNCTION);
	ln_output_counted(&output, params, param_count);
	ln_output_counted(&output, results, result_count);
	error = finish(rewrite, &output, &item, &owned);
	if (error < 0)
		return error;
	error = push_type(rewrite, item, owned);
	if (error < 0) {
		free(owned);
		return error;
	}
	*type = (uint32_t)(rewrite->type_count - 1);
	return 0;
}

static uint32_t read_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
	       (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static int make_body(struct ln_rewrite *rewrite,
		     const struct ln_rewrite_body *body,
		     struct ln_cursor *bytes, uint8_t **owned)
{
	struct ln_bytes output = piece(rewrite);
	size_t groups = body->locals_len / LOCAL_GROUP;

	if (body->locals_len % LOCAL_GROUP != 0)
		return LN_EINVAL;
	ln_output_number(&output, groups);
	for (size_t i = 0; i < groups; i++) {
		const uint8_t *group = body->locals + i * LOCAL_GROUP;

		if (!is_value_type(group[4])) {
			ln_bytes_deinit(&output);
			return LN_EINVAL;
		}
		ln_output_number(&output, read_u32(group));
		ln_output_byte(&output, group[4]);
	}
	ln_bytes_add(&output, body->code, body->code_len);
	return finish(rewrite, &output, bytes, owned);
}

/* Adds a function that has a body or, for an import, an entry. */
static int add(struct ln_rewrite *rewrite, struct ln_rewrite_function *function,
	       uint32_t *index)
{
	int error = LN_ELIMIT;

	function->added = true;
	if (rewrite->function_count - rewrite->original_functions <
	    LN_SCAN_MAX_FUNCTIONS)
		error = push_function(rewrite, function);
	if (error < 0) {
		free(function->owned);
		return error;
	}
	if (function->imported)
		rewrite->imports_added++;
	else
		rewrite->bodies_added++;
	*index = (uint32_t)(rewrite->function_count - 1);
	return 0;
}

int ln_rewrite_add_function(struct ln_rewrite *rewrite, uint32_t type,
			    const struct ln_rewrite_body *body, uint32_t *index)
{
	struct ln_rewrite_function function = {
		.type = type,
		.copy_of = LN_REWRITE_NO_COPY,
	};
	int error;

	if (type >= rewrite->type_count)
		return LN_ENOENT;
	error = make_body(rewrite, body, &function.body, &function.owned);
	return error < 0 ? error : add(rewrite, &function, index);
}

int ln_rewrite_add_import(struct ln_rewrite *rewrite, const char *module,
			  size_t module_len, const char *name, size_t name_len,
			  uint32_t type, uint32_t *index)
{
	struct ln_rewrite_function function = {
		.type = type,
		.imported = true,
		.copy_of = LN_REWRITE_NO_COPY,
	};
	struct ln_bytes output = piece(rewrite);
	int error;

	if (type >= rewrite->type_count)
		return LN_ENOENT;
	ln_output_counted(&output, module, module_len);
	ln_output_counted(&output, name, name_len);
	ln_output_byte(&output, LN_EXTERN_FUNCTION);
	ln_output_number(&output, type);
	error = finish(rewrite, &output, &function.body, &function.owned);
	return error < 0 ? error : add(rewrite, &function, index);
}

int ln_rewrite_export(struct ln_rewrite *rewrite, const char *name, size_t len,
		      uint32_t function)
{
	struct ln_rewrite_export export = { .function = function };
	struct ln_rewrite_export *exports;
	struct ln_bytes output = piece(rewrite);
	int error;

	if (function >= rewrite->function_count)
		return LN_ENOENT;
	if (rewrite->export_count >= LN_SCAN_MAX_EXPORTS)
		return LN_ELIMIT;
	ln_output_counted(&output, name, len);
	error = finish(rewrite, &output, &export.name, &export.owned);
	if (error < 0)
		return error;
	exports = ln_array_grow(rewrite->exports, rewrite->export_count,
				&rewrite->export_room, sizeof(*exports));
	if (exports == NULL) {
		free(export.owned);
		return LN_ENOMEM;
	}
	rewrite->exports = exports;
	rewrite->exports[rewrite->export_count++] = export;
	return 0;
}

/* The function of that number, if it has a body; NULL otherwise. */
static struct ln_rewrite_function *defined(const struct ln_rewrite *rewrite,
					   uint32_t index)
{
	if (index >= rewrite->function_count ||
	    rewrite->functions[index].imported)
		return NULL;
	return &rewrite->functions[index];
}

int ln_rewrite_copy(struct ln_rewrite *rewrite, uint32_t from, uint32_t *index)
{
	const struct ln_rewrite_function *original = defined(rewrite, from);
	struct ln_rewrite_function function;
	struct ln_bytes output = piece(rewrite);
	int error;

	if (original == NULL)
		return LN_ENOENT;
	function = (struct ln_rewrite_function){
		.type = original->type,
		.copy_of = from,
	};
	ln_bytes_add(&output, original->body.at, ln_cursor_len(original->body));
	error = finish(rewrite, &output, &function.body, &function.owned);
	if (error < 0)
		return error;
	error = add(rewrite, &function, index);
	if (error == 0)
		rewrite->copies++;
	return error;
}

int ln_rewrite_replace(struct ln_rewrite *rewrite, uint32_t index,
		       const struct ln_rewrite_body *body)
{
	struct ln_rewrite_function *function = defined(rewrite, index);
	uint8_t *owned;
	int error;

	if (function == NULL)
		return LN_ENOENT;
	error = make_body(rewrite, body, &function->body, &owned);
	if (error < 0)
		return error;
	free(function->owned);
	function->owned = owned;
	rewrite->replaced = true;
	return 0;
}
