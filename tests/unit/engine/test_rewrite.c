/* src/engine/rewrite.c, rewrite_encode.c and rewrite_names.c, which have one
 * header: modules that are taken apart, changed and put together: what was not
 * changed is the same, what was is valid, and numbers of functions follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <wasmtime.h>

#include "base/error.h"
#include "engine/rewrite.h"

#define MAX_COUNT ((size_t)1 << 20)
#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ })

struct module {
	wasm_byte_vec_t binary;
	struct ln_rewrite *rewrite;
};

/* Names of functions that can be told apart, and one of each thing that holds
 * numbers of functions. */
static const char *const rich =
	"(module $rich"
	" (type $unary (func (param i32) (result i32)))"
	" (import \"env\" \"one\" (func $one (result i32)))"
	" (import \"env\" \"limit\" (global $limit i32))"
	" (table 3 funcref)"
	" (table $second 2 2 funcref (ref.func $double))"
	" (memory (export \"memory\") 1)"
	" (global $chosen (mut funcref) (ref.func $double))"
	" (func $double (export \"double\") (param $x i32) (result i32)"
	"  (i32.add (local.get $x) (local.get $x)))"
	" (func $both (export \"both\") (param i32) (result i32)"
	"  (local i64 v128)"
	"  (block $out (br_table $out $out (local.get 0)))"
	"  (drop (f64.const 1.5)) (drop (f32.const 2))"
	"  (drop (v128.const i32x4 1 2 3 4))"
	"  (drop (i32.trunc_sat_f32_s (f32.const 1)))"
	"  (drop (ref.func $double))"
	"  (drop (select (result i32) (i32.const 1) (i32.const 2)"
	"   (i32.const 0)))"
	"  (i32.store offset=300 (i32.const 0) (i32.const 7))"
	"  (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))"
	"  (v128.store32_lane 1 (i32.const 8) (v128.const i64x2 0 0))"
	"  (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"
	"   (v128.const i64x2 0 0) (v128.const i64x2 0 0)))"
	"  (i32.add (call $double (local.get 0)) (call $one)))"
	" (func $tail (param i32) (result i32)"
	"  (return_call $both (local.get 0)))"
	" (func $start (nop))"
	" (start $start)"
	" (elem (i32.const 0) $double $both)"
	" (elem (table $second) (i32.const 0) funcref (ref.func $tail))"
	" (elem declare func $double)"
	" (elem funcref (ref.func $one) (ref.null func))"
	" (elem (table $second) (i32.const 1) func $tail)"
	" (data (i32.const 16) \"text\"))";

/* Types that name each other, tags, and code with objects and exceptions, in
 * which functions have numbers, too. */
static const char *const objects =
	"(module"
	" (rec (type $node (sub (struct (field (mut (ref null $node))))))"
	"  (type $leaf (sub final $node"
	"   (struct (field (mut (ref null $node))) (field i8)))))"
	" (type $work (func (param i32) (result i32)))"
	" (type $row (array (mut (ref null $work))))"
	" (import \"env\" \"one\" (func $one (result i32)))"
	" (import \"env\" \"thrown\" (tag $thrown (param i32)))"
	" (table $works 1 (ref null $work) (ref.func $double))"
	" (memory i64 1)"
	" (tag $own (param i32))"
	" (global $first (ref $work) (ref.func $double))"
	" (global $rows (ref $row)"
	"  (array.new_fixed $row 2 (ref.func $double) (ref.null $work)))"
	" (func $double (export \"double\") (type $work)"
	"  (i32.add (local.get 0) (local.get 0)))"
	" (func $both (export \"both\") (param i32) (result i32)"
	"  (local $node (ref null $node))"
	"  (local.set $node (struct.new $leaf (ref.null $node) (i32.const 1)))"
	"  (drop (block $cast (result (ref null $node))"
	"   (br_on_cast $cast (ref null $node) (ref $leaf)"
	"    (local.get $node))))"
	"  (drop (call_ref $work (local.get 0) (ref.func $double)))"
	"  (i64.store offset=0x100000000 (i64.const 0) (i64.const 0))"
	"  (block $caught (result i32)"
	"   (block $any"
	"    (try_table (catch $thrown $caught) (catch_all $any)"
	"     (drop (call $double (local.get 0)))))"
	"   (i32.const 0))"
	"  (throw $own))"
	" (elem (table $works) (i32.const 0) (ref null $work)"
	"  (ref.func $double)))";

static wasm_engine_t *engine;

