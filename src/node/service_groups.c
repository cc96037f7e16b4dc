/* Groups: processes under a name that many may have. */
#include "base/error.h"
#include "node/node.h"
#include "node/services_impl.h"
#include "process/process.h"

/* Whether the process is no member yet. */
static int claims(struct ln_services *services,
		  const struct ln_service_key *key,
		  struct ln_service_entry *entry)
{
	return ln_service_find_member(services, key, &services->own,
				      entry->process) != NULL;
}

int ln_services_join(struct ln_local_node *node, const char *group, size_t len,
		     struct ln_process *process)
{
	const struct ln_service_key key = { .name = group, .name_len = len };

	return ln_service_give(node->services, &key, process, 0, claims);
}

int ln_services_leave(struct ln_local_node *node, const char *group, size_t len,
		      struct ln_process *process)
{
	const struct ln_service_key key = { .name = group, .name_len = len };
	struct ln_services *services = node->services;
	struct ln_service_entry *entry;
	struct ln_list gone;

	ln_list_init(&gone);
	ln_lock_acquire(&services->lock);
	entry = ln_service_find_member(services, &key, &services->own, process);
	if (entry != NULL)
		ln_service_withdraw(services, entry, &gone);
	ln_lock_release(&services->lock);
	ln_service_entries_free(&gone);
	return entry != NULL ? 0 : LN_ENOENT;
}

size_t ln_services_members(struct ln_local_node *node, const char *group,
			   size_t len, struct ln_process **members, size_t max)
{
	const struct ln_service_name *name;
	struct ln_lock *lock;
	size_t count;

	if (len > LN_SERVICES_NAME_MAX)
		return 0;
	name = ln_service_name_lock(node->services, LN_SERVICE_GROUPS, group,
				    len, &lock);
	count = name != NULL ? name->count : 0;
	for (size_t i = 0; i < count && i < max; i++)
		members[i] = ln_process_retain(name->entries[i]->process);
	ln_lock_release(lock);
	return count;
}

struct ln_process *ln_services_member(struct ln_local_node *node,
				      const char *group, size_t len)
{
	/* Relaxed: any number will do. */
	uint32_t turn = atomic_fetch_add_explicit(&node->services->turns, 1,
						  memory_order_relaxed);
	const struct ln_service_name *name;
	struct ln_process *member = NULL;
	struct ln_lock *lock;

	if (len > LN_SERVICES_NAME_MAX)
		return NULL;
	name = ln_service_name_lock(node->services, LN_SERVICE_GROUPS, group,
				    len, &lock);
	if (name != NULL)
		member = ln_process_retain(
			name->entries[turn % name->count]->process);
	ln_lock_release(lock);
	return member;
}
