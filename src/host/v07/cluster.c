/* lunatic::cluster: the nodes. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/peer.h"
#include "node/program.h"
#include "node/services.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/runtime.h"

#define NODES_MAX 1025u /* that can be connected, with the own one */

#define NO_NODE 4u

static struct ln_local_node *node_of(const struct ln_guest *guest)
{
	return guest->environment->runtime->node;
}

int ln_host_cluster_node(struct ln_guest *guest, uint64_t *result)
{
	const struct ln_local_node *node = node_of(guest);

	*result = node != NULL ? ln_node_number(&node->id) : 0;
	return 0;
}

int ln_host_cluster_nodes(struct ln_guest *guest, struct ln_array numbers,
			  uint32_t *result)
{
	struct ln_local_node *node = node_of(guest);
	size_t max = numbers.count < NODES_MAX ? numbers.count : NODES_MAX;
	uint64_t *copy;
	size_t count;

	*result = 0;
	if (node == NULL)
		return 0;
	/* The guest's memory may be unaligned. */
	copy = malloc((max + 1) * sizeof(*copy));
	if (copy == NULL)
		return LN_ENOMEM;
	count = ln_local_node_numbers(node, copy, max);
	if (max > 0)
		memcpy(numbers.data, copy,
		       (count < max ? count : max) * sizeof(*copy));
	free(copy);
	*result = (uint32_t)count;
	return 0;
}

/* Copies what fits, and gives the length of the whole. */
static void give_text(struct ln_buffer to, const char *text, uint32_t *result)
{
	size_t len = strlen(text);

	if (to.len > 0)
		memcpy(to.data, text, len < to.len ? len : to.len);
	*result = (uint32_t)len;
}

int ln_host_cluster_node_name(struct ln_guest *guest, uint64_t number,
			      struct ln_buffer name, uint32_t *result)
{
	struct ln_local_node *node = node_of(guest);
	char text[LN_NODE_NAME_MAX + 1];

	*result = UINT32_MAX;
	if (node != NULL && ln_local_node_name(node, number, text))
		give_text(name, text, result);
	return 0;
}

int ln_host_cluster_node_attributes(struct ln_guest *guest, uint64_t number,
				    struct ln_buffer text, uint32_t *result)
{
	struct ln_local_node *node = node_of(guest);
	struct ln_peer *peer;
	char *attributes;
	char *why;
	int error;

	*result = UINT32_MAX;
	if (node == NULL)
		return 0;
	if (number == ln_node_number(&node->id)) {
		give_text(text, node->attributes, result);
		return 0;
	}
	peer = ln_local_node_numbered(node, number);
	if (peer == NULL)
		return 0;
	error = ln_program_attributes(peer, &attributes, &why);
	ln_peer_release(peer);
	ln_instance_resumed(guest->instance);
	if (error == 0) {
		give_text(text, attributes, result);
		free(attributes);
		return 0;
	}
	free(why);
	return error == LN_EKILLED || error == LN_ENOMEM ? error : 0;
}

int ln_host_cluster_watch_nodes(struct ln_guest *guest, int64_t tag,
				uint32_t *result)
{
	struct ln_local_node *node = node_of(guest);
	int error;

	*result = NO_NODE;
	if (node == NULL)
		return 0;
	*result = 0;
	error = ln_services_watch_nodes(node, guest->process, tag);
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest,
				     "%u processes of this node watch "
				     "the nodes already",
				     LN_SERVICES_WATCHERS_MAX);
	return error;
}

int ln_host_cluster_unwatch_nodes(struct ln_guest *guest, uint32_t *result)
{
	struct ln_local_node *node = node_of(guest);

	*result =
		node != NULL && ln_services_unwatch_nodes(node, guest->process);
	return 0;
}
