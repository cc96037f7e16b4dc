/*
 * DESIGN
 * The file is TOML, read line by line: tables, and keys with their tables in
 * front. That is enough to see what is set, and to add a line to a table or a
 * table at the end, so that all else stays as it is. Where TOML would allow the
 * settings in a place that this does not see, nothing is changed and the user
 * is told what to add.
 */
#include "cli/init_cargo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/prepare.h"

#define FOLDER ".cargo"
#define FORMER FOLDER "/config" /* which cargo prefers */
#define FILE_NAME FOLDER "/config.toml"
#define TEMPORARY FILE_NAME ".new"
#define CONFIG_MAX ((size_t)1 << 20)

#define TARGET "wasm32-wasip1"
#define BUILD_TABLE "build"
#define RUN_TABLE "target." TARGET
#define TARGET_LINE "target = \"" TARGET "\"\n"
#define RUNNER_LINE "runner = \"lunatic run\"\n"

#define NAME_SIZE 128

enum found { MISSING, RIGHT, OTHER };

struct scan {
	char table[NAME_SIZE]; /* the current one; empty: none */
	const char *build;     /* behind the line [build], or NULL */
	const char *run;       /* behind the line [target.wasm32-wasip1] */
	enum found target;     /* what build.target is */
	enum found runner;     /* what the runner is */
	bool unknown;          /* it has what is not understood */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Copies a name without blanks and quotes; a longer one becomes "?". */
static void copy_name(char name[NAME_SIZE], const char *from, const char *end)
{
	size_t len = 0;

	for (; from < end && len < NAME_SIZE; from++) {
		if (!is_blank(*from) && *from != '"' && *from != '\'')
			name[len++] = *from;
	}
	if (len == NAME_SIZE) {
		name[0] = '?';
		len = 1;
	}
	name[len] = '\0';
}

/* The first string of a value; false: there is none. */
static bool first_string(const char *at, const char *end, const char **string,
			 size_t *len)
{
	const char *close;

	while (at < end && (is_blank(*at) || *at == '['))
		at++;
	if (at == end || (*at != '"' && *at != '\''))
		return false;
	close = memchr(at + 1, *at, (size_t)(end - at) - 1);
	if (close == NULL)
		return false;
	*string = at + 1;
	*len = (size_t)(close - at) - 1;
	return true;
}

static bool is_string(const char *at, const char *end, const char *wanted)
{
	const char *string;
	size_t len;

	return first_string(at, end, &string, &len) && len == strlen(wanted) &&
	       memcmp(string, wanted, len) == 0;
}

/* Whether a runner is this program, wherever it is, with any options. */
static bool is_lunatic(const char *at, const char *end)
{
	static const char name[] = "lunatic";
	const char *string, *blank, *slash;
	size_t len;

	if (!first_string(at, end, &string, &len))
		return false;
	blank = memchr(string, ' ', len);
	if (blank != NULL)
		len = (size_t)(blank - string);
	slash = memrchr(string, '/', len);
	if (slash != NULL) {
		len -= (size_t)(slash + 1 - string);
		string = slash + 1;
	}
	return len == sizeof(name) - 1 && memcmp(string, name, len) == 0;
}

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static void read_table(struct scan *scan, const char *at, const char *end)
{
	const char *close = memchr(at, ']', (size_t)(end - at));
	bool many = at + 1 < end && at[1] == '[';

	if (close == NULL || many) {
		strcpy(scan->table, "?");
		return;
	}
	copy_name(scan->table, at + 1, close);
	if (strcmp(scan->table, BUILD_TABLE) == 0)
		scan->build = end;
	else if (strcmp(scan->table, RUN_TABLE) == 0)
		scan->run = end;
}

static void read_key(struct scan *scan, const char *at, const char *end)
{
	const char *equals = memchr(at, '=', (size_t)(end - at));
	char key[NAME_SIZE];
	char name[2 * NAME_SIZE];

	if (equals == NULL)
		return;
	copy_name(key, at, equals);
	snprintf(name, sizeof(name), "%s%s%s", scan->table,
		 scan->table[0] != '\0' ? "." : "", key);
	if (strcmp(name, BUILD_TABLE ".target") == 0)
		scan->target =
			is_string(equals + 1, end, TARGET) ? RIGHT : OTHER;
	else if (strcmp(name, RUN_TABLE ".runner") == 0)
		scan->runner = is_lunatic(equals + 1, end) ? RIGHT : OTHER;
	/* A table that is there without a line of its own cannot be added. */
	if (scan->table[0] == '\0' &&
	    (begins(key, BUILD_TABLE) || begins(key, "target")))
		scan->unknown = true;
	if (strcmp(scan->table, "target") == 0 && begins(key, TARGET))
		scan->unknown = true;
}

static void read_text(struct scan *scan, const char *text)
{
	const char *end;

	for (const char *line = text; *line != '\0'; line = end) {
		const char *at = line;

		end = strchrnul(line, '\n');
		if (*end == '\n')
			end++;
		while (is_blank(*at))
			at++;
		if (*at == '[')
			read_table(scan, at, end);
		else if (*at != '#' && *at != '\n' && *at != '\0')
			read_key(scan, at, end);
	}
	/* Strings of several lines may have lines that look like keys. */
	if (strstr(text, "\"\"\"") != NULL || strstr(text, "'''") != NULL)
		scan->unknown = true;
}

static void add_text(struct ln_bytes *out, const char *text)
{
	ln_bytes_add(out, text, strlen(text));
}

/* Adds what a table lacks that is not in the file. */
static void add_table(struct ln_bytes *out, const char *table, const char *line)
{
	if (out->len > 0)
		add_text(out, out->data[out->len - 1] == '\n' ? "\n" : "\n\n");
	add_text(out, "[");
	add_text(out, table);
	add_text(out, "]\n");
	add_text(out, line);
}

/* The text with what it lacks. */
static char *add_settings(const struct scan *scan, const char *text)
{
	struct ln_bytes out = { .max = 2 * CONFIG_MAX };
	const bool target = scan->target == MISSING;
	const bool runner = scan->runner == MISSING;

	for (const char *at = text;; at++) {
		bool build = target && scan->build == at;
		bool run = runner && scan->run == at;

		if ((build || run) && at[-1] != '\n')
			add_text(&out, "\n");
		if (build)
			add_text(&out, TARGET_LINE);
		if (run)
			add_text(&out, RUNNER_LINE);
		if (*at == '\0')
			break;
		ln_bytes_add(&out, at, 1);
	}
	if (target && scan->build == NULL)
		add_table(&out, BUILD_TABLE, TARGET_LINE);
	if (runner && scan->run == NULL)
		add_table(&out, RUN_TABLE, RUNNER_LINE);
	ln_bytes_add(&out, "", 1);
	if (out.error == 0)
		return (char *)out.data;
	ln_bytes_deinit(&out);
	return NULL;
}

enum ln_cargo_config ln_cargo_config_add(const char *text, char **added)
{
	struct scan scan = { .table = "" };

