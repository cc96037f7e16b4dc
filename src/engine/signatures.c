/*
 * Each section is gone through twice: to count, and to note where each type is
 * and which one each function has.
 */
#include "engine/signatures.h"

#include <stdlib.h>

#include "base/error.h"
#include "engine/binary.h"

struct ln_signatures {
	const uint8_t **types; /* where each begins */
	const uint8_t *end;    /* of their section */
	size_t type_count;
	uint32_t *functions; /* the number of each one's type */
	size_t function_count;
	size_t imported; /* the first functions */
};

/* Goes through the types; notes them when there is room for that. */
static void walk_types(struct ln_signatures *self, struct ln_cursor section)
{
	uint64_t groups, count;
	struct ln_functype type;
	uint8_t form;

	self->type_count = 0;
	if (!ln_cursor_number(&section, 32, &groups))
		return;
	for (; groups > 0; groups--) {
		if (!ln_binary_type_group(&section, &count))
			return;
		for (; count > 0; count--) {
			const uint8_t *at = section.at;

			if (!ln_binary_type(&section, &form, &type))
				return;
			if (self->types != NULL)
				self->types[self->type_count] = at;
			self->type_count++;
		}
	}
}

static void add_function(struct ln_signatures *self, uint32_t type)
{
	if (self->functions != NULL)
		self->functions[self->function_count] = type;
	self->function_count++;
}

/* The same for the functions, of which the imported ones come first. */
static void walk_functions(struct ln_signatures *self, struct ln_cursor imports,
			   struct ln_cursor functions)
{
	struct ln_import import;
	uint64_t count, type;

	self->function_count = 0;
	if (ln_cursor_number(&imports, 32, &count)) {
		for (; count > 0 && ln_binary_import(&imports, &import);
		     count--) {
			if (import.kind == LN_EXTERN_FUNCTION)
				add_function(self, import.type);
		}
	}
	self->imported = self->function_count;
	if (!ln_cursor_number(&functions, 32, &count))
		return;
	for (; count > 0 && ln_cursor_number(&functions, 32, &type); count--)
		add_function(self, (uint32_t)type);
}

int ln_signatures_new(const uint8_t *bytes, size_t len,
		      struct ln_signatures **out)
{
	struct ln_cursor types = ln_binary_find(bytes, len, LN_SECTION_TYPE);
	struct ln_cursor imports =
		ln_binary_find(bytes, len, LN_SECTION_IMPORT);
	struct ln_cursor functions =
		ln_binary_find(bytes, len, LN_SECTION_FUNCTION);
	struct ln_signatures *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return LN_ENOMEM;
	self->end = types.end;
	walk_types(self, types);
	walk_functions(self, imports, functions);
	self->types = calloc(self->type_count + 1, sizeof(*self->types));
	self->functions =
		calloc(self->function_count + 1, sizeof(*self->functions));
	if (self->types == NULL || self->functions == NULL) {
		ln_signatures_free(self);
		return LN_ENOMEM;
	}
	walk_types(self, types);
	walk_functions(self, imports, functions);
	*out = self;
	return 0;
}

void ln_signatures_free(struct ln_signatures *self)
{
	if (self == NULL)
		return;
	free(self->types);
	free(self->functions);
	free(self);
}

bool ln_signatures_type(const struct ln_signatures *self, uint32_t type,
			struct ln_functype *functype)
{
	struct ln_cursor at;
	uint8_t form;

	if (type >= self->type_count)
		return false;
	at = (struct ln_cursor){ self->types[type], self->end };
	return ln_binary_type(&at, &form, functype) && form == LN_FORM_FUNCTION;
}

bool ln_signatures_function(const struct ln_signatures *self, uint32_t function,
			    struct ln_functype *functype)
{
	return function < self->function_count &&
	       ln_signatures_type(self, self->functions[function], functype);
}

bool ln_signatures_is_imported(const struct ln_signatures *self,
			       uint32_t function)
{
	return function < self->imported;
}
