/*
 * DESIGN
 * WASI's file descriptors, as far as they are the standard streams: the only
 * ones that a process has. A transfer may park, so nothing here keeps what
 * could change meanwhile; guest memory does not, see process/guest.h.
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
#include "host/wasi.h"

/* fstat that returns a WASI errno, read before anything can park. */
static LN_NOINLINE uint32_t look_up(const struct ln_stream *stream,
				    struct stat *stat)
{
	if (fstat(ln_stream_fd(stream), stat) < 0)
		return ln_wasi_from_errno(errno);
	return LN_WASI_SUCCESS;
}

static uint32_t flags_of(const struct ln_guest *guest, uint32_t fd,
			 const struct ln_stream *stream)
{
	int flags = fcntl(ln_stream_fd(stream), F_GETFL);
	uint32_t result = 0;

	if (flags >= 0 && (flags & O_APPEND) != 0)
		result |= LN_WASI_FDFLAG_APPEND;
	if (ln_wasi_nonblocking(guest, fd))
		result |= LN_WASI_FDFLAG_NONBLOCK;
	return result;
}

/* A terminal is what C libraries take it for: a character device without the
 * right to seek. So other devices have that right, whether it helps or not. */
static uint64_t rights_of(const struct ln_stream *stream,
			  enum ln_wasi_filetype type)
{
	uint64_t rights = LN_WASI_RIGHT_FD_FDSTAT_SET_FLAGS |
			  LN_WASI_RIGHT_FD_FILESTAT_GET |
			  LN_WASI_RIGHT_POLL_FD_READWRITE;

	rights |= ln_stream_direction(stream) == LN_READABLE
			  ? LN_WASI_RIGHT_FD_READ
			  : LN_WASI_RIGHT_FD_WRITE;
	if (ln_stream_seekable(stream) ||
	    (type == LN_WASI_TYPE_CHARACTER_DEVICE &&
	     !ln_stream_terminal(stream)))
		rights |= LN_WASI_RIGHT_FD_SEEK | LN_WASI_RIGHT_FD_TELL;
	return rights;
}

int ln_host_wasi_fd_close(struct ln_guest *guest, uint32_t fd, uint32_t *result)
{
	*result = ln_wasi_close(guest, fd);
	return 0;
}

int ln_host_wasi_fd_fdstat_get(struct ln_guest *guest, uint32_t fd,
			       uint8_t *out, uint32_t *result)
{
	struct ln_stream *stream = ln_wasi_stream(guest, fd);
	enum ln_wasi_filetype type;
	struct stat stat;

	if (stream == NULL) {
		*result = LN_WASI_BADF;
		return 0;
	}
	*result = look_up(stream, &stat);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	type = ln_wasi_filetype(ln_stream_fd(stream), &stat);
	ln_wasi_put_fdstat(out, type, flags_of(guest, fd, stream),
			   rights_of(stream, type));
	return 0;
}

/* The streams are shared, so only what concerns this process alone can change:
 * whether its own calls wait. */
int ln_host_wasi_fd_fdstat_set_flags(struct ln_guest *guest, uint32_t fd,
				     uint32_t flags, uint32_t *result)
{
	struct ln_stream *stream = ln_wasi_stream(guest, fd);
	uint32_t changed;

	if (stream == NULL) {
		*result = LN_WASI_BADF;
		return 0;
	}
	if ((flags & ~LN_WASI_FDFLAGS_ALL) != 0) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	changed = flags ^ flags_of(guest, fd, stream);
	if ((changed & ~LN_WASI_FDFLAG_NONBLOCK) != 0) {
		*result = LN_WASI_NOTSUP;
		return 0;
	}
	*result = ln_wasi_set_nonblocking(
		guest, fd, (flags & LN_WASI_FDFLAG_NONBLOCK) != 0);
	return 0;
}

int ln_host_wasi_fd_filestat_get(struct ln_guest *guest, uint32_t fd,
				 uint8_t *out, uint32_t *result)
{
	struct ln_stream *stream = ln_wasi_stream(guest, fd);
	struct stat stat;

	if (stream == NULL) {
		*result = LN_WASI_BADF;
		return 0;
	}
	*result = look_up(stream, &stat);
	if (*result == LN_WASI_SUCCESS)
		ln_wasi_put_filestat(
			out, ln_wasi_filetype(ln_stream_fd(stream), &stat),
			&stat);
	return 0;
}

/* Nothing is preopened. C libraries ask from 3 upwards until this answer. */
int ln_host_wasi_fd_prestat_get(struct ln_guest *guest, uint32_t fd,
				uint8_t *prestat, uint32_t *result)
{
	(void)guest;
	(void)fd;
	(void)prestat;
	*result = LN_WASI_BADF;
	return 0;
}

int ln_host_wasi_fd_prestat_dir_name(struct ln_guest *guest, uint32_t fd,
				     struct ln_buffer path, uint32_t *result)
{
	(void)guest;
	(void)fd;
	(void)path;
	*result = LN_WASI_BADF;
	return 0;
}

static LN_NOINLINE uint32_t seek(const struct ln_stream *stream, int64_t offset,
				 int whence, uint8_t *position)
{
	off_t result = lseek(ln_stream_fd(stream), (off_t)offset, whence);

	if (result < 0)
		return ln_wasi_from_errno(errno);
	ln_wasi_store64(position, (uint64_t)result);
	return LN_WASI_SUCCESS;
}

int ln_host_wasi_fd_seek(struct ln_guest *guest, uint32_t fd, int64_t offset,
			 uint32_t whence, uint8_t *position, uint32_t *result)
{
	static const int whences[] = { SEEK_SET, SEEK_CUR, SEEK_END };
	struct ln_stream *stream = ln_wasi_stream(guest, fd);

	if (stream == NULL)
		*result = LN_WASI_BADF;
	else if (whence >= sizeof(whences) / sizeof(whences[0]))
		*result = LN_WASI_INVAL;
	else if (!ln_stream_seekable(stream))
		*result = LN_WASI_SPIPE;
	else
		*result = seek(stream, offset, whences[whence], position);
	return 0;
}

int ln_host_wasi_fd_tell(struct ln_guest *guest, uint32_t fd, uint8_t *position,
			 uint32_t *result)
{
	return ln_host_wasi_fd_seek(guest, fd, 0, 1, position, result);
}

static int transfer(struct ln_guest *guest, uint32_t fd,
		    enum ln_direction direction, struct ln_array array,
		    uint8_t *moved, uint32_t *result)
{
	struct ln_stream *stream = ln_wasi_stream(guest, fd);
	struct ln_iovecs pieces;
	uint8_t *memory;
	uint64_t size;
	size_t done;
	int number;
	int error;

	if (stream == NULL || ln_stream_direction(stream) != direction) {
		*result = LN_WASI_BADF;
		return 0;
	}
	if (!ln_guest_view(guest, &memory, &size) ||
	    ln_iovecs_init(&pieces, memory, size, array) < 0) {
		*result = LN_WASI_FAULT;
		return 0;
	}
	error = ln_stream_transfer(stream, &pieces,
				   ln_wasi_nonblocking(guest, fd), &done,
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

int ln_host_wasi_fd_read(struct ln_guest *guest, uint32_t fd,
			 struct ln_array iovs, uint8_t *nread, uint32_t *result)
{
	return transfer(guest, fd, LN_READABLE, iovs, nread, result);
}

int ln_host_wasi_fd_write(struct ln_guest *guest, uint32_t fd,
			  struct ln_array iovs, uint8_t *nwritten,
			  uint32_t *result)
{
	return transfer(guest, fd, LN_WRITABLE, iovs, nwritten, result);
}
