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
 * Results. Functions that can fail return 0 or a negative enum
 * lunatic_rt_error. They store results through pointers, which must not be NULL
 * unless the function says otherwise; after a failure they hold NULL or zero. A
 * call that is recognised as wrong, such as NULL for an object or a call where
 * it is not allowed, does nothing and returns LUNATIC_RT_EINVAL.
 *
 * Ownership. What a function stores through a pointer belongs to the caller,
 * who must pass it to the release or free function of its type. These accept
 * NULL. Functions copy the strings, lists and bytes that are passed in.
 *
 * Threads. Runtimes, environments, modules and processes may be used by any
 * thread at the same time, and by native processes. A message is used by one
 * thread at a time. "Waits" marks functions that may let other processes run
 * when a native process calls them; the process may then continue in another
 * thread.
 */
#ifndef LUNATIC_RUNTIME_H
#define LUNATIC_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LUNATIC_RT_API __attribute__((visibility("default")))
#else
#define LUNATIC_RT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Opaque. */
typedef struct ln_runtime lunatic_rt;
typedef struct ln_environment lunatic_rt_environment;
typedef struct ln_module lunatic_rt_module;
typedef struct ln_process lunatic_rt_process;
typedef struct ln_message lunatic_rt_message;

/* ---- Errors and version ---- */

enum lunatic_rt_error {
	LUNATIC_RT_ENOMEM = -1,    /* out of memory */
	LUNATIC_RT_EINVAL = -2,    /* invalid argument, or not allowed here */
	LUNATIC_RT_ENOENT = -3,    /* not found */
	LUNATIC_RT_EEXIST = -4,    /* already exists */
	LUNATIC_RT_EKILLED = -5,   /* the calling process was killed */
	LUNATIC_RT_EDEAD = -6,     /* the process has ended */
	LUNATIC_RT_ETIMEDOUT = -7, /* timed out */
	LUNATIC_RT_EFULL = -8,     /* the mailbox is full */
	LUNATIC_RT_ELIMIT = -9,    /* a limit of the environment is reached */
	LUNATIC_RT_ETRAP = -10,    /* the guest trapped */
	LUNATIC_RT_EEXIT = -11,    /* the guest asked to exit */
	LUNATIC_RT_EIO = -12,      /* no thread, no descriptor, device error */
	LUNATIC_RT_EAGAIN = -13,   /* not yet */
	LUNATIC_RT_EFORMAT = -14,  /* malformed data, such as a broken module */
	LUNATIC_RT_EPERM = -15,    /* not permitted */
	LUNATIC_RT_EUNSUP = -16,   /* not supported by this system */
	LUNATIC_RT_ESTOPPED = -17, /* the runtime is shutting down */
	/* max_memory or max_total_memory is used up. Every function that may
	 * return LUNATIC_RT_ELIMIT may return this as well. */
	LUNATIC_RT_EMEMORY = -18
};

/* The text of an error code, in English, without a full stop. Never NULL, not
 * even for unknown codes. Valid as long as the program runs. */
LUNATIC_RT_API const char *lunatic_rt_error_text(int error);

/* The version of the library, "major.minor.patch". Valid as long as the program
 * runs. */
LUNATIC_RT_API const char *lunatic_rt_version(void);

/* Frees a text that a function of this library stored. */
LUNATIC_RT_API void lunatic_rt_string_free(char *text);

/* ---- Runtime ---- */

/* Set it up with lunatic_rt_config_init, then change fields. Later
 * versions of the library add fields at the end only. */
