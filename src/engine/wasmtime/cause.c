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
 * The frames come from the backtrace itself, as numbers.
 *
 * Threads: any; no state.
 */
#include "engine/wasmtime/cause.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/names.h"
#include "engine/refusal.h"
#include "engine/report.h"

#define CAUSE "Caused by:\n"
#define PREFIX "wasm trap: "

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

/* The message of either, to be deleted. */
static wasm_byte_vec_t message_of(wasmtime_error_t *error, wasm_trap_t *trap)
{
	wasm_byte_vec_t message = { 0 };

	if (trap != NULL)
		wasm_trap_message(trap, &message);
	else
		wasmtime_error_message(error, &message);
	return message;
}

/* The part of it that is the reason; it may be another text. */
static const char *reason_in(const wasm_byte_vec_t *message, size_t *len)
{
	size_t size = message->size;
	const char *reason, *stop, *other;

	if (size > 0 && message->data[size - 1] == '\0')
		size--;
	reason = find_reason(message->data, message->data + size, &stop);
	*len = (size_t)(stop - reason);
	other = other_words(reason, *len);
	if (other == NULL)
		return reason;
	*len = strlen(other);
	return other;
}

void ln_cause_drop(wasmtime_error_t *error, wasm_trap_t *trap)
{
	if (trap != NULL)
		wasm_trap_delete(trap);
	if (error != NULL)
		wasmtime_error_delete(error);
}

static size_t read_frames(const wasm_frame_vec_t *from,
			  struct ln_frame frames[LN_REPORT_FRAMES],
			  const struct ln_names *names)
{
	size_t count = 0;

	for (; count < from->size && count < LN_REPORT_FRAMES; count++) {
		const wasm_frame_t *frame = from->data[count];
		size_t offset = wasm_frame_module_offset(frame);
		uint32_t function = ln_names_number(
			names, wasm_frame_func_index(frame), offset);

		/* That of code that the engine has made is none of ours. */
		if (function == LN_NAMES_NOWHERE)
			offset = SIZE_MAX;
		frames[count] = (struct ln_frame){ function, offset };
	}
	return count;
}

struct ln_report *ln_cause_report(wasmtime_error_t *error, wasm_trap_t *trap,
				  const struct ln_names *names)
{
	wasm_byte_vec_t message = message_of(error, trap);
	struct ln_frame frames[LN_REPORT_FRAMES];
	struct ln_report *report;
	wasm_frame_vec_t trace;
	const char *reason;
	size_t len;

	if (trap != NULL)
		wasm_trap_trace(trap, &trace);
	else
		wasmtime_error_wasm_trace(error, &trace);
	reason = reason_in(&message, &len);
	report = ln_report_new(reason, len, frames,
			       read_frames(&trace, frames, names),
			       trace.size > LN_REPORT_FRAMES, names);
	wasm_frame_vec_delete(&trace);
	wasm_byte_vec_delete(&message);
	ln_cause_drop(error, trap);
	return report;
}

int ln_cause_refuse(char **error, const char *what, wasmtime_error_t *cause)
{
	wasm_byte_vec_t message = message_of(cause, NULL);
	size_t len;
	const char *reason = reason_in(&message, &len);
	int code = ln_refuse(error, LN_EFORMAT, "%s: %.*s", what,
			     len < INT32_MAX ? (int)len : INT32_MAX, reason);

	wasm_byte_vec_delete(&message);
	ln_cause_drop(cause, NULL);
	return code;
}

int ln_cause_refuse_component(char **error, wasmtime_error_t *cause)
{
	static const char newer[] = "the component model async";
	wasm_byte_vec_t message = message_of(cause, NULL);
	size_t len;
	const char *reason = reason_in(&message, &len);
	bool is_newer = memmem(reason, len, newer, sizeof(newer) - 1) != NULL;

	wasm_byte_vec_delete(&message);
	if (!is_newer)
		return ln_cause_refuse(error, "the component is not valid",
				       cause);
	ln_cause_drop(cause, NULL);
	return ln_refuse(error, LN_EFORMAT,
			 "the component is made for WASI 0.3, whose async "
			 "functions, streams and futures this version of "
			 "lunatic does not provide; build it for WASI 0.2");
}

/* The name in backquotes behind a word in a text; NULL: there is none. */
static const char *quoted(const char *at, const char *end, const char *word,
			  size_t *len)
{
	const char *found = memmem(at, (size_t)(end - at), word, strlen(word));
	const char *stop;

	if (found == NULL)
		return NULL;
	found += strlen(word);
	stop = memchr(found, '`', (size_t)(end - found));
	if (stop == NULL)
		return NULL;
	*len = (size_t)(stop - found);
	return found;
}

/* Wasmtime's text is "component imports instance `wasi:x/y@0.2.0`, but a ...",
 * and of its causes one "instance export `name` has the wrong type", the last
 * one why: "function implementation is missing", a type, and so on. */
int ln_cause_refuse_import(char **error, wasmtime_error_t *cause)
{
	wasm_byte_vec_t message = message_of(cause, NULL);
	const char *end = message.data + message.size;
	static const char missing[] = "is missing";
	size_t interface_len = 0, name_len = 0, len;
	const char *interface =
		quoted(message.data, end, "component imports instance `",
		       &interface_len);
	const char *name =
		quoted(message.data, end, "instance export `", &name_len);
	const char *reason = reason_in(&message, &len);
	bool lacks = memmem(reason, len, missing, sizeof(missing) - 1) != NULL;
	int code;

	if (interface == NULL || name == NULL)
		code = ln_refuse(error, LN_EINVAL,
				 "the component cannot be linked: %.*s",
				 ln_refuse_shown(reason, len), reason);
	else if (lacks)
		code = ln_refuse(error, LN_EINVAL,
				 "the component imports `%.*s` of `%.*s`, "
				 "which this version of lunatic does not "
				 "provide",
				 ln_refuse_shown(name, name_len), name,
				 ln_refuse_shown(interface, interface_len),
				 interface);
	else
		code = ln_refuse(error, LN_EINVAL,
				 "the component imports `%.*s` of `%.*s` as "
				 "another type than it has here: %.*s",
				 ln_refuse_shown(name, name_len), name,
				 ln_refuse_shown(interface, interface_len),
				 interface, len < 1000 ? (int)len : 1000,
				 reason);
	wasm_byte_vec_delete(&message);
	ln_cause_drop(cause, NULL);
	return code;
}

size_t ln_cause_callers(wasm_trap_t *trap, uint32_t *functions, size_t *offsets,
			size_t max)
{
	wasm_frame_vec_t trace;
	size_t count = 0;

	wasm_trap_trace(trap, &trace);
	for (; count < max && count + 1 < trace.size; count++) {
		const wasm_frame_t *frame = trace.data[count + 1];

		functions[count] = wasm_frame_func_index(frame);
		if (offsets != NULL)
			offsets[count] = wasm_frame_module_offset(frame);
	}
	wasm_frame_vec_delete(&trace);
	wasm_trap_delete(trap);
	return count;
}
