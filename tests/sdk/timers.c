// Timers: messages to oneself and to others, later and again and again; servers
// take them by info.
//
// stdout~ passed, 0 failed$
#include <lunatic.h>

#define SOON 30000
#define A_WHILE 50

static struct lunatic_reader mail;
static struct lunatic_writer out;

static void begin(int64_t tag, int64_t number)
{
	lunatic_mail_begin(&out, tag);
	lunatic_write_int(&out, number);
}

static void expect(int64_t tag, int64_t number)
{
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), tag);
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), number);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
}

LUNATIC_TEST(later)
{
	struct lunatic_proc self = lunatic_proc_self();
	struct lunatic_timer timer;

	begin(2, 20);
	LUNATIC_CHECK_EQ(lunatic_mail_send_after(&out, self, 40, NULL), 0);
	begin(1, 10);
	LUNATIC_CHECK_EQ(lunatic_mail_send_after(&out, self, 1, &timer), 0);
	expect(1, 10);
	LUNATIC_CHECK(!lunatic_timer_cancel(timer));
	begin(3, 30);
	LUNATIC_CHECK_EQ(lunatic_mail_send_after(&out, self, SOON, &timer), 0);
	expect(2, 20);
	LUNATIC_CHECK(lunatic_timer_cancel(timer));
	LUNATIC_CHECK(!lunatic_timer_cancel(timer));
	LUNATIC_CHECK(!lunatic_timer_cancel(LUNATIC_NO_TIMER));
	// One that is not complete is no timer.
	lunatic_mail_begin(&out, 4);
	lunatic_write_array(&out, 2);
	LUNATIC_CHECK_EQ(lunatic_mail_send_after(&out, self, 1, &timer),
			 LUNATIC_EMISUSE);
	LUNATIC_CHECK(!lunatic_timer_cancel(timer));
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
}

LUNATIC_TEST(again)
{
	struct lunatic_proc self = lunatic_proc_self();
	struct lunatic_timer timer;

	begin(5, 50);
	LUNATIC_CHECK_EQ(lunatic_mail_send_every(&out, self, 2, &timer), 0);
	for (int i = 0; i < 10; i++)
		expect(5, 50);
	LUNATIC_CHECK(lunatic_timer_cancel(timer));
	while (lunatic_receive(&mail, A_WHILE) == LUNATIC_MESSAGE)
		LUNATIC_CHECK_EQ(lunatic_mail_tag(), 5);
}

struct clock {
	struct lunatic_timer timer;
	int32_t ticks;
};

static int clock_init(void *state, struct lunatic_reader *argument)
{
	struct clock *clock = state;

	lunatic_read_nil(argument);
	begin(-7, 0);
	return lunatic_mail_send_every(&out, lunatic_proc_self(), 5,
				       &clock->timer);
}

static void clock_info(void *state, int what, struct lunatic_reader *message)
{
	struct clock *clock = state;

	lunatic_skip(message);
	LUNATIC_CHECK_EQ(what, LUNATIC_MESSAGE);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), -7);
	clock->ticks++;
}

static void clock_call(void *state, struct lunatic_reader *request,
		       struct lunatic_writer *reply)
{
	struct clock *clock = state;

	lunatic_skip(request);
	lunatic_write_int(reply, clock->ticks);
}

static const struct lunatic_server clock_server = {
	.state_size = sizeof(struct clock),
	.init = clock_init,
	.info = clock_info,
	.call = clock_call,
};

LUNATIC_TEST(of_a_server)
{
	struct lunatic_proc server;
	int32_t ticks;

	LUNATIC_CHECK_EQ(
		lunatic_server_start(&server, NULL, &clock_server, NULL), 0);
	do {
		lunatic_sleep(5);
		lunatic_request_begin(&out);
		lunatic_write_nil(&out);
		LUNATIC_CHECK_EQ(
			lunatic_request_send(&out, server, &mail, SOON), 0);
		ticks = lunatic_read_i32(&mail);
	} while (ticks < 3);
	lunatic_server_stop(server);
}
