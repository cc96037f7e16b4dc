/*
 * What the cases in C for lunatic 0.7 share: checks (checks.h), and short forms
 * for what most of them do.
 */
#ifndef LUNATIC_TESTS_GUEST_CHECK_H
#define LUNATIC_TESTS_GUEST_CHECK_H

#include <lunatic/abi.h>

#include "checks.h"

/* Results of receiving. */
#define DATA 0
#define LINK_DIED 1

/* Spawns an entry without parameters. A link of 0 is none. */
static inline uint64_t spawn(const char *entry, int64_t link)
{
	uint64_t process;

	CHECK_EQ(lunatic_process_inherit_spawn(link, entry, strlen(entry), NULL,
					       0, &process),
		 0);
	return process;
}

/* Spawns an entry that takes one number. */
static inline uint64_t spawn_with(const char *entry, int64_t link,
				  int32_t number)
{
	uint8_t params[PARAM_SIZE] = { I32 };
	uint64_t process;

	memcpy(params + 1, &number, sizeof(number));
	CHECK_EQ(lunatic_process_inherit_spawn(link, entry, strlen(entry),
					       params, sizeof(params),
					       &process),
		 0);
	return process;
}

static inline void send_number(uint64_t to, int64_t tag, int64_t number)
{
	lunatic_message_create_data(tag, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	lunatic_message_send(to);
}

static inline int64_t read_number(void)
{
	int64_t number = 0;

	CHECK_EQ(lunatic_message_read_data(&number, sizeof(number)),
		 sizeof(number));
	return number;
}

/* Sends a message whose only resource is an id of this process. */
static inline void send_this(uint64_t to, int64_t tag)
{
	lunatic_message_create_data(tag, 0);
	CHECK_EQ(lunatic_message_push_process(lunatic_process_this()), 0);
	lunatic_message_send(to);
}

static inline uint32_t receive_tag(int64_t tag, uint32_t timeout)
{
	return lunatic_message_receive(&tag, 1, timeout);
}

static inline uint32_t receive_any(uint32_t timeout)
{
	return lunatic_message_receive(NULL, 0, timeout);
}

/* The next message must be a number. */
static inline void expect_number(int64_t tag, int64_t number)
{
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), tag);
	CHECK_EQ(read_number(), number);
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

/* Spawns an entry that must fail, and waits until it has. Needs
 * die_when_link_dies(0) and an empty mailbox. */
static inline void must_fail(const char *entry)
{
	static int64_t tag = 1000;

	lunatic_process_drop_process(spawn(entry, ++tag));
	expect_link_died(tag);
}

#define spawn(entry, link) (FROM_HERE, spawn(entry, link))
#define spawn_with(entry, link, number) \
	(FROM_HERE, spawn_with(entry, link, number))
#define send_this(to, tag) (FROM_HERE, send_this(to, tag))
#define read_number() (FROM_HERE, read_number())
#define expect_number(tag, number) (FROM_HERE, expect_number(tag, number))
#define expect_nothing() (FROM_HERE, expect_nothing())
#define expect_link_died(tag) (FROM_HERE, expect_link_died(tag))
#define must_fail(entry) (FROM_HERE, must_fail(entry))

#endif
