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
 * lunatic::upgrade
 *
 * Upgrading processes that run to a new version of their module. What modules
 * export for that is in docs/upgrade.md.
 */

/*
 * Upgrades the processes of a module in the environment of this process and in
 * those below it, and waits until that is over. Each changes when it next
 * receives. The process that calls, if it is one of them, changes at its first
 * `receive` afterwards, which nobody waits for.
 *
 * module: the name of the module, in UTF-8, or the beginning of the SHA-256 of
 *   its binary, 8 hexadecimal digits or more; empty: the module of this process
 * binary: the new version
 * timeout: how many milliseconds to wait for processes that do not receive; 0:
 *   10,000
 * flags: 1: when a process fails the others go on, and none is changed back; 2:
 *   each tries, and goes on with the old version
 * counts: gets as many little-endian numbers of 64 bits as it has room for, of
 *   processes: upgraded, refused, failed, timed out, that did not receive and
 *   run the old version, ended meanwhile, changed back, that could not be
 *   changed back
 * id: gets the id of the error
 * Returns 0 if no process has failed, 1 for an error
 * Traps: the name is not valid UTF-8
 * Traps: this process may not add modules
 * Traps: it is called by a function that saves or loads the state of the
 *   process
 */
LUNATIC_IMPORT("lunatic::upgrade", "run")
uint32_t lunatic_upgrade_run(const void *module, size_t module_len,
			     const void *binary, size_t binary_len,
			     uint32_t timeout, uint32_t flags, void *counts,
			     size_t counts_len, uint64_t *id);

/*
 * lunatic::drain
 *
 * The end of the program in peace. Started with `--drain TIME`, it does not kill
 * its processes at SIGTERM: its listeners refuse new connections, processes that
 * have asked get a message, and the program ends when all of these have ended,
 * or after that time. Not in lunatic 0.7 or 0.13.
 */

/*
 * Has this process told when the program drains, by an empty data message with a
 * tag; at once when it does already. It is told once. The program then waits for
 * the end of this process. A second call changes the tag.
 *
 * tag: of the message; 0: none
 */
LUNATIC_IMPORT("lunatic::drain", "watch")
void lunatic_drain_watch(int64_t tag);

/*
 * Ends that: the program does not wait for this process. A message that has been
 * sent stays in the mailbox.
 *
 * Returns 1, or 0 when this process had not asked
 */
LUNATIC_IMPORT("lunatic::drain", "unwatch")
uint32_t lunatic_drain_unwatch(void);

/*
 * Tells what the program is doing.
 *
 * Returns 0 while it starts, 1 when it is ready, 2 while it drains, 3 when all
 *   processes are about to be killed
 */
LUNATIC_IMPORT("lunatic::drain", "state")
uint32_t lunatic_drain_state(void);

/*
 * lunatic::log
 *
 * The log of the program, on standard error: a line each, with a level, the
 * process and its environment; `--log-level` and `--log-format` choose which and
 * how. Not in lunatic 0.7 or 0.13.
 */

/*
 * Writes a line. What is above the program's level is not written. An environment
 * that writes too much loses lines, which are counted; others do not.
 *
 * level: 0 error, 1 warn, 2 info, 3 debug
 * text: cut after 8,192 bytes; what is not UTF-8, controls a terminal or breaks
 *   the line is replaced
 * Traps: `level` is above 3
 */
LUNATIC_IMPORT("lunatic::log", "write")
void lunatic_log_write(uint32_t level, const void *text, size_t text_len);

/*
 * Tells up to which level lines are written.
 *
 * Returns as `level` of `write`
 */
LUNATIC_IMPORT("lunatic::log", "level")
uint32_t lunatic_log_level(void);

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
 * lunatic::process
 *
 * Processes, their configurations, links and monitors.
 */

/*
 * Adds a module to the environment, which processes can then be spawned from.
 * The guest waits until it is compiled.
 *
 * module: a wasm module, binary or text
 * id: gets the id of the module, or that of an error
 * Returns 0 for success; 1 for an error; -1 when the process may not add
 *   modules
 */
LUNATIC_IMPORT("lunatic::process", "compile_module")
uint32_t lunatic_process_compile_module(const void *module, size_t module_len,
					uint64_t *id);

/*
 * Drops the id of a module. Processes that were spawned from it keep running.
 *
 * module: id of the module
 * Traps: the process holds no module of that id
 */
LUNATIC_IMPORT("lunatic::process", "drop_module")
void lunatic_process_drop_module(uint64_t module);

/*
 * Creates a configuration for processes. It denies everything: they may not add
 * modules, make configurations or spawn processes, and find no directories,
 * arguments or variables. It has no bound on fuel, and one of 4 GiB - 1 on
 * memory.

 * Whatever a configuration says, processes never have more than those who spawn
 * them.
 *
 * Returns id of the configuration; -1 when the process may not make any
 */
LUNATIC_IMPORT("lunatic::process", "create_config")
uint64_t lunatic_process_create_config(void);

/*
 * Drops a configuration. Processes that were spawned with it live on.
 *
 * config: id of the configuration
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "drop_config")
void lunatic_process_drop_config(uint64_t config);

/*
 * Sets how much memory each process may use.
 *
 * config: id of the configuration
 * max_memory: bytes of all its memories and tables, and of what the host keeps
 *   for it
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "config_set_max_memory")
void lunatic_process_config_set_max_memory(uint64_t config,
					   uint64_t max_memory);

/*
 * Tells what was set.
 *
 * config: id of the configuration
 * Returns bytes
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "config_get_max_memory")
uint64_t lunatic_process_config_get_max_memory(uint64_t config);

/*
 * Sets how much each process may compute until it traps.
 *
 * config: id of the configuration
 * max_fuel: units of 100,000 instructions; 0: no bound
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "config_set_max_fuel")
void lunatic_process_config_set_max_fuel(uint64_t config, uint64_t max_fuel);

/*
 * Tells what was set.
 *
 * config: id of the configuration
 * Returns units of 100,000 instructions; 0: no bound
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "config_get_max_fuel")
uint64_t lunatic_process_config_get_max_fuel(uint64_t config);

/*
 * Tells whether processes may add modules.
 *
 * config: id of the configuration
 * Returns 1 if so, else 0
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "config_can_compile_modules")
uint32_t lunatic_process_config_can_compile_modules(uint64_t config);

/*
 * Sets whether processes may add modules.
 *
 * config: id of the configuration
 * can: 0: they may not
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "config_set_can_compile_modules")
void lunatic_process_config_set_can_compile_modules(uint64_t config,
						    uint32_t can);

/*
 * Tells whether processes may make configurations.
 *
 * config: id of the configuration
 * Returns 1 if so, else 0
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "config_can_create_configs")
uint32_t lunatic_process_config_can_create_configs(uint64_t config);

/*
 * Sets whether processes may make configurations.
 *
 * config: id of the configuration
 * can: 0: they may not
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "config_set_can_create_configs")
void lunatic_process_config_set_can_create_configs(uint64_t config,
						   uint32_t can);

/*
 * Tells whether processes may spawn others.
 *
 * config: id of the configuration
 * Returns 1 if so, else 0
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "config_can_spawn_processes")
uint32_t lunatic_process_config_can_spawn_processes(uint64_t config);

/*
 * Sets whether processes may spawn others.
 *
 * config: id of the configuration
 * can: 0: they may not
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "config_set_can_spawn_processes")
void lunatic_process_config_set_can_spawn_processes(uint64_t config,
						    uint32_t can);

/*
 * Spawns a process.
 *
 * link: if it is not 0, the two are linked: this process is told with that tag
 *   when the new one fails
 * config: id of a configuration; -1: what holds for this process
 * module: id of a module; -1: that of this process
 * function: name of an exported function, in UTF-8
 * params: its parameters, 17 bytes each: the type (0x7f for i32, 0x7e for i64,
 *   0x7b for v128) and 16 bytes of value
 * id: gets the id of the process, or that of an error
 * Returns 0 for success; 1 for an error
 * Traps: the process may not spawn others
 * Traps: the process holds no configuration or module of that id
 * Traps: the name is not UTF-8
 * Traps: the parameters are malformed
 * Traps: called by a start function
 */
LUNATIC_IMPORT("lunatic::process", "spawn")
uint32_t lunatic_process_spawn(int64_t link, uint64_t config, uint64_t module,
			       const void *function, size_t function_len,
			       const void *params, size_t params_len,
			       uint64_t *id);

