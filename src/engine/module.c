/*
 * DESIGN
 * A module is code (engine/code.c), which environments share, linked with the
 * host functions of one environment. Loading goes back and forth between the
 * calling task, which can wait and be killed, and the blocking pool, where
 * whatever needs time or stack is done.
 *
 * A killed task gives up where it waits. In the pool nothing is interrupted;
 * the kill takes effect afterwards.
 */
#include "engine/module.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/refs.h"
#include "engine/code.h"
#include "engine/elements.h"
#include "engine/engine_class.h"
#include "engine/interim.h"
#include "engine/linker.h"
#include "engine/names.h"
#include "engine/recycle.h"
#include "engine/refusal.h"
#include "engine/scan.h"
#include "engine/tiers.h"
#include "sched/blocking.h"
#include "sched/task.h"

/* What is read in some milliseconds: text takes 0.3 to 2 us a byte to parse. */
#define SMALL_TEXT ((size_t)64 << 10)
#define SMALL_BINARY ((size_t)1 << 20)

/* What a module takes beside its binary and its code, about. */
#define MODULE_BYTES 16384u

/* What a module that is to be compiled will take for each of its bytes, an
 * estimate that is rather too high: once more these, and code of three times
 * their size for each tier. */
#define INTERIM_BYTES 7

/* What the engine takes for an element: a pointer, or less. */
#define ELEMENT_SIZE 8

/* The part of the memory that tables may grow to is one of so many. */
#define GROWTH_SHARE 16

struct ln_compiled {
	_Atomic uint32_t references;

	/* Immutable once made. */
	struct ln_code *code; /* counted */
	struct ln_linked *linked;
	struct ln_engine *engine;
	struct ln_recycler *recycler; /* NULL: instances have one life */
	struct ln_tier *tier;         /* NULL: there is no other one */
	struct ln_interim *interim;   /* NULL: it is what it was made for */

	/* Copies, which spawning reads. */
	const struct ln_engine_class *class;
	struct ln_variant *engine_variant;
	const uint8_t *image;
	size_t image_size;
	const struct ln_entry *initialize;
	unsigned variant;
	struct ln_scan scan;
};

struct load {
	struct ln_engine *engine;
	unsigned variant;
	struct ln_linker *linker;
	const uint8_t *bytes;
	size_t len;
	const struct ln_compiled_limits *limits;
	enum ln_code_state state;
	struct ln_code *code;       /* counted, until a module has it */
	struct ln_compiled *module; /* what comes of it */
	char *error;
	int result;
};

static void destroy(void *argument)
{
	struct ln_compiled *module = argument;

	ln_interim_free(module->interim);
	ln_tier_free(module->tier);
	ln_recycler_free(module->recycler);
	module->class->linked_free(module->linked);
	ln_code_release(module->code);
	free(module);
}

static int link_code(struct load *load)
{
	const struct ln_engine_class *class = ln_engine_class(load->engine);
	struct ln_compiled *module = calloc(1, sizeof(*module));
	struct ln_host_imports *imports;
	int error;

	if (module == NULL)
		return LN_ENOMEM;
	error = ln_linker_imports(load->linker, ln_code_generation(load->code),
				  &imports);
	if (error == 0)
		error = class->link(imports, ln_code_compiled(load->code),
				    &module->linked, &load->error);
	if (error < 0) {
		free(module);
		return error;
	}
	atomic_init(&module->references, 1);
	module->code = load->code;
	load->code = NULL;
	module->variant = load->variant;
	module->class = class;
	module->engine_variant = ln_engine_variant(load->engine, load->variant);
	module->image = class->image(ln_code_compiled(module->code),
				     &module->image_size);
	module->scan = *ln_code_scan(module->code);
	module->initialize = ln_compiled_export(module, LN_INITIALIZE, "", 0);
	module->engine = load->engine;
	module->recycler =
		ln_recycler_new(ln_engine_spares(load->engine), module);
	if (load->limits->tiered) {
		ln_assert(module->variant & LN_VARIANT_GUARD);
		module->tier = ln_tier_new(load->engine, module, load->linker);
		if (module->tier == NULL) {
			destroy(module);
			return LN_ENOMEM;
		}
	}
	load->module = module;
	return 0;
}

static void find_job(void *argument)
{
	struct load *load = argument;

	load->result = ln_code_find(load->engine, load->variant, load->bytes,
				    load->len, load->limits->max_bytes,
				    &load->code, &load->state, &load->error);
	if (load->result == 0 && load->state == LN_CODE_READY)
		load->result = link_code(load);
}

static void compile_job(void *argument)
{
	struct load *load = argument;

	load->result = ln_code_compile(load->code, &load->error);
	if (load->result == 0)
		load->result = link_code(load);
}

static void link_job(void *argument)
{
	struct load *load = argument;

	load->result = link_code(load);
}

static int run_job(struct load *load, struct ln_blocking *pool,
		   void (*job)(void *))
{
	int error = ln_blocking_run(pool, job, load);

	return error < 0 ? error : load->result;
}

