/*
 * wasi:filesystem: what is found by a path, below a directory. Preview 1 does
 * it.
 *
 * Threads: the one that runs the process.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/abi_gen.h"
#include "host/wasi/p2/filesystem.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/table.h"

#define READ_RIGHTS (LN_WASI_RIGHT_FD_READ | LN_WASI_RIGHT_FD_READDIR)
#define WRITE_RIGHTS                                          \
	(LN_WASI_RIGHT_FD_DATASYNC | LN_WASI_RIGHT_FD_WRITE | \
	 LN_WASI_RIGHT_FD_ALLOCATE | LN_WASI_RIGHT_FD_FILESTAT_SET_SIZE)

/* A directory and a path, which three arguments are. */
static int place(struct ln_p2_call *call, unsigned fd_index, unsigned index,
		 uint32_t *fd, struct ln_slice *path)
{
	int error = ln_p2_descriptor(call, fd_index, fd);

	return error != 0 ? error : ln_p2_path(call, index, path);
}

/* What preview 1 does with a path alone. */
static int change(struct ln_p2_call *call,
		  int (*by)(struct ln_guest *guest, uint32_t fd,
			    struct ln_slice path, uint32_t *wasi))
{
	struct ln_slice path;
	uint32_t fd, wasi = 0;
	int error = place(call, 0, 1, &fd, &path);

	if (error == 0)
		error = by(call->guest, fd, path, &wasi);
	return ln_p2_answer_none(call, 3, error, wasi);
}

int ln_p2_directory_create(struct ln_p2_call *call)
{
	return change(call, ln_host_wasi_path_create_directory);
}

int ln_p2_directory_remove(struct ln_p2_call *call)
{
	return change(call, ln_host_wasi_path_remove_directory);
}

int ln_p2_unlink_at(struct ln_p2_call *call)
{
	return change(call, ln_host_wasi_path_unlink_file);
}

static int find_stat(struct ln_p2_call *call,
		     uint8_t stat[LN_WASI_FILESTAT_SIZE], uint32_t *wasi)
{
	struct ln_slice path;
	uint32_t fd;
	int error = place(call, 0, 2, &fd, &path);

	*wasi = LN_WASI_SUCCESS;
	memset(stat, 0, LN_WASI_FILESTAT_SIZE);
	return error != 0 ? error
			  : ln_host_wasi_path_filestat_get(call->guest, fd,
							   ln_p2_u32(call, 1),
							   path, stat, wasi);
}

int ln_p2_stat_at(struct ln_p2_call *call)
{
	uint8_t stat[LN_WASI_FILESTAT_SIZE];
	uint32_t wasi;
	int error = find_stat(call, stat, &wasi);

	return ln_p2_answer_stat(call, 4, error, wasi, stat);
}

int ln_p2_hash_at(struct ln_p2_call *call)
{
	uint8_t stat[LN_WASI_FILESTAT_SIZE];
	uint32_t wasi;
	int error = find_stat(call, stat, &wasi);

	return ln_p2_answer_hash(call, 4, error, wasi, stat);
}

int ln_p2_set_times_at(struct ln_p2_call *call)
{
	struct ln_slice path;
	uint64_t times[2];
	uint32_t flags = ln_p2_times(call, 4, times);
	uint32_t fd, wasi = 0;
	int error = place(call, 0, 2, &fd, &path);

	if (error == 0)
		error = ln_host_wasi_path_filestat_set_times(
			call->guest, fd, ln_p2_u32(call, 1), path, times[0],
			times[1], flags, &wasi);
	return ln_p2_answer_none(call, 10, error, wasi);
}

int ln_p2_link_at(struct ln_p2_call *call)
{
	struct ln_slice from, to;
	uint32_t fd, other, wasi = 0;
	int error = place(call, 0, 2, &fd, &from);

	if (error == 0)
		error = place(call, 4, 5, &other, &to);
	if (error == 0)
		error = ln_host_wasi_path_link(call->guest, fd,
					       ln_p2_u32(call, 1), from, other,
					       to, &wasi);
	return ln_p2_answer_none(call, 7, error, wasi);
}

int ln_p2_rename_at(struct ln_p2_call *call)
{
	struct ln_slice from, to;
	uint32_t fd, other, wasi = 0;
	int error = place(call, 0, 1, &fd, &from);

	if (error == 0)
		error = place(call, 3, 4, &other, &to);
	if (error == 0)
		error = ln_host_wasi_path_rename(call->guest, fd, from, other,
						 to, &wasi);
	return ln_p2_answer_none(call, 6, error, wasi);
}