static int make_engine(void **state)
{
	(void)state;
	engine = wasm_engine_new();
	return engine == NULL;
}

static int free_engine(void **state)
{
	(void)state;
	wasm_engine_delete(engine);
	return 0;
}

static void open_text(struct module *module, const char *text)
{
	char *error;

	assert_null(wasmtime_wat2wasm(text, strlen(text), &module->binary));
	assert_int_equal(ln_rewrite_new((const uint8_t *)module->binary.data,
					module->binary.size, MAX_COUNT,
					&module->rewrite, &error),
			 0);
}

static void close_module(struct module *module)
{
	ln_rewrite_free(module->rewrite);
	wasm_byte_vec_delete(&module->binary);
}

/* The result, which has to be valid; the caller frees it. */
static uint8_t *encode(struct module *module, size_t *len)
{
	wasmtime_error_t *invalid;
	uint8_t *bytes;
	char *error;

	assert_int_equal(
		ln_rewrite_encode(module->rewrite, &bytes, len, &error), 0);
	invalid = wasmtime_module_validate(engine, bytes, *len);
	if (invalid != NULL) {
		wasm_byte_vec_t text;

		wasmtime_error_message(invalid, &text);
		print_error("%.*s\n", (int)text.size, text.data);
	}
	assert_null(invalid);
	return bytes;
}

/* Replaces the module by the result. */
static void encode_and_open(struct module *module)
{
	struct module next;
	uint8_t *bytes;
	size_t len;
	char *error;

	bytes = encode(module, &len);
	wasm_byte_vec_new(&next.binary, len, (const char *)bytes);
	free(bytes);
	assert_int_equal(ln_rewrite_new((const uint8_t *)next.binary.data, len,
					MAX_COUNT, &next.rewrite, &error),
			 0);
	close_module(module);
	*module = next;
}

static uint32_t find(const struct module *module, const char *name)
{
	uint32_t function;

	assert_int_equal(
		ln_rewrite_find(module->rewrite, name, strlen(name), &function),
		0);
	return function;
}

static void check_same(const char *text)
{
	struct module module;
	uint8_t *bytes;
	size_t len;

	open_text(&module, text);
	bytes = encode(&module, &len);
	assert_int_equal(len, module.binary.size);
	assert_memory_equal(bytes, module.binary.data, len);
	free(bytes);
	close_module(&module);
}

static void unchanged_modules_are_the_same(void **state)
{
	(void)state;
	check_same("(module)");
	check_same("(module (memory 1) (data (i32.const 0) \"x\"))");
	check_same(rich);
}

/* Headers with numbers that are longer than needed stay, too. */
static void long_numbers_stay(void **state)
{
	static const uint8_t bytes[] = {
		0, 'a',  's',  'm',  1,    0,    0, 0, /* header */
		1, 0x85, 0x00, 0x81, 0x00, 0x60, 0, 0, /* a type */
		0, 3,    1,    'c',  9,                /* custom */
	};
	struct ln_rewrite *rewrite;
	uint8_t *out;
	char *error;
	size_t len;

	(void)state;
	assert_int_equal(ln_rewrite_new(bytes, sizeof(bytes), MAX_COUNT,
					&rewrite, &error),
			 0);
	assert_int_equal(ln_rewrite_encode(rewrite, &out, &len, &error), 0);
	assert_int_equal(len, sizeof(bytes));
	assert_memory_equal(out, bytes, len);
	free(out);
	ln_rewrite_free(rewrite);
}

/* (i32) -> i32, which doubles. */
static uint32_t add_doubler(struct ln_rewrite *rewrite)
{
	const struct ln_rewrite_body body = {
		.locals = BYTES(2, 0, 0, 0, 0x7e, 1, 0, 0, 0, 0x70),
		.locals_len = 10,
		.code = BYTES(0x20, 0, 0x20, 0, 0x6a, 0x0b),
		.code_len = 6,
	};
	uint32_t type, function;

	assert_int_equal(ln_rewrite_add_type(rewrite, BYTES(0x7f), 1,
					     BYTES(0x7f), 1, &type),
			 0);
	assert_int_equal(
		ln_rewrite_add_function(rewrite, type, &body, &function), 0);
	assert_int_equal(ln_rewrite_export(rewrite, "added", 5, function), 0);
	return function;
}

