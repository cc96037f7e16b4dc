/*
 * Numbers of nodes and processes. That of a node is the beginning of its
 * incarnation, which is random: 1,024 nodes collide once in 2^44 clusters, and
 * then one of the two is not found.
 */
#include "node/numbers.h"

#include <string.h>

#include "node/node.h"
#include "node/peer.h"
#include "node/session.h"
#include "process/environment.h"
#include "process/lookup.h"
#include "process/process.h"

static uint64_t number_of(const uint8_t *incarnation)
{
	uint64_t number;

	memcpy(&number, incarnation, sizeof(number));
	return number != 0 ? number : 1;
}

uint64_t ln_node_number(const struct ln_node_id *id)
{
	return number_of(id->incarnation);
}

uint64_t ln_peer_number(const struct ln_peer *peer)
{
	return number_of(peer->entry.id);
}

size_t ln_local_node_numbers(struct ln_local_node *node, uint64_t *numbers,
			     size_t max)
{
	size_t count = 1;

	if (max > 0)
		numbers[0] = ln_node_number(&node->id);
	ln_lock_acquire(&node->lock);
	ln_list_for_each (at, &node->sessions) {
		const struct ln_session *session =
			ln_container_of(at, struct ln_session, siblings);

		if (count < max)
			numbers[count] = ln_node_number(&session->id);
		count++;
	}
	ln_lock_release(&node->lock);
	return count;
}

bool ln_local_node_name(struct ln_local_node *node, uint64_t number,
			char name[LN_NODE_NAME_MAX + 1])
{
	bool found = ln_node_number(&node->id) == number;

	if (found)
		memcpy(name, node->id.name, sizeof(node->id.name));
	ln_lock_acquire(&node->lock);
	ln_list_for_each (at, &node->sessions) {
		const struct ln_session *session =
			ln_container_of(at, struct ln_session, siblings);

		if (!found && ln_node_number(&session->id) == number) {
			memcpy(name, session->id.name,
			       sizeof(session->id.name));
			found = true;
			break;
		}
	}
	ln_lock_release(&node->lock);
	return found;
}

struct ln_peer *ln_local_node_numbered(struct ln_local_node *node,
				       uint64_t number)
{
	struct ln_peer *peer = NULL;

	ln_lock_acquire(&node->lock);
	ln_list_for_each (at, &node->sessions) {
		const struct ln_session *session =
			ln_container_of(at, struct ln_session, siblings);

		if (ln_node_number(&session->id) == number) {
			peer = ln_peer_retain(session->peer);
			break;
		}
	}
	ln_lock_release(&node->lock);
	return peer;
}

bool ln_local_node_admits(const struct ln_local_node *node,
			  const struct ln_environment *environment)
{
	const struct ln_environment *program = node->environment;

	return program != NULL && environment->family == program->family;
}

struct ln_process *ln_local_node_process(struct ln_local_node *node,
					 uint64_t number)
{
	struct ln_process *process = ln_process_find(node->runtime, number);

	if (process == NULL || ln_local_node_admits(node, process->environment))
		return process;
	ln_process_release(process);
	return NULL;
}

void ln_number_to_id(uint64_t number, uint8_t id[LN_ID_SIZE])
{
	memcpy(id, &number, sizeof(number));
	memset(id + sizeof(number), 0, LN_ID_SIZE - sizeof(number));
}

uint64_t ln_number_of_id(const uint8_t id[LN_ID_SIZE])
{
	static const uint8_t zeros[LN_ID_SIZE - sizeof(uint64_t)];
	uint64_t number;

	if (memcmp(id + sizeof(number), zeros, sizeof(zeros)) != 0)
		return 0;
	memcpy(&number, id, sizeof(number));
	return number;
}
