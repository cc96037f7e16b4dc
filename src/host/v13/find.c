/* Processes by ids. */
#include "host/v13/find.h"

#include <stdlib.h>

#include "base/error.h"
#include "engine/instance.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/peer.h"
#include "node/program.h"
#include "node/proxy.h"
#include "process/environment.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/runtime.h"

struct ln_process *ln_v13_find(struct ln_guest *guest, uint64_t id)
{
	const struct ln_environment *own = guest->environment;
	struct ln_process *process = ln_process_find(own->runtime, id);

	if (process == NULL || process->environment->family == own->family)
		return process;
	ln_process_release(process);
	return NULL;
}

struct ln_process *ln_v13_find_at(struct ln_guest *guest, uint64_t node,
				  uint64_t id)
{
	struct ln_local_node *local = guest->environment->runtime->node;
	struct ln_process *process = NULL;
	struct ln_peer *peer = NULL;
	char *text;

	if (node == 0 || node == ln_v13_node_id(guest))
		return ln_v13_find(guest, id);
	if (local != NULL && ln_local_node_admits(local, guest->environment))
		peer = ln_local_node_numbered(local, node);
	if (peer == NULL)
		return NULL;
	if (ln_program_find(peer, id, &process, &text) < 0)
		free(text);
	ln_instance_resumed(guest->instance);
	ln_peer_release(peer);
	return process;
}

uint64_t ln_v13_node_id(const struct ln_guest *guest)
{
	const struct ln_local_node *node = guest->environment->runtime->node;

	return node != NULL ? ln_node_number(&node->id) : 0;
}

int ln_v13_address(struct ln_guest *guest, struct ln_process *process,
		   uint64_t *node, uint64_t *id)
{
	struct ln_local_node *local = guest->environment->runtime->node;
	const struct ln_proxy *proxy = ln_proxy_of(process);
	char *text;
	int error;

	*node = ln_v13_node_id(guest);
	*id = ln_process_number(process);
	if (proxy == NULL)
		return 0;
	if (!ln_local_node_admits(local, guest->environment))
		return LN_ENOENT;
	*node = ln_peer_number(proxy->peer);
	error = ln_program_number(process, id, &text);
	ln_instance_resumed(guest->instance);
	free(text);
	return error == LN_EKILLED ? error : error < 0 ? LN_ENOENT : 0;
}
