// Supervisors: the three strategies, the kinds of restart, how often is too
// often, nesting, and the order of stopping.
//
// stdout~ passed, 0 failed$
// stderr~ child 'b' has exited with status 1 and is started again \(restart 1
// stderr~ supervisor 'short': child 'a' .* status 1; the supervisor gives up
#include <lunatic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SOON 30000
#define A_WHILE 50

static struct lunatic_reader mail;
static struct lunatic_writer out;

// A child tells its uuid, and ends in the way that it is told.
enum command { IDENTIFY, RETURN, FAIL };

static void answer(struct lunatic_writer *reply)
{
	struct lunatic_proc self = lunatic_proc_self();
	uint8_t uuid[16];

	lunatic_proc_uuid(self, uuid);
	lunatic_proc_drop(self);
	lunatic_write_bin(reply, uuid, sizeof(uuid));
}

static void worker_call(void *state, struct lunatic_reader *request,
			struct lunatic_writer *reply)
{
	(void)state;
	switch ((enum command)lunatic_read_u32(request)) {
	case IDENTIFY:
		answer(reply);
		break;
	case RETURN:
		// Answers nil, and stops before the next request.
		lunatic_server_stop(lunatic_proc_self());
		break;
	case FAIL:
		_exit(1);
	}
}

static const struct lunatic_server worker = { .call = worker_call };

#define CHILD(name_, restart_) \
	{ .name = name_, .server = &worker, .restart = restart_ }

static const struct lunatic_child three[] = {
	CHILD("a", LUNATIC_PERMANENT),
	CHILD("b", LUNATIC_PERMANENT),
	CHILD("c", LUNATIC_PERMANENT),
};

#define THREE(strategy_)         \
	{ .children = three,     \
	  .count = 3,            \
	  .strategy = strategy_, \
	  .restarts = 3,         \
	  .within = 60000 }

static const struct lunatic_supervisor one_for_one = THREE(LUNATIC_ONE_FOR_ONE);
static const struct lunatic_supervisor one_for_all = THREE(LUNATIC_ONE_FOR_ALL);
static const struct lunatic_supervisor rest_for_one =
	THREE(LUNATIC_REST_FOR_ONE);

static int64_t link_tag;

static struct lunatic_proc start(const struct lunatic_supervisor *what)
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	struct lunatic_proc supervisor;

	lunatic_links_catch();
	link_tag = linked.link;
	LUNATIC_CHECK_EQ(lunatic_supervisor_start(&supervisor, &linked, what),
			 0);
	return supervisor;
}

static int call(struct lunatic_proc child, enum command command)
{
	lunatic_request_begin(&out);
	lunatic_write_uint(&out, command);
	return lunatic_request_send(&out, child, &mail,
				    command == FAIL ? 1 : SOON);
}

// Waits until a child answers, and gets its uuid.
static void identify(struct lunatic_proc supervisor, const char *name,
		     uint8_t uuid[16])
{
	struct lunatic_proc child;

	for (;;) {
		int status =
			lunatic_supervisor_find(supervisor, name, &child, SOON);

		LUNATIC_CHECK(status == 0 || status == LUNATIC_ENOTFOUND);
		if (status != 0) {
			lunatic_sleep(1);
			continue;
		}
		lunatic_request_begin(&out);
		lunatic_write_uint(&out, IDENTIFY);
		status = lunatic_request_send(&out, child, &mail, 100);
		lunatic_proc_drop(child);
		if (status == 0)
			break;
	}
	LUNATIC_CHECK_EQ(lunatic_read_bin(&mail, uuid, 16), 16);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
}

static void end(struct lunatic_proc supervisor, const char *name,
		enum command how)
{
	struct lunatic_proc child;

	LUNATIC_CHECK_EQ(
		lunatic_supervisor_find(supervisor, name, &child, SOON), 0);
	call(child, how);
	lunatic_proc_drop(child);
}

