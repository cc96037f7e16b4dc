// Servers: state, answers now and later, what they do not understand, and how
// they end.
//
// stdout~ passed, 0 failed$
// stderr~ idle for too long
// stderr~ trapped: wasm `unreachable`
#include <lunatic.h>
#include <lunatic/abi.h>
#include <string.h>
#include <unistd.h>

#define SOON 30000
#define A_WHILE 50

static struct lunatic_reader mail;
static struct lunatic_writer out;

// A number with commands, each a variant of an enum.
enum command {
	ADD,        // a number; answers the sum
	QUIET,      // answers nothing by itself: nil
	DEFER,      // is answered by the next cast
	INCOMPLETE, // announces more than it says
	LATE,       // reads after writing
	DEFER_TWICE,
	FORWARD, // tells its owner the number, then answers it
	ASK,     // asks another server, a handle, to add 1
};

struct counter {
	int64_t value;
	int64_t died;
	struct lunatic_sender waiting;
	struct lunatic_proc owner;
};

static int counter_init(void *state, struct lunatic_reader *argument)
{
	struct counter *counter = state;

	LUNATIC_CHECK_EQ(counter->value, 0);
	lunatic_read_tuple(argument, 2);
	counter->value = lunatic_read_int(argument);
	counter->owner = lunatic_read_proc(argument);
	return lunatic_reader_end(argument) != 0 || counter->value < 0;
}

// Sending before answering does not lose the request.
static void counter_forward(struct counter *counter,
			    struct lunatic_reader *request,
			    struct lunatic_writer *reply)
{
	int64_t number = lunatic_read_int(request);

	for (int i = 0; i < 3; i++) {
		lunatic_mail_begin(&out, 0);
		lunatic_write_int(&out, number + i);
		lunatic_mail_send(&out, counter->owner);
	}
	lunatic_write_int(reply, number);
}

static void counter_ask(struct lunatic_reader *request,
			struct lunatic_writer *reply)
{
	struct lunatic_proc other = lunatic_read_proc(request);
	struct lunatic_reader answer;

	lunatic_request_begin(&out);
	lunatic_write_variant(&out, ADD);
	lunatic_write_int(&out, 1);
	LUNATIC_CHECK_EQ(lunatic_request_send(&out, other, &answer, SOON), 0);
	lunatic_write_int(reply, lunatic_read_int(&answer));
}

static void counter_call(void *state, struct lunatic_reader *request,
			 struct lunatic_writer *reply)
{
	struct counter *counter = state;
	struct lunatic_sender sender;

	switch ((enum command)lunatic_read_variant(request)) {
	case ADD:
		counter->value += lunatic_read_int(request);
		lunatic_write_int(reply, counter->value);
		break;
	case QUIET:
		break;
	case DEFER:
		LUNATIC_CHECK_EQ(lunatic_server_defer(reply, &counter->waiting),
				 0);
		break;
	case INCOMPLETE:
		lunatic_write_array(reply, 2);
		break;
	case LATE:
		lunatic_write_nil(reply);
		lunatic_skip(request);
		LUNATIC_CHECK_EQ(request->status, LUNATIC_EMISUSE);
		break;
	case DEFER_TWICE:
		LUNATIC_CHECK_EQ(lunatic_server_defer(reply, &counter->waiting),
				 0);
		LUNATIC_CHECK_EQ(lunatic_server_defer(reply, &sender),
				 LUNATIC_EMISUSE);
		LUNATIC_CHECK(!lunatic_proc_is(sender.proc));
		lunatic_write_nil(reply);
		break;
	case FORWARD:
		counter_forward(counter, request, reply);
		break;
	case ASK:
		counter_ask(request, reply);
		break;
	}
}

static void counter_cast(void *state, struct lunatic_reader *message)
{
	struct counter *counter = state;

	counter->value = lunatic_read_int(message);
	if (lunatic_proc_is(counter->waiting.proc) &&
	    counter->waiting.tag != 0) {
		lunatic_reply_begin(&out, &counter->waiting);
		lunatic_write_int(&out, counter->value);
		LUNATIC_CHECK_EQ(lunatic_reply_send(&out, &counter->waiting),
				 0);
	}
}

static void counter_link_died(void *state, int64_t tag)
{
	struct counter *counter = state;

	lunatic_mail_begin(&out, 0);
	lunatic_write_int(&out, tag);
	lunatic_mail_send(&out, lunatic_proc_clone(counter->owner));
}

