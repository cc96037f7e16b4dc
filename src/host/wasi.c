/*
 * DESIGN
 * The state of a process, and the encoders. A process that has not closed a
 * descriptor or changed its flags has no state at all: its three standard
 * streams are open in blocking mode. The streams themselves belong to the whole
 * program (stdio.c); closing one only closes the process's way to it.
 *
 * Threads: the state belongs to the one that runs the process.
 */
#include "host/wasi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host/stdio.h"
#include "process/guest.h"

struct ln_wasi {
	uint8_t closed;      /* a bit for each standard stream */
	uint8_t nonblocking; /* the same */
};

void ln_wasi_free(struct ln_wasi *wasi)
{
	free(wasi);
}

/* Makes sure that there is a state; false when memory is short. */
static bool have_state(struct ln_guest *guest)
{
	if (guest->wasi == NULL)
		guest->wasi = calloc(1, sizeof(*guest->wasi));
	return guest->wasi != NULL;
}

struct ln_stream *ln_wasi_stream(const struct ln_guest *guest, uint32_t fd)
{
	if (fd >= LN_STDIO_STREAMS)
		return NULL;
	if (guest->wasi != NULL && (guest->wasi->closed >> fd & 1) != 0)
		return NULL;
	return ln_stdio_stream(ln_stdio_get(), fd);
}

uint32_t ln_wasi_close(struct ln_guest *guest, uint32_t fd)
{
	if (ln_wasi_stream(guest, fd) == NULL)
		return LN_WASI_BADF;
	if (!have_state(guest))
		return LN_WASI_NOMEM;
	guest->wasi->closed |= (uint8_t)(1u << fd);
	return LN_WASI_SUCCESS;
}

bool ln_wasi_nonblocking(const struct ln_guest *guest, uint32_t fd)
{
	return guest->wasi != NULL && (guest->wasi->nonblocking >> fd & 1) != 0;
}

uint32_t ln_wasi_set_nonblocking(struct ln_guest *guest, uint32_t fd,
				 bool nonblocking)
{
	uint8_t bit = (uint8_t)(1u << fd);

	if (ln_wasi_nonblocking(guest, fd) == nonblocking)
		return LN_WASI_SUCCESS;
	if (!have_state(guest))
		return LN_WASI_NOMEM;
	guest->wasi->nonblocking ^= bit;
	return LN_WASI_SUCCESS;
}

/* The errors that input and output on standard streams can end with. */
static const struct {
	int number;
	uint8_t wasi;
} errnos[] = {
	{ 0, LN_WASI_SUCCESS },
	{ EACCES, 2 },
	{ EAGAIN, LN_WASI_AGAIN },
	{ EBADF, LN_WASI_BADF },
	{ EBUSY, 10 },
	{ ECONNABORTED, 13 },
	{ ECONNREFUSED, 14 },
	{ ECONNRESET, 15 },
	{ EDESTADDRREQ, 17 },
	{ EDQUOT, 19 },
	{ EFAULT, LN_WASI_FAULT },
	{ EFBIG, 22 },
	{ EHOSTUNREACH, 23 },
	{ EINTR, 27 },
	{ EINVAL, LN_WASI_INVAL },
	{ EIO, LN_WASI_IO },
	{ EISDIR, 31 },
	{ EMFILE, 33 },
	{ EMSGSIZE, 35 },
	{ ENETDOWN, 38 },
	{ ENETRESET, 39 },
	{ ENETUNREACH, 40 },
	{ ENFILE, 41 },
	{ ENOBUFS, 42 },
	{ ENODEV, 43 },
	{ ENOENT, 44 },
	{ ENOMEM, LN_WASI_NOMEM },
	{ ENOSPC, 51 },
	{ ENOSYS, 52 },
	{ ENOTCONN, 53 },
	{ ENOTSUP, LN_WASI_NOTSUP },
	{ ENXIO, 60 },
	{ EOVERFLOW, LN_WASI_OVERFLOW },
	{ EPERM, 63 },
	{ EPIPE, 64 },
	{ EROFS, 69 },
	{ ESPIPE, LN_WASI_SPIPE },
	{ ESTALE, 72 },
	{ ETIMEDOUT, 73 },
};

uint32_t ln_wasi_from_errno(int number)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
		if (errnos[i].number == number)
			return errnos[i].wasi;
	}
	return LN_WASI_IO;
}

static enum ln_wasi_filetype socket_type(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return LN_WASI_TYPE_UNKNOWN;
	return type == SOCK_DGRAM ? LN_WASI_TYPE_SOCKET_DGRAM
				  : LN_WASI_TYPE_SOCKET_STREAM;
}

enum ln_wasi_filetype ln_wasi_filetype(int fd, const struct stat *stat)
{
	switch (stat->st_mode & S_IFMT) {
	case S_IFREG:
		return LN_WASI_TYPE_REGULAR_FILE;
	case S_IFCHR:
		return LN_WASI_TYPE_CHARACTER_DEVICE;
	case S_IFBLK:
		return LN_WASI_TYPE_BLOCK_DEVICE;
	case S_IFDIR:
		return LN_WASI_TYPE_DIRECTORY;
	case S_IFSOCK:
		return socket_type(fd);
	default: /* a pipe; WASI has no type for it */
		return LN_WASI_TYPE_UNKNOWN;
	}
}

void ln_wasi_put_fdstat(uint8_t out[LN_WASI_FDSTAT_SIZE],
			enum ln_wasi_filetype type, uint32_t flags,
			uint64_t rights)
{
	memset(out, 0, LN_WASI_FDSTAT_SIZE);
	out[0] = (uint8_t)type;
	ln_wasi_store16(out + 2, (uint16_t)flags);
	ln_wasi_store64(out + 8, rights);
	/* The rights that descriptors opened through this one get: none. */
}

/* Nanoseconds since 1970; what is out of WASI's range becomes its nearest. */
static uint64_t timestamp(struct timespec time)
{
	uint64_t seconds = (uint64_t)time.tv_sec;

	if (time.tv_sec < 0)
		return 0;
	if (seconds >= UINT64_MAX / 1000000000u)
		return UINT64_MAX;
	return seconds * 1000000000u + (uint64_t)time.tv_nsec;
}

void ln_wasi_put_filestat(uint8_t out[LN_WASI_FILESTAT_SIZE],
			  enum ln_wasi_filetype type, const struct stat *stat)
{
	memset(out, 0, LN_WASI_FILESTAT_SIZE);
	ln_wasi_store64(out, stat->st_dev);
	ln_wasi_store64(out + 8, stat->st_ino);
	out[16] = (uint8_t)type;
	ln_wasi_store64(out + 24, stat->st_nlink);
	ln_wasi_store64(out + 32, (uint64_t)stat->st_size);
	ln_wasi_store64(out + 40, timestamp(stat->st_atim));
	ln_wasi_store64(out + 48, timestamp(stat->st_mtim));
	ln_wasi_store64(out + 56, timestamp(stat->st_ctim));
}
