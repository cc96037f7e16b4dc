/*
 * Settings. The file is read whole, cut into lines and keys in place, and
 * searched from its end, so that a later line replaces an earlier one.
 */
#include <ctype.h>
#include <errno.h>
#include <lunatic/settings.h>
#include <lunatic/status.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLE_MAX 128

struct lunatic_settings_line {
	const char *key;
	const char *value;
	uint32_t number;
};

/* Notes the first failure. */
static int fail(struct lunatic_settings *settings, int status,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail(struct lunatic_settings *settings, int status,
		const char *format, ...)
{
	va_list arguments;

	if (settings->status != 0)
		return status;
	settings->status = status;
	va_start(arguments, format);
	vsnprintf(settings->error, sizeof(settings->error), format, arguments);
	va_end(arguments);
	return status;
}

/* ---- The file ---- */

static int read_file(struct lunatic_settings *settings, const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size;
	int broken;

	if (file == NULL)
		return fail(settings,
			    errno == ENOENT ? LUNATIC_ENOTFOUND : LUNATIC_EHOST,
			    "%s: %s", path, strerror(errno));
	settings->text = malloc(LUNATIC_SETTINGS_MAX + 1);
	if (settings->text == NULL) {
		fclose(file);
		return fail(settings, LUNATIC_ENOMEM, "%s: out of memory",
			    path);
	}
	size = fread(settings->text, 1, LUNATIC_SETTINGS_MAX + 1, file);
	broken = ferror(file) ? errno : 0;
	fclose(file);
	if (broken != 0)
		return fail(settings, LUNATIC_EHOST, "%s: %s", path,
			    strerror(broken));
	if (size > LUNATIC_SETTINGS_MAX)
		return fail(settings, LUNATIC_ETOOLONG,
			    "%s: it has more than %u bytes", path,
			    LUNATIC_SETTINGS_MAX);
	settings->text[size] = '\0';
	if (strlen(settings->text) != size)
		return fail(settings, LUNATIC_EFORMAT,
			    "%s: it has a zero byte, so it is no text", path);
	return 0;
}

static bool is_key(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_';
}

static char *skip_space(char *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

/* Ends a value where its comment begins, or before white space at its end. */
static void cut(char *value)
{
	size_t len;

	for (char *at = value; *at != '\0'; at++) {
		if (*at == '#' &&
		    (at == value || isspace((unsigned char)at[-1])))
			*at = '\0';
		if (*at == '\0')
			break;
	}
	len = strlen(value);
	while (len > 0 && isspace((unsigned char)value[len - 1]))
		value[--len] = '\0';
}

/* Takes a value in quotes. False: something is wrong. */
static bool unquote(char **value)
{
	char *end = strchr(*value + 1, '"');
	char *rest;

	if (end == NULL)
		return false;
	*end = '\0';
	rest = skip_space(end + 1);
	++*value;
	return *rest == '\0' || *rest == '#';
}

/* Takes a line apart. 1: it has a key; 0: it has none; or a status. */
static int parse(struct lunatic_settings *settings, char *at, uint32_t number,
		 struct lunatic_settings_line *line)
{
	char *key = skip_space(at);
	char *end = key;
	char *value;

	if (*key == '\0' || *key == '#')
		return 0;
	while (is_key(*end))
		end++;
	value = skip_space(end);
	if (end == key || *value != '=')
		return fail(settings, LUNATIC_EFORMAT,
			    "%s:%u: this is no `key = value`", settings->path,
			    number);
	*end = '\0';
	value = skip_space(value + 1);
	if (*value != '"') {
		cut(value);
	} else if (!unquote(&value)) {
		return fail(
			settings, LUNATIC_EFORMAT,
			"%s:%u: the value of %s does not end with its quote",
			settings->path, number, key);
	}
	*line = (struct lunatic_settings_line){ key, value, number };
	return 1;
}

static int parse_all(struct lunatic_settings *settings)
{
	uint32_t lines = 1;
	char *at = settings->text;

	for (const char *c = at; *c != '\0'; c++)
		lines += *c == '\n';
	settings->lines = calloc(lines, sizeof(*settings->lines));
	if (settings->lines == NULL)
		return fail(settings, LUNATIC_ENOMEM, "%s: out of memory",
			    settings->path);
	for (uint32_t number = 1; at != NULL; number++) {
		char *line = strsep(&at, "\n");
		int found = parse(settings, line, number,
				  &settings->lines[settings->count]);

		if (found < 0)
			return found;
		settings->count += (uint32_t)found;
	}
	return 0;
}

int lunatic_settings_open(struct lunatic_settings *settings, const char *prefix,
			  const char *path)
{
	*settings = (struct lunatic_settings){ .prefix = prefix };
	if (path == NULL)
		return 0;
	settings->path = strdup(path);
	if (settings->path == NULL)
		fail(settings, LUNATIC_ENOMEM, "%s: out of memory", path);
	else if (read_file(settings, path) == 0 && parse_all(settings) == 0)
		return 0;
	lunatic_settings_close(settings);
	return settings->status;
}

void lunatic_settings_close(struct lunatic_settings *settings)
{
	free(settings->path);
	free(settings->text);
	free(settings->lines);
	settings->path = NULL;
	settings->text = NULL;
	settings->lines = NULL;
	settings->count = 0;
}

/* ---- Values ---- */

/* The name of a key's variable; false: it is too long. */
static bool name_variable(const struct lunatic_settings *settings,
			  const char *key, char name[VARIABLE_MAX])
{
	int len = snprintf(name, VARIABLE_MAX, "%s%s%s",
			   settings->prefix != NULL ? settings->prefix : "",
			   settings->prefix != NULL ? "_" : "", key);

	if (len < 0 || len >= VARIABLE_MAX)
		return false;
	for (char *c = name; *c != '\0'; c++)
		*c = *c == '.' || *c == '-' ? '_'
					    : (char)toupper((unsigned char)*c);
	return true;
}

/* Where a value is from, for a person. */
struct source {
	char text[VARIABLE_MAX + 64];
};

static const char *find(struct lunatic_settings *settings, const char *key,
			struct source *source)
{
	char name[VARIABLE_MAX];
	const char *value = NULL;

	if (name_variable(settings, key, name))
		value = getenv(name);
	if (value != NULL) {
		snprintf(source->text, sizeof(source->text), "the variable %s",
			 name);
		return value;
	}
	for (uint32_t i = settings->count; i-- > 0;) {
		const struct lunatic_settings_line *line = &settings->lines[i];

		if (strcmp(line->key, key) != 0)
			continue;
		snprintf(source->text, sizeof(source->text), "%.80s:%u: %.80s",
			 settings->path, line->number, key);
		return line->value;
	}
	return NULL;
}

const char *lunatic_setting_text(struct lunatic_settings *settings,
				 const char *key, const char *other)
{
	struct source source;
	const char *value = find(settings, key, &source);

	return value != NULL ? value : other;
}

/* A number, and what follows it. */
static bool parse_number(const char *text, int64_t *number, const char **rest)
{
	const char *digits = text + (*text == '-' || *text == '+');
	int base = digits[0] == '0' && (digits[1] | 0x20) == 'x' ? 16 : 10;
	char *end;

	if (!isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	*number = strtoll(text, &end, base);
	*rest = end;
	return errno == 0 && end > text;
}

int64_t lunatic_setting_int(struct lunatic_settings *settings, const char *key,
			    int64_t other, int64_t min, int64_t max)
{
	struct source source;
	const char *value = find(settings, key, &source);
	const char *rest;
	int64_t number;

	if (value == NULL)
		return other;
	if (parse_number(value, &number, &rest) && *rest == '\0' &&
	    number >= min && number <= max)
		return number;
	fail(settings, LUNATIC_ERANGE,
	     "%s is '%.40s'; it must be a number from %lld to %lld",
	     source.text, value, (long long)min, (long long)max);
	return other;
}

bool lunatic_setting_bool(struct lunatic_settings *settings, const char *key,
			  bool other)
{
	static const char *const texts[] = { "false", "no",  "off", "0",
					     "true",  "yes", "on",  "1" };
	struct source source;
	const char *value = find(settings, key, &source);

	if (value == NULL)
		return other;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(value, texts[i]) == 0)
			return i >= sizeof(texts) / sizeof(texts[0]) / 2;
	}
	fail(settings, LUNATIC_ERANGE,
	     "%s is '%.40s'; it must be true, yes, on, 1, false, no, off or 0",
	     source.text, value);
	return other;
}

int64_t lunatic_setting_time(struct lunatic_settings *settings, const char *key,
			     int64_t other, int64_t max)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }
	};
	struct source source;
	const char *value = find(settings, key, &source);
	const char *rest;
	int64_t number;

	if (value == NULL)
		return other;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (parse_number(value, &number, &rest) && number >= 0 &&
		    strcmp(rest, units[i].name) == 0 &&
		    number <= max / units[i].ms)
			return number * units[i].ms;
	}
	fail(settings, LUNATIC_ERANGE,
	     "%s is '%.40s'; it must be a time such as 250ms, 5s, 2m or 1h, of "
	     "at most %lld ms",
	     source.text, value, (long long)max);
	return other;
}