// Ends child b, and expects which of the three are others afterwards.
static void expect_changes(const struct lunatic_supervisor *what,
			   enum command how, const bool changes[3])
{
	static const char *const names[] = { "a", "b", "c" };
	struct lunatic_proc supervisor = start(what);
	uint8_t before[3][16];
	uint8_t after[3][16];

	for (int i = 0; i < 3; i++)
		identify(supervisor, names[i], before[i]);
	end(supervisor, "b", how);
	do
		identify(supervisor, "b", after[1]);
	while (memcmp(before[1], after[1], 16) == 0);
	for (int i = 0; i < 3; i++) {
		identify(supervisor, names[i], after[i]);
		LUNATIC_CHECK_EQ(memcmp(before[i], after[i], 16) != 0,
				 changes[i]);
	}
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 3);
	lunatic_server_stop(supervisor);
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON),
			 LUNATIC_EDIED);
	LUNATIC_CHECK_EQ(lunatic_request_end().reason, LUNATIC_RETURNED);
}

LUNATIC_TEST(only_the_one)
{
	static const bool changes[] = { false, true, false };

	expect_changes(&one_for_one, FAIL, changes);
	expect_changes(&one_for_one, RETURN, changes);
}

LUNATIC_TEST(all)
{
	expect_changes(&one_for_all, FAIL, (bool[]){ true, true, true });
}

LUNATIC_TEST(the_rest)
{
	expect_changes(&rest_for_one, FAIL, (bool[]){ false, true, true });
}

static const struct lunatic_child kinds[] = {
	CHILD("permanent", LUNATIC_PERMANENT),
	CHILD("transient", LUNATIC_TRANSIENT),
	CHILD("temporary", LUNATIC_TEMPORARY),
	{ .run = NULL, .server = &worker }, // has no name
};
static const struct lunatic_supervisor of_kinds = {
	.children = kinds, .count = 4, .restarts = 10, .within = 60000
};
static const struct lunatic_supervisor all_of_kinds = {
	.children = kinds,
	.count = 4,
	.strategy = LUNATIC_ONE_FOR_ALL,
	.restarts = 10,
	.within = 60000
};

static void expect_gone(struct lunatic_proc supervisor, const char *name)
{
	struct lunatic_proc child;

	while (lunatic_supervisor_find(supervisor, name, &child, SOON) == 0) {
		lunatic_proc_drop(child);
		lunatic_sleep(1);
	}
	LUNATIC_CHECK(!lunatic_proc_is(child));
}

LUNATIC_TEST(kinds_of_restart)
{
	struct lunatic_proc supervisor = start(&of_kinds);
	uint8_t before[16];
	uint8_t after[16];

	identify(supervisor, "transient", before);
	end(supervisor, "transient", FAIL);
	do
		identify(supervisor, "transient", after);
	while (memcmp(before, after, 16) == 0);
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 4);
	end(supervisor, "transient", RETURN);
	expect_gone(supervisor, "transient");
	end(supervisor, "temporary", FAIL);
	expect_gone(supervisor, "temporary");
	expect_gone(supervisor, "nobody");
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 2);
}

// With all others those come back that had ended, but no temporary ones.
LUNATIC_TEST(all_kinds_again)
{
	struct lunatic_proc supervisor = start(&all_of_kinds);
	uint8_t before[16];
	uint8_t after[16];

	end(supervisor, "transient", RETURN);
	expect_gone(supervisor, "transient");
	identify(supervisor, "permanent", before);
	end(supervisor, "permanent", FAIL);
	do
		identify(supervisor, "permanent", after);
	while (memcmp(before, after, 16) == 0);
	identify(supervisor, "transient", after);
	expect_gone(supervisor, "temporary");
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 3);
}

LUNATIC_TEST(too_often)
{
	struct lunatic_proc supervisor = start(&one_for_one);
	uint8_t uuid[16];

	for (int i = 0; i < 4; i++) {
		identify(supervisor, "a", uuid);
		LUNATIC_CHECK_EQ(lunatic_receive_tagged(&mail, &link_tag, 1, 0),
				 LUNATIC_ETIMEDOUT);
		end(supervisor, i % 2 ? "a" : "c", FAIL);
		while (i < 3 &&
		       lunatic_supervisor_running(supervisor, SOON) != 3)
			lunatic_sleep(1);
		lunatic_sleep(20);
	}
	LUNATIC_CHECK_EQ(lunatic_receive_tagged(&mail, &link_tag, 1, SOON),
			 LUNATIC_LINK_DIED);
}

