// Calls that are refused as a whole, and subscriptions at the memory's edges.
#include "check.h"

#define MAX_COUNT 4096

static __wasi_subscription_t subscriptions[MAX_COUNT + 1];
static __wasi_event_t events[MAX_COUNT + 1];

int main(void)
{
	__wasi_subscription_t *edge;
	size_t n = 77;

	for (int i = 0; i <= MAX_COUNT; i++) {
		subscriptions[i].userdata = (uint64_t)i;
		subscriptions[i].u.tag = __WASI_EVENTTYPE_CLOCK;
		subscriptions[i].u.u.clock.id = 1;
	}
	CHECK_ERRNO(__wasi_poll_oneoff(subscriptions, events, 0, &n), INVAL);
	CHECK_ERRNO(
		__wasi_poll_oneoff(subscriptions, events, MAX_COUNT + 1, &n),
		INVAL);
	CHECK_ERRNO(__wasi_poll_oneoff(subscriptions, events, UINT32_MAX, &n),
		    INVAL);
	CHECK(n == 77);
	CHECK_OK(__wasi_poll_oneoff(subscriptions, events, MAX_COUNT, &n));
	CHECK(n == MAX_COUNT);
	for (int i = 0; i < MAX_COUNT; i++)
		CHECK(events[i].userdata == (uint64_t)i);

	/* A kind of event that does not exist. */
	subscriptions[1].u.tag = 3;
	CHECK_ERRNO(__wasi_poll_oneoff(subscriptions, events, 2, &n), INVAL);
	subscriptions[1].u.tag = 255;
	CHECK_ERRNO(__wasi_poll_oneoff(subscriptions, events, 2, &n), INVAL);
	subscriptions[1].u.tag = __WASI_EVENTTYPE_CLOCK;

	CHECK_ERRNO(__wasi_poll_oneoff(before_end(47), events, 1, &n), FAULT);
	CHECK_ERRNO(__wasi_poll_oneoff(subscriptions, before_end(31), 1, &n),
		    FAULT);
	CHECK_ERRNO(__wasi_poll_oneoff(subscriptions, before_end(63), 2, &n),
		    FAULT);
	CHECK_ERRNO(__wasi_poll_oneoff(subscriptions, events, 1, before_end(3)),
		    FAULT);
	edge = before_end(48);
	memcpy(edge, subscriptions, 48);
	CHECK_OK(__wasi_poll_oneoff(edge, events, 1, &n));
	CHECK(n == 1);

	/* In place, and at an odd address. */
	CHECK_OK(__wasi_poll_oneoff(subscriptions, (void *)subscriptions, 8,
				    &n));
	CHECK(n == 8);
	for (size_t i = 0; i < 8; i++)
		CHECK(((__wasi_event_t *)(void *)subscriptions)[i].userdata ==
		      i);
	memcpy((char *)events + 1, &subscriptions[100], 48);
	CHECK_OK(__wasi_poll_oneoff((void *)((char *)events + 1),
				    (void *)((char *)events + 101), 1, &n));
	CHECK(n == 1 && ((char *)events)[101] == 100);
	return 0;
}
