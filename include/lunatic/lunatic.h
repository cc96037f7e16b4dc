/*
 * lunatic, embedded: WebAssembly modules and C functions as Erlang-like
 * processes inside a program. docs/embedding.md is the guide.
 *
 * A runtime owns worker threads. An environment on it sets limits. A process
 * belongs to an environment and runs an export of a module or a C function;
 * processes share nothing, send each other messages, and learn of each other's
 * failure through links.
 *
 * Rules for all functions:
 *
 * Results. Functions that can fail return 0 or one of enum lunatic_error, which
 * are negative. Results come back through pointers, which must not be NULL
 * unless that is said; after a failure they hold NULL or zero. Calls that can
 * be recognised as wrong, such as NULL for an object or a call from where it is
 * not allowed, do nothing and return LUNATIC_EINVAL.
 *
 * Ownership. What a function stores through a pointer belongs to the caller,
 * who gives it back with the release or free function of its kind. These accept
 * NULL. Strings, lists and bytes that are passed in are copied.
 *
 * Threads. Runtimes, environments, modules and processes may be used by any
 * thread at the same time, and by native processes. A message is used by one
 * thread at a time. "Waits" marks functions that, called by a native process,
 * may let others run in between; the process may then go on in another thread.
 */
#ifndef LUNATIC_LUNATIC_H
#define LUNATIC_LUNATIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LUNATIC_API __attribute__((visibility("default")))
#else
#define LUNATIC_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Opaque. */
typedef struct ln_runtime lunatic_runtime;
typedef struct ln_environment lunatic_environment;
typedef struct ln_env_module lunatic_module;
typedef struct ln_process lunatic_process;
typedef struct ln_message lunatic_message;
typedef struct ln_member lunatic_node;

/* ---- Errors and version ---- */

enum lunatic_error {
	LUNATIC_ENOMEM = -1,    /* out of memory */
	LUNATIC_EINVAL = -2,    /* invalid argument, or not allowed here */
	LUNATIC_ENOENT = -3,    /* not found */
	LUNATIC_EEXIST = -4,    /* already exists */
	LUNATIC_EKILLED = -5,   /* the calling process was killed */
	LUNATIC_EDEAD = -6,     /* the process has ended */
	LUNATIC_ETIMEDOUT = -7, /* timed out */
	LUNATIC_EFULL = -8,     /* the mailbox is full */
	LUNATIC_ELIMIT = -9,    /* a limit of the environment is reached */
	LUNATIC_ETRAP = -10,    /* the guest trapped */
	LUNATIC_EEXIT = -11,    /* the guest asked to exit */
	LUNATIC_EIO = -12,      /* no thread, no descriptor, device error */
	LUNATIC_EAGAIN = -13,   /* not yet */
	LUNATIC_EFORMAT = -14,  /* malformed data, such as a broken module */
	LUNATIC_EPERM = -15,    /* not permitted */
	LUNATIC_EUNSUP = -16,   /* not supported by this system */
	LUNATIC_ESTOPPED = -17, /* the runtime is shutting down */
	/* max_memory or max_total_memory is used up: of whatever may answer
	 * LUNATIC_ELIMIT. */
	LUNATIC_EMEMORY = -18
};

/* The text of an error code, in English, without a dot; never NULL, also for
 * codes that do not exist. It lives as long as the program. */
LUNATIC_API const char *lunatic_error_text(int error);

/* The version of the library, "major.minor.patch". It lives as long as the
 * program. */
LUNATIC_API const char *lunatic_version(void);

/* Frees a text that a function of this library stored. */
LUNATIC_API void lunatic_string_free(char *text);

/* ---- Runtime ---- */

/* Set up with lunatic_runtime_config_init; then change what should differ.
 * Later versions of the library add fields at the end only. */
