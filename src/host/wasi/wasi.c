/* WASI's encodings: error numbers, file types, and the structs of files. */
#include "host/wasi/wasi.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* The errors that system calls on files and streams can end with. */
static const struct {
	int number;
	uint8_t wasi;
} errnos[] = {
	{ 0, LN_WASI_SUCCESS },
	{ EACCES, 2 },
	{ EAGAIN, LN_WASI_AGAIN },
	{ EBADF, LN_WASI_BADF },
	{ EBUSY, LN_WASI_BUSY },
	{ ECONNABORTED, 13 },
	{ ECONNREFUSED, 14 },
	{ ECONNRESET, 15 },
	{ EDESTADDRREQ, 17 },
	{ EDQUOT, 19 },
	{ EEXIST, LN_WASI_EXIST },
	{ EFAULT, LN_WASI_FAULT },
	{ EFBIG, 22 },
	{ EHOSTUNREACH, 23 },
	{ EILSEQ, LN_WASI_ILSEQ },
	{ EINTR, 27 },
	{ EINVAL, LN_WASI_INVAL },
	{ EIO, LN_WASI_IO },
	{ EISDIR, LN_WASI_ISDIR },
	{ ELOOP, 32 },
	{ EMFILE, LN_WASI_MFILE },
	{ EMLINK, 34 },
	{ EMSGSIZE, 35 },
	{ ENAMETOOLONG, LN_WASI_NAMETOOLONG },
	{ ENETDOWN, 38 },
	{ ENETRESET, 39 },
	{ ENETUNREACH, 40 },
	{ ENFILE, 41 },
	{ ENOBUFS, 42 },
	{ ENODEV, 43 },
	{ ENOENT, LN_WASI_NOENT },
	{ ENOMEM, LN_WASI_NOMEM },
	{ ENOSPC, 51 },
	{ ENOSYS, 52 },
	{ ENOTCONN, 53 },
	{ ENOTDIR, LN_WASI_NOTDIR },
	{ ENOTEMPTY, LN_WASI_NOTEMPTY },
	{ ENOTSUP, LN_WASI_NOTSUP },
	{ ENOTTY, 59 },
	{ ENXIO, 60 },
	{ EOVERFLOW, LN_WASI_OVERFLOW },
	{ EPERM, LN_WASI_PERM },
	{ EPIPE, 64 },
	{ EROFS, LN_WASI_ROFS },
	{ ESPIPE, LN_WASI_SPIPE },
	{ ESTALE, 72 },
	{ ETIMEDOUT, 73 },
	{ ETXTBSY, 74 },
	{ EXDEV, 75 },
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
	case S_IFLNK:
		return LN_WASI_TYPE_SYMBOLIC_LINK;
	case S_IFSOCK:
		return socket_type(fd);
	default: /* a pipe; WASI has no type for it */
		return LN_WASI_TYPE_UNKNOWN;
	}
}

void ln_wasi_put_fdstat(uint8_t out[LN_WASI_FDSTAT_SIZE],
			enum ln_wasi_filetype type, uint32_t flags,
			uint64_t rights, uint64_t inheriting)
{
	memset(out, 0, LN_WASI_FDSTAT_SIZE);
	out[0] = (uint8_t)type;
	ln_wasi_store16(out + 2, (uint16_t)flags);
	ln_wasi_store64(out + 8, rights);
	ln_wasi_store64(out + 16, inheriting);
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
