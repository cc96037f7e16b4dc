/*
 * References to processes in frames: the node of the process, as seen by the
 * writing node, and its id.
 */
#ifndef LN_NODE_REFERENCE_H
#define LN_NODE_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "node/codec.h"
#include "node/frame_encoder.h"

struct ln_peer;
struct ln_process;

#define LN_REFERENCE_MAX 33

/* Encodes a reference for `to` and returns its length. This makes a local
 * process known to other nodes. NULL stands for none. LN_ENOMEM. */
int ln_reference_encode(struct ln_peer *to, struct ln_process *process,
			uint8_t bytes[LN_REFERENCE_MAX]);

/* The length of the encoding. */
size_t ln_reference_size(struct ln_peer *to, struct ln_process *process);

/* Writes one; on failure the writer fails. */
void ln_reference_put(struct ln_frame_encoder *writer, struct ln_peer *to,
		      struct ln_process *process);

/* Reads a reference that `from` has written; *process is a reference for the
 * caller, NULL for none. For a process of this node it is the local process or,
 * if that has ended, a proxy that behaves like it. LN_EFORMAT, LN_ENOMEM,
 * LN_ELIMIT: too many processes of other nodes are known. */
int ln_reference_get(struct ln_decoder *frame, struct ln_peer *from,
		     struct ln_process **process);

#endif
