/* What is patched into Wasmtime for components: functions that compiled code
 * calls directly, the check of their types, and what they are given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/component.h"
#include "engine/wasmtime/component_impl.h"
#include "engine/wasmtime/wasmtime_impl.h"

#define KIND 7

/* What the functions of a test have seen, and how they are to fail. */
static struct {
	unsigned calls;
	unsigned dropped;
	uint32_t last_dropped;
	bool fails;
	uint32_t value;
} seen;

static const struct ln_component_ops *const ops = &ln_wasmtime_components;

static bool raise_trap(const char *text)
{
	lunatic_engine_record_trap(text, strlen(text));
	return false;
}

/* (a: u32, b: u64) -> u64 */
static bool call_add(void *instance, void *data, uint32_t type,
		     uint32_t options, union ln_value *values, size_t count)
{
	(void)instance;
	(void)type;
	(void)options;
	seen.calls++;
	assert_string_equal((const char *)data, "data");
	assert_true(count >= 2);
	if (seen.fails)
		return raise_trap("add fails");
	values[0].i64 += values[1].i64;
	return true;
}

/* () -> list<u8>: what it is given a memory and an allocator for. */
static bool call_list(void *instance, void *data, uint32_t type,
		      uint32_t options, union ln_value *values, size_t count)
{
	const struct ln_component_view *view = ops->memory(instance, options);
	uint32_t at = (uint32_t)values[0].i32;
	size_t before = view->size;
	uint32_t pair[2] = { 0, 5 };

	(void)data;
	(void)type;
	assert_int_equal(count, 1);
	assert_int_equal(ops->encoding(instance, options), 0);
	if (!ops->allocate(instance, options, 8, 5, &pair[0]))
		return false;
	/* It is the same view, and the memory has grown. */
	assert_ptr_equal(ops->memory(instance, options), view);
	assert_true(view->size > before);
	memcpy(view->base + pair[0], "hello", 5);
	memcpy(view->base + at, pair, sizeof(pair));
	return true;
}

/* () -> own<r> */
static bool call_make(void *instance, void *data, uint32_t type,
		      uint32_t options, union ln_value *values, size_t count)
{
	uint32_t handles = ops->handles(instance, type, KIND);
	uint32_t handle;

	(void)data;
	(void)options;
	(void)count;
	assert_int_not_equal(handles, UINT32_MAX);
	assert_int_equal(ops->handles(instance, type, KIND + 1), UINT32_MAX);
	if (!ops->handle_new(instance, handles, 42, &handle))
		return false;
	values[0].i32 = (int32_t)handle;
	return true;
}

/* (borrow<r>) -> u32 */
static bool call_look(void *instance, void *data, uint32_t type,
		      uint32_t options, union ln_value *values, size_t count)
{
	uint32_t value;

	(void)data;
	(void)options;
	(void)count;
	if (!ops->handle_get(instance, ops->handles(instance, type, KIND),
			     (uint32_t)values[0].i32, &value))
		return false;
	values[0].i32 = (int32_t)value;
	return true;
}

/* (own<r>) */
static bool call_take(void *instance, void *data, uint32_t type,
		      uint32_t options, union ln_value *values, size_t count)
{
	(void)data;
	(void)options;
	(void)count;
	return ops->handle_take(instance, ops->handles(instance, type, KIND),
				(uint32_t)values[0].i32, &seen.value);
}

static bool drop(void *callee, void *caller, union ln_value *values,
		 size_t count)
{
	(void)callee;
	(void)caller;
	(void)count;
	seen.dropped++;
	seen.last_dropped = (uint32_t)values[0].i32;
	return seen.fails ? raise_trap("drop fails") : true;
}

static wasmtime_error_t *never(void *data, wasmtime_context_t *context,
			       uint32_t value)
{
	(void)data;
	(void)context;
	(void)value;
	abort();
}

/* ---- A component with an instance ---- */