	*added = NULL;
	read_text(&scan, text);
	if (scan.target == OTHER)
		return LN_CARGO_TARGET;
	if (scan.runner == OTHER)
		return LN_CARGO_RUNNER;
	if (scan.target == RIGHT && scan.runner == RIGHT)
		return LN_CARGO_COMPLETE;
	if (scan.unknown)
		return LN_CARGO_UNKNOWN;
	*added = add_settings(&scan, text);
	return LN_CARGO_LACKS;
}

/* Reads the file as a text; empty when there is none. NULL after a line about
 * an error. */
static char *read_config(void)
{
	uint8_t *bytes;
	char *text;
	size_t len;

	if (access(FILE_NAME, F_OK) != 0 && errno == ENOENT)
		return strdup("");
	bytes = ln_cli_read_file(FILE_NAME, CONFIG_MAX, &len);
	if (bytes == NULL)
		return NULL;
	text = strndup((char *)bytes, len);
	if (text != NULL && strlen(text) != len) {
		ln_log_say("'" FILE_NAME "' is not a text");
		free(text);
		text = NULL;
	}
	free(bytes);
	return text;
}

/* Writes the file anew, whole or not at all. */
static bool write_config(const char *text)
{
	FILE *file;
	bool done;

	if (mkdir(FOLDER, 0777) < 0 && errno != EEXIST)
		return false;
	file = fopen(TEMPORARY, "we");
	if (file == NULL)
		return false;
	done = fputs(text, file) >= 0;
	done = fclose(file) == 0 && done;
	done = done && rename(TEMPORARY, FILE_NAME) == 0;
	if (!done) {
		int number = errno;

		/* What is left of it is in nobody's way. */
		(void)unlink(TEMPORARY);
		errno = number;
	}
	return done;
}

/* What the user has to do. */
static int refuse(enum ln_cargo_config what)
{
	if (what == LN_CARGO_TARGET)
		ln_log_say("'" FILE_NAME "' builds for another target: set "
			   "build.target to \"" TARGET "\" (which older "
			   "versions of Rust called wasm32-wasi)");
	else if (what == LN_CARGO_RUNNER)
		ln_log_say("'" FILE_NAME "' has another runner: set "
			   "target." TARGET ".runner to \"lunatic run\"");
	else
		ln_log_say("'" FILE_NAME "' is not changed, since its tables "
			   "are not understood: set build.target to "
			   "\"" TARGET "\", and target." TARGET ".runner to "
			   "\"lunatic run\"");
	return 1;
}

static int write_or_refuse(const char *text)
{
	char *added;
	enum ln_cargo_config found = ln_cargo_config_add(text, &added);
	bool done;

	if (found != LN_CARGO_COMPLETE && found != LN_CARGO_LACKS)
		return refuse(found);
	if (found == LN_CARGO_COMPLETE) {
		puts("cargo already runs this project with lunatic");
		return ln_cli_flush() ? 0 : 1;
	}
	errno = ENOMEM;
	done = added != NULL && write_config(added);
	free(added);
	if (!done) {
		ln_log_say("cannot write '" FILE_NAME "': %s", strerror(errno));
		return 1;
	}
	puts("cargo builds this project for " TARGET " now, and runs it with "
	     "lunatic; next:\n"
	     "  rustup target add " TARGET " && cargo run");
	return ln_cli_flush() ? 0 : 1;
}

int ln_cli_init_cargo(void)
{
	char *text;
	int status;

	if (access(FORMER, F_OK) == 0) {
		ln_log_say("cargo reads '" FORMER "' here: rename it to "
			   "'" FILE_NAME "', and run lunatic init again");
		return 1;
	}
	text = read_config();
	if (text == NULL)
		return 1;
	status = write_or_refuse(text);
	free(text);
	return status;
}