int ln_p2_symlink_at(struct ln_p2_call *call)
{
	struct ln_slice target, path;
	uint32_t fd, wasi = 0;
	int error = place(call, 0, 3, &fd, &path);

	if (error == 0)
		error = ln_p2_path(call, 1, &target);
	if (error == 0)
		error = ln_host_wasi_path_symlink(call->guest, target, fd, path,
						  &wasi);
	return ln_p2_answer_none(call, 5, error, wasi);
}

static int read_link(struct ln_p2_call *call, char *target, uint32_t *wasi)
{
	const struct ln_buffer buffer = { (uint8_t *)target, PATH_MAX };
	struct ln_slice path;
	uint8_t used[4] = { 0 };
	uint32_t fd;
	int error = place(call, 0, 1, &fd, &path);

	*wasi = LN_WASI_SUCCESS;
	if (error == 0)
		error = ln_host_wasi_path_readlink(call->guest, fd, path,
						   buffer, used, wasi);
	if (error == 0)
		target[ln_wasi_load32(used)] = '\0';
	return error;
}

int ln_p2_readlink_at(struct ln_p2_call *call)
{
	const struct ln_p2_shape shape = { 12, 4, 4 };
	char *target = malloc(PATH_MAX + 1);
	uint32_t address = 0, len = 0, wasi;
	uint8_t *at;
	int error;

	if (target == NULL)
		return LN_ENOMEM;
	error = read_link(call, target, &wasi);
	if (error == 0 && wasi == LN_WASI_SUCCESS)
		error = ln_p2_string(call, target, &address, &len);
	free(target);
	if (error == 0)
		error = ln_p2_answer(call, 3, shape, wasi, &at);
	if (error != 0 || at == NULL)
		return error;
	ln_wasi_store32(at, address);
	ln_wasi_store32(at + 4, len);
	return 0;
}

/* The rights that a C library would ask for. */
static int rights_for(struct ln_p2_call *call, uint32_t fd, uint32_t flags,
		      uint64_t rights[2], uint32_t *wasi)
{
	uint8_t stat[LN_WASI_FDSTAT_SIZE] = { 0 };
	int error = ln_host_wasi_fd_fdstat_get(call->guest, fd, stat, wasi);
	uint64_t wanted = ~(uint64_t)(READ_RIGHTS | WRITE_RIGHTS);

	if ((flags & LN_P2_FLAG_READ) != 0)
		wanted |= READ_RIGHTS;
	if ((flags & LN_P2_FLAG_WRITE) != 0)
		wanted |= WRITE_RIGHTS;
	rights[1] = ln_wasi_load64(stat + 16);
	rights[0] = wanted & rights[1];
	return error;
}

static uint32_t fdflags_of(uint32_t flags)
{
	return ((flags & LN_P2_FLAG_FILE_SYNC) != 0 ? LN_WASI_FDFLAG_SYNC : 0) |
	       ((flags & LN_P2_FLAG_DATA_SYNC) != 0 ? LN_WASI_FDFLAG_DSYNC
						    : 0) |
	       ((flags & LN_P2_FLAG_REQUESTED_SYNC) != 0 ? LN_WASI_FDFLAG_RSYNC
							 : 0);
}

int ln_p2_open_at(struct ln_p2_call *call)
{
	struct ln_p2_resource made = { .kind = LN_P2_DESCRIPTOR };
	uint32_t flags = ln_p2_u32(call, 5);
	struct ln_slice path;
	struct ln_wasi_fd *entry;
	uint64_t rights[2];
	uint8_t opened[4] = { 0 };
	uint32_t fd, wasi = 0;
	int error = place(call, 0, 2, &fd, &path);

	if (error == 0)
		error = rights_for(call, fd, flags, rights, &wasi);
	if (error == 0 && wasi == LN_WASI_SUCCESS)
		error = ln_host_wasi_path_open(
			call->guest, fd, ln_p2_u32(call, 1), path,
			ln_p2_u32(call, 4), rights[0], rights[1],
			fdflags_of(flags), opened, &wasi);
	if (error != 0)
		return error;
	made.fd = ln_wasi_load32(opened);
	error = ln_p2_answer_resource(call, 6, &made, wasi);
	/* What no resource came to have stays open otherwise. */
	if (error != 0 && wasi == LN_WASI_SUCCESS &&
	    ln_wasi_find(call->guest, made.fd, 0, &entry) == LN_WASI_SUCCESS &&
	    entry->uses == 0)
		(void)ln_wasi_close(call->guest, made.fd);
	return error;
}
