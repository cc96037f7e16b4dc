// A server with calls and casts under a name, and 1,000 clients. Whoever comes
// first spawns it. An answer has the tag that its request asked for, so one
// that comes after its timeout is taken for no other. As many requests may wait
// as the log warns of.
//
// options: --workers 4
// env: LUNATIC_LOG=error
// stdout: passed
// timeout: 60
#include "../check.h"

#define NAME "counter"
#define CLIENTS 500
#define SLOW 10 /* each so many clients ask for what comes late */

/* Tags of requests. */
enum { ADD = 1, CALL, CALL_LATE, STOP };

/* What the clients tell. */
enum { FOUND = 1, SPAWNED };

struct request {
	uint64_t from;
	int64_t reply; /* tag */
	int64_t number;
};

struct answer {
	uint64_t to;
	int64_t number;
	int64_t total;
};

static void answer(const struct request *request, int64_t total)
{
	struct answer answer = { request->from, request->number, total };

	lunatic_message_create_data(request->reply, sizeof(answer));
	lunatic_message_write_data(&answer, sizeof(answer));
	lunatic_message_send(request->from);
}

/* Requests of CALL_LATE, at most one of a client. */
static struct request late[CLIENTS];
static int late_count;

/* Answers what the client of a request still waits for, before the request. */
static void answer_late(const struct request *request, int64_t total)
{
	for (int i = 0; i < late_count; i++) {
		if (late[i].from != request->from)
			continue;
		answer(&late[i], total);
		late[i] = late[--late_count];
		return;
	}
}

ENTRY(server)(void)
{
	struct request request;
	int64_t total = 0;
	int64_t tag;

	do {
		CHECK_EQ(receive_any(NO_LIMIT), DATA);
		tag = lunatic_message_get_tag();
		CHECK_EQ(lunatic_message_read_data(&request, sizeof(request)),
			 sizeof(request));
		if (tag == ADD) {
			total += request.number;
		} else if (tag == CALL_LATE) {
			CHECK(late_count < CLIENTS);
			late[late_count++] = request;
		} else {
			answer_late(&request, total);
			answer(&request, total);
		}
	} while (tag != STOP);
	CHECK_EQ(late_count, 0);
}

static uint32_t get_or_spawn(uint64_t *server)
{
	uint64_t node = 99;
	uint32_t result = lunatic_process_get_or_spawn(
		NAME, strlen(NAME), 0, OWN, OWN, "server", strlen("server"),
		NULL, 0, &node, server);

	CHECK_EQ(node, 0);
	CHECK(result == 0 || result == 2);
	return result;
}

static uint64_t self;

static void request(int64_t tag, int64_t reply, int64_t number)
{
	struct request request = { self, reply, number };

	lunatic_message_create_data(tag, sizeof(request));
	CHECK_EQ(lunatic_message_write_data(&request, sizeof(request)),
		 sizeof(request));
}

static void cast(uint64_t server, int64_t number)
{
	request(ADD, 0, number);
	CHECK_EQ(lunatic_message_send(server), 0);
}

static uint32_t call(uint64_t server, int64_t tag, int64_t reply,
		     int64_t number, uint64_t timeout)
{
	request(tag, reply, number);
	return lunatic_message_send_receive_skip_search(server, reply, timeout);
}

/* The answer in the scratch area must be for this process and number. Returns
 * the total at that time. */
static int64_t read_answer(int64_t reply, int64_t number)
{
	struct answer answer;

	CHECK_EQ(lunatic_message_get_tag(), reply);
	CHECK_EQ(lunatic_message_data_size(), sizeof(answer));
	lunatic_message_read_data(&answer, sizeof(answer));
	CHECK_EQ(answer.to, self);
	CHECK_EQ(answer.number, number);
	return answer.total;
}

static void calls_slowly(uint64_t server, int64_t number)
{
	CHECK_EQ(call(server, CALL_LATE, 50, number, A_WHILE), TIMED_OUT);
	/* The late answer is there before this one. */
	CHECK_EQ(call(server, CALL, 51, number + 1, NO_LIMIT), DATA);
	read_answer(51, number + 1);
	CHECK_EQ(receive_any(SOON), DATA);
	read_answer(50, number);
}

ENTRY(client)(int64_t parent, int64_t number)
{
	uint64_t server = 0;
	uint32_t result = get_or_spawn(&server);
	int64_t before, after;

	self = lunatic_process_process_id();
	/* No answer, though it has the tag of one: it was there before. */
	send_number(self, 61, 1);
	CHECK_EQ(call(server, CALL, 60, number, NO_LIMIT), DATA);
	before = read_answer(60, number);
	cast(server, number);
	CHECK_EQ(call(server, CALL, 61, -number, NO_LIMIT), DATA);
	after = read_answer(61, -number);
	CHECK(after >= before + number);
	expect_number(61, 1);
	if (number % SLOW == 0)
		calls_slowly(server, number);
	CHECK_EQ(receive_any(0), TIMED_OUT);
	send_number((uint64_t)parent, result == 0 ? SPAWNED : FOUND,
		    (int64_t)server);
}

static void spawn_client(int64_t number)
{
	uint8_t params[2 * PARAM_SIZE] = { I64 };
	uint64_t id;

	params[PARAM_SIZE] = I64;
	memcpy(params + 1, &self, sizeof(self));
	memcpy(params + PARAM_SIZE + 1, &number, sizeof(number));
	CHECK_EQ(try_spawn(OWN, "client", 0, params, sizeof(params), &id), 0);
}

/* All clients must have seen one server, which one of them has spawned. */
static uint64_t await_clients(void)
{
	uint64_t server = 0;
	int spawned = 0;

	for (int i = 0; i < CLIENTS; i++) {
		uint64_t id;

		CHECK_EQ(receive_any(6 * SOON), DATA);
		spawned += lunatic_message_get_tag() == SPAWNED;
		id = (uint64_t)read_number();
		CHECK(id != 0 && (server == 0 || server == id));
		server = id;
	}
	CHECK_EQ(spawned, 1);
	return server;
}

static void stop(uint64_t server)
{
	uint64_t node, other = 0;

	CHECK_EQ(lunatic_registry_get(NAME, strlen(NAME), &node, &other), 0);
	CHECK_EQ(other, server);
	CHECK_EQ(call(server, STOP, 70, 7, SOON), DATA);
	CHECK_EQ(read_answer(70, 7), (int64_t)CLIENTS * (CLIENTS + 1) / 2);
	await_end(server);
	CHECK_EQ(lunatic_registry_get(NAME, strlen(NAME), &node, &other), 1);
	CHECK_EQ(call(server, CALL, 71, 1, A_WHILE), TIMED_OUT);
	/* The next one who asks gets a new one, which knows nothing. */
	CHECK_EQ(get_or_spawn(&other), 0);
	CHECK(other != server);
	CHECK_EQ(call(other, STOP, 72, 1, SOON), DATA);
	CHECK_EQ(read_answer(72, 1), 0);
}

int main(void)
{
	self = lunatic_process_process_id();
	for (int64_t i = 1; i <= CLIENTS; i++)
		spawn_client(i);
	stop(await_clients());
	puts("passed");
	return 0;
}