static void dies(const struct lunatic_child *self)
{
	(void)self;
	_exit(1);
}

static const struct lunatic_child dying[] = { { .run = dies } };
static const struct lunatic_supervisor of_dying = { .children = dying,
						    .count = 1 };
static const struct lunatic_supervisor never_again = {
	.children = dying, .count = 1, .restarts = 0, .within = 1
};

// What fails at once must not be started for ever.
LUNATIC_TEST(hopeless)
{
	start(&of_dying);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	start(&never_again);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
}

static const struct lunatic_supervisor empty = { 0 };

LUNATIC_TEST(without_children)
{
	struct lunatic_proc supervisor = start(&empty);

	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 0);
	lunatic_server_stop(supervisor);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
}

// Restarts that are old do not count.
static const struct lunatic_supervisor forgiving = {
	.children = three, .count = 3, .restarts = 1, .within = 100
};

LUNATIC_TEST(forgiven)
{
	struct lunatic_proc supervisor = start(&forgiving);
	uint8_t uuid[16];

	for (int i = 0; i < 4; i++) {
		identify(supervisor, "a", uuid);
		end(supervisor, "a", FAIL);
		lunatic_sleep(200);
	}
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 3);
}

// Children that write down when they stop, into the mailbox of who listens.
static void recorder(const struct lunatic_child *self)
{
	struct lunatic_proc listener;

	// The first message after the start brings who listens.
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
	listener = lunatic_read_proc(&mail);
	LUNATIC_CHECK(!lunatic_asked_to_stop());
	do
		LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
	while (!lunatic_asked_to_stop());
	lunatic_mail_begin(&out, 0);
	lunatic_write_str(&out, self->data);
	lunatic_mail_send(&out, listener);
}

#define RECORDER(name_) \
	{ .name = name_, .run = recorder, .data = name_, .shutdown = SOON }

static const struct lunatic_child lower[] = { RECORDER("2"), RECORDER("3") };
static const struct lunatic_supervisor below = { .children = lower,
						 .count = 2 };
static const struct lunatic_child upper[] = {
	RECORDER("1"),
	{ .name = "below", .supervisor = &below },
	RECORDER("4"),
};
static const struct lunatic_supervisor above = {
	.children = upper, .count = 3, .restarts = 5, .within = 60000
};

static void listen_to(struct lunatic_proc supervisor, const char *name)
{
	struct lunatic_proc child;

	LUNATIC_CHECK_EQ(
		lunatic_supervisor_find(supervisor, name, &child, SOON), 0);
	lunatic_mail_begin(&out, 0);
	lunatic_write_proc(&out, lunatic_proc_self());
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, child), 0);
}

static void expect_stops(const char *names)
{
	char name[4];

	for (; *names != '\0'; names++) {
		LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
		lunatic_read_str(&mail, name, sizeof(name));
		LUNATIC_CHECK_EQ(lunatic_reader_end(&mail), 0);
		LUNATIC_CHECK_EQ(name[0], *names);
	}
}

static struct lunatic_proc listen_to_all(struct lunatic_proc supervisor)
{
	struct lunatic_proc nested;

	LUNATIC_CHECK_EQ(
		lunatic_supervisor_find(supervisor, "below", &nested, SOON), 0);
	listen_to(supervisor, "1");
	listen_to(nested, "2");
	listen_to(nested, "3");
	listen_to(supervisor, "4");
	return nested;
}

LUNATIC_TEST(stops_in_order)
{
	struct lunatic_proc supervisor = start(&above);

	listen_to_all(supervisor);
	lunatic_server_stop(supervisor);
	expect_stops("4321");
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
}

