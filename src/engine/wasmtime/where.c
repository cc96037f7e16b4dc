/*
 * DESIGN
 * Where a guest is. When it has called the host, Wasmtime knows; but it tells
 * so only when compiled code traps. So from there a function that traps is
 * called, of a module of our own that is instantiated in the guest's store for
 * it, once. The backtrace covers all activations of the store: first that
 * function, then the guest's. The guest does not notice; whoever asks puts its
 * fuel back.
 *
 * That runs on the worker's stack: reading a module's debug information needs
 * more than a fiber has left. Compiled code compares the stack with the fiber's
 * bound, so the function may also trap for that reason; that is as good.
 *
 * Where a signal has interrupted the guest, Wasmtime does not know the stack,
 * and must not be asked to walk it. But the image of compiled code is an ELF
 * file with a symbol for each function, "wasm[0]::function[7]".
 */
#include <elf.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/module.h"
#include "engine/names.h"
#include "engine/wasmtime/cause.h"
#include "engine/wasmtime/wasmtime_impl.h"
#include "sched/task.h"

struct where_call {
	struct ln_instance *instance;
	uint32_t *functions;
	size_t *offsets;
	size_t max;
	size_t count; /* found */
};

/* Instantiates the module that traps; it lives as long as the store. */
static bool prepare(struct ln_instance *instance)
{
	struct ln_instance_state *state = instance->state;
	/* Acquire pairs with the release in variant.c. */
	const wasmtime_module_t *module = atomic_load_explicit(
		&ln_compiled_engine_variant(instance->module)->probe,
		memory_order_acquire);
	wasmtime_instance_t made;
	wasmtime_extern_t item;
	wasm_trap_t *trap = NULL;
	wasmtime_error_t *error;

	if (module == NULL)
		return false;
	error = wasmtime_instance_new(state->context, module, NULL, 0, &made,
				      &trap);
	if (error != NULL || trap != NULL) {
		ln_cause_drop(error, trap);
		return false;
	}
	if (!wasmtime_instance_export_get(state->context, &made, "f", 1, &item))
		return false;
	state->probe = item.of.func;
	state->can_probe = true;
	return true;
}

static void look(void *argument)
{
	struct where_call *call = argument;
	struct ln_instance *instance = call->instance;
	wasmtime_error_t *error;
	wasm_trap_t *trap = NULL;

	if (!instance->state->can_probe && !prepare(instance))
		return;
	error = wasmtime_func_call_unchecked(instance->state->context,
					     &instance->state->probe, NULL, 0,
					     &trap);
	if (trap != NULL)
		call->count = ln_cause_callers(trap, call->functions,
					       call->offsets, call->max);
	for (size_t i = 0; i < call->count; i++) {
		call->functions[i] =
			ln_names_number(ln_compiled_names(instance->module),
					call->functions[i], call->offsets[i]);
		if (call->functions[i] == LN_NAMES_NOWHERE)
			call->offsets[i] = SIZE_MAX;
	}
	ln_cause_drop(error, NULL);
}

/* A part of the image; NULL: it is outside. */
static const void *part(const struct ln_instance *instance, uint64_t offset,
			uint64_t size)
{
	if (offset > instance->code_size || size > instance->code_size - offset)
		return NULL;
	return instance->code + offset;
}

/* The number behind a mark in a text that ends with a zero; false: there is no
 * such mark. */
static bool read_number(const char *text, const char *mark, uint32_t *number)
{
	const char *at = strstr(text, mark);

	if (at == NULL)
		return false;
	*number = 0;
	for (at += strlen(mark); *at >= '0' && *at <= '9'; at++)
		*number = *number * 10 + (uint32_t)(*at - '0');
	return true;
}

/* The number in a symbol of a guest's function; false: of something else. */
static bool read_symbol(const struct ln_names *names, const char *text,
			size_t len, uint32_t *function)
{
	uint32_t module;

	if (memchr(text, '\0', len) == NULL ||
	    !read_number(text, "wasm[", &module) ||
	    !read_number(text, "::function[", function))
		return false;
	*function = ln_names_number_in(names, module, *function);
	return true;
}

/* Looks an address up in a table of symbols. */
static bool find_symbol(const struct ln_instance *instance,
			const Elf64_Shdr *sections, uint16_t count,
			const Elf64_Shdr *table, uint32_t *function)
{
	const Elf64_Sym *symbols =
		part(instance, table->sh_offset, table->sh_size);
	const Elf64_Shdr *strings = &sections[table->sh_link % count];
	const char *texts =
		part(instance, strings->sh_offset, strings->sh_size);
	uint64_t at = instance->interrupted_at - (uintptr_t)instance->code;

	if (symbols == NULL || texts == NULL)
		return false;
	for (uint64_t i = 0; i < table->sh_size / sizeof(*symbols); i++) {
		const Elf64_Sym *symbol = &symbols[i];
		uint64_t start;

		if (symbol->st_shndx == SHN_UNDEF ||
		    symbol->st_shndx >= count ||
		    symbol->st_name >= strings->sh_size)
			continue;
		start = sections[symbol->st_shndx].sh_offset + symbol->st_value;
		if (at - start < symbol->st_size)
			return read_symbol(ln_compiled_names(instance->module),
					   texts + symbol->st_name,
					   strings->sh_size - symbol->st_name,
					   function);
	}
	return false;
}

/* The function that was interrupted. */
static bool interrupted_function(const struct ln_instance *instance,
				 uint32_t *function)
{
	const Elf64_Ehdr *header = part(instance, 0, sizeof(*header));
	const Elf64_Shdr *sections;

	if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	sections = part(instance, header->e_shoff,
			(uint64_t)header->e_shnum * sizeof(*sections));
	for (uint16_t i = 0; sections != NULL && i < header->e_shnum; i++) {
		if (sections[i].sh_type == SHT_SYMTAB)
			return find_symbol(instance, sections, header->e_shnum,
					   &sections[i], function);
	}
	return false;
}

size_t ln_wasmtime_where(struct ln_instance *instance, uint32_t *functions,
			 size_t *offsets, size_t max)
{
	struct where_call call = { .instance = instance,
				   .functions = functions,
				   .offsets = offsets,
				   .max = max };

	if (instance->interrupted_at != 0) {
		offsets[0] = SIZE_MAX;
		return interrupted_function(instance, functions) ? 1 : 0;
	}
	/* The clock may ask for preemption; here nothing can be left. */
	instance->off_fiber = true;
	ln_task_on_worker_stack(instance->task, look, &call);
	instance->off_fiber = false;
	return call.count;
}
