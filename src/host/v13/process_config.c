/*
 * lunatic::process and lunatic::wasi: configurations of processes. What one may
 * say is bounded here; that it grants nothing which the guest does not have is
 * ensured when an environment is made from it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "host/abi_gen.h"
#include "host/config.h"
#include "host/result.h"
#include "process/config.h"
#include "process/environment.h"
#include "process/spawn_config.h"

static struct ln_spawn_config *find(struct ln_guest *guest, uint64_t id)
{
	return ln_guest_get(guest, LN_RESOURCE_SPAWN_CONFIG, id);
}

static int missing(struct ln_guest *guest, uint64_t id)
{
	return ln_host_missing(guest, LN_RESOURCE_SPAWN_CONFIG, id);
}

int ln_host_v13_process_create_config(struct ln_guest *guest, uint64_t *result)
{
	struct ln_spawn_config *config;
	int error;

	*result = UINT64_MAX;
	if (guest->environment->denied & LN_DENIED_CONFIGS)
		return 0;
	error = ln_spawn_config_new(guest->environment, &config);
	if (error < 0)
		return error;
	config->config->kept = LN_HOST_CONFIG_EMPTY;
	return ln_host_add(guest, LN_RESOURCE_SPAWN_CONFIG, config, result);
}

int ln_host_v13_process_drop_config(struct ln_guest *guest, uint64_t config)
{
	return ln_host_drop(guest, LN_RESOURCE_SPAWN_CONFIG, config);
}

int ln_host_v13_process_config_set_max_memory(struct ln_guest *guest,
					      uint64_t config,
					      uint64_t max_memory)
{
	struct ln_spawn_config *value = find(guest, config);

	if (value == NULL)
		return missing(guest, config);
	ln_spawn_config_changed(value);
	value->max_memory = max_memory;
	value->config->limits.max_memory = max_memory;
	return 0;
}

int ln_host_v13_process_config_get_max_memory(struct ln_guest *guest,
					      uint64_t config, uint64_t *result)
{
	const struct ln_spawn_config *value = find(guest, config);

	if (value == NULL)
		return missing(guest, config);
	*result = value->max_memory;
	return 0;
}

int ln_host_v13_process_config_set_max_fuel(struct ln_guest *guest,
					    uint64_t config, uint64_t max_fuel)
{
	struct ln_spawn_config *value = find(guest, config);

	if (value == NULL)
		return missing(guest, config);
	ln_spawn_config_changed(value);
	value->max_fuel = max_fuel;
	value->config->limits.max_fuel = ln_host_config_fuel(max_fuel);
	return 0;
}

int ln_host_v13_process_config_get_max_fuel(struct ln_guest *guest,
					    uint64_t config, uint64_t *result)
{
	const struct ln_spawn_config *value = find(guest, config);

	if (value == NULL)
		return missing(guest, config);
	*result = value->max_fuel;
	return 0;
}

static int set_right(struct ln_guest *guest, uint64_t config, unsigned right,
		     uint32_t can)
{
	struct ln_spawn_config *value = find(guest, config);

	if (value == NULL)
		return missing(guest, config);
	ln_spawn_config_changed(value);
	if (can != 0)
		value->config->denied &= ~right;
	else
		value->config->denied |= right;
	return 0;
}

static int get_right(struct ln_guest *guest, uint64_t config, unsigned right,
		     uint32_t *result)
{
	const struct ln_spawn_config *value = find(guest, config);

	if (value == NULL)
		return missing(guest, config);
	*result = (value->config->denied & right) == 0;
	return 0;
}

int ln_host_v13_process_config_can_compile_modules(struct ln_guest *guest,
						   uint64_t config,
						   uint32_t *result)
{
	return get_right(guest, config, LN_DENIED_COMPILE, result);
}

int ln_host_v13_process_config_set_can_compile_modules(struct ln_guest *guest,
						       uint64_t config,
						       uint32_t can)
{
	return set_right(guest, config, LN_DENIED_COMPILE, can);
}

int ln_host_v13_process_config_can_create_configs(struct ln_guest *guest,
						  uint64_t config,
						  uint32_t *result)
{
	return get_right(guest, config, LN_DENIED_CONFIGS, result);
}

int ln_host_v13_process_config_set_can_create_configs(struct ln_guest *guest,
						      uint64_t config,
						      uint32_t can)
{
	return set_right(guest, config, LN_DENIED_CONFIGS, can);
}

int ln_host_v13_process_config_can_spawn_processes(struct ln_guest *guest,
						   uint64_t config,
						   uint32_t *result)
{
	return get_right(guest, config, LN_DENIED_SPAWN, result);
}

int ln_host_v13_process_config_set_can_spawn_processes(struct ln_guest *guest,
						       uint64_t config,
						       uint32_t can)
{
	return set_right(guest, config, LN_DENIED_SPAWN, can);
}

/* A text of the guest as a C string, of `name`, '=' and `text` if there is a
 * name. The bytes are bounded and charged before. NULL: *error. */