struct world {
	wasm_engine_t *engine;
	wasmtime_component_linker_t *linker;
	wasmtime_component_t *component;
	component_pre *pre;
	wasmtime_store_t *store;
	wasmtime_context_t *context;
	wasmtime_component_instance_t instance;
};

static const struct {
	const char *name;
	ln_component_call call;
	const char *type;
} functions[] = {
	{ "add", call_add, "(u32,u64)->u64" },
	{ "list", call_list, "()->list<u8>" },
	{ "make", call_make, "()->own<7>" },
	{ "look", call_look, "(borrow<7>)->u32" },
	{ "take", call_take, "(own<7>)" },
	{ "any", call_add, NULL },
	{ "types", call_add,
	  "(record{a:u8;b:char;},variant{x:string;y;},enum{e;f;},flags{g;h;},"
	  "option<bool>,result<s8,f32>,tuple<u16,list<s64>>)" },
};

static void fine(wasmtime_error_t *error)
{
	wasm_byte_vec_t message;

	if (error == NULL)
		return;
	wasmtime_error_message(error, &message);
	fail_msg("%.*s", (int)message.size, message.data);
}

/* Checks and deletes an error that says something. */
static void says(wasmtime_error_t *error, const char *text)
{
	wasm_byte_vec_t message;

	assert_non_null(error);
	wasmtime_error_message(error, &message);
	if (memmem(message.data, message.size, text, strlen(text)) == NULL)
		fail_msg("not `%s`, but `%.*s`", text, (int)message.size,
			 message.data);
	wasm_byte_vec_delete(&message);
	wasmtime_error_delete(error);
}

static void define(struct world *world)
{
	wasmtime_component_linker_instance_t *root =
		wasmtime_component_linker_root(world->linker);
	wasmtime_component_linker_instance_t *instance;
	wasmtime_component_resource_type_t *kind =
		wasmtime_component_resource_type_new_host(KIND);

	fine(wasmtime_component_linker_instance_add_instance(
		root, "t:t/i@0.2.8", 11, &instance));
	lunatic_engine_set_next_host_call(drop);
	fine(wasmtime_component_linker_instance_add_resource(
		instance, "r", 1, kind, never, NULL, NULL));
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		fine(lunatic_component_linker_add_raw(
			instance, functions[i].name, strlen(functions[i].name),
			functions[i].call, "data", functions[i].type,
			functions[i].type != NULL ? strlen(functions[i].type)
						  : 0));
	wasmtime_component_resource_type_delete(kind);
	wasmtime_component_linker_instance_delete(instance);
	wasmtime_component_linker_instance_delete(root);
}

/* The error that linking a component of this text leads to. */
static wasmtime_error_t *open_world(struct world *world, const char *text)
{
	wasm_config_t *config = wasm_config_new();

	memset(world, 0, sizeof(*world));
	memset(&seen, 0, sizeof(seen));
	world->engine = wasm_engine_new_with_config(config);
	world->linker = wasmtime_component_linker_new(world->engine);
	define(world);
	fine(wasmtime_component_new(world->engine, (const uint8_t *)text,
				    strlen(text), &world->component));
	return lunatic_component_linker_instantiate_pre(
		world->linker, world->component, &world->pre);
}

static void start(struct world *world)
{
	world->store = wasmtime_store_new(world->engine, NULL, NULL);
	world->context = wasmtime_store_context(world->store);
	fine(lunatic_component_pre_instantiate(world->pre, world->context,
					       &world->instance));
}

static void close_world(struct world *world)
{
	if (world->store != NULL)
		wasmtime_store_delete(world->store);
	if (world->pre != NULL)
		lunatic_component_pre_delete(world->pre);
	wasmtime_component_delete(world->component);
	wasmtime_component_linker_delete(world->linker);
	wasm_engine_delete(world->engine);
}

/* Calls the core function behind an export. */
static wasmtime_error_t *call(struct world *world, const char *name,
			      union ln_value *value)
{
	wasmtime_component_export_index_t *index =
		wasmtime_component_get_export_index(world->component, NULL,
						    name, strlen(name));
	wasmtime_component_func_t function;
	wasmtime_func_t core;
	wasm_trap_t *trap = NULL;
	wasmtime_error_t *error;