/*
 * Looks a process up by its name, and if there is none spawns one and registers
 * it under that name before it runs. Of several that do so at a time one spawns,
 * and all get the same process.
 *
 * name: the name, in UTF-8, of at most 4,096 bytes
 * link: as that of `spawn`; of one that is found it does nothing
 * config: as that of `spawn`
 * module: as that of `spawn`
 * function: as that of `spawn`
 * params: as those of `spawn`
 * node: gets the id of the node that the process is on
 * id: gets the id of the process, or that of an error
 * Returns 0: it was spawned; 1 for an error; 2: it was found
 * Traps: as `spawn`
 * Traps: the name is not UTF-8, or too long
 */
LUNATIC_IMPORT("lunatic::process", "get_or_spawn")
uint32_t lunatic_process_get_or_spawn(const void *name, size_t name_len,
				      int64_t link, uint64_t config,
				      uint64_t module, const void *function,
				      size_t function_len, const void *params,
				      size_t params_len, uint64_t *node,
				      uint64_t *id);

/*
 * Waits. Other processes run meanwhile.
 *
 * milliseconds: how long
 */
LUNATIC_IMPORT("lunatic::process", "sleep_ms")
void lunatic_process_sleep_ms(uint64_t milliseconds);

/*
 * Chooses what happens to this process when a linked process fails.
 *
 * trap: not 0, the default: this process dies, too. 0: it gets a message, for
 *   which `lunatic::message::receive` returns 1
 */
LUNATIC_IMPORT("lunatic::process", "die_when_link_dies")
void lunatic_process_die_when_link_dies(uint32_t trap);

/*
 * Tells the id of this process.
 *
 * Returns the id
 */
LUNATIC_IMPORT("lunatic::process", "process_id")
uint64_t lunatic_process_process_id(void);

/*
 * Tells the id of the environment of this process. Processes that are spawned
 * belong to that of the one that spawns them, with whatever configuration.
 *
 * Returns the id
 */
LUNATIC_IMPORT("lunatic::process", "environment_id")
uint64_t lunatic_process_environment_id(void);

/*
 * Links this process to another one. If there is none, or it has ended, it is as
 * if a link had failed: this process dies, or gets a message with the tag.
 *
 * tag: what this process is told when the other one fails
 * process: id of the other process
 * Traps: there are too many links
 */
LUNATIC_IMPORT("lunatic::process", "link")
void lunatic_process_link(int64_t tag, uint64_t process);

/*
 * Removes a link. Does nothing when there is none.
 *
 * process: id of the other process
 */
LUNATIC_IMPORT("lunatic::process", "unlink")
void lunatic_process_unlink(uint64_t process);

/*
 * Kills a process. Its links are told. Does nothing when there is none.
 *
 * process: id of the process
 */
LUNATIC_IMPORT("lunatic::process", "kill")
void lunatic_process_kill(uint64_t process);

/*
 * Tells whether a process lives.
 *
 * process: id of the process
 * Returns 1 if so, else 0
 */
LUNATIC_IMPORT("lunatic::process", "exists")
uint32_t lunatic_process_exists(uint64_t process);

/*
 * Watches a process: when it ends, in whatever way, this process gets a message
 * that `receive` reports with 2, and of which
 * `lunatic::message::get_process_id` tells the id; at once when there is no such
 * process. Does nothing while it is watched already.
 *
 * process: id of the process
 * Traps: there are too many monitors
 */
LUNATIC_IMPORT("lunatic::process", "monitor")
void lunatic_process_monitor(uint64_t process);

/*
 * Watches a process no longer. No message about it is in the mailbox then.
 *
 * process: id of the process
 */
LUNATIC_IMPORT("lunatic::process", "stop_monitoring")
void lunatic_process_stop_monitoring(uint64_t process);

/*
 * lunatic::wasi
 *
 * What processes that are spawned with a configuration find through WASI.
 */

/*
 * Adds an argument. The first one is the name of the program.
 *
 * config: id of the configuration
 * argument: the argument, in UTF-8, without a zero byte
 * Traps: the process holds no configuration of that id
 * Traps: the argument is not such a text, or there are too many
 */
LUNATIC_IMPORT("lunatic::wasi", "config_add_command_line_argument")
void lunatic_child_config_add_command_line_argument(uint64_t config,
						    const void *argument,
						    size_t argument_len);

/*
 * Adds an environment variable.
 *
 * config: id of the configuration
 * name: its name, in UTF-8, without '=' and zero bytes
 * text: its value, in UTF-8, without a zero byte
 * Traps: the process holds no configuration of that id
 * Traps: one of them is not such a text, or there are too many
 */
LUNATIC_IMPORT("lunatic::wasi", "config_add_environment_variable")
void lunatic_child_config_add_environment_variable(uint64_t config,
						   const void *name,
						   size_t name_len,
						   const void *text,
						   size_t text_len);

/*
 * Lets processes find a directory open. It has to be one that this process finds
 * open, or one below; whether it is, `spawn` tells.
 *
 * config: id of the configuration
 * dir: its path, in UTF-8, as this process names it
 * Traps: the process holds no configuration of that id
 * Traps: the path is not such a text, or there are too many
 */
LUNATIC_IMPORT("lunatic::wasi", "config_preopen_dir")
void lunatic_child_config_preopen_dir(uint64_t config, const void *dir,
				      size_t dir_len);

/*
 * lunatic::distributed
 *
 * Other nodes of the cluster. A node has an id, the same on all nodes, until it
 * ends; a process is known by the id of its node and its own id there. By these
 * ids processes of the programs of all nodes reach each other, with those that
 * they spawn, also with other configurations. Processes in environments below
 * these, which programs of lunatic 0.7 make, are not reached, and find no nodes.
 */

/*
 * Tells how many nodes there are: those that are connected, and the own one.
 *
 * Returns the number; 0 when this program is not a node
 */
LUNATIC_IMPORT("lunatic::distributed", "nodes_count")
uint32_t lunatic_distributed_nodes_count(void);

/*
 * Tells the ids of the nodes, the own one first.
 *
 * nodes: filled as far as it has room
 * Returns how many were stored
 */
LUNATIC_IMPORT("lunatic::distributed", "get_nodes")
uint32_t lunatic_distributed_get_nodes(const uint64_t *nodes,
				       size_t nodes_count);

/*
 * Tells the id of the node that the process runs on.
 *
 * Returns the id; 0 when this program is not a node
 */
LUNATIC_IMPORT("lunatic::distributed", "node_id")
uint64_t lunatic_distributed_node_id(void);

/*
 * Tells an id of the module that the process was spawned from, the same on all
 * nodes: it is computed from the bytes of the module.
 *
 * Returns the id
 */
LUNATIC_IMPORT("lunatic::distributed", "module_id")
uint64_t lunatic_distributed_module_id(void);

/*
 * Spawns a process on a node. A module that the node does not have is sent to
 * it, once. What the process may do is bounded by the program of that node.
 *
 * node: id of the node
 * config: id of the configuration of the process; -1: that of the process that
 *   calls or, if that has none but the program's, the one of the program of the
 *   other node
 * module: what module_id told a process of the module
 * function: name of an exported function without results
 * params: for each parameter one byte of type (0x7f for i32, 0x7e for i64, 0x7b
 *   for v128), and 16 bytes of value
 * id: where the id of the process is stored, or that of an error
 * Returns 0 for success; 1 if the node does not exist, or for any other error;
 *   2 if there is no such module; 9027 if the node was lost
 * Traps: the process may not spawn processes
 * Traps: the module is still being instantiated
 * Traps: the name of the function is not UTF-8
 * Traps: the parameters are malformed
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::distributed", "spawn")
uint32_t lunatic_distributed_spawn(uint64_t node, uint64_t config,
				   uint64_t module, const void *function,
				   size_t function_len, const void *params,
				   size_t params_len, uint64_t *id);

/*
 * Sends the message in the scratch area to a process of another node. It waits
 * while too much is on its way to that node. A message to a process that has
 * ended is dropped.
 *
 * node: id of the node
 * process: id of the process
 * Returns 0 when it is on its way; 2 if the node does not exist, or is lost
 * Traps: no data message is in the scratch area
 * Traps: the message has resources other than processes
 */