static char *text_of(struct ln_guest *guest, struct ln_config *config,
		     const struct ln_slice *name, struct ln_slice text,
		     int *error)
{
	size_t before = name != NULL ? name->len + 1 : 0;
	char *copy;

	*error = LN_ETRAP;
	if (!ln_utf8_valid(text.data, text.len) ||
	    (name != NULL && !ln_utf8_valid(name->data, name->len))) {
		ln_guest_trap(guest, "the text is not UTF-8");
		return NULL;
	}
	if (memchr(text.data, '\0', text.len) != NULL ||
	    (name != NULL && (memchr(name->data, '\0', name->len) != NULL ||
			      memchr(name->data, '=', name->len) != NULL))) {
		ln_guest_trap(guest, "an argument or variable has a zero byte, "
				     "or the name of a variable a '='");
		return NULL;
	}
	if (before + text.len > LN_CONFIG_MAX_BYTES - config->bytes) {
		ln_guest_trap(guest,
			      "a configuration may have at most %zu bytes of "
			      "texts",
			      LN_CONFIG_MAX_BYTES);
		return NULL;
	}
	*error = LN_EMEMORY;
	if (!ln_host_config_keep(guest, config, before + text.len))
		return NULL;
	copy = malloc(before + text.len + 1);
	*error = LN_ENOMEM;
	if (copy == NULL)
		return NULL;
	if (name != NULL) {
		memcpy(copy, name->data, name->len);
		copy[name->len] = '=';
	}
	memcpy(copy + before, text.data, text.len);
	copy[before + text.len] = '\0';
	*error = 0;
	return copy;
}

static int added(struct ln_guest *guest, int error)
{
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest,
				     "a configuration may have at most %zu "
				     "entries of a kind and %zu bytes of texts",
				     LN_CONFIG_MAX_ENTRIES,
				     LN_CONFIG_MAX_BYTES);
	return error;
}

int ln_host_v13_wasi_config_add_command_line_argument(struct ln_guest *guest,
						      uint64_t config,
						      struct ln_slice argument)
{
	struct ln_spawn_config *value = find(guest, config);
	char *text;
	int error;

	if (value == NULL)
		return missing(guest, config);
	text = text_of(guest, value->config, NULL, argument, &error);
	if (text == NULL)
		return error;
	ln_spawn_config_changed(value);
	error = ln_config_add_arg(value->config, text);
	free(text);
	return added(guest, error);
}

int ln_host_v13_wasi_config_add_environment_variable(struct ln_guest *guest,
						     uint64_t config,
						     struct ln_slice name,
						     struct ln_slice text)
{
	struct ln_spawn_config *value = find(guest, config);
	char *variable;
	int error;

	if (value == NULL)
		return missing(guest, config);
	variable = text_of(guest, value->config, &name, text, &error);
	if (variable == NULL)
		return error;
	ln_spawn_config_changed(value);
	error = ln_config_add_env(value->config, variable);
	free(variable);
	return added(guest, error);
}

int ln_host_v13_wasi_config_preopen_dir(struct ln_guest *guest, uint64_t config,
					struct ln_slice dir)
{
	struct ln_spawn_config *value = find(guest, config);
	int error;

	if (value == NULL)
		return missing(guest, config);
	if (!ln_utf8_valid(dir.data, dir.len))
		return ln_guest_trap(guest, "the path is not UTF-8");
	ln_spawn_config_changed(value);
	/* That it exists, and is one that this process may use, is for the
	 * spawn to tell: this function has no result. */
	error = ln_host_config_directory(guest, value->config, dir, false);
	if (error == LN_EPERM)
		return ln_guest_trap(guest, "the path has a zero byte");
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest,
				     "a configuration may have at most %d "
				     "directories and %zu bytes of names",
				     LN_HOST_CONFIG_DIRECTORIES,
				     LN_HOST_CONFIG_BYTES);
	return error;
}
