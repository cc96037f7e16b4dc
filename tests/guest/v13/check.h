/* Short forms for what most cases of lunatic 0.13 do, beside ../checks.h. */
#ifndef LUNATIC_TESTS_GUEST_V13_CHECK_H
#define LUNATIC_TESTS_GUEST_V13_CHECK_H

#include <lunatic/abi_0_13.h>

#include "../checks.h"

/* Results of receiving. */
#define DATA 0
#define LINK_DIED 1
#define PROCESS_DIED 2

#define OWN UINT64_MAX      /* module or configuration */
#define NO_LIMIT UINT64_MAX /* of time */

/* Spawns an entry with a configuration; `params` are encoded. */
static inline uint32_t try_spawn(uint64_t config, const char *entry,
				 int64_t link, const void *params, size_t len,
				 uint64_t *id)
{
	return lunatic_process_spawn(link, config, OWN, entry, strlen(entry),
				     params, len, id);
}

/* Spawns an entry without parameters. A link of 0 is none. */
static inline uint64_t spawn(const char *entry, int64_t link)
{
	uint64_t process = 0;

	CHECK_EQ(try_spawn(OWN, entry, link, NULL, 0, &process), 0);
	return process;
}

/* Spawns an entry that takes one i64. */
static inline uint64_t spawn_with(const char *entry, int64_t link,
				  int64_t number)
{
	uint8_t params[PARAM_SIZE] = { I64 };
	uint64_t process = 0;

	memcpy(params + 1, &number, sizeof(number));
	CHECK_EQ(try_spawn(OWN, entry, link, params, sizeof(params), &process),
		 0);
	return process;
}

static inline void send_number(uint64_t to, int64_t tag, int64_t number)
{
	lunatic_message_create_data(tag, sizeof(number));
	CHECK_EQ(lunatic_message_write_data(&number, sizeof(number)),
		 sizeof(number));
	CHECK_EQ(lunatic_message_send(to), 0);
}

static inline int64_t read_number(void)
{
	int64_t number = 0;

	CHECK_EQ(lunatic_message_read_data(&number, sizeof(number)),
		 sizeof(number));
	return number;
}

static inline uint32_t receive_tag(int64_t tag, uint64_t timeout)
{
	return lunatic_message_receive(&tag, 1, timeout);
}

static inline uint32_t receive_any(uint64_t timeout)
{
	return lunatic_message_receive(NULL, 0, timeout);
}

/* The next message must be a number. */
static inline int64_t expect_any_number(int64_t tag)
{
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), tag);
	return read_number();
}

static inline void expect_number(int64_t tag, int64_t number)
{
	CHECK_EQ(expect_any_number(tag), number);
}

static inline void expect_nothing(void)
{
	CHECK_EQ(receive_any(A_WHILE), TIMED_OUT);
}

/* The next message must tell of a failed link. */
static inline void expect_link_died(int64_t tag)
{
	CHECK_EQ(receive_any(SOON), LINK_DIED);
	CHECK_EQ(lunatic_message_get_tag(), tag);
}

/* The next message must tell of the end of a process. */
static inline void expect_process_died(uint64_t process)
{
	CHECK_EQ(receive_any(SOON), PROCESS_DIED);
	CHECK_EQ(lunatic_message_get_process_id(), process);
}

static inline void await_end(uint64_t process)
{
	while (lunatic_process_exists(process))
		lunatic_process_sleep_ms(1);
}

/* The text of an error must be, or with `part` contain, this. */
static inline void check_error(uint64_t error, const char *text, bool part)
{
	char have[1000] = { 0 };

	CHECK(lunatic_error_string_size(error) < sizeof(have));
	lunatic_error_to_string(error, have);
	if (part ? strstr(have, text) == NULL : strcmp(have, text) != 0) {
		printf("FAILED (from %d): the error is '%s', not '%s'\n",
		       check_caller, have, text);
		exit(EXIT_FAILURE);
	}
	lunatic_error_drop(error);
}

/* Spawns an entry that must fail, and waits until it has. Needs
 * die_when_link_dies(0) and an empty mailbox. */
static inline void must_fail(const char *entry)
{
	static int64_t tag = 1000;

	spawn(entry, ++tag);
	expect_link_died(tag);
}

#define spawn(entry, link) (FROM_HERE, spawn(entry, link))
#define spawn_with(entry, link, number) \
	(FROM_HERE, spawn_with(entry, link, number))
#define read_number() (FROM_HERE, read_number())
#define expect_any_number(tag) (FROM_HERE, expect_any_number(tag))
#define expect_number(tag, number) (FROM_HERE, expect_number(tag, number))
#define expect_nothing() (FROM_HERE, expect_nothing())
#define expect_link_died(tag) (FROM_HERE, expect_link_died(tag))
#define expect_process_died(process) (FROM_HERE, expect_process_died(process))
#define check_error(error, text, part) \
	(FROM_HERE, check_error(error, text, part))
#define must_fail(entry) (FROM_HERE, must_fail(entry))

#endif