typedef struct lunatic_runtime_config {
	size_t size;    /* of the struct, in bytes; set by init */
	size_t workers; /* threads that run processes, at most 256;
			 * 0 (default): one for each core */
	/* 0 (default): a guest that runs for more than about a millisecond is
	 * interrupted with the signal SIGURG, sent to its thread only. System
	 * calls of native processes are not interrupted. Not 0: no signal; the
	 * code of guests looks at a counter instead, and is slower (loops by up
	 * to 40 per cent). Processors other than x86-64 always do that. */
	size_t epoch_preemption;

	/* Is told why a wasm process trapped, in the place of standard error,
	 * and of all, not of some each second. `text` is one line or several,
	 * without an end of line at the end. A start function that traps is an
	 * error of the native process that spawns, and not told here. NULL
	 * (default): standard error, see LUNATIC_OUTCOME_TRAPPED.
	 *
	 * It is called by a worker, on the stack of its thread, before the
	 * links of the process are told and before anybody who waits for its
	 * end; several workers may call it at once. The worker does nothing
	 * else meanwhile, so it must not block. `process` and `text` are valid
	 * until it returns. It may retain the process, send and kill; it is no
	 * process itself and calls nothing that waits. The text has parts that
	 * a guest chose, such as names of functions; it is UTF-8, without
	 * control characters other than ends of lines, and at most 16 KiB. It
	 * is not called any more once lunatic_runtime_free has returned. */
	void (*on_trap)(void *argument, lunatic_process *process,
			const char *text);
	void *on_trap_argument;

	/* Path of the program `lunatic` of this very version of the library,
	 * which then compiles large modules in processes of their own, at most
	 * two at a time: their memory and time are bounded by the two below,
	 * small modules pass them, and a crash of the compiler harms nobody.
	 * NULL (default): the variable LUNATIC_COMPILER says where it is. "",
	 * or where neither says so, or where it cannot be started: modules are
	 * compiled in this process, where nothing can stop the compiler, so
	 * those that may take it too long are refused (LUNATIC_ELIMIT), and
	 * small ones can wait for large ones.
	 *
	 * The program is started without variables and with no descriptor of
	 * this process. This process gets SIGCHLD when one ends, and must not
	 * take its status away with wait(2); if it does, or if it ignores
	 * SIGCHLD, errors say less. */
	const char *compiler;
	/* Bytes for one of these processes, 64 MiB to 1 TiB; 0 (default): 1
	 * GiB and 192 times the module's size, but at most half of what the
	 * machine has. */
	size_t max_compile_memory;
	/* Seconds of processor time for it, at most 86,400; 0 (default): 10,
	 * and 20 for each MiB of the module. Real time is bounded as well, by
	 * more than ten times as much. */
	size_t max_compile_seconds;
} lunatic_runtime_config;

/* Writes the defaults. `size` is sizeof(*config). LUNATIC_EINVAL. */
LUNATIC_API int lunatic_runtime_config_init(lunatic_runtime_config *config,
					    size_t size);

/* Starts a runtime; `config` may be NULL for the defaults. A program may have
 * several. The first one of a program reads the variable LUNATIC_LOG (error,
 * warn, info or debug) and opens /dev/null in the place of standard streams
 * that are closed. It installs a handler of SIGURG (see above), and with its
 * first environment the engine installs handlers of SIGSEGV, SIGILL and SIGFPE.
 * They pass on what is not their own, and must stay.
 * LUNATIC_EINVAL; LUNATIC_ENOMEM: no memory or address space; LUNATIC_EIO: no
 * thread; LUNATIC_ELIMIT: no descriptor; LUNATIC_EPERM: the system forbids
 * memory that becomes executable; LUNATIC_EUNSUP: it forbids handlers of
 * signals. */
LUNATIC_API int lunatic_runtime_new(const lunatic_runtime_config *config,
				    lunatic_runtime **runtime);

/* Kills all processes of the runtime and returns when they have ended; a native
 * process that computes or blocks makes it wait. Environments, modules and
 * processes that are still held stay valid: they refuse to spawn
 * (LUNATIC_ESTOPPED) and to take messages (LUNATIC_EDEAD), and the last one
 * that is released takes the rest of the runtime with it. Not from a process or
 * a function under lunatic_blocking: LUNATIC_EINVAL, and nothing happens. */
LUNATIC_API int lunatic_runtime_free(lunatic_runtime *runtime);

/* ---- Environments: limits and permissions ---- */

typedef enum lunatic_memory_strategy {
	LUNATIC_MEMORY_SLAB = 0, /* explicit bounds checks; for very many
				  * processes */
	LUNATIC_MEMORY_GUARD = 1 /* guard pages: faster code, 4 GiB of address
				  * space and mappings for each process */
} lunatic_memory_strategy;

/* A directory that guests may use: `host` is its path for the system, `guest`
 * its path for guests (NULL: the same). What is in it can be read; unless
 * `read_only` is not 0, it can also be changed. No path that a guest gives
 * leads out of it. */
typedef struct lunatic_preopen {
	const char *host;
	const char *guest;
	int read_only;
} lunatic_preopen;

/* A plugin: a wasm module, binary or text, and what errors call it (NULL: by
 * its number). It runs as a process of its own when a module is added, within
 * bounds of its own, and calls lunatic::plugin; it may print. */
typedef struct lunatic_plugin {
	const char *name;
	const void *bytes;
	size_t len;
} lunatic_plugin;

/* Set up with lunatic_environment_config_init; then change what should differ.
 * Later versions of the library add fields at the end only. The defaults of the
 * limits are bounds that no honest program should meet. */
