/*
 * What the benchmark guests share: the clock, one-number messages, and the
 * report that bench/run.sh reads. It stays clear of stdio, whose data every
 * spawned process would carry a copy of. With GENERATION_13 the same sources
 * use the host functions of lunatic 0.13.
 */
#ifndef BENCH_H
#define BENCH_H

#ifdef GENERATION_13
#include <lunatic/abi_0_13.h>
#else
#include <lunatic/abi.h>
#endif
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Makes a function one that processes can be spawned with. */
#define ENTRY(name) __attribute__((export_name(#name)))

static inline uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Writes "SERIES VALUE\n" for a value given in thousandths. */
static inline void report_thousandths(const char *series, uint64_t value)
{
	char line[96];
	size_t length = strlen(series);
	size_t at = sizeof(line);
	int digits = 0;

	line[--at] = '\n';
	do {
		if (digits == 3)
			line[--at] = '.';
		line[--at] = (char)('0' + value % 10);
		value /= 10;
		digits++;
	} while (value > 0 || digits < 4);
	line[--at] = ' ';
	at -= length;
	memcpy(line + at, series, length);
	write(STDOUT_FILENO, line + at, sizeof(line) - at);
}

/* Reports the nanoseconds that each of `count` took. */
static inline void report(const char *series, uint64_t ns, uint64_t count)
{
	report_thousandths(series, ns * 1000 / count);
}

/* A message of one number, as large as an Erlang integer in a tuple. */
static inline void send_number(uint64_t process, int64_t tag, uint64_t number)
{
	lunatic_message_create_data(tag, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	lunatic_message_send(process);
}

/* What differs between the generations: `receive` waits for any message;
 * `send_process` tells another process of `moved`. */
#ifdef GENERATION_13

#define OWN UINT64_MAX

static inline uint32_t receive(void)
{
	return lunatic_message_receive(NULL, 0, UINT64_MAX);
}

static inline uint64_t this_process(void)
{
	return lunatic_process_process_id();
}

static inline void drop_process(uint64_t process)
{
	(void)process;
}

static inline void send_process(uint64_t process, uint64_t moved)
{
	send_number(process, 0, moved);
}

static inline uint32_t start(const char *name, const uint8_t *params,
			     size_t params_len, uint64_t *id)
{
	return lunatic_process_spawn(0, OWN, OWN, name, strlen(name), params,
				     params_len, id);
}

#else

static inline uint32_t receive(void)
{
	return lunatic_message_receive(NULL, 0, 0);
}

static inline uint64_t this_process(void)
{
	return lunatic_process_this();
}

static inline void drop_process(uint64_t process)
{
	lunatic_process_drop_process(process);
}

static inline void send_process(uint64_t process, uint64_t moved)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(moved);
	lunatic_message_send(process);
}

static inline uint32_t start(const char *name, const uint8_t *params,
			     size_t params_len, uint64_t *id)
{
	return lunatic_process_inherit_spawn(0, name, strlen(name), params,
					     params_len, id);
}

#endif

static inline uint64_t receive_number(void)
{
	uint64_t number;

	if (receive() != 0 ||
	    lunatic_message_read_data(&number, sizeof(number)) !=
		    sizeof(number))
		__builtin_trap();
	return number;
}

static inline uint64_t receive_process(void)
{
#ifdef GENERATION_13
	return receive_number();
#else
	receive();
	return lunatic_message_take_process(0);
#endif
}

/* Spawns a process that calls the exported function `name`, which takes one
 * i32 when `argument` is not NULL. */
static inline uint64_t spawn(const char *name, const uint32_t *argument)
{
	uint8_t params[17] = { 0x7f };
	uint64_t id;

	if (argument != NULL)
		memcpy(params + 1, argument, sizeof(*argument));
	if (start(name, params, argument != NULL ? 17 : 0, &id) != 0)
		__builtin_trap();
	return id;
}

#endif