LUNATIC_IMPORT("lunatic::distributed", "send")
uint32_t lunatic_distributed_send(uint64_t node, uint64_t process);

/*
 * Sends the message in the scratch area to a process of another node, and waits
 * for an answer, without a look at messages that are there already.
 *
 * node: id of the node
 * process: id of the process
 * wait_on_tag: tag of the answer
 * timeout: in milliseconds; -1: none
 * Returns 0 when the answer has come; 2 if the node does not exist, or is lost;
 *   9027 when the time is over
 * Traps: no data message is in the scratch area
 * Traps: the message has resources other than processes
 */
LUNATIC_IMPORT("lunatic::distributed", "send_receive_skip_search")
uint32_t lunatic_distributed_send_receive_skip_search(uint64_t node,
						      uint64_t process,
						      int64_t wait_on_tag,
						      uint64_t timeout);

/*
 * Adds a process of any node to the message, for guests of lunatic 0.7, which
 * have other ids for it. Not in lunatic 0.13.
 *
 * node: id of the node; 0: the own one
 * process: id of the process
 * Returns the number of the resource in the message; -1 when there is no such
 *   process, or it has ended
 * Traps: no data message is in the scratch area
 * Traps: the message would hold more resources than the runtime allows
 */
LUNATIC_IMPORT("lunatic::distributed", "push_process")
uint64_t lunatic_distributed_push_process(uint64_t node, uint64_t process);

/*
 * Moves a process of any node out of the message. Not in lunatic 0.13.
 *
 * index: the number of the resource in the message
 * node: where the id of its node is stored
 * Returns the id of the process; 0 when this process cannot reach it by an id
 * Traps: no data message is in the scratch area
 * Traps: the resource does not exist, is not a process, or was taken before
 */
LUNATIC_IMPORT("lunatic::distributed", "take_process")
uint64_t lunatic_distributed_take_process(uint64_t index, uint64_t *node);

/*
 * Looks for nodes that have certain attributes: their name, as `name`, and those
 * that they were given on the command line.
 *
 * query: `key=value`, joined by `&`; bytes may be written as `%` and two
 *   hexadecimal digits. A node must have all. An empty query finds all nodes.
 * query_id: where the id of what was found is stored
 * count: where the number of nodes is stored
 * error: where the id of an error is stored
 * Returns 0 for success; 1 for an error
 * Traps: the query is not UTF-8
 */
LUNATIC_IMPORT("lunatic::distributed", "exec_lookup_nodes")
uint32_t lunatic_distributed_exec_lookup_nodes(const void *query,
					       size_t query_len,
					       uint64_t *query_id,
					       uint32_t *count,
					       uint64_t *error);

/*
 * Tells the ids of the nodes that a query has found, once: then it is forgotten.
 *
 * query: what exec_lookup_nodes has stored
 * nodes: filled as far as it has room
 * error: where the id of an error is stored
 * Returns how many were stored; -1: there is no such query
 */
LUNATIC_IMPORT("lunatic::distributed", "copy_lookup_nodes_results")
int32_t lunatic_distributed_copy_lookup_nodes_results(uint64_t query,
						      const uint64_t *nodes,
						      size_t nodes_count,
						      uint64_t *error);

/*
 * Makes a certificate authority for tests, another one each time. Results of
 * this function and the next two are left in memory that the guest allocates in
 * its export `lunatic_alloc`, of type (i32) -> i32, and encoded as by the crate
 * bincode: for each text its length in 64 bits, and its bytes.
 *
 * len: where the number of bytes is stored, in 32 bits
 * Returns the address of two texts, certificate and key in PEM
 * Traps: `lunatic_alloc` is not exported with this type, or traps, or what it
 *   returns is outside of the memory
 */
LUNATIC_IMPORT("lunatic::distributed", "test_root_cert")
uint32_t lunatic_distributed_test_root_cert(void *len);

/*
 * Makes a certificate with a new key, for a server or a node.
 *
 * certificate: that of the authority that signs it, in PEM
 * key: the key of the authority, in PEM
 * len: where the number of bytes is stored, in 32 bits
 * Returns the address of two texts, certificate and key in PEM
 * Traps: certificate and key are not those of an authority, or of a kind that
 *   is not supported: RSA of 1,024 to 4,096 bits, P-256, P-384, Ed25519
 * Traps: `lunatic_alloc` is not exported with this type, or traps, or what it
 *   returns is outside of the memory
 */
LUNATIC_IMPORT("lunatic::distributed", "default_server_certificates")
uint32_t lunatic_distributed_default_server_certificates(const void *certificate,
							 size_t certificate_len,
							 const void *key,
							 size_t key_len,
							 void *len);

/*
 * Signs a request for a certificate. Nodes that are started with it and the
 * authority's certificate (`--cert`, `--key`, `--ca`) are members of one
 * cluster.
 *
 * certificate: that of the authority that signs it, in PEM
 * key: the key of the authority, in PEM
 * request: the request (PKCS #10), in PEM; its names stay
 * len: where the number of bytes is stored, in 32 bits
 * Returns the address of the text of the certificate, in PEM
 * Traps: certificate and key are not those of an authority, or of a kind that
 *   is not supported, as above
 * Traps: the request is malformed, not signed by its own key, or that is not
 *   supported
 * Traps: `lunatic_alloc` is not exported with this type, or traps, or what it
 *   returns is outside of the memory
 */
LUNATIC_IMPORT("lunatic::distributed", "sign_node")
uint32_t lunatic_distributed_sign_node(const void *certificate,
				       size_t certificate_len, const void *key,
				       size_t key_len, const void *request,
				       size_t request_len, void *len);

/*
 * lunatic::message
 *
 * Creating, sending and receiving messages. A process sends by creating a
 * message in the scratch area, writing to it, and sending it; it receives into
 * the scratch area and reads from there. The scratch area holds one message:
 * creating or receiving one drops the one before, and sending takes it out.

 * A data message has bytes and resources. Resources are numbered from 0 in the
 * order in which they were added; taking one out does not change the numbers of
 * the others.
 */

/*
 * Puts an empty data message into the scratch area.
 *
 * tag: the tag of the message, 0 for none
 * capacity: how many bytes will be written; only a hint, any value is allowed
 */
LUNATIC_IMPORT("lunatic::message", "create_data")
void lunatic_message_create_data(int64_t tag, uint64_t capacity);

/*
 * Appends bytes to the message. A message holds a bounded number of bytes.
 *
 * data: the bytes to append
 * Returns number of bytes written: all of them
 * Traps: no data message is in the scratch area
 * Traps: the message would become larger than the runtime allows
 */
LUNATIC_IMPORT("lunatic::message", "write_data")
uint32_t lunatic_message_write_data(const void *data, size_t data_len);

/*
 * Copies bytes from the reading position on, and moves the position behind
 * them.
 *
 * data: where to put the bytes
 * Returns number of bytes read: fewer than requested at the end of the message,
 *   0 behind the last byte
 * Traps: no data message is in the scratch area
 * Traps: `seek_data` moved the reading position beyond the end of the message
 */
LUNATIC_IMPORT("lunatic::message", "read_data")
uint32_t lunatic_message_read_data(void *data, size_t data_len);

/*
 * Moves the reading position. A process that passes a message on after reading
 * from it can move the position back to 0 for the receiver.
 *
 * position: the new position, in bytes from the start
 * Traps: no data message is in the scratch area
 */
LUNATIC_IMPORT("lunatic::message", "seek_data")
void lunatic_message_seek_data(uint64_t position);

/*
 * Tells the tag of the message. For the message about a failed link it is the
 * tag of the link.
 *
 * Returns the tag, 0 when there is none
 * Traps: no message is in the scratch area
 */
LUNATIC_IMPORT("lunatic::message", "get_tag")
int64_t lunatic_message_get_tag(void);

/*
 * Tells which process has ended.
 *
 * Returns the id of the process, if the message is one about the end of a
 *   process that was watched; else 0
 * Traps: no message is in the scratch area
 */
LUNATIC_IMPORT("lunatic::message", "get_process_id")
uint64_t lunatic_message_get_process_id(void);

/*
 * Tells how many bytes the message has, whatever the reading position is.
 *
 * Returns the size in bytes
 * Traps: no data message is in the scratch area
 */