static void functions_are_added(void **state)
{
	static const char *const texts[] = {
		"(module)",
		"(module (import \"a\" \"b\" (func)))",
		("(module (memory 1) (export \"m\" (memory 0))"
		 " (data (i32.const 0) \"x\"))"),
		"(module (func) (start 0))",
		"(module (global i32 (i32.const 1)) (table 1 funcref))",
	};
	struct module module;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint32_t function;

		open_text(&module, texts[i]);
		function = add_doubler(module.rewrite);
		assert_int_equal(find(&module, "added"), function);
		encode_and_open(&module);
		assert_int_equal(find(&module, "added"), function);
		close_module(&module);
	}
	open_text(&module, rich);
	assert_int_equal(add_doubler(module.rewrite), 5);
	encode_and_open(&module);
	assert_int_equal(find(&module, "added"), 5);
	assert_int_equal(find(&module, "both"), 2);
	close_module(&module);
}

static void types_are_told(void **state)
{
	struct ln_rewrite_type type;
	struct module module;
	bool imported;

	(void)state;
	open_text(&module, rich);
	assert_int_equal(
		ln_rewrite_type_of(module.rewrite, 0, &imported, &type), 0);
	assert_true(imported);
	assert_int_equal(type.params_len, 0);
	assert_int_equal(type.results_len, 1);
	assert_int_equal(type.results[0], 0x7f);
	assert_int_equal(
		ln_rewrite_type_of(module.rewrite, 1, &imported, &type), 0);
	assert_false(imported);
	assert_int_equal(type.params_len, 1);
	assert_int_equal(ln_rewrite_type_of(module.rewrite,
					    add_doubler(module.rewrite),
					    &imported, &type),
			 0);
	assert_int_equal(type.params_len, 1);
	assert_int_equal(type.params[0], 0x7f);
	assert_int_equal(
		ln_rewrite_type_of(module.rewrite, 6, &imported, &type),
		LN_ENOENT);
	close_module(&module);
}

/* Adds env.extra, of the type of `one`. */
static uint32_t add_import(struct ln_rewrite *rewrite)
{
	uint32_t type, function;

	assert_int_equal(
		ln_rewrite_add_type(rewrite, NULL, 0, BYTES(0x7f), 1, &type),
		0);
	assert_int_equal(ln_rewrite_add_import(rewrite, "env", 3, "extra", 5,
					       type, &function),
			 0);
	return function;
}

/* What a store of the module's exports computes. */
static int32_t call(wasmtime_context_t *context, wasmtime_instance_t *instance,
		    const char *name, int32_t argument)
{
	wasmtime_val_t in = { .kind = WASMTIME_I32, .of = { .i32 = argument } };
	wasmtime_extern_t item;
	wasm_trap_t *trap = NULL;
	wasmtime_val_t out;

	assert_true(wasmtime_instance_export_get(context, instance, name,
						 strlen(name), &item));
	assert_null(wasmtime_func_call(context, &item.of.func, &in, 1, &out, 1,
				       &trap));
	assert_null(trap);
	return out.of.i32;
}

static wasm_trap_t *give(void *number, wasmtime_caller_t *caller,
			 const wasmtime_val_t *in, size_t ins,
			 wasmtime_val_t *out, size_t outs)
{
	(void)caller;
	(void)in;
	(void)ins;
	(void)outs;
	out->kind = WASMTIME_I32;
	out->of.i32 = *(const int32_t *)number;
	return NULL;
}

static void define(wasmtime_linker_t *linker, const char *name,
		   const int32_t *number)
{
	wasm_functype_t *type =
		wasm_functype_new_0_1(wasm_valtype_new(WASM_I32));

	assert_null(wasmtime_linker_define_func(
		linker, "env", 3, name, strlen(name), type, give,
		(void *)(uintptr_t)number, NULL));
	wasm_functype_delete(type);
}

