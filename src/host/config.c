/* What guests of each generation may say in configurations. */
#include "host/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "process/config.h"
#include "process/environment.h"

/* lunatic's unit of fuel, in instructions. */
#define FUEL_UNIT 100000

/* What an entry takes beside its texts, about. */
#define ENTRY_BYTES 64

uint64_t ln_host_config_fuel(uint64_t units)
{
	return units < INT64_MAX / FUEL_UNIT ? units * FUEL_UNIT : INT64_MAX;
}

bool ln_host_config_keep(struct ln_guest *guest, struct ln_config *config,
			 uint64_t bytes)
{
	bytes += ENTRY_BYTES;
	if (!ln_guest_keep(guest, bytes))
		return false;
	config->kept += bytes;
	return true;
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

int ln_host_config_directory(struct ln_guest *guest, struct ln_config *config,
			     struct ln_slice dir, bool check)
{
	const struct ln_config *own = guest->environment->config;
	char *path;
	int error = LN_EPERM;

	if (config->preopen_count >= LN_HOST_CONFIG_DIRECTORIES ||
	    dir.len > LN_HOST_CONFIG_BYTES ||
	    config->bytes + 2 * dir.len > LN_HOST_CONFIG_BYTES)
		return LN_ELIMIT;
	if (dir.len > 0 && memchr(dir.data, '\0', dir.len) != NULL)
		return LN_EPERM;
	path = strndup((const char *)dir.data, dir.len);
	if (path == NULL)
		return LN_ENOMEM;
	if (!check || has_directory(own, path))
		error = ln_host_config_keep(guest, config, 2 * dir.len)
				? ln_config_preopen(config, path, path, false)
				: LN_EMEMORY;
	free(path);
	return error;
}