LUNATIC_IMPORT("lunatic::message", "data_size")
uint64_t lunatic_message_data_size(void);

/*
 * Adds a module to the message. This process still has it.
 *
 * module: id of the module
 * Returns the number of the resource in the message
 * Traps: the process holds no module of that id
 * Traps: the module is of another node
 * Traps: no data message is in the scratch area
 * Traps: the message would hold more resources than the runtime allows
 */
LUNATIC_IMPORT("lunatic::message", "push_module")
uint64_t lunatic_message_push_module(uint64_t module);

/*
 * Moves a module out of the message. One that was added to another environment
 * is added to that of this process.
 *
 * index: the number of the resource in the message
 * Returns a new id of the module
 * Traps: no data message is in the scratch area
 * Traps: the resource does not exist, is not a module, or was taken before
 * Traps: the process holds as many modules as it may
 * Traps: the module cannot be added to this environment
 */
LUNATIC_IMPORT("lunatic::message", "take_module")
uint64_t lunatic_message_take_module(uint64_t index);

/*
 * Moves a TCP stream into the message: its id becomes invalid.
 *
 * stream: id of the TCP stream
 * Returns the number of the resource in the message
 * Traps: the process holds no TCP stream of that id
 * Traps: no data message is in the scratch area
 * Traps: the message would hold more resources than the runtime allows
 */
LUNATIC_IMPORT("lunatic::message", "push_tcp_stream")
uint64_t lunatic_message_push_tcp_stream(uint64_t stream);

/*
 * Moves a TCP stream out of the message.
 *
 * index: the number of the resource in the message
 * Returns a new id of the TCP stream
 * Traps: no data message is in the scratch area
 * Traps: the resource does not exist, is not a TCP stream, or was taken before
 * Traps: the process holds as many TCP streams as it may
 */
LUNATIC_IMPORT("lunatic::message", "take_tcp_stream")
uint64_t lunatic_message_take_tcp_stream(uint64_t index);

/*
 * Moves a UDP socket into the message: its id becomes invalid.
 *
 * socket: id of the UDP socket
 * Returns the number of the resource in the message
 * Traps: the process holds no UDP socket of that id
 * Traps: no data message is in the scratch area
 * Traps: the message would hold more resources than the runtime allows
 */
LUNATIC_IMPORT("lunatic::message", "push_udp_socket")
uint64_t lunatic_message_push_udp_socket(uint64_t socket);

/*
 * Moves a UDP socket out of the message.
 *
 * index: the number of the resource in the message
 * Returns a new id of the UDP socket
 * Traps: no data message is in the scratch area
 * Traps: the resource does not exist, is not a UDP socket, or was taken before
 * Traps: the process holds as many UDP sockets as it may
 */
LUNATIC_IMPORT("lunatic::message", "take_udp_socket")
uint64_t lunatic_message_take_udp_socket(uint64_t index);

/*
 * Adds a process to the message, for guests of lunatic 0.7, which have other ids
 * for it. Not in lunatic 0.13.
 *
 * process: id of the process
 * Returns the number of the resource in the message; -1 when there is no such
 *   process, or it has ended
 * Traps: no data message is in the scratch area
 * Traps: the message would hold more resources than the runtime allows
 */
LUNATIC_IMPORT("lunatic::message", "push_process")
uint64_t lunatic_message_push_process(uint64_t process);

/*
 * Moves a process out of the message. Not in lunatic 0.13.
 *
 * index: the number of the resource in the message
 * Returns the id of the process; 0 when this process cannot reach it by an id
 * Traps: no data message is in the scratch area
 * Traps: the resource does not exist, is not a process, or was taken before
 */
LUNATIC_IMPORT("lunatic::message", "take_process")
uint64_t lunatic_message_take_process(uint64_t index);

/*
 * Sends the message in the scratch area, which is empty afterwards. The sender
 * does not learn whether the message arrives: a message to a process that does
 * not exist, has ended, or whose mailbox is full, is dropped.
 *
 * process: id of the receiver
 * Returns 0
 * Traps: no message is in the scratch area
 * Traps: the message is a signal that was received
 */
LUNATIC_IMPORT("lunatic::message", "send")
uint32_t lunatic_message_send(uint64_t process);

/*
 * Sends the message and waits for the answer: the next message to arrive that
 * has the tag. The search skips messages that are already in the mailbox, so use
 * a new tag. The answer is in the scratch area afterwards; after a timeout the
 * area is empty.
 *
 * process: id of the receiver; when there is none, this waits all the same
 * tag: the tag to wait for; no message has 0
 * timeout: milliseconds to wait for, -1 for no limit
 * Returns 0 when a message arrived, 9027 after a timeout
 * Traps: no message is in the scratch area
 * Traps: the message is a signal that was received
 */
LUNATIC_IMPORT("lunatic::message", "send_receive_skip_search")
uint32_t lunatic_message_send_receive_skip_search(uint64_t process, int64_t tag,
						  uint64_t timeout);

/*
 * Takes the first message with one of the tags out of the mailbox, or the first
 * of all if no tags are given, and puts it into the scratch area. Waits while
 * there is none. A timeout leaves the scratch area unchanged.
 *
 * tags: the tags to look for; 0 finds none
 * timeout: milliseconds to wait for, -1 for no limit
 * Returns 0 for a data message, 1 for the message of a failed link, 2 for the
 *   message about a process that has ended, 9027 after a timeout
 */
LUNATIC_IMPORT("lunatic::message", "receive")
uint32_t lunatic_message_receive(const int64_t *tags, size_t tags_count,
				 uint64_t timeout);

/*
 * Moves a stream of TLS into the message. It takes its timeouts with it.
 *
 * stream: id of the stream, which is none any more
 * Returns the number of the resource in the message
 * Traps: the process holds no stream of that id
 * Traps: no data message is in the scratch area
 * Traps: the message would hold more resources than the runtime allows
 */
LUNATIC_IMPORT("lunatic::message", "push_tls_stream")
uint64_t lunatic_message_push_tls_stream(uint64_t stream);

/*
 * Moves a stream of TLS out of the message.
 *
 * index: the number of the resource in the message
 * Returns id of the stream
 * Traps: no data message is in the scratch area
 * Traps: the resource does not exist, is not a stream of TLS, or was taken
 *   before
 * Traps: the process holds as many streams as it may
 */
LUNATIC_IMPORT("lunatic::message", "take_tls_stream")
uint64_t lunatic_message_take_tls_stream(uint64_t index);

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

/*
 * lunatic::networking
 *
 * TCP, UDP and name resolution. Functions that wait park only the calling
 * process. Timeouts are in milliseconds; 2^64 - 1 (-1) means no timeout, and 0
 * means not to wait at all. After a timeout a function returns 9027 and has
 * stored nothing. Addresses are of IP version 4 or 6, in network order (4 or 16
 * bytes). Ports, flow information and scope ids are plain numbers; version 4
 * uses only the port.

 * Clones of a TCP stream or a UDP socket, in one process or several, share one
 * socket with all its settings, also the timeouts. They may be used at the same
 * time; dropping the last of them closes the socket. Data written to a stream is
 * sent at once (`TCP_NODELAY` is set).

 * TLS is 1.2 or 1.3. A client checks that the certificate of the server is for
 * the name that it connects to and leads to an authority that it trusts; a
 * server asks for no certificate. Certificates and keys are PEM. No protocol is
 * negotiated by ALPN, sessions are not resumed.

 * `tls_accept` does not wait for the handshake. The first function that reads,
 * writes or flushes the stream does it, within its timeout, and fails if it
 * fails; a handshake that takes longer than 30 seconds from its beginning on has
 * failed. A stream whose handshake has failed is of no further use.

 * Clones of a stream, in one process or several, are one stream with one pair of
 * timeouts. Processes that read it take turns, and so do those that write;
 * reading and writing go on at the same time. Dropping the last clone tells the
 * peer that the stream is over (`close_notify`), if that can be sent at once. A
 * connection that the peer closes without doing so ends with an error, because
 * data may have been cut off.

 * A process is charged 128 KiB of memory for each stream that it holds, 20 KiB
 * for a listener or a list of authorities, and five times the bytes of their PEM.
 */