static void counter_stop(void *state)
{
	struct counter *counter = state;

	lunatic_mail_begin(&out, 77);
	lunatic_write_int(&out, counter->value);
	lunatic_mail_send(&out, counter->owner);
}

static const struct lunatic_server counter_server = {
	.state_size = sizeof(struct counter),
	.init = counter_init,
	.call = counter_call,
	.cast = counter_cast,
	.link_died = counter_link_died,
	.stop = counter_stop,
};

static struct lunatic_proc start(int64_t value)
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	struct lunatic_proc server;

	lunatic_links_catch();
	lunatic_mail_begin(&out, 0);
	lunatic_write_array(&out, 2);
	lunatic_write_int(&out, value);
	lunatic_write_proc(&out, lunatic_proc_self());
	LUNATIC_CHECK_EQ(
		lunatic_server_start(&server, &linked, &counter_server, &out),
		0);
	return server;
}

static int call(struct lunatic_proc server, enum command command,
		int64_t number, int64_t timeout)
{
	lunatic_request_begin(&out);
	lunatic_write_variant(&out, command);
	lunatic_write_int(&out, number);
	return lunatic_request_send(&out, server, &mail, timeout);
}

static void cast(struct lunatic_proc server, int64_t number)
{
	lunatic_mail_begin(&out, 0);
	lunatic_write_int(&out, number);
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, server), 0);
}

static int64_t add(struct lunatic_proc server, int64_t number)
{
	int64_t sum;

	LUNATIC_CHECK_EQ(call(server, ADD, number, SOON), 0);
	sum = lunatic_read_int(&mail);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	return sum;
}

static void expect_stopped(int64_t value)
{
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), 77);
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), value);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
}

LUNATIC_TEST(calls_and_casts)
{
	struct lunatic_proc server = start(5);

	LUNATIC_CHECK_EQ(add(server, 1), 6);
	LUNATIC_CHECK_EQ(add(server, -10), -4);
	cast(server, 100);
	LUNATIC_CHECK_EQ(add(server, 1), 101);
	LUNATIC_CHECK_EQ(call(server, QUIET, 0, SOON), 0);
	lunatic_read_nil(&mail);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	lunatic_server_stop(server);
	expect_stopped(101);
}

// A request that cannot be understood gets no answer, and harms nobody.
LUNATIC_TEST(bad_requests)
{
	struct lunatic_proc server = start(5);

	lunatic_request_begin(&out);
	lunatic_write_str(&out, "what is this");
	LUNATIC_CHECK_EQ(lunatic_request_send(&out, server, &mail, A_WHILE),
			 LUNATIC_ETIMEDOUT);
	lunatic_request_begin(&out);
	lunatic_write_variant(&out, ADD);
	lunatic_write_str(&out, "not a number");
	LUNATIC_CHECK_EQ(lunatic_request_send(&out, server, &mail, A_WHILE),
			 LUNATIC_ETIMEDOUT);
	lunatic_send_tag(server, 12345);
	lunatic_mail_begin(&out, 0);
	lunatic_write_str(&out, "nor this");
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, server), 0);
	LUNATIC_CHECK_EQ(add(server, 1), 1);
}

static void casts_later(struct lunatic_reader *argument)
{
	struct lunatic_proc server = lunatic_read_proc(argument);

	lunatic_sleep(A_WHILE);
	cast(server, 41);
}

LUNATIC_TEST(deferred)
{
	struct lunatic_proc server = start(5);

	lunatic_mail_begin(&out, 0);
	lunatic_write_proc(&out, lunatic_proc_clone(server));
	LUNATIC_CHECK_EQ(lunatic_spawn_packed(NULL, NULL, casts_later, &out),
			 0);
	LUNATIC_CHECK_EQ(call(server, DEFER, 0, SOON), 0);
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), 41);
	// An answer that comes too late is not seen.
	LUNATIC_CHECK_EQ(call(server, DEFER, 0, 1), LUNATIC_ETIMEDOUT);
	cast(server, 41);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
	LUNATIC_CHECK_EQ(call(server, DEFER_TWICE, 0, A_WHILE),
			 LUNATIC_ETIMEDOUT);
	LUNATIC_CHECK_EQ(add(server, 1), 42);
}

