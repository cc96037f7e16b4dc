/*
 * The check of a module's imports.
 *
 * Job: find the first import that lunatic cannot give and say what it is, why,
 * and what to do about it. Wasmtime checks again when it links.
 * Threads: any; no state.
 * Limits: the table of host functions is searched from one end for each import;
 * the number of imports is bounded (scan.h).
 */
#include "engine/imports.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/host_table.h"
#include "engine/refusal.h"
#include "engine/types.h"

static bool is_name(const wasm_name_t *name, const char *text)
{
	return name->size == strlen(text) &&
	       memcmp(name->data, text, name->size) == 0;
}

static bool begins(const wasm_name_t *name, const char *text)
{
	return name->size >= strlen(text) &&
	       memcmp(name->data, text, strlen(text)) == 0;
}

/* The usual reasons for imports that are not there. */
static const char *import_hint(const wasm_name_t *namespace)
{
	if (is_name(namespace, "env"))
		return "; the program uses what was not linked into it: link "
		       "the library that defines it, or declare which "
		       "namespace it comes from";
	if (is_name(namespace, "wasi_unstable"))
		return "; it was built for a draft of WASI: build it for the "
		       "target wasm32-wasip1";
	if (begins(namespace, "wasi:"))
		return "; it was built for WASI 0.2 or newer: build it for the "
		       "target wasm32-wasip1";
	if (begins(namespace, "__wbindgen") || is_name(namespace, "wbg"))
		return "; it was built for web browsers: build it for the "
		       "target wasm32-wasip1";
	return "";
}

static int fail_unknown(char **error, const wasm_importtype_t *import)
{
	const wasm_name_t *namespace = wasm_importtype_module(import);
	const wasm_name_t *name = wasm_importtype_name(import);

	return ln_refuse(
		error, LN_EINVAL,
		"the module imports `%.*s::%.*s`, which this version of "
		"lunatic does not provide%s",
		ln_refuse_shown(namespace), namespace->data,
		ln_refuse_shown(name), name->data, import_hint(namespace));
}

static int fail_kind(char **error, const wasm_importtype_t *import,
		     wasm_externkind_t kind)
{
	const wasm_name_t *namespace = wasm_importtype_module(import);
	const wasm_name_t *name = wasm_importtype_name(import);
	const char *what = "tag";
	const char *next = "";

	switch (kind) {
	case WASM_EXTERN_MEMORY:
		what = "memory";
		next = ": link it without --import-memory";
		break;
	case WASM_EXTERN_TABLE:
		what = "table";
		next = ": link it without --import-table";
		break;
	case WASM_EXTERN_GLOBAL:
		what = "global";
		next = ": link it as a program, not as a shared library";
		break;
	default:
		break;
	}
	return ln_refuse(error, LN_EINVAL,
			 "the module imports the %s `%.*s::%.*s`, but lunatic "
			 "provides functions only%s",
			 what, ln_refuse_shown(namespace), namespace->data,
			 ln_refuse_shown(name), name->data, next);
}

static int fail_type(char **error, const struct ln_host_function *function,
		     const struct ln_signature *wanted)
{
	char *have = ln_signature_text(function->params, function->results);
	char *want = ln_signature_text(wanted->params, wanted->results);
	int code = LN_ENOMEM;

	if (have != NULL && want != NULL)
		code = ln_refuse(
			error, LN_EINVAL,
			"the module imports `%s::%s` as %s, but it is %s; "
			"build it against the library for this version of "
			"lunatic",
			function->module, function->name, want, have);
	free(have);
	free(want);
	return code;
}

/* A set of generations. */
#define BIT(generation) (1u << (generation))
#define ALL (BIT(LN_ABI_0_7) | BIT(LN_ABI_0_13))

/* Bytes of "namespace::name", shortened. */
#define SHOWN_SIZE 160

/* What is known of the module's generation. */
struct search {
	const struct ln_host_table *table;
	unsigned possible; /* generations that have all imports so far */
	/* Of each other one: an import that it does not have. */
	char witness[LN_ABI_COUNT][SHOWN_SIZE];
};

