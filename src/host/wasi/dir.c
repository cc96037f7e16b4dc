/*
 * DESIGN
 * Reading directories. WASI's cookie is the kernel's own offset of an entry:
 * nothing is kept between two calls, and a cookie that was made up finds other
 * entries of the same directory, or an error. A directory is read through a
 * descriptor of the process's own, since reading moves its position, which
 * others who have it open must not see.
 *
 * C libraries take a buffer that was not filled for the end, so a call fills
 * the buffer however large it is, a piece in each job for the blocking pool.
 *
 * In a preopened directory `..` has the number of the directory itself: for the
 * guest it is the root.
 *
 * Threads: the one that runs the process; jobs in the pool.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/quota.h"
#include "host/abi_gen.h"
#include "host/wasi/path.h"
#include "host/wasi/table.h"
#include "host/wasi/wasi.h"

#define DIRENT_SIZE 24u
#define FUEL_PER_BYTE 4 /* of a metered guest; an entry has some 40 */
#define KERNEL_BUFFER 32768
#define PIECE ((size_t)256 << 10)

/* As getdents64 stores it. */
struct kernel_dirent {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type;
	char d_name[];
};

struct listing {
	struct ln_wasi_fd *directory;
	uint8_t *out;
	size_t room; /* bytes that are still free */
	size_t used;
	uint64_t cookie; /* of the next entry */
	bool over;
	uint32_t result;
};

