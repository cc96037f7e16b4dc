/*
 * wasi:filesystem: how results, types and errors of preview 1 look in WASI 0.2.
 *
 * Threads: the one that runs the process.
 */
#include "host/wasi/p2/filesystem.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/wasi.h"

#define NS_PER_S UINT64_C(1000000000)

/* By preview 1's number; those that are not named are `io`. */
#define CODE_IO 13

static const uint8_t codes[] = {
	[2] = 1 + 0,   /* acces */
	[6] = 1 + 1,   /* again: would-block */
	[7] = 1 + 2,   /* already */
	[8] = 1 + 3,   /* badf */
	[10] = 1 + 4,  /* busy */
	[16] = 1 + 5,  /* deadlk */
	[19] = 1 + 6,  /* dquot */
	[20] = 1 + 7,  /* exist */
	[21] = 1 + 12, /* fault: invalid */
	[22] = 1 + 8,  /* fbig */
	[25] = 1 + 9,  /* ilseq */
	[26] = 1 + 10, /* inprogress */
	[27] = 1 + 11, /* intr */
	[28] = 1 + 12, /* inval */
	[31] = 1 + 14, /* isdir */
	[32] = 1 + 15, /* loop */
	[33] = 1 + 22, /* mfile: insufficient-memory */
	[34] = 1 + 16, /* mlink */
	[35] = 1 + 17, /* msgsize */
	[37] = 1 + 18, /* nametoolong */
	[43] = 1 + 19, /* nodev */
	[44] = 1 + 20, /* noent */
	[46] = 1 + 21, /* nolck */
	[48] = 1 + 22, /* nomem */
	[51] = 1 + 23, /* nospc */
	[52] = 1 + 27, /* nosys: unsupported */
	[54] = 1 + 24, /* notdir */
	[55] = 1 + 25, /* notempty */
	[56] = 1 + 26, /* notrecoverable */
	[58] = 1 + 27, /* notsup */
	[59] = 1 + 28, /* notty */
	[60] = 1 + 29, /* nxio */
	[61] = 1 + 30, /* overflow */
	[63] = 1 + 31, /* perm */
	[64] = 1 + 32, /* pipe */
	[69] = 1 + 33, /* rofs */
	[70] = 1 + 34, /* spipe */
	[74] = 1 + 35, /* txtbsy */
	[75] = 1 + 36, /* xdev */
	[76] = 1 + 31, /* notcapable: not-permitted */
};

uint8_t ln_p2_code(uint32_t wasi)
{
	if (wasi >= sizeof(codes) || codes[wasi] == 0)
		return CODE_IO;
	return (uint8_t)(codes[wasi] - 1);
}

uint8_t ln_p2_type(uint8_t filetype)
{
	static const uint8_t types[] = {
		[LN_WASI_TYPE_UNKNOWN] = 0,
		[LN_WASI_TYPE_BLOCK_DEVICE] = 1,
		[LN_WASI_TYPE_CHARACTER_DEVICE] = 2,
		[LN_WASI_TYPE_DIRECTORY] = 3,
		[LN_WASI_TYPE_REGULAR_FILE] = 6,
		[LN_WASI_TYPE_SOCKET_DGRAM] = 7,
		[LN_WASI_TYPE_SOCKET_STREAM] = 7,
		[LN_WASI_TYPE_SYMBOLIC_LINK] = 5,
	};

	return filetype < sizeof(types) ? types[filetype] : 0;
}

int ln_p2_answer(struct ln_p2_call *call, unsigned index,
		 struct ln_p2_shape shape, uint32_t wasi, uint8_t **at)
{
	uint8_t *result;
	int error = ln_p2_result(call, index, shape.size, shape.align, &result);

	*at = NULL;
	if (error != 0)
		return error;
	if (wasi == LN_WASI_SUCCESS) {
		*at = result + shape.value;
		return 0;
	}
	result[0] = 1;
	result[shape.value] = ln_p2_code(wasi);
	return 0;
}

