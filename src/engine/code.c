/*
 * Making code: bytes -> binary -> look at its sections -> code, from those that
 * are in use, from the cache on disk, or from the compiler -> imports checked
 * -> table of entries.
 *
 * Job: refuse what cannot run with one line that names cause and next step,
 * before the engine does it in words of its own; make the same bytes only once.
 * Threads: any. Code is in the table from the moment somebody begins to make
 * it; others with the same bytes wait for him. A pending one belongs to its
 * maker, a ready one is immutable. The table's lock guards links, states,
 * waiters and counts. It is held for some instructions only.
 * Guarantees: bytes and names come from anybody. Sizes and counts are bounded
 * before the compiler sees the module (scan.h). Bytes are the same when they
 * compare as equal; the hash only finds candidates.
 * Limits: compilation in this process cannot be interrupted; its time is
 * bounded by an estimate of its work (weight.h). What weighs more is compiled
 * in another one (compiler.h), where the kernel bounds what it takes.
 */
#include "engine/code.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/log.h"
#include "base/random.h"
#include "base/table.h"
#include "base/time.h"
#include "engine/binary.h"
#include "engine/cache.h"
#include "engine/compiler.h"
#include "engine/component.h"
#include "engine/elements.h"
#include "engine/engine_class.h"
#include "engine/entries.h"
#include "engine/imports.h"
#include "engine/lines.h"
#include "engine/names.h"
#include "engine/refusal.h"
#include "engine/scan.h"
#include "engine/signatures.h"
#include "engine/weight.h"
#include "sched/fair_queue.h"
#include "sched/task.h"

/* Bytes of a text about what is wrong with a binary. */
#define PROBLEM 320

struct ln_codes {
	uint64_t key[2];
	struct ln_fair_queue turns[LN_CODE_PHASES];
	_Atomic bool together; /* no other process comes to compiling */
	struct ln_lock lock;
	struct ln_table table;        /* struct ln_code, by hash; under lock */
	struct ln_code_counts counts; /* any thread */
};

enum state { PENDING, READY, FAILED };

struct ln_code {
	/* Under the table's lock. */
	uint32_t references;
	bool listed;            /* in the table, unless it has failed */
	struct ln_list waiters; /* while it is pending */

	_Atomic uint32_t state; /* changed under the lock; threads wait on it */

	/* Its maker's while it is pending, then immutable. */
	struct ln_engine *engine;
	unsigned variant;
	uint8_t *bytes; /* the binary */
	size_t len;
	uint64_t hash;
	bool has_key;
	struct ln_cache_key key; /* of the cache on disk */
	struct ln_weight weight;
	struct ln_compilation *compilation; /* in another process; or NULL */
	int64_t started;                    /* its compilation, ns */
	struct ln_compiled *code;
	struct ln_entries *entries;
	struct ln_names *names;       /* point into `bytes` */
	struct ln_lines *lines;       /* owns `bytes`; NULL: there are none */
	struct ln_elements *elements; /* NULL: not needed, or none */
	struct ln_scan scan;
	enum ln_abi_generation generation; /* of what it imports */
	int failure;                       /* why it has failed */
	char *text;                        /* in words, or NULL */
};

/* A task that waits for code to be made. */
struct waiter {
	struct ln_list link;
	struct ln_task *task;
};

/* ---- Looking at a binary ---- */

int ln_code_validate(struct ln_engine *engine, unsigned variant,
		     const uint8_t *bytes, size_t len, char **error)
{
	struct ln_variant *made = ln_engine_variant(engine, variant);

	*error = NULL;
	if (made == NULL)
		return LN_EIO;
	return ln_engine_class(engine)->validate(made, bytes, len, error);
}

static const struct ln_engine_class *class_of(const struct ln_code *self)
{
	return ln_engine_class(self->engine);
}

