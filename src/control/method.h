/*
 * What may be asked for over the control socket, as data: a method is a row
 * with its name, its help, its arguments, and what answers it. All are in the
 * table of methods.c. docs/control.md says what each takes and gives.
 *
 * A request is answered in steps, in the control thread: `begin` reads the
 * arguments, then `step` is called until the request is over. A step works for
 * some hundred microseconds, waits for nobody, and may add items; it is not
 * called while the client has not read what there is. The request is over when
 * a step has given its result or its error.
 */
#ifndef LN_CONTROL_METHOD_H
#define LN_CONTROL_METHOD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_control;
struct ln_control_feed;
struct ln_control_request;

enum ln_control_kind {
	LN_CONTROL_NUMBER, /* an integer from `min` to `max` */
	LN_CONTROL_TEXT,   /* `min` to `max` bytes of UTF-8 without zeros */
	LN_CONTROL_BOOL,
};

/* One argument. Values that are not as it says never reach the method. */
struct ln_control_argument {
	const char *name;
	enum ln_control_kind kind;
	int64_t min;
	int64_t max;
	bool needed;
	const char *help;
};

struct ln_control_method {
	const char *name;
	const char *help; /* one sentence, without its dot */
	const struct ln_control_argument *arguments; /* to one without name;
						      * NULL: none */
	size_t state; /* bytes that a request has for itself, zeros at first */
	/* May end the request. NULL: nothing to do. */
	void (*begin)(struct ln_control_request *request);
	void (*step)(struct ln_control_request *request);
	/* Frees what the state holds. Called once, whatever has happened; NULL:
	 * nothing to do. */
	void (*end)(struct ln_control_request *request);
};

/* All of them, to NULL. */
extern const struct ln_control_method *const ln_control_methods[];

/* ---- For methods: only in the control thread ---- */

struct ln_control *ln_control_of(struct ln_control_request *request);
void *ln_control_state(struct ln_control_request *request);

/* The value of an argument, or what else when it was not given. A text stays
 * until the request is over. */
int64_t ln_control_number(const struct ln_control_request *request,
			  const char *name, int64_t otherwise);
const char *ln_control_text(const struct ln_control_request *request,
			    const char *name, const char *otherwise);
bool ln_control_bool(const struct ln_control_request *request,
		     const char *name);

/* Adds an item to the answer. Takes the reference; NULL, as jansson gives when
 * memory is short, ends the request with an error. */
void ln_control_item(struct ln_control_request *request, json_t *item);

/* Ends the request with its result; likewise. */
void ln_control_result(struct ln_control_request *request, json_t *result);

/* Ends the request with an error: a word for programs, such as "no-process",
 * and a sentence for people, without a dot, that tells what to do. It is
 * cleaned. */
void ln_control_fail(struct ln_control_request *request, const char *code,
		     const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Has the next step come at `deadline`, or earlier, when ln_control_wake is
 * called or a feed has something. By a step, which is called at once otherwise.
 */
void ln_control_wait(struct ln_control_request *request, int64_t deadline);

/* Whether the client has not read so much that a step should end. */
bool ln_control_is_full(const struct ln_control_request *request);

/* ---- For streams that others fill ---- */

/* Lines from any thread to one request: a queue, bounded in bytes. Who adds
 * never waits: what does not fit is dropped, and the client is told how many.
 * References are counted: the request has one, those who add have theirs. */

/* With one reference, the caller's; NULL: memory is short. */
struct ln_control_feed *ln_control_feed_new(struct ln_control *control,
					    size_t max);
struct ln_control_feed *ln_control_feed_retain(struct ln_control_feed *feed);
void ln_control_feed_release(struct ln_control_feed *feed);

/* Adds a JSON text of one line, without its end. False: it was dropped, or the
 * feed is closed. Any thread, also on a fiber; takes a lock for the copy. */
bool ln_control_feed_push(struct ln_control_feed *feed, const char *text,
			  size_t len);

/* Whether the request is over, so that nothing need be added any more. Any
 * thread. */
bool ln_control_feed_closed(const struct ln_control_feed *feed);

/* Whether half of the bound or more is taken. Any thread. */
bool ln_control_feed_crowded(struct ln_control_feed *feed);

/* The oldest line, as a text to be freed; NULL: none. *lost: how many were lost
 * before it, or, without a line, behind the last one. In the control thread. */
char *ln_control_feed_take(struct ln_control_feed *feed, size_t *len,
			   int64_t *lost);

/* Moves lines to the client as items, as many as it has room for, and tells of
 * lost ones. True: there were some. In the control thread. */
bool ln_control_feed_drain(struct ln_control_feed *feed,
			   struct ln_control_request *request);

/* To be called by `end`: closes the feed, and drops the request's reference. */
void ln_control_feed_close(struct ln_control_feed *feed);

#endif
