/*
 * The host functions of lunatic 0.13 for guests in C and C++.
 * docs/abi-0.13.md has the rules that hold for all of them: ids,
 * errors, pointers, the scratch area, tags and links.
 *
 * Made by abigen from the tables in src/host; change it there.
 */
#ifndef LUNATIC_ABI_0_13_H
#define LUNATIC_ABI_0_13_H

#ifndef __wasm32__
#error "this is for guests: build for wasm32"
#endif

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LUNATIC_IMPORT(module, name) \
	__attribute__((__import_module__(module), __import_name__(name)))

/*
 * lunatic::plugin
 *
 * Changing a module before it is compiled. Only plugins can call these
 * functions. A plugin is a module that was added to a configuration with
 * `lunatic::process::add_plugin`, or to the program with `--plugin`. When a
 * module is added, each plugin is instantiated. Its export `_initialize` is
 * called if it exists, and then `lunatic_create_module_hook`, without
 * parameters, which changes the module. The next plugin works on the result. A
 * plugin may also call `lunatic::error` and `lunatic::version`, and print if
 * whoever added it may print; other functions trap. Each plugin may use about
 * 1,000,000,000 instructions and 256 MiB, and all together 10 seconds by
 * default. If a plugin traps, exits with a code other than 0 or produces an
 * invalid module, the module is not added.

 * Functions and types have indices as in wasm's binary format: functions count
 * from 0, first imported ones, then defined ones, then added ones. Indices stay
 * valid until the hook returns. Value types are bytes: 0x7f for i32, 0x7e for
 * i64, 0x7d for f32, 0x7c for f64, 0x7b for v128, 0x70 for funcref, 0x6f for
 * externref.
 */

/*
 * Adds a function to the module.
 *
 * type: number of its type
 * locals: groups of five bytes: how many locals as a u32, and their type
 * body: its instructions in wasm's binary format, with the `end` after the last
 * id: where the number of the function, or the id of an error, is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process is not a plugin
 */
LUNATIC_IMPORT("lunatic::plugin", "add_function")
uint32_t lunatic_plugin_add_function(uint32_t type, const void *locals,
				     size_t locals_len, const void *body,
				     size_t body_len, uint64_t *id);

/*
 * Adds a type of functions to the module.
 *
 * params: types of the parameters, a byte for each
 * results: types of the results, a byte for each
 * id: where the number of the type, or the id of an error, is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process is not a plugin
 */
LUNATIC_IMPORT("lunatic::plugin", "add_function_type")
uint32_t lunatic_plugin_add_function_type(const void *params, size_t params_len,
					  const void *results,
					  size_t results_len, uint64_t *id);

/*
 * Exports a function of the module.
 *
 * name: the name of the export, UTF-8
 * function: number of the function
 * Traps: the process is not a plugin
 * Traps: the name is not UTF-8, or there is no such function
 */
LUNATIC_IMPORT("lunatic::plugin", "add_function_export")
void lunatic_plugin_add_function_export(const void *name, size_t name_len,
					uint32_t function);

/*
 * Adds an imported function to the module. Not in lunatic 0.7.
 *
 * module: the module that it is imported from, UTF-8
 * name: its name there, UTF-8
 * type: number of its type
 * id: where the number of the function, or the id of an error, is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process is not a plugin
 * Traps: a name is not UTF-8
 */
LUNATIC_IMPORT("lunatic::plugin", "add_function_import")
uint32_t lunatic_plugin_add_function_import(const void *module,
					    size_t module_len, const void *name,
					    size_t name_len, uint32_t type,
					    uint64_t *id);

/*
 * Finds a function by the name of its export or, if there is no such export, by
 * its name in the module's name section. Not in lunatic 0.7.
 *
 * name: the name
 * id: where the number of the function, or the id of an error, is stored
 * Returns 0 for success, 1 if there is none
 * Traps: the process is not a plugin
 */
LUNATIC_IMPORT("lunatic::plugin", "find_function")
uint32_t lunatic_plugin_find_function(const void *name, size_t name_len,
				      uint64_t *id);

/*
 * Tells the type of a function: the types of its parameters, a byte 0, and the
 * types of its results. Not in lunatic 0.7.
 *
 * function: number of the function
 * types: where to write; nothing is written when there is not enough room
 * Returns how many bytes the type has
 * Traps: the process is not a plugin
 * Traps: there is no such function
 */
LUNATIC_IMPORT("lunatic::plugin", "function_type")
uint32_t lunatic_plugin_function_type(uint32_t function, void *types,
				      size_t types_len);

/*
 * Adds a copy of a function. Together with `replace_function` it can wrap a
 * function: the replacement calls the copy. Not in lunatic 0.7.
 *
 * function: number of a function that is not imported
 * id: where the number of the copy, or the id of an error, is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process is not a plugin
 */
LUNATIC_IMPORT("lunatic::plugin", "copy_function")
uint32_t lunatic_plugin_copy_function(uint32_t function, uint64_t *id);

/*
 * Gives a function another body, which all callers then run. Not in lunatic 0.7.
 *
 * function: number of a function that is not imported
 * locals: as in `add_function`
 * body: as in `add_function`
 * id: where the number of the function, or the id of an error, is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process is not a plugin
 */
