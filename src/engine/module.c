/*
 * Making a module: bytes -> binary -> look at its sections -> code, from the
 * cache or the compiler -> imports checked -> table of entries.
 *
 * Job: refuse what cannot run with one line that names cause and next step,
 * before Wasmtime does it in words of its own.
 * Threads: made by one thread; immutable and shared afterwards. No locks; the
 * count of references is the only thing that changes.
 * Guarantees: bytes and names come from anybody. Sizes and counts are bounded
 * before the compiler sees the module (scan.h), names are looked up with a
 * keyed hash.
 * Limits: compilation itself cannot be interrupted; its time is bounded by the
 * size of the module and an estimate of its work (weight.h). Exports with more
 * than PARAMS_MAX parameters are not entries.
 */
#include "engine/module.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "engine/cache.h"
#include "engine/engine.h"
#include "engine/imports.h"
#include "engine/linker.h"
#include "engine/refusal.h"
#include "engine/scan.h"
#include "engine/types.h"
#include "engine/weight.h"
#include "sched/task.h"

/* Parsing text takes a hundred times its size in memory and is meant for what
 * people write by hand. */
#define WASM_TEXT_MAX ((size_t)4 << 20)

#define PARAMS_MAX 64 /* parameters of the widest entry */

struct slot {
	struct ln_entry entry;
	char params[PARAMS_MAX];
};

struct ln_module {
	_Atomic uint32_t references;

	/* Immutable once made. */
	struct ln_engine *engine;
	unsigned variant;
	uint8_t *bytes; /* the binary */
	size_t len;
	wasmtime_module_t *code;
	wasmtime_instance_pre_t *pre;
	bool has_start;
	uint64_t initial_memory;
	uint32_t exported_memory; /* index; UINT32_MAX: none */

	/* Entries by name: an open hash table of positions in `slots`, plus 1;
	 * 0 is free. Its size is a power of two and at least twice the count,
	 * so that a search ends. */
	struct slot *slots;
	size_t count;
	char *names;    /* what the entries' names point into */
	size_t longest; /* bytes of the longest name */
	uint32_t *table;
	size_t mask;
	uint64_t seed[2]; /* secret: a guest cannot make names collide */
};

/* ---- From what was given to a binary that is worth compiling ---- */

static bool is_text(const uint8_t *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && (bytes[i] == ' ' || bytes[i] == '\t' ||
			   bytes[i] == '\n' || bytes[i] == '\r'))
		i++;
	if (i == len || (bytes[i] != '(' && bytes[i] != ';'))
		return false;
	for (; i < len; i++) {
		if (bytes[i] < ' ' && bytes[i] != '\t' && bytes[i] != '\n' &&
		    bytes[i] != '\r')
			return false;
	}
	return true;
}

static int fail_size(char **error, size_t len, size_t bound)
{
	return ln_refuse(
		error, LN_ELIMIT,
		"the module is too large: it has %zu bytes, at most %zu "
		"are allowed; strip its debug information, or raise the "
		"bound",
		len, bound);
}

/* The parser's message is "reason\n  --> <anon>:line:column\n" and a picture.
 */
static int fail_text(char **error, wasmtime_error_t *cause)
{
	static const char marker[] = "--> <anon>:";
	wasm_byte_vec_t message;
	const char *end, *where;
	unsigned line = 0, column = 0;
	char *text;
	int code;

	wasmtime_error_message(cause, &message);
	wasmtime_error_delete(cause);
	text = strndup(message.data, message.size);
	wasm_byte_vec_delete(&message);
	if (text == NULL)
		return LN_ENOMEM;
	end = strchrnul(text, '\n');
	where = strstr(end, marker);
	if (where != NULL &&
	    sscanf(where + strlen(marker), "%9u:%9u", &line, &column) == 2)
		code = ln_refuse(
			error, LN_EFORMAT,
			"the module's text is not valid: %.*s, at line %u, "
			"column %u",
			(int)(end - text), text, line, column);
	else
		code = ln_refuse(error, LN_EFORMAT,
				 "the module's text is not valid: %.*s",
				 (int)(end - text), text);
	free(text);
	return code;
}