typedef struct lunatic_rt_config {
	size_t size;    /* of the struct, in bytes; set by init */
	size_t workers; /* threads that run processes, at most 256;
			 * 0 (default): one for each core */
	/* 0 (default): a guest that runs for more than about a millisecond is
	 * interrupted with the signal SIGURG, sent to its thread only. System
	 * calls of native processes are not interrupted. Not 0: no signal; the
	 * code of guests checks a counter instead, which makes it slower (loops
	 * by up to 40 per cent). Processors other than x86-64 always do that.
	 */
	size_t epoch_preemption;

	/* Receives the report of every trap of a wasm process, instead of
	 * standard error and without its limit per second. `text` has one or
	 * more lines, without a newline at the end. A start function that traps
	 * is an error of the native process that spawns, and is not reported
	 * here. NULL (default): standard error, see LUNATIC_RT_OUTCOME_TRAPPED.
	 *
	 * A worker calls it, on the stack of its thread, before the links of
	 * the process and those who wait for its end are told; several workers
	 * may call it at once. The worker does nothing else meanwhile, so it
	 * must not block. `process` and `text` are valid until it returns. It
	 * may retain the process, send and kill; it is not a process itself and
	 * must call nothing that waits. The text contains parts that a guest
	 * chose, such as function names; it is UTF-8 without control characters
	 * except newlines, and at most 16 KiB. It is not called after
	 * lunatic_rt_free has returned. */
	void (*on_trap)(void *argument, lunatic_rt_process *process,
			const char *text);
	void *on_trap_argument;

	/* Path of the program `lunatic` of exactly this version. It compiles
	 * large modules in child processes, at most two at a time. The two
	 * fields below limit their memory and time, small modules do not wait
	 * for large ones, and a crash of the compiler harms nobody. NULL
	 * (default): the path is in the variable LUNATIC_RT_COMPILER. If the
	 * path is "", if there is none, or if the program cannot be started,
	 * modules are compiled in this process. Nothing can stop the compiler
	 * then, so modules that may take too long are refused
	 * (LUNATIC_RT_ELIMIT), and small modules can wait for large ones.
	 *
	 * The children get no variables and no descriptors of this process.
	 * This process gets SIGCHLD when a child ends, and must not take its
	 * status with wait(2); if it does, or if it ignores SIGCHLD, errors
	 * tell less. */
	const char *compiler;
	/* Bytes for a child process, 64 MiB to 1 TiB; 0 (default): 1 GiB plus
	 * 192 times the module's size, but at most half of the memory of the
	 * machine. */
	size_t max_compile_memory;
	/* Seconds of processor time for a child process, at most 86,400; 0
	 * (default): 10, plus 20 for each MiB of the module. Real time is
	 * limited as well, to more than ten times as much. */
	size_t max_compile_seconds;
	/* Milliseconds, at most 86,400,000, that a wasm process must have
	 * waited for a message, a timer or a socket to be kept in a compact
	 * form, which takes a third of the memory or less; waking it takes some
	 * microseconds more. 0 (default): never. */
	size_t fold_after_ms;
	/* What runs wasm in environments that ask for nothing else: "wasmtime",
	 * which compiles, or "wasmi", if it is built in, which interprets: it
	 * starts at once, computes slowly, and needs no executable memory; or
	 * "auto", with it: what takes long to compile is interpreted until a
	 * compiler in a process of its own has done that. NULL
	 * (default): what the variable LUNATIC_ENGINE says, or "wasmtime". */
	const char *engine;
} lunatic_rt_config;

/* Writes the defaults. `size` is sizeof(*config). LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_config_init(lunatic_rt_config *config,
					  size_t size);

/* Starts a runtime; `config` may be NULL for the defaults. A program may have
 * several. The first runtime of a program reads the variable LUNATIC_LOG
 * (error, warn, info or debug), opens /dev/null for standard streams that are
 * closed, and installs a handler for SIGURG (see above). With its first
 * environment the engine installs handlers for SIGSEGV, SIGILL and SIGFPE. All
 * of them pass on signals that are not their own, and must not be replaced.
 * LUNATIC_RT_EINVAL; LUNATIC_RT_ENOENT: there is no such engine;
 * LUNATIC_RT_ENOMEM: no memory or address space; LUNATIC_RT_EIO: no thread;
 * LUNATIC_RT_ELIMIT: no descriptor; LUNATIC_RT_EPERM: the system forbids
 * executable memory; LUNATIC_RT_EUNSUP: it forbids signal handlers. */
LUNATIC_RT_API int lunatic_rt_new(const lunatic_rt_config *config,
				  lunatic_rt **runtime);

/* Has the program answer `lunatic ps`, `lunatic inspect` and the like until
 * lunatic_rt_free: starts a thread that listens at a Unix socket which only the
 * program's user, and root, may connect to. A library does not do that by
 * itself. `folder` is where the socket is made, for the user alone; NULL: the
 * folder where those commands look. `name` is what they call the program: a
 * text, or the path of a file, of which the name counts. Whoever may connect
 * may also kill processes. On failure *error_text, if error_text is not NULL,
 * is a line that tells what to do, to be freed with lunatic_rt_string_free, or
 * NULL. Not at the same time as lunatic_rt_node_new. LUNATIC_RT_EINVAL;
 * LUNATIC_RT_EEXIST: it does already; LUNATIC_RT_ENOENT: the user has no home,
 * and no folder was given; LUNATIC_RT_EPERM: the folder is another user's, or
 * others may use it; LUNATIC_RT_EIO, LUNATIC_RT_ELIMIT, LUNATIC_RT_ENOMEM. Not
 * from a process. */
