/*
 * DESIGN
 * All local modules of a runtime are in one list, under one lock, with their
 * names and digests. A module that was upgraded keeps a reference to its
 * successor, and is in the list of those that have the same. When that one is
 * replaced in turn, all of them get the new one; so no module is kept by a
 * chain of versions, and references lead in one direction only: to the one that
 * has no successor. What is replaced for good goes with its last process or
 * holder.
 *
 * A walk holds a reference to the module where it is, so it finds its way from
 * there. One whose references are gone is passed over.
 */
#include "process/env_module.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/refs.h"
#include "base/text.h"
#include "engine/module.h"
#include "process/environment.h"
#include "process/remote_environment.h"
#include "process/runtime.h"
#include "sched/sched.h"

static struct ln_runtime *runtime_of(const struct ln_module *module)
{
	return module->environment->runtime;
}

void ln_module_enlist(struct ln_module *module)
{
	struct ln_runtime *runtime = runtime_of(module);

	ln_list_init(&module->following);
	ln_list_init(&module->followers);
	ln_lock_acquire(&runtime->modules_lock);
	ln_list_append(&runtime->modules, &module->place);
	ln_lock_release(&runtime->modules_lock);
}

/* Sets or forgets (NULL) the successor, under the lock; returns the one before,
 * for the caller to release. Takes the reference to the new one. */
static struct ln_module *set_successor(struct ln_module *module,
				       struct ln_module *successor)
{
	/* Relaxed: see ln_module_is_replaced. */
	struct ln_module *before = atomic_exchange_explicit(
		&module->successor, successor, memory_order_relaxed);

	ln_assert(successor != module);
	if (before != NULL)
		ln_list_remove(&module->following);
	if (successor != NULL)
		ln_list_append(&successor->followers, &module->following);
	return before;
}

/* Nobody has a reference any more. */
static void leave(struct ln_module *module)
{
	struct ln_runtime *runtime = runtime_of(module);
	struct ln_module *successor;

	ln_lock_acquire(&runtime->modules_lock);
	/* Followers have references. */
	ln_assert(ln_list_empty(&module->followers));
	ln_list_remove(&module->place);
	successor = set_successor(module, NULL);
	ln_lock_release(&runtime->modules_lock);
	if (successor != NULL)
		ln_module_release(successor);
}

const uint8_t *ln_module_source(const struct ln_module *module, size_t *len)
{
	if (module->source == NULL)
		return ln_compiled_bytes(module->module, len);
	*len = module->source_len;
	return module->source;
}

struct ln_module *ln_module_retain(struct ln_module *module)
{
	ln_refs_retain(&module->references);
	return module;
}

uint64_t ln_module_weight(const struct ln_module *module)
{
	return sizeof(*module) + module->source_len +
	       ln_compiled_weight(module->module);
}

void ln_module_release(struct ln_module *module)
{
	struct ln_environment *environment;

	if (!ln_refs_release(&module->references))
		return;
	if (ln_module_is_remote(module)) {
		module->environment->remote->free_module(module);
		return;
	}
	environment = module->environment;
	leave(module);
	ln_code_share_release(&environment->shares, environment->charged,
			      module->share);
	ln_account_refund(environment->charged, NULL, module->kept);
	/* The code goes before the linker that it was checked against. */
	ln_compiled_release(module->module);
	ln_environment_release(module->environment);
	free(module->source);
	free(module);
}

void ln_module_set_name(struct ln_module *module, const char *name)
{
	struct ln_runtime *runtime = runtime_of(module);
	char copy[LN_MODULE_NAME];

	ln_text_copy(copy, sizeof(copy), name, strlen(name));
	ln_lock_acquire(&runtime->modules_lock);
	memcpy(module->name, copy, sizeof(copy));
	ln_lock_release(&runtime->modules_lock);
}

void ln_module_name(struct ln_module *module, char name[LN_MODULE_NAME])
{
	struct ln_runtime *runtime = runtime_of(module);

	ln_lock_acquire(&runtime->modules_lock);
	memcpy(name, module->name, LN_MODULE_NAME);
	ln_lock_release(&runtime->modules_lock);
}

int ln_module_digest(struct ln_module *module, uint8_t digest[LN_DIGEST_SIZE])
{
	struct ln_runtime *runtime = runtime_of(module);
	const uint8_t *bytes;
	size_t len;
	bool known;
	int error;

	ln_lock_acquire(&runtime->modules_lock);
	known = module->has_digest;
	memcpy(digest, module->digest, LN_DIGEST_SIZE);
	ln_lock_release(&runtime->modules_lock);
	if (known)
		return 0;
	bytes = ln_module_source(module, &len);
	error = ln_digest_in(ln_sched_blocking(runtime->sched), bytes, len,
			     digest);
	if (error < 0)
		return error;
	ln_lock_acquire(&runtime->modules_lock);
	memcpy(module->digest, digest, LN_DIGEST_SIZE);
	module->has_digest = true;
	ln_lock_release(&runtime->modules_lock);
	return 0;
}

struct ln_module *ln_module_next(struct ln_runtime *runtime,
				 const struct ln_module *module)
{
	struct ln_module *found = NULL;
	const struct ln_list *at;

	ln_lock_acquire(&runtime->modules_lock);
	at = module != NULL ? module->place.next : runtime->modules.next;
	for (; at != &runtime->modules && found == NULL; at = at->next) {
		struct ln_module *next =
			ln_container_of(at, struct ln_module, place);

		if (ln_refs_try_retain(&next->references))
			found = next;
	}
	ln_lock_release(&runtime->modules_lock);
	return found;
}

void ln_module_replace(struct ln_module *module, struct ln_module *successor)
{
	struct ln_runtime *runtime = runtime_of(module);
	uint32_t dropped = 0; /* references to `module` */
	struct ln_module *before;
	struct ln_module *forgotten;

	ln_assert(module != successor);
	ln_assert(module->environment == successor->environment);
	ln_lock_acquire(&runtime->modules_lock);
	forgotten = set_successor(successor, NULL);
	ln_list_for_each_safe (at, after, &module->followers) {
		struct ln_module *follower =
			ln_container_of(at, struct ln_module, following);

		set_successor(follower, ln_module_retain(successor));
		dropped++;
	}
	before = set_successor(module, ln_module_retain(successor));
	ln_lock_release(&runtime->modules_lock);
	while (dropped-- > 0)
		ln_module_release(module);
	if (before != NULL)
		ln_module_release(before);
	if (forgotten != NULL)
		ln_module_release(forgotten);
}

struct ln_module *ln_module_successor(struct ln_module *module)
{
	struct ln_runtime *runtime = runtime_of(module);
	struct ln_module *successor;

	ln_lock_acquire(&runtime->modules_lock);
	successor =
		atomic_load_explicit(&module->successor, memory_order_relaxed);
	if (successor != NULL)
		ln_module_retain(successor);
	ln_lock_release(&runtime->modules_lock);
	return successor;
}
