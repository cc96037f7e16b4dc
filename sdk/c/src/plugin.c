/*
 * Adding plugins to configurations, and the functions for plugins. The host's
 * ids have 64 bits, indices of types and functions 32.
 */
#include <lunatic/abi.h>
#include <lunatic/plugin.h>
#include <lunatic/status.h>
#include <string.h>

#include "internal.h"

int lunatic_config_add_plugin(struct lunatic_config config, const void *plugin,
			      size_t size)
{
	uint64_t id;

	if (lunatic_process_add_plugin(config.id, plugin, size, &id) != 0)
		return lunatic_host_error(id);
	return 0;
}

static int number_or_error(uint32_t *number, uint32_t failed, uint64_t id)
{
	*number = 0;
	if (failed)
		return lunatic_host_error(id);
	*number = (uint32_t)id;
	return 0;
}

int lunatic_edit_type(uint32_t *type, const char *params, const char *results)
{
	uint64_t id;
	uint32_t failed = lunatic_plugin_add_function_type(
		params, strlen(params), results, strlen(results), &id);

	return number_or_error(type, failed, id);
}

int lunatic_edit_add(uint32_t *function, uint32_t type,
		     const struct lunatic_code *code)
{
	uint64_t id;
	uint32_t failed = lunatic_plugin_add_function(
		type, code->locals, code->locals_size, code->body,
		code->body_size, &id);

	return number_or_error(function, failed, id);
}

int lunatic_edit_import(uint32_t *function, const char *module,
			const char *name, uint32_t type)
{
	uint64_t id;
	uint32_t failed = lunatic_plugin_add_function_import(
		module, strlen(module), name, strlen(name), type, &id);

	return number_or_error(function, failed, id);
}

void lunatic_edit_export(const char *name, uint32_t function)
{
	lunatic_plugin_add_function_export(name, strlen(name), function);
}

int lunatic_edit_find(uint32_t *function, const char *name)
{
	uint64_t id;
	uint32_t failed = lunatic_plugin_find_function(name, strlen(name), &id);

	if (number_or_error(function, failed, id) != 0)
		return LUNATIC_ENOTFOUND;
	return 0;
}

int lunatic_edit_type_of(uint32_t function, char *types, size_t size)
{
	uint32_t length = lunatic_plugin_function_type(function, types, size);

	if (length >= size)
		return LUNATIC_ETOOLONG;
	types[length] = '\0';
	return 0;
}

int lunatic_edit_copy(uint32_t *copy, uint32_t function)
{
	uint64_t id;
	uint32_t failed = lunatic_plugin_copy_function(function, &id);

	return number_or_error(copy, failed, id);
}

int lunatic_edit_replace(uint32_t function, const struct lunatic_code *code)
{
	uint32_t ignored;
	uint64_t id;
	uint32_t failed = lunatic_plugin_replace_function(
		function, code->locals, code->locals_size, code->body,
		code->body_size, &id);

	return number_or_error(&ignored, failed, id);
}