static int look(struct ln_code *self, char **error)
{
	char problem[PROBLEM];
	int code;

	if (!ln_component_is(self->bytes, self->len))
		code = ln_scan_module(self->bytes, self->len, &self->scan,
				      problem, sizeof(problem));
	else if (class_of(self)->components == NULL)
		return ln_refuse(error, LN_EINVAL,
				 "the module is a component, which the engine "
				 "`%s` does not run: use --engine %s",
				 class_of(self)->name,
				 ln_engine_default()->name);
	else
		code = ln_component_scan(self->bytes, self->len, &self->scan,
					 problem, sizeof(problem));
	if (code != 0)
		return ln_refuse(error, code, "the module is %s", problem);
	return 0;
}

/* ---- Code ---- */

static bool load_code(struct ln_code *self, struct ln_variant *variant)
{
	uint8_t *code;
	size_t len;
	char *text;
	int error;

	if (ln_cache_load(&self->key, &code, &len) != 0)
		return false;
	error = class_of(self)->deserialize(variant, code, len, &self->code,
					    &text);
	free(code);
	if (error == 0) {
		ln_code_count_loaded(&ln_engine_codes(self->engine)->counts);
		return true;
	}
	/* Made on a machine with another processor, for example: what is
	 * compiled now takes its place. */
	free(text);
	return false;
}

static int store_code(void *key, const uint8_t *bytes, size_t len)
{
	ln_cache_store(key, bytes, len);
	return 0;
}

/* ---- Compiling ---- */

/* In this process the compiler cannot be stopped, so it does not start on what
 * takes it long. */
static int compile_here(struct ln_code *self, char **error)
{
	uint8_t *copy;
	int code;

	if (!class_of(self)->interprets &&
	    self->weight.total > self->weight.allowed)
		return ln_refuse(
			error, LN_ELIMIT,
			"the module takes too much work to compile, %llu "
			"units where %llu are allowed if the compiler has no "
			"process of its own: split functions that have "
			"thousands of loops, branches, indirect calls, "
			"parameters or locals",
			(unsigned long long)self->weight.total,
			(unsigned long long)self->weight.allowed);
	/* The compiler does not see names, see engine/names.h. */
	code = self->scan.component
		       ? ln_component_hide_names(self->bytes, self->len, &copy)
		       : ln_names_hide(self->bytes, self->len, &copy);
	if (code < 0)
		return code;
	code = class_of(self)->compile(
		ln_engine_variant(self->engine, self->variant),
		copy != NULL ? copy : self->bytes, self->len, &self->code,
		error);
	free(copy);
	return code;
}

/* Takes the code that another process has made. */
static int take_code(struct ln_code *self, char **error)
{
	const uint8_t *code;
	size_t len;
	int result = ln_compilation_end(self->compilation, &code, &len, error);

	if (result < 0)
		return result;
	result = class_of(self)->deserialize(
		ln_engine_variant(self->engine, self->variant), code, len,
		&self->code, error);
	if (result == 0 && self->has_key)
		ln_cache_store(&self->key, code, len);
	return result;
}

enum ln_code_phase ln_code_next_phase(const struct ln_code *self)
{
	struct ln_codes *codes = ln_engine_codes(self->engine);

	/* The other process has the default engine. Relaxed: a hint. */
	return self->weight.total <= LN_WEIGHT_SMALL ||
			       class_of(self) != ln_engine_default() ||
			       ln_engine_compiling(self->engine)->program ==
				       NULL ||
			       atomic_load_explicit(&codes->together,
						    memory_order_relaxed)
		       ? LN_CODE_COMPILE
		       : LN_CODE_APART;
}

int ln_code_start(struct ln_code *self, bool background)
{
	const struct ln_compiling *compiling =
		ln_engine_compiling(self->engine);

	self->started = ln_time_now();
	return ln_compilation_start(compiling->program, &compiling->limits,
				    self->variant, self->bytes, self->len,
				    background, &self->compilation);
}

