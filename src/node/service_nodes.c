/* Who is told which nodes come and go. */
#include "base/error.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/services_impl.h"
#include "node/session.h"
#include "process/process.h"

#define PIECE 16 /* processes that are told at a time */

int ln_services_watch_nodes(struct ln_local_node *node,
			    struct ln_process *process, int64_t tag)
{
	struct ln_services *services = node->services;
	struct ln_service_owner *owner;
	int error;

	if (ln_process_is_remote(process))
		return LN_EINVAL;
	ln_lock_acquire(&services->lock);
	error = ln_service_owner_get(services, process, &owner);
	if (error == 0 && !owner->watches &&
	    services->watcher_count >= LN_SERVICES_WATCHERS_MAX)
		error = LN_ELIMIT;
	if (error == 0 && !owner->watches) {
		owner->watches = true;
		owner->number = ++services->orders;
		ln_list_append(&services->watchers, &owner->watcher);
		services->watcher_count++;
	}
	if (error == 0)
		owner->tag = tag;
	ln_lock_release(&services->lock);
	return error;
}

bool ln_services_unwatch_nodes(struct ln_local_node *node,
			       struct ln_process *process)
{
	struct ln_services *services = node->services;
	struct ln_id_entry *entry;
	bool watched = false;

	ln_lock_acquire(&services->lock);
	entry = ln_id_table_find(&services->owners, process->id);
	if (entry != NULL) {
		struct ln_service_owner *owner =
			ln_container_of(entry, struct ln_service_owner, entry);

		watched = owner->watches;
		if (watched) {
			ln_list_remove(&owner->watcher);
			services->watcher_count--;
		}
		owner->watches = false;
	}
	ln_lock_release(&services->lock);
	return watched;
}

/* A process that is to be told. */
struct told {
	struct ln_process *process; /* with a reference */
	int64_t tag;
};

/* The next watchers behind that number. */
static unsigned next_watchers(struct ln_services *services, uint64_t *number,
			      struct told told[PIECE])
{
	unsigned count = 0;

	ln_lock_acquire(&services->lock);
	ln_list_for_each (at, &services->watchers) {
		const struct ln_service_owner *owner =
			ln_container_of(at, struct ln_service_owner, watcher);

		if (owner->number <= *number)
			continue;
		if (count == PIECE)
			break;
		*number = owner->number;
		told[count].process = ln_process_retain(owner->process);
		told[count++].tag = owner->tag;
	}
	ln_lock_release(&services->lock);
	return count;
}

static void tell(const struct told *told, const struct ln_node_id *id,
		 enum ln_service_event event)
{
	struct ln_message *message = ln_service_event(event, ln_node_number(id),
						      id->name, told->tag);

	if (message != NULL)
		(void)ln_process_send(told->process, message);
}

void ln_service_tell_nodes(struct ln_services *services,
			   const struct ln_session *session,
			   enum ln_service_event event)
{
	struct told told[PIECE];
	uint64_t number = 0;
	unsigned count;

	do {
		count = next_watchers(services, &number, told);
		for (unsigned i = 0; i < count; i++) {
			tell(&told[i], &session->id, event);
			ln_process_release(told[i].process);
		}
	} while (count == PIECE);
}
