/* Asking a module that is being changed for its functions: by name, and for
 * their types. */
#include <string.h>

#include "base/error.h"
#include "engine/rewrite_impl.h"

#define NAMES_FUNCTIONS 1

static bool is(const struct ln_cursor *name, const char *wanted, size_t len)
{
	return ln_cursor_len(*name) == len &&
	       (len == 0 || memcmp(name->at, wanted, len) == 0);
}

bool ln_rewrite_names_start(struct ln_cursor section, uint8_t id,
			    struct ln_rewrite_names *names)
{
	while (section.at < section.end) {
		uint8_t part;

		if (!ln_binary_section(&section, &part, &names->rest))
			return false;
		if (part == id)
			return ln_cursor_number(&names->rest, 32, &names->left);
	}
	return false;
}

bool ln_rewrite_names_next(struct ln_rewrite_names *names, uint32_t *index,
			   struct ln_cursor *name)
{
	uint64_t number;

	if (names->left == 0 || !ln_cursor_number(&names->rest, 32, &number) ||
	    !ln_binary_name(&names->rest, name))
		return false;
	names->left--;
	*index = (uint32_t)number;
	return true;
}

static bool find_export(struct ln_cursor section, const char *wanted,
			size_t len, uint64_t *index)
{
	struct ln_export export;
	uint64_t count;

	if (section.at == NULL || !ln_cursor_number(&section, 32, &count))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		if (!ln_binary_export(&section, &export))
			return false;
		*index = export.index;
		if (export.kind == LN_EXTERN_FUNCTION &&
		    is(&export.name, wanted, len))
			return true;
	}
	return false;
}

static bool find_added(const struct ln_rewrite *rewrite, const char *wanted,
		       size_t len, uint64_t *index)
{
	for (size_t i = 0; i < rewrite->export_count; i++) {
		struct ln_cursor entry = rewrite->exports[i].name;
		struct ln_cursor name;

		if (ln_binary_name(&entry, &name) && is(&name, wanted, len)) {
			*index = rewrite->exports[i].function;
			return true;
		}
	}
	return false;
}

static bool find_named(struct ln_cursor section, const char *wanted, size_t len,
		       uint64_t *index)
{
	struct ln_rewrite_names names;
	struct ln_cursor name;
	uint32_t number;

	if (section.at == NULL ||
	    !ln_rewrite_names_start(section, NAMES_FUNCTIONS, &names))
		return false;
	while (ln_rewrite_names_next(&names, &number, &name)) {
		if (is(&name, wanted, len)) {
			*index = number;
			return true;
		}
	}
	return false;
}

int ln_rewrite_find(const struct ln_rewrite *rewrite, const char *name,
		    size_t len, uint32_t *function)
{
	uint64_t index;

	if (!find_export(rewrite->contents[LN_SECTION_EXPORT], name, len,
			 &index) &&
	    !find_added(rewrite, name, len, &index) &&
	    !find_named(rewrite->names, name, len, &index))
		return LN_ENOENT;
	/* Whoever made the module may have invented it. */
	if (index >= rewrite->function_count)
		return LN_ENOENT;
	*function = (uint32_t)index;
	return 0;
}

int ln_rewrite_type_of(const struct ln_rewrite *rewrite, uint32_t function,
		       bool *imported, struct ln_rewrite_type *type)
{
	struct ln_functype functype;
	struct ln_cursor item;
	uint32_t index;
	uint8_t form;

	if (function >= rewrite->function_count)
		return LN_ENOENT;
	index = rewrite->functions[function].type;
	if (index >= rewrite->type_count)
		return LN_ENOENT;
	item = rewrite->types[index].item;
	if (!ln_binary_type(&item, &form, &functype) ||
	    form != LN_FORM_FUNCTION)
		return LN_ENOENT;
	type->params = functype.params.bytes.at;
	type->params_len = ln_cursor_len(functype.params.bytes);
	type->results = functype.results.bytes.at;
	type->results_len = ln_cursor_len(functype.results.bytes);
	*imported = rewrite->functions[function].imported;
	return 0;
}
