/*
 * Links across nodes. Both nodes know the link, each with both tags; so each
 * can tell its own process when the other one, or its whole node, is gone.
 */
#ifndef LN_NODE_LINKS_H
#define LN_NODE_LINKS_H

#include <stdbool.h>
#include <stdint.h>

struct ln_peer;
struct ln_process;
struct ln_proxy;

/* The functions of struct ln_remote_class that concern links. */
int ln_links_link(struct ln_process *self, struct ln_process *remote,
		  int64_t self_tag, int64_t peer_tag);
void ln_links_unlink(struct ln_process *self, struct ln_process *remote);
void ln_links_ended(struct ln_process *remote, struct ln_process *ended,
		    bool failed);
void ln_links_kill(struct ln_process *remote);

/* Enters a link on this side only, for who arranges with the other node that it
 * does the same: `process` is told `process_tag` when the remote one fails, and
 * that one is told `remote_tag`. Only while the session of that number (see
 * ln_peer_session) is up: LN_EIO when it is not. LN_EDEAD: the process has
 * ended, *failed says how; LN_ELIMIT, LN_ENOMEM. */
int ln_links_enter(struct ln_process *process, struct ln_proxy *remote,
		   uint64_t session, int64_t process_tag, int64_t remote_tag,
		   bool *failed);

/* Tells a peer that the process `from` of this node has ended, which it may
 * have taken to be linked to its process `to`. */
void ln_links_answer_ended(struct ln_peer *peer, const uint8_t from[16],
			   const uint8_t to[16], bool failed);

#endif