typedef struct lunatic_environment_config {
	size_t size; /* of the struct, in bytes; set by init */

	/* Of a wasm process. */
	uint64_t max_memory;         /* bytes of memories and tables, and of
				      * what the host keeps for a process */
	uint64_t max_fuel;           /* wasm instructions; 0: no bound, which
				      * makes faster code */
	uint64_t max_message_bytes;  /* of the data of a message it writes */
	uint32_t max_handles;        /* ids it holds, of each kind */
	uint32_t max_table_elements; /* of each of its tables */
	size_t max_module_bytes;     /* of a wasm binary */

	/* Of all processes, native ones too. */
	uint64_t max_processes;     /* alive in the environment */
	uint64_t max_messages;      /* in one mailbox; 0: no bound */
	uint64_t max_mailbox_bytes; /* memory of the messages in one mailbox;
				     * 0: no bound */
	uint32_t max_links;         /* of one process */

	lunatic_memory_strategy strategy; /* default: slab */

	/* What guests may call: prefixes of "namespace::function", such as
	 * "lunatic::message::" or "wasi_snapshot_preview1::proc_exit". A call
	 * of anything else traps. NULL (default): everything, including what
	 * is written to the program's standard output. NULL and a count that
	 * is not 0 are invalid. */
	const char *const *allowed;
	size_t allowed_count;

	/* What guests see as their command line, whose first string is their
	 * name, and as their variables, "NAME=value". Default: none. */
	const char *const *args;
	size_t arg_count;
	const char *const *envs;
	size_t env_count;

	/* Directories that guests find open, by WASI. Default: none. */
	const lunatic_preopen *preopens;
	size_t preopen_count;

	/* Of the registry: entries, and bytes of their names and versions. */
	uint64_t max_registrations;
	uint64_t max_registry_bytes;

	/* What guests may make out of this environment. Whatever lives in an
	 * environment below this one counts here, too. */
	uint64_t max_total_memory; /* bytes of memories and tables of all
				    * processes; 0 (default): no bound */
	uint64_t max_environments; /* alive below this one */
	uint64_t max_nesting;      /* of environments in each other */

	/* Where guests may accept TCP connections: IP addresses with ports,
	 * such as "127.0.0.1:8080". The sockets are the descriptors from 3 on,
	 * before the directories. */
	const char *const *listeners;
	size_t listener_count;

	/* Sockets and files that are open, here and below. It is never more
	 * than the program may open, less some for itself. */
	uint64_t max_descriptors;

	/* Modules that change all others before these are compiled for the
	 * environment, in this order; at most 16. Default: none. */
	const lunatic_plugin *plugins;
	size_t plugin_count;
	uint64_t max_plugin_ms; /* that they may take for one module */
} lunatic_environment_config;

/* Writes the defaults. `size` is sizeof(*config). LUNATIC_EINVAL. */
LUNATIC_API int
lunatic_environment_config_init(lunatic_environment_config *config,
				size_t size);

/* Makes an environment; `config` may be NULL for the defaults. Waits.
 * LUNATIC_EINVAL, LUNATIC_ENOMEM; for a directory or listener that cannot be
 * opened LUNATIC_ENOENT, LUNATIC_EPERM, LUNATIC_ELIMIT or LUNATIC_EIO; for a
 * listener also LUNATIC_EFORMAT and LUNATIC_EEXIST (the address is in use); for
 * a plugin that cannot be compiled, or one too many, LUNATIC_EFORMAT,
 * LUNATIC_EINVAL or LUNATIC_ELIMIT. */
LUNATIC_API int
lunatic_environment_new(lunatic_runtime *runtime,
			const lunatic_environment_config *config,
			lunatic_environment **environment);

/* Gives it back. Its modules and processes stay. */
LUNATIC_API void lunatic_environment_release(lunatic_environment *environment);

/* ---- Modules ---- */

/* Compiles a module for an environment: a wasm binary, or wasm text. Compiled
 * code is kept in a cache on disk, unless the variable LUNATIC_CACHE is "off".
 * On failure *error_text is NULL or one line for a person, to be freed with
 * lunatic_string_free; `error_text` itself may be NULL. Waits; outside of a
 * process it blocks the thread and uses as much of its stack as compilers do.
 * LUNATIC_EFORMAT (not a module, or one that imports what there is not),
 * LUNATIC_ELIMIT, LUNATIC_ENOMEM, LUNATIC_EINVAL. A plugin that fails:
 * LUNATIC_ETRAP, LUNATIC_ETIMEDOUT or LUNATIC_EFORMAT, and the text names it.
 */
LUNATIC_API int lunatic_module_new(lunatic_environment *environment,
				   const void *bytes, size_t len,
				   lunatic_module **module, char **error_text);

/* Gives it back. Its processes stay. */
LUNATIC_API void lunatic_module_release(lunatic_module *module);

/* ---- Processes; all of this from any thread ---- */

typedef enum lunatic_value_kind {
	LUNATIC_I32 = 0,
	LUNATIC_I64 = 1,
	LUNATIC_V128 = 2
} lunatic_value_kind;

/* A parameter of an export. */
typedef struct lunatic_value {
	lunatic_value_kind kind;
	union {
		int32_t i32;
		int64_t i64;
		uint8_t v128[16]; /* little-endian, as in linear memory */
	} of;
} lunatic_value;

