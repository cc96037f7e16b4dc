/*
 * A linker says which host functions are allowed. For each generation of the
 * ABI whose modules are linked it has the engine's form of that: every host
 * function of the generation, or what traps and says so in its place.
 *
 * Making one takes far longer than finding out what is allowed, and it takes
 * memory. So the linkers that are in use are kept in a list, without a
 * reference of its own, and found by their set of allowed functions. The list
 * is at most as long as there are environments.
 *
 * Threads: any. The list and the counts are under the lock. Linkers of a
 * generation are made without it, by whoever needs them; of two that make the
 * same one at a time, one throws its own away.
 */
#include "engine/linker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/futex.h"
#include "base/list.h"
#include "engine/engine_class.h"

struct ln_linkers {
	struct ln_lock lock;
	struct ln_list all; /* under lock */
};

struct ln_linker {
	struct ln_list link; /* under the lock, as references */
	uint32_t references;

	/* Immutable. */
	struct ln_linkers *linkers;
	struct ln_engine *engine; /* outlives it */
	unsigned variant;
	size_t words;

	/* NULL until it is asked for, then immutable. Release when it is set,
	 * acquire when it is read. */
	struct ln_host_imports *_Atomic imports[LN_ABI_COUNT];

	uint64_t allowed[]; /* a bit for each host function; immutable */
};

static bool is_allowed(const struct ln_host_function *function,
		       bool (*allows)(const void *, const char *),
		       const void *who)
{
	char name[128];

	snprintf(name, sizeof(name), "%s::%s", function->module,
		 function->name);
	return allows == NULL || allows(who, name);
}

size_t ln_linker_denial(const struct ln_host_function *function,
			char text[LN_LINKER_DENIAL])
{
	int len = snprintf(text, LN_LINKER_DENIAL,
			   "Host function `%s::%s` unavailable in this "
			   "environment.",
			   function->module, function->name);

	return len < LN_LINKER_DENIAL ? (size_t)len : LN_LINKER_DENIAL - 1;
}

int ln_linkers_new(struct ln_linkers **out)
{
	struct ln_linkers *linkers = calloc(1, sizeof(*linkers));

	if (linkers == NULL)
		return LN_ENOMEM;
	ln_list_init(&linkers->all);
	*out = linkers;
	return 0;
}

void ln_linkers_free(struct ln_linkers *linkers)
{
	free(linkers);
}

static const struct ln_engine_class *class_of(const struct ln_linker *linker)
{
	return ln_engine_class(linker->engine);
}

/* Another reference to an equal linker; NULL: there is none. Under the lock. */
static struct ln_linker *find(struct ln_linkers *linkers,
			      const struct ln_linker *same)
{
	ln_lock_assert(&linkers->lock);
	ln_list_for_each (at, &linkers->all) {
		struct ln_linker *linker =
			ln_container_of(at, struct ln_linker, link);

		if (linker->variant == same->variant &&
		    memcmp(linker->allowed, same->allowed,
			   same->words * sizeof(same->allowed[0])) == 0) {
			linker->references++;
			return linker;
		}
	}
	return NULL;
}

static void destroy(struct ln_linker *linker)
{
	for (int i = 0; i < LN_ABI_COUNT; i++) {
		struct ln_host_imports *imports = atomic_load_explicit(
			&linker->imports[i], memory_order_acquire);

		if (imports != NULL)
			class_of(linker)->imports_free(imports);
	}
	free(linker);
}

/* One that nobody has yet, and that allows nothing. */
static struct ln_linker *describe(struct ln_engine *engine, unsigned variant)
{
	const struct ln_host_table *table = ln_engine_host_table(engine);
	size_t words = (ln_host_table_total(table) + 63) / 64;
	struct ln_linker *linker =
		calloc(1, sizeof(*linker) + words * sizeof(linker->allowed[0]));

	if (linker == NULL)
		return NULL;
	linker->linkers = ln_engine_linkers(engine);
	linker->engine = engine;
	linker->references = 1;
	linker->variant = ln_engine_complete(engine, variant);
	linker->words = words;
	return linker;
}

/* Stores an equal linker, or this one, which is taken over. */
static int share(struct ln_linker *linker, struct ln_linker **out)
{
	struct ln_linkers *linkers = linker->linkers;
	struct ln_linker *found;

	/* The engine's handlers of signals are there from the first
	 * environment on, as the embedding API says. */
	if (ln_engine_variant(linker->engine, linker->variant) == NULL) {
		destroy(linker);
		return LN_EIO;
	}
	ln_lock_acquire(&linkers->lock);
	found = find(linkers, linker);
	if (found == NULL)
		ln_list_append(&linkers->all, &linker->link);
	ln_lock_release(&linkers->lock);
	if (found != NULL)
		destroy(linker);
	*out = found != NULL ? found : linker;
	return 0;
}

int ln_linker_new(struct ln_engine *engine, unsigned variant,
		  bool (*allows)(const void *who, const char *name),
		  const void *who, struct ln_linker **out)
{
	const struct ln_host_table *table = ln_engine_host_table(engine);
	struct ln_linker *linker = describe(engine, variant);

	if (linker == NULL)
		return LN_ENOMEM;
	for (size_t i = 0; i < ln_host_table_total(table); i++) {
		if (is_allowed(ln_host_table_at(table, i), allows, who))
			linker->allowed[i / 64] |= (uint64_t)1 << i % 64;
	}
	return share(linker, out);
}

int ln_linker_like(const struct ln_linker *other, unsigned variant,
		   struct ln_linker **out)
{
	struct ln_linker *linker = describe(other->engine, variant);

	if (linker == NULL)
		return LN_ENOMEM;
	memcpy(linker->allowed, other->allowed,
	       linker->words * sizeof(linker->allowed[0]));
	return share(linker, out);
}

void ln_linker_release(struct ln_linker *linker)
{
	bool last;

	if (linker == NULL)
		return;
	ln_lock_acquire(&linker->linkers->lock);
	ln_assert(linker->references > 0);
	last = --linker->references == 0;
	if (last)
		ln_list_remove(&linker->link);
	ln_lock_release(&linker->linkers->lock);
	if (last)
		destroy(linker);
}

int ln_linker_imports(struct ln_linker *linker,
		      enum ln_abi_generation generation,
		      struct ln_host_imports **out)
{
	struct ln_variant *variant =
		ln_engine_variant(linker->engine, linker->variant);
	struct ln_host_imports *none = NULL;
	struct ln_host_imports *made;

	*out = atomic_load_explicit(&linker->imports[generation],
				    memory_order_acquire);
	if (*out != NULL)
		return 0;
	if (variant == NULL)
		return LN_EIO;
	made = class_of(linker)->imports_new(
		variant, ln_engine_host_table(linker->engine), generation,
		linker->allowed);
	if (made == NULL)
		return LN_ENOMEM;
	*out = made;
	if (!atomic_compare_exchange_strong_explicit(
		    &linker->imports[generation], &none, made,
		    memory_order_acq_rel, memory_order_acquire)) {
		*out = none; /* somebody else's */
		class_of(linker)->imports_free(made);
	}
	return 0;
}