// The children of a nested supervisor that is killed die with it, and it is
// started again with new ones.
LUNATIC_TEST(nested_is_killed)
{
	struct lunatic_proc supervisor = start(&above);
	struct lunatic_proc nested = listen_to_all(supervisor);
	struct lunatic_proc again;

	LUNATIC_CHECK_EQ(lunatic_proc_kill(nested), 0);
	do
		LUNATIC_CHECK_EQ(lunatic_supervisor_find(supervisor, "below",
							 &again, SOON),
				 0);
	while (lunatic_proc_same(nested, again));
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(again, SOON), 2);
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 3);
}

// The one above is killed: its children die, but for the supervisor, which
// stops its own ones in order.
LUNATIC_TEST(top_is_killed)
{
	struct lunatic_proc supervisor = start(&above);

	listen_to_all(supervisor);
	LUNATIC_CHECK_EQ(lunatic_proc_kill(supervisor), 0);
	LUNATIC_CHECK_EQ(lunatic_receive_tagged(&mail, &link_tag, 1, SOON),
			 LUNATIC_LINK_DIED);
	expect_stops("32");
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
}

static void deaf(const struct lunatic_child *self)
{
	if (self->data != NULL)
		lunatic_links_catch();
	for (volatile int i = 0; self->data != NULL; i++)
		;
	for (;;)
		lunatic_sleep(SOON);
}

static const struct lunatic_child deaf_children[] = {
	{ .name = "killed", .run = deaf },
	{ .name = "patience", .run = deaf, .shutdown = 20 },
	{ .name = "immortal", .run = deaf, .data = "x", .shutdown = 1 },
};
static const struct lunatic_supervisor of_deaf = { .children = deaf_children,
						   .count = 3 };

// Whoever does not listen is killed, whatever it does.
LUNATIC_TEST(deaf_ones)
{
	struct lunatic_proc supervisor = start(&of_deaf);
	struct lunatic_proc child;
	int64_t tag;

	LUNATIC_CHECK_EQ(
		lunatic_supervisor_find(supervisor, "patience", &child, SOON),
		0);
	tag = lunatic_proc_link(child);
	lunatic_server_stop(supervisor);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), tag);
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON),
			 LUNATIC_EDIED);
}

// Catches links, never waits, and must be alone.
static void stubborn(const struct lunatic_child *self)
{
	struct lunatic_env env = lunatic_env_self();
	struct lunatic_proc found;

	lunatic_links_catch();
	if (lunatic_lookup(self->name, "1", &found) == 0)
		puts("FAILED: two of a child");
	lunatic_register(env, self->name, "1.0.0", lunatic_proc_self());
	for (volatile int i = 0;; i++)
		;
}

static void fails_soon(const struct lunatic_child *self)
{
	(void)self;
	lunatic_sleep(20);
	_exit(1);
}

static const struct lunatic_child hard[] = {
	{ .name = "stubborn", .run = stubborn, .shutdown = 5 },
	{ .name = "a", .run = fails_soon },
};
static const struct lunatic_supervisor brief = {
	.name = "short",
	.children = hard,
	.count = 2,
	.strategy = LUNATIC_ONE_FOR_ALL,
	.restarts = 2,
	.within = 60000,
};

// The next one comes when the one before is gone; and that the supervisor kills
// it does not count as a failure.
LUNATIC_TEST(never_two)
{
	struct lunatic_proc supervisor = start(&brief);
	int64_t tag = lunatic_proc_monitor(supervisor);
	struct lunatic_proc found;

	LUNATIC_CHECK_EQ(lunatic_receive_tagged(&mail, &tag, 1, SOON),
			 LUNATIC_ENDED);
	LUNATIC_CHECK_EQ(lunatic_mail_end().reason, LUNATIC_EXITED);
	LUNATIC_CHECK_EQ(lunatic_lookup("stubborn", "1", &found),
			 LUNATIC_ENOTFOUND);
}

static void tells_data(const struct lunatic_child *self)
{
	struct lunatic_proc listener;

	LUNATIC_CHECK_EQ(lunatic_lookup("listener", "1", &listener), 0);
	lunatic_mail_begin(&out, 0);
	lunatic_write_bin(&out, self->data, self->size);
	lunatic_mail_send(&out, listener);
	do
		lunatic_receive(&mail, LUNATIC_FOREVER);
	while (!lunatic_asked_to_stop());
}