LUNATIC_RT_API int lunatic_rt_control(lunatic_rt *runtime, const char *folder,
				      const char *name, char **error_text);

/* Kills all processes of the runtime and returns when they have ended; a native
 * process that computes or blocks delays that. Environments, modules and
 * processes that are still held stay valid: spawning returns
 * LUNATIC_RT_ESTOPPED and sending LUNATIC_RT_EDEAD. Releasing the last of them
 * frees the rest of the runtime. Must not be called from a process or a
 * function under lunatic_rt_blocking: LUNATIC_RT_EINVAL, and nothing happens.
 */
LUNATIC_RT_API int lunatic_rt_free(lunatic_rt *runtime);

/* ---- Environments: limits and permissions ---- */

typedef enum lunatic_rt_memory_strategy {
	LUNATIC_RT_MEMORY_SLAB = 0,  /* explicit bounds checks; for very many
				      * processes */
	LUNATIC_RT_MEMORY_GUARD = 1, /* guard pages: faster code, 4 GiB of
				      * address space and mappings for each
				      * process */
	LUNATIC_RT_MEMORY_AUTO = 2   /* guard pages for some thousand processes,
				      * explicit checks for all others */
} lunatic_rt_memory_strategy;

/* A directory that guests may use: `host` is its path on the system, `guest`
 * its path for guests (NULL: the same). Guests can read its contents, and
 * change them if `read_only` is 0. No path of a guest leads out of it. */
typedef struct lunatic_rt_preopen {
	const char *host;
	const char *guest;
	int read_only;
} lunatic_rt_preopen;

/* A plugin: a wasm module, binary or text, and its name in error texts (NULL:
 * its number). It runs as a separate process, with its own limits, when a
 * module is added, and calls lunatic::plugin; it may print. */
typedef struct lunatic_rt_plugin {
	const char *name;
	const void *bytes;
	size_t len;
} lunatic_rt_plugin;

/* Set it up with lunatic_rt_environment_config_init, then change fields. Later
 * versions of the library add fields at the end only. The default limits are so
 * high that no honest program should reach them. */
typedef struct lunatic_rt_environment_config {
	size_t size; /* of the struct, in bytes; set by init */

	/* Of a wasm process. */
	uint64_t max_memory;         /* bytes of memories and tables, and of
				      * what the host keeps for a process */
	uint64_t max_fuel;           /* wasm instructions; 0: no limit, which
				      * makes faster code */
	uint64_t max_message_bytes;  /* of the data of a message it writes */
	uint32_t max_handles;        /* ids it holds, of each kind */
	uint32_t max_table_elements; /* of each of its tables */
	size_t max_module_bytes;     /* of a wasm binary */

	/* Of all processes, native ones too. */
	uint64_t max_processes;     /* alive in the environment */
	uint64_t max_messages;      /* in one mailbox; 0: no limit */
	uint64_t max_mailbox_bytes; /* memory of the messages in one mailbox;
				     * 0: no limit */
	uint32_t max_links;         /* of one process */

	lunatic_rt_memory_strategy strategy; /* default: auto */

	/* What guests may call: prefixes of "namespace::function", such as
	 * "lunatic::message::" or "wasi_snapshot_preview1::proc_exit". Other
	 * calls trap. NULL (default): everything, including writing to the
	 * program's standard output. NULL with a count that is not 0 is
	 * invalid. */
	const char *const *allowed;
	size_t allowed_count;

	/* The command line of guests, beginning with the program's name, and
	 * their variables, "NAME=value". Default: none. */
	const char *const *args;
	size_t arg_count;
	const char *const *envs;
	size_t env_count;

	/* Directories that guests find open, by WASI. Default: none. */
	const lunatic_rt_preopen *preopens;
	size_t preopen_count;

	/* Of the registry: entries, and bytes of their names and versions. */
	uint64_t max_registrations;
	uint64_t max_registry_bytes;

	/* Limits for this environment together with all environments that
	 * guests make below it. */
	uint64_t max_total_memory; /* bytes of memories and tables of all
				    * processes; 0 (default): no limit */
	uint64_t max_environments; /* alive below this one */
	uint64_t max_nesting;      /* maximum nesting depth of environments */

	/* Addresses on which guests may accept TCP connections: IP addresses
	 * with ports, such as "127.0.0.1:8080". The sockets are the descriptors
	 * from 3 on, before the directories. */
	const char *const *listeners;
	size_t listener_count;

	/* Open sockets and files, here and below. Never more than the program
	 * may open, less some for itself. */
	uint64_t max_descriptors;

	/* Modules that change all others before they are compiled for the
	 * environment, in this order; at most 16. Default: none. */
	const lunatic_rt_plugin *plugins;
	size_t plugin_count;
	uint64_t max_plugin_ms; /* for one module, all plugins together */

	/* What runs its modules, and those of environments that guests make
	 * below it, see lunatic_rt_config. Processes of several engines may be
	 * in one runtime. NULL (default): that of the runtime. */
	const char *engine;
} lunatic_rt_environment_config;

