/*
 * wasi:filesystem: what is done with a descriptor alone. Preview 1 does it;
 * what moves data has a buffer of the host's for reading, as streams have.
 *
 * Threads: the one that runs the process.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/abi_gen.h"
#include "host/iovecs.h"
#include "host/stdio.h"
#include "host/wasi/io.h"
#include "host/wasi/p2/filesystem.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/table.h"
#include "process/environment.h"
#include "process/listeners.h"
#include "process/preopens.h"

int ln_p2_get_directories(struct ln_p2_call *call)
{
	const struct ln_preopens *preopens = call->guest->environment->preopens;
	uint32_t count = preopens != NULL ? (uint32_t)preopens->count : 0;
	uint32_t first = LN_STDIO_STREAMS;
	uint32_t list, address, len, handle;
	struct ln_p2_resource resource = { .kind = LN_P2_DESCRIPTOR };
	uint8_t *at;
	int error = ln_p2_allocate(call, 4, (uint64_t)count * 12, &list);

	/* Listeners have the numbers before directories. */
	if (call->guest->environment->listeners != NULL)
		first += (uint32_t)call->guest->environment->listeners->count;
	if (count == 0)
		ln_wasi_miss_directory(call->guest);
	for (uint32_t i = 0; i < count && error == 0; i++) {
		resource.fd = first + i;
		error = ln_p2_string(call, preopens->dirs[i].guest, &address,
				     &len);
		if (error == 0)
			error = ln_p2_give(call, &resource, &handle);
		if (error == 0)
			error = ln_p2_list(call, list + 12 * i, 12, 1, 4, &at);
		if (error != 0)
			break;
		ln_wasi_store32(at, handle);
		ln_wasi_store32(at + 4, address);
		ln_wasi_store32(at + 8, len);
	}
	return error != 0 ? error : ln_p2_answer_list(call, 0, list, count);
}

/* A descriptor of a file with that right; of a directory it does not matter
 * which rights there are. */
static uint32_t find_file(struct ln_p2_call *call, uint32_t fd, uint64_t right,
			  struct ln_wasi_fd **entry)
{
	uint32_t wasi = ln_wasi_find(call->guest, fd, 0, entry);

	if (wasi != LN_WASI_SUCCESS)
		return wasi;
	if ((*entry)->kind == LN_WASI_DIRECTORY)
		return LN_WASI_ISDIR;
	return ln_wasi_find(call->guest, fd, right, entry);
}

/* ---- Streams of a file ---- */

static int open_stream(struct ln_p2_call *call, uint32_t kind, uint64_t right,
		       int64_t offset, unsigned index)
{
	struct ln_p2_resource stream = { .kind = kind, .offset = offset };
	struct ln_wasi_fd *entry;
	uint32_t wasi;
	int error = ln_p2_descriptor(call, 0, &stream.fd);

	if (error != 0)
		return error;
	wasi = find_file(call, stream.fd, right, &entry);
	return ln_p2_answer_resource(call, index, &stream, wasi);
}

static int64_t offset_of(const struct ln_p2_call *call, unsigned index)
{
	uint64_t offset = ln_p2_u64(call, index);

	return offset <= INT64_MAX ? (int64_t)offset : INT64_MAX;
}

int ln_p2_file_read_stream(struct ln_p2_call *call)
{
	return open_stream(call, LN_P2_INPUT_STREAM, LN_WASI_RIGHT_FD_READ,
			   offset_of(call, 1), 2);
}

int ln_p2_file_write_stream(struct ln_p2_call *call)
{
	return open_stream(call, LN_P2_OUTPUT_STREAM, LN_WASI_RIGHT_FD_WRITE,
			   offset_of(call, 1), 2);
}

int ln_p2_file_append_stream(struct ln_p2_call *call)
{
	return open_stream(call, LN_P2_OUTPUT_STREAM, LN_WASI_RIGHT_FD_WRITE,
			   LN_WASI_AT_END, 1);
}

/* ---- Reading and writing at a place ---- */

/* Moves bytes of `memory`; *wasi tells how it went. */
static int move(struct ln_p2_call *call, uint32_t fd,
		enum ln_direction direction, uint64_t offset,
		struct ln_buffer memory, size_t *done, uint32_t *wasi)
{
	uint64_t right = direction == LN_READABLE ? LN_WASI_RIGHT_FD_READ
						  : LN_WASI_RIGHT_FD_WRITE;
	struct ln_wasi_fd *entry;
	struct ln_iovecs pieces;
	uint8_t piece[LN_IOVECS_PIECE];
	int number = 0;
	int error;

