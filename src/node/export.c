/*
 * DESIGN
 * An entry is in two places: in the node's table, by id, under exports_lock;
 * and, as a watch, in the list of its process, under that process's lock.
 * Both are entered under both locks, unless the process is dead. A process that
 * ends takes the watch out of its own list, then ended() takes the entry out of
 * the table and notes the end, in one step; so at every moment a process that
 * others have heard of is in the table or among the ends.
 *
 * Lock order: a process's, then exports_lock.
 */
#include "node/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "node/node.h"
#include "process/process.h"
#include "process/remote.h"

struct export
{
	struct ln_end_watch watch;
	struct ln_id_entry entry;
	struct ln_local_node *node; /* counted */
	struct ln_process *process; /* counted */
};

static void note_end(struct ln_local_node *node, struct ln_process *process)
{
	struct ln_end end = ln_process_end(process);

	ln_lock_acquire(&node->exports_lock);
	/* If it is still in the table, ended() will note it. */
	if (ln_id_table_find(&node->exports, process->id) == NULL)
		ln_tombstones_add(&node->tombstones, process->id, &end);
	ln_lock_release(&node->exports_lock);
}

static void ended(struct ln_end_watch *watch, struct ln_process *process)
{
	struct export *export = ln_container_of(watch, struct export, watch);
	struct ln_local_node *node = export->node;
	struct ln_end end = ln_process_end(process);

	ln_assert(export->process == process);
	ln_lock_acquire(&node->exports_lock);
	ln_id_table_remove(&node->exports, &export->entry);
	ln_tombstones_add(&node->tombstones, process->id, &end);
	ln_lock_release(&node->exports_lock);
	free(export);
	ln_process_release(process);
	ln_local_node_release(node);
}

/* Under the process's lock. */
static bool is_exported(const struct ln_local_node *node,
			const struct ln_process *process)
{
	const struct ln_end_watch *watch = process->watches;

	ln_process_assert_locked(process);
	while (watch != NULL && watch->owner != node)
		watch = watch->next;
	return watch != NULL;
}

enum entering { ENTERED, DEAD, THERE, NO_MEMORY };

/* Enters it unless it is entered already; without an export it only checks. */
static enum entering enter(struct ln_local_node *node,
			   struct ln_process *process, struct export *export)
{
	enum entering result = NO_MEMORY;

	ln_process_lock(process);
	if (process->dead) {
		result = DEAD;
	} else if (is_exported(node, process)) {
		result = THERE;
	} else if (export != NULL) {
		ln_lock_acquire(&node->exports_lock);
		if (ln_id_table_add(&node->exports, &export->entry) == 0)
			result = ENTERED;
		ln_lock_release(&node->exports_lock);
	}
	if (result == ENTERED) {
		export->watch.next = process->watches;
		process->watches = &export->watch;
	}
	ln_process_unlock(process);
	return result;
}

static struct export *make(struct ln_local_node *node,
			   struct ln_process *process)
{
	struct export *export = calloc(1, sizeof(*export));

	if (export == NULL)
		return NULL;
	export->watch.ended = ended;
	export->watch.owner = node;
	memcpy(export->entry.id, process->id, LN_ID_SIZE);
	export->node = ln_local_node_retain(node);
	export->process = ln_process_retain(process);
	return export;
}

int ln_export(struct ln_local_node *node, struct ln_process *process)
{
	enum entering result = enter(node, process, NULL);
	struct export *export;

	if (result == NO_MEMORY) {
		export = make(node, process);
		if (export == NULL)
			return LN_ENOMEM;
		result = enter(node, process, export);
		if (result != ENTERED) {
			free(export);
			ln_process_release(process);
			ln_local_node_release(node);
		}
	}
	if (result == DEAD)
		note_end(node, process);
	return result == NO_MEMORY ? LN_ENOMEM : 0;
}

struct ln_process *ln_export_find(struct ln_local_node *node,
				  const uint8_t id[16], struct ln_end *end)
{
	struct ln_process *process = NULL;
	struct ln_id_entry *entry;

	ln_lock_acquire(&node->exports_lock);
	entry = ln_id_table_find(&node->exports, id);
	if (entry != NULL)
		process = ln_process_retain(
			ln_container_of(entry, struct export, entry)->process);
	else
		*end = ln_tombstones_find(&node->tombstones, id);
	ln_lock_release(&node->exports_lock);
	return process;
}