/* Writes the defaults. `size` is sizeof(*config). LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int
lunatic_rt_environment_config_init(lunatic_rt_environment_config *config,
				   size_t size);

/* Makes an environment; `config` may be NULL for the defaults. Waits.
 * LUNATIC_RT_EINVAL, LUNATIC_RT_ENOMEM; LUNATIC_RT_ENOENT: there is no such
 * engine; what the system lacks for it, as lunatic_rt_new; for a directory or
 * listener that cannot be opened LUNATIC_RT_ENOENT, LUNATIC_RT_EPERM,
 * LUNATIC_RT_ELIMIT or LUNATIC_RT_EIO; for a listener also LUNATIC_RT_EFORMAT
 * and LUNATIC_RT_EEXIST (the address is in use); for a plugin that cannot be
 * compiled, or one too many, LUNATIC_RT_EFORMAT, LUNATIC_RT_EINVAL or
 * LUNATIC_RT_ELIMIT. */
LUNATIC_RT_API int
lunatic_rt_environment_new(lunatic_rt *runtime,
			   const lunatic_rt_environment_config *config,
			   lunatic_rt_environment **environment);

/* Releases it. Its modules and processes stay. */
LUNATIC_RT_API void
lunatic_rt_environment_release(lunatic_rt_environment *environment);

/* ---- Modules ---- */

/* Compiles a module for an environment: a wasm binary, or wasm text. Compiled
 * code is kept in a cache on disk, unless the variable LUNATIC_CACHE is "off".
 * On failure *error_text is NULL or one line for people, to be freed with
 * lunatic_rt_string_free; `error_text` itself may be NULL. Waits; outside of a
 * process it blocks the thread and uses as much of its stack as compilers do.
 * LUNATIC_RT_EFORMAT (not a module, or one with unknown imports),
 * LUNATIC_RT_ELIMIT, LUNATIC_RT_ENOMEM, LUNATIC_RT_EINVAL. A plugin that fails:
 * LUNATIC_RT_ETRAP, LUNATIC_RT_ETIMEDOUT or LUNATIC_RT_EFORMAT, and the text
 * names it.
 */
LUNATIC_RT_API int lunatic_rt_module_new(lunatic_rt_environment *environment,
					 const void *bytes, size_t len,
					 lunatic_rt_module **module,
					 char **error_text);

/* Releases it. Its processes stay. */
LUNATIC_RT_API void lunatic_rt_module_release(lunatic_rt_module *module);

/* ---- Processes; all of this from any thread ---- */

typedef enum lunatic_rt_value_kind {
	LUNATIC_RT_I32 = 0,
	LUNATIC_RT_I64 = 1,
	LUNATIC_RT_V128 = 2
} lunatic_rt_value_kind;

/* A parameter of an export. */
typedef struct lunatic_rt_value {
	lunatic_rt_value_kind kind;
	union {
		int32_t i32;
		int64_t i64;
		uint8_t v128[16]; /* little-endian, as in linear memory */
	} of;
} lunatic_rt_value;

/* How a process ended. All but the first count as failure for its links. */
typedef enum lunatic_rt_outcome {
	LUNATIC_RT_OUTCOME_NORMAL = 0, /* returned (0), or exited with 0 */
	LUNATIC_RT_OUTCOME_EXITED =
		1, /* returned or exited with another code */
	LUNATIC_RT_OUTCOME_TRAPPED = 2, /* reported on standard error, unless
					 * LUNATIC_LOG is "error", or 20 were
					 * reported in the same second */
	LUNATIC_RT_OUTCOME_KILLED = 3 /* by a call, or by the death of a link */
} lunatic_rt_outcome;

