/* Modules: what is refused and why, entries, and the way through the cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/cache.h"
#include "engine/engine_class.h"
#include "engine/host_table.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "support/linked.h"

static const struct ln_host_function functions[] = {
	{ "lunatic::test", "give", "iI", "i", LN_ABI_0_7, test_host_never },
	{ "lunatic::test", "take", "", "", LN_ABI_0_7, test_host_never },
	{ "wasi", "both", "i", "I", LN_ABI_ANY, test_host_never },
	{ "lunatic::test", "newer", "i", "", LN_ABI_0_7, test_host_never },
	{ "lunatic::test", "newer", "I", "", LN_ABI_0_13, test_host_never },
};
static const struct ln_host_table table = {
	.functions = functions,
	.count = sizeof(functions) / sizeof(functions[0]),
};

static int set_up(void **state)
{
	static struct test_linked world;

	test_linked_init(&world, &table);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	test_linked_deinit(*state);
	return 0;
}

/* From a copy that is gone before the module is looked at. */
static int make_bounded(const struct test_linked *world, const void *bytes,
			size_t len, size_t max_bytes,
			struct ln_compiled **module, char **error)
{
	const struct ln_compiled_limits limits = { .max_bytes = max_bytes };
	uint8_t *copy = malloc(len);
	int code;

	if (len > 0)
		memcpy(copy, bytes, len);
	*module = NULL;
	code = ln_compiled_new(world->engine, NULL, 0, world->linker, copy, len,
			       &limits, module, error);
	free(copy);
	return code;
}

static struct ln_compiled *make(const struct test_linked *world,
				const char *text)
{
	struct ln_compiled *module;
	char *error;

	if (make_bounded(world, text, strlen(text), LN_MODULE_MAX_BYTES_DEFAULT,
			 &module, &error) != 0)
		fail_msg("%s", error);
	assert_null(error);
	return module;
}

static void assert_line(const char *text)
{
	assert_true(text[0] >= 'a' && text[0] <= 'z');
	assert_true(strlen(text) <= 1000);
	for (const char *p = text; *p != '\0'; p++)
		assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
}

/* The text of a refusal, owned by the caller. */
static char *refuse(const struct test_linked *world, const void *bytes,
		    size_t len, int code)
{
	struct ln_compiled *module;
	char *error = NULL;

	assert_int_equal(make_bounded(world, bytes, len, 4096, &module, &error),
			 code);
	assert_null(module);
	assert_non_null(error);
	assert_line(error);
	return error;
}

static void assert_tells(const struct test_linked *world, const char *text,
			 int code, const char *part)
{
	char *error = refuse(world, text, strlen(text), code);

	if (strstr(error, part) == NULL)
		fail_msg("\"%s\" does not tell \"%s\"", error, part);
	free(error);
}

static void assert_text(const struct test_linked *world, const void *bytes,
			size_t len, int code, const char *whole)
{
	char *error = refuse(world, bytes, len, code);

	assert_string_equal(error, whole);
	free(error);
}

#define ASSERT_TEXT(world, literal, code, whole) \
	assert_text((world), (literal), sizeof(literal) - 1, (code), (whole))

static void not_a_module(void **state)
{
	const struct test_linked *world = *state;

	ASSERT_TEXT(world, "", LN_EFORMAT, "the module is empty");
	ASSERT_TEXT(world, "\177ELF\2\1\1", LN_EFORMAT,
		    "not a WebAssembly module: neither a .wasm binary nor "
		    "WebAssembly text");
	ASSERT_TEXT(world, "#!/bin/sh\n", LN_EFORMAT,
		    "not a WebAssembly module: neither a .wasm binary nor "
		    "WebAssembly text");
	ASSERT_TEXT(world, " \n", LN_EFORMAT,
		    "not a WebAssembly module: neither a .wasm binary nor "
		    "WebAssembly text");
	ASSERT_TEXT(world, "(module\1)", LN_EFORMAT,
		    "not a WebAssembly module: neither a .wasm binary nor "
		    "WebAssembly text");
	ASSERT_TEXT(world, "\0asm\1\0\0", LN_EFORMAT,
		    "the module is truncated: it ends within its header");
	ASSERT_TEXT(world, "\0asm\1\0\0\0\1\5\1", LN_EFORMAT,
		    "the module is truncated: the section at byte 8 has 5 "
		    "bytes, of which 1 are there");
	ASSERT_TEXT(world, "\0asm\x0d\0\1\0\1\5\1", LN_EFORMAT,
		    "the module is a component that cannot be read: it ends "
		    "within a section, at byte 8");
	ASSERT_TEXT(world, "\0asm\x0d\0\1\0\15\0", LN_EFORMAT,
		    "the module is a component that cannot be read: it has a "
		    "section that is not known, at byte 8");
	ASSERT_TEXT(world, "\0asm\x0d\0\1\0\4\1\0", LN_EFORMAT,
		    "the module is a component that cannot be read: a "
		    "component in it has no valid header, at byte 10");
	ASSERT_TEXT(world, "\0asm\x0d\0\1\0\1\3abc", LN_EFORMAT,
		    "the module is a component of which a core module is not "
		    "WebAssembly");
}