/*
 * Resolves a name to socket addresses.
 *
 * name: host and port, such as `example.com:80`, `10.0.0.1:80` or `[::1]:80`,
 *   in UTF-8
 * timeout: milliseconds to wait at most; -1 for no bound
 * id: gets the id of an iterator over the addresses, or of an error
 * Returns 0 on success, 1 on an error, 9027 after the timeout
 * Traps: the name is not UTF-8
 * Traps: the process holds as many iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "resolve")
uint32_t lunatic_networking_resolve(const void *name, size_t name_len,
				    uint64_t timeout, uint64_t *id);

/*
 * Forgets an iterator over addresses.
 *
 * iterator: id of the iterator
 * Traps: the process holds no iterator of that id
 */
LUNATIC_IMPORT("lunatic::networking", "drop_dns_iterator")
void lunatic_networking_drop_dns_iterator(uint64_t iterator);

/*
 * Takes the next address out of an iterator.
 *
 * iterator: id of the iterator
 * version: gets 4 or 6
 * ip: gets 4 or 16 bytes; needs room for 16
 * port: gets the port, 2 bytes
 * flow_info: gets the flow information of version 6
 * scope_id: gets the scope id of version 6
 * Returns 0 on success, 1 when there are no more addresses
 * Traps: the process holds no iterator of that id
 */
LUNATIC_IMPORT("lunatic::networking", "resolve_next")
uint32_t lunatic_networking_resolve_next(uint64_t iterator, uint32_t *version,
					 void *ip, void *port,
					 uint32_t *flow_info,
					 uint32_t *scope_id);

/*
 * Listens for TCP connections.
 *
 * version: 4 or 6
 * ip: the address to bind to, 4 or 16 bytes
 * port: the port; 0 lets the system choose one, which `tcp_local_addr` tells
 * flow_info: the flow information of version 6
 * scope_id: the scope id of version 6
 * id: gets the id of the listener, or of an error
 * Returns 0 on success, 1 on an error
 * Traps: the version is neither 4 nor 6
 * Traps: the address points outside of the exported memory
 * Traps: the process holds as many listeners as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_bind")
uint32_t lunatic_networking_tcp_bind(uint32_t version, void *ip, uint32_t port,
				     uint32_t flow_info, uint32_t scope_id,
				     uint64_t *id);

/*
 * Stops listening.
 *
 * listener: id of the listener
 * Traps: the process holds no listener of that id
 */
LUNATIC_IMPORT("lunatic::networking", "drop_tcp_listener")
void lunatic_networking_drop_tcp_listener(uint64_t listener);

/*
 * Tells the address that a listener is bound to.
 *
 * listener: id of the listener
 * id: gets the id of an iterator with one address, or of an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no listener of that id
 * Traps: the process holds as many iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_local_addr")
uint32_t lunatic_networking_tcp_local_addr(uint64_t listener, uint64_t *id);

/*
 * Waits for a connection. If the system is short of descriptors, it returns an
 * error, and the connection stays in the queue.
 *
 * listener: id of the listener
 * id: gets the id of the stream, or of an error
 * peer: gets the id of an iterator with one address, that of the peer; 0 with
 *   an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no listener of that id
 * Traps: the process holds as many streams or iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_accept")
uint32_t lunatic_networking_tcp_accept(uint64_t listener, uint64_t *id,
				       uint64_t *peer);

/*
 * Makes a TCP connection. The stream has no timeouts.
 *
 * version: 4 or 6
 * ip: the address to connect to, 4 or 16 bytes
 * port: the port
 * flow_info: the flow information of version 6
 * scope_id: the scope id of version 6
 * timeout: milliseconds to wait at most; -1 for no bound
 * id: gets the id of the stream, or of an error
 * Returns 0 on success, 1 on an error, 9027 after the timeout
 * Traps: the version is neither 4 nor 6
 * Traps: the address points outside of the exported memory
 * Traps: the process holds as many streams as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_connect")
uint32_t lunatic_networking_tcp_connect(uint32_t version, void *ip,
					uint32_t port, uint32_t flow_info,
					uint32_t scope_id, uint64_t timeout,
					uint64_t *id);

/*
 * Tells the address that a stream is connected to.
 *
 * stream: id of the stream
 * id: gets the id of an iterator with one address, or of an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no TCP stream of that id
 * Traps: the process holds as many iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_peer_addr")
uint32_t lunatic_networking_tcp_peer_addr(uint64_t stream, uint64_t *id);

/*
 * Drops a stream. Dropping the last one of a connection closes it.
 *
 * stream: id of the stream
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "drop_tcp_stream")
void lunatic_networking_drop_tcp_stream(uint64_t stream);

/*
 * Makes a second id for a stream.
 *
 * stream: id of the stream
 * Returns a new id of the same stream
 * Traps: the process holds no TCP stream of that id
 * Traps: the process holds as many streams as it may
 */
LUNATIC_IMPORT("lunatic::networking", "clone_tcp_stream")
uint64_t lunatic_networking_clone_tcp_stream(uint64_t stream);

/*
 * Writes to a stream: at least one byte if there are any, and possibly not all.
 * Waits while there is no room, for as long as the stream's timeout for writing
 * allows. Uses at most 1,024 buffers.
 *
 * stream: id of the stream
 * pieces: array of buffers: address and length, 32 bits each
 * result_id: gets the number of bytes written, or the id of an error
 * Returns 0 on success, 1 on an error, 9027 after the timeout
 * Traps: the process holds no TCP stream of that id
 * Traps: a buffer is outside of the exported memory
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_write_vectored")
uint32_t lunatic_networking_tcp_write_vectored(uint64_t stream,
					       const void *pieces,
					       size_t pieces_count,
					       uint64_t *result_id);

/*
 * Reads the bytes that have arrived on a stream. Waits while there are none, for
 * as long as the stream's timeout for reading allows.
 *
 * stream: id of the stream
 * buffer: where to put the bytes
 * result_id: gets the number of bytes read, or the id of an error; 0 means the
 *   end of the stream, or an empty buffer
 * Returns 0 on success, 1 on an error, 9027 after the timeout
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_read")
uint32_t lunatic_networking_tcp_read(uint64_t stream, void *buffer,
				     size_t buffer_len, uint64_t *result_id);

/*
 * Copies the bytes that have arrived on a stream, and leaves them there for the
 * next call. Waits while there are none, for as long as the stream's timeout for
 * peeking allows.
 *
 * stream: id of the stream
 * buffer: where to put the bytes
 * result_id: gets the number of bytes copied, or the id of an error; 0 means
 *   the end of the stream, or an empty buffer
 * Returns 0 on success, 1 on an error, 9027 after the timeout
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_peek")
uint32_t lunatic_networking_tcp_peek(uint64_t stream, void *buffer,
				     size_t buffer_len, uint64_t *result_id);

/*
 * Does nothing, successfully: written data is never held back.
 *
 * stream: id of the stream
 * error: gets 0
 * Returns 0
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_flush")
uint32_t lunatic_networking_tcp_flush(uint64_t stream, uint64_t *error);

/*
 * Sets how long a later `tcp_read` may wait, for all who share the stream.
 *
 * stream: id of the stream
 * timeout: milliseconds; -1 for no bound, which a new stream has
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "set_read_timeout")
void lunatic_networking_set_read_timeout(uint64_t stream, uint64_t timeout);

/*
 * Tells how long `tcp_read` may wait.
 *
 * stream: id of the stream
 * Returns milliseconds; -1 for no bound
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "get_read_timeout")
uint64_t lunatic_networking_get_read_timeout(uint64_t stream);

/*
 * Sets how long a later `tcp_write_vectored` may wait, for all who share the
 * stream.
 *
 * stream: id of the stream
 * timeout: milliseconds; -1 for no bound, which a new stream has
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "set_write_timeout")
void lunatic_networking_set_write_timeout(uint64_t stream, uint64_t timeout);

/*
 * Tells how long `tcp_write_vectored` may wait.
 *
 * stream: id of the stream
 * Returns milliseconds; -1 for no bound
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "get_write_timeout")
uint64_t lunatic_networking_get_write_timeout(uint64_t stream);

/*
 * Sets how long a later `tcp_peek` may wait, for all who share the stream.
 *
 * stream: id of the stream
 * timeout: milliseconds; -1 for no bound, which a new stream has
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "set_peek_timeout")
void lunatic_networking_set_peek_timeout(uint64_t stream, uint64_t timeout);

/*
 * Tells how long `tcp_peek` may wait.
 *
 * stream: id of the stream
 * Returns milliseconds; -1 for no bound
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "get_peek_timeout")
uint64_t lunatic_networking_get_peek_timeout(uint64_t stream);

/*
 * Makes a UDP socket.
 *
 * version: 4 or 6
 * ip: the address to bind to, 4 or 16 bytes
 * port: the port; 0 lets the system choose one, which `udp_local_addr` tells
 * flow_info: the flow information of version 6
 * scope_id: the scope id of version 6
 * id: gets the id of the socket, or of an error
 * Returns 0 on success, 1 on an error
 * Traps: the version is neither 4 nor 6
 * Traps: the address points outside of the exported memory
 * Traps: the process holds as many UDP sockets as it may
 */