/* Spawns a process that runs an exported function of the module; `params` may
 * be NULL if `count` is 0. If `link_tag` is not 0, the calling process is
 * linked to the new one before it runs, and is told with this tag when it
 * fails; native processes only. `process` may be NULL. *error_text as in
 * lunatic_rt_module_new.
 *
 * If the module has a start function, it waits until that has returned. Outside
 * of a process the call returns at once, and a failing start function is the
 * outcome of the process.
 *
 * LUNATIC_RT_ENOENT (no such export), LUNATIC_RT_EINVAL (also if the parameters
 * do not fit the function), LUNATIC_RT_ELIMIT, LUNATIC_RT_ETRAP (the start
 * function), LUNATIC_RT_EKILLED, LUNATIC_RT_ESTOPPED, LUNATIC_RT_ENOMEM. */
LUNATIC_RT_API int lunatic_rt_process_spawn(lunatic_rt_module *module,
					    const char *function,
					    const lunatic_rt_value *params,
					    size_t count, int64_t link_tag,
					    lunatic_rt_process **process,
					    char **error_text);

/* A native process: a C function with its own stack. `self` is valid until the
 * function returns. 0 is a normal end; anything else is a failure, and the exit
 * code.
 *
 * The stack has 512 KiB, of which the function and its callees may use 400, and
 * no guard page: avoid large arrays and deep recursion, or use
 * lunatic_rt_blocking, which runs on the stack of a thread. The function is not
 * preempted: if it computes for long, it must call lunatic_rt_yield now and
 * then. A blocking system call stops a worker: use lunatic_rt_blocking. After a
 * call that waits it may run in another thread: hold no mutex across such a
 * call, and keep no address of thread-local data such as errno. It must end by
 * returning, not by longjmp, a C++ exception or pthread_exit. */
typedef int (*lunatic_rt_function)(lunatic_rt_process *self, void *argument);

/* Spawns a native process in an environment. `free_argument`, unless NULL, is
 * called exactly once with `argument` in any case: when the process has ended,
 * even if it was killed before it ran, or at once if it could not be spawned.
 * It is not part of the process and must call nothing that waits.
 * `link_tag` and `process` as in lunatic_rt_process_spawn. Does not wait.
 * LUNATIC_RT_EINVAL, LUNATIC_RT_ELIMIT, LUNATIC_RT_ESTOPPED, LUNATIC_RT_ENOMEM.
 */
LUNATIC_RT_API int
lunatic_rt_process_spawn_native(lunatic_rt_environment *environment,
				lunatic_rt_function function, void *argument,
				void (*free_argument)(void *), int64_t link_tag,
				lunatic_rt_process **process);

/* Adds a reference to the process; returns it. NULL is fine. */
LUNATIC_RT_API lunatic_rt_process *
lunatic_rt_process_retain(lunatic_rt_process *process);

/* Drops a reference. A process lives on without references. */
LUNATIC_RT_API void lunatic_rt_process_release(lunatic_rt_process *process);

/* The identity of a process, a UUID of version 4 in the byte order of RFC 9562;
 * no two processes have the same. LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_process_id(const lunatic_rt_process *process,
					 uint8_t id[16]);

#define LUNATIC_RT_ID_TEXT 37 /* bytes, with the terminating zero */

/* The same as "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_process_id_text(const lunatic_rt_process *process,
					      char text[LUNATIC_RT_ID_TEXT]);

/* Kills a process. One that computes wasm ends at the next tick of a
 * millisecond, one that waits ends now; a native one gets LUNATIC_RT_EKILLED.
 * No effect on a process that has ended. If too much waits to be sent to the
 * node of the process, a calling process waits (LUNATIC_RT_EKILLED), and any
 * other thread gets LUNATIC_RT_EFULL. LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_process_kill(lunatic_rt_process *process);

/* How a process ended; does not wait. `exit_code` may be NULL and is 0 unless
 * the outcome is LUNATIC_RT_OUTCOME_EXITED. LUNATIC_RT_EAGAIN: it is alive.
 * LUNATIC_RT_EUNSUP: it runs on another node; a process learns of its end by
 * lunatic_rt_link. LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_process_outcome(lunatic_rt_process *process,
					      lunatic_rt_outcome *outcome,
					      uint32_t *exit_code);

/* Blocks the thread until the process has ended and none of its code runs, for
 * at most `timeout_ms` milliseconds: 0 does not wait, -1 waits for ever.
 * `outcome` and `exit_code` as above; both may be NULL. Not from a process:
 * LUNATIC_RT_EINVAL; but allowed under lunatic_rt_blocking, for processes other
 * than the calling one. LUNATIC_RT_ETIMEDOUT; LUNATIC_RT_EUNSUP: it runs on
 * another node. */