/* How a process ended. All but the first count as failure for its links. */
typedef enum lunatic_outcome {
	LUNATIC_OUTCOME_NORMAL = 0,  /* returned (0), or exited with 0 */
	LUNATIC_OUTCOME_EXITED = 1,  /* returned or exited with another code */
	LUNATIC_OUTCOME_TRAPPED = 2, /* its report is on standard error soon,
				      * unless LUNATIC_LOG is "error", or 20
				      * were in the same second */
	LUNATIC_OUTCOME_KILLED = 3   /* by a call, or by the death of a link */
} lunatic_outcome;

/* Spawns a process from a function that the module exports; `params` may be
 * NULL when `count` is 0. `link_tag`, when not 0, links the calling process to
 * the new one before that runs, and is what the caller is told when it fails;
 * only for native processes. `process` may be NULL: nobody holds it then.
 * *error_text as in lunatic_module_new.
 *
 * Waits when the module has a start function: until that has returned. Outside
 * of a process the call returns at once and a failing start function is the
 * process's outcome.
 *
 * LUNATIC_ENOENT (no such export), LUNATIC_EINVAL (also other parameters than
 * the function takes), LUNATIC_ELIMIT, LUNATIC_ETRAP (the start function),
 * LUNATIC_EKILLED, LUNATIC_ESTOPPED, LUNATIC_ENOMEM. */
LUNATIC_API int lunatic_process_spawn(lunatic_module *module,
				      const char *function,
				      const lunatic_value *params, size_t count,
				      int64_t link_tag,
				      lunatic_process **process,
				      char **error_text);

/* A native process: a C function on a stack of its own. `self` is valid until
 * it returns; 0 is a normal end, anything else a failure and its exit code.
 *
 * The stack has 512 KiB, of which the function and what it calls may use 400,
 * and no guard page: no large arrays, no deep recursion (lunatic_blocking has
 * a thread's stack). A function that computes for long calls lunatic_yield now
 * and then: it is not preempted. A system call that blocks stops a worker:
 * lunatic_blocking. After a call that waits it may run in another thread: no
 * mutex is held and no address of thread-local data, errno among them, is kept
 * across one. It ends by returning: not by longjmp, a C++ exception or
 * pthread_exit. */
typedef int (*lunatic_function)(lunatic_process *self, void *argument);

/* Spawns a native process in an environment. `free_argument`, unless NULL, is
 * called exactly once with `argument`, whatever comes of the call: when the
 * process has ended, even if it was killed before it ran, or at once when it
 * could not be spawned. It is not part of the process: no call that waits.
 * `link_tag` and `process` as in lunatic_process_spawn. Does not wait.
 * LUNATIC_EINVAL, LUNATIC_ELIMIT, LUNATIC_ESTOPPED, LUNATIC_ENOMEM. */
LUNATIC_API int lunatic_process_spawn_native(lunatic_environment *environment,
					     lunatic_function function,
					     void *argument,
					     void (*free_argument)(void *),
					     int64_t link_tag,
					     lunatic_process **process);

/* One more holder of the process; returns it. NULL is fine. */
LUNATIC_API lunatic_process *lunatic_process_retain(lunatic_process *process);

/* Gives it back; a process lives on without anybody who holds it. */
LUNATIC_API void lunatic_process_release(lunatic_process *process);

/* The identity of a process, a UUID of version 4 in the byte order of RFC 9562;
 * no two processes have the same. LUNATIC_EINVAL. */
LUNATIC_API int lunatic_process_id(const lunatic_process *process,
				   uint8_t id[16]);

#define LUNATIC_ID_TEXT 37 /* bytes, with the terminating zero */

/* The same as "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". LUNATIC_EINVAL. */
LUNATIC_API int lunatic_process_id_text(const lunatic_process *process,
					char text[LUNATIC_ID_TEXT]);

/* Ends a process: one that computes wasm at the next tick of a millisecond, one
 * that waits now; a native one is told by LUNATIC_EKILLED. No effect on one
 * that has ended. When too much waits to be sent to the process's node, a
 * calling process waits (LUNATIC_EKILLED), and any other thread gets
 * LUNATIC_EFULL. LUNATIC_EINVAL. */
LUNATIC_API int lunatic_process_kill(lunatic_process *process);

/* How a process ended; does not wait. `exit_code` may be NULL and is 0 unless
 * the outcome is LUNATIC_OUTCOME_EXITED. LUNATIC_EAGAIN: it is alive.
 * LUNATIC_EUNSUP: it runs on another node; a process learns of its end by
 * lunatic_link. LUNATIC_EINVAL. */
LUNATIC_API int lunatic_process_outcome(lunatic_process *process,
					lunatic_outcome *outcome,
					uint32_t *exit_code);

