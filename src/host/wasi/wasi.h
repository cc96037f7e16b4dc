/*
 * WASI preview 1: what its parts share. The functions themselves are declared
 * in host/abi_gen.h and are in process.c (arguments, clocks, exit), fd.c and
 * file.c (descriptors), open.c, path.c and dir.c (what is found by a path),
 * poll.c and sock.c. Layouts and numbers are those of the witx files of the
 * WASI specification, snapshot preview 1.
 */
#ifndef LN_HOST_WASI_WASI_H
#define LN_HOST_WASI_WASI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct ln_guest;
struct ln_wasi;

/* WASI's `errno`: those that our functions name. */
enum ln_wasi_errno {
	LN_WASI_SUCCESS = 0,
	LN_WASI_AGAIN = 6,
	LN_WASI_BADF = 8,
	LN_WASI_BUSY = 10,
	LN_WASI_EXIST = 20,
	LN_WASI_FAULT = 21,
	LN_WASI_ILSEQ = 25,
	LN_WASI_INVAL = 28,
	LN_WASI_IO = 29,
	LN_WASI_ISDIR = 31,
	LN_WASI_MFILE = 33,
	LN_WASI_NAMETOOLONG = 37,
	LN_WASI_NOENT = 44,
	LN_WASI_NOMEM = 48,
	LN_WASI_NOTDIR = 54,
	LN_WASI_NOTEMPTY = 55,
	LN_WASI_NOTSOCK = 57,
	LN_WASI_NOTSUP = 58,
	LN_WASI_OVERFLOW = 61,
	LN_WASI_PERM = 63,
	LN_WASI_ROFS = 69,
	LN_WASI_SPIPE = 70,
	LN_WASI_NOTCAPABLE = 76,
};

/* WASI's `filetype`. */
enum ln_wasi_filetype {
	LN_WASI_TYPE_UNKNOWN = 0,
	LN_WASI_TYPE_BLOCK_DEVICE = 1,
	LN_WASI_TYPE_CHARACTER_DEVICE = 2,
	LN_WASI_TYPE_DIRECTORY = 3,
	LN_WASI_TYPE_REGULAR_FILE = 4,
	LN_WASI_TYPE_SOCKET_DGRAM = 5,
	LN_WASI_TYPE_SOCKET_STREAM = 6,
	LN_WASI_TYPE_SYMBOLIC_LINK = 7,
};

/* WASI's `fdflags`. */
#define LN_WASI_FDFLAG_APPEND 1u
#define LN_WASI_FDFLAG_DSYNC 2u
#define LN_WASI_FDFLAG_NONBLOCK 4u
#define LN_WASI_FDFLAG_RSYNC 8u
#define LN_WASI_FDFLAG_SYNC 16u
#define LN_WASI_FDFLAGS_ALL 31u