LUNATIC_RT_API int lunatic_rt_process_wait(lunatic_rt_process *process,
					   int64_t timeout_ms,
					   lunatic_rt_outcome *outcome,
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
 * lunatic_rt_string_free; `error_text` itself may be NULL. */

/* Registers a process, which may be of another environment. It replaces a
 * process registered under exactly that name and version. The registry holds
 * the process until it ends; then its registrations are removed.
 * LUNATIC_RT_EFORMAT (not a semantic version), LUNATIC_RT_ELIMIT,
 * LUNATIC_RT_ENOMEM, LUNATIC_RT_EINVAL (the name is too long or not UTF-8):
 * nothing has changed. LUNATIC_RT_EDEAD: the process has ended, and nothing is
 * registered there now. */
LUNATIC_RT_API int
lunatic_rt_environment_register(lunatic_rt_environment *environment,
				const char *name, const char *version,
				lunatic_rt_process *process, char **error_text);

/* Removes the process registered under exactly that name and version.
 * LUNATIC_RT_ENOENT, LUNATIC_RT_EFORMAT, LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int
lunatic_rt_environment_unregister(lunatic_rt_environment *environment,
				  const char *name, const char *version,
				  char **error_text);

/* Finds the process with the highest version that matches; the caller releases
 * it. LUNATIC_RT_ENOENT, LUNATIC_RT_EFORMAT, LUNATIC_RT_ENOMEM,
 * LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int
lunatic_rt_environment_lookup(lunatic_rt_environment *environment,
			      const char *name, const char *query,
			      lunatic_rt_process **process, char **error_text);

/* ---- What processes are doing ---- */

typedef enum lunatic_rt_process_state {
	LUNATIC_RT_STATE_STARTING = 0, /* has not run yet, or is being
					* instantiated */
	LUNATIC_RT_STATE_RUNNING = 1,
	LUNATIC_RT_STATE_RUNNABLE = 2, /* waits for a worker */
	LUNATIC_RT_STATE_RECEIVE = 3,  /* waits for a message */
	LUNATIC_RT_STATE_TIMER = 4,    /* sleeps */
	LUNATIC_RT_STATE_IO = 5,       /* waits for a descriptor */
	LUNATIC_RT_STATE_BLOCKING = 6, /* waits for work in another thread */
	LUNATIC_RT_STATE_WAITING = 7,  /* waits for something else */
	LUNATIC_RT_STATE_ENDING = 8,
	LUNATIC_RT_STATE_IDLE = 9 /* has answered a request of `lunatic serve`,
				   * and waits for another one */
} lunatic_rt_process_state;

/* A snapshot of processes, made by lunatic_rt_processes. Opaque;
 * immutable, so any thread may read it. */
typedef struct ln_inspection lunatic_rt_process_list;

/* One process. Later versions of the library add fields at the end only. Texts
 * belong to the list; they come from guests, but are UTF-8 without control
 * characters. */
typedef struct lunatic_rt_process_info {
	size_t size; /* of the struct, in bytes */
	uint8_t id[16];
	uint64_t environment; /* its number in the runtime, from 0 */
	lunatic_rt_process_state state;
	uint32_t links;   /* processes that it is linked to */
	const char *name; /* its registered name, or else its label, or
			   * else its entry function; cut after 63
			   * bytes; NULL: none */
	lunatic_rt_function native; /* a native process's function, or NULL */
	uint64_t messages;          /* in its mailbox */
	uint64_t message_bytes;     /* the memory that they take */
	uint64_t received;         /* messages that its mailbox ever accepted */
	uint64_t dropped;          /* messages refused because it was full */
	uint64_t memory;           /* linear memory, bytes */
	uint64_t slices;           /* how often it was given a worker, plus the
				    * milliseconds that it computed on */
	uint64_t fuel;             /* used; 0: unknown */
	int64_t age_ms;            /* since its start */
	const char *host_function; /* that it is in, without its namespace, or
				    * NULL */
	const char *host_namespace; /* of that function, or NULL */
	const char *function;       /* the guest's innermost one, or NULL */
	const char *label;          /* that it has set, or NULL */
	const char *registered;     /* its name in a registry, or NULL */
} lunatic_rt_process_info;

/* The whole runtime, since its start. */
typedef struct lunatic_rt_totals {
	size_t size;       /* of the struct, in bytes */
	uint64_t alive;    /* processes */
	uint64_t started;  /* processes ever */
	uint64_t ended[4]; /* by lunatic_rt_outcome */
	uint64_t memory;   /* linear memory of all, bytes */
	uint64_t messages_delivered;
	uint64_t messages_waiting; /* in mailboxes now */
	uint64_t messages_dropped; /* refused because a mailbox was full */
	int64_t age_ms;            /* of the runtime */
} lunatic_rt_totals;

/* Lists the `max` processes with the most memory (linear memory and messages),
 * largest first; SIZE_MAX: all. Guests get up to `wait_ms` milliseconds, at
 * most 10,000, to tell which function they are in; 0 omits that. Asking wakes
 * them for some microseconds. Processes go on meanwhile, so the numbers are not
 * from exactly one moment. Waits; outside of a process it blocks the thread, up
 * to that time. LUNATIC_RT_EINVAL, LUNATIC_RT_ENOMEM. */
LUNATIC_RT_API int lunatic_rt_processes(lunatic_rt *runtime, size_t max,
					int64_t wait_ms,
					lunatic_rt_process_list **list);

/* Processes in the list; 0 for NULL. */
LUNATIC_RT_API size_t
lunatic_rt_process_list_count(const lunatic_rt_process_list *list);

/* Describes one process of the list; `size` is sizeof(*info).
 * LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int
lunatic_rt_process_list_get(const lunatic_rt_process_list *list, size_t index,
			    lunatic_rt_process_info *info, size_t size);

/* Writes the totals at that time; `size` is sizeof(*totals). LUNATIC_RT_EINVAL.
 */
LUNATIC_RT_API int
lunatic_rt_process_list_totals(const lunatic_rt_process_list *list,
			       lunatic_rt_totals *totals, size_t size);

LUNATIC_RT_API void lunatic_rt_process_list_free(lunatic_rt_process_list *list);

/* ---- Messages ---- */

/* Makes an empty message. `tag` is a number that the receiver can ask for; 0
 * means no tag. LUNATIC_RT_ENOMEM, LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_message_new(int64_t tag,
					  lunatic_rt_message **message);

/* Frees a message that was not sent. */
LUNATIC_RT_API void lunatic_rt_message_free(lunatic_rt_message *message);

/* Appends bytes; `data` may be NULL when `len` is 0. LUNATIC_RT_ENOMEM,
 * LUNATIC_RT_EINVAL (also for the message of a failed link). */
LUNATIC_RT_API int lunatic_rt_message_write(lunatic_rt_message *message,
					    const void *data, size_t len);

/* Copies up to `len` bytes from the read position on, and moves the position.
 * Stores the number of bytes in *count, 0 at the end. Reading begins at the
 * start. LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_message_read(lunatic_rt_message *message,
					   void *data, size_t len,
					   size_t *count);

/* Sets the read position, in bytes from the start. LUNATIC_RT_EINVAL when that
 * is past the end. */
LUNATIC_RT_API int lunatic_rt_message_seek(lunatic_rt_message *message,
					   size_t position);

/* Bytes written; 0 for NULL. */
LUNATIC_RT_API size_t
lunatic_rt_message_size(const lunatic_rt_message *message);

/* The tag; 0 for none and for NULL. */
LUNATIC_RT_API int64_t
lunatic_rt_message_tag(const lunatic_rt_message *message);

/* Whether this message tells that a link has failed. It has the tag of the link
 * and no content. */
LUNATIC_RT_API bool
lunatic_rt_message_is_link_died(const lunatic_rt_message *message);

/* Whether this message comes from a monitor, and how the process ended: a
 * lunatic_rt_outcome, or 4: it had ended before, and how is unknown; or 5: its
 * node is lost. *exit_code is 0 unless it has exited. Both may be NULL. */
LUNATIC_RT_API bool lunatic_rt_message_end(const lunatic_rt_message *message,
					   int *how, uint32_t *exit_code);

/* Adds a process to the message, for example so that the receiver can answer,
 * and stores its index, counted from 0, unless `index` is NULL. The message
 * holds its own reference to the process. LUNATIC_RT_ENOMEM, LUNATIC_RT_ELIMIT,
 * LUNATIC_RT_EINVAL (also for the message of a failed link). */
LUNATIC_RT_API int lunatic_rt_message_push_process(lunatic_rt_message *message,
						   lunatic_rt_process *process,
						   uint64_t *index);

/* Takes a process out of the message. LUNATIC_RT_ENOENT if there is none, or no
 * longer one, at the index. LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int
lunatic_rt_message_take_process(lunatic_rt_message *message, uint64_t index,
				lunatic_rt_process **process);

/* Sends a message and takes ownership of it, whatever the result is. Does not
 * wait. Any thread. LUNATIC_RT_EFULL: dropped, because the receiver's mailbox
 * is full. LUNATIC_RT_EDEAD: dropped, because the receiver has ended.
 * LUNATIC_RT_EINVAL: also for the message of a failed link, which only the
 * runtime sends.
 *
 * If the receiver is on another node, 0 means that the message is on its way.
 * LUNATIC_RT_EFULL: dropped, because too much waits to be sent to that node;
 * LUNATIC_RT_EDEAD: its node is not connected; LUNATIC_RT_EINVAL: the message
 * holds a TCP stream, which cannot leave its node. LUNATIC_RT_ENOMEM. */
LUNATIC_RT_API int lunatic_rt_send(lunatic_rt_process *process,
				   lunatic_rt_message *message);

/* ---- For the running native process ----
 *
 * These functions act on the calling process, and return LUNATIC_RT_EINVAL
 * anywhere else. Once a process is killed, every call that waits returns
 * LUNATIC_RT_EKILLED without doing anything; the process must then free what it
 * holds and return. */

/* The calling process, without an additional reference; NULL outside of native
 * processes. */
LUNATIC_RT_API lunatic_rt_process *lunatic_rt_self(void);

/* Whether the calling process was killed; false outside of native processes. */
LUNATIC_RT_API bool lunatic_rt_killed(void);

/* Takes the oldest message that has one of `count` tags, or the oldest of all
 * if `count` is 0 (`tags` may then be NULL); only the latter finds messages
 * without a tag. Waits at most `timeout_ms` milliseconds; 0 does not wait, -1
 * waits for ever. The caller owns the message. LUNATIC_RT_ETIMEDOUT,
 * LUNATIC_RT_EKILLED, LUNATIC_RT_ENOMEM, LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_receive(const int64_t *tags, size_t count,
				      int64_t timeout_ms,
				      lunatic_rt_message **message);

/* Waits for at least that many milliseconds. LUNATIC_RT_EKILLED,
 * LUNATIC_RT_ENOMEM, LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_sleep_ms(uint64_t milliseconds);

/* Lets other runnable processes run. Waits. LUNATIC_RT_EKILLED,
 * LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_yield(void);

/* Calls function(argument) on one of the four threads of the runtime's blocking
 * pool, and waits until it has returned. The function is not part of the
 * process: in it, calls for the running process return LUNATIC_RT_EINVAL. The
 * result is 0 if it was called, even if the process was killed meanwhile.
 * LUNATIC_RT_EKILLED, LUNATIC_RT_ENOMEM, LUNATIC_RT_EINVAL: it was not called.
 */
LUNATIC_RT_API int lunatic_rt_blocking(void (*function)(void *),
				       void *argument);

/* Links the calling process with another one: when one fails, the other is
 * killed or, after lunatic_rt_die_when_link_dies(false), gets a message with
 * `tag`. If the other one has already failed, that happens now; if it has ended
 * normally, nothing happens. Linking again changes the tag. Waits only if too
 * much waits to be sent to the other node. LUNATIC_RT_EKILLED (it had failed,
 * which kills the caller), LUNATIC_RT_ELIMIT, LUNATIC_RT_ENOMEM,
 * LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_link(lunatic_rt_process *process, int64_t tag);

/* Removes a link, if there is one. Waits as lunatic_rt_link.
 * LUNATIC_RT_EKILLED, LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_unlink(lunatic_rt_process *process);

/* Watches a process: exactly one message reports its end, normal or not, at
 * once if it has already ended. The message has the tag that this function
 * stores; lunatic_rt_message_end reads it. It comes after all messages that the
 * process has sent, even if the mailbox is full. Waits as lunatic_rt_link.
 * LUNATIC_RT_ELIMIT (as for links), LUNATIC_RT_EKILLED, LUNATIC_RT_ENOMEM,
 * LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_monitor(lunatic_rt_process *process,
				      int64_t *tag);

/* Ends a monitor: afterwards the mailbox has no message with its tag, and
 * accepts none. May let others run. LUNATIC_RT_ENOENT: it has already reported.
 * LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_demonitor(int64_t tag);

/* Sets the caller's label, which lists of processes show: UTF-8, cut after 63
 * bytes; NULL: none. LUNATIC_RT_EINVAL, LUNATIC_RT_ENOMEM. */
LUNATIC_RT_API int lunatic_rt_set_label(const char *label);

/* Whether the failure of a linked process kills the calling process (the
 * default, true) or becomes a message to it. LUNATIC_RT_EINVAL. */
LUNATIC_RT_API int lunatic_rt_die_when_link_dies(bool die);

#ifdef __cplusplus
}
#endif

#endif