static int data_init(void *state, struct lunatic_reader *argument)
{
	char *text = state;

	return lunatic_read_bin(argument, text, 8) > 0 ? 0 : -1;
}

static void data_call(void *state, struct lunatic_reader *request,
		      struct lunatic_writer *reply)
{
	if (lunatic_read_uint(request) == 1)
		_exit(1);
	lunatic_write_str(reply, state);
}

static const struct lunatic_server data_server = {
	.state_size = 9,
	.init = data_init,
	.call = data_call,
};

static const struct lunatic_child added_run = { .run = tells_data,
						.shutdown = SOON };
static const struct lunatic_child added_server = { .name = "added",
						   .server = &data_server };
static const struct lunatic_child added_once = { .run = fails_soon,
						 .restart = LUNATIC_TEMPORARY };

static void expect_data(const char *text)
{
	char data[9] = "";

	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
	lunatic_read_bin(&mail, data, 8);
	LUNATIC_CHECK(strcmp(data, text) == 0);
}

static int ask_data(struct lunatic_proc child, uint64_t what)
{
	lunatic_request_begin(&out);
	lunatic_write_uint(&out, what);
	return lunatic_request_send(&out, child, &mail, SOON);
}

// Children that come and go while the supervisor runs.
LUNATIC_TEST(added_and_ended)
{
	struct lunatic_proc supervisor = start(&one_for_one);
	struct lunatic_child_info infos[5];
	struct lunatic_proc one;
	struct lunatic_proc two;
	struct lunatic_proc server;
	struct lunatic_env env = lunatic_env_self();
	char text[9];

	lunatic_register(env, "listener", "1.0.0", lunatic_proc_self());
	LUNATIC_CHECK_EQ(lunatic_supervisor_start_child(supervisor, &added_run,
							"one", 3, &one, SOON),
			 0);
	expect_data("one");
	LUNATIC_CHECK_EQ(lunatic_supervisor_start_child(supervisor, &added_run,
							"two", 3, &two, SOON),
			 0);
	expect_data("two");
	LUNATIC_CHECK_EQ(lunatic_supervisor_start_child(supervisor,
							&added_server, "three",
							5, NULL, SOON),
			 0);
	// Taken, and one that fails in init, since it gets nil.
	LUNATIC_CHECK_EQ(lunatic_supervisor_start_child(supervisor,
							&added_server, "four",
							4, NULL, SOON),
			 LUNATIC_EEXIST);
	LUNATIC_CHECK_EQ(lunatic_supervisor_start_child(supervisor, &three[0],
							NULL, 0, NULL, SOON),
			 LUNATIC_EEXIST);
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 6);
	LUNATIC_CHECK_EQ(
		lunatic_supervisor_children(supervisor, infos, 5, SOON), 6);
	LUNATIC_CHECK(strcmp(infos[0].name, "a") == 0);
	LUNATIC_CHECK(strcmp(infos[3].name, "") == 0);
	LUNATIC_CHECK(lunatic_proc_same(infos[3].proc, one));

	// It is started again with the same data.
	LUNATIC_CHECK_EQ(
		lunatic_supervisor_find(supervisor, "added", &server, SOON), 0);
	LUNATIC_CHECK_EQ(ask_data(server, 1), LUNATIC_EDIED);
	while (lunatic_supervisor_find(supervisor, "added", &server, SOON) != 0)
		lunatic_sleep(1);
	LUNATIC_CHECK_EQ(ask_data(server, 0), 0);
	lunatic_read_str(&mail, text, sizeof(text));
	LUNATIC_CHECK(strcmp(text, "three") == 0);

	LUNATIC_CHECK_EQ(lunatic_supervisor_end_proc(supervisor, one, SOON), 0);
	LUNATIC_CHECK_EQ(lunatic_supervisor_end_proc(supervisor, one, SOON),
			 LUNATIC_ENOTFOUND);
	LUNATIC_CHECK_EQ(
		lunatic_supervisor_end_child(supervisor, "added", SOON), 0);
	LUNATIC_CHECK_EQ(
		lunatic_supervisor_end_child(supervisor, "added", SOON),
		LUNATIC_ENOTFOUND);
	LUNATIC_CHECK_EQ(lunatic_supervisor_end_child(supervisor, "b", SOON),
			 0);
	LUNATIC_CHECK_EQ(
		lunatic_supervisor_children(supervisor, infos, 5, SOON), 4);
	LUNATIC_CHECK(!lunatic_proc_is(infos[1].proc));
	LUNATIC_CHECK(lunatic_proc_same(infos[3].proc, two));
	LUNATIC_CHECK_EQ(lunatic_supervisor_start_child(supervisor, &three[1],
							NULL, 0, NULL, SOON),
			 0);
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 4);
	// One that is never started again is forgotten.
	LUNATIC_CHECK_EQ(lunatic_supervisor_start_child(supervisor, &added_once,
							NULL, 0, NULL, SOON),
			 0);
	while (lunatic_supervisor_children(supervisor, NULL, 0, SOON) != 4)
		lunatic_sleep(1);
	lunatic_server_stop(supervisor);
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON),
			 LUNATIC_EDIED);
}