static void start_job(void *argument)
{
	struct load *load = argument;

	load->result = ln_code_start(load->code, load->limits->background);
}

static void stop_job(void *argument)
{
	struct load *load = argument;

	ln_code_stop(load->code);
}

/* In this process, or what another one has made. Unless it fails, the code is
 * settled. */
static int compile(struct load *load, struct ln_blocking *pool)
{
	int error = ln_blocking_run(pool, compile_job, load);

	if (error == 0 && load->result == LN_EUNSUP)
		error = LN_EUNSUP;
	return error;
}

/* In another process. LN_EUNSUP: that cannot be. */
static int compile_apart(struct load *load, struct ln_blocking *pool)
{
	int error = run_job(load, pool, start_job);

	if (error < 0)
		return error;
	error = ln_code_watch(load->code);
	if (error == 0)
		return compile(load, pool);
	/* The pool has a thread, so this cannot fail. */
	(void)ln_blocking_run(pool, stop_job, load);
	return error;
}

static int in_queue(struct load *load, struct ln_blocking *pool,
		    enum ln_code_phase phase,
		    int (*work)(struct load *load, struct ln_blocking *pool))
{
	int error =
		ln_code_enter_queue(load->engine, phase, load->limits->tenants);

	if (error < 0)
		return error;
	error = work(load, pool);
	ln_code_leave_queue(load->engine, phase, load->limits->tenants);
	return error;
}

/* Makes code that others with the same bytes wait for. */
static int make(struct load *load, struct ln_blocking *pool)
{
	int error = LN_EUNSUP;

	if (ln_code_next_phase(load->code) == LN_CODE_APART)
		error = load->limits->haste == LN_HASTE_SOON
				? LN_ETIMEDOUT
				: in_queue(load, pool, LN_CODE_APART,
					   compile_apart);
	if (error == LN_EUNSUP && load->limits->haste != LN_HASTE_APART)
		error = in_queue(load, pool, LN_CODE_COMPILE, compile);
	if (error < 0) {
		ln_code_settle(load->code, error, NULL);
		return error;
	}
	return load->result;
}

static int look(struct load *load, struct ln_blocking *pool)
{
	return run_job(load, pool, find_job);
}

static enum ln_code_phase look_phase(const struct load *load)
{
	bool text = load->len > 0 && load->bytes[0] != '\0';

	return load->len <= (text ? SMALL_TEXT : SMALL_BINARY) ? LN_CODE_LOOK
							       : LN_CODE_READ;
}

/* One attempt; LN_EAGAIN when another one had begun, and gave up. */
static int try(struct load *load, struct ln_blocking *pool)
{
	int error = in_queue(load, pool, look_phase(load), look);

	if (error < 0 || load->state == LN_CODE_READY)
		return error;
	if (load->state == LN_CODE_OURS)
		return make(load, pool);
	if (load->limits->haste == LN_HASTE_SOON)
		return LN_ETIMEDOUT;
	error = ln_code_await(load->code, &load->error);
	if (error == 0)
		error = run_job(load, pool, link_job);
	return error;
}

int ln_compiled_new(struct ln_engine *engine, struct ln_blocking *pool,
		    unsigned variant, struct ln_linker *linker,
		    const uint8_t *bytes, size_t len,
		    const struct ln_compiled_limits *limits,
		    struct ln_compiled **out, char **error)
{
	struct load load = { .engine = engine,
			     .variant = ln_engine_complete(engine, variant),
			     .linker = linker,
			     .bytes = bytes,
			     .len = len,
			     .limits = limits };
	int result;

	*error = NULL;
	do {
		result = try(&load, pool);
		if (load.code != NULL)
			ln_code_release(load.code);
		load.code = NULL;
	} while (result == LN_EAGAIN);
	if (result == 0)
		*out = load.module;
	else
		*error = load.error;
	return result;
}

void ln_compiled_set_interim(struct ln_compiled *module,
			     struct ln_interim *interim)
{
	ln_assert(module->interim == NULL);
	module->interim = interim;
}

struct ln_compiled *ln_compiled_now(struct ln_compiled *module)
{
	struct ln_compiled *compiled;

	if (LN_LIKELY(module->interim == NULL))
		return module;
	compiled = ln_interim_compiled(module->interim);
	return compiled != NULL ? compiled : module;
}

struct ln_compiled *ln_compiled_retain(struct ln_compiled *module)
{
	ln_refs_retain(&module->references);
	return module;
}

void ln_compiled_release(struct ln_compiled *module)
{
	if (module == NULL)
		return;
	if (ln_refs_release(&module->references))
		ln_task_on_worker_stack(ln_task_current(), destroy, module);
}

const struct ln_entry *ln_compiled_entry(const struct ln_compiled *module,
					 const char *name, size_t len)
{
	return ln_entries_find(ln_code_entries(module->code), name, len);
}

