/*
 * DESIGN
 * Wasmtime's own text has the form
 *
 *   error while executing at wasm backtrace:
 *       0:   0x3c - <unknown>!<wasm function 7>
 *   ...
 *   Caused by:
 *       wasm trap: wasm `unreachable` instruction executed
 *
 * The reason is taken from it. A text of another form is kept: its first line.
 * The frames come from the backtrace itself, as numbers; their names, which the
 * engine does not know, from engine/names.h. They are copied, since the module
 * may be gone when the report is shown.
 */
#include "engine/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/demangle.h"
#include "engine/names.h"

#define CAUSE "Caused by:\n"
#define PREFIX "wasm trap: "
#define FRAMES_MAX 32
#define REASON_SIZE 1024
#define LINE_SIZE (LN_TEXT_NAME_SIZE + LN_NAMES_MODULE_SIZE + 64)

struct frame {
	uint32_t function;
	size_t offset; /* in the module's bytes */
	size_t name;   /* in the texts */
	size_t len;    /* of it; 0: none */
};

struct ln_report {
	size_t size;
	size_t count;
	bool more; /* frames than that */
	char reason[REASON_SIZE];
	char module[LN_NAMES_MODULE_SIZE];
	struct frame frames[FRAMES_MAX];
	char names[];
};

static const char *line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline != NULL ? newline : end;
}

static const char *skip_spaces(const char *at, const char *end)
{
	while (at < end && *at == ' ')
		at++;
	return at;
}

/* Skips "0: " of a numbered cause. */
static const char *skip_number(const char *at, const char *end)
{
	const char *p = at;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	if (p == at || p == end || *p != ':')
		return at;
	return skip_spaces(p + 1, end);
}

