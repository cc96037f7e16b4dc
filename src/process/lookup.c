/* Processes by their ids, and all of them. */
#include "process/lookup.h"

#include "process/environment.h"
#include "process/process.h"
#include "process/runtime.h"

static struct ln_process *process_at(struct ln_directory_entry *entry)
{
	return ln_container_of(entry, struct ln_process, entry);
}

uint64_t ln_process_number(const struct ln_process *process)
{
	return ln_directory_id(&process->entry);
}

/* What is in the directory has the reference of its task. */
static bool take(struct ln_directory_entry *entry, const void *environment)
{
	struct ln_process *process = process_at(entry);
	const struct ln_environment *at = process->environment;

	while (environment != NULL && at != environment) {
		at = at->parent;
		if (at == NULL)
			return false;
	}
	ln_process_retain(process);
	return true;
}

struct ln_process *ln_process_find(struct ln_runtime *runtime, uint64_t id)
{
	struct ln_directory_entry *entry =
		ln_directory_find(runtime->directory, id, take, NULL);
	struct ln_process *process;
	bool dead;

	if (entry == NULL)
		return NULL;
	process = process_at(entry);
	ln_process_lock(process);
	dead = process->dead;
	ln_process_unlock(process);
	if (!dead)
		return process;
	ln_process_release(process);
	return NULL;
}

size_t ln_process_list(struct ln_runtime *runtime,
		       const struct ln_environment *environment,
		       struct ln_directory_walk *walk,
		       struct ln_process *list[LN_DIRECTORY_STEP])
{
	struct ln_directory_entry *found[LN_DIRECTORY_STEP];
	size_t count;

	while (ln_directory_step(runtime->directory, walk, take, environment,
				 found, &count)) {
		for (size_t i = 0; i < count; i++)
			list[i] = process_at(found[i]);
		if (count > 0)
			return count;
	}
	return 0;
}
