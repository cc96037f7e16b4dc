/*
 * DESIGN
 * The values are read once; names of families are made of those of the guests,
 * and sorted: a family's samples follow each other, whoever made them. A
 * guest's names make no labels but `name`, so there are as many series as there
 * are metrics.
 */
#include "observe/guest_metrics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf8.h"
#include "observe/openmetrics.h"
#include "process/metrics.h"

#define RESERVED "lunatic_"
#define PREFIX "guest_"
#define SUFFIX "_value"
#define TOTAL "_total"
#define FAMILY_SIZE (sizeof(PREFIX) + LN_METRIC_NAME_MAX + sizeof(SUFFIX) - 1)

static const enum ln_family_type types[] = {
	[LN_METRIC_COUNTER] = LN_FAMILY_COUNTER,
	[LN_METRIC_GAUGE] = LN_FAMILY_GAUGE,
	[LN_METRIC_HISTOGRAM] = LN_FAMILY_HISTOGRAM,
};

static const char *const helps[] = {
	[LN_METRIC_COUNTER] = "A counter of the program that runs.",
	[LN_METRIC_GAUGE] = "A gauge of the program that runs.",
	[LN_METRIC_HISTOGRAM] = "A histogram of the program that runs.",
};

/* One of them, and the family that it belongs to. */
struct sample {
	const struct ln_metric_value *value;
	bool changed; /* the family is not its name */
	char family[FAMILY_SIZE];
};

static bool ends_in(const char *text, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len > end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

/* Whether samples of another family could have such a name. */
static bool is_like_sample(const char *name)
{
	static const char *const ends[] = { TOTAL,   "_bucket",  "_count",
					    "_sum",  "_created", "_info",
					    "_gsum", "_gcount" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends_in(name, strlen(name), ends[i]))
			return true;
	}
	return false;
}

/* Copies a name, with `_` in the place of each other character; returns whether
 * there was one. */
static bool copy_name(char *out, const char *name, size_t len)
{
	bool changed = false;
	size_t at = 0;

	while (at < len) {
		size_t size =
			ln_utf8_sequence((const uint8_t *)name + at, len - at);
		char c = name[at];
		bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_';

		*out++ = fits ? c : '_';
		changed |= !fits;
		at += size > 0 ? size : 1;
	}
	*out = '\0';
	return changed;
}

/* Sets the family of a sample. */
static void name_family(struct sample *sample)
{
	const struct ln_metric_value *value = sample->value;
	const char *name = value->name;
	size_t len = value->name_len;
	char *at = sample->family;

	if (value->kind == LN_METRIC_COUNTER && ends_in(name, len, TOTAL))
		len -= sizeof(TOTAL) - 1;
	if (len == 0 || (name[0] >= '0' && name[0] <= '9') ||
	    (len >= sizeof(RESERVED) - 1 &&
	     memcmp(name, RESERVED, sizeof(RESERVED) - 1) == 0)) {
		memcpy(at, PREFIX, sizeof(PREFIX));
		at += sizeof(PREFIX) - 1;
		sample->changed = true;
	}
	sample->changed |= copy_name(at, name, len);
	/* What was reserved only after it was changed, such as `lunatic.x`. */
	if (at == sample->family &&
	    strncmp(at, RESERVED, sizeof(RESERVED) - 1) == 0) {
		memmove(at + sizeof(PREFIX) - 1, at, strlen(at) + 1);
		memcpy(at, PREFIX, sizeof(PREFIX) - 1);
	}
	if (is_like_sample(sample->family)) {
		memcpy(sample->family + strlen(sample->family), SUFFIX,
		       sizeof(SUFFIX));
		sample->changed = true;
	}
}

static int by_family(const void *a, const void *b)
{
	const struct sample *one = a;
	const struct sample *two = b;
	int order = strcmp(one->family, two->family);

	if (order == 0)
		order = (int)one->value->kind - (int)two->value->kind;
	if (order == 0)
		order = (int)one->changed - (int)two->changed;
	/* They came sorted by their names. */
	if (order == 0)
		order = one->value < two->value ? -1 : 1;
	return order;
}

static void add_histogram(const struct ln_metric_value *value,
			  const struct ln_family *family, const char *labels,
			  struct ln_bytes *out)
{
	const char *comma = labels[0] != '\0' ? "," : "";
	struct ln_bytes all = { .max = SIZE_MAX };
	uint64_t counts[LN_HISTOGRAM_POWERS];
	uint64_t count = ln_histogram_powers(value->recorded, counts);
	char number[LN_OPENMETRICS_NUMBER];
	size_t start;

