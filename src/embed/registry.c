/* Processes under names and versions. */
#include <lunatic/lunatic.h>

#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "process/environment.h"
#include "process/registry.h"
#include "process/semver.h"

/* What all three functions require; *len: of the name. */
static int check(const lunatic_environment *environment, const char *name,
		 const char *text, char **error_text, size_t *len)
{
	if (error_text != NULL)
		*error_text = NULL;
	if (environment == NULL || name == NULL || text == NULL)
		return LN_EINVAL;
	*len = strnlen(name, LN_REGISTRY_NAME_MOST + 1);
	if (*len > LN_REGISTRY_NAME_MOST ||
	    !ln_utf8_valid((const uint8_t *)name, *len))
		return LN_EINVAL;
	return 0;
}

/* Says what is wrong with a text, if somebody asks. */
static void explain(const struct ln_semver_error *error, char **error_text)
{
	char text[LN_SEMVER_ERROR_TEXT];

	if (error_text == NULL)
		return;
	ln_semver_error_text(error, text);
	*error_text = strdup(text);
}

static int parse_version(const char *text, struct ln_version *version,
			 char **error_text)
{
	struct ln_semver_error error;
	int result = ln_version_parse(text, strlen(text), version, &error);

	if (result < 0)
		explain(&error, error_text);
	return result;
}

int lunatic_environment_register(lunatic_environment *environment,
				 const char *name, const char *version,
				 lunatic_process *process, char **error_text)
{
	struct ln_version parsed;
	size_t len;
	int error = check(environment, name, version, error_text, &len);

	if (error == 0 && process == NULL)
		error = LN_EINVAL;
	if (error == 0)
		error = parse_version(version, &parsed, error_text);
	if (error < 0)
		return error;
	return ln_registry_register(environment->registry, name, len, &parsed,
				    process);
}

int lunatic_environment_unregister(lunatic_environment *environment,
				   const char *name, const char *version,
				   char **error_text)
{
	struct ln_version parsed;
	size_t len;
	int error = check(environment, name, version, error_text, &len);

	if (error == 0)
		error = parse_version(version, &parsed, error_text);
	if (error < 0)
		return error;
	return ln_registry_unregister(environment->registry, name, len,
				      &parsed);
}

int lunatic_environment_lookup(lunatic_environment *environment,
			       const char *name, const char *query,
			       lunatic_process **process, char **error_text)
{
	struct ln_requirement requirement;
	struct ln_semver_error malformed;
	size_t len;
	int error = check(environment, name, query, error_text, &len);

	if (process == NULL)
		return LN_EINVAL;
	*process = NULL;
	if (error < 0)
		return error;
	error = ln_requirement_parse(query, strlen(query), &requirement,
				     &malformed);
	if (error == LN_EFORMAT)
		explain(&malformed, error_text);
	if (error < 0)
		return error;
	*process = ln_registry_lookup(environment->registry, name, len,
				      &requirement);
	ln_requirement_deinit(&requirement);
	return *process != NULL ? 0 : LN_ENOENT;
}
