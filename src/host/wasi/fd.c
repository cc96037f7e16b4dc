/*
 * DESIGN
 * What any kind of file descriptor can do: read and write, tell and change how
 * it is. What only files have is in file.c. A transfer may park, so
 * nothing here keeps what could change meanwhile; guest memory does not, see
 * process/guest.h.
 *
 * Limits: one call moves at most LN_IOVECS_BYTES out of LN_IOVECS_PIECES
 * pieces; a longer one is done in part, and the guest's library goes on.
 *
 * Threads: the one that runs the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "host/abi_gen.h"
#include "host/iovecs.h"
#include "host/stream.h"
#include "host/trampoline.h"
#include "host/wasi/io.h"
#include "host/wasi/table.h"
#include "host/wasi/wasi.h"

/* The stream behind a descriptor, or NULL. */
static const struct ln_stream *stream_of(const struct ln_wasi_fd *entry)
{
	return entry->streams[LN_READABLE] != NULL
		       ? entry->streams[LN_READABLE]
		       : entry->streams[LN_WRITABLE];
}

/* The system's descriptor. */
static int system_fd(const struct ln_wasi_fd *entry)
{
	const struct ln_stream *stream = stream_of(entry);

	return stream != NULL ? ln_stream_fd(stream) : entry->fd;
}

/* fstat that returns a WASI errno, read before anything can park. */
static LN_NOINLINE uint32_t look_up(const struct ln_wasi_fd *entry,
				    struct stat *stat)
{
	if (entry->kind == LN_WASI_MAILBOX) {
		*stat = (struct stat){ 0 };
		return LN_WASI_SUCCESS;
	}
	if (fstat(system_fd(entry), stat) < 0)
		return ln_wasi_from_errno(errno);
	return LN_WASI_SUCCESS;
}

static uint32_t flags_of(const struct ln_wasi_fd *entry)
{
	uint32_t result = entry->flags;
	int flags;

	if (entry->kind != LN_WASI_STREAM)
		return result;
	flags = fcntl(system_fd(entry), F_GETFL);
	if (flags >= 0 && (flags & O_APPEND) != 0)
		result |= LN_WASI_FDFLAG_APPEND;
	return result;
}

/* A terminal is what C libraries take it for: a character device without the
 * right to seek. So other devices have that right, whether it helps or not. */
static uint64_t rights_of(const struct ln_wasi_fd *entry,
			  enum ln_wasi_filetype type)
{
	const struct ln_stream *stream = stream_of(entry);
	uint64_t rights = LN_WASI_RIGHT_FD_FDSTAT_SET_FLAGS |
			  LN_WASI_RIGHT_FD_FILESTAT_GET |
			  LN_WASI_RIGHT_POLL_FD_READWRITE;

	if (stream == NULL || entry->kind == LN_WASI_LISTENER ||
	    entry->kind == LN_WASI_SOCKET)
		return entry->rights;
	if (entry->streams[LN_READABLE] != NULL)
		rights |= LN_WASI_RIGHT_FD_READ;
	if (entry->streams[LN_WRITABLE] != NULL)
		rights |= LN_WASI_RIGHT_FD_WRITE;
	if (ln_stream_seekable(stream) ||
	    (type == LN_WASI_TYPE_CHARACTER_DEVICE &&
	     !ln_stream_terminal(stream)))
		rights |= LN_WASI_RIGHT_FD_SEEK | LN_WASI_RIGHT_FD_TELL;
	return rights & entry->rights;
}

int ln_host_wasi_fd_close(struct ln_guest *guest, uint32_t fd, uint32_t *result)
{
	*result = ln_wasi_close(guest, fd);
	return 0;
}

int ln_host_wasi_fd_renumber(struct ln_guest *guest, uint32_t fd, uint32_t to,
			     uint32_t *result)
{
	*result = ln_wasi_renumber(guest, fd, to);
	return 0;
}

int ln_host_wasi_fd_fdstat_get(struct ln_guest *guest, uint32_t fd,
			       uint8_t *out, uint32_t *result)
{
	struct ln_wasi_fd *entry;
	enum ln_wasi_filetype type;
	struct stat stat;

	*result = ln_wasi_find(guest, fd, 0, &entry);
	if (*result == LN_WASI_SUCCESS)
		*result = look_up(entry, &stat);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	entry->asked = true;
	type = ln_wasi_filetype(system_fd(entry), &stat);
	ln_wasi_put_fdstat(out, type, flags_of(entry), rights_of(entry, type),
			   entry->inheriting);
	return 0;
}