/* Runs the rich module, however changed, and checks what its functions do. */
static void check_behaviour(const uint8_t *bytes, size_t len, bool added)
{
	static const int32_t one = 1, extra = 40;
	wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
	wasmtime_context_t *context = wasmtime_store_context(store);
	wasmtime_linker_t *linker = wasmtime_linker_new(engine);
	wasm_globaltype_t *type =
		wasm_globaltype_new(wasm_valtype_new(WASM_I32), WASM_CONST);
	wasmtime_val_t zero = { .kind = WASMTIME_I32 };
	wasmtime_instance_t instance;
	wasmtime_module_t *code;
	wasm_trap_t *trap = NULL;
	wasmtime_extern_t limit = { .kind = WASMTIME_EXTERN_GLOBAL };

	define(linker, "one", &one);
	define(linker, "extra", &extra);
	assert_null(
		wasmtime_global_new(context, type, &zero, &limit.of.global));
	assert_null(wasmtime_linker_define(linker, context, "env", 3, "limit",
					   5, &limit));
	assert_null(wasmtime_module_new(engine, bytes, len, &code));
	assert_null(wasmtime_linker_instantiate(linker, context, code,
						&instance, &trap));
	assert_null(trap);
	assert_int_equal(call(context, &instance, "double", 4), 8);
	assert_int_equal(call(context, &instance, "both", 4), 9);
	if (added)
		assert_int_equal(call(context, &instance, "sum", 4), 8 + 40);
	wasm_globaltype_delete(type);
	wasmtime_module_delete(code);
	wasmtime_linker_delete(linker);
	wasmtime_store_delete(store);
}

static void imports_renumber(void **state)
{
	/* double(x) + extra() */
	uint8_t code[] = { 0x20, 0, 0x10, 1, 0x10, 0, 0x6a, 0x0b };
	const struct ln_rewrite_body body = { .code = code,
					      .code_len = sizeof(code) };
	struct module module;
	uint32_t sum;
	uint8_t *bytes;
	size_t len;

	(void)state;
	open_text(&module, rich);
	bytes = encode(&module, &len);
	check_behaviour(bytes, len, false);
	free(bytes);
	code[5] = (uint8_t)add_import(module.rewrite);
	assert_int_equal(
		ln_rewrite_add_function(module.rewrite, 0, &body, &sum), 0);
	assert_int_equal(ln_rewrite_export(module.rewrite, "sum", 3, sum), 0);
	bytes = encode(&module, &len);
	check_behaviour(bytes, len, true);
	free(bytes);
	encode_and_open(&module);
	/* Behind the two imports; names follow. */
	assert_int_equal(find(&module, "double"), 2);
	assert_int_equal(find(&module, "tail"), 4);
	assert_int_equal(find(&module, "one"), 0);
	assert_int_equal(find(&module, "sum"), 6);
	close_module(&module);
}

static void objects_and_exceptions(void **state)
{
	static const uint8_t i32 = 0x7f;
	struct ln_rewrite_type type;
	struct module module;
	uint32_t added;
	bool imported;

	(void)state;
	check_same(objects);
	open_text(&module, objects);
	/* Each type of a group has a number. */
	assert_int_equal(
		ln_rewrite_add_type(module.rewrite, &i32, 1, NULL, 0, &added),
		0);
	assert_int_equal(added, 6);
	assert_int_equal(ln_rewrite_add_import(module.rewrite, "env", 3,
					       "extra", 5, added, &added),
			 0);
	encode_and_open(&module);
	assert_int_equal(find(&module, "double"), 2);
	assert_int_equal(
		ln_rewrite_type_of(module.rewrite, 2, &imported, &type), 0);
	assert_false(imported);
	assert_int_equal(type.params_len, 1);
	assert_int_equal(
		ln_rewrite_type_of(module.rewrite, 1, &imported, &type), 0);
	assert_true(imported);
	assert_int_equal(type.results_len, 0);
	close_module(&module);
}

/* double becomes a function that calls its copy and adds 0. */
static void functions_are_wrapped(void **state)
{
	uint8_t code[] = { 0x20, 0, 0x10, 0, 0x41, 0, 0x6a, 0x0b };
	const struct ln_rewrite_body body = { .code = code,
					      .code_len = sizeof(code) };
	static const char name[] = "double";
	struct module module;
	uint32_t copy, added;
	uint8_t *bytes;
	size_t len;

	(void)state;
	open_text(&module, rich);
	assert_int_equal(ln_rewrite_copy(module.rewrite, 1, &copy), 0);
	assert_int_equal(copy, 5);
	code[3] = (uint8_t)copy;
	assert_int_equal(ln_rewrite_replace(module.rewrite, 1, &body), 0);
	/* Twice: the first new body is freed. */
	assert_int_equal(ln_rewrite_replace(module.rewrite, 1, &body), 0);
	(void)add_import(module.rewrite);
	bytes = encode(&module, &len);
	check_behaviour(bytes, len, false);
	/* The copy has the name as well: export, two entries of names. */
	added = 0;
	for (uint8_t *at = bytes;
	     (at = memmem(at, (size_t)(bytes + len - at), name, 6)) != NULL;
	     at += 6)
		added++;
	assert_int_equal(added, 3);
	free(bytes);
	close_module(&module);
}

