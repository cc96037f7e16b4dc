/*
 * DESIGN
 * An engine gives the reason, and the frames as numbers; their names, which it
 * does not know, come from engine/names.h. They are copied, since the module
 * may be gone when the report is shown. Files and lines are looked up then: the
 * report keeps the bytes that they are in (engine/lines.h).
 */
#include "engine/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/refs.h"
#include "base/text.h"
#include "engine/demangle.h"
#include "engine/lines.h"
#include "engine/names.h"

#define REASON_SIZE 1024
#define LINE_SIZE (LN_TEXT_NAME_SIZE + LN_NAMES_MODULE_SIZE + LN_LINE_TEXT + 64)
_Static_assert(LN_REPORT_FRAMES <= LN_LINES_PLACES, "frames");

struct frame {
	uint32_t function; /* its number in its own module */
	size_t module;     /* the name of that, in the texts */
	size_t offset;     /* in the module's bytes */
	size_t name;       /* in the texts */
	size_t len;        /* of it; 0: none */
};

struct ln_report {
	_Atomic uint32_t references;
	size_t size;
	size_t count;
	bool more;              /* frames than that */
	struct ln_lines *lines; /* until they were looked up; NULL: none */
	struct ln_line *found;  /* owned, for each frame; NULL: not known */
	char reason[REASON_SIZE];
	struct frame frames[LN_REPORT_FRAMES];
	char names[];
};

static const char *module_of(const struct ln_names *names, uint32_t function)
{
	return names != NULL ? ln_names_module(names, function) : "<unknown>";
}

/* Bytes of all names of the frames, and of their modules, each of which is
 * there once for frames that follow each other. */
static size_t measure_names(const struct ln_frame *frames, size_t count,
			    const struct ln_names *names)
{
	const char *last = NULL;
	size_t all = 0;

	for (size_t i = 0; i < count; i++) {
		const char *module = module_of(names, frames[i].function);
		size_t len = 0;

		if (names != NULL)
			ln_names_function(names, frames[i].function, &len);
		all += len;
		if (module != last)
			all += strlen(module) + 1;
		last = module;
	}
	return all;
}

static void add_module(struct ln_report *report, struct frame *frame,
		       const char *module, const char **last, size_t *used)
{
	size_t size = strlen(module) + 1;

	if (module == *last) {
		frame->module = frame[-1].module;
		return;
	}
	*last = module;
	frame->module = *used;
	memcpy(report->names + *used, module, size);
	*used += size;
}

static void add_frame(struct ln_report *report, const struct ln_frame *from,
		      const struct ln_names *names, const char **last,
		      size_t *used)
{
	struct frame *frame = &report->frames[report->count++];
	const char *name = NULL;

	frame->function = ln_names_own_number(names, from->function);
	frame->offset = from->offset;
	add_module(report, frame, module_of(names, from->function), last, used);
	if (names != NULL)
		name = ln_names_function(names, from->function, &frame->len);
	frame->name = *used;
	if (name != NULL && frame->len > 0)
		memcpy(report->names + *used, name, frame->len);
	*used += frame->len;
}

static struct ln_report *allocate(size_t names)
{
	size_t size = sizeof(struct ln_report) + names;
	struct ln_report *report = calloc(1, size);

	if (report == NULL)
		return NULL;
	report->size = size;
	atomic_init(&report->references, 1);
	return report;
}

struct ln_report *ln_report_new(const char *reason, size_t len,
				const struct ln_frame *frames, size_t count,
				bool more, const struct ln_names *names)
{
	struct ln_report *report =
		allocate(measure_names(frames, count, names));
	const char *last = NULL;
	size_t used = 0;

	ln_assert(count <= LN_REPORT_FRAMES);
	if (report == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		add_frame(report, &frames[i], names, &last, &used);
	report->more = more;
	if (names != NULL && ln_names_lines(names) != NULL)
		report->lines = ln_lines_keep(ln_names_lines(names));
	ln_text_copy(report->reason, sizeof(report->reason), reason, len);
	return report;
}

struct ln_report *ln_report_plain(const char *reason)
{
	struct ln_report *report = allocate(0);

	if (report != NULL)
		ln_text_copy(report->reason, sizeof(report->reason), reason,
			     strlen(reason));
	return report;
}

struct ln_report *ln_report_retain(struct ln_report *report)
{
	ln_refs_retain(&report->references);
	return report;
}

void ln_report_free(struct ln_report *report)
{
	if (report == NULL || !ln_refs_release(&report->references))
		return;
	ln_lines_drop(report->lines);
	free(report->found);
	free(report);
}

const char *ln_report_reason(const struct ln_report *report)
{
	return report->reason;
}

size_t ln_report_size(const struct ln_report *report)
{
	return report->size;
}

void ln_report_look_up(struct ln_report *report)
{
	size_t offsets[LN_REPORT_FRAMES];

	if (report->lines == NULL)
		return;
	for (size_t i = 0; i < report->count; i++)
		offsets[i] = report->frames[i].offset;
	report->found = calloc(LN_REPORT_FRAMES, sizeof(*report->found));
	if (report->found != NULL)
		(void)ln_lines_try(report->lines, offsets, report->count,
				   report->found);
	ln_lines_drop(report->lines);
	report->lines = NULL;
}

/* Writes a frame's line, without its end, and returns where that is. */
static char *write_frame(const struct ln_report *report, size_t number,
			 char *at)
{
	const struct frame *frame = &report->frames[number];
	char name[LN_TEXT_NAME_SIZE];

	if (frame->len > 0)
		ln_demangle(name, sizeof(name), report->names + frame->name,
			    frame->len);
	else if (frame->function == LN_NAMES_NOWHERE)
		snprintf(name, sizeof(name), "<adapter>");
	else
		snprintf(name, sizeof(name), "<wasm function %u>",
			 frame->function);
	at += sprintf(at, "\n    %zu: ", number);
	if (frame->offset != SIZE_MAX)
		at += sprintf(at, "%#8zx - ", frame->offset);
	at += sprintf(at, "%s!%s", report->names + frame->module, name);
	if (report->found != NULL)
		at += ln_line_print(&report->found[number], at);
	return at;
}

char *ln_report_text(struct ln_report *report)
{
	size_t reason = strlen(report->reason);
	char *text = malloc(reason + (report->count + 1) * LINE_SIZE);
	char *at = text;

	if (text == NULL)
		return NULL;
	ln_report_look_up(report);
	memcpy(at, report->reason, reason + 1);
	at += reason;
	for (size_t i = 0; i < report->count; i++)
		at = write_frame(report, i, at);
	if (report->more)
		memcpy(at, "\n    ...", sizeof("\n    ..."));
	return text;
}
