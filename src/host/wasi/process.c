/*
 * DESIGN
 * The small parts of WASI: arguments, environment, clocks, random bytes, yield
 * and exit. Only random_get can take long; it works in slices, between which
 * others run and a kill is seen.
 *
 * The CPU-time clocks both tell the time of the whole program: a wasm process
 * has no clock of its own, and C libraries only take differences (clock()).
 *
 * Threads: the one that runs the process.
 */
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/random.h"
#include "engine/memory.h"
#include "host/abi_gen.h"
#include "host/wasi/wasi.h"
#include "process/environment.h"
#include "process/guest.h"
#include "sched/task.h"

/* Bytes that random_get makes between two looks around. */
#define RANDOM_SLICE 65536u
#define RANDOM_FUEL_PER_BYTE 8 /* of a metered guest */

/* Arguments or variables, as WASI sees them. */
struct strings {
	const char *const *at;
	size_t count;
	uint64_t bytes; /* terminating zeros included */
};

/* A metered guest pays for looking at them as for getting them. */
static struct strings measure(struct ln_guest *guest, const char *const *at,
			      size_t count)
{
	struct strings strings = { .at = at, .count = count };

	for (size_t i = 0; i < count; i++)
		strings.bytes += strlen(at[i]) + 1;
	ln_guest_charge(guest, strings.bytes);
	return strings;
}

static struct strings arguments_of(struct ln_guest *guest)
{
	const char *const *at = NULL;
	size_t count = ln_environment_args(guest->environment, &at);

	return measure(guest, at, count);
}

static struct strings variables_of(struct ln_guest *guest)
{
	const char *const *at = NULL;
	size_t count = ln_environment_envs(guest->environment, &at);

	return measure(guest, at, count);
}

static uint32_t put_sizes(struct strings strings, uint8_t *count,
			  uint8_t *bytes)
{
	if (strings.count > UINT32_MAX || strings.bytes > UINT32_MAX)
		return LN_WASI_OVERFLOW;
	ln_wasi_store32(count, (uint32_t)strings.count);
	ln_wasi_store32(bytes, (uint32_t)strings.bytes);
	return LN_WASI_SUCCESS;
}

static uint32_t put_strings(struct ln_guest *guest, struct strings strings,
			    uint32_t pointers, uint32_t address)
{
	uint8_t *to = ln_guest_memory(guest, address, strings.bytes);
	uint8_t *pointer =
		ln_guest_memory(guest, pointers, (uint64_t)strings.count * 4);

	if (to == NULL || pointer == NULL)
		return LN_WASI_FAULT;
	for (size_t i = 0; i < strings.count; i++) {
		size_t len = strlen(strings.at[i]) + 1;

		memcpy(to, strings.at[i], len);
		ln_wasi_store32(pointer, address);
		to += len;
		address += (uint32_t)len;
		pointer += 4;
	}
	return LN_WASI_SUCCESS;
}

int ln_host_wasi_args_get(struct ln_guest *guest, uint32_t argv,
			  uint32_t argv_buf, uint32_t *result)
{
	*result = put_strings(guest, arguments_of(guest), argv, argv_buf);
	return 0;
}

int ln_host_wasi_args_sizes_get(struct ln_guest *guest, uint8_t *argc,
				uint8_t *argv_buf_size, uint32_t *result)
{
	*result = put_sizes(arguments_of(guest), argc, argv_buf_size);
	return 0;
}

int ln_host_wasi_environ_get(struct ln_guest *guest, uint32_t pointers,
			     uint32_t strings, uint32_t *result)
{
	*result = put_strings(guest, variables_of(guest), pointers, strings);
	return 0;
}

int ln_host_wasi_environ_sizes_get(struct ln_guest *guest, uint8_t *environc,
				   uint8_t *environ_buf_size, uint32_t *result)
{
	*result = put_sizes(variables_of(guest), environc, environ_buf_size);
	return 0;
}

