/*
 * DESIGN
 * Where a guest is. When it has called the host, Wasmtime knows; but it tells
 * so only when compiled code traps. So from there a function that traps is
 * called, of a module of our own that is instantiated in the guest's store for
 * it, once. The backtrace covers all activations of the store: first that
 * function, then the guest's. The guest does not notice; its fuel is put back.
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
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/module.h"
#include "engine/names.h"
#include "engine/report.h"

struct where_call {
	struct ln_instance *instance;
	uint32_t function;
	bool found;
};

static void drop(wasmtime_error_t *error, wasm_trap_t *trap)
{
	if (error != NULL)
		wasmtime_error_delete(error);
	if (trap != NULL)
		wasm_trap_delete(trap);
}

/* Instantiates the module that traps; it lives as long as the store. */
static bool prepare(struct ln_instance *instance)
{
	struct ln_engine *engine = ln_module_engine(instance->module);
	const wasmtime_module_t *module =
		ln_engine_probe(engine, ln_module_variant(instance->module));
	wasmtime_instance_t made;
	wasmtime_extern_t item;
	wasm_trap_t *trap = NULL;
	wasmtime_error_t *error;

	if (module == NULL)
		return false;
	error = wasmtime_instance_new(instance->context, module, NULL, 0, &made,
				      &trap);
	if (error != NULL || trap != NULL) {
		drop(error, trap);
		return false;
	}
	if (!wasmtime_instance_export_get(instance->context, &made, "f", 1,
					  &item))
		return false;
	instance->probe = item.of.func;
	instance->can_probe = true;
	return true;
}

static void look(void *argument)
{
	struct where_call *call = argument;
	struct ln_instance *instance = call->instance;
	wasmtime_error_t *error;
	wasm_trap_t *trap = NULL;

	if (!instance->can_probe && !prepare(instance))
		return;
	error = wasmtime_func_call_unchecked(instance->context,
					     &instance->probe, NULL, 0, &trap);
	if (trap != NULL)
		call->found = ln_report_caller(
			trap, ln_module_names(instance->module),
			&call->function);
	drop(error, NULL);
}

/* A part of the image; NULL: it is outside. */
static const void *part(const struct ln_instance *instance, uint64_t offset,
			uint64_t size)
{
	if (offset > instance->code_size || size > instance->code_size - offset)
		return NULL;
	return instance->code + offset;
}

/* The number in a symbol of a guest's function; false: of something else. */
static bool read_symbol(const char *text, size_t len, uint32_t *function)
{
	static const char before[] = "::function[";
	const char *end = memchr(text, '\0', len);
	const char *mark = strstr(end != NULL ? text : "", before);

	if (mark == NULL)
		return false;
	mark += sizeof(before) - 1;
	*function = 0;
	for (; *mark >= '0' && *mark <= '9'; mark++)
		*function = *function * 10 + (uint32_t)(*mark - '0');
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
			return read_symbol(texts + symbol->st_name,
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

char *ln_instance_function(struct ln_instance *instance, uint64_t *fuel)
{
	struct where_call call = { .instance = instance };
	const struct ln_names *names;
	bool metered;

	*fuel = 0;
	if (instance->context == NULL)
		return NULL;
	names = ln_module_names(instance->module);
	if (instance->interrupted_at != 0)
		return interrupted_function(instance, &call.function)
			       ? ln_names_copy(names, call.function)
			       : NULL;
	metered =
		(ln_module_variant(instance->module) & LN_VARIANT_METERED) != 0;
	if (metered)
		drop(wasmtime_context_get_fuel(instance->context, fuel), NULL);
	/* The clock may ask for preemption; here nothing can be left. */
	instance->off_fiber = true;
	ln_task_on_worker_stack(instance->task, look, &call);
	instance->off_fiber = false;
	if (metered)
		drop(wasmtime_context_set_fuel(instance->context, *fuel), NULL);
	return call.found ? ln_names_copy(names, call.function) : NULL;
}