int ln_code_watch(struct ln_code *self)
{
	return ln_compilation_wait(self->compilation);
}

void ln_code_stop(struct ln_code *self)
{
	const uint8_t *code;
	size_t len;
	char *error;

	(void)ln_compilation_end(self->compilation, &code, &len, &error);
	free(error);
	ln_compilation_free(self->compilation);
	self->compilation = NULL;
}

/* Code from another process, which is over after that. */
static int compile_apart(struct ln_code *self, char **error)
{
	int result = take_code(self, error);

	ln_compilation_free(self->compilation);
	self->compilation = NULL;
	if (result != LN_EUNSUP)
		return result;
	/* It will not do so later either: another version, for example. */
	ln_log(LN_LOG_INFO,
	       "compiler: %s cannot be used; all modules are compiled in this "
	       "process",
	       ln_engine_compiling(self->engine)->program);
	atomic_store_explicit(&ln_engine_codes(self->engine)->together, true,
			      memory_order_relaxed);
	return LN_EUNSUP;
}

static int read_types(struct ln_code *self, char **error)
{
	struct ln_signatures *signatures;
	int code = ln_signatures_new(self->bytes, self->len, &signatures);

	if (code < 0)
		return code;
	code = ln_imports_check(ln_engine_host_table(self->engine), self->bytes,
				self->len, signatures, &self->generation,
				error);
	if (code == 0)
		code = ln_entries_new(self->bytes, self->len, signatures,
				      &self->entries);
	ln_signatures_free(signatures);
	return code;
}

/* What is left of a component, which has an entry for each export that it is
 * known by. */
static int complete_component(struct ln_code *self, char **error)
{
	struct ln_component_needs needs;
	char problem[PROBLEM];
	int code;

	class_of(self)->components->needs(self->code, &needs);
	code = ln_component_count(&needs, &self->scan, problem,
				  sizeof(problem));
	if (code < 0)
		return ln_refuse(error, code, "the module is %s", problem);
	self->generation = LN_ABI_COMPONENT;
	code = ln_entries_named(needs.entries, &self->entries);
	if (code == 0)
		code = ln_names_new_component(self->bytes, self->len,
					      &self->names);
	if (code == 0) {
		self->lines = ln_lines_new(self->bytes, self->len);
		ln_names_set_lines(self->names, self->lines);
	}
	return code;
}

/* What is left once there is code: the binary is valid. */
static int complete(struct ln_code *self, char **error)
{
	int code;

	if (self->scan.component)
		return complete_component(self, error);
	code = read_types(self, error);
	if (code == 0)
		code = ln_names_new(self->bytes, self->len,
				    self->scan.imports + self->scan.functions,
				    &self->names);
	if (code == 0) {
		self->lines = ln_lines_new(self->bytes, self->len);
		ln_names_set_lines(self->names, self->lines);
	}
	/* Only where a library spawns functions by their number. */
	if (code == 0 && ln_entries_find(self->entries, LN_SPAWN_BY_INDEX,
					 sizeof(LN_SPAWN_BY_INDEX) - 1) != NULL)
		code = ln_elements_new(self->bytes, self->len, &self->elements);
	return code;
}

static void destroy(void *argument)
{
	struct ln_code *self = argument;

	ln_assert(ln_list_empty(&self->waiters) && !self->listed);
	if (self->code != NULL)
		class_of(self)->compiled_free(self->code);
	ln_entries_free(self->entries);
	ln_names_free(self->names);
	ln_elements_free(self->elements);
	if (self->lines != NULL)
		ln_lines_release(self->lines);
	else
		free(self->bytes);
	free(self->text);
	free(self);
}

/* ---- The table ---- */

