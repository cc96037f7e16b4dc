/* One line, for people or for programs. */
#include "base/log_line.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

#define NODE_SIZE 256

static const char *const names[] = { "error", "warn", "info", "debug" };

static _Atomic bool as_json;

static pthread_mutex_t node_lock = PTHREAD_MUTEX_INITIALIZER;
static char node[NODE_SIZE]; /* under it; empty: there is none */

const char *ln_log_level_name(enum ln_log_level level)
{
	return names[level];
}

bool ln_log_level_find(const char *name, enum ln_log_level *level)
{
	for (int i = LN_LOG_ERROR; i <= LN_LOG_DEBUG; i++) {
		if (strcmp(name, names[i]) == 0) {
			*level = (enum ln_log_level)i;
			return true;
		}
	}
	return false;
}

void ln_log_set_json(bool json)
{
	atomic_store_explicit(&as_json, json, memory_order_relaxed);
}

bool ln_log_is_json(void)
{
	return atomic_load_explicit(&as_json, memory_order_relaxed);
}

void ln_log_set_node(const char *name)
{
	pthread_mutex_lock(&node_lock);
	ln_text_copy(node, sizeof(node), name, strlen(name));
	pthread_mutex_unlock(&node_lock);
}

int64_t ln_log_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (int64_t)time.tv_sec * LN_NS_PER_S + time.tv_nsec;
}

/* As in RFC 3339, in UTC. */
static void put_time(FILE *out, int64_t time)
{
	time_t seconds = (time_t)(time / LN_NS_PER_S);
	char text[32];
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc) == 0)
		return;
	fprintf(out, "{\"time\":\"%s.%06dZ\"", text,
		(int)(time % LN_NS_PER_S / 1000));
}

static void put_member(FILE *out, const char *name, const char *text)
{
	fprintf(out, ",\"%s\":", name);
	ln_json_string(out, text, strlen(text));
}

static void put_node(FILE *out)
{
	pthread_mutex_lock(&node_lock);
	if (node[0] != '\0')
		put_member(out, "node", node);
	pthread_mutex_unlock(&node_lock);
}

static void put_process(FILE *out, const struct ln_log_about *about)
{
	if (about->process == NULL)
		return;
	put_member(out, "process", about->process);
	if (about->name != NULL && about->name[0] != '\0')
		put_member(out, "name", about->name);
	fprintf(out, ",\"environment\":%" PRIu64, about->environment);
}

/* The lines of a text behind the first, without the blanks before them. */
static void put_trace(FILE *out, const char *at, const char *end)
{
	const char *before = ",\"trace\":[";

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (stop == NULL)
			stop = end;
		while (at < stop && *at == ' ')
			at++;
		fputs(before, out);
		ln_json_string(out, at, (size_t)(stop - at));
		before = ",";
		at = stop + 1;
	}
	if (before[1] == '\0')
		fputc(']', out);
}

static void put_json(FILE *out, enum ln_log_level level,
		     const struct ln_log_about *about, const char *text,
		     size_t len)
{
	const char *stop = memchr(text, '\n', len);
	size_t first = stop != NULL ? (size_t)(stop - text) : len;

	put_time(out, about->time != 0 ? about->time : ln_log_now());
	put_member(out, "level", names[level]);
	put_member(out, "origin", about->guest ? "guest" : "runtime");
	put_node(out);
	put_process(out, about);
	fputs(",\"message\":", out);
	ln_json_string(out, text, first);
	/* What a guest says is one text, whatever is in it. */
	if (stop != NULL)
		put_trace(out, stop + 1, text + len);
	if (about->json != NULL)
		fprintf(out, ",%s", about->json);
	fputs("}\n", out);
}

static void put_text(FILE *out, enum ln_log_level level,
		     const struct ln_log_about *about, const char *text,
		     size_t len)
{
	fputs("lunatic: ", out);
	if (about->guest)
		fprintf(out, "%s: ", names[level]);
	if (about->process != NULL)
		fprintf(out, "process %s", about->process);
	if (about->process != NULL && about->name != NULL &&
	    about->name[0] != '\0')
		fprintf(out, " '%s'", about->name);
	if (about->process != NULL)
		fputs(about->guest ? ": " : " ", out);
	fwrite(text, 1, len, out);
	fputc('\n', out);
}

char *ln_log_line(enum ln_log_level level, const struct ln_log_about *about,
		  const char *text, size_t len, size_t *line_len)
{
	static const struct ln_log_about none = { .process = NULL };
	char *line = NULL;
	FILE *out = open_memstream(&line, line_len);
	bool failed;

	if (out == NULL)
		return NULL;
	if (about == NULL)
		about = &none;
	if (ln_log_is_json())
		put_json(out, level, about, text, len);
	else
		put_text(out, level, about, text, len);
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(line);
		return NULL;
	}
	return line;
}