	ln_bytes_add(&all, labels, strlen(labels));
	ln_bytes_add(&all, comma, strlen(comma));
	start = all.len;
	for (int i = 0; i <= LN_HISTOGRAM_POWERS && all.error == 0; i++) {
		bool last = i == LN_HISTOGRAM_POWERS;

		all.len = start;
		ln_openmetrics_number(
			number,
			last ? (double)INFINITY
			     : ldexp(1, 2 * (LN_HISTOGRAM_POWER_MIN + i)));
		ln_bytes_add(&all, "le=\"", 4);
		ln_bytes_add(&all, number, strlen(number));
		ln_bytes_add(&all, "\"", 2);
		if (all.error == 0)
			ln_openmetrics_sample(
				out, family, "_bucket", (const char *)all.data,
				(double)(last ? count : counts[i]));
	}
	if (out->error == 0)
		out->error = all.error;
	ln_bytes_deinit(&all);
	/* A sum goes up only; with negative values it does not, and then the
	 * format wants neither. */
	if (value->histogram.min < 0 || !isfinite(value->histogram.sum))
		return;
	ln_openmetrics_sample(out, family, "_sum", labels,
			      value->histogram.sum);
	ln_openmetrics_sample(out, family, "_count", labels, (double)count);
}

static void add_sample(const struct sample *sample,
		       const struct ln_family *family, struct ln_bytes *out)
{
	const struct ln_metric_value *value = sample->value;
	struct ln_bytes labels = { .max = SIZE_MAX };
	const char *text;

	if (sample->changed)
		ln_openmetrics_label(&labels, "name", value->name,
				     value->name_len);
	ln_bytes_add(&labels, "", 1);
	text = (const char *)labels.data;
	if (labels.error < 0)
		out->error = out->error < 0 ? out->error : labels.error;
	else if (value->kind == LN_METRIC_COUNTER)
		ln_openmetrics_sample(out, family, NULL, text,
				      (double)value->counter);
	else if (value->kind == LN_METRIC_GAUGE)
		ln_openmetrics_sample(out, family, NULL, text, value->gauge);
	else
		add_histogram(value, family, text, out);
	ln_bytes_deinit(&labels);
}

/* Counters `a` and `a_total` have one sample: the second one gets a label. */
static void tell_apart(struct sample *samples, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct sample *before = &samples[i - 1];
		struct sample *sample = &samples[i];

		sample->changed |=
			before->value->kind == sample->value->kind &&
			strcmp(before->family, sample->family) == 0 &&
			!before->changed;
	}
}

/* Adds what is sorted; returns how many found no room or family. */
static uint64_t add_all(const struct sample *samples, size_t count, size_t max,
			struct ln_bytes *out)
{
	const struct sample *before = NULL;
	uint64_t left_out = 0;

	for (size_t i = 0; i < count && out->error == 0; i++) {
		const struct sample *sample = &samples[i];
		enum ln_metric_kind kind = sample->value->kind;
		const struct ln_family family = { sample->family, types[kind],
						  NULL, helps[kind] };
		bool same = before != NULL &&
			    strcmp(before->family, sample->family) == 0;
		size_t mark = out->len;

		if (same && before->value->kind != kind) {
			left_out++;
			continue;
		}
		if (!same)
			ln_openmetrics_family(out, &family);
		add_sample(sample, &family, out);
		if (out->len <= max) {
			before = sample;
			continue;
		}
		/* The family's head goes with it. */
		out->len = mark;
		left_out++;
	}
	return left_out;
}

void ln_guest_metrics_add(const struct ln_metrics *metrics, size_t max,
			  struct ln_bytes *out, uint64_t *left_out)
{
	struct ln_metric_value *values;
	struct sample *samples;
	size_t count;
	int error = ln_metrics_list(metrics, &values, &count);

	*left_out = 0;
	samples = error == 0 ? calloc(count + 1, sizeof(*samples)) : NULL;
	if (samples == NULL) {
		free(values);
		out->error = out->error < 0 ? out->error : LN_ENOMEM;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		samples[i].value = &values[i];
		name_family(&samples[i]);
	}
	qsort(samples, count, sizeof(*samples), by_family);
	tell_apart(samples, count);
	*left_out = add_all(samples, count, max, out);
	free(samples);
	free(values);
}