int ln_wasi_list_fd(struct ln_wasi_fd *directory)
{
	int fd;

	if (directory->list >= 0)
		return directory->list;
	if (!ln_quota_take(directory->quota))
		return -EMFILE;
	do {
		fd = openat(directory->fd, ".",
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0) {
		fd = -errno;
		ln_quota_give(directory->quota);
		return fd;
	}
	directory->list = fd;
	return fd;
}

struct syncing {
	struct ln_wasi_fd *directory;
	bool data_only;
	uint32_t result;
};

static void sync_it(void *argument)
{
	struct syncing *syncing = argument;
	int fd = ln_wasi_list_fd(syncing->directory);
	int outcome;

	if (fd < 0) {
		syncing->result = ln_wasi_from_errno(-fd);
		return;
	}
	do {
		outcome = syncing->data_only ? fdatasync(fd) : fsync(fd);
	} while (outcome < 0 && errno == EINTR);
	if (outcome < 0)
		syncing->result = ln_wasi_from_errno(errno);
}

int ln_wasi_sync_directory(struct ln_wasi_fd *directory, bool data_only,
			   uint32_t *result)
{
	struct syncing syncing = { .directory = directory,
				   .data_only = data_only };
	int error = ln_wasi_block_long(sync_it, &syncing);

	return ln_wasi_answer(error, syncing.result, result);
}

static enum ln_wasi_filetype type_of(uint8_t type)
{
	switch (type) {
	case DT_BLK:
		return LN_WASI_TYPE_BLOCK_DEVICE;
	case DT_CHR:
		return LN_WASI_TYPE_CHARACTER_DEVICE;
	case DT_DIR:
		return LN_WASI_TYPE_DIRECTORY;
	case DT_LNK:
		return LN_WASI_TYPE_SYMBOLIC_LINK;
	case DT_REG:
		return LN_WASI_TYPE_REGULAR_FILE;
	case DT_SOCK:
		return LN_WASI_TYPE_SOCKET_STREAM;
	default:
		return LN_WASI_TYPE_UNKNOWN;
	}
}

/* Appends bytes, as many as there is room for. */
static void append(struct listing *listing, const void *bytes, size_t len)
{
	if (len > listing->room)
		len = listing->room;
	memcpy(listing->out + listing->used, bytes, len);
	listing->used += len;
	listing->room -= len;
}

static void append_entry(struct listing *listing,
			 const struct kernel_dirent *entry)
{
	size_t len = strlen(entry->d_name);
	uint8_t head[DIRENT_SIZE] = { 0 };
	uint64_t inode = entry->d_ino;
	struct stat stat;

	if (listing->directory->preopened && strcmp(entry->d_name, "..") == 0)
		inode = fstat(listing->directory->fd, &stat) == 0 ? stat.st_ino
								  : 0;
	ln_wasi_store64(head, (uint64_t)entry->d_off);
	ln_wasi_store64(head + 8, inode);
	ln_wasi_store32(head + 16, (uint32_t)len);
	head[20] = (uint8_t)type_of(entry->d_type);
	append(listing, head, sizeof(head));
	append(listing, entry->d_name, len);
	listing->cookie = (uint64_t)entry->d_off;
}

/* Copies entries that the kernel gave, as many as there is room for. */
static void append_all(struct listing *listing, const char *buffer, ssize_t len)
{
	for (ssize_t at = 0; at < len && listing->room > 0;) {
		const struct kernel_dirent *entry = (const void *)(buffer + at);

		append_entry(listing, entry);
		at += entry->d_reclen;
	}
}

/* getdents64, whatever signals come. */
static ssize_t next_entries(int fd, char *buffer)
{
	ssize_t len;

	do {
		len = getdents64(fd, buffer, KERNEL_BUFFER);
	} while (len < 0 && errno == EINTR);
	return len;
}

/* Reads entries from the cookie on, until a piece is full. */
static void list_from(struct listing *listing, int fd, char *buffer)
{
	size_t enough = listing->used + PIECE;

	if (lseek(fd, (off_t)listing->cookie, SEEK_SET) < 0) {
		listing->result = ln_wasi_from_errno(errno);
		return;
	}
	while (listing->room > 0 && listing->used < enough) {
		ssize_t len = next_entries(fd, buffer);

		if (len < 0)
			listing->result = ln_wasi_from_errno(errno);
		if (len <= 0) {
			listing->over = true;
			return;
		}
		append_all(listing, buffer, len);
	}
}

/* Fills the next piece of the guest's buffer. */
static void list_piece(void *argument)
{
	struct listing *listing = argument;
	int fd = ln_wasi_list_fd(listing->directory);
	char *buffer = malloc(KERNEL_BUFFER);

	if (buffer == NULL)
		listing->result = LN_WASI_NOMEM;
	else if (fd < 0)
		listing->result = ln_wasi_from_errno(-fd);
	else
		list_from(listing, fd, buffer);
	free(buffer);
}

int ln_host_wasi_fd_readdir(struct ln_guest *guest, uint32_t fd,
			    struct ln_buffer buf, uint64_t cookie,
			    uint8_t *bufused, uint32_t *result)
{
	struct listing listing = {
		.out = buf.data,
		.room = buf.len,
		.cookie = cookie,
	};
	int error = 0;

	*result = ln_wasi_find(guest, fd, LN_WASI_RIGHT_FD_READDIR,
			       &listing.directory);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if (listing.directory->kind != LN_WASI_DIRECTORY) {
		*result = LN_WASI_NOTDIR;
		return 0;
	}
	if (cookie > INT64_MAX) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	do {
		error = ln_wasi_block(list_piece, &listing);
	} while (error == 0 && listing.result == LN_WASI_SUCCESS &&
		 !listing.over && listing.room > 0);
	ln_guest_pay(guest, listing.used * FUEL_PER_BYTE);
	error = ln_wasi_answer(error, listing.result, result);
	if (error == 0 && *result == LN_WASI_SUCCESS)
		ln_wasi_store32(bufused, (uint32_t)listing.used);
	return error;
}

static uint32_t find_preopened(struct ln_guest *guest, uint32_t fd,
			       struct ln_wasi_fd **entry)
{
	uint32_t result = ln_wasi_find(guest, fd, 0, entry);

	if (result == LN_WASI_SUCCESS && !(*entry)->preopened)
		return LN_WASI_BADF;
	return result;
}

/* C libraries ask from 3 upwards until this answers BADF. So that they do not
 * stop at a listener, it is described by a number that they pass over. */
int ln_host_wasi_fd_prestat_get(struct ln_guest *guest, uint32_t fd,
				uint8_t *prestat, uint32_t *result)
{
	struct ln_wasi_fd *entry;

	*result = find_preopened(guest, fd, &entry);
	if (*result == LN_WASI_BADF)
		ln_wasi_miss_directory(guest);
	if (*result != LN_WASI_SUCCESS)
		return 0;
	ln_wasi_store32(prestat, entry->kind == LN_WASI_DIRECTORY ? 0 : 1);
	ln_wasi_store32(prestat + 4, entry->kind == LN_WASI_DIRECTORY
					     ? (uint32_t)strlen(entry->name)
					     : 0);
	return 0;
}

int ln_host_wasi_fd_prestat_dir_name(struct ln_guest *guest, uint32_t fd,
				     struct ln_buffer path, uint32_t *result)
{
	struct ln_wasi_fd *entry;

	*result = find_preopened(guest, fd, &entry);
	if (*result == LN_WASI_SUCCESS && entry->kind != LN_WASI_DIRECTORY)
		*result = LN_WASI_NOTDIR;
	if (*result != LN_WASI_SUCCESS)
		return 0;
	if (path.len < strlen(entry->name)) {
		*result = LN_WASI_NAMETOOLONG;
		return 0;
	}
	memcpy(path.data, entry->name, strlen(entry->name));
	return 0;
}
