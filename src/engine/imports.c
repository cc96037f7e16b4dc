/*
 * The check of a module's imports.
 *
 * Job: find the first import that lunatic cannot give and say what it is, why,
 * and what to do about it. The engine checks again when it links.
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
#include "engine/binary.h"
#include "engine/host_table.h"
#include "engine/refusal.h"
#include "engine/signatures.h"
#include "engine/types.h"

/* What a text shows of a name. */
static int shown(struct ln_cursor name)
{
	return ln_refuse_shown((const char *)name.at, ln_cursor_len(name));
}

/* The usual reasons for imports that are not there. */
static const char *import_hint(struct ln_cursor namespace)
{
	if (ln_cursor_is(namespace, "env"))
		return "; the program uses what was not linked into it: link "
		       "the library that defines it, or declare which "
		       "namespace it comes from";
	if (ln_cursor_is(namespace, "wasi_unstable"))
		return "; it was built for a draft of WASI: build it for the "
		       "target wasm32-wasip1";
	if (ln_cursor_begins(namespace, "wasi:"))
		return "; it was built for WASI 0.2 or newer: make a component "
		       "of it, or build it for the target wasm32-wasip1";
	if (ln_cursor_begins(namespace, "__wbindgen") ||
	    ln_cursor_is(namespace, "wbg"))
		return "; it was built for web browsers: build it for the "
		       "target wasm32-wasip1";
	return "";
}

static int fail_unknown(char **error, const struct ln_import *import)
{
	return ln_refuse(
		error, LN_EINVAL,
		"the module imports `%.*s::%.*s`, which this version of "
		"lunatic does not provide%s",
		shown(import->module), import->module.at, shown(import->name),
		import->name.at, import_hint(import->module));
}

static int fail_kind(char **error, const struct ln_import *import)
{
	const char *what = "tag";
	const char *next = "";

	switch (import->kind) {
	case LN_EXTERN_MEMORY:
		what = "memory";
		next = ": link it without --import-memory";
		break;
	case LN_EXTERN_TABLE:
		what = "table";
		next = ": link it without --import-table";
		break;
	case LN_EXTERN_GLOBAL:
		what = "global";
		next = ": link it as a program, not as a shared library";
		break;
	default:
		break;
	}
	return ln_refuse(error, LN_EINVAL,
			 "the module imports the %s `%.*s::%.*s`, but lunatic "
			 "provides functions only%s",
			 what, shown(import->module), import->module.at,
			 shown(import->name), import->name.at, next);
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

/* Those of modules. */
#define GENERATIONS LN_ABI_COMPONENT

/* A set of generations. */
#define BIT(generation) (1u << (generation))
#define ALL (BIT(LN_ABI_0_7) | BIT(LN_ABI_0_13))

/* Bytes of "namespace::name", shortened. */
#define SHOWN_SIZE 160

/* What is known of the module's generation. */
struct search {
	const struct ln_host_table *table;
	const struct ln_signatures *signatures;
	unsigned possible; /* generations that have all imports so far */
	/* Of each other one: an import that it does not have. */
	char witness[GENERATIONS][SHOWN_SIZE];
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

static void show(char text[SHOWN_SIZE], const struct ln_import *import)
{
	snprintf(text, SHOWN_SIZE, "%.*s::%.*s", shown(import->module),
		 import->module.at, shown(import->name), import->name.at);
}

/* Two imports that no generation has together. */
static int fail_mixed(char **error, const struct search *search,
		      const struct ln_import *import, unsigned has)
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
static int narrow(struct search *search, const struct ln_import *import,
		  unsigned has, char **error)
{
	if ((search->possible & has) == 0)
		return fail_mixed(error, search, import, has);
	for (unsigned i = LN_ABI_0_7; i < GENERATIONS; i++) {
		if ((search->possible & ~has & BIT(i)) != 0)
			show(search->witness[i], import);
	}
	search->possible &= has;
	return 0;
}

static int check_import(struct search *search, const struct ln_import *import,
			char **error)
{
	const struct ln_host_table *table = search->table;
	const struct ln_host_function *found = NULL;
	struct ln_signature wanted;
	struct ln_functype type;
	unsigned has = 0;

	if (import->kind != LN_EXTERN_FUNCTION)
		return fail_kind(error, import);
	if (!ln_signatures_type(search->signatures, import->type, &type))
		return fail_unknown(error, import);
	ln_signature_read(&wanted, &type);
	for (size_t i = 0; i < table->count; i++) {
		const struct ln_host_function *function = &table->functions[i];

		if (!ln_cursor_is(import->name, function->name) ||
		    !ln_cursor_is(import->module, function->module))
			continue;
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

int ln_imports_check(const struct ln_host_table *table, const uint8_t *bytes,
		     size_t len, const struct ln_signatures *signatures,
		     enum ln_abi_generation *generation, char **error)
{
	struct search search = { .table = table,
				 .signatures = signatures,
				 .possible = ALL };
	struct ln_cursor section =
		ln_binary_find(bytes, len, LN_SECTION_IMPORT);
	struct ln_import import;
	uint64_t count;
	int result = 0;

	if (!ln_cursor_number(&section, 32, &count))
		count = 0;
	for (; count > 0 && result == 0 && ln_binary_import(&section, &import);
	     count--)
		result = check_import(&search, &import, error);
	if (result == 0)
		*generation = first_of(search.possible);
	return result;
}