static void not_valid(void **state)
{
	const struct test_linked *world = *state;

	assert_tells(world, "(module\n  (fun))", LN_EFORMAT,
		     "the module's text is not valid: expected valid module "
		     "field, at line 2, column 4");
	assert_tells(world, "(module (func (export \"\xff\")))", LN_EFORMAT,
		     "the module's text is not valid: ");
	assert_tells(world, "(module (func (result i32)))", LN_EFORMAT,
		     "the module is not valid: ");
	assert_tells(world, "(module (memory 70000))", LN_EFORMAT,
		     "the module is not valid: ");
	/* What the engine's settings switch off. */
	assert_tells(world, "(module (memory 1 1 shared))", LN_EFORMAT,
		     "the module is not valid: ");
	assert_tells(world, "(module (memory 1 (pagesize 1)))", LN_EFORMAT,
		     "the module is not valid: ");
}

static void too_large(void **state)
{
	const struct test_linked *world = *state;
	char text[5000];
	char *error;
	struct ln_compiled *module;

	memset(text, ' ', sizeof(text));
	assert_text(
		world, text, sizeof(text), LN_ELIMIT,
		"the module is too large: it has 5000 bytes, at most 4096 "
		"are allowed; strip its debug information, or raise the limit");
	/* The bound holds for the binary that text becomes, too. */
	snprintf(text, sizeof(text), "(module (data \"%0*d\"))", 64, 0);
	assert_int_equal(make_bounded(world, text, strlen(text), strlen(text),
				      &module, &error),
			 0);
	ln_compiled_release(module);
	assert_int_equal(make_bounded(world, "(func)", 6, 6, &module, &error),
			 LN_ELIMIT);
	assert_line(error);
	free(error);
}

/* Text is bounded for itself: parsing it takes much more than its size. */
static void text_too_large(void **state)
{
	const struct test_linked *world = *state;
	size_t len = ((size_t)4 << 20) + 1;
	char *text = malloc(len);
	struct ln_compiled *module;
	char *error;

	assert_non_null(text);
	memset(text, ' ', len);
	text[0] = '(';
	assert_int_equal(make_bounded(world, text, len,
				      LN_MODULE_MAX_BYTES_DEFAULT, &module,
				      &error),
			 LN_ELIMIT);
	assert_non_null(strstr(error, "assemble it first"));
	assert_line(error);
	free(error);
	free(text);
}

static void too_many_functions(void **state)
{
	const struct test_linked *world = *state;

	ASSERT_TEXT(world, "\0asm\1\0\0\0\3\3\xa1\x8d\6", LN_ELIMIT,
		    "the module is too large: it has 100001 functions, at "
		    "most 100000 are allowed");
}

/* Small, and minutes of work. */
static void too_much_work(void **state)
{
	const struct test_linked *world = *state;
	char *text = malloc(40000);
	struct ln_compiled *module;
	char *error;
	size_t len;

	assert_non_null(text);
	len = (size_t)sprintf(text, "(module (func ");
	for (int i = 0; i < 5000; i++)
		len += (size_t)sprintf(text + len, "(loop)");
	sprintf(text + len, "))");
	assert_int_equal(make_bounded(world, text, strlen(text),
				      LN_MODULE_MAX_BYTES_DEFAULT, &module,
				      &error),
			 LN_ELIMIT);
	assert_non_null(strstr(error, "takes too much work to compile"));
	assert_line(error);
	free(error);
	free(text);
}