/* The system's clock for one of WASI's; false when there is none. */
static bool find_clock(uint32_t clock, clockid_t *id)
{
	static const clockid_t ids[] = {
		CLOCK_REALTIME,
		CLOCK_MONOTONIC,
		CLOCK_PROCESS_CPUTIME_ID,
		CLOCK_PROCESS_CPUTIME_ID,
	};

	if (clock >= sizeof(ids) / sizeof(ids[0]))
		return false;
	*id = ids[clock];
	return true;
}

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

bool ln_wasi_clock(uint32_t clock, bool resolution, uint64_t *ns)
{
	struct timespec time;
	clockid_t id;

	if (!find_clock(clock, &id) ||
	    (resolution ? clock_getres(id, &time) : clock_gettime(id, &time)) <
		    0)
		return false;
	*ns = nanoseconds(&time);
	return true;
}

static uint32_t put_clock(uint32_t clock, bool resolution, uint8_t *out)
{
	uint64_t ns;

	if (!ln_wasi_clock(clock, resolution, &ns))
		return LN_WASI_INVAL;
	ln_wasi_store64(out, ns);
	return LN_WASI_SUCCESS;
}

int ln_host_wasi_clock_res_get(struct ln_guest *guest, uint32_t clock,
			       uint8_t *resolution, uint32_t *result)
{
	(void)guest;
	*result = put_clock(clock, true, resolution);
	return 0;
}

int ln_host_wasi_clock_time_get(struct ln_guest *guest, uint32_t clock,
				uint64_t precision, uint8_t *out,
				uint32_t *result)
{
	(void)guest;
	(void)precision;
	*result = put_clock(clock, false, out);
	return 0;
}

int ln_wasi_random(struct ln_guest *guest, uint8_t *at, size_t left)
{
	struct ln_task *task = ln_task_current();

	ln_guest_pay(guest, (uint64_t)left * RANDOM_FUEL_PER_BYTE);
	while (left > 0) {
		size_t n = left < RANDOM_SLICE ? left : RANDOM_SLICE;

		ln_memory_open(at, n);
		ln_random_bytes(at, n);
		at += n;
		left -= n;
		if (left == 0)
			break;
		if (ln_task_should_yield(task))
			ln_task_give_way(task);
		if (ln_task_interrupted(task))
			return LN_EKILLED;
	}
	return 0;
}

int ln_host_wasi_random_get(struct ln_guest *guest, struct ln_buffer buf,
			    uint32_t *result)
{
	(void)result;
	return ln_wasi_random(guest, buf.data, buf.len);
}

int ln_host_wasi_sched_yield(struct ln_guest *guest, uint32_t *result)
{
	struct ln_task *task = ln_task_current();

	(void)guest;
	(void)result;
	ln_task_yield(task);
	return ln_task_interrupted(task) ? LN_EKILLED : 0;
}

int ln_wasi_exit(struct ln_guest *guest, uint32_t code)
{
	guest->exited = true;
	guest->exit_code = code;
	return LN_EEXIT;
}

int ln_host_wasi_proc_exit(struct ln_guest *guest, uint32_t code)
{
	return ln_wasi_exit(guest, code);
}

/* What a signal does to a program that has no handlers, by WASI's numbers. */
enum effect { NOTHING, END, STOP };

static const uint8_t effects[] = {
	NOTHING, END, END, END, END, END,     END,     END,  END,  END,  END,
	END,     END, END, END, END, NOTHING, NOTHING, STOP, STOP, STOP, STOP,
	NOTHING, END, END, END, END, NOTHING, END,     END,  END,
};

int ln_host_wasi_proc_raise(struct ln_guest *guest, uint32_t signal,
			    uint32_t *result)
{
	if (signal >= sizeof(effects)) {
		*result = LN_WASI_INVAL;
		return 0;
	}
	switch ((enum effect)effects[signal]) {
	case NOTHING:
		return 0;
	case STOP:
		*result = LN_WASI_NOTSUP;
		return 0;
	case END:
		break;
	}
	return ln_guest_trap(guest, "the guest raised signal %u",
			     (unsigned)signal);
}
