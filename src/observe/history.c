/* A ring of points. */
#include "observe/history.h"

#include <string.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "observe/numbers.h"
#include "observe/sample.h"

static void put(struct ln_bytes *out, const char *text)
{
	ln_bytes_add(out, text, strlen(text));
}

void ln_history_add(struct ln_history *history, const struct ln_sample *sample)
{
	double *point = history->points[history->next];
	size_t count = 0;

	for (const struct ln_number *at = ln_numbers; at->read != NULL; at++) {
		if (!at->charted)
			continue;
		ln_assert(count < LN_NUMBERS_CHARTED);
		point[count++] = at->read(sample);
	}
	ln_assert(count == LN_NUMBERS_CHARTED);
	history->next = (history->next + 1) % LN_HISTORY_POINTS;
	if (history->count < LN_HISTORY_POINTS)
		history->count++;
}

static void put_names(struct ln_bytes *out)
{
	bool first = true;

	for (const struct ln_number *at = ln_numbers; at->read != NULL; at++) {
		if (!at->charted)
			continue;
		put(out, first ? "\"" : ",\"");
		ln_number_name(at, out);
		put(out, "\"");
		first = false;
	}
}

static void put_point(const double *point, struct ln_bytes *out)
{
	put(out, "[");
	for (size_t i = 0; i < LN_NUMBERS_CHARTED; i++) {
		if (i > 0)
			put(out, ",");
		ln_number_put(point[i], out);
	}
	put(out, "]");
}

void ln_history_put(const struct ln_history *history, struct ln_bytes *out)
{
	size_t at = history->next + LN_HISTORY_POINTS - history->count;

	put(out, "{\"names\":[");
	put_names(out);
	put(out, "],\"points\":[");
	for (size_t i = 0; i < history->count; i++) {
		if (i > 0)
			put(out, ",");
		put_point(history->points[(at + i) % LN_HISTORY_POINTS], out);
	}
	put(out, "]}");
}
