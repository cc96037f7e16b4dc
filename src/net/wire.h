/*
 * A stream of bytes to another program that is not a socket, for TLS to run
 * over (ln_tls_new_over). Calls that transfer park, so they are for tasks only;
 * one task may read while another one writes.
 */
#ifndef LN_NET_WIRE_H
#define LN_NET_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct ln_wire;

struct ln_wire_class {
	/* Reads the available bytes, at most `len`, and waits while there are
	 * none; *count is 0 at the end of the stream. LN_EIO: *reason is a
	 * text that stays; LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM. */
	int (*read)(struct ln_wire *wire, void *data, size_t len,
		    int64_t deadline, size_t *count, const char **reason);

	/* Writes a part, at least one byte, and waits while there is no room.
	 * Errors likewise. */
	int (*write)(struct ln_wire *wire, const void *data, size_t len,
		     int64_t deadline, size_t *count, const char **reason);

	/* Ends both directions: calls return soon, reading with the end of the
	 * stream. Any thread, any number of times, under any lock. */
	void (*shutdown)(struct ln_wire *wire);

	/* The owner's last call; no other call is under way. */
	void (*release)(struct ln_wire *wire);
};

/* Each kind embeds this. */
struct ln_wire {
	const struct ln_wire_class *class;
};

#endif
