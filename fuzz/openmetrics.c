/*
 * Names of guests' metrics of any UTF-8: the text that they become is one that
 * a scraper can read, line by line, and no two of them become one series.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/utf8.h"
#include "observe/guest_metrics.h"
#include "process/metrics.h"

#define NAMES 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* A sample: NAME VALUE or NAME{LABELS} VALUE, where quotes within the labels
 * are escaped. */
static void check_sample(const char *line, const char *end)
{
	const char *at = line;
	int quoted = 0;

	if (*at >= '0' && *at <= '9')
		abort();
	while (at < end && is_name_char(*at))
		at++;
	if (at == line || at == end)
		abort();
	if (*at == '{') {
		for (at++; at < end && (quoted || *at != '}'); at++) {
			if (quoted && *at == '\\')
				at++;
			else if (*at == '"')
				quoted = !quoted;
		}
		if (at >= end || quoted)
			abort();
		at++;
	}
	if (at >= end || *at != ' ' || at + 1 == end)
		abort();
}

static size_t check_lines(const char *text, size_t len)
{
	size_t samples = 0;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);

		if (end == NULL)
			abort();
		if (text[at] != '#') {
			check_sample(text + at, end);
			samples++;
		}
		at = (size_t)(end - text) + 1;
	}
	return samples;
}

/* The series, without their values, are all different. */
static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check_series(char *text, size_t count)
{
	char **series = calloc(count + 1, sizeof(*series));
	size_t found = 0;

	if (series == NULL)
		return;
	for (char *line = strtok(text, "\n"); line != NULL;
	     line = strtok(NULL, "\n")) {
		if (line[0] == '#')
			continue;
		*strrchr(line, ' ') = '\0';
		series[found++] = line;
	}
	qsort(series, found, sizeof(*series), by_line);
	for (size_t i = 1; i < found; i++) {
		if (strcmp(series[i - 1], series[i]) == 0)
			abort();
	}
	free(series);
}

static void add(struct ln_metrics *metrics, uint8_t kind, const void *name,
		size_t len)
{
	if (kind % 3 == 0)
		(void)ln_metrics_count(metrics, name, len, 1);
	else if (kind % 3 == 1)
		(void)ln_metrics_set(metrics, name, len, 0.5);
	else
		(void)ln_metrics_record(metrics, name, len, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ln_metrics *metrics = ln_metrics_new();
	struct ln_bytes out = { .max = 1 << 20 };
	uint64_t left_out;
	size_t count;

	if (metrics == NULL)
		return 0;
	/* Names follow each other: a byte for the kind, one for the length. */
	for (int i = 0; i < NAMES && size >= 2; i++) {
		size_t len = data[1] < size - 2 ? data[1] : size - 2;

		if (ln_utf8_valid(data + 2, len))
			add(metrics, data[0], data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	ln_guest_metrics_add(metrics, 1 << 19, &out, &left_out);
	if (out.error == 0) {
		count = check_lines((const char *)out.data, out.len);
		ln_bytes_add(&out, "", 1);
		if (memchr(out.data, '\0', out.len - 1) != NULL)
			abort();
		check_series((char *)out.data, count);
	}
	ln_bytes_deinit(&out);
	ln_metrics_free(metrics);
	return 0;
}
