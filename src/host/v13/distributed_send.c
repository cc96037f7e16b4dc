/* lunatic::distributed: messages to processes of other nodes, by ids. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "host/v13/find.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/peer.h"
#include "node/request.h"
#include "process/environment.h"
#include "process/message.h"
#include "process/process.h"
#include "process/runtime.h"

/* Results of sending. */
#define SENT LN_HOST_DONE
#define NO_PROCESS 1u
#define NO_NODE 2u

static void refund_scratch(struct ln_guest *guest)
{
	if (!guest->scratch_counts)
		return;
	ln_guest_forget(guest, guest->scratch_kept);
	guest->scratch_kept = 0;
	guest->scratch_counts = false;
}

/* Takes the message of data out of the scratch area; NULL: trap. */
static struct ln_message *outgoing(struct ln_guest *guest)
{
	struct ln_message *message = guest->scratch;

	if (message == NULL || message->kind != LN_MESSAGE_DATA) {
		ln_guest_trap(guest, message == NULL
					     ? "no message is being worked on"
					     : "the message is a signal, it "
					       "has no data");
		return NULL;
	}
	refund_scratch(guest);
	guest->scratch = NULL;
	return message;
}

/* Puts a message that was received there. */
static void set_scratch(struct ln_guest *guest, struct ln_message *message)
{
	refund_scratch(guest);
	ln_message_free(guest->scratch);
	guest->scratch = message;
	guest->scratch_counts = true;
	guest->scratch_kept = ln_message_weight(message);
	ln_guest_keep_anyway(guest, guest->scratch_kept);
}

/* What cannot leave the node; frees the message. */
static int refuse(struct ln_guest *guest, struct ln_message *message)
{
	const char *noun = ln_message_bound_class(message)->noun;

	ln_message_free(message);
	return ln_guest_trap(guest,
			     "a %s cannot be sent to a process of another node",
			     noun);
}

static int send_here(struct ln_guest *guest, uint64_t id,
		     struct ln_message *message, uint32_t *result)
{
	struct ln_process *process = ln_v13_find(guest, id);

	*result = process != NULL ? SENT : NO_PROCESS;
	if (process == NULL) {
		ln_message_free(message);
		return 0;
	}
	/* Delivery is not promised. */
	(void)ln_process_send(process, message);
	ln_process_release(process);
	return 0;
}

/* The other node, if messages can be sent to its processes by ids; NULL: not.
 */
static struct ln_peer *find_peer(struct ln_guest *guest, uint64_t id)
{
	struct ln_local_node *node = guest->environment->runtime->node;
	struct ln_peer *peer;

	if (node == NULL || !ln_local_node_admits(node, guest->environment))
		return NULL;
	peer = ln_local_node_numbered(node, id);
	if (peer == NULL || ln_peer_version(peer) >= LN_NUMBERS_VERSION)
		return peer;
	ln_peer_release(peer);
	return NULL;
}

/* Sends a message, which it takes over. LN_ETIMEDOUT, or why the guest ends. */
static int send(struct ln_guest *guest, uint64_t node, uint64_t process,
		struct ln_message *message, int64_t deadline, uint32_t *result)
{
	struct ln_peer *peer;
	int error;

	if (node == ln_v13_node_id(guest))
		return send_here(guest, process, message, result);
	*result = NO_NODE;
	peer = find_peer(guest, node);
	if (peer == NULL) {
		ln_message_free(message);
		return 0;
	}
	error = ln_messages_send_numbered(peer, process, message, deadline);
	ln_peer_release(peer);
	if (error == LN_EINVAL)
		return refuse(guest, message);
	if (error == LN_EDEAD)
		return 0;
	if (error == 0)
		*result = SENT;
	return error;
}

int ln_host_v13_distributed_send(struct ln_guest *guest, uint64_t node,
				 uint64_t process, uint32_t *result)
{
	struct ln_message *message = outgoing(guest);
	int error;

	if (message == NULL)
		return LN_ETRAP;
	error = send(guest, node, process, message, LN_NEVER, result);
	ln_instance_resumed(guest->instance);
	return error;
}

/* Receives the answer; a metered guest pays for the search. */
static int receive(struct ln_guest *guest, int64_t tag, int64_t deadline)
{
	struct ln_process *self = guest->process;
	uint64_t before = self->mailbox.compared;
	struct ln_message *message;
	uint8_t bytes[sizeof(tag)];
	int error;

	memcpy(bytes, &tag, sizeof(tag));
	error = ln_process_receive(self, bytes, 1, deadline, true, &message);
	ln_guest_pay(guest, self->mailbox.compared - before);
	if (error == 0)
		set_scratch(guest, message);
	return error;
}

int ln_host_v13_distributed_send_receive_skip_search(
	struct ln_guest *guest, uint64_t node, uint64_t process, uint64_t tag,
	uint64_t timeout, uint32_t *result)
{
	int64_t deadline =
		timeout == UINT64_MAX ? LN_NEVER : ln_time_after_ms(timeout);
	struct ln_message *message = outgoing(guest);
	int error;

	if (message == NULL)
		return LN_ETRAP;
	ln_process_skip(guest->process);
	error = send(guest, node, process, message, deadline, result);
	if (error == 0 && *result == SENT)
		error = receive(guest, (int64_t)tag, deadline);
	ln_instance_resumed(guest->instance);
	if (error != LN_ETIMEDOUT)
		return error;
	*result = LN_HOST_TIMED_OUT;
	return 0;
}