static void wrong_numbers_are_errors(void **state)
{
	const struct ln_rewrite_body body = { .code = BYTES(0x0b),
					      .code_len = 1 };
	const struct ln_rewrite_body cut = { .locals = BYTES(1, 0, 0, 0),
					     .locals_len = 4 };
	const struct ln_rewrite_body odd = { .locals = BYTES(1, 0, 0, 0, 0x40),
					     .locals_len = 5 };
	struct ln_rewrite *rewrite;
	struct module module;
	uint32_t index;

	(void)state;
	open_text(&module, rich);
	rewrite = module.rewrite;
	assert_int_equal(
		ln_rewrite_add_type(rewrite, BYTES(0x40), 1, NULL, 0, &index),
		LN_EINVAL);
	assert_int_equal(
		ln_rewrite_add_type(rewrite, NULL, 0, BYTES(0x6e), 1, &index),
		LN_EINVAL);
	assert_int_equal(ln_rewrite_add_function(rewrite, 99, &body, &index),
			 LN_ENOENT);
	assert_int_equal(ln_rewrite_add_function(rewrite, 0, &cut, &index),
			 LN_EINVAL);
	assert_int_equal(ln_rewrite_add_function(rewrite, 0, &odd, &index),
			 LN_EINVAL);
	assert_int_equal(
		ln_rewrite_add_import(rewrite, "a", 1, "b", 1, 99, &index),
		LN_ENOENT);
	assert_int_equal(ln_rewrite_export(rewrite, "x", 1, 99), LN_ENOENT);
	assert_int_equal(ln_rewrite_copy(rewrite, 0, &index), LN_ENOENT);
	assert_int_equal(ln_rewrite_copy(rewrite, 99, &index), LN_ENOENT);
	assert_int_equal(ln_rewrite_replace(rewrite, 0, &body), LN_ENOENT);
	assert_int_equal(ln_rewrite_replace(rewrite, 1, &odd), LN_EINVAL);
	assert_int_equal(ln_rewrite_find(rewrite, "none", 4, &index),
			 LN_ENOENT);
	close_module(&module);
	check_same(rich);
}