static void unknown_imports(void **state)
{
	const struct test_linked *world = *state;
	static const char whole[] = "(module (import \"lunatic::test\" \"give\""
				    " (func (param i32 i64) (result i32)))"
				    " (import \"lunatic::none\" \"f\" (func)))";

	ASSERT_TEXT(world, whole, LN_EINVAL,
		    "the module imports `lunatic::none::f`, which this "
		    "version of lunatic does not provide");
	/* Neither half alone is a match, nor are beginnings. */
	assert_tells(world, "(module (import \"lunatic::test\" \"f\" (func)))",
		     LN_EINVAL, "does not provide");
	assert_tells(world,
		     "(module (import \"lunatic::tes\" \"take\" (func)))",
		     LN_EINVAL, "does not provide");
	assert_tells(world,
		     "(module (import \"lunatic::test\" \"tak\" (func)))",
		     LN_EINVAL, "does not provide");
	assert_tells(world, "(module (import \"\" \"\" (func)))", LN_EINVAL,
		     "imports `::`");
	assert_tells(world, "(module (import \"env\" \"printf\" (func)))",
		     LN_EINVAL, "what was not linked into it");
	assert_tells(world, "(module (import \"wasi_unstable\" \"x\" (func)))",
		     LN_EINVAL, "a draft of WASI");
	assert_tells(world,
		     "(module (import \"wasi:io/poll@0.2.0\" \"x\" (func)))",
		     LN_EINVAL, "WASI 0.2 or newer");
	assert_tells(world,
		     "(module (import \"__wbindgen_placeholder__\" \"x\""
		     " (func)))",
		     LN_EINVAL, "for web browsers");
}

static void imports_of_another_type(void **state)
{
	const struct test_linked *world = *state;

	assert_tells(world,
		     "(module (import \"lunatic::test\" \"give\""
		     " (func (param i32 i32) (result i64))))",
		     LN_EINVAL,
		     "imports `lunatic::test::give` as (i32, i32) -> i64, but "
		     "it is (i32, i64) -> i32;");
	assert_tells(world,
		     "(module (import \"wasi\" \"both\""
		     " (func (param i32) (result i32))))",
		     LN_EINVAL, "as (i32) -> i32, but it is (i32) -> i64;");
	assert_tells(world,
		     "(module (import \"lunatic::test\" \"take\""
		     " (func (param f32 f64 v128 funcref externref)"
		     " (result i32 i32))))",
		     LN_EINVAL,
		     "as (f32, f64, v128, reference, reference) -> (i32, i32),"
		     " but it is () -> ();");
	assert_tells(world,
		     "(module (import \"lunatic::test\" \"take\" (func (param"
		     " i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32"
		     " i32 i32 i32 i32))))",
		     LN_EINVAL, "i32, i32, i32, ...) -> (), but it is");
	/* Of two generations, either type; more in test_imports.c. */
	ln_compiled_release(make(world, "(module (import \"lunatic::test\""
					" \"newer\" (func (param i32))))"));
	ln_compiled_release(make(world, "(module (import \"lunatic::test\""
					" \"newer\" (func (param i64))))"));
}

static void imports_of_another_kind(void **state)
{
	const struct test_linked *world = *state;

	ASSERT_TEXT(world, "(module (import \"env\" \"memory\" (memory 1)))",
		    LN_EINVAL,
		    "the module imports the memory `env::memory`, but lunatic "
		    "provides functions only: link it without --import-memory");
	assert_tells(world, "(module (import \"a\" \"t\" (table 1 funcref)))",
		     LN_EINVAL, "imports the table `a::t`");
	assert_tells(world, "(module (import \"a\" \"g\" (global v128)))",
		     LN_EINVAL, "imports the global `a::g`");
	/* The name of a function does not make it one. */
	assert_tells(world,
		     "(module (import \"lunatic::test\" \"take\""
		     " (global i32)))",
		     LN_EINVAL, "imports the global `lunatic::test::take`");
}

/* Names come from the guest: they can be anything, and of any length. */
static void hostile_names(void **state)
{
	const struct test_linked *world = *state;
	char text[3500];
	char *error;
	size_t len;

	assert_tells(world,
		     "(module (import \"a\\0ab\\1b[31m\" \"c\\7f\\00d\""
		     " (func)))",
		     LN_EINVAL, "imports `a b?[31m::c?`, which");
	/* Cut between characters of three bytes. */
	len = (size_t)snprintf(text, sizeof(text), "(module (import \"");
	for (int i = 0; i < 900; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"\xe2\x82\xac");
	snprintf(text + len, sizeof(text) - len, "\" \"x\" (func)))");
	error = refuse(world, text, strlen(text), LN_EINVAL);
	assert_true(strlen(error) < 300);
	assert_non_null(strstr(error, "\xe2\x82\xac::x`, which"));
	free(error);
}