LUNATIC_IMPORT("lunatic::networking", "udp_bind")
uint32_t lunatic_networking_udp_bind(uint32_t version, void *ip, uint32_t port,
				     uint32_t flow_info, uint32_t scope_id,
				     uint64_t *id);

/*
 * Tells the address that a UDP socket is bound to.
 *
 * socket: id of the socket
 * id: gets the id of an iterator with one address, or of an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no UDP socket of that id
 * Traps: the process holds as many iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "udp_local_addr")
uint32_t lunatic_networking_udp_local_addr(uint64_t socket, uint64_t *id);

/*
 * Tells the address that a UDP socket is connected to.
 *
 * socket: id of the socket
 * id: gets the id of an iterator with one address, or of an error
 * Returns 0 on success, 1 when the socket is not connected
 * Traps: the process holds no UDP socket of that id
 * Traps: the process holds as many iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "udp_peer_addr")
uint32_t lunatic_networking_udp_peer_addr(uint64_t socket, uint64_t *id);

/*
 * Says whom a UDP socket talks to: `udp_send` sends to this address, and
 * datagrams from others no longer arrive. Those that have arrived before stay.
 * Nothing is sent, so it never waits; a socket may be connected again.
 *
 * socket: id of the socket
 * version: 4 or 6
 * ip: the address of the peer, 4 or 16 bytes
 * port: the port
 * flow_info: the flow information of version 6
 * scope_id: the scope id of version 6
 * timeout: not needed, so ignored
 * id: gets 0, or the id of an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no UDP socket of that id
 * Traps: the version is neither 4 nor 6
 * Traps: the address points outside of the exported memory
 */
LUNATIC_IMPORT("lunatic::networking", "udp_connect")
uint32_t lunatic_networking_udp_connect(uint64_t socket, uint32_t version,
					void *ip, uint32_t port,
					uint32_t flow_info, uint32_t scope_id,
					uint64_t timeout, uint64_t *id);

/*
 * Takes the oldest datagram that has arrived on a UDP socket. Waits while there
 * is none. Bytes of the datagram for which the buffer has no room are lost.
 *
 * socket: id of the socket
 * buffer: where to put the bytes
 * count_id: gets the number of bytes in the buffer, or the id of an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no UDP socket of that id
 */
LUNATIC_IMPORT("lunatic::networking", "udp_receive")
uint32_t lunatic_networking_udp_receive(uint64_t socket, void *buffer,
					size_t buffer_len, uint64_t *count_id);

/*
 * Does the same, and tells who sent the datagram.
 *
 * socket: id of the socket
 * buffer: where to put the bytes
 * count_id: gets the number of bytes in the buffer, or the id of an error
 * peer: gets the id of an iterator with one address, that of the sender;
 *   unchanged with an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no UDP socket of that id
 * Traps: the process holds as many iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "udp_receive_from")
uint32_t lunatic_networking_udp_receive_from(uint64_t socket, void *buffer,
					     size_t buffer_len,
					     uint64_t *count_id,
					     uint64_t *peer);

/*
 * Sends one datagram to the address that a UDP socket is connected to. Waits
 * while the system has no room for it.
 *
 * socket: id of the socket
 * data: the datagram; it may be empty, and has at most 65,507 bytes over IPv4
 * count_id: gets the number of bytes sent, or the id of an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no UDP socket of that id
 */
LUNATIC_IMPORT("lunatic::networking", "udp_send")
uint32_t lunatic_networking_udp_send(uint64_t socket, const void *data,
				     size_t data_len, uint64_t *count_id);

/*
 * Sends one datagram from a UDP socket to an address. Waits while the system has
 * no room for it.
 *
 * socket: id of the socket
 * data: the datagram; it may be empty, and has at most 65,507 bytes over IPv4
 * version: 4 or 6
 * ip: the address to send to, 4 or 16 bytes
 * port: the port
 * flow_info: the flow information of version 6
 * scope_id: the scope id of version 6
 * count_id: gets the number of bytes sent, or the id of an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no UDP socket of that id
 * Traps: the version is neither 4 nor 6
 * Traps: the address points outside of the exported memory
 */
LUNATIC_IMPORT("lunatic::networking", "udp_send_to")
uint32_t lunatic_networking_udp_send_to(uint64_t socket, const void *data,
					size_t data_len, uint32_t version,
					void *ip, uint32_t port,
					uint32_t flow_info, uint32_t scope_id,
					uint64_t *count_id);

/*
 * Sets how many routers a datagram of a UDP socket may pass: the time to live of
 * IPv4, the hop limit of IPv6.
 *
 * socket: id of the socket
 * ttl: 1 to 255
 * Traps: the process holds no UDP socket of that id
 * Traps: the number is 0 or above 255
 */
LUNATIC_IMPORT("lunatic::networking", "set_udp_socket_ttl")
void lunatic_networking_set_udp_socket_ttl(uint64_t socket, uint32_t ttl);

/*
 * Tells how many routers a datagram of a UDP socket may pass.
 *
 * socket: id of the socket
 * Returns 1 to 255
 * Traps: the process holds no UDP socket of that id
 */
LUNATIC_IMPORT("lunatic::networking", "get_udp_socket_ttl")
uint32_t lunatic_networking_get_udp_socket_ttl(uint64_t socket);

/*
 * Sets whether a UDP socket may send to a broadcast address. A new one may not:
 * it gets an error when it does.
 *
 * socket: id of the socket
 * on: 0 for no
 * Traps: the process holds no UDP socket of that id
 */
LUNATIC_IMPORT("lunatic::networking", "set_udp_socket_broadcast")
void lunatic_networking_set_udp_socket_broadcast(uint64_t socket, uint32_t on);

/*
 * Tells whether a UDP socket may send to a broadcast address.
 *
 * socket: id of the socket
 * Returns 1 if it may, else 0
 * Traps: the process holds no UDP socket of that id
 */
LUNATIC_IMPORT("lunatic::networking", "get_udp_socket_broadcast")
uint32_t lunatic_networking_get_udp_socket_broadcast(uint64_t socket);

/*
 * Drops a UDP socket. Dropping the last clone closes it.
 *
 * socket: id of the socket
 * Traps: the process holds no UDP socket of that id
 */
LUNATIC_IMPORT("lunatic::networking", "drop_udp_socket")
void lunatic_networking_drop_udp_socket(uint64_t socket);

/*
 * Makes a second id for a UDP socket.
 *
 * socket: id of the socket
 * Returns a new id of the same socket
 * Traps: the process holds no UDP socket of that id
 * Traps: the process holds as many UDP sockets as it may
 */
LUNATIC_IMPORT("lunatic::networking", "clone_udp_socket")
uint64_t lunatic_networking_clone_udp_socket(uint64_t socket);

/*
 * Listens for TLS connections.
 *
 * version: 4 or 6
 * ip: the address to bind to, 4 or 16 bytes
 * port: the port; 0 lets the system choose one, which `tls_local_addr` tells
 * flow_info: the flow information of version 6
 * scope_id: the scope id of version 6
 * id: gets the id of the listener, or of an error
 * certificates: the certificate of the server in PEM, then those that lead to
 *   its authority, if any; at most 10 of them and 64 KiB
 * key: the key of the first certificate in PEM, without a password: RSA (2048
 *   to 4096 bits), P-256, P-384, P-521 or Ed25519
 * Returns 0 on success, 1 on an error
 * Traps: the version is neither 4 nor 6
 * Traps: the address points outside of the exported memory
 * Traps: the process holds as many listeners as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tls_bind")
uint32_t lunatic_networking_tls_bind(uint32_t version, void *ip, uint32_t port,
				     uint32_t flow_info, uint32_t scope_id,
				     uint64_t *id, const void *certificates,
				     size_t certificates_len, const void *key,
				     size_t key_len);

/*
 * Drops a listener, and closes it. Its streams go on.
 *
 * listener: id of the listener
 * Traps: the process holds no listener of that id
 */
