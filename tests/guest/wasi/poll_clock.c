// Waiting for clocks: none too early, the earliest of several, bad ones.
#include <time.h>

#include "check.h"

#define MS UINT64_C(1000000)

static __wasi_subscription_t subscriptions[8];
static __wasi_event_t events[8];

static uint64_t now(uint32_t clock)
{
	uint64_t time;

	CHECK_OK(__wasi_clock_time_get(clock, 0, &time));
	return time;
}

static void subscribe(int i, uint32_t clock, uint64_t timeout, uint16_t flags)
{
	memset(&subscriptions[i], 0, sizeof(subscriptions[i]));
	subscriptions[i].userdata = 100 + (uint64_t)i;
	subscriptions[i].u.tag = __WASI_EVENTTYPE_CLOCK;
	subscriptions[i].u.u.clock.id = clock;
	subscriptions[i].u.u.clock.timeout = timeout;
	subscriptions[i].u.u.clock.flags = flags;
}

static size_t poll_all(size_t count)
{
	size_t n = 0;

	memset(events, 0xff, sizeof(events));
	CHECK_OK(__wasi_poll_oneoff(subscriptions, events, count, &n));
	CHECK(n >= 1 && n <= count);
	return n;
}

/* Event `i` is that of subscription `of`. */
static void expect(int i, int of, uint16_t error)
{
	CHECK(events[i].userdata == 100 + (uint64_t)of);
	CHECK(events[i].error == error);
	CHECK(events[i].type == __WASI_EVENTTYPE_CLOCK);
}

static void relative(void)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	uint64_t start = now(1);

	subscribe(0, 1, 5 * MS, 0);
	CHECK(poll_all(1) == 1);
	expect(0, 0, 0);
	CHECK(now(1) >= start + 5 * MS);
	start = now(1);
	subscribe(0, 0, 5 * MS, 0);
	CHECK(poll_all(1) == 1);
	CHECK(now(1) >= start + 5 * MS);
	start = now(1);
	CHECK(nanosleep(&pause, NULL) == 0);
	CHECK(now(1) >= start + 2 * MS);
	subscribe(0, 1, 0, 0);
	CHECK(poll_all(1) == 1);
	expect(0, 0, 0);
}

static void absolute(void)
{
	const uint16_t flag = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;
	uint64_t then = now(1) + 5 * MS;

	subscribe(0, 1, then, flag);
	CHECK(poll_all(1) == 1);
	CHECK(now(1) >= then);
	/* What is over is over. */
	CHECK(poll_all(1) == 1);
	subscribe(0, 1, 0, flag);
	CHECK(poll_all(1) == 1);
	then = now(0) + 5 * MS;
	subscribe(0, 0, then, flag);
	CHECK(poll_all(1) == 1);
	subscribe(0, 0, 1, flag);
	CHECK(poll_all(1) == 1);
	expect(0, 0, 0);
}

static void several(void)
{
	/* The others are too far away to come, however far. */
	subscribe(0, 1, UINT64_MAX, 0);
	subscribe(1, 0, UINT64_MAX, 1);
	subscribe(2, 1, 3 * MS, 0);
	subscribe(3, 1, UINT64_MAX, 1);
	subscribe(4, 0, UINT64_MAX / 2, 0);
	CHECK(poll_all(5) == 1);
	expect(0, 2, 0);
	/* Events come in the order of subscriptions. */
	subscribe(1, 1, 0, 0);
	subscribe(3, 1, 0, 0);
	subscribe(2, 1, UINT64_MAX, 0);
	CHECK(poll_all(5) == 2);
	expect(0, 1, 0);
	expect(1, 3, 0);
}

static void refused(void)
{
	/* A clock that cannot be waited for does not keep others waiting. */
	subscribe(0, 2, 0, 0);
	subscribe(1, 1, UINT64_MAX, 0);
	subscribe(2, 3, UINT64_MAX, 0);
	subscribe(3, 4, 0, 0);
	subscribe(4, 1, 0, 2);
	CHECK(poll_all(5) == 4);
	expect(0, 0, __WASI_ERRNO_NOTSUP);
	expect(1, 2, __WASI_ERRNO_NOTSUP);
	expect(2, 3, __WASI_ERRNO_INVAL);
	expect(3, 4, __WASI_ERRNO_INVAL);
}

int main(void)
{
	relative();
	absolute();
	several();
	refused();
	return 0;
}