/* Blocks the thread until the process has ended and nothing of it runs any
 * more, at most `timeout_ms` milliseconds: 0 looks only, -1 is for ever.
 * `outcome` and `exit_code` as above; both may be NULL. Not from a process:
 * LUNATIC_EINVAL; under lunatic_blocking it is allowed, for other processes
 * than the own one. LUNATIC_ETIMEDOUT; LUNATIC_EUNSUP: it runs on another
 * node. */
LUNATIC_API int lunatic_process_wait(lunatic_process *process,
				     int64_t timeout_ms,
				     lunatic_outcome *outcome,
				     uint32_t *exit_code);

/* ---- The registry of an environment; any thread, nothing waits ----
 *
 * Processes under a name and a version, found by name and requirement, as
 * guests do with lunatic::process::register and lookup. A name is UTF-8 of at
 * most 4,096 bytes, a version a semantic one, "1.2.3-beta.1+build", of at most
 * 256 bytes, and a query a requirement such as "1.2.3" (short for "^1.2.3"),
 * "=1.2.3", "~1.2", "1.*", "*" or ">=1.2, <1.5", with the rules of Rust's crate
 * semver, of at most 4,096 bytes and 32 parts. *error_text is NULL or, when a
 * version or query is malformed, one line that says why, to be freed with
 * lunatic_string_free; `error_text` itself may be NULL. */

/* Registers a process, which may be of another environment, instead of one that
 * is there under exactly that name and version. The registry holds the process
 * until that ends; then all its registrations go. LUNATIC_EFORMAT (the version
 * is none), LUNATIC_ELIMIT, LUNATIC_ENOMEM, LUNATIC_EINVAL (the name is too
 * long or not UTF-8): nothing has changed. LUNATIC_EDEAD: the process has
 * ended, and nothing is registered there now. */
LUNATIC_API int lunatic_environment_register(lunatic_environment *environment,
					     const char *name,
					     const char *version,
					     lunatic_process *process,
					     char **error_text);

/* Takes out what is registered under exactly that name and version.
 * LUNATIC_ENOENT, LUNATIC_EFORMAT, LUNATIC_EINVAL. */
LUNATIC_API int lunatic_environment_unregister(lunatic_environment *environment,
					       const char *name,
					       const char *version,
					       char **error_text);

/* Finds the process with the highest version that matches; the caller releases
 * it. LUNATIC_ENOENT, LUNATIC_EFORMAT, LUNATIC_ENOMEM, LUNATIC_EINVAL. */
LUNATIC_API int lunatic_environment_lookup(lunatic_environment *environment,
					   const char *name, const char *query,
					   lunatic_process **process,
					   char **error_text);

/* ---- What processes are doing ---- */

typedef enum lunatic_process_state {
	LUNATIC_STATE_STARTING = 0, /* it has not run yet, or is being
				     * instantiated */
	LUNATIC_STATE_RUNNING = 1,
	LUNATIC_STATE_RUNNABLE = 2, /* it waits for a worker */
	LUNATIC_STATE_RECEIVE = 3,  /* it waits for a message */
	LUNATIC_STATE_TIMER = 4,    /* it sleeps */
	LUNATIC_STATE_IO = 5,       /* it waits for a descriptor */
	LUNATIC_STATE_BLOCKING = 6, /* it waits for work in another thread */
	LUNATIC_STATE_WAITING = 7,  /* it waits for something else */
	LUNATIC_STATE_ENDING = 8
} lunatic_process_state;

/* Processes as they were when lunatic_runtime_processes looked. Opaque;
 * immutable, so any thread may read it. */
typedef struct ln_inspection lunatic_process_list;

/* One process. Later versions of the library add fields at the end only. Texts
 * belong to the list; they come from guests and may hold any bytes. */
typedef struct lunatic_process_info {
	size_t size; /* of the struct, in bytes */
	uint8_t id[16];
	uint64_t environment; /* its number in the runtime, from 0 */
	lunatic_process_state state;
	uint32_t links;          /* processes that it is linked to */
	const char *name;        /* in the registry, or its label, or that of
				  * its entry function; cut after 63 bytes;
				  * NULL: none */
	lunatic_function native; /* a native process's function, or NULL */
	uint64_t messages;       /* in its mailbox */
	uint64_t message_bytes;  /* the memory that they take */
	uint64_t received;       /* messages ever let into it */
	uint64_t dropped;        /* refused because it was full, ever */
	uint64_t memory;         /* linear memory, bytes */
	uint64_t slices;         /* times it was given a worker, and ticks of a
				  * millisecond that it went on computing */
	uint64_t fuel;           /* used; 0: not known */
	int64_t age_ms;          /* since its start */
	const char *host_function;  /* it is in, without its namespace; NULL */
	const char *host_namespace; /* of that, or NULL */
	const char *function;       /* of the guest, the innermost, or NULL;
				     * as `name`, UTF-8 without control
				     * characters */
	const char *label;          /* that it has set, or NULL */
	const char *registered;     /* its name in a registry, or NULL */
} lunatic_process_info;