LUNATIC_IMPORT("lunatic::networking", "drop_tls_listener")
void lunatic_networking_drop_tls_listener(uint64_t listener);

/*
 * Tells the address that a listener is bound to.
 *
 * listener: id of the listener
 * id: gets the id of an iterator with one address, or of an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no listener of that id
 * Traps: the process holds as many iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tls_local_addr")
uint32_t lunatic_networking_tls_local_addr(uint64_t listener, uint64_t *id);

/*
 * Waits for a connection. Its handshake is done by the first function that uses
 * the stream. If the system is short of descriptors, it returns an error, and
 * the connection stays in the queue.
 *
 * listener: id of the listener
 * id: gets the id of the stream, or of an error
 * peer: gets the id of an iterator with one address, that of the peer; 0 with
 *   an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no listener of that id
 * Traps: the process holds as many streams or iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tls_accept")
uint32_t lunatic_networking_tls_accept(uint64_t listener, uint64_t *id,
				       uint64_t *peer);

/*
 * Connects to a server, at the first of its addresses that answers, and does the
 * handshake.
 *
 * name: host name or IP address of the server, without a port
 * port: the port
 * timeout: milliseconds to wait at most; -1 for no bound
 * id: gets the id of the stream, or of an error
 * authorities: whom to trust: address and length (4 bytes each) of PEM with one
 *   certificate or more, at most 256 of them and 256 KiB; none: the authorities
 *   that the system trusts. If the second number is more than 256 KiB and the
 *   first is not, the length came first, as guests in Rust pass it
 * Returns 0 on success, 1 on an error, 9027 after the timeout
 * Traps: the name is not UTF-8
 * Traps: an authority points outside of the exported memory
 * Traps: the process holds as many streams as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tls_connect")
uint32_t lunatic_networking_tls_connect(const void *name, size_t name_len,
					uint32_t port, uint64_t timeout,
					uint64_t *id, const void *authorities,
					size_t authorities_count);

/*
 * Drops a stream. The last drop closes it.
 *
 * stream: id of the stream
 * Traps: the process holds no stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "drop_tls_stream")
void lunatic_networking_drop_tls_stream(uint64_t stream);

/*
 * Makes another id for the same stream.
 *
 * stream: id of the stream
 * Returns id of the clone
 * Traps: the process holds no stream of that id
 * Traps: the process holds as many streams as it may
 */
LUNATIC_IMPORT("lunatic::networking", "clone_tls_stream")
uint64_t lunatic_networking_clone_tls_stream(uint64_t stream);

/*
 * Writes data, and waits until it is sent. One call writes 64 KiB at most.
 *
 * stream: id of the stream
 * pieces: address and length (4 bytes each) of what to write, in this order
 * count: gets the number of bytes that were written, perhaps not all, or the id
 *   of an error
 * Returns 0 on success, 1 on an error, 9027 after the write timeout; then
 *   nothing was written
 * Traps: the process holds no stream of that id
 * Traps: a piece points outside of the exported memory
 */
LUNATIC_IMPORT("lunatic::networking", "tls_write_vectored")
uint32_t lunatic_networking_tls_write_vectored(uint64_t stream,
					       const void *pieces,
					       size_t pieces_count,
					       uint64_t *count);

/*
 * Sets how long `tls_write_vectored` may take, for all clones of the stream.
 * Calls that wait already are not affected.
 *
 * stream: id of the stream
 * timeout: milliseconds; -1 for no bound, as at first
 * Traps: the process holds no stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "set_tls_write_timeout")
void lunatic_networking_set_tls_write_timeout(uint64_t stream,
					      uint64_t timeout);

/*
 * Tells how long `tls_write_vectored` may take.
 *
 * stream: id of the stream
 * Returns milliseconds; -1 for no bound
 * Traps: the process holds no stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "get_tls_write_timeout")
uint64_t lunatic_networking_get_tls_write_timeout(uint64_t stream);

/*
 * Sets how long `tls_read` may take, for all clones of the stream. Calls that
 * wait already are not affected.
 *
 * stream: id of the stream
 * timeout: milliseconds; -1 for no bound, as at first
 * Traps: the process holds no stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "set_tls_read_timeout")
void lunatic_networking_set_tls_read_timeout(uint64_t stream, uint64_t timeout);

/*
 * Tells how long `tls_read` may take.
 *
 * stream: id of the stream
 * Returns milliseconds; -1 for no bound
 * Traps: the process holds no stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "get_tls_read_timeout")
uint64_t lunatic_networking_get_tls_read_timeout(uint64_t stream);

/*
 * Reads the data that is there, and waits if there is none.
 *
 * stream: id of the stream
 * buffer: gets the data
 * count: gets the number of bytes, 0 at the end of the stream, or the id of an
 *   error
 * Returns 0 on success, 1 on an error, 9027 after the read timeout
 * Traps: the process holds no stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "tls_read")
uint32_t lunatic_networking_tls_read(uint64_t stream, void *buffer,
				     size_t buffer_len, uint64_t *count);

/*
 * Does the handshake if nothing has been read or written yet, and sends what a
 * write that ended at its timeout has left.
 *
 * stream: id of the stream
 * error: gets 0, or the id of an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "tls_flush")
uint32_t lunatic_networking_tls_flush(uint64_t stream, uint64_t *error);

/*
 * lunatic::registry
 *
 * Processes under names, for all processes of an environment and of those that
 * are spawned with a configuration. A name is any UTF-8 text of at most 4,096
 * bytes. An entry vanishes when its process ends. Guests of lunatic 0.7, whose
 * entries have versions, find these under 0.0.0.
 */

/*
 * Puts a process under a name, in place of the one that was there. When there is
 * no such process nothing is there afterwards, as if it had ended since.
 *
 * name: the name
 * node: id of the node that the process is on; 0: this one
 * process: id of the process
 * Traps: the name is not UTF-8 or too long
 * Traps: there are too many entries
 */
LUNATIC_IMPORT("lunatic::registry", "put")
void lunatic_registry_put(const void *name, size_t name_len, uint64_t node,
			  uint64_t process);

/*
 * Looks a process up. Without an entry of 0.13 under the name, it is the one
 * with the highest version that guests of 0.7 have registered.
 *
 * name: the name
 * node: gets the id of the node that the process is on
 * process: gets the id of the process
 * Returns 0 when it was found, 1 when there is none
 * Traps: the name is not UTF-8
 */
LUNATIC_IMPORT("lunatic::registry", "get")
uint32_t lunatic_registry_get(const void *name, size_t name_len, uint64_t *node,
			      uint64_t *process);

/*
 * Removes what `put` or `lunatic::process::get_or_spawn` has put under a name,
 * if anything is there.
 *
 * name: the name
 * Traps: the name is not UTF-8
 */
LUNATIC_IMPORT("lunatic::registry", "remove")
void lunatic_registry_remove(const void *name, size_t name_len);

/*
 * lunatic::sqlite
 *
 * Databases of SQLite. A database is a file below a directory of the process, or
 * is in memory. Only the process that has opened a database can use it; other
 * processes open the same file once more. It is closed when the process ends,
 * and what has not been committed is rolled back.

 * Values go in and out as the crate bincode 1.3 encodes them: numbers are
 * little-endian, counts and lengths have eight bytes, and the number of an
 * enum's variant has four.

 * ```text
 * BindList     count, BindPair...
 * BindPair     BindKey, BindValue
 * BindKey      0 None; 1 Numeric: u64; 2 String: text
 * BindValue    0 Null; 1 Blob: bytes; 2 Text: text; 3 Double: f64;
 *              4 Int: i32; 5 Int64: i64
 * SqliteRow    count, SqliteValue...
 * SqliteValue  0 Null; 1 Blob: bytes; 2 Text: text; 3 Double: f64;
 *              4 Integer: i64
 * SqliteError  1 (one byte), code: u32, 1 (one byte), message: text
 * ```

 * Bytes and texts are a length and as many bytes. Functions whose last argument
 * is `length` call the function `lunatic_alloc` that the module exports, with the
 * number of bytes. They leave their result at the address that it returns,
 * return that, and store the number of bytes, of four bytes, at `length`. They
 * trap when there is no such function of type (i32) -> i32, when it traps, and
 * when what it returns is outside of the memory.

 * A value or row has at most 16 MiB, the text of a statement one million bytes.
 * What SQLite allocates counts as memory of the process; beyond its limit
 * statements fail with code 7 (`SQLITE_NOMEM`).
 */