/* What Wasmtime says in words that a guest's author would not know. */
static const char *other_words(const char *reason, size_t len)
{
	static const char *const words[][2] = {
		{ "thrown Wasm exception", "uncaught exception" },
		{ "allocation size too large", "no memory for an object" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (len == strlen(words[i][0]) &&
		    memcmp(reason, words[i][0], len) == 0)
			return words[i][1];
	}
	return NULL;
}

/* Finds the line to show. The last cause is the root; others repeat what is
 * known. */
static const char *find_reason(const char *at, const char *end,
			       const char **stop)
{
	const char *cause =
		memmem(at, (size_t)(end - at), CAUSE, strlen(CAUSE));
	const char *reason = at;

	*stop = line_end(at, end);
	for (const char *p = cause != NULL ? cause + strlen(CAUSE) : end;
	     p < end;) {
		const char *next = line_end(p, end);
		const char *word = skip_spaces(p, next);

		if (word < next) {
			reason = skip_number(word, next);
			*stop = next;
		}
		p = next < end ? next + 1 : end;
	}
	if ((size_t)(*stop - reason) > strlen(PREFIX) &&
	    memcmp(reason, PREFIX, strlen(PREFIX)) == 0)
		reason += strlen(PREFIX);
	return reason;
}

static void take_reason(char *out, size_t size, wasmtime_error_t *error,
			wasm_trap_t *trap)
{
	wasm_byte_vec_t message = { 0 };
	const char *reason, *stop, *other;
	size_t len;

	if (trap != NULL)
		wasm_trap_message(trap, &message);
	else
		wasmtime_error_message(error, &message);
	len = message.size;
	if (len > 0 && message.data[len - 1] == '\0')
		len--;
	reason = find_reason(message.data, message.data + len, &stop);
	other = other_words(reason, (size_t)(stop - reason));
	if (other != NULL)
		ln_text_copy(out, size, other, strlen(other));
	else
		ln_text_copy(out, size, reason, (size_t)(stop - reason));
	wasm_byte_vec_delete(&message);
}

static void drop(wasmtime_error_t *error, wasm_trap_t *trap)
{
	if (trap != NULL)
		wasm_trap_delete(trap);
	else
		wasmtime_error_delete(error);
}

/* Bytes of all names of the frames. */
static size_t measure_names(const wasm_frame_vec_t *frames,
			    const struct ln_names *names)
{
	size_t all = 0;

	for (size_t i = 0; i < frames->size && i < FRAMES_MAX; i++) {
		size_t len = 0;

		if (names != NULL)
			ln_names_function(
				names, wasm_frame_func_index(frames->data[i]),
				&len);
		all += len;
	}
	return all;
}

static void add_frame(struct ln_report *report, const wasm_frame_t *from,
		      const struct ln_names *names, size_t *used)
{
	struct frame *frame = &report->frames[report->count++];
	const char *name = NULL;

	frame->function = wasm_frame_func_index(from);
	frame->offset = wasm_frame_module_offset(from);
	if (names != NULL)
		name = ln_names_function(names, frame->function, &frame->len);
	frame->name = *used;
	if (name != NULL && frame->len > 0)
		memcpy(report->names + *used, name, frame->len);
	*used += frame->len;
}

static struct ln_report *allocate(size_t names)
{
	size_t size = sizeof(struct ln_report) + names;
	struct ln_report *report = calloc(1, size);

	if (report != NULL)
		report->size = size;
	return report;
}

struct ln_report *ln_report_new(wasmtime_error_t *error, wasm_trap_t *trap,
				const struct ln_names *names)
{
	struct ln_report *report;
	wasm_frame_vec_t frames;
	size_t used = 0;

	if (trap != NULL)
		wasm_trap_trace(trap, &frames);
	else
		wasmtime_error_wasm_trace(error, &frames);
	report = allocate(measure_names(&frames, names));
	for (size_t i = 0; report != NULL && i < frames.size && i < FRAMES_MAX;
	     i++)
		add_frame(report, frames.data[i], names, &used);
	if (report != NULL) {
		report->more = frames.size > FRAMES_MAX;
		snprintf(report->module, sizeof(report->module), "%s",
			 names != NULL ? ln_names_module(names) : "<unknown>");
		take_reason(report->reason, sizeof(report->reason), error,
			    trap);
	}
	wasm_frame_vec_delete(&frames);
	drop(error, trap);
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

void ln_report_free(struct ln_report *report)
{
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

/* Writes a frame's line, without its end, and returns where that is. */
static char *write_frame(const struct ln_report *report, size_t number,
			 char *at)
{
	const struct frame *frame = &report->frames[number];
	char name[LN_TEXT_NAME_SIZE];

	if (frame->len > 0)
		ln_demangle(name, sizeof(name), report->names + frame->name,
			    frame->len);
	else
		snprintf(name, sizeof(name), "<wasm function %u>",
			 frame->function);
	at += sprintf(at, "\n    %zu: ", number);
	if (frame->offset != SIZE_MAX)
		at += sprintf(at, "%#8zx - ", frame->offset);
	return at + sprintf(at, "%s!%s", report->module, name);
}

char *ln_report_text(const struct ln_report *report)
{
	size_t reason = strlen(report->reason);
	char *text = malloc(reason + (report->count + 1) * LINE_SIZE);
	char *at = text;

	if (text == NULL)
		return NULL;
	memcpy(at, report->reason, reason + 1);
	at += reason;
	for (size_t i = 0; i < report->count; i++)
		at = write_frame(report, i, at);
	if (report->more)
		memcpy(at, "\n    ...", sizeof("\n    ..."));
	return text;
}

char *ln_report_take_reason(wasmtime_error_t *error, wasm_trap_t *trap)
{
	char *reason = malloc(REASON_SIZE);

	if (reason != NULL)
		take_reason(reason, REASON_SIZE, error, trap);
	drop(error, trap);
	return reason;
}

bool ln_report_caller(wasm_trap_t *trap, const struct ln_names *names,
		      uint32_t *function)
{
	wasm_frame_vec_t frames;
	bool found;

	wasm_trap_trace(trap, &frames);
	found = frames.size > 1;
	if (found)
		*function = wasm_frame_func_index(frames.data[1]);
	for (size_t i = 1; i < frames.size && i < FRAMES_MAX; i++) {
		uint32_t at = wasm_frame_func_index(frames.data[i]);

		if (!ln_names_of_library(names, at)) {
			*function = at;
			break;
		}
	}
	wasm_frame_vec_delete(&frames);
	wasm_trap_delete(trap);
	return found;
}
