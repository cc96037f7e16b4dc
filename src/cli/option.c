/* Values of options: read, kept, and told. */
#include "cli/option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/time.h"
#include "cli/options.h"

#define LINE_MAX_CHARACTERS 50
#define RANGE_SIZE 80

/* ---- Reading ---- */

/* Reads a number; *end is what is behind it. */
static bool parse_number(const char *text, uint64_t *count, const char **end)
{
	char *behind;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*count = strtoull(text, &behind, 10);
	*end = behind;
	return errno == 0;
}

static bool parse_count(const char *text, uint64_t *count)
{
	const char *end;

	return parse_number(text, count, &end) && *end == '\0';
}

bool ln_cli_parse_size(const char *text, uint64_t *bytes)
{
	static const char letters[] = "kmg";
	const char *letter;
	unsigned shift = 0;
	const char *end;
	uint64_t count;

	if (!parse_number(text, &count, &end))
		return false;
	if (*end != '\0') {
		letter = strchr(letters, *end | 0x20);
		if (letter == NULL || end[1] != '\0')
			return false;
		shift = 10 * (unsigned)(letter - letters + 1);
	}
	if (count > UINT64_MAX >> shift)
		return false;
	*bytes = count << shift;
	return true;
}

/* A number and its unit: 500ms or 5s. */
static bool parse_time(const char *text, uint64_t *ns)
{
	const char *end;
	uint64_t count;
	uint64_t unit;

	if (!parse_number(text, &count, &end))
		return false;
	if (strcmp(end, "ms") == 0 || (count == 0 && *end == '\0'))
		unit = LN_NS_PER_MS;
	else if (strcmp(end, "s") == 0)
		unit = LN_NS_PER_S;
	else
		return false;
	return !__builtin_mul_overflow(count, unit, ns);
}

static bool parse_choice(const struct ln_cli_option *option, const char *text,
			 uint64_t *value)
{
	for (uint64_t i = 0; option->words[i] != NULL; i++) {
		if (strcmp(option->words[i], text) == 0) {
			*value = option->min + i;
			return true;
		}
	}
	return false;
}

static uint64_t unit_of(const struct ln_cli_option *option)
{
	return option->unit > 0 ? option->unit : 1;
}

static uint64_t max_of(const struct ln_cli_option *option)
{
	size_t bits = option->place.size * 8;

	if (option->max > 0)
		return option->max;
	return bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
}

/* Reads a number of a kind that has a range; what is kept is *value. */
static bool parse_ranged(const struct ln_cli_option *option, const char *text,
			 uint64_t *value)
{
	bool is_number;

	if (option->kind == LN_CLI_COUNT)
		is_number = parse_count(text, value);
	else if (option->kind == LN_CLI_SIZE)
		is_number = ln_cli_parse_size(text, value);
	else
		is_number = parse_time(text, value);
	if (!is_number || *value < option->min || *value > max_of(option))
		return false;
	if (option->kind == LN_CLI_SIZE)
		return *value % unit_of(option) == 0;
	*value *= unit_of(option);
	return true;
}

static void *place_of(const struct ln_cli_option *option,
		      struct ln_cli_options *options)
{
	char *const starts[] = {
		[LN_CLI_IN_OPTIONS] = (char *)options,
		[LN_CLI_IN_CONFIG] = (char *)options->config,
		[LN_CLI_IN_SERVING] = (char *)options->serving,
	};

	return starts[option->place.in] + option->place.offset;
}

/* Little-endian, as all that the program runs on. */
static void keep(const struct ln_cli_option *option,
		 struct ln_cli_options *options, uint64_t value)
{
	ln_assert(option->place.size <= sizeof(value));
	memcpy(place_of(option, options), &value, option->place.size);
}

bool ln_cli_option_set(const struct ln_cli_option *option,
		       struct ln_cli_options *options, const char *value)
{
	uint64_t number = option->min;
	bool is_value = true;

