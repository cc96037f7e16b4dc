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
 * Sends the message that is worked on to a process of another node. It waits
 * while too much is on its way to that node. A message to a process that has
 * ended is dropped.
 *
 * node: id of the node
 * process: id of the process
 * Returns 0 when it is on its way; 2 if the node does not exist, or is lost
 * Traps: no message is being worked on
 * Traps: the message has resources other than processes
 */
LUNATIC_IMPORT("lunatic::distributed", "send")
uint32_t lunatic_distributed_send(uint64_t node, uint64_t process);

/*
 * Sends the message that is worked on to a process of another node, and waits
 * for an answer, without a look at messages that are there already.
 *
 * node: id of the node
 * process: id of the process
 * wait_on_tag: tag of the answer
 * timeout: in milliseconds; -1: none
 * Returns 0 when the answer has come; 2 if the node does not exist, or is lost;
 *   9027 when the time is over
 * Traps: no message is being worked on
 * Traps: the message has resources other than processes
 */
LUNATIC_IMPORT("lunatic::distributed", "send_receive_skip_search")
uint32_t lunatic_distributed_send_receive_skip_search(uint64_t node,
						      uint64_t process,
						      uint64_t wait_on_tag,
						      uint64_t timeout);

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
 * Would make a certificate authority for tests.
 *
 * len: not used
 * Returns none
 * Traps: always; its text tells what to use here
 */
LUNATIC_IMPORT("lunatic::distributed", "test_root_cert")
uint32_t lunatic_distributed_test_root_cert(uint32_t *len);

/*
 * Would make certificates of a control server, which there is none of here.
 *
 * certificate: not used
 * key: not used
 * len: not used
 * Returns none
 * Traps: always; its text tells what to use here
 */
LUNATIC_IMPORT("lunatic::distributed", "default_server_certificates")
uint32_t lunatic_distributed_default_server_certificates(const void *certificate,
							 size_t certificate_len,
							 const void *key,
							 size_t key_len,
							 uint32_t *len);

/*
 * Would sign the certificate of a node.
 *
 * certificate: not used
 * key: not used
 * request: not used
 * len: not used
 * Returns none
 * Traps: always; its text tells what to use here
 */
LUNATIC_IMPORT("lunatic::distributed", "sign_node")
uint32_t lunatic_distributed_sign_node(const void *certificate,
				       size_t certificate_len, const void *key,
				       size_t key_len, const void *request,
				       size_t request_len, uint32_t *len);

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
