/*
 * DESIGN
 * Nothing is kept between the calls but the text itself: who calls sees to it
 * that the samples of a family follow each other, and that no name comes twice.
 */
#include "observe/openmetrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/utf8.h"

/* The word of a type, and what its samples end in. */
static const struct {
	const char *word;
	const char *suffix;
} types[] = {
	[LN_FAMILY_GAUGE] = { "gauge", "" },
	[LN_FAMILY_COUNTER] = { "counter", "_total" },
	[LN_FAMILY_HISTOGRAM] = { "histogram", "" },
	[LN_FAMILY_INFO] = { "info", "_info" },
};

static void put(struct ln_bytes *out, const char *text)
{
	ln_bytes_add(out, text, strlen(text));
}

static void put_line(struct ln_bytes *out, const char *keyword,
		     const struct ln_family *family, const char *rest)
{
	put(out, keyword);
	put(out, family->name);
	put(out, " ");
	put(out, rest);
	put(out, "\n");
}

void ln_openmetrics_family(struct ln_bytes *out, const struct ln_family *family)
{
	put_line(out, "# TYPE ", family, types[family->type].word);
	if (family->unit != NULL)
		put_line(out, "# UNIT ", family, family->unit);
	put_line(out, "# HELP ", family, family->help);
}

void ln_openmetrics_number(char text[LN_OPENMETRICS_NUMBER], double value)
{
	if (isnan(value))
		memcpy(text, "NaN", sizeof("NaN"));
	else if (isinf(value))
		memcpy(text, value > 0 ? "+Inf" : "-Inf", sizeof("+Inf"));
	else
		(void)snprintf(text, LN_OPENMETRICS_NUMBER, "%.15g", value);
	/* As short as it can be read back from. */
	if (isfinite(value) && strtod(text, NULL) != value)
		(void)snprintf(text, LN_OPENMETRICS_NUMBER, "%.17g", value);
}

void ln_openmetrics_sample(struct ln_bytes *out, const struct ln_family *family,
			   const char *suffix, const char *labels, double value)
{
	char number[LN_OPENMETRICS_NUMBER];

	put(out, family->name);
	put(out, suffix != NULL ? suffix : types[family->type].suffix);
	if (labels != NULL && labels[0] != '\0') {
		put(out, "{");
		put(out, labels);
		put(out, "}");
	}
	put(out, " ");
	ln_openmetrics_number(number, value);
	put(out, number);
	put(out, "\n");
}

static void put_codes(struct ln_bytes *labels, const uint8_t *bytes, size_t len)
{
	char code[4];

	for (size_t i = 0; i < len; i++) {
		(void)snprintf(code, sizeof(code), "%%%02X", bytes[i]);
		put(labels, code);
	}
}

static void put_value(struct ln_bytes *labels, const uint8_t *value, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t size = ln_utf8_sequence(value + at, len - at);
		uint8_t first = value[at];

		if (size == 0)
			put_codes(labels, value + at, 1);
		else if (first == '%' ||
			 !ln_text_is_safe(ln_utf8_decode(value + at, size)))
			put_codes(labels, value + at, size);
		else if (first == '"' || first == '\\') {
			put(labels, first == '"' ? "\\\"" : "\\\\");
		} else {
			ln_bytes_add(labels, value + at, size);
		}
		at += size > 0 ? size : 1;
	}
}

void ln_openmetrics_label(struct ln_bytes *labels, const char *name,
			  const void *value, size_t len)
{
	if (labels->len > 0)
		put(labels, ",");
	put(labels, name);
	put(labels, "=\"");
	if (len == 0)
		put(labels, "%");
	put_value(labels, value, len);
	put(labels, "\"");
}

void ln_openmetrics_end(struct ln_bytes *out)
{
	put(out, "# EOF\n");
}
