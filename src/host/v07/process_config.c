/*
 * lunatic::process: configurations, from which a guest makes environments. What
 * one may say is bounded here; that it grants nothing which the guest does not
 * have is ensured when an environment is made from it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "process/config.h"
#include "process/environment.h"

/* lunatic's unit of fuel, in instructions. */
#define FUEL_UNIT 100000

/* What a guest may put into one configuration. */
#define MAX_NAMESPACES 256
#define MAX_DIRECTORIES 64
#define MAX_BYTES ((size_t)64 << 10)

/* What one without texts takes, and an entry beside its texts, about. */
#define EMPTY_BYTES 512
#define ENTRY_BYTES 64

/* Charges the guest for `bytes` more of a configuration, before it gets them.
 */
static bool keep(struct ln_guest *guest, struct ln_config *config,
		 uint64_t bytes)
{
	if (!ln_guest_keep(guest, bytes))
		return false;
	config->kept += bytes;
	return true;
}

static struct ln_config *find(struct ln_guest *guest, uint64_t id)
{
	return ln_guest_get(guest, LN_RESOURCE_CONFIG, id);
}

int ln_host_process_create_config(struct ln_guest *guest, uint64_t max_memory,
				  uint64_t max_fuel, uint64_t *result)
{
	const struct ln_environment *environment = guest->environment;
	struct ln_config *config;
	int error = ln_config_new(&config);

	if (error < 0)
		return error;
	config->limits = environment->limits;
	config->limits.max_memory = max_memory;
	config->limits.max_fuel = max_fuel < INT64_MAX / FUEL_UNIT
					  ? max_fuel * FUEL_UNIT
					  : INT64_MAX;
	config->strategy = environment->config->strategy;
	config->kept = EMPTY_BYTES;
	return ln_host_add(guest, LN_RESOURCE_CONFIG, config, result);
}

int ln_host_process_drop_config(struct ln_guest *guest, uint64_t config)
{
	return ln_host_drop(guest, LN_RESOURCE_CONFIG, config);
}

int ln_host_process_allow_namespace(struct ln_guest *guest, uint64_t config,
				    struct ln_slice namespace)
{
	struct ln_config *value = find(guest, config);
	int error;

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_CONFIG, config);
	if (!ln_utf8_valid(namespace.data, namespace.len))
		return ln_guest_trap(guest, "the namespace is not UTF-8");
	if (value->allowed.count >= MAX_NAMESPACES ||
	    namespace.len > MAX_BYTES ||
	    value->bytes + namespace.len > MAX_BYTES)
		return ln_guest_trap(guest,
				     "a configuration may have at most %d "
				     "namespaces and %zu bytes of names",
				     MAX_NAMESPACES, MAX_BYTES);
	if (!keep(guest, value, namespace.len + ENTRY_BYTES))
		return LN_EMEMORY;
	error = ln_config_allow(value, (const char *)namespace.data,
				namespace.len);
	/* No function has a name with a zero byte. */
	return error == LN_EINVAL ? 0 : error;
}

/* Whether a path of the guest is plain: no part of it goes up. */
static bool is_plain(const char *path)
{
	if (*path == '\0')
		return false;
	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		if (len == 2 && path[0] == '.' && path[1] == '.')
			return false;
		path += len;
		path += strspn(path, "/");
	}
	return true;
}

/* Whether `path` is `directory` or lies below it, by their names. */
static bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	while (len > 1 && directory[len - 1] == '/')
		len--;
	if (strcmp(directory, "/") == 0)
		return path[0] == '/';
	if (strcmp(directory, ".") == 0)
		return path[0] != '/';
	return strncmp(path, directory, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}

/* Links are followed when the environment is made: below a directory that the
 * parent has open, which they cannot lead out of. */
static bool has_directory(const struct ln_config *own, const char *path)
{
	if (!is_plain(path))
		return false;
	for (size_t i = 0; i < own->preopen_count; i++) {
		if (is_below(path, own->preopens[i].guest))
			return true;
	}
	return false;
}

/* Adds a directory; LN_EPERM: the guest has no access to it. */
static int add_directory(struct ln_guest *guest, struct ln_config *config,
			 struct ln_slice dir)
{
	const struct ln_config *own = guest->environment->config;
	char *path;
	int error = LN_EPERM;

	if (config->preopen_count >= MAX_DIRECTORIES || dir.len > MAX_BYTES ||
	    config->bytes + 2 * dir.len > MAX_BYTES)
		return LN_ELIMIT;
	if (dir.len > 0 && memchr(dir.data, '\0', dir.len) != NULL)
		return LN_EPERM;
	path = strndup((const char *)dir.data, dir.len);
	if (path == NULL)
		return LN_ENOMEM;
	if (has_directory(own, path))
		error = keep(guest, config, 2 * dir.len + ENTRY_BYTES)
				? ln_config_preopen(config, path, path, false)
				: LN_EMEMORY;
	free(path);
	return error;
}

int ln_host_process_preopen_dir(struct ln_guest *guest, uint64_t config,
				struct ln_slice dir, uint8_t *id,
				uint32_t *result)
{
	struct ln_config *value = find(guest, config);
	int error;

	if (value == NULL)
		return ln_host_missing(guest, LN_RESOURCE_CONFIG, config);
	if (!ln_utf8_valid(dir.data, dir.len))
		return ln_guest_trap(guest, "the path is not UTF-8");
	error = add_directory(guest, value, dir);
	if (error == LN_ENOMEM)
		return error;
	if (error == LN_ELIMIT)
		return ln_host_fail(guest, id, result,
				    "a configuration may have at most %d "
				    "directories and %zu bytes of names",
				    MAX_DIRECTORIES, MAX_BYTES);
	if (error == LN_EMEMORY)
		return ln_host_fail(guest, id, result, "%s",
				    ln_error_text(error));
	if (error < 0)
		return ln_host_fail(guest, id, result,
				    "Host does not have access to directory "
				    "\"%.*s\"",
				    dir.len > 1000 ? 1000 : (int)dir.len,
				    (const char *)dir.data);
	ln_host_put_id(id, 0);
	*result = LN_HOST_DONE;
	return 0;
}
