/*
 * Plugins: modules that change others before they are compiled. A plugin
 * defines LUNATIC_PLUGIN. It is added to a configuration
 * (lunatic_config_add_plugin) or to the program (`lunatic --plugin`), and then
 * runs once for each module that is added. All functions here except
 * lunatic_config_add_plugin are for plugins, and trap in other processes.
 *
 *	LUNATIC_PLUGIN
 *	{
 *		static const unsigned char body[] = { 0x41, 42, 0x0b };
 *		const struct lunatic_code code = { .body = body,
 *						   .body_size = sizeof(body) };
 *		uint32_t type;
 *		uint32_t function;
 *
 *		if (lunatic_edit_type(&type, "", LUNATIC_WASM_I32) == 0 &&
 *		    lunatic_edit_add(&function, type, &code) == 0)
 *			lunatic_edit_export("answer", function);
 *	}
 *
 * A plugin has no main: build it with `lunatic-cc -mexec-model=reactor`. It may
 * call only the functions of this header and of lunatic/status.h, and print;
 * docs/abi.md has its limits. Functions and types are indices, which stay valid
 * until it returns.
 */
#ifndef LUNATIC_PLUGIN_H
#define LUNATIC_PLUGIN_H

#include <lunatic/environment.h>
#include <lunatic/process.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Value types. A list of them is a string, such as
 * LUNATIC_WASM_I32 LUNATIC_WASM_I64, or "" for none. */
#define LUNATIC_WASM_I32 "\x7f"
#define LUNATIC_WASM_I64 "\x7e"
#define LUNATIC_WASM_F32 "\x7d"
#define LUNATIC_WASM_F64 "\x7c"
#define LUNATIC_WASM_V128 "\x7b"
#define LUNATIC_WASM_FUNCREF "\x70"
#define LUNATIC_WASM_EXTERNREF "\x6f"

/* Begins the definition of the plugin's function. If it traps, exits with a
 * status other than 0, or makes the module invalid, the module is not added. */
#define LUNATIC_PLUGIN                             \
	LUNATIC_EXPORT(lunatic_create_module_hook) \
	void lunatic_create_module_hook(void);     \
	void lunatic_create_module_hook(void)

/* The body of a function. */
struct lunatic_code {
	/* Groups of five bytes: how many locals, as a little-endian number of
	 * 32 bits, and their type. */
	const void *locals;
	size_t locals_size;
	/* Instructions in wasm's binary format, with the last `end`. */
	const void *body;
	size_t body_size;
};

/* Lets the plugin change every module that is added to environments of this
 * configuration. Several plugins run in the order in which they were added. The
 * plugin is compiled while this process waits. LUNATIC_EHOST if it is not a
 * plugin; traps if the handle is invalid. */
int lunatic_config_add_plugin(struct lunatic_config config, const void *plugin,
			      size_t size);

/* Adds a function type: lists of parameters and results. LUNATIC_EHOST if one
 * is not a list of types. */
int lunatic_edit_type(uint32_t *type, const char *params, const char *results);

/* Adds a function. LUNATIC_EHOST if there is no such type, or the module would
 * become too large. */
int lunatic_edit_add(uint32_t *function, uint32_t type,
		     const struct lunatic_code *code);

/* Adds a function that is imported from `module` under `name`. LUNATIC_EHOST
 * as above; traps if a name is not UTF-8. */
int lunatic_edit_import(uint32_t *function, const char *module,
			const char *name, uint32_t type);

/* Exports a function. Traps if there is no such function, or the name is not
 * UTF-8. A name that is already exported makes the module invalid. */
void lunatic_edit_export(const char *name, uint32_t function);

/* Finds a function by the name of its export, or by its name in the name
 * section. LUNATIC_ENOTFOUND. */
int lunatic_edit_find(uint32_t *function, const char *name);

/* Stores the lists of parameters and results of a function as two strings, one
 * after the other. LUNATIC_ETOOLONG if they do not fit into `size` bytes. Traps
 * if there is no such function.
 *
 *	char types[16];
 *	uint32_t main_function;
 *
 *	if (lunatic_edit_find(&main_function, "_start") == 0 &&
 *	    lunatic_edit_type_of(main_function, types, sizeof(types)) == 0)
 *		printf("%zu parameters\n", strlen(types));
 */
int lunatic_edit_type_of(uint32_t function, char *types, size_t size);

/* Adds a copy of a function. With lunatic_edit_replace this wraps the function:
 * the replacement calls the copy. LUNATIC_EHOST if there is no such function,
 * or it is imported. */
int lunatic_edit_copy(uint32_t *copy, uint32_t function);

/* Replaces the body of a function, for all its callers. LUNATIC_EHOST as above.
 */
int lunatic_edit_replace(uint32_t function, const struct lunatic_code *code);

#ifdef __cplusplus
}
#endif

#endif