/* The whole runtime, since its start. */
typedef struct lunatic_totals {
	size_t size;       /* of the struct, in bytes */
	uint64_t alive;    /* processes */
	uint64_t started;  /* processes ever */
	uint64_t ended[4]; /* by lunatic_outcome */
	uint64_t memory;   /* linear memory of all, bytes */
	uint64_t messages_delivered;
	uint64_t messages_waiting; /* in mailboxes now */
	uint64_t messages_dropped; /* refused because a mailbox was full */
	int64_t age_ms;            /* of the runtime */
} lunatic_totals;

/* Lists the `most` processes that hold the most memory, linear memory and
 * messages together, largest first; SIZE_MAX: all. Guests get up to `wait_ms`
 * milliseconds to say which function they are in, at most 10,000; 0 leaves that
 * out. Asking wakes them for some microseconds. Others go on meanwhile, so the
 * numbers need not fit together. Waits; outside of a process it blocks the
 * thread, up to that time. LUNATIC_EINVAL, LUNATIC_ENOMEM. */
LUNATIC_API int lunatic_runtime_processes(lunatic_runtime *runtime, size_t most,
					  int64_t wait_ms,
					  lunatic_process_list **list);

/* Processes in the list; 0 for NULL. */
LUNATIC_API size_t lunatic_process_list_count(const lunatic_process_list *list);

/* Writes what is known of one of them; `size` is sizeof(*info).
 * LUNATIC_EINVAL. */
LUNATIC_API int lunatic_process_list_get(const lunatic_process_list *list,
					 size_t index,
					 lunatic_process_info *info,
					 size_t size);

/* Writes the totals at that time; `size` is sizeof(*totals). LUNATIC_EINVAL. */
LUNATIC_API int lunatic_process_list_totals(const lunatic_process_list *list,
					    lunatic_totals *totals,
					    size_t size);

LUNATIC_API void lunatic_process_list_free(lunatic_process_list *list);

/* ---- Nodes: environments and processes of other programs ----
 *
 * A runtime may be a node: it forms a cluster with other nodes, programs of
 * this library or lunatic itself, on this machine or others. docs/cluster.md
 * tells of keys, certificates and addresses. A node belongs to its runtime and
 * is valid until lunatic_runtime_free, which leaves the cluster. */

/* Set up with lunatic_node_config_init; then change what should differ. Later
 * versions of the library add fields at the end only. */
typedef struct lunatic_node_config {
	size_t size;         /* of the struct, in bytes; set by init */
	const char *name;    /* no two nodes have the same; 1 to 255 bytes of
			      * UTF-8 without control characters; needed */
	const char *address; /* where it listens, "host:port"; port 0: one that
			      * is free; needed */
	const char *const *peers; /* addresses of nodes to begin with */
	size_t peer_count;

	/* How nodes trust each other: by a key, in this file (NULL, the
	 * default: the user's own, which is made if need be), or by
	 * certificates, all three files in PEM. */
	const char *cluster_key;
	const char *certificate;
	const char *key;
	const char *authority; /* the certificate of the CA */

	int64_t heartbeat_ms; /* how long a node may be silent before it is
			       * lost, 100 to 3,600,000 (default: 5,000) */
} lunatic_node_config;

/* Writes the defaults. `size` is sizeof(*config). LUNATIC_EINVAL. */
LUNATIC_API int lunatic_node_config_init(lunatic_node_config *config,
					 size_t size);

/* Makes the runtime of the environment a node, which listens from now on: what
 * other nodes make here is below the environment and never has more than that.
 * To be called before processes are spawned. On failure *error_text is NULL or
 * one line with what to do, to be freed with lunatic_string_free; `error_text`
 * itself may be NULL. Blocks the thread; not from a process: LUNATIC_EINVAL.
 * LUNATIC_EEXIST: the runtime is a node already. Name, address, certificates:
 * LUNATIC_EINVAL; cluster key: LUNATIC_ENOENT, LUNATIC_EPERM, LUNATIC_EFORMAT;
 * LUNATIC_EIO, LUNATIC_ENOMEM. */
LUNATIC_API int lunatic_node_new(lunatic_environment *environment,
				 const lunatic_node_config *config,
				 lunatic_node **node, char **error_text);

/* Blocks the thread until one of the peers, and all nodes that it knows, are
 * connected or could not be reached; for five seconds at most. Without peers
 * that is now. May be called again after a failure. Not from a process:
 * LUNATIC_EINVAL. LUNATIC_EEXIST: the name is taken; LUNATIC_EPERM: the peer
 * does not trust us, or we do not trust it; LUNATIC_EUNSUP: no version of the
 * protocol in common; LUNATIC_EIO, LUNATIC_ESTOPPED (it has left).
 * *error_text as above. */
LUNATIC_API int lunatic_node_join(lunatic_node *node, char **error_text);

/* Leaves the cluster for good: links with processes of other nodes fail, and
 * messages to them are LUNATIC_EDEAD. Blocks the thread for up to two seconds;
 * nothing happens the second time. Not from a process: LUNATIC_EINVAL. */
