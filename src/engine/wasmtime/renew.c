/*
 * DESIGN
 * A store and its instance are used again. What compiled code can change of an
 * instance is written anew from a snapshot, which our patch of Wasmtime takes
 * of the module's first instances: tables, passive segments, globals, lengths
 * of data segments. An instance of a component is all its core instances, whose
 * references to functions may point into each other, and what calls leave in
 * it: tables of handles, flags, borrows. The definitions of memories, which
 * compiled code reads, are written when the next life has its memories. What a
 * store has of a life is its fuel, its deadline and its limits, which are set
 * anew; all else in it belongs to a call, and is put back by Wasmtime when that
 * ends, also by a trap.
 *
 * A store that a module of ours has been added to (where.c) is not used again.
 *
 * Threads: the one that runs the process.
 */
#include <stdlib.h>

#include "engine/module.h"
#include "engine/wasmtime/wasmtime_impl.h"

/* Exported by us, engine/src/renew.rs. */
void *lunatic_engine_snapshot_new(wasmtime_context_t *context,
				  const wasmtime_instance_t *instance,
				  size_t *size);
void lunatic_engine_snapshot_delete(void *snapshot);
bool lunatic_engine_snapshot_restore(wasmtime_context_t *context,
				     const wasmtime_instance_t *instance,
				     const void *snapshot, uint32_t parts);
void lunatic_engine_refresh_memories(wasmtime_context_t *context,
				     const wasmtime_instance_t *instance);
void *lunatic_engine_component_snapshot_new(
	wasmtime_context_t *context,
	const wasmtime_component_instance_t *instance, size_t *size);
void lunatic_engine_component_snapshot_delete(void *snapshot);
bool lunatic_engine_component_snapshot_restore(
	wasmtime_context_t *context,
	const wasmtime_component_instance_t *instance, const void *snapshot,
	uint32_t parts);
void lunatic_engine_component_refresh_memories(
	wasmtime_context_t *context,
	const wasmtime_component_instance_t *instance);

/* Of a module. */
enum part {
	PART_TABLES = 1,
	PART_ELEMENTS = 2, /* passive segments of elements */
	PART_GLOBALS = 4,
	PART_DATA = 8,     /* segments of data */
	PART_STARTUP = 16, /* what a startup function would have written */
};
#define PARTS_ALWAYS (PART_ELEMENTS | PART_GLOBALS | PART_DATA)

/* What a store takes beside its instance, bytes, about. */
#define STORE_BYTES 4096

struct ln_snapshot {
	void *parts;
	bool component;
	uint64_t fuel; /* that instantiating takes, where it is counted */
};

static bool is_metered(const struct ln_instance *instance)
{
	return (ln_compiled_variant(instance->module) & LN_VARIANT_METERED) !=
	       0;
}

static void *take_parts(const struct ln_instance_state *state, bool component,
			size_t *size)
{
	if (component)
		return lunatic_engine_component_snapshot_new(
			state->context, &state->component, size);
	return lunatic_engine_snapshot_new(state->context, &state->instance,
					   size);
}

struct ln_snapshot *ln_wasmtime_snapshot(struct ln_instance *instance,
					 size_t *size)
{
	struct ln_snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (snapshot == NULL)
		return NULL;
	snapshot->component = ln_compiled_is_component(instance->module);
	snapshot->parts =
		take_parts(instance->state, snapshot->component, size);
	if (snapshot->parts == NULL) {
		free(snapshot);
		return NULL;
	}
	*size += STORE_BYTES;
	if (is_metered(instance))
		snapshot->fuel =
			instance->limits.max_fuel - ln_wasmtime_fuel(instance);
	return snapshot;
}

void ln_wasmtime_snapshot_free(struct ln_snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	if (snapshot->component)
		lunatic_engine_component_snapshot_delete(snapshot->parts);
	else
		lunatic_engine_snapshot_delete(snapshot->parts);
	free(snapshot);
}

bool ln_wasmtime_allows(const struct ln_instance *instance,
			const struct ln_snapshot *snapshot)
{
	return !is_metered(instance) ||
	       instance->limits.max_fuel > snapshot->fuel;
}

static void set_fuel(struct ln_instance *instance,
		     const struct ln_snapshot *snapshot)
{
	ln_wasmtime_set_fuel(instance,
			     instance->limits.max_fuel - snapshot->fuel);
}

static bool restore(const struct ln_instance_state *state,
		    const struct ln_snapshot *snapshot, uint32_t parts)
{
	if (snapshot->component)
		return lunatic_engine_component_snapshot_restore(
			state->context, &state->component, snapshot->parts,
			parts);
	return lunatic_engine_snapshot_restore(state->context, &state->instance,
					       snapshot->parts, parts);
}

bool ln_wasmtime_fill(struct ln_instance *instance,
		      const struct ln_snapshot *snapshot)
{
	if (is_metered(instance))
		set_fuel(instance, snapshot);
	return restore(instance->state, snapshot,
		       PARTS_ALWAYS | PART_TABLES | PART_STARTUP);
}

bool ln_wasmtime_retire(struct ln_instance *instance,
			const struct ln_snapshot *snapshot, bool tables)
{
	return !instance->state->can_probe &&
	       restore(instance->state, snapshot,
		       PARTS_ALWAYS | (tables ? PART_TABLES : 0));
}

static void refresh_memories(const struct ln_instance_state *state,
			     const struct ln_snapshot *snapshot)
{
	if (snapshot->component)
		lunatic_engine_component_refresh_memories(state->context,
							  &state->component);
	else
		lunatic_engine_refresh_memories(state->context,
						&state->instance);
}

bool ln_wasmtime_revive(struct ln_instance *instance,
			const struct ln_snapshot *snapshot, uint32_t elements)
{
	struct ln_instance_state *state = (void *)instance->state_room;

	instance->state = state;
	state->host_trap = false;
	refresh_memories(state, snapshot);
	ln_wasmtime_limit(instance, elements);
	if (ln_compiled_variant(instance->module) & LN_VARIANT_EPOCHS)
		ln_wasmtime_new_slice(instance);
	if (!is_metered(instance))
		return true;
	/* Not enough to be instantiated with: let that say so. */
	if (!ln_wasmtime_allows(instance, snapshot))
		return false;
	set_fuel(instance, snapshot);
	return true;
}
