/*
 * DESIGN
 * Wasmtime's own text has the form
 *
 *   error while executing at wasm backtrace:
 *       0:   0x3c - <unknown>!f
 *   ...
 *   Caused by:
 *       wasm trap: wasm `unreachable` instruction executed
 *
 * with names already demangled. Its pieces are put in the order in which a
 * person asks: the reason first. A text of another form is kept as it is.
 */
#include "engine/report.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TRACE "wasm backtrace:\n"
#define CAUSE "Caused by:\n"
#define PREFIX "wasm trap: "
#define MOST_FRAMES 32
#define EXTRA ((size_t)256) /* for what rearranging adds */

struct text {
	char *data;
	size_t len;
	size_t room;
};

static void add(struct text *text, const char *piece, size_t len)
{
	if (text->data == NULL)
		return;
	if (len > text->room - text->len - 1)
		len = text->room - text->len - 1;
	memcpy(text->data + text->len, piece, len);
	text->len += len;
	text->data[text->len] = '\0';
}

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

static const char *find(const char *at, const char *end, const char *needle)
{
	return memmem(at, (size_t)(end - at), needle, strlen(needle));
}

/* Skips "0: " of a numbered cause or frame. */
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

/* The last cause is the root; others repeat what is known. */
static void add_reason(struct text *text, const char *at, const char *end)
{
	const char *cause = find(at, end, CAUSE);
	const char *reason = at;
	const char *stop = line_end(at, end);
	const char *other;

	if (cause != NULL) {
		for (const char *p = cause + strlen(CAUSE); p < end;) {
			const char *next = line_end(p, end);
			const char *word = skip_spaces(p, next);

			if (word < next) {
				reason = skip_number(word, next);
				stop = next;
			}
			p = next < end ? next + 1 : end;
		}
	}
	if ((size_t)(stop - reason) > strlen(PREFIX) &&
	    memcmp(reason, PREFIX, strlen(PREFIX)) == 0)
		reason += strlen(PREFIX);
	other = other_words(reason, (size_t)(stop - reason));
	if (other != NULL)
		add(text, other, strlen(other));
	else
		add(text, reason, (size_t)(stop - reason));
}

static void add_frames(struct text *text, const char *at, const char *end)
{
	int frames = 0;

	while (at < end) {
		const char *next = line_end(at, end);
		const char *word = skip_spaces(at, next);

		if (word == next || *word < '0' || *word > '9')
			return;
		if (frames++ == MOST_FRAMES) {
			add(text, "\n    ...", 8);
			return;
		}
		add(text, "\n    ", 5);
		add(text, word, (size_t)(next - word));
		at = next < end ? next + 1 : end;
	}
}

static char *rearrange(const char *message, size_t len)
{
	const char *end = message + len;
	const char *trace = find(message, end, TRACE);
	struct text text = { .room = len + EXTRA };

	text.data = malloc(text.room);
	if (text.data == NULL)
		return NULL;
	text.data[0] = '\0';
	add_reason(&text, message, end);
	if (trace != NULL)
		add_frames(&text, trace + strlen(TRACE), end);
	return text.data;
}

char *ln_report_new(wasmtime_error_t *error, wasm_trap_t *trap)
{
	wasm_byte_vec_t message = { 0 };
	char *text;

	if (trap != NULL) {
		wasm_trap_message(trap, &message);
		wasm_trap_delete(trap);
	} else {
		wasmtime_error_message(error, &message);
		wasmtime_error_delete(error);
	}
	text = rearrange(message.data,
			 message.size > 0 &&
					 message.data[message.size - 1] == '\0'
				 ? message.size - 1
				 : message.size);
	wasm_byte_vec_delete(&message);
	return text;
}

/* Finds the name in "0:   0x3c - module!name", or a part of that. */
static char *frame_name(const char *at, const char *end)
{
	const char *dash = find(at, end, " - ");
	const char *mark;

	if (dash != NULL)
		at = dash + 3;
	mark = memchr(at, '!', (size_t)(end - at));
	if (mark != NULL)
		at = mark + 1;
	return at < end ? strndup(at, (size_t)(end - at)) : NULL;
}

char *ln_report_caller(wasm_trap_t *trap)
{
	wasm_byte_vec_t message = { 0 };
	const char *line;
	const char *end;
	char *name = NULL;

	wasm_trap_message(trap, &message);
	wasm_trap_delete(trap);
	end = message.data + message.size;
	line = find(message.data, end, TRACE);
	if (line != NULL)
		line = memchr(line + strlen(TRACE), '\n',
			      (size_t)(end - line) - strlen(TRACE));
	if (line != NULL) {
		const char *word = skip_spaces(line + 1, end);

		if (word < end && *word >= '0' && *word <= '9')
			name = frame_name(word, line_end(word, end));
	}
	wasm_byte_vec_delete(&message);
	return name;
}