	assert_non_null(index);
	assert_true(wasmtime_component_instance_get_func(
		&world->instance, world->context, index, &function));
	lunatic_component_func_core(&function, world->context, &core);
	error = wasmtime_func_call_unchecked(
		world->context, &core, (wasmtime_val_raw_t *)value, 1, &trap);
	wasmtime_component_export_index_delete(index);
	assert_null(trap);
	return error;
}

#define IMPORT                                                              \
	"(import \"t:t/i@0.2.1\" (instance $i"                              \
	"  (export \"r\" (type $r (sub resource)))"                         \
	"  (export \"add\" (func (param \"a\" u32) (param \"b\" u64)"       \
	"    (result u64)))"                                                \
	"  (export \"list\" (func (result (list u8))))"                     \
	"  (export \"make\" (func (result (own $r))))"                      \
	"  (export \"look\" (func (param \"r\" (borrow $r)) (result u32)))" \
	"  (export \"take\" (func (param \"r\" (own $r))))"                 \
	"  (export \"any\" (func (param \"a\" u32) (param \"b\" u64)"       \
	"    (result u64)))))"                                              \
	"(alias export $i \"r\" (type $r))"

/* All of them, called by a core module. */
static const char all[] =
	"(component " IMPORT "(core module $M (memory (export \"memory\") 1)"
	"  (func (export \"realloc\") (param i32 i32 i32 i32) (result i32)"
	"    (drop (memory.grow (i32.const 1))) (i32.const 1024)))"
	"(core instance $m (instantiate $M))"
	"(alias export $i \"add\" (func $i-add)) (alias export $i \"any\""
	" (func $i-any)) (alias export $i \"list\" (func $i-list))"
	"(alias export $i \"make\" (func $i-make)) (alias export $i \"look\""
	" (func $i-look)) (alias export $i \"take\" (func $i-take))"
	"(core func $add (canon lower (func $i-add)))"
	"(core func $any (canon lower (func $i-any)))"
	"(core func $list (canon lower (func $i-list)"
	"  (memory (core memory $m \"memory\"))"
	"  (realloc (core func $m \"realloc\"))))"
	"(core func $make (canon lower (func $i-make)))"
	"(core func $look (canon lower (func $i-look)))"
	"(core func $take (canon lower (func $i-take)))"
	"(core func $drop (canon resource.drop $r))"
	"(core module $Main (import \"\" \"memory\" (memory 1))"
	"  (import \"\" \"add\" (func $add (param i32 i64) (result i64)))"
	"  (import \"\" \"any\" (func $any (param i32 i64) (result i64)))"
	"  (import \"\" \"list\" (func $list (param i32)))"
	"  (import \"\" \"make\" (func $make (result i32)))"
	"  (import \"\" \"look\" (func $look (param i32) (result i32)))"
	"  (import \"\" \"take\" (func $take (param i32)))"
	"  (import \"\" \"drop\" (func $drop (param i32)))"
	"  (func (export \"add\") (param i32) (result i32)"
	"    (i32.wrap_i64 (call $any (local.get 0)"
	"      (call $add (local.get 0) (i64.const 100)))))"
	"  (func (export \"list\") (param i32) (result i32)"
	"    (call $list (i32.const 8))"
	"    (i32.load8_u (i32.add (i32.load (i32.const 8)) (i32.const 4))))"
	"  (func (export \"handles\") (param i32) (result i32)"
	"    (local $a i32) (local $b i32)"
	"    (local.set $a (call $make)) (local.set $b (call $make))"
	"    (local.set 0 (i32.add (call $look (local.get $a))"
	"      (call $look (local.get $b))))"
	"    (call $take (local.get $a)) (call $drop (local.get $b))"
	"    (local.get 0))"
	"  (func (export \"wrong\") (param i32) (result i32)"
	"    (call $look (i32.const 77)))"
	"  (func (export \"gone\") (param i32) (result i32) (local $a i32)"
	"    (local.set $a (call $make)) (call $take (local.get $a))"
	"    (call $take (local.get $a)) (i32.const 0))"
	"  (func (export \"many\") (param i32) (result i32)"
	"    (loop (drop (call $make)) (br 0)) (i32.const 0)))"
	"(core instance $main (instantiate $Main (with \"\" (instance"
	"  (export \"memory\" (memory $m \"memory\"))"
	"  (export \"add\" (func $add)) (export \"any\" (func $any))"
	"  (export \"list\" (func $list)) (export \"make\" (func $make))"
	"  (export \"look\" (func $look)) (export \"take\" (func $take))"
	"  (export \"drop\" (func $drop))))))"