/* Reasons of Wasmtime's are cut as well. */
static void long_reasons(void **state)
{
	const struct test_linked *world = *state;
	char text[3500];
	char *error;
	size_t len;

	len = (size_t)snprintf(text, sizeof(text), "(module (func call $");
	memset(text + len, 'n', 3000);
	snprintf(text + len + 3000, sizeof(text) - len - 3000, "))");
	error = refuse(world, text, strlen(text), LN_EFORMAT);
	assert_true(strlen(error) > 500);
	free(error);
}

static const struct ln_entry *find(const struct ln_compiled *module,
				   const char *name)
{
	return ln_compiled_entry(module, name, strlen(name));
}

static void entries(void **state)
{
	const struct test_linked *world = *state;
	struct ln_compiled *module =
		make(world, "(module (memory (export \"memory\") 1)"
			    " (global (export \"g\") i32 (i32.const 1))"
			    " (func (export \"_start\"))"
			    " (func (export \"\") (param i32))"
			    " (func (export \"all\") (export \"again\")"
			    "  (param i32 i64 f32 f64 v128 funcref externref)"
			    "  (result i32 i64) i32.const 1 i64.const 2)"
			    " (func $hidden))");
	const struct ln_entry *entry;

	entry = find(module, "_start");
	assert_non_null(entry);
	assert_int_equal(entry->name_len, 6);
	assert_memory_equal(entry->name, "_start", 6);
	assert_int_equal(entry->param_count, 0);
	assert_int_equal(entry->result_count, 0);
	entry = find(module, "all");
	assert_non_null(entry);
	assert_int_equal(entry->param_count, 7);
	assert_memory_equal(entry->params, "iIfFVrr", 7);
	assert_int_equal(entry->result_count, 2);
	entry = find(module, "again");
	assert_non_null(entry);
	assert_memory_equal(entry->params, "iIfFVrr", 7);
	entry = find(module, "");
	assert_non_null(entry);
	assert_int_equal(entry->param_count, 1);
	assert_null(find(module, "hidden"));
	assert_null(find(module, "memory"));
	assert_null(find(module, "g"));
	assert_null(find(module, "_star"));
	assert_null(find(module, "_start_"));
	assert_null(ln_compiled_entry(module, "_start\0", 7));
	/* Longer than any: must not even be read. */
	assert_null(ln_compiled_entry(module, NULL, SIZE_MAX));
	ln_compiled_release(module);
}

static void no_entries(void **state)
{
	struct ln_compiled *module = make(*state, "(module)");

	assert_null(find(module, ""));
	assert_null(find(module, "_start"));
	assert_false(ln_compiled_has_start(module));
	assert_int_equal(ln_compiled_initial_memory(module), 0);
	ln_compiled_release(module);
}

static void many_entries(void **state)
{
	struct ln_compiled *module;
	char *text = malloc(200000);
	char name[32];
	size_t len;

	assert_non_null(text);
	len = (size_t)sprintf(text, "(module");
	for (int i = 0; i < 3000; i++)
		len += (size_t)sprintf(text + len,
				       "(func (export \"entry %d\")%s)", i,
				       i % 2 ? " (param i32)" : "");
	sprintf(text + len, ")");
	module = make(*state, text);
	free(text);
	for (int i = 0; i < 3000; i++) {
		const struct ln_entry *entry;

		sprintf(name, "entry %d", i);
		entry = find(module, name);
		assert_non_null(entry);
		assert_int_equal(entry->name_len, strlen(name));
		assert_memory_equal(entry->name, name, strlen(name));
		assert_int_equal(entry->param_count, i % 2);
		sprintf(name, "Entry %d", i);
		assert_null(find(module, name));
	}
	ln_compiled_release(module);
}

static void widest_entry(void **state)
{
	struct ln_compiled *module;
	char text[1024], params[300] = "";

	for (int i = 0; i < 64; i++)
		strcat(params, " i64");
	snprintf(text, sizeof(text),
		 "(module (func (export \"fits\") (param%s))"
		 " (func (export \"wider\") (param%s i32)))",
		 params, params);
	module = make(*state, text);
	assert_non_null(find(module, "fits"));
	assert_int_equal(find(module, "fits")->param_count, 64);
	assert_int_equal(find(module, "fits")->params[63], 'I');
	assert_null(find(module, "wider"));
	ln_compiled_release(module);
}