int ln_codes_new(struct ln_codes **out)
{
	struct ln_codes *codes = calloc(1, sizeof(*codes));

	if (codes == NULL)
		return LN_ENOMEM;
	ln_random_bytes(codes->key, sizeof(codes->key));
	for (int i = 0; i < LN_CODE_PHASES; i++) {
		bool two = i == LN_CODE_LOOK || i == LN_CODE_APART;

		if (ln_fair_queue_init(&codes->turns[i], two ? 2 : 1) < 0) {
			ln_codes_free(codes);
			return LN_ENOMEM;
		}
	}
	*out = codes;
	return 0;
}

void ln_codes_free(struct ln_codes *codes)
{
	if (codes == NULL)
		return;
	for (int i = 0; i < LN_CODE_PHASES; i++)
		ln_fair_queue_deinit(&codes->turns[i]);
	ln_table_deinit(&codes->table, NULL);
	free(codes);
}

/* Takes code out of the table, if it is in; under the lock. */
static void unlist(struct ln_codes *codes, struct ln_code *self)
{
	struct ln_table_slot *slot;

	ln_lock_assert(&codes->lock);
	if (!self->listed)
		return;
	slot = ln_table_find(&codes->table, self->hash);
	while (slot->value != self)
		slot = ln_table_next(&codes->table, slot);
	ln_table_remove(&codes->table, slot);
	self->listed = false;
}

struct ln_code *ln_code_retain(const struct ln_code *code)
{
	struct ln_code *self = (struct ln_code *)code;
	struct ln_codes *codes = ln_engine_codes(self->engine);

	ln_lock_acquire(&codes->lock);
	ln_assert(self->references > 0);
	self->references++;
	ln_lock_release(&codes->lock);
	return self;
}

void ln_code_release(struct ln_code *self)
{
	struct ln_codes *codes = ln_engine_codes(self->engine);
	bool last;

	ln_lock_acquire(&codes->lock);
	ln_assert(self->references > 0);
	last = --self->references == 0;
	if (last)
		unlist(codes, self);
	ln_lock_release(&codes->lock);
	if (last)
		ln_task_on_worker_stack(ln_task_current(), destroy, self);
}

