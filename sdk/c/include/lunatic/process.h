/*
 * Processes: spawning them, handles to them, and links, which report the
 * failure of one process to another.
 *
 * A process fails when it traps, exits with a status other than 0, is killed,
 * or dies because a linked one failed. A normal end is not reported to links.
 */
#ifndef LUNATIC_PROCESS_H
#define LUNATIC_PROCESS_H

#include <lunatic/reader.h>
#include <lunatic/writer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A handle to a process; the number is valid in this process only. A process
 * lives on when its handles are dropped. */
struct lunatic_proc {
	uint64_t id;
};

/* A handle to no process; everything but lunatic_proc_is traps on it. */
#define LUNATIC_NO_PROC ((struct lunatic_proc){ UINT64_MAX })

/* Why a process is gone. */
enum lunatic_reason {
	LUNATIC_RETURNED = 0,   /* or it exited with 0 */
	LUNATIC_EXITED = 1,     /* with another status */
	LUNATIC_TRAPPED = 2,    /* a report was printed */
	LUNATIC_KILLED = 3,     /* by a process, or by the failure of a link */
	LUNATIC_NO_PROCESS = 4, /* it had ended before; how is unknown */
	LUNATIC_NODE_LOST = 5,  /* its node is lost; it may live on there */
};

/* How a process ended. */
struct lunatic_end {
	enum lunatic_reason reason;
	uint32_t status; /* that it exited with; otherwise 0 */
};

/* A few words for it, such as "it was killed"; constant. */
const char *lunatic_end_text(struct lunatic_end end);

/* A module that processes can be spawned from: lunatic/environment.h. */
struct lunatic_module {
	uint64_t id;
};

/* How a process is spawned. NULL means all zeros: from this module, in this
 * environment, not linked. */
struct lunatic_spawn {
	/* If not 0, the two are linked before the new process runs; if it
	 * fails, this one is told with that tag. lunatic_tag_new() makes one.
	 */
	int64_t link;
	/* The module; NULL for this process's own module and environment. Entry
	 * functions are found only if it is this same module, added to another
	 * environment. */
	const struct lunatic_module *module;
};

/*
 * Spawns a process that calls `entry` and ends when that returns. As in all
 * functions that spawn, `child` gets a handle, or is NULL. The process starts
 * with a fresh memory, so `entry` does not see changes made to variables here.
 *
 * Returns LUNATIC_EHOST if the process cannot be spawned: a limit is reached,
 * or the module has no such function. Traps if the module in `how` is invalid.
 *
 *	static void work(void)
 *	{
 *		puts("working");
 *	}
 *
 *	static void start(void)
 *	{
 *		struct lunatic_spawn linked = { .link = lunatic_tag_new() };
 *		struct lunatic_proc child;
 *
 *		if (lunatic_spawn(&child, &linked, work) == 0)
 *			lunatic_proc_drop(child);
 *	}
 */
int lunatic_spawn(struct lunatic_proc *child, const struct lunatic_spawn *how,
		  void (*entry)(void));

/* The same for a function that gets a number. */
int lunatic_spawn_value(struct lunatic_proc *child,
			const struct lunatic_spawn *how,
			void (*entry)(int64_t value), int64_t value);

/* The same for a function that gets a copy of `size` bytes, aligned as from
 * malloc and valid until it returns. Pointers in the copy are invalid there.
 * The bytes are the first message of the process, so it can receive only inside
 * `entry`. The scratch area of this process is overwritten: reading on in a
 * message that was received before is LUNATIC_EMISUSE. */
int lunatic_spawn_bytes(struct lunatic_proc *child,
			const struct lunatic_spawn *how,
			void (*entry)(const void *data, size_t size),
			const void *data, size_t size);

/*
 * The same for a function that reads its argument, which can hold handles of
 * processes too. `argument` was begun with lunatic_mail_begin and holds one
 * value; this function ends it. A Rust process that is spawned with a context
 * gets it in the same way. If the writer has failed, its status is returned and
 * no process is spawned.
 *
 *	static void serve(struct lunatic_reader *argument)
 *	{
 *		char name[32];
 *
 *		lunatic_read_str(argument, name, sizeof(name));
 *		if (lunatic_reader_end(argument) == 0)
 *			puts(name);
 *	}
 *
 *	static void start(void)
 *	{
 *		struct lunatic_writer argument;
 *
 *		lunatic_mail_begin(&argument, 0);
 *		lunatic_write_str(&argument, "front");
 *		lunatic_spawn_packed(NULL, NULL, serve, &argument);
 *	}
 */
int lunatic_spawn_packed(struct lunatic_proc *child,
			 const struct lunatic_spawn *how,
			 void (*entry)(struct lunatic_reader *argument),
			 struct lunatic_writer *argument);