LUNATIC_API int lunatic_node_leave(lunatic_node *node);

/* Its name and address, "host:port" with the port that it listens at, valid as
 * long as the node; NULL for NULL. */
LUNATIC_API const char *lunatic_node_name(const lunatic_node *node);
LUNATIC_API const char *lunatic_node_address(const lunatic_node *node);

/* The nodes that are connected, by name. Opaque; immutable. */
typedef struct lunatic_peer_list lunatic_peer_list;

/* One of them. Later versions of the library add fields at the end only. Texts
 * belong to the list. */
typedef struct lunatic_peer_info {
	size_t size; /* of the struct, in bytes */
	const char *name;
	const char *address;     /* where it can be reached, as it says */
	uint8_t incarnation[16]; /* another one each time it is started */
	int64_t age_ms;          /* since it was connected */
	uint64_t received;       /* bytes from it, before encryption */
	uint64_t sent;           /* to it */
} lunatic_peer_info;

/* Lists them. Waits. LUNATIC_EKILLED, LUNATIC_ENOMEM, LUNATIC_EINVAL. */
LUNATIC_API int lunatic_node_peers(lunatic_node *node,
				   lunatic_peer_list **list);

/* Nodes in the list; 0 for NULL. */
LUNATIC_API size_t lunatic_peer_list_count(const lunatic_peer_list *list);

/* Writes what is known of one of them; `size` is sizeof(*info).
 * LUNATIC_EINVAL. */
LUNATIC_API int lunatic_peer_list_get(const lunatic_peer_list *list,
				      size_t index, lunatic_peer_info *info,
				      size_t size);

LUNATIC_API void lunatic_peer_list_free(lunatic_peer_list *list);

/* Makes an environment on the connected node of that name, below the one that
 * it was started with; `config` as in lunatic_environment_new, but nothing that
 * depends on a machine: no listeners. Modules, wasm processes and the registry
 * work there by the same calls, which wait for the other node and return
 * LUNATIC_EIO when it is lost; native processes do not. Waits; outside of a
 * process it blocks the thread. LUNATIC_ENOENT: no such node is connected;
 * LUNATIC_EUNSUP: something in the configuration cannot cross; what
 * lunatic_environment_new returns. *error_text as above. */
LUNATIC_API int
lunatic_environment_new_remote(lunatic_node *node, const char *name,
			       const lunatic_environment_config *config,
			       lunatic_environment **environment,
			       char **error_text);

/* ---- Messages ---- */

/* Makes an empty message. `tag` is any number that the receiver can ask for; 0
 * is no tag. LUNATIC_ENOMEM, LUNATIC_EINVAL. */
LUNATIC_API int lunatic_message_new(int64_t tag, lunatic_message **message);

/* Frees a message that was not sent. */
LUNATIC_API void lunatic_message_free(lunatic_message *message);

/* Appends bytes; `data` may be NULL when `len` is 0. LUNATIC_ENOMEM,
 * LUNATIC_EINVAL (also for the news of a link's death). */
LUNATIC_API int lunatic_message_write(lunatic_message *message,
				      const void *data, size_t len);

/* Copies up to `len` bytes from the read position on, which moves; *count says
 * how many, 0 at the end. Reading begins at the start. LUNATIC_EINVAL. */
LUNATIC_API int lunatic_message_read(lunatic_message *message, void *data,
				     size_t len, size_t *count);

/* Sets the read position, in bytes from the start. LUNATIC_EINVAL when that is
 * past the end. */
LUNATIC_API int lunatic_message_seek(lunatic_message *message, size_t position);

/* Bytes written; 0 for NULL. */
LUNATIC_API size_t lunatic_message_size(const lunatic_message *message);

/* The tag; 0 for none and for NULL. */
LUNATIC_API int64_t lunatic_message_tag(const lunatic_message *message);

/* Whether this is the news that a link has failed: it has the tag of the link
 * and no content. */
LUNATIC_API bool lunatic_message_is_link_died(const lunatic_message *message);

/* Whether this tells of the end of a process that was watched, and how that
 * was: a lunatic_outcome, or 4: it had ended before, and how is not known; or
 * 5: its node is lost. *exit_code is 0 unless it has exited. Both may be NULL.
 */
LUNATIC_API bool lunatic_message_end(const lunatic_message *message, int *how,
				     uint32_t *exit_code);

/* Lets a process travel with the message, so that the receiver can answer it,
 * and stores its index, counted from 0, unless `index` is NULL. The message
 * holds the process in addition to the caller. LUNATIC_ENOMEM, LUNATIC_ELIMIT,
 * LUNATIC_EINVAL (also for the news of a link's death). */
LUNATIC_API int lunatic_message_push_process(lunatic_message *message,
					     lunatic_process *process,
					     uint64_t *index);