/* WASI's `rights`. */
#define LN_WASI_RIGHT_FD_DATASYNC (UINT64_C(1) << 0)
#define LN_WASI_RIGHT_FD_READ (UINT64_C(1) << 1)
#define LN_WASI_RIGHT_FD_SEEK (UINT64_C(1) << 2)
#define LN_WASI_RIGHT_FD_FDSTAT_SET_FLAGS (UINT64_C(1) << 3)
#define LN_WASI_RIGHT_FD_SYNC (UINT64_C(1) << 4)
#define LN_WASI_RIGHT_FD_TELL (UINT64_C(1) << 5)
#define LN_WASI_RIGHT_FD_WRITE (UINT64_C(1) << 6)
#define LN_WASI_RIGHT_FD_ADVISE (UINT64_C(1) << 7)
#define LN_WASI_RIGHT_FD_ALLOCATE (UINT64_C(1) << 8)
#define LN_WASI_RIGHT_PATH_CREATE_DIRECTORY (UINT64_C(1) << 9)
#define LN_WASI_RIGHT_PATH_CREATE_FILE (UINT64_C(1) << 10)
#define LN_WASI_RIGHT_PATH_LINK_SOURCE (UINT64_C(1) << 11)
#define LN_WASI_RIGHT_PATH_LINK_TARGET (UINT64_C(1) << 12)
#define LN_WASI_RIGHT_PATH_OPEN (UINT64_C(1) << 13)
#define LN_WASI_RIGHT_FD_READDIR (UINT64_C(1) << 14)
#define LN_WASI_RIGHT_PATH_READLINK (UINT64_C(1) << 15)
#define LN_WASI_RIGHT_PATH_RENAME_SOURCE (UINT64_C(1) << 16)
#define LN_WASI_RIGHT_PATH_RENAME_TARGET (UINT64_C(1) << 17)
#define LN_WASI_RIGHT_PATH_FILESTAT_GET (UINT64_C(1) << 18)
#define LN_WASI_RIGHT_PATH_FILESTAT_SET_SIZE (UINT64_C(1) << 19)
#define LN_WASI_RIGHT_PATH_FILESTAT_SET_TIMES (UINT64_C(1) << 20)
#define LN_WASI_RIGHT_FD_FILESTAT_GET (UINT64_C(1) << 21)
#define LN_WASI_RIGHT_FD_FILESTAT_SET_SIZE (UINT64_C(1) << 22)
#define LN_WASI_RIGHT_FD_FILESTAT_SET_TIMES (UINT64_C(1) << 23)
#define LN_WASI_RIGHT_PATH_SYMLINK (UINT64_C(1) << 24)
#define LN_WASI_RIGHT_PATH_REMOVE_DIRECTORY (UINT64_C(1) << 25)
#define LN_WASI_RIGHT_PATH_UNLINK_FILE (UINT64_C(1) << 26)
#define LN_WASI_RIGHT_POLL_FD_READWRITE (UINT64_C(1) << 27)
#define LN_WASI_RIGHT_SOCK_SHUTDOWN (UINT64_C(1) << 28)
#define LN_WASI_RIGHT_SOCK_ACCEPT (UINT64_C(1) << 29)

/* Sizes of what is exchanged through memory, in bytes. */
#define LN_WASI_FDSTAT_SIZE 24
#define LN_WASI_FILESTAT_SIZE 64
#define LN_WASI_SUBSCRIPTION_SIZE 48
#define LN_WASI_EVENT_SIZE 32

/* Frees what a process' WASI calls left behind, and closes what it has open;
 * NULL is fine. May park. */
void ln_wasi_free(struct ln_wasi *wasi);

/* The time of a clock (preview 1's number) in ns, or what it tells at least.
 * False: there is no such clock. */
bool ln_wasi_clock(uint32_t clock, bool resolution, uint64_t *ns);

/* Fills guest memory with random bytes, for which a metered guest pays, while
 * others may run. LN_EKILLED. */
int ln_wasi_random(struct ln_guest *guest, uint8_t *at, size_t len);

/* Ends the process with that status; returns what the host function is to
 * return. */
int ln_wasi_exit(struct ln_guest *guest, uint32_t code);

/* The WASI errno that stands for a value of errno; `io` for unknown ones. */
uint32_t ln_wasi_from_errno(int number);

/* The type of the file behind `fd`, which `stat` describes. */
enum ln_wasi_filetype ln_wasi_filetype(int fd, const struct stat *stat);

/* Write an `fdstat` and a `filestat`, padding included. */
void ln_wasi_put_fdstat(uint8_t out[LN_WASI_FDSTAT_SIZE],
			enum ln_wasi_filetype type, uint32_t flags,
			uint64_t rights, uint64_t inheriting);
void ln_wasi_put_filestat(uint8_t out[LN_WASI_FILESTAT_SIZE],
			  enum ln_wasi_filetype type, const struct stat *stat);

/* Numbers in guest memory: little-endian, unaligned. */
static inline uint16_t ln_wasi_load16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t ln_wasi_load32(const uint8_t *at)
{
	return ln_wasi_load16(at) | (uint32_t)ln_wasi_load16(at + 2) << 16;
}

static inline uint64_t ln_wasi_load64(const uint8_t *at)
{
	return ln_wasi_load32(at) | (uint64_t)ln_wasi_load32(at + 4) << 32;
}

static inline void ln_wasi_store16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static inline void ln_wasi_store32(uint8_t *at, uint32_t value)
{
	ln_wasi_store16(at, (uint16_t)value);
	ln_wasi_store16(at + 2, (uint16_t)(value >> 16));
}

static inline void ln_wasi_store64(uint8_t *at, uint64_t value)
{
	ln_wasi_store32(at, (uint32_t)value);
	ln_wasi_store32(at + 4, (uint32_t)(value >> 32));
}

#endif