// What is not for it does not disturb a supervisor.
LUNATIC_TEST(strange_messages)
{
	struct lunatic_proc supervisor = start(&one_for_one);

	lunatic_send_tag(supervisor, 0);
	lunatic_send_tag(supervisor, 1);
	lunatic_request_begin(&out);
	lunatic_write_variant(&out, 99);
	lunatic_write_nil(&out);
	LUNATIC_CHECK_EQ(lunatic_request_send(&out, supervisor, &mail, A_WHILE),
			 LUNATIC_ETIMEDOUT);
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 3);
}

static int begin_slowly(void *state, struct lunatic_reader *argument)
{
	struct lunatic_env env = lunatic_env_self();
	struct lunatic_proc self = lunatic_proc_self();

	(void)state;
	lunatic_read_nil(argument);
	lunatic_sleep(A_WHILE);
	return lunatic_register(env, "slow", "1.0.0", self);
}

static int begin_badly(void *state, struct lunatic_reader *argument)
{
	(void)state;
	lunatic_read_nil(argument);
	return 1;
}

static const struct lunatic_server slow = { .init = begin_slowly };
static const struct lunatic_server bad = { .init = begin_badly };

// Fails unless it finds the server before it.
static void needs_slow(const struct lunatic_child *self)
{
	struct lunatic_proc server;

	(void)self;
	if (lunatic_lookup("slow", "^1", &server) != 0)
		_exit(1);
	for (;;)
		lunatic_sleep(SOON);
}

static const struct lunatic_child in_order_children[] = {
	{ .name = "bad", .server = &bad, .restart = LUNATIC_TEMPORARY },
	{ .name = "slow", .server = &slow },
	{ .name = "needs it", .run = needs_slow },
};
static const struct lunatic_supervisor in_order = {
	.children = in_order_children,
	.count = 3,
};

// A child is started when the server before it has come back from init. One
// that fails there, and need not be, is left out.
LUNATIC_TEST(children_begin_in_order)
{
	struct lunatic_proc supervisor = start(&in_order);
	struct lunatic_proc child;

	LUNATIC_CHECK_EQ(
		lunatic_supervisor_find(supervisor, "needs it", &child, SOON),
		0);
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 2);
	lunatic_sleep(A_WHILE);
	LUNATIC_CHECK_EQ(lunatic_supervisor_running(supervisor, SOON), 2);
}

static const struct lunatic_child never_children[] = {
	{ .name = "bad", .server = &bad },
};
static const struct lunatic_supervisor never = { .children = never_children,
						 .count = 1 };

// One that must be, and cannot begin, ends its supervisor.
LUNATIC_TEST(a_child_cannot_begin)
{
	start(&never);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), link_tag);
}