static bool is_same(const struct ln_code *a, const struct ln_code *b)
{
	return a->hash == b->hash && a->len == b->len &&
	       a->variant == b->variant &&
	       (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

/* A reference to code that equals `self`; or NULL, and then `self` is in the
 * table, unless memory is short. */
static struct ln_code *find_or_add(struct ln_codes *codes, struct ln_code *self)
{
	struct ln_code *found = NULL;
	struct ln_table_slot *slot;

	ln_lock_acquire(&codes->lock);
	slot = ln_table_find(&codes->table, self->hash);
	for (; slot != NULL; slot = ln_table_next(&codes->table, slot)) {
		struct ln_code *other = slot->value;

		if (other->len == self->len &&
		    other->variant == self->variant) {
			found = other;
			found->references++;
			break;
		}
	}
	if (found == NULL) {
		slot = ln_table_add(&codes->table, self->hash);
		self->listed = slot != NULL;
		if (slot != NULL)
			slot->value = self;
	}
	ln_lock_release(&codes->lock);
	if (found == NULL || is_same(found, self))
		return found;
	/* Just the hashes are equal. It is not shared, that is all. */
	ln_code_release(found);
	return NULL;
}

void ln_code_settle(struct ln_code *self, int result, const char *text)
{
	struct ln_codes *codes = ln_engine_codes(self->engine);
	struct ln_list *waiters = &self->waiters;

	self->failure = result;
	if (result < 0 && text != NULL)
		self->text = strdup(text);
	ln_lock_acquire(&codes->lock);
	ln_assert(atomic_load_explicit(&self->state, memory_order_relaxed) ==
		  PENDING);
	/* Release pairs with the acquire in ln_code_await. */
	atomic_store_explicit(&self->state, result < 0 ? FAILED : READY,
			      memory_order_release);
	if (result < 0)
		unlist(codes, self);
	while (!ln_list_empty(waiters)) {
		struct waiter *waiter =
			ln_container_of(waiters->next, struct waiter, link);

		ln_list_remove(&waiter->link);
		ln_task_wake(waiter->task);
	}
	ln_lock_release(&codes->lock);
	ln_futex_wake(&self->state, INT32_MAX);
}

static int await_in_task(struct ln_code *self, struct ln_task *task)
{
	struct ln_codes *codes = ln_engine_codes(self->engine);
	struct waiter waiter = { .task = task };
	int error = 0;

	ln_list_init(&waiter.link);
	ln_lock_acquire(&codes->lock);
	if (atomic_load_explicit(&self->state, memory_order_relaxed) == PENDING)
		ln_list_append(&self->waiters, &waiter.link);
	while (atomic_load_explicit(&self->state, memory_order_relaxed) ==
		       PENDING &&
	       error == 0) {
		ln_lock_release(&codes->lock);
		error = ln_task_wait(task, LN_NEVER);
		ln_lock_acquire(&codes->lock);
	}
	ln_list_remove(&waiter.link);
	ln_lock_release(&codes->lock);
	return error;
}

int ln_code_await(struct ln_code *self, char **text)
{
	struct ln_task *task = ln_task_current();
	int error = 0;

	*text = NULL;
	if (task != NULL)
		error = await_in_task(self, task);
	else
		while (atomic_load_explicit(&self->state,
					    memory_order_acquire) == PENDING)
			ln_futex_wait(&self->state, PENDING, -1);
	if (error < 0)
		return error;
	if (atomic_load_explicit(&self->state, memory_order_acquire) == READY)
		return 0;
	switch (self->failure) {
	case LN_EFORMAT:
	case LN_EINVAL:
	case LN_ELIMIT:
		if (self->text != NULL)
			*text = strdup(self->text);
		return self->failure;
	default:
		return LN_EAGAIN;
	}
}

static int prepare(struct ln_code *self, const uint8_t *bytes, size_t len,
		   size_t max_bytes, char **error)
{
	int code = ln_code_binary(bytes, len, max_bytes, &self->bytes,
				  &self->len, error);

	if (code == 0)
		code = look(self, error);
	if (code == 0)
		self->hash = ln_table_hash(ln_engine_codes(self->engine)->key,
					   self->bytes, self->len);
	return code;
}

/* For code that is new: looks into the cache on disk. */
static int try_cache(struct ln_code *self, enum ln_code_state *state,
		     char **error)
{
	struct ln_variant *variant =
		ln_engine_variant(self->engine, self->variant);
	int code;

	if (variant == NULL)
		return ln_refuse(
			error, LN_EIO,
			"the compiler cannot be started with the settings "
			"of this environment");
	self->has_key = class_of(self)->serialize != NULL &&
			ln_cache_key(class_of(self)->version, self->bytes,
				     self->len, self->variant, &self->key) == 0;
	*state = LN_CODE_OURS;
	if (!self->has_key || !load_code(self, variant))
		return self->scan.component
			       ? ln_component_weigh(self->bytes, self->len,
						    &self->weight)
			       : ln_weight_module(self->bytes, self->len,
						  &self->weight);
	code = complete(self, error);
	if (code == 0) {
		ln_code_settle(self, 0, NULL);
		*state = LN_CODE_READY;
	}
	return code;
}

int ln_code_find(struct ln_engine *engine, unsigned variant,
		 const uint8_t *bytes, size_t len, size_t max_bytes,
		 struct ln_code **out, enum ln_code_state *state, char **error)
{
	struct ln_code *self = calloc(1, sizeof(*self));
	struct ln_code *found;
	int code;

	*error = NULL;
	if (self == NULL)
		return LN_ENOMEM;
	self->references = 1;
	self->engine = engine;
	self->variant = variant;
	atomic_init(&self->state, PENDING);
	ln_list_init(&self->waiters);
	code = prepare(self, bytes, len, max_bytes, error);
	if (code < 0) {
		destroy(self);
		return code;
	}
	found = find_or_add(ln_engine_codes(engine), self);
	if (found != NULL) {
		destroy(self);
		*out = found;
		*state = atomic_load_explicit(&found->state,
					      memory_order_acquire) == READY
				 ? LN_CODE_READY
				 : LN_CODE_AWAITED;
		return 0;
	}
	code = try_cache(self, state, error);
	if (code < 0) {
		ln_code_settle(self, code, *error);
		ln_code_release(self);
		return code;
	}
	*out = self;
	return 0;
}

int ln_code_compile(struct ln_code *self, char **error)
{
	bool apart = self->compilation != NULL;
	int code;

	*error = NULL;
	if (!apart)
		self->started = ln_time_now();
	code = apart ? compile_apart(self, error) : compile_here(self, error);
	if (code == LN_EUNSUP)
		return code;
	ln_code_count_compiled(&ln_engine_codes(self->engine)->counts,
			       code == 0, self->started);
	if (code == 0)
		code = complete(self, error);
	if (code == 0 && self->has_key && !apart)
		/* If it cannot be kept it is made again, that is all. */
		(void)class_of(self)->serialize(self->code, store_code,
						&self->key);
	ln_code_settle(self, code, *error);
	return code;
}

void ln_codes_tell(const struct ln_codes *codes, struct ln_codes_tally *tally)
{
	ln_code_counts_tell(&codes->counts, tally);
}

int ln_code_join(struct ln_engine *engine, struct ln_tenant *const *above,
		 struct ln_tenant **tenants)
{
	struct ln_codes *codes = ln_engine_codes(engine);

	for (int i = 0; i < LN_CODE_PHASES; i++) {
		tenants[i] = ln_fair_queue_join(
			&codes->turns[i], above != NULL ? above[i] : NULL);
		if (tenants[i] == NULL)
			return LN_ENOMEM;
	}
	return 0;
}

void ln_code_leave(struct ln_engine *engine, struct ln_tenant *const *tenants)
{
	struct ln_codes *codes = ln_engine_codes(engine);

	for (int i = 0; i < LN_CODE_PHASES; i++)
		ln_fair_queue_quit(&codes->turns[i], tenants[i]);
}

int ln_code_enter_queue(struct ln_engine *engine, enum ln_code_phase phase,
			struct ln_tenant *const *tenants)
{
	if (ln_task_current() == NULL)
		return 0;
	return ln_fair_queue_enter(&ln_engine_codes(engine)->turns[phase],
				   tenants != NULL ? tenants[phase] : NULL);
}

void ln_code_leave_queue(struct ln_engine *engine, enum ln_code_phase phase,
			 struct ln_tenant *const *tenants)
{
	if (ln_task_current() != NULL)
		ln_fair_queue_leave(&ln_engine_codes(engine)->turns[phase],
				    tenants != NULL ? tenants[phase] : NULL);
}

/* ---- What code says ---- */

const uint8_t *ln_code_bytes(const struct ln_code *self, size_t *len)
{
	*len = self->len;
	return self->bytes;
}

unsigned ln_code_variant(const struct ln_code *self)
{
	return self->variant;
}

struct ln_engine *ln_code_engine(const struct ln_code *self)
{
	return self->engine;
}

const struct ln_compiled *ln_code_compiled(const struct ln_code *self)
{
	return self->code;
}

const struct ln_entries *ln_code_entries(const struct ln_code *self)
{
	return self->entries;
}

enum ln_abi_generation ln_code_generation(const struct ln_code *code)
{
	return code->generation;
}

const struct ln_elements *ln_code_elements(const struct ln_code *self)
{
	return self->elements;
}

const struct ln_names *ln_code_names(const struct ln_code *self)
{
	return self->names;
}

const struct ln_scan *ln_code_scan(const struct ln_code *self)
{
	return &self->scan;
}
