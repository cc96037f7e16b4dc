/*
 * The control protocol (control/session.h) for a client that asks one question
 * and waits for the whole answer: so the page shows the same as `lunatic ps`.
 */
#ifndef LN_OBSERVE_BRIDGE_H
#define LN_OBSERVE_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>

struct ln_bytes;
struct ln_control;

/* Whether a method reads, or acts. */
enum ln_bridge_kind { LN_BRIDGE_READ, LN_BRIDGE_ACT };

/* Passes a request, which comes from anybody, on, and adds the lines that
 * answer it. Only methods of the kind that pages may ask for are. False: it was
 * refused, and what was added tells why. Waits for the answer, a bounded time;
 * in a thread that is no worker. */
bool ln_bridge_ask(struct ln_control *control, enum ln_bridge_kind kind,
		   const char *request, size_t len, struct ln_bytes *answer);

#endif