#define LIFT(name)                                                   \
	"(func (export \"" name "\") (param \"a\" u32) (result u32)" \
	"  (canon lift (core func $main \"" name "\")))"
	LIFT("add") LIFT("list") LIFT("handles") LIFT("wrong") LIFT("gone")
		LIFT("many") ")";

static void calls(void **state)
{
	union ln_value value = { .i32 = 5 };
	struct world world;

	(void)state;
	fine(open_world(&world, all));
	start(&world);
	fine(call(&world, "add", &value));
	assert_int_equal(value.i32, 110);
	assert_int_equal(seen.calls, 2);
	fine(call(&world, "list", &value));
	assert_int_equal(value.i32, 'o');
	seen.fails = true;
	says(call(&world, "add", &value), "add fails");
	close_world(&world);
}

static void handles(void **state)
{
	union ln_value value = { 0 };
	struct world world;

	(void)state;
	fine(open_world(&world, all));
	start(&world);
	fine(call(&world, "handles", &value));
	assert_int_equal(value.i32, 84);
	/* One was taken, the other dropped. */
	assert_int_equal(seen.value, 42);
	assert_int_equal(seen.dropped, 1);
	assert_int_equal(seen.last_dropped, 42);
	says(call(&world, "wrong", &value), "unknown handle index 77");
	close_world(&world);

	fine(open_world(&world, all));
	start(&world);
	says(call(&world, "gone", &value), "unknown handle index 1");
	close_world(&world);

	fine(open_world(&world, all));
	start(&world);
	seen.fails = true;
	says(call(&world, "handles", &value), "drop fails");
	close_world(&world);

	fine(open_world(&world, all));
	start(&world);
	lunatic_component_limit_handles(world.context, 100);
	says(call(&world, "many", &value), "handle limit exceeded");
	close_world(&world);
}

/* Another instance has handles of its own, and one trap ends one instance. */
static void instances(void **state)
{
	union ln_value value = { 0 };
	wasmtime_store_t *first;
	struct world world;

	(void)state;
	fine(open_world(&world, all));
	start(&world);
	first = world.store;
	says(call(&world, "wrong", &value), "unknown handle index");
	start(&world);
	fine(call(&world, "handles", &value));
	assert_int_equal(value.i32, 84);
	wasmtime_store_delete(first);
	close_world(&world);
}

static void assert_refused(const char *export, const char *text)
{
	char component[4096];
	struct world world;

	snprintf(component, sizeof(component),
		 "(component (import \"t:t/i@0.2.1\" (instance %s)))", export);
	says(open_world(&world, component), text);
	close_world(&world);
}

