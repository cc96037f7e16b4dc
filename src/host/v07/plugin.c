/* lunatic::plugin: what a plugin's hook does to the module that it is given. */
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/rewrite.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "process/plugin.h"

#define MAX_TYPES ((size_t)1000) /* of a function, as the engine has it */

/* The module, or NULL when the guest is not a plugin. */
static struct ln_rewrite *rewrite_of(const struct ln_guest *guest)
{
	return guest->hook != NULL ? guest->hook->rewrite : NULL;
}

static int outside(struct ln_guest *guest)
{
	return ln_guest_trap(guest, "unavailable in this environment: only "
				    "plugins change modules");
}

/* What an error of the rewriter means. */
static const char *reason(int error)
{
	switch (error) {
	case LN_EINVAL:
		return "a type is not one of i32, i64, f32, f64, v128, funcref "
		       "and externref, or the locals are not groups of five "
		       "bytes";
	case LN_ELIMIT:
		return "the module would become too large";
	default:
		return ln_error_text(error);
	}
}

/* Stores the number of what was made, or the id of an error. */
static int store(struct ln_guest *guest, int error, const char *missing,
		 uint32_t number, uint8_t *id, uint32_t *result)
{
	if (error < 0)
		return ln_host_fail(guest, id, result, "%s",
				    error == LN_ENOENT ? missing
						       : reason(error));
	ln_host_put_id(id, number);
	*result = LN_HOST_DONE;
	return 0;
}

int ln_host_plugin_add_function_type(struct ln_guest *guest,
				     struct ln_slice params,
				     struct ln_slice results, uint8_t *id,
				     uint32_t *result)
{
	struct ln_rewrite *rewrite = rewrite_of(guest);
	uint32_t type = 0;
	int error = LN_ELIMIT;

	if (rewrite == NULL)
		return outside(guest);
	if (params.len <= MAX_TYPES && results.len <= MAX_TYPES)
		error = ln_rewrite_add_type(rewrite, params.data, params.len,
					    results.data, results.len, &type);
	return store(guest, error, "", type, id, result);
}

int ln_host_plugin_add_function(struct ln_guest *guest, uint32_t type,
				struct ln_slice locals, struct ln_slice body,
				uint8_t *id, uint32_t *result)
{
	const struct ln_rewrite_body made = { locals.data, locals.len,
					      body.data, body.len };
	struct ln_rewrite *rewrite = rewrite_of(guest);
	uint32_t function = 0;
	int error;

	if (rewrite == NULL)
		return outside(guest);
	error = ln_rewrite_add_function(rewrite, type, &made, &function);
	return store(guest, error, "there is no such type", function, id,
		     result);
}

int ln_host_plugin_add_function_export(struct ln_guest *guest,
				       struct ln_slice name, uint32_t function)
{
	struct ln_rewrite *rewrite = rewrite_of(guest);
	int error;

	if (rewrite == NULL)
		return outside(guest);
	if (!ln_utf8_valid(name.data, name.len))
		return ln_guest_trap(guest, "the name is not UTF-8");
	error = ln_rewrite_export(rewrite, (const char *)name.data, name.len,
				  function);
	if (error == LN_ENOENT)
		return ln_guest_trap(guest, "function %u does not exist",
				     function);
	if (error < 0)
		return ln_guest_trap(guest, "%s", reason(error));
	return 0;
}

int ln_host_plugin_add_function_import(struct ln_guest *guest,
				       struct ln_slice module,
				       struct ln_slice name, uint32_t type,
				       uint8_t *id, uint32_t *result)
{
	struct ln_rewrite *rewrite = rewrite_of(guest);
	uint32_t function = 0;
	int error;

	if (rewrite == NULL)
		return outside(guest);
	if (!ln_utf8_valid(module.data, module.len) ||
	    !ln_utf8_valid(name.data, name.len))
		return ln_guest_trap(guest, "the name is not UTF-8");
	error = ln_rewrite_add_import(rewrite, (const char *)module.data,
				      module.len, (const char *)name.data,
				      name.len, type, &function);
	return store(guest, error, "there is no such type", function, id,
		     result);
}

int ln_host_plugin_find_function(struct ln_guest *guest, struct ln_slice name,
				 uint8_t *id, uint32_t *result)
{
	struct ln_rewrite *rewrite = rewrite_of(guest);
	uint32_t function = 0;
	int error;

	if (rewrite == NULL)
		return outside(guest);
	error = ln_rewrite_find(rewrite, (const char *)name.data, name.len,
				&function);
	return store(guest, error, "no function has that name", function, id,
		     result);
}

int ln_host_plugin_function_type(struct ln_guest *guest, uint32_t function,
				 struct ln_buffer types, uint32_t *result)
{
	struct ln_rewrite *rewrite = rewrite_of(guest);
	struct ln_rewrite_type type;
	uint8_t *to = types.data;
	bool imported;
	size_t len;

	if (rewrite == NULL)
		return outside(guest);
	if (ln_rewrite_type_of(rewrite, function, &imported, &type) < 0)
		return ln_guest_trap(guest, "function %u does not exist",
				     function);
	len = type.params_len + 1 + type.results_len;
	*result = (uint32_t)len;
	if (len > types.len)
		return 0;
	if (type.params_len > 0)
		memcpy(to, type.params, type.params_len);
	to += type.params_len;
	*to++ = 0;
	if (type.results_len > 0)
		memcpy(to, type.results, type.results_len);
	return 0;
}

int ln_host_plugin_copy_function(struct ln_guest *guest, uint32_t function,
				 uint8_t *id, uint32_t *result)
{
	struct ln_rewrite *rewrite = rewrite_of(guest);
	uint32_t copy = 0;
	int error;

	if (rewrite == NULL)
		return outside(guest);
	error = ln_rewrite_copy(rewrite, function, &copy);
	return store(guest, error,
		     "the function does not exist, or is imported", copy, id,
		     result);
}

int ln_host_plugin_replace_function(struct ln_guest *guest, uint32_t function,
				    struct ln_slice locals,
				    struct ln_slice body, uint8_t *id,
				    uint32_t *result)
{
	const struct ln_rewrite_body made = { locals.data, locals.len,
					      body.data, body.len };
	struct ln_rewrite *rewrite = rewrite_of(guest);
	int error;

	if (rewrite == NULL)
		return outside(guest);
	error = ln_rewrite_replace(rewrite, function, &made);
	return store(guest, error,
		     "the function does not exist, or is imported", function,
		     id, result);
}
