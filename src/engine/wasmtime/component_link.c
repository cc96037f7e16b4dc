/*
 * DESIGN
 * What components may import, as Wasmtime's linker for components, and
 * instances made with it. Compiled code calls the functions of the table
 * directly, with flat values, as modules do; the linker compares the whole type
 * of an import with that in the table. It takes an import of any version that
 * is compatible with ours: 0.2.x for all x.
 *
 * A function that is not allowed is one that traps and says so.
 *
 * Threads: any for linking; that of the process for instances.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/component.h"
#include "engine/engine.h"
#include "engine/entries.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "engine/wasmtime/cause.h"
#include "engine/wasmtime/component_impl.h"
#include "engine/wasmtime/wasmtime_impl.h"

#define NAME 128 /* bytes of an interface's name, with its version */
#define KINDS 64 /* of resources, at most */

/* An exported function that is an entry. */
struct exported {
	wasmtime_component_export_index_t *index; /* NULL: there is none */
	/* It has no parameters; only that of HTTP has, whose call is checked.
	 */
	_Atomic bool checked;
};

/* What a linked component is. */
struct linked {
	component_pre *pre;
	struct exported entries[LN_COMPONENT_ENTRIES];
};

/* ---- Imports ---- */

static bool denied(void *instance, void *data, uint32_t type, uint32_t options,
		   union ln_value *values, size_t count)
{
	const struct ln_component_function *function = data;
	char text[LN_LINKER_DENIAL];
	size_t len = ln_linker_denial(&function->host, text);

	(void)instance;
	(void)type;
	(void)options;
	(void)values;
	(void)count;
	ln_wasmtime_record_trap(text, len);
	return false;
}

/* Takes the place of a destructor that compiled code calls; is never called. */
static wasmtime_error_t *never(void *data, wasmtime_context_t *context,
			       uint32_t value)
{
	(void)data;
	(void)context;
	(void)value;
	return NULL;
}

/* What is made of one table. */
struct making {
	wasmtime_component_linker_t *linker;
	const struct ln_host_table *all;
	const struct ln_component_table *table;
	const uint64_t *allowed;
	wasmtime_component_resource_type_t *kinds[KINDS];
};

static wasmtime_error_t *
add_resource(struct making *making,
	     wasmtime_component_linker_instance_t *instance,
	     const struct ln_component_resource *resource)
{
	wasmtime_component_resource_type_t **kind =
		&making->kinds[resource->kind % KINDS];

	if (*kind == NULL)
		*kind = wasmtime_component_resource_type_new_host(
			resource->kind);
	lunatic_engine_set_next_host_call(resource->drop);
	return wasmtime_component_linker_instance_add_resource(
		instance, resource->name, strlen(resource->name), *kind, never,
		NULL, NULL);
}

static wasmtime_error_t *
add_function(const struct making *making,
	     wasmtime_component_linker_instance_t *instance, size_t number)
{
	const struct ln_component_function *function =
		&making->table->functions[number];
	bool allowed =
		ln_linker_bit(making->allowed, making->all->count + number);

	return lunatic_component_linker_add_raw(
		instance, function->host.name, strlen(function->host.name),
		allowed ? function->call : denied, function, function->type,
		strlen(function->type));
}

/* Adds all that an interface has. */
static wasmtime_error_t *
fill_interface(struct making *making,
	       wasmtime_component_linker_instance_t *instance,
	       const char *interface)
{
	const struct ln_component_table *table = making->table;
	wasmtime_error_t *error = NULL;

	for (size_t i = 0; i < table->resource_count && error == NULL; i++) {
		if (strcmp(table->resources[i].interface, interface) == 0)
			error = add_resource(making, instance,
					     &table->resources[i]);
	}
	for (size_t i = 0; i < table->count && error == NULL; i++) {
		if (strcmp(table->functions[i].host.module, interface) == 0)
			error = add_function(making, instance, i);
	}
	return error;
}

static const char *version_of(const struct ln_component_table *table,
			      const char *interface)
{
	const struct ln_component_package *package = table->packages;

	while (strncmp(interface, package->prefix, strlen(package->prefix)) !=
	       0)
		package++;
	return package->version;
}

