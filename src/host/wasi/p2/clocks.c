/*
 * wasi:clocks and wasi:random.
 *
 * Threads: the one that runs the process.
 */
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/waiting.h"
#include "host/wasi/wasi.h"

enum clock { WALL = 0, MONOTONIC = 1 }; /* preview 1's */

#define NS_PER_S UINT64_C(1000000000)

static uint64_t read_clock(enum clock clock, bool resolution)
{
	uint64_t ns = 0;

	/* Both clocks are always there. */
	(void)ln_wasi_clock(clock, resolution, &ns);
	return ns;
}

int ln_p2_monotonic_now(struct ln_p2_call *call)
{
	call->values[0].i64 = (int64_t)read_clock(MONOTONIC, false);
	return 0;
}

int ln_p2_monotonic_resolution(struct ln_p2_call *call)
{
	call->values[0].i64 = (int64_t)read_clock(MONOTONIC, true);
	return 0;
}

static int answer_wall(struct ln_p2_call *call, bool resolution)
{
	uint64_t ns = read_clock(WALL, resolution);
	uint8_t *at;
	int error = ln_p2_result(call, 0, 16, 8, &at);

	if (error != 0)
		return error;
	ln_wasi_store64(at, ns / NS_PER_S);
	ln_wasi_store32(at + 8, (uint32_t)(ns % NS_PER_S));
	return 0;
}

int ln_p2_wall_now(struct ln_p2_call *call)
{
	return answer_wall(call, false);
}

int ln_p2_wall_resolution(struct ln_p2_call *call)
{
	return answer_wall(call, true);
}

static int subscribe(struct ln_p2_call *call, int64_t from)
{
	const struct ln_p2_resource resource = {
		.kind = LN_P2_POLLABLE,
		.fd = UINT32_MAX,
		.deadline = ln_wasi_deadline(from, ln_p2_u64(call, 0)),
	};

	return ln_p2_return(call, &resource);
}

int ln_p2_subscribe_instant(struct ln_p2_call *call)
{
	return subscribe(call, 0);
}

int ln_p2_subscribe_duration(struct ln_p2_call *call)
{
	return subscribe(call, ln_time_now());
}

/* ---- Random numbers ---- */

static uint64_t draw(void)
{
	uint64_t number;

	ln_random_bytes((uint8_t *)&number, sizeof(number));
	return number;
}

int ln_p2_random_bytes(struct ln_p2_call *call)
{
	uint64_t len = ln_p2_u64(call, 0);
	uint32_t address;
	uint8_t *at;
	int error = ln_p2_allocate(call, 1, len, &address);

	if (error == 0)
		error = ln_p2_list(call, address, (uint32_t)len, 1, 1, &at);
	if (error == 0)
		error = ln_wasi_random(call->guest, at, (size_t)len);
	return error != 0 ? error
			  : ln_p2_answer_list(call, 1, address, (uint32_t)len);
}

int ln_p2_random_u64(struct ln_p2_call *call)
{
	call->values[0].i64 = (int64_t)draw();
	return 0;
}

int ln_p2_insecure_seed(struct ln_p2_call *call)
{
	const uint8_t *seed = ln_p2_seed(call->guest);
	uint8_t *at;
	int error = seed != NULL ? 0 : LN_ENOMEM;

	if (error == 0)
		error = ln_p2_result(call, 0, LN_P2_SEED, 8, &at);
	if (error == 0)
		memcpy(at, seed, LN_P2_SEED);
	return error;
}