/*
 * Opens a database, and makes its file if there is none. An empty path, or
 * `:memory:`, is a database in memory.
 *
 * path: where the file is for the process, text in UTF-8
 * database: where to store the id of the database, or of an error
 * Returns 0, or 1 for an error
 * Traps: the path is not UTF-8
 * Traps: the process holds as many databases as it may, 256
 */
LUNATIC_IMPORT("lunatic::sqlite", "open")
uint64_t lunatic_sqlite_open(const void *path, size_t path_len,
			     uint64_t *database);

/*
 * Prepares the first statement of a text.
 *
 * database: id of the database
 * query: SQL, text in UTF-8
 * Returns the id of the statement
 * Traps: there is no such database
 * Traps: the text is not UTF-8, has a NUL, or is no valid SQL
 * Traps: the process holds as many statements as it may, 4096
 */
LUNATIC_IMPORT("lunatic::sqlite", "query_prepare")
uint64_t lunatic_sqlite_query_prepare(uint64_t database, const void *query,
				      size_t query_len);

/*
 * Executes statements, one after the other, until one fails. Their rows are
 * ignored.
 *
 * database: id of the database
 * statements: SQL, text in UTF-8
 * Returns 0 (`SQLITE_OK`), or SQLite's code for the failure; 1 for a text with
 *   a NUL
 * Traps: there is no such database
 * Traps: the text is not UTF-8
 */
LUNATIC_IMPORT("lunatic::sqlite", "execute")
uint32_t lunatic_sqlite_execute(uint64_t database, const void *statements,
				size_t statements_len);

/*
 * Binds values to parameters of a statement. A key is the number of a parameter,
 * from 1, or its name, with or without the character before it; without one it
 * is the first parameter.
 *
 * statement: id of the statement
 * values: a BindList
 * Traps: there is no such statement
 * Traps: the list is malformed
 * Traps: the statement has no such parameter, or is at a row
 */
LUNATIC_IMPORT("lunatic::sqlite", "bind_value")
void lunatic_sqlite_bind_value(uint64_t statement, const void *values,
			       size_t values_len);

/*
 * Tells how many rows the last statement has changed that was executed.
 *
 * database: id of the database
 * Returns rows
 * Traps: there is no such database
 */
LUNATIC_IMPORT("lunatic::sqlite", "sqlite3_changes")
uint32_t lunatic_sqlite_sqlite3_changes(uint64_t database);

/*
 * Lets a statement begin anew. Values that are bound stay.
 *
 * statement: id of the statement
 * Traps: there is no such statement
 */
LUNATIC_IMPORT("lunatic::sqlite", "statement_reset")
void lunatic_sqlite_statement_reset(uint64_t statement);

/*
 * Gives the last error, an SqliteError.
 *
 * database: id of the database
 * length: where to store the number of bytes
 * Returns where the bytes are
 * Traps: there is no such database
 * Traps: the last call for the database has not failed
 */
LUNATIC_IMPORT("lunatic::sqlite", "last_error")
uint32_t lunatic_sqlite_last_error(uint64_t database, void *length);

/*
 * Drops a statement.
 *
 * statement: id of the statement
 * Traps: there is no such statement
 */
LUNATIC_IMPORT("lunatic::sqlite", "sqlite3_finalize")
void lunatic_sqlite_sqlite3_finalize(uint64_t statement);

/*
 * Goes on to the next row. A statement that only reads may have been executed
 * some rows further than this.
 *
 * statement: id of the statement
 * Returns 100 (`SQLITE_ROW`): there is a row; 101 (`SQLITE_DONE`): there is
 *   none
 * Traps: there is no such statement
 * Traps: the statement fails
 */
LUNATIC_IMPORT("lunatic::sqlite", "sqlite3_step")
uint32_t lunatic_sqlite_sqlite3_step(uint64_t statement);

/*
 * Gives a column of the row that the last step has come to, an SqliteValue.
 * Without a row it is Null.
 *
 * statement: id of the statement
 * column: which one, from 0
 * length: where to store the number of bytes
 * Returns where the bytes are
 * Traps: there is no such statement
 * Traps: there is no such column
 */
LUNATIC_IMPORT("lunatic::sqlite", "read_column")
uint32_t lunatic_sqlite_read_column(uint64_t statement, uint32_t column,
				    void *length);

/*
 * Gives the names of all columns: their count, and as many texts.
 *
 * statement: id of the statement
 * length: where to store the number of bytes
 * Returns where the bytes are
 * Traps: there is no such statement
 */
LUNATIC_IMPORT("lunatic::sqlite", "column_names")
uint32_t lunatic_sqlite_column_names(uint64_t statement, void *length);

/*
 * Gives the row that the last step has come to, an SqliteRow. Without a row all
 * values are Null.
 *
 * statement: id of the statement
 * length: where to store the number of bytes
 * Returns where the bytes are
 * Traps: there is no such statement
 */
LUNATIC_IMPORT("lunatic::sqlite", "read_row")
uint32_t lunatic_sqlite_read_row(uint64_t statement, void *length);

/*
 * Tells how many columns the rows of a statement have.
 *
 * statement: id of the statement
 * Returns columns
 * Traps: there is no such statement
 */
LUNATIC_IMPORT("lunatic::sqlite", "column_count")
uint32_t lunatic_sqlite_column_count(uint64_t statement);

/*
 * Gives the name of a column, which has no length before it.
 *
 * statement: id of the statement
 * column: which one, from 0
 * length: where to store the number of bytes
 * Returns where the bytes are
 * Traps: there is no such statement
 * Traps: there is no such column
 */
LUNATIC_IMPORT("lunatic::sqlite", "column_name")
uint32_t lunatic_sqlite_column_name(uint64_t statement, uint32_t column,
				    void *length);

/*
 * lunatic::timer
 *
 * Messages that are sent later.
 */

/*
 * Sends the message in the scratch area when that time has passed. The area is
 * empty afterwards. The message is also sent when this process has ended by then;
 * of 4,194,304 such messages of an environment (`--max-handles`), the others are
 * dropped.
 *
 * process: id of the receiver; when there is none the message is dropped
 * milliseconds: how long to wait
 * Returns the id of the timer; -1 when there is no receiver
 * Traps: no message is in the scratch area
 * Traps: the message is a signal that was received
 * Traps: the process has as many timers as it may hold ids of a kind, or more
 *   bytes in their messages than a mailbox may hold
 */
LUNATIC_IMPORT("lunatic::timer", "send_after")
uint64_t lunatic_timer_send_after(uint64_t process, uint64_t milliseconds);

/*
 * Cancels a timer.
 *
 * timer: id of the timer
 * Returns 1 when it was cancelled; 0 when it has sent, was cancelled before, or
 *   does not exist
 */
LUNATIC_IMPORT("lunatic::timer", "cancel_timer")
uint32_t lunatic_timer_cancel_timer(uint64_t timer);

/*
 * lunatic::trap
 *
 * Going on after a trap.
 */

/*
 * Calls the function `_lunatic_catch_trap` that the module exports, with the
 * same arguments. When that traps the process goes on here; what it had done up
 * to there stays done, and nothing is reported. A kill, or an exit, ends the
 * process all the same. Where fuel is metered, a trap of an instruction other
 * than `unreachable` or a call ends the process, too: what it has used is not
 * known.
 *
 * function: the first argument; for the guest to choose, as the second
 * pointer: the second argument
 * Returns what the function returned; 0 when it trapped
 * Traps: the module exports no function `_lunatic_catch_trap` of its own with
 *   two parameters and a result of type i32
 * Traps: more than 16 of these calls would be within each other
 * Traps: the module is still being instantiated
 */
LUNATIC_IMPORT("lunatic::trap", "catch")
uint32_t lunatic_trap_catch(uint32_t function, uint32_t pointer);

#undef LUNATIC_IMPORT

#ifdef __cplusplus
}
#endif

#endif
