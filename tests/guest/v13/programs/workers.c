// A registry of workers: put, found, replaced and removed by names, while their
// pool watches them. Whatever way a worker ends, its entry vanishes, before
// those who watch it are told.
//
// options: --workers 4
// stdout: passed
// stderr~ trapped: .*unreachable
#include "../check.h"

#define WORKERS 60
#define CLIENTS 40

/* What a worker is told to do; other messages are work. */
enum { TRAPS = 1, EXITS, RETURNS, REMOVES_ITSELF, WORKS };
#define READY 10
#define RESULT 11
#define CLIENT_DONE 12

static uint64_t self;

/* The name of a worker. */
static const char *name_of(int64_t index)
{
	static char name[32];

	snprintf(name, sizeof(name), "worker/%lld", (long long)index);
	return name;
}

static void put(int64_t index, uint64_t id)
{
	const char *name = name_of(index);

	lunatic_registry_put(name, strlen(name), 0, id);
}

/* The id of a worker; 0: there is none of that name. */
static uint64_t get(int64_t index)
{
	const char *name = name_of(index);
	uint64_t node = 99;
	uint64_t id = 0;

	if (lunatic_registry_get(name, strlen(name), &node, &id) != 0)
		return 0;
	CHECK_EQ(node, 0);
	CHECK(id != 0);
	return id;
}

static void remove_name(int64_t index)
{
	const char *name = name_of(index);

	lunatic_registry_remove(name, strlen(name));
}

/* Puts itself into the registry, and works. */
ENTRY(worker)(int64_t pool, int64_t index)
{
	self = lunatic_process_process_id();
	put(index, self);
	send_number((uint64_t)pool, READY, index);
	for (;;) {
		receive_any(NO_LIMIT);
		switch (lunatic_message_get_tag()) {
		case TRAPS:
			__builtin_trap();
		case EXITS:
			exit(3);
		case RETURNS:
			return;
		case REMOVES_ITSELF:
			remove_name(index);
			send_number((uint64_t)pool, READY, index);
			break;
		default:
			send_number((uint64_t)read_number(), RESULT, index);
		}
	}
}

static uint64_t spawn_two(const char *entry, int64_t second)
{
	uint8_t params[2 * PARAM_SIZE] = { I64 };
	uint64_t id = 0;

	params[PARAM_SIZE] = I64;
	memcpy(params + 1, &self, sizeof(self));
	memcpy(params + PARAM_SIZE + 1, &second, sizeof(second));
	CHECK_EQ(try_spawn(OWN, entry, 0, params, sizeof(params), &id), 0);
	return id;
}

/* Lets a worker by that name say which one it is. */
static void use(int64_t index)
{
	uint64_t id = get(index);

	CHECK(id != 0);
	send_number(id, WORKS, (int64_t)self);
	CHECK_EQ(receive_tag(RESULT, SOON), DATA);
	CHECK_EQ(read_number(), index);
}

/* Uses all workers, beginning with another one than the next client. */
ENTRY(client)(int64_t pool, int64_t first)
{
	self = lunatic_process_process_id();
	for (int64_t i = 0; i < WORKERS; i++)
		use((first + i) % WORKERS);
	send_number((uint64_t)pool, CLIENT_DONE, first);
}

static uint64_t workers[WORKERS];

static void expect_ready(int64_t index)
{
	CHECK_EQ(receive_tag(READY, SOON), DATA);
	CHECK_EQ(read_number(), index);
}

static void start(int64_t index)
{
	workers[index] = spawn_two("worker", index);
	lunatic_process_monitor(workers[index]);
}

static void start_all(void)
{
	bool ready[WORKERS] = { false };

	for (int i = 0; i < WORKERS; i++) {
		CHECK_EQ(get(i), 0);
		start(i);
	}
	for (int i = 0; i < WORKERS; i++) {
		int64_t index = expect_any_number(READY);

		CHECK(index >= 0 && index < WORKERS && !ready[index]);
		ready[index] = true;
		CHECK_EQ(get(index), workers[index]);
	}
}

static void serve_clients(void)
{
	for (int i = 0; i < CLIENTS; i++)
		spawn_two("client", i);
	for (int i = 0; i < CLIENTS; i++)
		expect_any_number(CLIENT_DONE);
}

/* Lets a worker end in one of four ways. */
static void end(uint64_t id, int way)
{
	switch (way % 4) {
	case 0:
		lunatic_process_kill(id);
		break;
	case 1:
		send_number(id, TRAPS, 0);
		break;
	case 2:
		send_number(id, EXITS, 0);
		break;
	default:
		send_number(id, RETURNS, 0);
	}
}

/* Each entry is gone when the message comes, and that comes once. */
static void replace_ended(void)
{
	for (int i = 0; i < WORKERS; i++) {
		end(workers[i], i);
		expect_process_died(workers[i]);
		CHECK_EQ(lunatic_process_exists(workers[i]), 0);
		CHECK_EQ(get(i), 0);
		start(i);
		expect_ready(i);
		use(i);
	}
	CHECK_EQ(receive_any(0), TIMED_OUT);
}

/* Another one takes a name over; the end of the first one does not matter. */
static void take_over(int index)
{
	uint64_t old = workers[index];

	start(index);
	expect_ready(index);
	CHECK_EQ(get(index), workers[index]);
	CHECK_EQ(lunatic_process_exists(old), 1);
	end(old, index);
	expect_process_died(old);
	use(index);
}

/* Without a name it lives all the same. */
static void removals(void)
{
	remove_name(5);
	CHECK_EQ(get(5), 0);
	CHECK_EQ(lunatic_process_exists(workers[5]), 1);
	remove_name(5);
	put(5, workers[5]);
	use(5);
	send_number(workers[6], REMOVES_ITSELF, 0);
	expect_ready(6);
	CHECK_EQ(get(6), 0);
	put(6, workers[6]);
	use(6);
	/* A second name, which goes with the first one. */
	put(WORKERS, workers[7]);
	CHECK_EQ(get(WORKERS), workers[7]);
	end(workers[7], 0);
	expect_process_died(workers[7]);
	CHECK_EQ(get(7), 0);
	CHECK_EQ(get(WORKERS), 0);
	/* Nobody is put under a name, not even who was there. */
	put(7, workers[7]);
	CHECK_EQ(get(7), 0);
	start(7);
	expect_ready(7);
	/* Nothing is told of those who are not watched any more. */
	lunatic_process_stop_monitoring(workers[8]);
	end(workers[8], 1);
	await_end(workers[8]);
	expect_nothing();
	start(8);
	expect_ready(8);
}

/* All end at a time, in all ways. */
static void end_all(void)
{
	bool told[WORKERS] = { false };

	for (int i = 0; i < WORKERS; i++)
		end(workers[i], i);
	for (int i = 0; i < WORKERS; i++) {
		int index = 0;

		CHECK_EQ(receive_any(SOON), PROCESS_DIED);
		while (index < WORKERS &&
		       workers[index] != lunatic_message_get_process_id())
			index++;
		CHECK(index < WORKERS && !told[index]);
		told[index] = true;
		CHECK_EQ(get(index), 0);
	}
	expect_nothing();
	for (int i = 0; i <= WORKERS; i++)
		CHECK_EQ(get(i), 0);
}

int main(void)
{
	self = lunatic_process_process_id();
	start_all();
	serve_clients();
	replace_ended();
	for (int i = 0; i < 8; i++)
		take_over(i);
	removals();
	serve_clients();
	end_all();
	start_all();
	end_all();
	puts("passed");
	return 0;
}