static int keep_bytes(struct ln_module *module, const void *bytes, size_t len)
{
	module->bytes = malloc(len > 0 ? len : 1);
	if (module->bytes == NULL)
		return LN_ENOMEM;
	if (len > 0)
		memcpy(module->bytes, bytes, len);
	module->len = len;
	return 0;
}

static int assemble(struct ln_module *module, const uint8_t *text, size_t len,
		    size_t max_bytes, char **error)
{
	wasm_byte_vec_t binary;
	wasmtime_error_t *cause;
	int code;

	if (len > WASM_TEXT_MAX)
		return ln_refuse(
			error, LN_ELIMIT,
			"the module's text is too large: it has %zu bytes, "
			"at most %zu are allowed; assemble it first, for "
			"example with wat2wasm",
			len, WASM_TEXT_MAX);
	cause = wasmtime_wat2wasm((const char *)text, len, &binary);
	if (cause != NULL)
		return fail_text(error, cause);
	if (binary.size > max_bytes)
		code = fail_size(error, binary.size, max_bytes);
	else
		code = keep_bytes(module, binary.data, binary.size);
	wasm_byte_vec_delete(&binary);
	return code;
}

static int take_bytes(struct ln_module *module, const uint8_t *bytes,
		      size_t len, size_t max_bytes, char **error)
{
	if (len > max_bytes)
		return fail_size(error, len, max_bytes);
	if (len > 0 && bytes[0] != '\0') {
		if (is_text(bytes, len))
			return assemble(module, bytes, len, max_bytes, error);
		return ln_refuse(
			error, LN_EFORMAT,
			"not a WebAssembly module: neither a .wasm binary "
			"nor WebAssembly text");
	}
	return keep_bytes(module, bytes, len);
}

int ln_module_binary(const uint8_t *bytes, size_t len, size_t max_bytes,
		     uint8_t **binary, size_t *binary_len, char **error)
{
	struct ln_module module = { 0 };
	int code;

	*error = NULL;
	code = take_bytes(&module, bytes, len, max_bytes, error);
	if (code < 0)
		return code;
	*binary = module.bytes;
	*binary_len = module.len;
	return 0;
}

int ln_module_validate(struct ln_engine *engine, unsigned variant,
		       const uint8_t *bytes, size_t len, char **error)
{
	wasm_engine_t *compiler = ln_engine_variant(engine, variant);
	wasmtime_error_t *cause;

	*error = NULL;
	if (compiler == NULL)
		return LN_EIO;
	cause = wasmtime_module_validate(compiler, bytes, len);
	if (cause != NULL)
		return ln_refuse_engine(error, "it is not valid", cause);
	return 0;
}

static int look(struct ln_module *module, char **error)
{
	struct ln_scan scan;
	char problem[192];
	int code = ln_scan_module(module->bytes, module->len, &scan, problem,
				  sizeof(problem));

	if (code != 0)
		return ln_refuse(error, code, "the module is %s", problem);
	module->has_start = scan.has_start;
	module->initial_memory = scan.initial_memory;
	module->exported_memory = scan.exported_memory;
	return 0;
}

/* ---- Code ---- */

static bool load_code(struct ln_module *module, wasm_engine_t *variant,
		      const struct ln_cache_key *key)
{
	wasmtime_error_t *cause;
	uint8_t *code;
	size_t len;

	if (ln_cache_load(key, &code, &len) != 0)
		return false;
	cause = wasmtime_module_deserialize(variant, code, len, &module->code);
	free(code);
	if (cause == NULL)
		return true;
	/* Made on a machine with another processor, for example: what is
	 * compiled now takes its place. */
	wasmtime_error_delete(cause);
	return false;
}

static void keep_code(const struct ln_module *module,
		      const struct ln_cache_key *key)
{
	wasm_byte_vec_t code;
	wasmtime_error_t *cause;

	cause = wasmtime_module_serialize(module->code, &code);
	if (cause != NULL) {
		wasmtime_error_delete(cause);
		return;
	}
	ln_cache_store(key, (const uint8_t *)code.data, code.size);
	wasm_byte_vec_delete(&code);
}

/* The compiler cannot be stopped, so it does not start on what takes it out of
 * all proportion to its size. */