	*done = 0;
	*wasi = find_file(call, fd, right, &entry);
	if (*wasi == LN_WASI_SUCCESS && entry->kind != LN_WASI_FILE)
		*wasi = LN_WASI_SPIPE;
	if (*wasi == LN_WASI_SUCCESS && offset > INT64_MAX)
		*wasi = LN_WASI_INVAL;
	if (*wasi != LN_WASI_SUCCESS)
		return 0;
	error = ln_iovecs_one(&pieces, piece, memory.data, memory.len, 0,
			      (uint32_t)memory.len);
	if (error == 0)
		error = ln_wasi_file_transfer(entry, direction, (int64_t)offset,
					      &pieces, done, &number);
	if (error == LN_EIO)
		*wasi = ln_wasi_from_errno(number);
	else if (error == LN_ENOMEM)
		*wasi = LN_WASI_NOMEM;
	else
		return error;
	return 0;
}

static int answer_read(struct ln_p2_call *call, const uint8_t *data, size_t len,
		       bool end, uint32_t wasi)
{
	const struct ln_p2_shape shape = { 16, 4, 4 };
	uint32_t address = 0;
	uint8_t *at;
	int error = 0;

	if (wasi == LN_WASI_SUCCESS)
		error = ln_p2_bytes(call, data, len, &address);
	if (error == 0)
		error = ln_p2_answer(call, 3, shape, wasi, &at);
	if (error != 0 || at == NULL)
		return error;
	ln_wasi_store32(at, address);
	ln_wasi_store32(at + 4, (uint32_t)len);
	at[8] = end;
	return 0;
}

int ln_p2_file_read(struct ln_p2_call *call)
{
	uint64_t len = ln_p2_u64(call, 1);
	struct ln_buffer buffer = { .len = len < LN_P2_CHUNK ? (size_t)len
							     : LN_P2_CHUNK };
	uint32_t fd, wasi;
	size_t done;
	int error = ln_p2_descriptor(call, 0, &fd);

	if (error != 0)
		return error;
	ln_guest_charge(call->guest, buffer.len);
	buffer.data = malloc(buffer.len > 0 ? buffer.len : 1);
	if (buffer.data == NULL)
		return LN_ENOMEM;
	error = move(call, fd, LN_READABLE, ln_p2_u64(call, 2), buffer, &done,
		     &wasi);
	if (error == 0)
		error = answer_read(call, buffer.data, done, done < buffer.len,
				    wasi);
	free(buffer.data);
	return error;
}

int ln_p2_file_write(struct ln_p2_call *call)
{
	const struct ln_p2_shape shape = { 16, 8, 8 };
	struct ln_buffer buffer = { .len = ln_p2_u32(call, 2) };
	uint32_t fd, wasi;
	size_t done;
	uint8_t *at;
	int error = ln_p2_descriptor(call, 0, &fd);

	if (error == 0)
		error = ln_p2_list(call, ln_p2_u32(call, 1),
				   (uint32_t)buffer.len, 1, 1, &buffer.data);
	if (error == 0)
		error = move(call, fd, LN_WRITABLE, ln_p2_u64(call, 3), buffer,
			     &done, &wasi);
	if (error == 0)
		error = ln_p2_answer(call, 4, shape, wasi, &at);
	if (error == 0 && at != NULL)
		ln_wasi_store64(at, done);
	return error;
}

/* ---- What is asked of a descriptor ---- */

int ln_p2_file_advise(struct ln_p2_call *call)
{
	uint32_t fd, wasi = 0;
	int error = ln_p2_descriptor(call, 0, &fd);

	if (error == 0)
		error = ln_host_wasi_fd_advise(
			call->guest, fd, ln_p2_u64(call, 1), ln_p2_u64(call, 2),
			ln_p2_u32(call, 3), &wasi);
	return ln_p2_answer_none(call, 4, error, wasi);
}

/* What preview 1 does with a descriptor alone. */
static int sync_by(struct ln_p2_call *call,
		   int (*sync)(struct ln_guest *guest, uint32_t fd,
			       uint32_t *wasi))
{
	uint32_t fd, wasi = 0;
	int error = ln_p2_descriptor(call, 0, &fd);

	if (error == 0)
		error = sync(call->guest, fd, &wasi);
	return ln_p2_answer_none(call, 1, error, wasi);
}

int ln_p2_file_sync_data(struct ln_p2_call *call)
{
	return sync_by(call, ln_host_wasi_fd_datasync);
}