/* Takes a process out of the message. LUNATIC_ENOENT when there is none, or no
 * longer one, at the index. LUNATIC_EINVAL. */
LUNATIC_API int lunatic_message_take_process(lunatic_message *message,
					     uint64_t index,
					     lunatic_process **process);

/* Sends a message and takes it over, whatever is returned. Does not wait. From
 * any thread. LUNATIC_EFULL: dropped, because the receiver's mailbox is full.
 * LUNATIC_EDEAD: dropped, because it has ended. LUNATIC_EINVAL: also for the
 * news of a link's death, which only the runtime sends.
 *
 * To a process of another node, 0 says that the message is on its way.
 * LUNATIC_EFULL: dropped, because too much waits to be sent there;
 * LUNATIC_EDEAD: its node is not connected; LUNATIC_EINVAL: it holds a tcp
 * stream, which cannot leave its node. LUNATIC_ENOMEM. */
LUNATIC_API int lunatic_send(lunatic_process *process,
			     lunatic_message *message);

/* ---- For the running native process ----
 *
 * What follows acts on the process that calls it and returns LUNATIC_EINVAL
 * anywhere else. Once a process is killed, every call that waits returns
 * LUNATIC_EKILLED without doing anything: it then frees what it holds and
 * returns. */

/* The calling process, without a reference of its own; NULL outside of native
 * processes. */
LUNATIC_API lunatic_process *lunatic_self(void);

/* Whether the calling process was killed; false outside of native processes. */
LUNATIC_API bool lunatic_killed(void);

/* Takes the oldest message that has one of `count` tags, or any message when
 * `count` is 0 (`tags` may then be NULL). A message without a tag is found only
 * by the latter. Waits at most `timeout_ms` milliseconds; 0 looks only, -1 is
 * for ever. The caller owns the message. LUNATIC_ETIMEDOUT, LUNATIC_EKILLED,
 * LUNATIC_ENOMEM, LUNATIC_EINVAL. */
LUNATIC_API int lunatic_receive(const int64_t *tags, size_t count,
				int64_t timeout_ms, lunatic_message **message);

/* Waits for that many milliseconds at least. LUNATIC_EKILLED, LUNATIC_ENOMEM,
 * LUNATIC_EINVAL. */
LUNATIC_API int lunatic_sleep_ms(uint64_t milliseconds);

/* Lets others run that are ready to. Waits. LUNATIC_EKILLED, LUNATIC_EINVAL. */
LUNATIC_API int lunatic_yield(void);

/* Calls function(argument) on a thread of the runtime's blocking pool, which
 * has four, and waits until it has returned. The function is not part of the
 * process: there, calls for the running process return LUNATIC_EINVAL. When
 * this returns 0 it was called, also if the process was killed meanwhile.
 * LUNATIC_EKILLED, LUNATIC_ENOMEM, LUNATIC_EINVAL: it was not called. */
LUNATIC_API int lunatic_blocking(void (*function)(void *), void *argument);

/* Links the calling process with another: when one fails the other is killed
 * or, after lunatic_die_when_link_dies(false), gets a message with `tag`. If it
 * has failed already, that happens now; if it has ended normally, nothing does.
 * Linking again changes the tag. Waits only when too much waits to be sent to
 * the other one's node. LUNATIC_EKILLED (it had failed, which kills the
 * caller), LUNATIC_ELIMIT, LUNATIC_ENOMEM, LUNATIC_EINVAL. */
LUNATIC_API int lunatic_link(lunatic_process *process, int64_t tag);

/* Ends a link; nothing happens when there is none. Waits as lunatic_link.
 * LUNATIC_EKILLED, LUNATIC_EINVAL. */
LUNATIC_API int lunatic_unlink(lunatic_process *process);

/* Watches a process: exactly one message tells of its end, whatever that is, by
 * lunatic_message_end, under the tag that this stores; at once when it has
 * ended. It comes after all that the process has sent, into a full mailbox,
 * too. Waits as lunatic_link. LUNATIC_ELIMIT (as for links), LUNATIC_EKILLED,
 * LUNATIC_ENOMEM, LUNATIC_EINVAL. */
LUNATIC_API int lunatic_monitor(lunatic_process *process, int64_t *tag);

/* Ends a monitor: nothing under its tag is in the mailbox any more, nor will
 * be. May let others run. LUNATIC_ENOENT: it has told already. LUNATIC_EINVAL.
 */
LUNATIC_API int lunatic_demonitor(int64_t tag);

/* Labels the caller for lists of processes: UTF-8, of which 63 bytes are kept;
 * NULL: none. LUNATIC_EINVAL, LUNATIC_ENOMEM. */
LUNATIC_API int lunatic_set_label(const char *label);

/* Whether the death of a link kills the calling process (a new process: true)
 * or becomes a message to it. LUNATIC_EINVAL. */
LUNATIC_API int lunatic_die_when_link_dies(bool die);

#ifdef __cplusplus
}
#endif

#endif