static wasmtime_error_t *add_interface(struct making *making,
				       const char *interface)
{
	wasmtime_component_linker_instance_t *root =
		wasmtime_component_linker_root(making->linker);
	wasmtime_component_linker_instance_t *instance;
	wasmtime_error_t *error;
	char name[NAME];

	snprintf(name, sizeof(name), "%s@%s", interface,
		 version_of(making->table, interface));
	error = wasmtime_component_linker_instance_add_instance(
		root, name, strlen(name), &instance);
	if (error == NULL) {
		error = fill_interface(making, instance, interface);
		wasmtime_component_linker_instance_delete(instance);
	}
	wasmtime_component_linker_instance_delete(root);
	return error;
}

/* Whether the interface of a row is that of one before it: functions first,
 * then resources. */
static bool is_known(const struct ln_component_table *table,
		     const char *interface, size_t functions, size_t resources)
{
	for (size_t i = 0; i < functions; i++) {
		if (strcmp(table->functions[i].host.module, interface) == 0)
			return true;
	}
	for (size_t i = 0; i < resources; i++) {
		if (strcmp(table->resources[i].interface, interface) == 0)
			return true;
	}
	return false;
}

static wasmtime_error_t *add_all(struct making *making)
{
	const struct ln_component_table *table = making->table;
	wasmtime_error_t *error = NULL;

	for (size_t i = 0; i < table->count && error == NULL; i++) {
		const char *interface = table->functions[i].host.module;

		if (!is_known(table, interface, i, 0))
			error = add_interface(making, interface);
	}
	for (size_t i = 0; i < table->resource_count && error == NULL; i++) {
		const char *interface = table->resources[i].interface;

		if (!is_known(table, interface, table->count, i))
			error = add_interface(making, interface);
	}
	return error;
}

struct ln_host_imports *
ln_wasmtime_component_imports(struct ln_variant *variant,
			      const struct ln_host_table *table,
			      const uint64_t *allowed)
{
	struct making making = {
		.linker = wasmtime_component_linker_new(variant->engine),
		.all = table,
		.table = table->components,
		.allowed = allowed,
	};
	wasmtime_error_t *error =
		table->components != NULL ? add_all(&making) : NULL;

	for (size_t i = 0; i < KINDS; i++) {
		if (making.kinds[i] != NULL)
			wasmtime_component_resource_type_delete(
				making.kinds[i]);
	}
	if (error == NULL)
		return ln_wasmtime_mark(making.linker);
	wasmtime_error_delete(error);
	wasmtime_component_linker_delete(making.linker);
	return NULL;
}

void ln_wasmtime_component_imports_free(struct ln_host_imports *imports)
{
	wasmtime_component_linker_delete(ln_wasmtime_unmark(imports));
}

/* ---- Linking ---- */

int ln_wasmtime_component_link(struct ln_host_imports *imports,
			       const struct ln_compiled *code,
			       struct ln_linked **out, char **error)
{
	const wasmtime_component_t *component = ln_wasmtime_unmark(code);
	struct linked *linked = calloc(1, sizeof(*linked));
	wasmtime_error_t *cause;

	if (linked == NULL)
		return LN_ENOMEM;
	cause = lunatic_component_linker_instantiate_pre(
		ln_wasmtime_unmark(imports), component, &linked->pre);
	if (cause != NULL) {
		free(linked);
		return ln_cause_refuse_import(error, cause);
	}
	for (unsigned i = 0; i < LN_COMPONENT_ENTRIES; i++)
		linked->entries[i].index =
			ln_wasmtime_component_find(component, i);
	*out = ln_wasmtime_mark(linked);
	return 0;
}

void ln_wasmtime_component_linked_free(struct ln_linked *mark)
{
	struct linked *linked = ln_wasmtime_unmark(mark);

	lunatic_component_pre_delete(linked->pre);
	for (unsigned i = 0; i < LN_COMPONENT_ENTRIES; i++) {
		if (linked->entries[i].index != NULL)
			wasmtime_component_export_index_delete(
				linked->entries[i].index);
	}
	free(linked);
}

/* ---- Instances ---- */

static struct linked *linked_of(const struct ln_instance *instance)
{
	return ln_wasmtime_unmark(ln_compiled_linked(instance->module));
}

wasmtime_error_t *
ln_wasmtime_component_instantiate(struct ln_instance *instance)
{
	struct ln_instance_state *state = instance->state;

	lunatic_component_limit_handles(state->context,
					LN_COMPONENT_MAX_HANDLES);
	return lunatic_component_pre_instantiate(
		linked_of(instance)->pre, state->context, &state->component);
}

