/*
 * Shared by the files of the guest library, and private to it.
 */
#ifndef LUNATIC_GUEST_INTERNAL_H
#define LUNATIC_GUEST_INTERNAL_H

#ifdef __wasm32__

struct lunatic_server;
#include <lunatic/abi.h>
#endif
#include <lunatic/process.h>
#include <lunatic/reader.h>
#include <lunatic/writer.h>
#include <stdint.h>

/*
 * The number of the message in the scratch area, which counts up whenever
 * another message gets there. A reader or writer of an earlier message fails
 * instead of using the later one. Never 0.
 */
extern uint64_t lunatic_scratch_message;

#define LUNATIC_LIKELY(condition) __builtin_expect(!!(condition), 1)

/* Stands for the number of a message that is not begun yet. */
#define LUNATIC_SCRATCH_NOT_YET UINT64_MAX

/* Reading and writing the message in the scratch area, which does not exist
 * where the reader and the writer are fuzzed natively. */

static inline size_t lunatic_scratch_read(void *data, size_t size)
{
#ifdef __wasm32__
	return lunatic_message_read_data(data, size);
#else
	(void)data;
	(void)size;
	return 0;
#endif
}

static inline void lunatic_scratch_write(const void *data, size_t size)
{
#ifdef __wasm32__
	lunatic_message_write_data(data, size);
#else
	(void)data;
	(void)size;
#endif
}

/* Passes on the bytes that a writer of a message holds, and then more bytes.
 * Returns 0 or a status, which the caller must note in the writer. */
int lunatic_writer_flush(struct lunatic_writer *writer, const void *more,
			 size_t size);

/* The order to stop: to servers, to supervisors, and from those to children.
 * Below what programs may use. */
#define LUNATIC_TAG_STOP INT64_C(-1000001)

/* The requests to a supervisor, as variants. */
enum lunatic_question {
	LUNATIC_ASK_FIND,
	LUNATIC_ASK_RUNNING,
	LUNATIC_ASK_START,
	LUNATIC_ASK_END_NAME,
	LUNATIC_ASK_END_PROC,
	LUNATIC_ASK_LIST,
};

/* The rest needs the host. */
#ifdef __wasm32__

/* Notes that the scratch area holds another message, and returns its number. */
static inline uint64_t lunatic_scratch_changed(void)
{
	return ++lunatic_scratch_message;
}

/* If not NULL, called before another message gets there. */
extern void (*lunatic_scratch_leaving)(void);

/* Makes `reader` read the message that is in the scratch area, from its
 * start. */
void lunatic_reader_open(struct lunatic_reader *reader);

/* Makes `writer` write to the message that is in the scratch area. */
void lunatic_writer_open(struct lunatic_writer *writer);

/* Makes `writer` call `begin` before the first byte; `begin` must open it, and
 * returns 0 or a status. It finds `context` in the writer. */
void lunatic_writer_arm(struct lunatic_writer *writer,
			int (*begin)(struct lunatic_writer *writer),
			void *context);

/* Whether anything was written. */
bool lunatic_writer_begun(const struct lunatic_writer *writer);

/* Whether a handle can be moved into the message; if not, the writer fails. */
bool lunatic_writer_may_push(struct lunatic_writer *mail);

/* Reads the number of a handle in the message; false after a failure. */
bool lunatic_reader_index(struct lunatic_reader *mail, uint64_t *index);

/* Passes on the written bytes; 0 if the message is complete. */
int lunatic_writer_close(struct lunatic_writer *writer);

/* Spawns a process that calls `helper` with `function`, and sends it `mail`,
 * which was begun and needs only sending, as its first message; NULL is
 * none. */
int lunatic_spawn_helper(struct lunatic_proc *child,
			 const struct lunatic_spawn *how,
			 void (*helper)(uintptr_t function), uintptr_t function,
			 struct lunatic_writer *mail);

/* lunatic_server_run, that calls started(context) between init and the first
 * request. */
void lunatic_server_serve(const struct lunatic_server *what,
			  struct lunatic_reader *argument,
			  void (*started)(const void *context),
			  const void *context);

/* Registers this process in its environment, as version 1.0.0 and in the place
 * of any other of that name, which is its label, too. */
void lunatic_register_self(const char *name);

/* Where a process can be upgraded: it waits in the receive of a loop of the
 * library. Writes what goes on afterwards, as the rest of an array that was
 * begun, of LUNATIC_SAVED values. Returns 0, or a status: it cannot be. NULL:
 * not now. */
extern int (*lunatic_save_now)(struct lunatic_writer *out);
#define LUNATIC_SAVED 4

/* What was saved is of a server; likewise of a supervisor. */
enum lunatic_saved_kind { LUNATIC_SAVED_SERVER, LUNATIC_SAVED_SUPERVISOR };

struct lunatic_upgrades;

/* Reads what was saved of it, but for the kind. 0: it is ready to be resumed,
 * which returns when it is stopped. */
int lunatic_server_load(const struct lunatic_upgrades *upgrades,
			int64_t version, struct lunatic_reader *in);
void lunatic_server_resume(void);
int lunatic_supervisor_load(const struct lunatic_upgrades *upgrades,
			    struct lunatic_reader *in);
void lunatic_supervisor_resume(void);

/* The constructors, once, and the exit functions: there in modules that can be
 * upgraded, which the linker adds neither to exports; see upgrade.c. */
__attribute__((weak)) void lunatic_constructors(void);
__attribute__((weak)) void lunatic_destructors(void);

/* A timeout as the host wants it. */
uint32_t lunatic_host_timeout(int64_t timeout);

/* Keeps the text of an error of the host, drops the error, and returns
 * LUNATIC_EHOST. */
int lunatic_host_error(uint64_t error);

/* What a function of the host has returned, as a status; `error` is what it has
 * stored where an id belongs. */
int lunatic_host_status(uint32_t result, uint64_t error);

/* What an exported function does first, and last, that a process begins with.
 */
void lunatic_enter(void);
void lunatic_leave(void);

/* Sets the text of LUNATIC_EDIED from now on; NULL: the general one. */
void lunatic_note_end(const struct lunatic_end *end);

/* Makes the process fail, without a report. */
_Noreturn void lunatic_fail(void);

#endif
#endif