const struct ln_entry *ln_compiled_export(const struct ln_compiled *module,
					  const char *name, const char *params,
					  char result)
{
	const struct ln_entry *entry =
		ln_compiled_entry(module, name, strlen(name));
	size_t count = strlen(params);

	if (entry == NULL || entry->imported || entry->param_count != count ||
	    memcmp(entry->params, params, count) != 0 ||
	    entry->result_count != (result != 0) || entry->result != result)
		return NULL;
	return entry;
}

const struct ln_entry *ln_compiled_initialize(const struct ln_compiled *module)
{
	return module->initialize;
}

const struct ln_entry *ln_compiled_entry_at(const struct ln_compiled *module,
					    size_t position)
{
	return ln_entries_at(ln_code_entries(module->code), position);
}

const uint8_t *ln_compiled_bytes(const struct ln_compiled *module, size_t *len)
{
	return ln_code_bytes(module->code, len);
}

const struct ln_code *ln_compiled_code(const struct ln_compiled *module)
{
	return module->code;
}

uint64_t ln_compiled_weight(const struct ln_compiled *module)
{
	size_t len;
	size_t size;

	(void)ln_compiled_bytes(module, &len);
	(void)ln_compiled_image(module, &size);
	if (module->interim != NULL)
		size += len * INTERIM_BYTES;
	return (uint64_t)len + (module->tier != NULL ? 2 * size : size) +
	       MODULE_BYTES;
}

const char *ln_compiled_table_name(const struct ln_compiled *module,
				   uint32_t index, size_t *len)
{
	uint32_t function;

	if (!ln_elements_function(ln_code_elements(module->code), index,
				  &function))
		return NULL;
	return ln_names_function(ln_compiled_names(module), function, len);
}

const struct ln_names *ln_compiled_names(const struct ln_compiled *module)
{
	return ln_code_names(module->code);
}

const uint8_t *ln_compiled_image(const struct ln_compiled *module, size_t *size)
{
	*size = module->image_size;
	return module->image;
}

const struct ln_engine_class *
ln_compiled_class(const struct ln_compiled *module)
{
	return module->class;
}

unsigned ln_compiled_variant(const struct ln_compiled *module)
{
	return module->variant;
}

const struct ln_linked *ln_compiled_linked(const struct ln_compiled *module)
{
	return module->linked;
}

struct ln_engine *ln_compiled_engine(const struct ln_compiled *module)
{
	return module->engine;
}

struct ln_variant *ln_compiled_engine_variant(const struct ln_compiled *module)
{
	return module->engine_variant;
}

enum ln_abi_generation ln_compiled_generation(const struct ln_compiled *module)
{
	return ln_code_generation(module->code);
}

bool ln_compiled_is_component(const struct ln_compiled *module)
{
	return module->scan.component;
}

bool ln_compiled_has_start(const struct ln_compiled *module)
{
	return module->scan.has_start;
}

uint32_t ln_compiled_exported_memory(const struct ln_compiled *module)
{
	return module->scan.exported_memory;
}

unsigned ln_compiled_memory_count(const struct ln_compiled *module)
{
	return (unsigned)module->scan.memories;
}

uint64_t ln_compiled_initial_memory(const struct ln_compiled *module)
{
	return module->scan.initial_memory;
}

uint64_t ln_compiled_written_bytes(const struct ln_compiled *module)
{
	return module->scan.data + module->scan.initial_elements * ELEMENT_SIZE;
}

uint64_t ln_compiled_tables_size(const struct ln_compiled *module)
{
	return module->scan.initial_elements * ELEMENT_SIZE;
}

struct ln_recycler *ln_compiled_recycler(const struct ln_compiled *module)
{
	return module->recycler;
}

struct ln_tier *ln_compiled_tier(const struct ln_compiled *module)
{
	return module->tier;
}

struct ln_spares *ln_compiled_spares(const struct ln_compiled *module)
{
	return ln_engine_spares(module->engine);
}

struct ln_memories *ln_compiled_memories(const struct ln_compiled *module)
{
	return ln_engine_memories(module->engine);
}

bool ln_compiled_tables_grow(const struct ln_compiled *module)
{
	return module->scan.growing_tables > 0;
}

uint64_t ln_compiled_table_bytes(const struct ln_compiled *module,
				 uint64_t max_memory, uint32_t max_elements,
				 uint32_t *elements)
{
	const struct ln_scan *scan = &module->scan;
	uint64_t growing = scan->growing_tables;
	uint64_t each = max_elements;
	uint64_t room;

	if (scan->largest_table > max_elements)
		return UINT64_MAX;
	if (growing == 0) {
		*elements = max_elements;
		return scan->initial_elements * ELEMENT_SIZE;
	}
	room = max_memory / GROWTH_SHARE / ELEMENT_SIZE / growing;
	if (each > room)
		each = room;
	if (each < scan->largest_table)
		each = scan->largest_table;
	*elements = (uint32_t)each;
	return (scan->initial_elements + each * growing) * ELEMENT_SIZE;
}
