/*
 * The file descriptors of a process. A table is made by the first WASI call
 * that needs one; it then holds the standard streams and the directories that
 * the environment opened beforehand. Only the thread that runs the process
 * touches it. An entry stays where it is, and as it is, until the process's
 * next call: also while this one parks.
 */
#ifndef LN_HOST_WASI_TABLE_H
#define LN_HOST_WASI_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "host/stream.h"
#include "host/wasi/wasi.h"

struct ln_guest;
struct ln_iovecs;
struct ln_p2_socket;
struct ln_quota;
struct ln_serving;

/* Descriptors of one process, unless its max_handles is lower. */
#define LN_WASI_MAX_FDS 65536u

enum ln_wasi_kind {
	LN_WASI_NONE,      /* not open */
	LN_WASI_STREAM,    /* a standard stream: shared, only one direction */
	LN_WASI_DEVICE,    /* FIFO, terminal or such, opened by a path */
	LN_WASI_FILE,      /* regular file or block device */
	LN_WASI_DIRECTORY, /* opened by a path, or preopened */
	LN_WASI_LISTENER,  /* a socket that the environment listens at */
	LN_WASI_SOCKET,    /* a connection */
	LN_WASI_NET,       /* a socket of WASI 0.2 */
	LN_WASI_MAILBOX, /* tells of messages; the system knows nothing of it */
};

struct ln_wasi_fd {
	uint8_t kind;    /* enum ln_wasi_kind */
	bool preopened;  /* `fd` is the environment's; of directories, O_PATH */
	bool read_only;  /* below a directory that was opened so */
	bool readable;   /* how a file was opened */
	bool writable;   /* the same */
	bool in_memory;  /* the file system never waits for a device */
	bool asked;      /* a listener's flags have been read or set */
	uint8_t type;    /* enum ln_wasi_filetype of a device */
	uint32_t uses;   /* resources of WASI 0.2 that are of it */
	uint16_t flags;  /* `fdflags`; a standard stream's: NONBLOCK only */
	int fd;          /* of a file, directory or listener */
	int list;        /* a directory as it can be read; -1: not open yet */
	uint64_t rights; /* base; a standard stream's: those not given up */
	uint64_t inheriting;
	struct ln_stream *streams[2]; /* by enum ln_direction, or NULL */
	/* Of these, while poll_oneoff waits for them; NULL: it does not. */
	struct ln_stream_watch *watches[2];
	union {
		const char *name;         /* of a preopened directory */
		struct ln_p2_socket *net; /* owned, of LN_WASI_NET */
	};
	struct ln_quota *quota;     /* of which each descriptor that is
				     * its own has a unit; NULL: none has */
	struct ln_serving *serving; /* that a connection counts for, or NULL */
};

/* Rights that some kinds of descriptors can have, and those that change
 * something: a read-only directory and what is below it has them in vain. */
extern const uint64_t ln_wasi_file_rights;
extern const uint64_t ln_wasi_directory_rights;
extern const uint64_t ln_wasi_changing_rights;
extern const uint64_t ln_wasi_socket_rights;
extern const uint64_t ln_wasi_listener_rights;

/* Finds an open descriptor that has all of `rights`. Returns a WASI errno: BADF
 * (not open; also not opened for that), NOTDIR (a right of directories), ROFS
 * (read-only), NOTCAPABLE (a right was given up), NOMEM. A directory also has
 * the rights of directories that it passes on, as long as it has PATH_OPEN. */
uint32_t ln_wasi_find(struct ln_guest *guest, uint32_t fd, uint64_t rights,
		      struct ln_wasi_fd **out);

/* The same without ROFS: for those who look at `read_only` later. */
uint32_t ln_wasi_find_held(struct ln_guest *guest, uint32_t fd, uint64_t rights,
			   struct ln_wasi_fd **out);

/* Notes that the guest looked for a directory where none is, so that whoever
 * runs it can be told what its environment lacks: the errors of a C library
 * never name it, and most of its calls do not even reach the host. */
void ln_wasi_miss_directory(struct ln_guest *guest);

/* Makes streams of `fd`, which was opened for them and which they own, in the
 * directions in which the entry is readable and writable. For `fd` the caller
 * has taken a unit of the entry's quota, and with `second` also one for another
 * descriptor, which two directions need; otherwise that one is taken here. A
 * WASI errno: MFILE, NOMEM; then `fd` is closed, its unit still taken, and only
 * that. */
uint32_t ln_wasi_make_streams(struct ln_wasi_fd *made, int fd, bool second);

/* Makes the stream of a listener that tells of connections. MFILE, NOMEM. */
uint32_t ln_wasi_watch_listener(struct ln_wasi_fd *listener);

/* Reads the one byte of a mailbox's descriptor that tells of news, and waits
 * for it unless that is non-blocking. */
int ln_wasi_read_mailbox(struct ln_guest *guest, const struct ln_wasi_fd *entry,
			 struct ln_iovecs *pieces, uint8_t *moved,
			 uint32_t *result);

/* The stream behind an open descriptor, in one direction; NULL: there is none,
 * or it may not be used. */
struct ln_stream *ln_wasi_stream(struct ln_guest *guest, uint32_t fd,
				 enum ln_direction direction);

/* Sees to it that the next ln_wasi_add finds a number. MFILE, NOMEM. Moves
 * entries. */
uint32_t ln_wasi_make_room(struct ln_guest *guest);

/* Adds an entry at the lowest free number. A WASI errno: MFILE, NOMEM; then the
 * caller still owns what `entry` holds. Moves other entries. */
uint32_t ln_wasi_add(struct ln_guest *guest, const struct ln_wasi_fd *entry,
		     uint32_t *fd);

/* Closes a descriptor: BADF, NOMEM. May park. */
uint32_t ln_wasi_close(struct ln_guest *guest, uint32_t fd);

/* Moves a descriptor to the number of another one, which is closed. BADF,
 * NOMEM. May park. */
uint32_t ln_wasi_renumber(struct ln_guest *guest, uint32_t from, uint32_t to);

/* Closes what an entry holds, which is in no table. May park. */
void ln_wasi_release(struct ln_wasi_fd *entry);

/* Runs function(argument) where it may block, and parks until it has returned;
 * a kill takes effect afterwards: LN_EKILLED. LN_ENOMEM: it has not run. Tasks
 * only. */
int ln_wasi_block(void (*function)(void *), void *argument);

/* The same for what may take long, such as syncing, and so must not delay what
 * does not. */
int ln_wasi_block_long(void (*function)(void *), void *argument);

/* The same in steps, see ln_blocking_run_steps. */
int ln_wasi_block_steps(bool (*step)(void *), void *argument);

/* The same in a host function that has just called ln_wasi_block: turns its
 * answer and that of the job into those of the host function. */
int ln_wasi_answer(int error, uint32_t job_result, uint32_t *result);

/* What the functions of WASI 0.2 keep beside; NULL at first. NULL: memory is
 * short. */
struct ln_p2_table;
struct ln_p2_table **ln_wasi_p2(struct ln_guest *guest);

#endif
