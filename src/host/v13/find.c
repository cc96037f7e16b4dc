/*
 * DESIGN
 * The directory of processes has locks that all workers share, and a hop of a
 * message takes less time than a few of these. So a guest keeps references, as
 * one of 0.7 does, in the same table, by the processes' own ids. They are of
 * its own environment: one of another would be kept alive, too. The table is
 * emptied when it is full, and one that has ended is dropped when a message to
 * it finds that out.
 */
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
#include "process/resource.h"
#include "process/runtime.h"
#include "sched/task.h"

#define RECENT_MAX 256 /* processes that a guest keeps */

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

void ln_v13_remember(struct ln_guest *guest, uint64_t id,
		     struct ln_process *process)
{
	struct ln_handles *recent = &guest->processes;

	if (process->environment != guest->environment ||
	    ln_handles_get(recent, id) != NULL)
		return;
	if (ln_handles_count(recent) == RECENT_MAX)
		ln_handles_deinit(
			recent,
			ln_resource_class(LN_RESOURCE_PROCESS)->release);
	ln_process_retain(process);
	if (ln_handles_put(recent, RECENT_MAX, process, id) < 0)
		ln_process_release(process);
}

void ln_v13_forget(struct ln_guest *guest, uint64_t id)
{
	ln_guest_drop(guest, LN_RESOURCE_PROCESS, id);
}

/* One that was given a name before its start has no id yet. */
static bool is_settled(struct ln_process *process)
{
	bool dead;

	if (ln_process_number(process) != 0)
		return true;
	ln_process_lock(process);
	dead = process->dead;
	ln_process_unlock(process);
	return dead;
}

uint64_t ln_v13_id_of(const struct ln_guest *guest, struct ln_process *process)
{
	if (ln_process_is_remote(process) ||
	    process->environment->family != guest->environment->family)
		return 0;
	while (!is_settled(process))
		ln_task_rest();
	return ln_process_number(process);
}

/* Those of a process of another node. */
static int remote_address(struct ln_guest *guest, struct ln_process *process,
			  uint64_t *node, uint64_t *id)
{
	const struct ln_proxy *proxy = ln_proxy_of(process);
	char *text;
	int error;

	if (!ln_local_node_admits(proxy->peer->node, guest->environment))
		return LN_ENOENT;
	*node = ln_peer_number(proxy->peer);
	error = ln_program_number(process, id, &text);
	ln_instance_resumed(guest->instance);
	free(text);
	return error < 0 && error != LN_EKILLED ? LN_ENOENT : error;
}

int ln_v13_address(struct ln_guest *guest, struct ln_process *process,
		   uint64_t *node, uint64_t *id)
{
	*node = 0;
	*id = 0;
	if (ln_process_is_remote(process))
		return remote_address(guest, process, node, id);
	*node = ln_v13_node_id(guest);
	*id = ln_v13_id_of(guest, process);
	return *id != 0 ? 0 : LN_ENOENT;
}