int ln_p2_file_sync(struct ln_p2_call *call)
{
	return sync_by(call, ln_host_wasi_fd_sync);
}

/* One byte of what preview 1 tells of a descriptor. */
static int answer_byte(struct ln_p2_call *call,
		       uint8_t (*tell)(const uint8_t stat[LN_WASI_FDSTAT_SIZE]))
{
	const struct ln_p2_shape shape = { 2, 1, 1 };
	uint8_t stat[LN_WASI_FDSTAT_SIZE] = { 0 };
	uint32_t fd, wasi = 0;
	uint8_t *at;
	int error = ln_p2_descriptor(call, 0, &fd);

	if (error == 0)
		error = ln_host_wasi_fd_fdstat_get(call->guest, fd, stat,
						   &wasi);
	if (error == 0)
		error = ln_p2_answer(call, 1, shape, wasi, &at);
	if (error == 0 && at != NULL)
		*at = tell(stat);
	return error;
}

static uint8_t tell_flags(const uint8_t stat[LN_WASI_FDSTAT_SIZE])
{
	uint16_t flags = ln_wasi_load16(stat + 2);
	uint64_t rights = ln_wasi_load64(stat + 8);
	unsigned result = 0;

	if (stat[0] == LN_WASI_TYPE_DIRECTORY)
		return LN_P2_FLAG_READ |
		       ((rights & LN_WASI_RIGHT_PATH_CREATE_FILE) != 0
				? LN_P2_FLAG_MUTATE_DIRECTORY
				: 0);
	if ((rights & LN_WASI_RIGHT_FD_READ) != 0)
		result |= LN_P2_FLAG_READ;
	if ((rights & LN_WASI_RIGHT_FD_WRITE) != 0)
		result |= LN_P2_FLAG_WRITE;
	if ((flags & LN_WASI_FDFLAG_SYNC) != 0)
		result |= LN_P2_FLAG_FILE_SYNC;
	if ((flags & LN_WASI_FDFLAG_DSYNC) != 0)
		result |= LN_P2_FLAG_DATA_SYNC;
	if ((flags & LN_WASI_FDFLAG_RSYNC) != 0)
		result |= LN_P2_FLAG_REQUESTED_SYNC;
	return (uint8_t)result;
}

int ln_p2_file_flags(struct ln_p2_call *call)
{
	return answer_byte(call, tell_flags);
}

static uint8_t tell_type(const uint8_t stat[LN_WASI_FDSTAT_SIZE])
{
	return ln_p2_type(stat[0]);
}

int ln_p2_file_type(struct ln_p2_call *call)
{
	return answer_byte(call, tell_type);
}

int ln_p2_file_set_size(struct ln_p2_call *call)
{
	uint32_t fd, wasi = 0;
	int error = ln_p2_descriptor(call, 0, &fd);

	if (error == 0)
		error = ln_host_wasi_fd_filestat_set_size(
			call->guest, fd, ln_p2_u64(call, 1), &wasi);
	return ln_p2_answer_none(call, 2, error, wasi);
}

int ln_p2_file_set_times(struct ln_p2_call *call)
{
	uint64_t times[2];
	uint32_t flags = ln_p2_times(call, 1, times);
	uint32_t fd, wasi = 0;
	int error = ln_p2_descriptor(call, 0, &fd);

	if (error == 0)
		error = ln_host_wasi_fd_filestat_set_times(
			call->guest, fd, times[0], times[1], flags, &wasi);
	return ln_p2_answer_none(call, 7, error, wasi);
}

static int find_stat(struct ln_p2_call *call, unsigned index,
		     uint8_t stat[LN_WASI_FILESTAT_SIZE], uint32_t *wasi)
{
	uint32_t fd;
	int error = ln_p2_descriptor(call, index, &fd);

	*wasi = LN_WASI_SUCCESS;
	memset(stat, 0, LN_WASI_FILESTAT_SIZE);
	return error != 0 ? error
			  : ln_host_wasi_fd_filestat_get(call->guest, fd, stat,
							 wasi);
}

int ln_p2_file_stat(struct ln_p2_call *call)
{
	uint8_t stat[LN_WASI_FILESTAT_SIZE];
	uint32_t wasi;
	int error = find_stat(call, 0, stat, &wasi);

	return ln_p2_answer_stat(call, 1, error, wasi, stat);
}

int ln_p2_file_hash(struct ln_p2_call *call)
{
	uint8_t stat[LN_WASI_FILESTAT_SIZE];
	uint32_t wasi;
	int error = find_stat(call, 0, stat, &wasi);

	return ln_p2_answer_hash(call, 1, error, wasi, stat);
}