LUNATIC_IMPORT("lunatic::plugin", "replace_function")
uint32_t lunatic_plugin_replace_function(uint32_t function, const void *locals,
					 size_t locals_len, const void *body,
					 size_t body_len, uint64_t *id);

/*
 * lunatic::heap_profiler
 *
 * Calls that the plugin `heap_profiler.wasm` adds to allocators. Not in lunatic
 * 0.7. If the program was started with `--heap-profile`, each process that calls
 * these functions writes a profile when it ends; otherwise they do nothing. The
 * host takes a backtrace by calling the guest's export
 * `lunatic_heap_profiler_trace`, which traps.
 */

/*
 * Reports a new block of memory. A block already recorded at this address was
 * reported by a nested allocator call; the new record replaces it.
 *
 * address: where it is; 0: nothing was allocated
 * size: its size in bytes
 */
LUNATIC_IMPORT("lunatic::heap_profiler", "allocated")
void lunatic_heap_profiler_allocated(uint32_t address, uint32_t size);

/*
 * Reports that a block is about to be freed.
 *
 * address: where it is; unknown addresses are ignored
 */
LUNATIC_IMPORT("lunatic::heap_profiler", "freed")
void lunatic_heap_profiler_freed(uint32_t address);

/*
 * Reports that a block was made larger or smaller.
 *
 * old: where it was; 0: it is new
 * address: where it is; 0: the call failed or, if the size is 0, freed it
 * size: its new size in bytes
 */
LUNATIC_IMPORT("lunatic::heap_profiler", "reallocated")
void lunatic_heap_profiler_reallocated(uint32_t old, uint32_t address,
				       uint32_t size);

/*
 * lunatic::version
 *
 * The version of lunatic whose host functions these are: 0.13.2.
 */

/*
 * Tells the major version.
 *
 * Returns 0
 */
LUNATIC_IMPORT("lunatic::version", "major")
uint32_t lunatic_version_major(void);

/*
 * Tells the minor version.
 *
 * Returns 13
 */
LUNATIC_IMPORT("lunatic::version", "minor")
uint32_t lunatic_version_minor(void);

/*
 * Tells the patch version.
 *
 * Returns 2
 */
LUNATIC_IMPORT("lunatic::version", "patch")
uint32_t lunatic_version_patch(void);

/*
 * lunatic::error
 *
 * The text of errors. A function that returns 1 has stored the id of an error.
 */

/*
 * Tells how long the text of an error is.
 *
 * error: id of the error
 * Returns length of the text in bytes
 * Traps: the process holds no error of that id
 */
LUNATIC_IMPORT("lunatic::error", "string_size")
uint32_t lunatic_error_string_size(uint64_t error);

/*
 * Writes the text of an error, in UTF-8 and without a terminating zero, to
 * memory that has room for `string_size` bytes.
 *
 * error: id of the error
 * text: where to write
 * Traps: the process holds no error of that id
 * Traps: the text does not fit between `text` and the end of the memory
 */
LUNATIC_IMPORT("lunatic::error", "to_string")
void lunatic_error_to_string(uint64_t error, void *text);

/*
 * Forgets an error.
 *
 * error: id of the error
 * Traps: the process holds no error of that id
 */
LUNATIC_IMPORT("lunatic::error", "drop")
void lunatic_error_drop(uint64_t error);

/*
 * lunatic::metrics
 *
 * Numbers with names, of all processes of the program: counters, gauges and
 * histograms. `--report` shows them. A name is UTF-8, of at most 255 bytes, and
 * means one number of each kind. The program keeps 10,000 of them, 16 MiB, until
 * it ends; what has a further name is dropped, which reports tell.
 */

/*
 * Adds to a counter, which begins at 0.
 *
 * name: the name of the counter
 * value: what is added, without a sign
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "counter")
void lunatic_metrics_counter(const void *name, size_t name_len, uint64_t value);

/*
 * Adds 1 to a counter, which begins at 0.
 *
 * name: the name of the counter
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "increment_counter")
void lunatic_metrics_increment_counter(const void *name, size_t name_len);

/*
 * Sets a gauge.
 *
 * name: the name of the gauge
 * value: its new value
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "gauge")
void lunatic_metrics_gauge(const void *name, size_t name_len, double value);

/*
 * Adds to a gauge, which begins at 0.
 *
 * name: the name of the gauge
 * value: what is added
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "increment_gauge")
void lunatic_metrics_increment_gauge(const void *name, size_t name_len,
				     double value);

/*
 * Subtracts from a gauge, which begins at 0.
 *
 * name: the name of the gauge
 * value: what is subtracted
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "decrement_gauge")
void lunatic_metrics_decrement_gauge(const void *name, size_t name_len,
				     double value);

/*
 * Records a value in a histogram, which has buckets of a fixed size, so that its
 * percentiles are exact to 1/16. A value that is not a number is left out.
 *
 * name: the name of the histogram
 * value: the value
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "histogram")
void lunatic_metrics_histogram(const void *name, size_t name_len, double value);

#undef LUNATIC_IMPORT

#ifdef __cplusplus
}
#endif

#endif