LUNATIC_TEST(sends_before_answering)
{
	struct lunatic_proc server = start(5);
	struct lunatic_proc other = start(50);

	LUNATIC_CHECK_EQ(call(server, FORWARD, 70, SOON), 0);
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), 70);
	for (int64_t i = 70; i < 73; i++) {
		LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
		LUNATIC_CHECK_EQ(lunatic_read_int(&mail), i);
	}
	lunatic_request_begin(&out);
	lunatic_write_variant(&out, ASK);
	lunatic_write_proc(&out, lunatic_proc_clone(other));
	LUNATIC_CHECK_EQ(lunatic_request_send(&out, server, &mail, SOON), 0);
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), 51);
}

LUNATIC_TEST(misuse_fails)
{
	LUNATIC_CHECK_EQ(call(start(5), INCOMPLETE, 0, SOON), LUNATIC_EDIED);
	LUNATIC_CHECK_EQ(lunatic_request_end().reason, LUNATIC_EXITED);
	LUNATIC_CHECK_EQ(lunatic_request_end().status, 1);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	LUNATIC_CHECK_EQ(call(start(5), LATE, 0, SOON), 0);
}

LUNATIC_TEST(init_fails)
{
	start(-1);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	// Its argument is nil when there is none, which it does not like.
	LUNATIC_CHECK_EQ(
		lunatic_server_start(NULL, &(struct lunatic_spawn){ .link = 8 },
				     &counter_server, NULL),
		0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), 8);
}

static void fails_linked(struct lunatic_reader *argument)
{
	struct lunatic_proc server = lunatic_read_proc(argument);

	lunatic_process_link(0, server.id);
	_exit(1);
}

// Its parent's death, which is a link without a tag, stops it in order.
LUNATIC_TEST(parent_fails)
{
	struct lunatic_proc server = start(5);
	struct lunatic_writer argument;

	LUNATIC_CHECK_EQ(add(server, 1), 6);
	lunatic_mail_begin(&argument, 0);
	lunatic_write_proc(&argument, lunatic_proc_clone(server));
	LUNATIC_CHECK_EQ(
		lunatic_spawn_packed(NULL, NULL, fails_linked, &argument), 0);
	expect_stopped(6);
}

// Who is killed does not stop in order.
LUNATIC_TEST(killed)
{
	struct lunatic_proc server = start(5);

	LUNATIC_CHECK_EQ(add(server, 1), 6);
	LUNATIC_CHECK_EQ(lunatic_proc_kill(server), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
}

static void idle(void *state)
{
	struct counter *counter = state;

	if (++counter->value == 3)
		LUNATIC_PANIC("idle for too long");
}

static const struct lunatic_server lazy = {
	.state_size = sizeof(struct counter),
	.idle = idle,
	.idle_after = 1,
};

LUNATIC_TEST_FAILS(idle_is_called, "idle for too long")
{
	lunatic_server_run(&lazy, NULL);
}

struct told {
	struct lunatic_proc listener;
	int64_t monitor;
	int32_t ticks;
	int32_t casts;
};

static void tell(struct told *told, int64_t what, int64_t number)
{
	lunatic_mail_begin(&out, 1);
	lunatic_write_array(&out, 2);
	lunatic_write_int(&out, what);
	lunatic_write_int(&out, number);
	lunatic_mail_send(&out, told->listener);
}

static void dies_at_once(void)
{
	_exit(9);
}

static int told_init(void *state, struct lunatic_reader *argument)
{
	struct told *told = state;
	struct lunatic_proc child;

	told->listener = lunatic_read_proc(argument);
	LUNATIC_CHECK_EQ(lunatic_spawn(&child, NULL, dies_at_once), 0);
	told->monitor = lunatic_proc_monitor(child);
	lunatic_proc_drop(child);
	return 0;
}

static void told_info(void *state, int what, struct lunatic_reader *message)
{
	struct told *told = state;

	if (what == LUNATIC_ENDED)
		tell(told, lunatic_mail_tag() == told->monitor ? 9 : -9,
		     lunatic_mail_end().status);
	else
		tell(told, lunatic_mail_tag(), lunatic_read_int(message));
}

static void told_call(void *state, struct lunatic_reader *request,
		      struct lunatic_writer *reply)
{
	(void)state;
	lunatic_write_int(reply, lunatic_read_int(request) + 1);
}

static const struct lunatic_server informed = {
	.state_size = sizeof(struct told),
	.name = "informed",
	.init = told_init,
	.info = told_info,
	.call = told_call,
};

static void expect_told(int64_t what, int64_t number)
{
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
	lunatic_read_tuple(&mail, 2);
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), what);
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), number);
}

static void send_info(struct lunatic_proc server, int64_t tag, int64_t number)
{
	lunatic_mail_begin(&out, tag);
	lunatic_write_int(&out, number);
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, server), 0);
}

