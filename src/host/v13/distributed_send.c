/* lunatic::distributed: messages to processes of other nodes, by ids. */
#include "base/error.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/messages.h"
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
	(void)ln_host_put(guest, process, message, LN_NEVER);
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

/* The same as ln_messages_send_numbered, for a guest that may be traced. */
static int send_numbered(struct ln_guest *guest, struct ln_peer *peer,
			 uint64_t process, struct ln_message *message,
			 int64_t deadline)
{
	int64_t tag = message->tag;
	uint64_t size = message->size;
	int error = ln_messages_send_numbered(peer, process, message, deadline);

	if (ln_process_is_traced(guest->process))
		ln_trace_sent(guest->process, NULL, tag, size, error);
	return error;
}

/* Sends the message of the scratch area. LN_ETIMEDOUT, or why the guest ends.
 */
static int send(struct ln_guest *guest, uint64_t node, uint64_t process,
		int64_t deadline, uint32_t *result)
{
	struct ln_message *message = ln_host_scratch_take(guest);
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
	error = send_numbered(guest, peer, process, message, deadline);
	ln_peer_release(peer);
	if (error == LN_EDEAD)
		return 0;
	*result = SENT;
	return error < 0 ? ln_host_send_failed(guest, message, error) : 0;
}

int ln_host_v13_distributed_send(struct ln_guest *guest, uint64_t node,
				 uint64_t process, uint32_t *result)
{
	int error;

	if (ln_host_scratch_data(guest) == NULL)
		return ln_host_no_message(guest);
	error = send(guest, node, process, LN_NEVER, result);
	ln_instance_resumed(guest->instance);
	return error;
}

int ln_host_v13_distributed_send_receive_skip_search(
	struct ln_guest *guest, uint64_t node, uint64_t process, int64_t tag,
	uint64_t timeout, uint32_t *result)
{
	int64_t deadline = ln_host_deadline_long(timeout);
	struct ln_message *message = NULL;
	int error;

	if (ln_host_scratch_data(guest) == NULL)
		return ln_host_no_message(guest);
	ln_process_skip(guest->process);
	error = send(guest, node, process, deadline, result);
	if (error == 0 && *result != SENT)
		return 0;
	if (error == 0)
		error = ln_host_receive(guest, (const uint8_t *)&tag, 1,
					deadline, true, &message);
	error = ln_host_received(guest, error, message, result);
	/* What it is, is not told. */
	if (error == 0 && *result != LN_HOST_TIMED_OUT)
		*result = LN_HOST_RECEIVED_DATA;
	ln_instance_resumed(guest->instance);
	return error;
}

int ln_host_v13_distributed_push_process(struct ln_guest *guest, uint64_t node,
					 uint64_t process, uint64_t *result)
{
	struct ln_process *value;

	if (ln_host_scratch_data(guest) == NULL)
		return ln_host_no_message(guest);
	value = ln_v13_find_at(guest, node, process);
	*result = UINT64_MAX;
	if (value == NULL)
		return 0;
	return ln_host_push_value(guest, LN_RESOURCE_PROCESS, value, result);
}

int ln_host_v13_distributed_take_process(struct ln_guest *guest, uint64_t index,
					 uint8_t *node, uint64_t *result)
{
	struct ln_process *process =
		ln_host_take_value(guest, LN_RESOURCE_PROCESS, index);
	uint64_t at = 0;
	int error;

	if (process == NULL)
		return LN_ETRAP;
	error = ln_v13_address(guest, process, &at, result);
	ln_process_release(process);
	if (error == LN_ENOENT) {
		*result = 0;
		error = 0;
	}
	ln_host_put_id(node, at);
	return error;
}