int ln_host_wasi_fd_fdstat_set_rights(struct ln_guest *guest, uint32_t fd,
				      uint64_t base, uint64_t inheriting,
				      uint32_t *result)
{
	struct ln_wasi_fd *entry;
	struct stat stat;

	*result = ln_wasi_find(guest, fd, 0, &entry);
	if (*result == LN_WASI_SUCCESS)
		*result = look_up(entry, &stat);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if ((base & ~rights_of(entry, ln_wasi_filetype(system_fd(entry),
						       &stat))) != 0 ||
	    (inheriting & ~entry->inheriting) != 0) {
		*result = LN_WASI_NOTCAPABLE;
		return 0;
	}
	entry->rights = base;
	entry->inheriting = inheriting;
	return 0;
}

/* Sets O_APPEND of an open file of our own. */
static LN_NOINLINE uint32_t set_append(int fd, bool append)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 ||
	    fcntl(fd, F_SETFL, append ? flags | O_APPEND : flags & ~O_APPEND) <
		    0)
		return ln_wasi_from_errno(errno);
	return LN_WASI_SUCCESS;
}

/* Whether calls wait is known to us alone. O_APPEND can change where the open
 * file is this process's own, but a standard stream's is not; how writes reach
 * the storage, the system does not change after opening. */
int ln_host_wasi_fd_fdstat_set_flags(struct ln_guest *guest, uint32_t fd,
				     uint32_t flags, uint32_t *result)
{
	struct ln_wasi_fd *entry;
	uint32_t changed;
	uint32_t changeable = LN_WASI_FDFLAG_NONBLOCK;

	*result = ln_wasi_find(guest, fd, LN_WASI_RIGHT_FD_FDSTAT_SET_FLAGS,
			       &entry);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if ((flags & ~LN_WASI_FDFLAGS_ALL) != 0) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	changed = flags ^ flags_of(entry);
	if (entry->kind == LN_WASI_FILE)
		changeable |= LN_WASI_FDFLAG_APPEND;
	if ((changed & ~changeable) != 0) {
		*result = LN_WASI_NOTSUP;
		return 0;
	}
	if ((changed & LN_WASI_FDFLAG_APPEND) != 0)
		*result = set_append(entry->fd,
				     (flags & LN_WASI_FDFLAG_APPEND) != 0);
	if (*result == LN_WASI_SUCCESS) {
		entry->flags ^= (uint16_t)changed;
		entry->asked = true;
	}
	return 0;
}

int ln_host_wasi_fd_filestat_get(struct ln_guest *guest, uint32_t fd,
				 uint8_t *out, uint32_t *result)
{
	struct ln_wasi_fd *entry;
	struct stat stat;

	*result =
		ln_wasi_find(guest, fd, LN_WASI_RIGHT_FD_FILESTAT_GET, &entry);
	if (*result == LN_WASI_SUCCESS)
		*result = look_up(entry, &stat);
	if (*result == LN_WASI_SUCCESS)
		ln_wasi_put_filestat(
			out, ln_wasi_filetype(system_fd(entry), &stat), &stat);
	return 0;
}

static LN_NOINLINE uint32_t seek(int fd, int64_t offset, int whence,
				 uint8_t *position)
{
	off_t result = lseek(fd, (off_t)offset, whence);

	if (result < 0)
		return ln_wasi_from_errno(errno);
	ln_wasi_store64(position, (uint64_t)result);
	return LN_WASI_SUCCESS;
}

/* Finds a descriptor that has a position. */
static uint32_t find_seekable(struct ln_guest *guest, uint32_t fd,
			      uint64_t right, struct ln_wasi_fd **entry)
{
	uint32_t result = ln_wasi_find(guest, fd, right, entry);
	const struct ln_stream *stream;

	if (result != LN_WASI_SUCCESS)
		return result;
	stream = stream_of(*entry);
	if (stream != NULL && !ln_stream_seekable(stream))
		return LN_WASI_SPIPE;
	return LN_WASI_SUCCESS;
}

int ln_host_wasi_fd_seek(struct ln_guest *guest, uint32_t fd, int64_t offset,
			 uint32_t whence, uint8_t *position, uint32_t *result)
{
	static const int whences[] = { SEEK_SET, SEEK_CUR, SEEK_END };
	struct ln_wasi_fd *entry;

	*result = ln_wasi_find(guest, fd, 0, &entry);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if (whence >= sizeof(whences) / sizeof(whences[0])) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	*result = find_seekable(guest, fd,
				offset == 0 && whence == 1
					? LN_WASI_RIGHT_FD_TELL
					: LN_WASI_RIGHT_FD_SEEK,
				&entry);
	if (*result == LN_WASI_SUCCESS)
		*result = seek(system_fd(entry), offset, whences[whence],
			       position);
	return 0;
}