static bool get_function(struct ln_instance_state *state,
			 const struct exported *exported,
			 wasmtime_component_func_t *function)
{
	return exported->index != NULL &&
	       wasmtime_component_instance_get_func(&state->component,
						    state->context,
						    exported->index, function);
}

/* Whether a function may be called without arguments: calls are unchecked. */
static bool is_plain(struct exported *exported,
		     const wasmtime_component_func_t *function,
		     wasmtime_context_t *context)
{
	wasmtime_component_func_type_t *type;
	bool plain;

	/* Relaxed: a flag that all set to the same. */
	if (atomic_load_explicit(&exported->checked, memory_order_relaxed))
		return true;
	type = wasmtime_component_func_type(function, context);
	plain = wasmtime_component_func_type_param_count(type) == 0 &&
		!wasmtime_component_func_type_async(type);
	wasmtime_component_func_type_delete(type);
	atomic_store_explicit(&exported->checked, plain, memory_order_relaxed);
	return plain;
}

/* Finds the core function behind it, at once in an instance that is used again.
 */
static wasmtime_error_t *find(struct ln_instance_state *state,
			      struct exported *exported,
			      const struct ln_entry *entry)
{
	wasmtime_component_func_t function;

	if (state->entry == entry)
		return NULL;
	if (!get_function(state, exported, &function))
		return wasmtime_error_new("it exports no `wasi:cli/run`");
	if (!is_plain(exported, &function, state->context))
		return wasmtime_error_new("the function that it exports for "
					  "processes takes parameters");
	lunatic_component_func_core(&function, state->context,
				    &state->function);
	state->entry = entry;
	return NULL;
}

/* An owned resource of the host's as an argument. */
static wasmtime_error_t *make_argument(wasmtime_context_t *context,
				       uint32_t kind, uint32_t value,
				       wasmtime_component_val_t *argument)
{
	wasmtime_component_resource_host_t *resource =
		wasmtime_component_resource_host_new(true, value, kind);
	wasmtime_error_t *error;

	argument->kind = WASMTIME_COMPONENT_RESOURCE;
	argument->of.resource = NULL;
	error = wasmtime_component_resource_host_to_any(context, resource,
							&argument->of.resource);
	wasmtime_component_resource_host_delete(resource);
	return error;
}

static wasmtime_error_t *
call_handler(wasmtime_context_t *context,
	     const wasmtime_component_func_t *function,
	     const struct ln_component_handler *handler)
{
	wasmtime_component_val_t arguments[2] = { 0 };
	wasmtime_error_t *error = NULL;
	uint32_t values[2];
	const char *why = handler->begin(values);

	if (why != NULL)
		return wasmtime_error_new(why);
	for (size_t i = 0; i < 2 && error == NULL; i++)
		error = make_argument(context, handler->kinds[i], values[i],
				      &arguments[i]);
	if (error == NULL)
		error = wasmtime_component_func_call(function, context,
						     arguments, 2, NULL, 0);
	for (size_t i = 0; i < 2; i++) {
		if (arguments[i].of.resource != NULL)
			wasmtime_component_resource_any_delete(
				arguments[i].of.resource);
	}
	return error;
}

static wasmtime_error_t *handle(struct ln_instance *instance,
				const struct exported *exported)
{
	struct ln_instance_state *state = instance->state;
	const struct ln_component_table *table =
		ln_engine_host_table(ln_compiled_engine(instance->module))
			->components;
	wasmtime_component_func_t function;

	if (table == NULL || table->handler == NULL ||
	    !get_function(state, exported, &function))
		return wasmtime_error_new("it exports no "
					  "`wasi:http/incoming-handler`");
	return call_handler(state->context, &function, table->handler);
}

wasmtime_error_t *ln_wasmtime_component_call(struct ln_instance *instance,
					     const struct ln_entry *entry,
					     bool *failed, wasm_trap_t **trap)
{
	struct ln_instance_state *state = instance->state;
	enum ln_wasmtime_entry which =
		ln_wasmtime_component_entry(entry->name, entry->name_len);
	struct exported *exported = &linked_of(instance)->entries[which];
	wasmtime_val_raw_t value = { 0 };
	wasmtime_error_t *error;

	if (which == LN_WASMTIME_HANDLE)
		return handle(instance, exported);
	error = find(state, exported, entry);
	if (error != NULL)
		return error;
	error = wasmtime_func_call_unchecked(state->context, &state->function,
					     &value, 1, trap);
	*failed = value.i32 != 0;
	return error;
}
