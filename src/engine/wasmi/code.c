/*
 * Modules of wasmi and what they import. A module has been validated; its
 * functions are translated when they are called first, by whoever calls.
 *
 * Threads: any; immutable once made.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/refusal.h"
#include "engine/wasmi/wasmi_impl.h"

struct ln_compiled_code {
	struct lunatic_wasmi_module *module;
	size_t size; /* bytes that it takes, about */
};

struct ln_host_imports {
	const struct ln_host_table *table;
	enum ln_abi_generation generation;
	uint64_t allowed[];
};

/* What others know as compiled code. */
static const struct ln_compiled_code *code_of(const struct ln_compiled *code)
{
	return (const struct ln_compiled_code *)code;
}

struct ln_variant *ln_wasmi_variant_new(const struct ln_engine *engine,
					unsigned flags)
{
	struct ln_variant *variant = calloc(1, sizeof(*variant));

	if (variant == NULL)
		return NULL;
	variant->metered = (flags & LN_VARIANT_METERED) != 0;
	variant->stack = LN_ENGINE_STACK_DEFAULT;
	if (engine != NULL) {
		variant->memories = ln_engine_memories(engine);
		variant->stack = ln_engine_stack(engine);
	}
	return variant;
}

void ln_wasmi_variant_free(struct ln_variant *variant)
{
	free(variant);
}

/* Consumes the failure. */
static int refuse(char **error, const char *what,
		  struct lunatic_wasmi_failure *failure)
{
	size_t len;
	const char *reason = lunatic_engine_wasmi_failure_reason(failure, &len);
	const char *end = memchr(reason, '\n', len);
	int code;

	if (end != NULL)
		len = (size_t)(end - reason);
	code = ln_refuse(error, LN_EFORMAT, "%s: %.*s", what,
			 len < INT32_MAX ? (int)len : INT32_MAX, reason);
	lunatic_engine_wasmi_failure_free(failure);
	return code;
}

int ln_wasmi_validate(struct ln_variant *variant, const uint8_t *bytes,
		      size_t len, char **error)
{
	struct lunatic_wasmi_failure *failure;
	struct lunatic_wasmi_module *module;

	*error = NULL;
	if (!lunatic_engine_wasmi_module_new(bytes, len, variant->stack,
					     &module, &failure))
		return refuse(error, "it is not valid", failure);
	lunatic_engine_wasmi_module_free(module);
	return 0;
}

int ln_wasmi_compile(struct ln_variant *variant, const uint8_t *bytes,
		     size_t len, struct ln_compiled **out, char **error)
{
	struct ln_compiled_code *code = calloc(1, sizeof(*code));
	struct lunatic_wasmi_failure *failure;

	*error = NULL;
	if (code == NULL)
		return LN_ENOMEM;
	if (!lunatic_engine_wasmi_module_new(bytes, len, variant->stack,
					     &code->module, &failure)) {
		free(code);
		return refuse(error, "the module is not valid", failure);
	}
	code->size = len;
	*out = (struct ln_compiled *)code;
	return 0;
}

void ln_wasmi_compiled_free(struct ln_compiled *code)
{
	struct ln_compiled_code *self = (struct ln_compiled_code *)code;

	lunatic_engine_wasmi_module_free(self->module);
	free(self);
}

const uint8_t *ln_wasmi_image(const struct ln_compiled *code, size_t *size)
{
	*size = code_of(code)->size;
	return NULL;
}

struct ln_host_imports *ln_wasmi_imports_new(struct ln_variant *variant,
					     const struct ln_host_table *table,
					     enum ln_abi_generation generation,
					     const uint64_t *allowed)
{
	size_t size = (table->count + 63) / 64 * sizeof(*allowed);
	struct ln_host_imports *imports = malloc(sizeof(*imports) + size);

	(void)variant;
	if (imports == NULL)
		return NULL;
	imports->table = table;
	imports->generation = generation;
	memcpy(imports->allowed, allowed, size);
	return imports;
}

void ln_wasmi_imports_free(struct ln_host_imports *imports)
{
	free(imports);
}

int ln_wasmi_link(struct ln_host_imports *imports,
		  const struct ln_compiled *code, struct ln_linked **linked,
		  char **error)
{
	struct lunatic_wasmi_linked *made;
	struct lunatic_wasmi_failure *failure;

	*error = NULL;
	if (!lunatic_engine_wasmi_link(
		    code_of(code)->module, imports->table->functions,
		    imports->table->count, (uint32_t)imports->generation,
		    imports->allowed, &made, &failure))
		return refuse(error, "the module cannot be linked", failure);
	*linked = (struct ln_linked *)made;
	return 0;
}

void ln_wasmi_linked_free(struct ln_linked *linked)
{
	lunatic_engine_wasmi_linked_free((struct lunatic_wasmi_linked *)linked);
}