static void types(void **state)
{
	char deep[4096] = "";
	struct world world;

	(void)state;
	assert_refused("(export \"add\" (func (param \"a\" u32)))",
		       "it has the type (u32), not (u32,u64)->u64");
	assert_refused("(export \"add\" (func (param \"a\" u32)"
		       " (param \"b\" u64) (result s64)))",
		       "it has the type (u32,u64)->s64, not (u32,u64)->u64");
	/* A longer one, of which ours is the beginning. */
	assert_refused("(export \"take\" (func (param \"a\" u32)"
		       " (param \"b\" u64)))",
		       "it has the type (u32,u64), not (own<7>)");
	assert_refused("(export \"r\" (type (sub resource)))"
		       "(export \"x\" (type $x (sub resource)))"
		       "(export \"make\" (func (result (own $x))))",
		       "resource implementation is missing");
	assert_refused("(export \"none\" (func))",
		       "function implementation is missing");
	/* Each tuple has two of the one before it: 2^16 parts. */
	for (int i = 0; i < 16; i++)
		sprintf(deep + strlen(deep), "(type $t%d (tuple %s%d %s%d))", i,
			i == 0 ? "u" : "$t", i == 0 ? 8 : i - 1,
			i == 0 ? "u" : "$t", i == 0 ? 8 : i - 1);
	strcat(deep, "(export \"add\" (func (param \"a\" $t15)))");
	assert_refused(deep, "tuple<...");

	fine(open_world(
		&world,
		"(component (import \"t:t/i@0.2.8\" (instance"
		" (type $a' (record (field \"a\" u8) (field \"b\" char)))"
		" (export \"a\" (type $a (eq $a')))"
		" (type $b' (variant (case \"x\" string) (case \"y\")))"
		" (export \"b\" (type $b (eq $b')))"
		" (type $c' (enum \"e\" \"f\"))"
		" (export \"c\" (type $c (eq $c')))"
		" (type $d' (flags \"g\" \"h\"))"
		" (export \"d\" (type $d (eq $d')))"
		" (export \"types\" (func (param \"a\" $a) (param \"b\" $b)"
		"  (param \"c\" $c) (param \"d\" $d) (param \"e\""
		"  (option bool)) (param \"f\" (result s8 (error f32)))"
		"  (param \"g\" (tuple u16 (list s64))))))))"));
	close_world(&world);
}

static void versions(void **state)
{
	static const char *const linked[] = { "0.2.0", "0.2.8", "0.2.99" };
	static const char *const refused[] = { "0.1.0", "0.3.0", "1.2.0" };
	char text[256];
	struct world world;

	(void)state;
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			 "(component (import \"t:t/i@%s\" (instance"
			 " (export \"list\" (func (result (list u8)))))))",
			 linked[i]);
		fine(open_world(&world, text));
		close_world(&world);
		snprintf(text, sizeof(text),
			 "(component (import \"t:t/i@%s\" (instance"
			 " (export \"list\" (func (result (list u8)))))))",
			 refused[i]);
		says(open_world(&world, text), "is missing");
		close_world(&world);
	}
}

static void needs(void **state)
{
	struct ln_component_needs found;
	struct world world;

	(void)state;
	fine(open_world(
		&world,
		"(component (core module $A (memory 3) (table 5 funcref))"
		" (component $C (core module $B (memory 1))"
		"  (core instance (instantiate $B))"
		"  (core instance (instantiate $B)))"
		" (core instance (instantiate $A))"
		" (instance (instantiate $C)) (instance (instantiate $C)))"));
	ops->needs(ln_wasmtime_mark(world.component), &found);
	assert_int_equal(found.core_instances, 5);
	assert_int_equal(found.instances, 3);
	assert_int_equal(found.memories, 5);
	assert_int_equal(found.tables, 1);
	assert_int_equal(found.initial_memory, 3 << 16);
	assert_int_equal(found.initial_table, 5);
	assert_true(found.known);
	assert_null(found.entries[0]);
	close_world(&world);

	fine(open_world(&world,
			"(component (core module $A (func (export \"run\")"
			" (result i32) (i32.const 0)))"
			" (core instance $a (instantiate $A))"
			" (func $run (result (result))"
			"  (canon lift (core func $a \"run\")))"
			" (instance $i (export \"run\" (func $run)))"
			" (export \"wasi:cli/run@0.2.7\" (instance $i)))"));
	ops->needs(ln_wasmtime_mark(world.component), &found);
	assert_string_equal(found.entries[0], LN_COMPONENT_RUN);
	assert_null(found.entries[1]);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls),     cmocka_unit_test(handles),
		cmocka_unit_test(instances), cmocka_unit_test(types),
		cmocka_unit_test(versions),  cmocka_unit_test(needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
