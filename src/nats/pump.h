/*
 * A task that moves what a connection with a NATS server sends and receives. It
 * is the library's event loop (natsOptions_SetEventLoop): the library has no
 * threads in the way of messages, and never waits for the socket. So a message
 * takes no more hand-overs between threads than over a socket of our own.
 *
 * Not for TLS: there the library waits for the rest of a record.
 */
#ifndef LN_NATS_PUMP_H
#define LN_NATS_PUMP_H

#include <stdint.h>

#include "nats/library.h"

#if LUNATIC_NATS

struct ln_nats_hub;
struct ln_nats_line;
struct ln_nats_pump;
struct ln_runtime;
struct ln_task;

/* A pump for the next connection. NULL: no memory. */
struct ln_nats_pump *ln_nats_pump_new(const struct ln_nats_library *library,
				      struct ln_nats_hub *hub,
				      struct ln_runtime *runtime);

/* Not before it has ended, and the connection with it. NULL is fine. */
void ln_nats_pump_free(struct ln_nats_pump *pump);

/* Makes it the event loop of a connection that is made with the options. */
natsStatus ln_nats_pump_set(struct ln_nats_pump *pump, natsOptions *options);

/* Starts the task, once the connection is made. When nothing can be sent any
 * more `lost` is called, by the task. LN_ENOMEM, LN_ELIMIT, LN_EIO. */
int ln_nats_pump_start(struct ln_nats_pump *pump, natsConnection *connection,
		       void (*lost)(void *argument), void *argument);

/* The task, which publishes what the hub has; stays until the pump ends. */
struct ln_task *ln_nats_pump_task(struct ln_nats_pump *pump);

/* What it is to hand to the hub; not changed any more. */
void ln_nats_pump_take_from(struct ln_nats_pump *pump, natsSubscription *inbox);

/* Waits until all that the hub had has been handed to the library, or for the
 * deadline. */
void ln_nats_pump_settle(struct ln_nats_pump *pump, int64_t deadline);

/* Ends the task, and waits for that. The hub no longer wakes it. Fine if it was
 * not started. */
void ln_nats_pump_end(struct ln_nats_pump *pump);

#endif
#endif