int ln_host_wasi_fd_tell(struct ln_guest *guest, uint32_t fd, uint8_t *position,
			 uint32_t *result)
{
	return ln_host_wasi_fd_seek(guest, fd, 0, 1, position, result);
}

/* Reads or writes; `offset` as for files. */
static int transfer(struct ln_guest *guest, struct ln_wasi_fd *entry,
		    enum ln_direction direction, int64_t offset,
		    struct ln_array array, uint8_t *moved, uint32_t *result)
{
	struct ln_iovecs pieces;
	uint8_t *memory;
	uint64_t size;
	size_t done;
	int number;
	int error;

	if (!ln_guest_view(guest, &memory, &size) ||
	    ln_iovecs_init(&pieces, memory, size, array) < 0) {
		*result = LN_WASI_FAULT;
		return 0;
	}
	if (entry->kind == LN_WASI_MAILBOX)
		return ln_wasi_read_mailbox(guest, entry, &pieces, moved,
					    result);
	ln_guest_charge(guest, pieces.left);
	if (entry->kind == LN_WASI_FILE)
		error = ln_wasi_file_transfer(entry, direction, offset, &pieces,
					      &done, &number);
	else
		error = ln_stream_transfer(
			entry->streams[direction], &pieces,
			(entry->flags & LN_WASI_FDFLAG_NONBLOCK) != 0, &done,
			&number);
	switch (error) {
	case 0:
		ln_wasi_store32(moved, (uint32_t)done);
		*result = LN_WASI_SUCCESS;
		return 0;
	case LN_EIO:
		*result = ln_wasi_from_errno(number);
		return 0;
	case LN_ENOMEM:
		*result = LN_WASI_NOMEM;
		return 0;
	default:
		return error;
	}
}

/* Finds a descriptor that can be read, or written. */
static uint32_t find_open_for(struct ln_guest *guest, uint32_t fd,
			      enum ln_direction direction, uint64_t more,
			      struct ln_wasi_fd **entry)
{
	uint64_t right = direction == LN_READABLE ? LN_WASI_RIGHT_FD_READ
						  : LN_WASI_RIGHT_FD_WRITE;
	uint32_t result = ln_wasi_find(guest, fd, right | more, entry);

	if (result != LN_WASI_SUCCESS || (*entry)->kind == LN_WASI_FILE ||
	    (*entry)->kind == LN_WASI_MAILBOX)
		return result;
	return (*entry)->streams[direction] != NULL ? LN_WASI_SUCCESS
						    : LN_WASI_BADF;
}

/* Through the position of the descriptor. */
static int transfer_next(struct ln_guest *guest, uint32_t fd,
			 enum ln_direction direction, struct ln_array array,
			 uint8_t *moved, uint32_t *result)
{
	struct ln_wasi_fd *entry;

	*result = find_open_for(guest, fd, direction, 0, &entry);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	return transfer(guest, entry, direction, LN_WASI_AT_POSITION, array,
			moved, result);
}

/* At a place of a file. */
static int transfer_at(struct ln_guest *guest, uint32_t fd,
		       enum ln_direction direction, uint64_t offset,
		       struct ln_array array, uint8_t *moved, uint32_t *result)
{
	struct ln_wasi_fd *entry;

	*result = find_open_for(guest, fd, direction, LN_WASI_RIGHT_FD_SEEK,
				&entry);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if (entry->kind != LN_WASI_FILE) {
		*result = LN_WASI_SPIPE;
		return 0;
	}
	if (offset > INT64_MAX) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	return transfer(guest, entry, direction, (int64_t)offset, array, moved,
			result);
}

int ln_host_wasi_fd_read(struct ln_guest *guest, uint32_t fd,
			 struct ln_array iovs, uint8_t *nread, uint32_t *result)
{
	return transfer_next(guest, fd, LN_READABLE, iovs, nread, result);
}

int ln_host_wasi_fd_write(struct ln_guest *guest, uint32_t fd,
			  struct ln_array iovs, uint8_t *nwritten,
			  uint32_t *result)
{
	return transfer_next(guest, fd, LN_WRITABLE, iovs, nwritten, result);
}

int ln_host_wasi_fd_pread(struct ln_guest *guest, uint32_t fd,
			  struct ln_array iovs, uint64_t offset, uint8_t *nread,
			  uint32_t *result)
{
	return transfer_at(guest, fd, LN_READABLE, offset, iovs, nread, result);
}

int ln_host_wasi_fd_pwrite(struct ln_guest *guest, uint32_t fd,
			   struct ln_array iovs, uint64_t offset,
			   uint8_t *nwritten, uint32_t *result)
{
	return transfer_at(guest, fd, LN_WRITABLE, offset, iovs, nwritten,
			   result);
}
