/* Processes under names and versions. */
#include <lunatic/runtime.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/semver.h"
#include "base/utf8.h"
#include "process/environment.h"
#include "process/naming.h"
#include "process/registry.h"
#include "process/remote_environment.h"

/* What all three functions require; *len: of the name. */
static int check(const lunatic_rt_environment *environment, const char *name,
		 const char *text, char **error_text, size_t *len)
{
	if (error_text != NULL)
		*error_text = NULL;
	if (environment == NULL || name == NULL || text == NULL)
		return LN_EINVAL;
	*len = strnlen(name, LN_REGISTRY_NAME_MAX + 1);
	if (*len > LN_REGISTRY_NAME_MAX ||
	    !ln_utf8_valid((const uint8_t *)name, *len))
		return LN_EINVAL;
	return 0;
}

/* Stores what is wrong with a text, if the caller asks. */
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

/* Passes the text to the caller, if it asks. */
static int end_call(int error, char *text, char **error_text)
{
	if (error_text != NULL)
		*error_text = text;
	else
		free(text);
	return error;
}

static struct ln_registry_key key_of(const char *name, size_t len,
				     const char *version)
{
	return (struct ln_registry_key){
		.name = name,
		.name_len = len,
		.version = version,
		.version_len = strlen(version),
	};
}

int lunatic_rt_environment_register(lunatic_rt_environment *environment,
				    const char *name, const char *version,
				    lunatic_rt_process *process,
				    char **error_text)
{
	struct ln_registry_key key;
	struct ln_version parsed;
	char *text;
	size_t len;
	int error = check(environment, name, version, error_text, &len);

	if (error == 0 && process == NULL)
		error = LN_EINVAL;
	if (error == 0)
		error = parse_version(version, &parsed, error_text);
	if (error < 0)
		return error;
	key = key_of(name, len, version);
	error = ln_environment_register(environment, &key, &parsed, process,
					&text);
	return end_call(error, text, error_text);
}

int lunatic_rt_environment_unregister(lunatic_rt_environment *environment,
				      const char *name, const char *version,
				      char **error_text)
{
	struct ln_registry_key key;
	struct ln_version parsed;
	char *text;
	size_t len;
	int error = check(environment, name, version, error_text, &len);

	if (error == 0)
		error = parse_version(version, &parsed, error_text);
	if (error < 0)
		return error;
	key = key_of(name, len, version);
	error = ln_environment_unregister(environment, &key, &parsed, &text);
	return end_call(error, text, error_text);
}

int lunatic_rt_environment_lookup(lunatic_rt_environment *environment,
				  const char *name, const char *query,
				  lunatic_rt_process **process,
				  char **error_text)
{
	struct ln_requirement requirement;
	struct ln_semver_error malformed;
	struct ln_registry_key key;
	char *text;
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
	key = key_of(name, len, query);
	error = ln_environment_lookup(environment, &key, &requirement, process,
				      &text);
	ln_requirement_deinit(&requirement);
	return end_call(error, text, error_text);
}
