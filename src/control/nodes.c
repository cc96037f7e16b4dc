/* `nodes` lists the nodes of the cluster that the program knows: itself, and
 * those that it is connected to. */
#include <stdlib.h>

#include "base/time.h"
#include "base/uuid.h"
#include "cluster/node.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/methods.h"

static json_t *node_object(const struct ln_node_id *id, const char *address,
			   bool own)
{
	char incarnation[LN_UUID_TEXT];

	ln_uuid_format(id->incarnation, incarnation);
	return json_pack("{s:s,s:s,s:s,s:b}", "name", id->name, "incarnation",
			 incarnation, "address", address, "own", own);
}

static json_t *peer_object(const struct ln_fabric_peer *peer, int64_t now)
{
	json_t *object = node_object(&peer->id, peer->address, false);
	json_t *more = json_pack(
		"{s:i,s:I,s:I,s:I}", "protocol", (int)peer->id.version,
		"age_ms", (json_int_t)((now - peer->since) / LN_NS_PER_MS),
		"received_bytes", (json_int_t)peer->received, "sent_bytes",
		(json_int_t)peer->sent);

	if (json_object_update(object, more) < 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(more);
	return object;
}

/* Under the control server's lock, so that the node stays. */
static void list(struct ln_control_request *request, struct ln_node *member)
{
	struct ln_fabric_peer *peers;
	int count = ln_node_list(member, &peers);
	int64_t now = ln_time_now();

	ln_control_item(request, node_object(ln_node_own_id(member),
					     ln_node_address(member), true));
	for (int i = 0; i < count; i++)
		ln_control_item(request, peer_object(&peers[i], now));
	free(peers);
}

static void step(struct ln_control_request *request)
{
	struct ln_control *control = ln_control_of(request);

	pthread_mutex_lock(&control->lock);
	if (control->member != NULL)
		list(request, control->member);
	pthread_mutex_unlock(&control->lock);
	ln_control_result(request, json_object());
}

const struct ln_control_method ln_control_nodes = {
	.name = "nodes",
	.help = "lists this node and those that it is connected to, an item "
		"for each; none when the program is no node",
	.step = step,
};