static void facts(void **state)
{
	const struct test_linked *world = *state;
	struct ln_compiled *module =
		make(world, "(module (memory 2) (memory 3) (func) (start 0))");
	const uint8_t *bytes;
	size_t len;

	assert_true(ln_compiled_has_start(module));
	assert_int_equal(ln_compiled_initial_memory(module), 5 * 65536);
	assert_int_equal(ln_compiled_variant(module),
			 ln_engine_complete(world->engine, 0));
	assert_non_null(ln_compiled_linked(module));
	bytes = ln_compiled_bytes(module, &len);
	assert_true(len > 8);
	assert_memory_equal(bytes, "\0asm\1\0\0\0", 8);
	assert_ptr_equal(ln_compiled_retain(module), module);
	ln_compiled_release(module);
	/* Still there. */
	assert_memory_equal(ln_compiled_bytes(module, &len), "\0asm", 4);
	ln_compiled_release(module);
	ln_compiled_release(NULL);
}

static void bytes_make_the_same(void **state)
{
	const struct test_linked *world = *state;
	struct ln_compiled *module =
		make(world, "(module (func (export \"f\")))");
	struct ln_compiled *again;
	const uint8_t *bytes, *same;
	size_t len, same_len;
	char *error;

	bytes = ln_compiled_bytes(module, &len);
	assert_int_equal(make_bounded(world, bytes, len, len, &again, &error),
			 0);
	same = ln_compiled_bytes(again, &same_len);
	assert_int_equal(same_len, len);
	assert_memory_equal(same, bytes, len);
	assert_non_null(find(again, "f"));
	ln_compiled_release(again);
	ln_compiled_release(module);
}

/* Any prefix of a module and any flipped bit: refused with a text, or a
 * module. */
static void cut_and_flipped(void **state)
{
	const struct test_linked *world = *state;
	struct ln_compiled *module =
		make(world, "(module (import \"lunatic::test\" \"take\" (func))"
			    " (memory (export \"memory\") 1)"
			    " (func (export \"f\") (param i32) (result i32)"
			    "  local.get 0 i32.load) (start 0)"
			    " (data (i32.const 8) \"data\"))");
	const uint8_t *whole;
	uint8_t bytes[512];
	size_t len;
	int refused = 0;

	whole = ln_compiled_bytes(module, &len);
	assert_true(len < sizeof(bytes));
	for (size_t i = 0; i < 9 * len; i++) {
		struct ln_compiled *other;
		size_t n = i < 8 * len ? len : i - 8 * len;
		char *error;

		memcpy(bytes, whole, len);
		if (i < 8 * len)
			bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		if (make_bounded(world, bytes, n, 4096, &other, &error) == 0) {
			ln_compiled_release(other);
		} else {
			assert_line(error);
			free(error);
			refused++;
		}
	}
	assert_true((size_t)refused > len);
	ln_compiled_release(module);
}