static int check_work(const struct ln_module *module, char **error)
{
	uint64_t weight, allowed;
	int code =
		ln_weight_module(module->bytes, module->len, &weight, &allowed);

	if (code != 0 || weight <= allowed)
		return code;
	return ln_refuse(error, LN_ELIMIT,
			 "the module takes too much work to compile, %llu "
			 "units where its size allows %llu: split functions "
			 "that have thousands of loops, indirect calls, "
			 "parameters or locals",
			 (unsigned long long)weight,
			 (unsigned long long)allowed);
}

/* *compiled: the code is not from the cache. */
static int make_code(struct ln_module *module, const struct ln_cache_key *key,
		     bool *compiled, char **error)
{
	wasm_engine_t *variant =
		ln_engine_variant(module->engine, module->variant);
	wasmtime_error_t *cause;
	int code;

	*compiled = false;
	if (variant == NULL)
		return ln_refuse(
			error, LN_EIO,
			"the compiler cannot be started with the settings "
			"of this environment");
	if (key != NULL && load_code(module, variant, key))
		return 0;
	code = check_work(module, error);
	if (code != 0)
		return code;
	cause = wasmtime_module_new(variant, module->bytes, module->len,
				    &module->code);
	if (cause != NULL)
		return ln_refuse_engine(error, "the module is not valid",
					cause);
	*compiled = true;
	return 0;
}

/* ---- Entries ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A hash that is spread evenly for those who do not know the seed. */
static uint64_t hash_name(const struct ln_module *module, const char *name,
			  size_t len)
{
	uint64_t hash = module->seed[0] ^ len;
	uint64_t word;

	while (len > 0) {
		size_t n = len < 8 ? len : 8;

		word = 0;
		memcpy(&word, name, n);
		hash = mix(hash ^ word, module->seed[1]);
		name += n;
		len -= n;
	}
	return mix(hash, module->seed[1]);
}

static void add_entry(struct ln_module *module, const wasm_name_t *name,
		      const wasm_functype_t *type, char **names)
{
	const wasm_valtype_vec_t *params = wasm_functype_params(type);
	struct slot *slot = &module->slots[module->count];
	size_t at;

	if (params->size > PARAMS_MAX)
		return;
	for (size_t i = 0; i < params->size; i++)
		slot->params[i] = ln_type_letter(params->data[i]);
	if (name->size > 0)
		memcpy(*names, name->data, name->size);
	slot->entry.name = *names;
	slot->entry.name_len = name->size;
	slot->entry.params = slot->params;
	slot->entry.param_count = (uint32_t)params->size;
	slot->entry.result_count = (uint32_t)wasm_functype_results(type)->size;
	*names += name->size;
	if (name->size > module->longest)
		module->longest = name->size;
	at = hash_name(module, slot->entry.name, name->size) & module->mask;
	while (module->table[at] != 0)
		at = (at + 1) & module->mask;
	module->table[at] = (uint32_t)++module->count;
}

/* Room for all that is exported as a function. */
static int reserve_entries(struct ln_module *module,
			   const wasm_exporttype_vec_t *exports)
{
	size_t count = 0, bytes = 0, size = 2;

	for (size_t i = 0; i < exports->size; i++) {
		const wasm_exporttype_t *export = exports->data[i];

		if (wasm_externtype_kind(wasm_exporttype_type(export)) !=
		    WASM_EXTERN_FUNC)
			continue;
		count++;
		bytes += wasm_exporttype_name(export)->size;
	}
	while (size < 2 * count)
		size *= 2;
	module->slots = calloc(count > 0 ? count : 1, sizeof(*module->slots));
	module->names = malloc(bytes > 0 ? bytes : 1);
	module->table = calloc(size, sizeof(*module->table));
	module->mask = size - 1;
	if (module->slots == NULL || module->names == NULL ||
	    module->table == NULL)
		return LN_ENOMEM;
	return 0;
}

static int read_exports(struct ln_module *module)
{
	wasm_exporttype_vec_t exports;
	char *names;
	int error;

	ln_random_bytes(module->seed, sizeof(module->seed));
	module->seed[1] |= 1;
	wasmtime_module_exports(module->code, &exports);
	error = reserve_entries(module, &exports);
	names = module->names;
	for (size_t i = 0; i < exports.size && error == 0; i++) {
		const wasm_externtype_t *type =
			wasm_exporttype_type(exports.data[i]);

		if (wasm_externtype_kind(type) == WASM_EXTERN_FUNC)
			add_entry(module, wasm_exporttype_name(exports.data[i]),
				  wasm_externtype_as_functype_const(type),
				  &names);
		/* Types take memory once they were looked at. */
		wasm_exporttype_delete(exports.data[i]);
		exports.data[i] = NULL;
	}
	wasm_exporttype_vec_delete(&exports);
	return error;
}