/* A parameter of an exported function. */
struct lunatic_param {
	uint8_t type; /* as in wasm: 0x7f i32, 0x7e i64, 0x7b v128 */
	union {
		int32_t i32;
		int64_t i64;
		uint8_t v128[16];
	} value;
};

#define LUNATIC_I32(number) \
	((struct lunatic_param){ 0x7f, { .i32 = (number) } })
#define LUNATIC_I64(number) \
	((struct lunatic_param){ 0x7e, { .i64 = (number) } })

#define LUNATIC_PARAMS_MAX 16

/*
 * Spawns a process that calls a function that the module exports under `name`.
 * Use it for modules other than this one. LUNATIC_EXPORT exports a C function.
 * LUNATIC_EMISUSE for more than LUNATIC_PARAMS_MAX parameters; traps if the
 *name is not UTF-8.
 *
 *	LUNATIC_EXPORT(count) void count(int32_t from, int64_t to)
 *	{
 *		printf("%d to %lld\n", (int)from, (long long)to);
 *	}
 *
 *	static void start(void)
 *	{
 *		const struct lunatic_param params[] = { LUNATIC_I32(1),
 *							LUNATIC_I64(10) };
 *
 *		lunatic_spawn_export(NULL, NULL, "count", params, 2);
 *	}
 */
int lunatic_spawn_export(struct lunatic_proc *child,
			 const struct lunatic_spawn *how, const char *name,
			 const struct lunatic_param *params, size_t count);

#define LUNATIC_EXPORT(name) __attribute__((export_name(#name)))

/* Gives this process a label, which is shown in reports of traps and of
 * processes; at most 63 bytes of UTF-8. Servers with a name, supervisors with a
 * name, and their children have one. Traps if it is not UTF-8. */
void lunatic_proc_label(const char *label);

/* A new handle to this process. */
struct lunatic_proc lunatic_proc_self(void);

/* A second handle to the same process, for example to send one away and to
 * keep the other. Traps if the handle is invalid. */
struct lunatic_proc lunatic_proc_clone(struct lunatic_proc proc);

/* Drops a handle; does nothing for LUNATIC_NO_PROC. Traps if the handle is
 * invalid otherwise. */
void lunatic_proc_drop(struct lunatic_proc proc);

/* Whether it is a handle, not LUNATIC_NO_PROC. */
bool lunatic_proc_is(struct lunatic_proc proc);

/* The UUID of a process, unique on all nodes, as a little-endian number. Traps
 * if the handle is invalid. */
void lunatic_proc_uuid(struct lunatic_proc proc, uint8_t uuid[16]);

/* Whether both are handles to one process. Traps if one is invalid. */
bool lunatic_proc_same(struct lunatic_proc one, struct lunatic_proc other);

/* Links this process with another one, and returns the tag with which this one
 * is told of a failure: at once if the other one has already failed, and never
 * if it has ended normally. Traps if the handle is invalid. */
int64_t lunatic_proc_link(struct lunatic_proc proc);

/* Removes a link, whichever side made it. Its message may already be in the
 * mailbox. Traps if the handle is invalid. */
void lunatic_proc_unlink(struct lunatic_proc proc);

/*
 * Monitors a process: exactly one message reports its end, normal or not, at
 * once if it has already ended. lunatic_receive returns LUNATIC_ENDED for this
 * message, and this function returns its tag. The message comes after all
 * messages that the process has sent to this one. Unlike a link, a monitor is
 * one-sided and kills nobody. Traps if the handle is invalid, or if as many
 * processes are monitored as may be linked.
 */
int64_t lunatic_proc_monitor(struct lunatic_proc proc);

/* Ends a monitor: afterwards no message with its tag is in the mailbox, and
 * none will come. Does nothing if it has already reported. */
void lunatic_proc_demonitor(int64_t tag);

/* Kills a process, even if it catches links or computes; it cannot clean up.
 * Its links are told as of any failure. Does nothing if it has ended. To end a
 * server or supervisor in order, use lunatic_server_stop. Returns 0. Traps if
 * the handle is invalid. */
int lunatic_proc_kill(struct lunatic_proc proc);

/* From now on the failure of a linked process is a message to this one, for
 * which lunatic_receive returns LUNATIC_LINK_DIED. */
void lunatic_links_catch(void);

/* From now on this process dies when a linked one fails, which is the default.
 */
void lunatic_links_die(void);

/* Waits that many milliseconds. */
void lunatic_sleep(uint64_t milliseconds);

/*
 * A tag that this process has not used before. It is positive, and other
 * processes hardly ever use the same, so a foreign request is not mistaken for
 * the answer to one of this process. (Tags of the Rust crate count from 1 in
 * every process.) Negative tags down to -1,000,000 are free for the program;
 * the library uses some below.
 */
int64_t lunatic_tag_new(void);

#ifdef __cplusplus
}
#endif

#endif
