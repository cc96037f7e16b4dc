/*
 * References to processes in frames: the node of the process, as seen by the
 * writing node, and its id.
 */
#ifndef LN_NODE_REFERENCE_H
#define LN_NODE_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "node/payload.h"
#include "node/wire.h"

struct ln_peer;
struct ln_process;

#define LN_REFERENCE_MOST 33

/* Encodes a reference for `to` and returns its length. This makes a local
 * process known to other nodes. NULL stands for none. LN_ENOMEM. */
int ln_reference_encode(struct ln_peer *to, struct ln_process *process,
			uint8_t bytes[LN_REFERENCE_MOST]);

/* The length of the encoding. */
size_t ln_reference_size(struct ln_peer *to, struct ln_process *process);

/* Writes one; on failure the writer fails. */
void ln_reference_put(struct ln_writer *writer, struct ln_peer *to,
		      struct ln_process *process);

/* Reads a reference that `from` has written; *process is a reference for the
 * caller, NULL for none. For a process of this node it is the local process or,
 * if that has ended, a proxy that behaves like it. LN_EFORMAT, LN_ENOMEM,
 * LN_ELIMIT: too many processes of other nodes are known. */
int ln_reference_get(struct ln_unpack *frame, struct ln_peer *from,
		     struct ln_process **process);

/* Skips a reference. */
void ln_reference_skip(struct ln_unpack *frame);

#endif