static void additions_are_bounded(void **state)
{
	static const uint8_t bytes[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
	static uint8_t code[200];
	const struct ln_rewrite_body body = { .code = code,
					      .code_len = sizeof(code) };
	struct ln_rewrite *rewrite;
	uint8_t *out;
	char *error;
	uint32_t index;
	size_t len;

	(void)state;
	assert_int_equal(
		ln_rewrite_new(bytes, sizeof(bytes), 210, &rewrite, &error), 0);
	assert_int_equal(ln_rewrite_add_type(rewrite, NULL, 0, NULL, 0, &index),
			 0);
	assert_int_equal(ln_rewrite_add_function(rewrite, 0, &body, &index), 0);
	assert_int_equal(ln_rewrite_add_function(rewrite, 0, &body, &index),
			 LN_ELIMIT);
	/* With headers it does not fit either. */
	assert_int_equal(ln_rewrite_encode(rewrite, &out, &len, &error),
			 LN_ELIMIT);
	assert_non_null(strstr(error, "too large"));
	free(error);
	ln_rewrite_free(rewrite);
}

/* Every way to cut a module off: an error or a rewrite, never a read beyond. */
static void cut_modules_are_refused(void **state)
{
	wasm_byte_vec_t binary;

	(void)state;
	assert_null(wasmtime_wat2wasm(rich, strlen(rich), &binary));
	for (size_t len = 0; len < binary.size; len++) {
		uint8_t *copy = malloc(len > 0 ? len : 1);
		struct ln_rewrite *rewrite;
		char *error = NULL;

		memcpy(copy, binary.data, len);
		if (ln_rewrite_new(copy, len, MAX_COUNT, &rewrite, &error) == 0)
			ln_rewrite_free(rewrite);
		else
			assert_non_null(error);
		free(error);
		free(copy);
	}
	wasm_byte_vec_delete(&binary);
}

/* Every byte changed: what can still be taken apart is put together again, with
 * and without other numbers. */
static void damaged_modules_do_no_harm(void **state)
{
	wasm_byte_vec_t binary;

	(void)state;
	assert_null(wasmtime_wat2wasm(rich, strlen(rich), &binary));
	for (size_t i = 8; i < 8 * binary.size; i++) {
		uint8_t *copy = malloc(binary.size);
		struct ln_rewrite *rewrite;
		char *error = NULL;
		uint8_t *bytes;
		size_t len;

		memcpy(copy, binary.data, binary.size);
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
		if (ln_rewrite_new(copy, binary.size, MAX_COUNT, &rewrite,
				   &error) == 0) {
			(void)add_import(rewrite);
			if (ln_rewrite_encode(rewrite, &bytes, &len, &error) ==
			    0)
				free(bytes);
			ln_rewrite_free(rewrite);
		}
		free(error);
		free(copy);
	}
	wasm_byte_vec_delete(&binary);
}

/* Four billion elements are promised, and none of them is there: an error, and
 * at once. */
static void promises_are_not_believed(void **state)
{
	static const uint8_t bytes[] = {
		0, 'a', 's', 'm', 1,    0,    0,    0, /* header */
		9, 8,   1,   5,   0x70, 0xff, 0xff, 0xff, 0xff, 0x0f,
	};
	struct ln_rewrite *rewrite;
	uint8_t *out;
	char *error;
	size_t len;

	(void)state;
	assert_int_equal(ln_rewrite_new(bytes, sizeof(bytes), MAX_COUNT,
					&rewrite, &error),
			 0);
	(void)add_import(rewrite);
	assert_int_equal(ln_rewrite_encode(rewrite, &out, &len, &error),
			 LN_EFORMAT);
	free(error);
	ln_rewrite_free(rewrite);
}

static void unreadable_code_is_told(void **state)
{
	const struct ln_rewrite_body body = { .code = BYTES(0xff, 0x0b),
					      .code_len = 2 };
	struct module module;
	uint8_t *bytes;
	char *error;
	uint32_t index;
	size_t len;

	(void)state;
	open_text(&module, rich);
	assert_int_equal(
		ln_rewrite_add_function(module.rewrite, 0, &body, &index), 0);
	/* Nobody looks at code without a reason. */
	assert_int_equal(
		ln_rewrite_encode(module.rewrite, &bytes, &len, &error), 0);
	free(bytes);
	(void)add_import(module.rewrite);
	assert_int_equal(
		ln_rewrite_encode(module.rewrite, &bytes, &len, &error),
		LN_EFORMAT);
	assert_non_null(strstr(error, "cannot be read"));
	free(error);
	close_module(&module);
}

static uint8_t *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc((size_t)64 << 20);

	*len = 0;
	if (file != NULL && bytes != NULL)
		*len = fread(bytes, 1, (size_t)64 << 20, file);
	if (file != NULL)
		(void)fclose(file);
	return bytes;
}

/* Whether a file is the same when nothing is changed. */
static bool stays(const char *path)
{
	struct ln_rewrite *rewrite;
	uint8_t *made = NULL;
	size_t len, made_len;
	uint8_t *bytes = read_file(path, &len);
	char *error = NULL;
	bool same = false;

	if (bytes != NULL && ln_rewrite_new(bytes, len, (size_t)64 << 20,
					    &rewrite, &error) == 0) {
		same = ln_rewrite_encode(rewrite, &made, &made_len, &error) ==
			       0 &&
		       made_len == len && memcmp(made, bytes, len) == 0;
		free(made);
		ln_rewrite_free(rewrite);
	}
	if (!same)
		fprintf(stderr, "%s does not stay the same: %s\n", path,
			error != NULL ? error : "other bytes");
	free(error);
	free(bytes);
	return same;
}

/* With arguments it looks at files instead. */
int main(int argc, char **argv)
{
	bool same = true;

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unchanged_modules_are_the_same),
		cmocka_unit_test(long_numbers_stay),
		cmocka_unit_test(functions_are_added),
		cmocka_unit_test(types_are_told),
		cmocka_unit_test(imports_renumber),
		cmocka_unit_test(objects_and_exceptions),
		cmocka_unit_test(functions_are_wrapped),
		cmocka_unit_test(wrong_numbers_are_errors),
		cmocka_unit_test(additions_are_bounded),
		cmocka_unit_test(cut_modules_are_refused),
		cmocka_unit_test(damaged_modules_do_no_harm),
		cmocka_unit_test(promises_are_not_believed),
		cmocka_unit_test(unreadable_code_is_told),
	};

	for (int i = 1; i < argc; i++)
		same = stays(argv[i]) && same;
	if (argc > 1)
		return same ? 0 : 1;
	return cmocka_run_group_tests(tests, make_engine, free_engine);
}
