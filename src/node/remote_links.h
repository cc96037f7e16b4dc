/*
 * Links across nodes. Both nodes store the link with both tags, so each can
 * tell its own process when the other process, or its node, is gone.
 */
#ifndef LN_NODE_REMOTE_LINKS_H
#define LN_NODE_REMOTE_LINKS_H

#include <stdbool.h>
#include <stdint.h>

struct ln_peer;
struct ln_process;
struct ln_proxy;

/* The functions of struct ln_remote_class that concern links. */
int ln_remote_links_link(struct ln_process *self, struct ln_process *remote,
			 int64_t self_tag, int64_t peer_tag);
void ln_remote_links_unlink(struct ln_process *self, struct ln_process *remote);
void ln_remote_links_ended(struct ln_process *remote, struct ln_process *ended,
			   bool failed);
void ln_remote_links_kill(struct ln_process *remote);

/* Enters a link on this side only; the caller makes sure that the other node
 * does the same. `process` is told `process_tag` when the remote one fails, and
 * that one is told `remote_tag`. Only while the session of that number (see
 * ln_peer_session) is up, otherwise LN_EIO. LN_EDEAD: the process has ended,
 * *failed tells how; LN_ELIMIT, LN_ENOMEM. */
int ln_remote_links_enter(struct ln_process *process, struct ln_proxy *remote,
			  uint64_t session, int64_t process_tag,
			  int64_t remote_tag, bool *failed);

/* Tells a peer that the process `from` of this node has ended, to which the
 * peer may have linked its process `to`. */
void ln_remote_links_answer_ended(struct ln_peer *peer, const uint8_t from[16],
				  const uint8_t to[16], bool failed);

#endif