const struct ln_entry *ln_module_entry(const struct ln_module *module,
				       const char *name, size_t len)
{
	size_t at;

	/* Keeps the time for names of any length bounded. */
	if (len > module->longest)
		return NULL;
	at = hash_name(module, name, len) & module->mask;
	while (module->table[at] != 0) {
		const struct ln_entry *entry =
			&module->slots[module->table[at] - 1].entry;

		if (entry->name_len == len &&
		    (len == 0 || memcmp(entry->name, name, len) == 0))
			return entry;
		at = (at + 1) & module->mask;
	}
	return NULL;
}

/* ---- The whole ---- */

static void destroy(void *argument)
{
	struct ln_module *module = argument;

	if (module->pre != NULL)
		wasmtime_instance_pre_delete(module->pre);
	if (module->code != NULL)
		wasmtime_module_delete(module->code);
	free(module->table);
	free(module->names);
	free(module->slots);
	free(module->bytes);
	free(module);
}

/* Fills what is left inert by ln_module_new, from the code on. */
static int build(struct ln_module *module, struct ln_linker *linker,
		 char **error)
{
	struct ln_cache_key key;
	bool has_key = ln_cache_key(module->bytes, module->len, module->variant,
				    &key) == 0;
	wasmtime_error_t *cause;
	bool compiled;
	int code;

	code = make_code(module, has_key ? &key : NULL, &compiled, error);
	if (code == 0)
		code = ln_imports_check(ln_engine_host_table(module->engine),
					module->code, error);
	if (code != 0)
		return code;
	cause = wasmtime_linker_instantiate_pre(ln_linker_raw(linker),
						module->code, &module->pre);
	if (cause != NULL)
		return ln_refuse_engine(error, "the module cannot be linked",
					cause);
	code = read_exports(module);
	if (code == 0 && compiled && has_key)
		keep_code(module, &key);
	return code;
}

int ln_module_new(struct ln_engine *engine, unsigned variant,
		  struct ln_linker *linker, const uint8_t *bytes, size_t len,
		  const struct ln_module_limits *limits, struct ln_module **out,
		  char **error)
{
	struct ln_module *module = calloc(1, sizeof(*module));
	int code;

	*error = NULL;
	if (module == NULL)
		return LN_ENOMEM;
	atomic_init(&module->references, 1);
	module->engine = engine;
	module->variant = variant;
	code = take_bytes(module, bytes, len, limits->max_bytes, error);
	if (code == 0)
		code = look(module, error);
	if (code == 0)
		code = build(module, linker, error);
	if (code != 0) {
		destroy(module);
		return code;
	}
	*out = module;
	return 0;
}

struct ln_module *ln_module_retain(struct ln_module *module)
{
	/* Relaxed: whoever retains holds a reference already. */
	atomic_fetch_add_explicit(&module->references, 1, memory_order_relaxed);
	return module;
}

void ln_module_release(struct ln_module *module)
{
	if (module == NULL)
		return;
	/* Release: what this holder did comes before the end. Pairs with the
	 * acquire of the last one. */
	if (atomic_fetch_sub_explicit(&module->references, 1,
				      memory_order_acq_rel) == 1)
		ln_task_on_worker_stack(ln_task_current(), destroy, module);
}

const uint8_t *ln_module_bytes(const struct ln_module *module, size_t *len)
{
	*len = module->len;
	return module->bytes;
}

unsigned ln_module_variant(const struct ln_module *module)
{
	return module->variant;
}

struct ln_engine *ln_module_engine(const struct ln_module *module)
{
	return module->engine;
}

const wasmtime_instance_pre_t *ln_module_pre(const struct ln_module *module)
{
	return module->pre;
}

bool ln_module_has_start(const struct ln_module *module)
{
	return module->has_start;
}

uint32_t ln_module_exported_memory(const struct ln_module *module)
{
	return module->exported_memory;
}

uint64_t ln_module_initial_memory(const struct ln_module *module)
{
	return module->initial_memory;
}