int ln_p2_answer_none(struct ln_p2_call *call, unsigned index, int error,
		      uint32_t wasi)
{
	const struct ln_p2_shape shape = { 2, 1, 1 };
	uint8_t *at;

	return error != 0 ? error : ln_p2_answer(call, index, shape, wasi, &at);
}

static void put_time(uint8_t *at, uint64_t ns)
{
	at[0] = 1;
	ln_wasi_store64(at + 8, ns / NS_PER_S);
	ln_wasi_store32(at + 16, (uint32_t)(ns % NS_PER_S));
}

int ln_p2_answer_stat(struct ln_p2_call *call, unsigned index, int error,
		      uint32_t wasi, const uint8_t *stat)
{
	const struct ln_p2_shape shape = { 104, 8, 8 };
	uint8_t *at;

	if (error == 0)
		error = ln_p2_answer(call, index, shape, wasi, &at);
	if (error != 0 || at == NULL)
		return error;
	at[0] = ln_p2_type(stat[16]);
	memcpy(at + 8, stat + 24, 16); /* link count, size */
	put_time(at + 24, ln_wasi_load64(stat + 40));
	put_time(at + 48, ln_wasi_load64(stat + 48));
	put_time(at + 72, ln_wasi_load64(stat + 56));
	return 0;
}

/* Device and number of the file: equal for no other file that is there. */
int ln_p2_answer_hash(struct ln_p2_call *call, unsigned index, int error,
		      uint32_t wasi, const uint8_t *stat)
{
	const struct ln_p2_shape shape = { 24, 8, 8 };
	uint8_t *at;

	if (error == 0)
		error = ln_p2_answer(call, index, shape, wasi, &at);
	if (error == 0 && at != NULL)
		memcpy(at, stat, 16);
	return error;
}

int ln_p2_answer_resource(struct ln_p2_call *call, unsigned index,
			  const struct ln_p2_resource *resource, uint32_t wasi)
{
	const struct ln_p2_shape shape = { 8, 4, 4 };
	uint32_t handle = 0;
	uint8_t *at;
	int error = ln_p2_answer(call, index, shape, wasi, &at);

	if (error != 0 || at == NULL)
		return error;
	error = ln_p2_give(call, resource, &handle);
	if (error == 0)
		ln_wasi_store32(at, handle);
	return error;
}

int ln_p2_descriptor(struct ln_p2_call *call, unsigned index, uint32_t *fd)
{
	struct ln_p2_resource *resource;
	int error = ln_p2_get(call, LN_P2_DESCRIPTOR, ln_p2_u32(call, index),
			      &resource);

	*fd = error == 0 ? resource->fd : UINT32_MAX;
	return error;
}

int ln_p2_path(struct ln_p2_call *call, unsigned index, struct ln_slice *path)
{
	/* One that is too long is refused as such, and may be so in any
	 * encoding. */
	return ln_p2_text(call, index, (size_t)2 * PATH_MAX, path);
}

enum new_timestamp { NO_CHANGE = 0, NOW = 1, TIMESTAMP = 2 };

uint32_t ln_p2_times(const struct ln_p2_call *call, unsigned index,
		     uint64_t times[2])
{
	uint32_t flags = 0;

	for (unsigned i = 0; i < 2; i++) {
		unsigned from = index + 3 * i;

		times[i] = ln_p2_u64(call, from + 1) * NS_PER_S +
			   ln_p2_u32(call, from + 2);
		if (ln_p2_u32(call, from) == TIMESTAMP)
			flags |= 1u << 2 * i;
		else if (ln_p2_u32(call, from) == NOW)
			flags |= 2u << 2 * i;
	}
	return flags;
}

int ln_p2_error_code(struct ln_p2_call *call)
{
	struct ln_p2_resource *resource;
	uint8_t *at;
	int number;
	int error = ln_p2_get(call, LN_P2_ERROR, ln_p2_u32(call, 0), &resource);

	if (error != 0)
		return error;
	number = resource->number;
	error = ln_p2_result(call, 1, 2, 1, &at);
	if (error != 0)
		return error;
	at[0] = 1;
	at[1] = ln_p2_code(ln_wasi_from_errno(number));
	return 0;
}