int ln_p2_file_is_same(struct ln_p2_call *call)
{
	uint8_t stats[2][LN_WASI_FILESTAT_SIZE];
	uint32_t wasi[2];
	int error = find_stat(call, 0, stats[0], &wasi[0]);

	if (error == 0)
		error = find_stat(call, 1, stats[1], &wasi[1]);
	if (error == 0)
		call->values[0].i32 = wasi[0] == LN_WASI_SUCCESS &&
				      wasi[1] == LN_WASI_SUCCESS &&
				      memcmp(stats[0], stats[1], 16) == 0;
	return error;
}

/* ---- Directories ---- */

#define DIRENT_SIZE 24u
#define DIRENT_MAX 512u /* one entry, and perhaps more */

int ln_p2_directory_read(struct ln_p2_call *call)
{
	struct ln_p2_resource stream = { .kind = LN_P2_DIRECTORY_STREAM };
	struct ln_wasi_fd *entry;
	uint32_t wasi;
	int error = ln_p2_descriptor(call, 0, &stream.fd);

	if (error != 0)
		return error;
	wasi = ln_wasi_find(call->guest, stream.fd, LN_WASI_RIGHT_FD_READDIR,
			    &entry);
	if (wasi == LN_WASI_SUCCESS && entry->kind != LN_WASI_DIRECTORY)
		wasi = LN_WASI_NOTDIR;
	return ln_p2_answer_resource(call, 1, &stream, wasi);
}

/* Finds the next entry that is neither `.` nor `..` in what preview 1 has
 * written; NULL: there is none. Moves *cookie behind what it passes. */
static const uint8_t *pick(const uint8_t *at, uint32_t left, uint64_t *cookie)
{
	while (left >= DIRENT_SIZE) {
		uint32_t len = ln_wasi_load32(at + 16);
		const uint8_t *name = at + DIRENT_SIZE;

		if (len > left - DIRENT_SIZE)
			return NULL;
		*cookie = ln_wasi_load64(at);
		if (!(name[0] == '.' &&
		      (len == 1 || (len == 2 && name[1] == '.'))))
			return at;
		at += DIRENT_SIZE + len;
		left -= DIRENT_SIZE + len;
	}
	return NULL;
}

/* Looks for the next entry, in `room`; *found is NULL at the end. */
static int next_entry(struct ln_p2_call *call, uint32_t fd, uint64_t *cookie,
		      uint8_t room[DIRENT_MAX], const uint8_t **found,
		      uint32_t *wasi)
{
	const struct ln_buffer buffer = { room, DIRENT_MAX };

	for (;;) {
		uint64_t before = *cookie;
		uint8_t used[4] = { 0 };
		int error;

		*wasi = LN_WASI_SUCCESS;
		error = ln_host_wasi_fd_readdir(call->guest, fd, buffer, before,
						used, wasi);
		*found = NULL;
		if (error != 0 || *wasi != LN_WASI_SUCCESS)
			return error;
		*found = pick(room, ln_wasi_load32(used), cookie);
		if (*found != NULL || *cookie == before)
			return 0;
	}
}

int ln_p2_directory_next(struct ln_p2_call *call)
{
	const struct ln_p2_shape shape = { 20, 4, 4 };
	uint8_t room[DIRENT_MAX + 1]; /* the last byte ends a name */
	char *name;
	struct ln_p2_resource *stream;
	const uint8_t *entry = NULL;
	uint32_t address = 0, len = 0, wasi;
	uint64_t cookie;
	uint8_t *at;
	int error = ln_p2_get(call, LN_P2_DIRECTORY_STREAM, ln_p2_u32(call, 0),
			      &stream);

	if (error != 0)
		return error;
	cookie = stream->cookie;
	error = next_entry(call, stream->fd, &cookie, room, &entry, &wasi);
	if (error != 0)
		return error;
	stream->cookie = cookie;
	if (entry != NULL) {
		len = ln_wasi_load32(entry + 16);
		name = (char *)room + (entry - room) + DIRENT_SIZE;
		name[len] = '\0';
		error = ln_p2_string(call, name, &address, &len);
	}
	if (error == 0)
		error = ln_p2_answer(call, 1, shape, wasi, &at);
	if (error != 0 || at == NULL || entry == NULL)
		return error;
	at[0] = 1;
	at[4] = ln_p2_type(entry[20]);
	ln_wasi_store32(at + 8, address);
	ln_wasi_store32(at + 12, len);
	return 0;
}