LUNATIC_TEST(info_and_name)
{
	struct lunatic_proc server;
	struct lunatic_proc found;

	lunatic_mail_begin(&out, 0);
	lunatic_write_proc(&out, lunatic_proc_self());
	LUNATIC_CHECK_EQ(lunatic_server_start(&server, NULL, &informed, &out),
			 0);
	expect_told(9, 9);
	// Other messages, in the shape of a request as well.
	send_info(server, 0, 1);
	send_info(server, 77, 2);
	expect_told(0, 1);
	expect_told(77, 2);
	lunatic_mail_begin(&out, 78);
	lunatic_write_array(&out, 3);
	lunatic_write_nil(&out);
	lunatic_write_int(&out, 79);
	lunatic_write_nil(&out);
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, server), 0);
	expect_told(78, 0);
	lunatic_request_begin(&out);
	lunatic_write_int(&out, 41);
	LUNATIC_CHECK_EQ(lunatic_request_send(&out, server, &mail, SOON), 0);
	LUNATIC_CHECK_EQ(lunatic_read_int(&mail), 42);
	LUNATIC_CHECK_EQ(lunatic_lookup("informed", "1", &found), 0);
	LUNATIC_CHECK(lunatic_proc_same(server, found));
	lunatic_server_stop(server);
}

static void ticks(void *state)
{
	struct told *told = state;

	told->ticks++;
}

static void counts_casts(void *state, struct lunatic_reader *message)
{
	struct told *told = state;

	lunatic_skip(message);
	told->casts++;
}

static void tells_ticks(void *state, struct lunatic_reader *request,
			struct lunatic_writer *reply)
{
	struct told *told = state;

	lunatic_skip(request);
	lunatic_write_int(reply, told->ticks);
}

static const struct lunatic_server busy = {
	.state_size = sizeof(struct told),
	.call = tells_ticks,
	.cast = counts_casts,
	.idle = ticks,
	.idle_after = 20,
};

// Messages do not keep it away, however fast they come.
LUNATIC_TEST(idle_is_called_when_busy)
{
	struct lunatic_proc server;
	int32_t count;

	LUNATIC_CHECK_EQ(lunatic_server_start(&server, NULL, &busy, NULL), 0);
	do {
		for (int i = 0; i < 10; i++) {
			lunatic_send_tag(server, 0);
			lunatic_sleep(1);
		}
		lunatic_request_begin(&out);
		lunatic_write_nil(&out);
		LUNATIC_CHECK_EQ(
			lunatic_request_send(&out, server, &mail, SOON), 0);
		count = lunatic_read_i32(&mail);
	} while (count < 3);
	lunatic_server_stop(server);
}

static void never_answers(void)
{
	lunatic_receive(&mail, LUNATIC_FOREVER);
	__builtin_trap();
}

static void dies(void)
{
}

LUNATIC_TEST(requests_to_the_dead)
{
	struct lunatic_proc proc;

	LUNATIC_CHECK_EQ(lunatic_spawn(&proc, NULL, dies), 0);
	lunatic_sleep(A_WHILE);
	lunatic_request_begin(&out);
	lunatic_write_nil(&out);
	LUNATIC_CHECK_EQ(
		lunatic_request_send(&out, proc, &mail, LUNATIC_FOREVER),
		LUNATIC_EDIED);
	LUNATIC_CHECK_EQ(lunatic_request_end().reason, LUNATIC_RETURNED);
	LUNATIC_CHECK(strcmp(lunatic_status_text(LUNATIC_EDIED),
			     "the process has ended: it has returned") == 0);
	LUNATIC_CHECK_EQ(lunatic_spawn(&proc, NULL, never_answers), 0);
	lunatic_request_begin(&out);
	lunatic_write_nil(&out);
	LUNATIC_CHECK_EQ(
		lunatic_request_send(&out, proc, &mail, LUNATIC_FOREVER),
		LUNATIC_EDIED);
	LUNATIC_CHECK_EQ(lunatic_request_end().reason, LUNATIC_TRAPPED);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
}

static const struct lunatic_server nothing = { 0 };

LUNATIC_TEST(with_nothing)
{
	struct lunatic_proc server;

	LUNATIC_CHECK_EQ(lunatic_server_start(&server, NULL, &nothing, NULL),
			 0);
	cast(server, 1);
	LUNATIC_CHECK_EQ(call(server, ADD, 0, SOON), 0);
	lunatic_read_nil(&mail);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
	lunatic_server_stop(server);
}