static int count_code(const char *path)
{
	char command[128];
	FILE *pipe;
	int count = -1;

	snprintf(command, sizeof(command), "ls %s | wc -l", path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%d", &count), 1);
	pclose(pipe);
	return count;
}

#define ONE "(module (func (export \"f\") (result i32) (i32.const 1234567)))"
#define TWO "(module (func (export \"f\")))"

/* The code of ONE. */
static uint8_t *code_of_one;
static size_t size_of_one;

static void note_code_of_one(const struct ln_compiled *module)
{
	const uint8_t *image = ln_compiled_image(module, &size_of_one);

	code_of_one = malloc(size_of_one);
	assert_non_null(code_of_one);
	memcpy(code_of_one, image, size_of_one);
}

static bool has_code_of_one(const struct ln_compiled *module)
{
	size_t size;
	const uint8_t *image = ln_compiled_image(module, &size);

	return size == size_of_one && memcmp(image, code_of_one, size) == 0;
}

/* What the cache has is what runs, unless the engine refuses it. */
static void cached(void **state)
{
	const struct test_linked *world = *state;
	char path[] = "/tmp/lunatic-module-XXXXXX", command[128];
	char state_path[] = "/tmp/lunatic-module-XXXXXX";
	struct ln_cache_key key;
	struct ln_compiled *module;
	const uint8_t *bytes;
	uint8_t *code;
	size_t len, code_len;

	assert_non_null(mkdtemp(path));
	setenv("LUNATIC_CACHE", "on", 1);
	setenv("LUNATIC_CACHE_DIR", path, 1);
	assert_non_null(mkdtemp(state_path));
	setenv("XDG_STATE_HOME", state_path, 1);
	module = make(world, ONE);
	note_code_of_one(module);
	assert_int_equal(count_code(path), 1);
	bytes = ln_compiled_bytes(module, &len);
	assert_int_equal(ln_cache_key(ln_engine_default()->version, bytes, len,
				      ln_compiled_variant(module), &key),
			 0);
	assert_int_equal(ln_cache_load(&key, &code, &code_len), 0);
	ln_compiled_release(module);

	/* A module that cannot run is not kept. */
	assert_tells(world, "(module (import \"env\" \"x\" (func)))", LN_EINVAL,
		     "does not provide");
	assert_int_equal(count_code(path), 1);

	/* The code of the first under the key of the second. */
	module = make(world, TWO);
	bytes = ln_compiled_bytes(module, &len);
	assert_int_equal(ln_cache_key(ln_engine_default()->version, bytes, len,
				      ln_compiled_variant(module), &key),
			 0);
	ln_compiled_release(module);
	ln_cache_store(&key, code, code_len);
	module = make(world, TWO);
	assert_true(has_code_of_one(module));
	ln_compiled_release(module);

	/* Nothing that the engine takes: compiled, and put right. */
	for (size_t cut = 1; cut < code_len; cut = 2 * cut + 1) {
		ln_cache_store(&key, code, cut);
		module = make(world, TWO);
		assert_false(has_code_of_one(module));
		ln_compiled_release(module);
	}
	module = make(world, TWO);
	assert_false(has_code_of_one(module));
	ln_compiled_release(module);
	free(code);
	free(code_of_one);
	setenv("LUNATIC_CACHE", "off", 1);
	snprintf(command, sizeof(command), "rm -rf %s %s", path, state_path);
	assert_int_equal(system(command), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The same bytes, also from text, have the same code while it is in use. */
static void code_is_shared(void **state)
{
	const struct test_linked *world = *state;
	struct ln_compiled *first =
		make(world, "(module (func (export \"a\")))");
	struct ln_compiled *second =
		make(world, "(module(func(export \"a\")))");
	struct ln_compiled *other =
		make(world, "(module (func (export \"b\")))");
	size_t len;

	assert_ptr_not_equal(first, second);
	assert_ptr_equal(ln_compiled_bytes(first, &len),
			 ln_compiled_bytes(second, &len));
	assert_ptr_not_equal(ln_compiled_bytes(first, &len),
			     ln_compiled_bytes(other, &len));
	ln_compiled_release(first);
	assert_non_null(ln_compiled_entry(second, "a", 1));
	assert_null(ln_compiled_entry(second, "b", 1));
	ln_compiled_release(second);
	ln_compiled_release(other);
	first = make(world, "(module (func (export \"a\")))");
	assert_non_null(ln_compiled_entry(first, "a", 1));
	ln_compiled_release(first);
}

/* What tables take is known before there is an instance. */
static void tables_are_counted(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
		uint32_t elements;
	} cases[] = {
		{ "(module)", 0, 1000 },
		{ "(module (table 10 10 funcref))", 80, 1000 },
		{ "(module (table 10 10 funcref) (table 5 5 funcref))", 120,
		  1000 },
		/* 65,536 / 16 / 8: 512 elements for those that may grow. */
		{ "(module (table 10 funcref))", (10 + 512) * 8, 512 },
		{ "(module (table 10 20 funcref) (table 0 funcref))",
		  (10 + 512) * 8, 256 },
		{ "(module (table 600 funcref))", (600 + 600) * 8, 600 },
		{ "(module (table 1001 1001 funcref))", UINT64_MAX, 0 },
	};
	const struct test_linked *world = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ln_compiled *module = make(world, cases[i].text);
		uint32_t elements = 0;

		assert_int_equal(
			ln_compiled_table_bytes(module, 65536, 1000, &elements),
			cases[i].bytes);
		assert_int_equal(elements, cases[i].elements);
		ln_compiled_release(module);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(code_is_shared),
		TEST(tables_are_counted),
		TEST(not_a_module),
		TEST(not_valid),
		TEST(too_large),
		TEST(text_too_large),
		TEST(too_many_functions),
		TEST(too_much_work),
		TEST(unknown_imports),
		TEST(imports_of_another_type),
		TEST(imports_of_another_kind),
		TEST(hostile_names),
		TEST(long_reasons),
		TEST(entries),
		TEST(no_entries),
		TEST(many_entries),
		TEST(widest_entry),
		TEST(facts),
		TEST(bytes_make_the_same),
		TEST(cut_and_flipped),
		TEST(cached),
	};

	setenv("LUNATIC_CACHE", "off", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