const char *ln_abi_name(enum ln_abi_generation generation)
{
	return generation == LN_ABI_0_13 ? "0.13" : "0.7";
}

/* The generation of the smallest number in a set that is not empty. */
static enum ln_abi_generation first_of(unsigned set)
{
	return (set & BIT(LN_ABI_0_7)) != 0 ? LN_ABI_0_7 : LN_ABI_0_13;
}

static void show(char text[SHOWN_SIZE], const wasm_importtype_t *import)
{
	const wasm_name_t *namespace = wasm_importtype_module(import);
	const wasm_name_t *name = wasm_importtype_name(import);

	snprintf(text, SHOWN_SIZE, "%.*s::%.*s", ln_refuse_shown(namespace),
		 namespace->data, ln_refuse_shown(name), name->data);
}

/* Two imports that no generation has together. */
static int fail_mixed(char **error, const struct search *search,
		      const wasm_importtype_t *import, unsigned has)
{
	enum ln_abi_generation before = first_of(search->possible);
	enum ln_abi_generation now = first_of(has);
	char text[SHOWN_SIZE];

	show(text, import);
	return ln_refuse(error, LN_EINVAL,
			 "the module imports `%s` of lunatic %s and `%s` of "
			 "lunatic %s; build all of it against one version",
			 search->witness[now], ln_abi_name(before), text,
			 ln_abi_name(now));
}

/* An import that only the generations of a set have. */
static int narrow(struct search *search, const wasm_importtype_t *import,
		  unsigned has, char **error)
{
	if ((search->possible & has) == 0)
		return fail_mixed(error, search, import, has);
	for (unsigned i = LN_ABI_0_7; i < LN_ABI_COUNT; i++) {
		if ((search->possible & ~has & BIT(i)) != 0)
			show(search->witness[i], import);
	}
	search->possible &= has;
	return 0;
}

static int check_import(struct search *search, const wasm_importtype_t *import,
			char **error)
{
	const struct ln_host_table *table = search->table;
	const wasm_externtype_t *type = wasm_importtype_type(import);
	wasm_externkind_t kind = wasm_externtype_kind(type);
	const struct ln_host_function *found = NULL;
	struct ln_signature wanted;
	unsigned has = 0;

	if (kind != WASM_EXTERN_FUNC)
		return fail_kind(error, import, kind);
	for (size_t i = 0; i < table->count; i++) {
		const struct ln_host_function *function = &table->functions[i];

		if (!is_name(wasm_importtype_name(import), function->name) ||
		    !is_name(wasm_importtype_module(import), function->module))
			continue;
		if (found == NULL)
			ln_signature_read(
				&wanted,
				wasm_externtype_as_functype_const(type));
		found = function;
		/* Two generations may have it, with different types. */
		if (strcmp(wanted.params, function->params) == 0 &&
		    strcmp(wanted.results, function->results) == 0)
			has |= function->generation == LN_ABI_ANY
				       ? ALL
				       : BIT(function->generation);
	}
	if (found == NULL)
		return fail_unknown(error, import);
	if (has == 0)
		return fail_type(error, found, &wanted);
	return has == ALL ? 0 : narrow(search, import, has, error);
}

int ln_imports_check(const struct ln_host_table *table,
		     const wasmtime_module_t *code,
		     enum ln_abi_generation *generation, char **error)
{
	struct search search = { .table = table, .possible = ALL };
	wasm_importtype_vec_t imports;
	int result = 0;

	wasmtime_module_imports(code, &imports);
	for (size_t i = 0; i < imports.size && result == 0; i++) {
		result = check_import(&search, imports.data[i], error);
		/* Types take memory once they were looked at. */
		wasm_importtype_delete(imports.data[i]);
		imports.data[i] = NULL;
	}
	wasm_importtype_vec_delete(&imports);
	if (result == 0)
		*generation = first_of(search.possible);
	return result;
}