	switch (option->kind) {
	case LN_CLI_FLAG:
		break;
	case LN_CLI_CHOICE:
		if (value != NULL)
			is_value = parse_choice(option, value, &number);
		break;
	case LN_CLI_COUNT:
	case LN_CLI_SIZE:
	case LN_CLI_TIME:
		is_value = parse_ranged(option, value, &number);
		break;
	case LN_CLI_NAME:
		memcpy(place_of(option, options), &value, sizeof(value));
		return value[0] != '\0';
	case LN_CLI_OTHER:
		return option->apply(options, value);
	}
	if (is_value)
		keep(option, options, number);
	return is_value;
}

/* ---- Telling ---- */

/* A value as it would be given. */
static void print_value(const struct ln_cli_option *option, uint64_t value,
			char text[32])
{
	static const char letters[] = "\0KMG";
	const char *unit = "";
	char letter[2] = { 0 };

	if (option->kind == LN_CLI_TIME) {
		bool whole = value % LN_NS_PER_S == 0;

		value /= whole ? LN_NS_PER_S : LN_NS_PER_MS;
		unit = whole ? "s" : "ms";
	} else if (option->kind == LN_CLI_SIZE) {
		int at = 0;

		for (; at < 3 && value > 0 && value % 1024 == 0; at++)
			value /= 1024;
		letter[0] = letters[at];
		unit = letter;
	}
	snprintf(text, 32, "%llu%s", (unsigned long long)value, unit);
}

/* "1 to 256", "64K or more"; empty: any size. */
static void print_range(const struct ln_cli_option *option,
			char text[RANGE_SIZE])
{
	uint64_t max = max_of(option);
	char first[32], last[32];

	print_value(option, option->min, first);
	print_value(option, max, last);
	if (max != UINT64_MAX)
		snprintf(text, RANGE_SIZE, "%s to %s", first, last);
	else if (option->kind == LN_CLI_SIZE && option->min == 0)
		text[0] = '\0';
	else
		snprintf(text, RANGE_SIZE, "%s or more", first);
}

static void print_words(const char *const *words, char text[LN_CLI_TEXT])
{
	size_t len = 0;

	for (size_t i = 0; words[i] != NULL; i++)
		len += (size_t)snprintf(text + len, LN_CLI_TEXT - len, "%s%s",
					i > 0 ? " or " : "", words[i]);
}

static const char *examples(const struct ln_cli_option *option)
{
	if (option->kind == LN_CLI_TIME)
		return ", such as 500ms or 5s";
	if (option->kind == LN_CLI_SIZE && max_of(option) == UINT64_MAX)
		return ", such as 16M or 4G";
	return "";
}

void ln_cli_option_values(const struct ln_cli_option *option,
			  char text[LN_CLI_TEXT])
{
	char range[RANGE_SIZE];

	text[0] = '\0';
	if (option->values != NULL) {
		snprintf(text, LN_CLI_TEXT, "%s", option->values);
	} else if (option->kind == LN_CLI_CHOICE) {
		print_words(option->words, text);
	} else if (option->kind == LN_CLI_COUNT ||
		   option->kind == LN_CLI_SIZE || option->kind == LN_CLI_TIME) {
		print_range(option, range);
		if (range[0] == '\0')
			snprintf(text, LN_CLI_TEXT,
				 "a size such as 65536, "
				 "64K, 16M or 4G");
		else
			snprintf(text, LN_CLI_TEXT, "%s%s", range,
				 examples(option));
	}
}

/* Breaks lines that are too long, between words. */
static void wrap(char *text)
{
	char *start = text;
	char *space = NULL;

	for (char *c = text; *c != '\0'; c++) {
		if (*c == '\n') {
			start = c + 1;
			space = NULL;
			continue;
		}
		if (*c == ' ')
			space = c;
		if (c - start >= LINE_MAX_CHARACTERS && space != NULL) {
			*space = '\n';
			start = space + 1;
			space = NULL;
		}
	}
}

void ln_cli_option_help(const struct ln_cli_option *option,
			char text[LN_CLI_TEXT])
{
	const char *mark = strchr(option->help, '%');
	char range[RANGE_SIZE];

	if (mark == NULL) {
		snprintf(text, LN_CLI_TEXT, "%s", option->help);
	} else {
		print_range(option, range);
		snprintf(text, LN_CLI_TEXT, "%.*s%s%s",
			 (int)(mark - option->help), option->help, range,
			 mark + 1);
	}
	wrap(text);
}
