// Pools: results, tries after failures of each kind, back-pressure, counts, and
// what becomes of jobs when their pool ends.
//
// stdout~ passed, 0 failed$
// stderr~ wasm `unreachable` instruction executed
#include <lunatic.h>
#include <stdlib.h>
#include <string.h>

#define SOON 30000
#define A_WHILE 50

static struct lunatic_writer out;
static struct lunatic_reader in;

/* What a job does: [what, number]. */
enum what { TWICE, CRASH, SPIN, EXIT, NAP, THIRD_TIME, LONG };

static int64_t next_time(void)
{
	struct lunatic_proc counter;
	struct lunatic_writer request;
	struct lunatic_reader reply;

	LUNATIC_CHECK_EQ(lunatic_lookup("times", "1", &counter), 0);
	lunatic_request_begin(&request);
	lunatic_write_nil(&request);
	LUNATIC_CHECK_EQ(lunatic_request_send(&request, counter, &reply, SOON),
			 0);
	return lunatic_read_int(&reply);
}

static void do_job(struct lunatic_reader *job, struct lunatic_writer *result)
{
	static char text[100000];
	int64_t what, number;

	lunatic_read_tuple(job, 2);
	what = lunatic_read_int(job);
	number = lunatic_read_int(job);
	switch (what) {
	case CRASH:
		__builtin_trap();
	case SPIN:
		for (;;)
			;
	case EXIT:
		_Exit(3);
	case NAP:
		lunatic_sleep((uint64_t)number);
		break;
	case THIRD_TIME:
		if (next_time() < 3)
			__builtin_trap();
		break;
	case LONG:
		memset(text, 'x', (size_t)number);
		lunatic_write_strn(result, text, (size_t)number);
		return;
	default:
		break;
	}
	lunatic_write_int(result, 2 * number);
}

static void begin(int64_t what, int64_t number)
{
	lunatic_job_begin(&out);
	lunatic_write_array(&out, 2);
	lunatic_write_int(&out, what);
	lunatic_write_int(&out, number);
}

static int call(struct lunatic_proc pool, int64_t what, int64_t number)
{
	begin(what, number);
	return lunatic_job_call(&out, pool, &in, SOON);
}

static struct lunatic_pool_counts count(struct lunatic_proc pool)
{
	struct lunatic_pool_counts counts;

	LUNATIC_CHECK_EQ(lunatic_pool_count(pool, &counts, SOON), 0);
	return counts;
}

static const struct lunatic_pool plain = { .run = do_job };

LUNATIC_TEST(results)
{
	struct lunatic_proc pool;
	char *text;

	LUNATIC_CHECK_EQ(lunatic_pool_start(&pool, NULL, &plain), 0);
	for (int64_t i = 0; i < 50; i++) {
		LUNATIC_CHECK_EQ(call(pool, TWICE, i), 0);
		LUNATIC_CHECK_EQ(lunatic_read_int(&in), 2 * i);
		LUNATIC_CHECK_EQ(lunatic_reader_end(&in), 0);
	}
	LUNATIC_CHECK_EQ(call(pool, LONG, 100000), 0);
	text = lunatic_read_str_new(&in, 200000);
	LUNATIC_CHECK_EQ(lunatic_reader_end(&in), 0);
	LUNATIC_CHECK_EQ(strlen(text), 100000);
	LUNATIC_CHECK_EQ(count(pool).done, 51);
	LUNATIC_CHECK_EQ(count(pool).running, 0);
	// One that is not complete is no job.
	lunatic_job_begin(&out);
	LUNATIC_CHECK_EQ(lunatic_job_call(&out, pool, &in, SOON),
			 LUNATIC_EMISUSE);
	lunatic_server_stop(pool);
}

static int times_init(void *state, struct lunatic_reader *argument)
{
	(void)state;
	lunatic_read_nil(argument);
	return 0;
}

static void times_call(void *state, struct lunatic_reader *request,
		       struct lunatic_writer *reply)
{
	int64_t *times = state;

	lunatic_read_nil(request);
	lunatic_write_int(reply, ++*times);
}

static const struct lunatic_server times = {
	.name = "times",
	.state_size = sizeof(int64_t),
	.init = times_init,
	.call = times_call,
};

static const struct lunatic_pool patient = {
	.run = do_job,
	.workers = 2,
	.tries = 3,
	.pause = 5,
	.time = 300,
};

LUNATIC_TEST(failures)
{
	static const int kinds[] = { CRASH, EXIT, SPIN };
	struct lunatic_proc pool, server;

	LUNATIC_CHECK_EQ(lunatic_pool_start(&pool, NULL, &patient), 0);
	for (uint64_t i = 0; i < 3; i++) {
		LUNATIC_CHECK_EQ(call(pool, kinds[i], 0), LUNATIC_EDIED);
		LUNATIC_CHECK_EQ(count(pool).failed, i + 1);
		LUNATIC_CHECK_EQ(count(pool).retried, 2 * (i + 1));
	}
	LUNATIC_CHECK_EQ(lunatic_server_start(&server, NULL, &times, NULL), 0);
	while (lunatic_lookup("times", "1", &server) != 0)
		lunatic_sleep(1);
	LUNATIC_CHECK_EQ(call(pool, THIRD_TIME, 21), 0);
	LUNATIC_CHECK_EQ(lunatic_read_int(&in), 42);
	LUNATIC_CHECK_EQ(count(pool).done, 1);
	lunatic_server_stop(pool);
	lunatic_server_stop(server);
}

static const struct lunatic_pool narrow = {
	.name = "narrow",
	.run = do_job,
	.workers = 1,
	.waiting = 2,
};

LUNATIC_TEST(back_pressure)
{
	struct lunatic_proc pool;

	LUNATIC_CHECK_EQ(lunatic_pool_start(&pool, NULL, &narrow), 0);
	for (int i = 0; i < 3; i++) {
		begin(NAP, 400);
		LUNATIC_CHECK_EQ(lunatic_job_add(&out, pool, SOON), 0);
	}
	LUNATIC_CHECK_EQ(count(pool).running, 1);
	LUNATIC_CHECK_EQ(count(pool).waiting, 2);
	begin(NAP, 1);
	LUNATIC_CHECK_EQ(lunatic_job_try(&out, pool, SOON), LUNATIC_EFULL);
	// It waits until the first one has ended; then there is room.
	begin(NAP, 1);
	LUNATIC_CHECK_EQ(lunatic_job_add(&out, pool, SOON), 0);
	LUNATIC_CHECK(count(pool).done >= 1);
	LUNATIC_CHECK_EQ(lunatic_lookup("narrow", "1", &pool), 0);
	LUNATIC_CHECK_EQ(call(pool, TWICE, 4), 0);
	LUNATIC_CHECK_EQ(lunatic_read_int(&in), 8);
	LUNATIC_CHECK_EQ(count(pool).done, 5);
	lunatic_server_stop(pool);
}

LUNATIC_TEST(the_pool_ends)
{
	struct lunatic_proc pool;

	LUNATIC_CHECK_EQ(lunatic_pool_start(&pool, NULL, &plain), 0);
	begin(SPIN, 0);
	LUNATIC_CHECK_EQ(lunatic_job_add(&out, pool, SOON), 0);
	begin(NAP, 1000000);
	LUNATIC_CHECK_EQ(lunatic_job_call(&out, pool, &in, A_WHILE),
			 LUNATIC_ETIMEDOUT);
	lunatic_server_stop(pool);
	LUNATIC_CHECK_EQ(call(pool, TWICE, 1), LUNATIC_EDIED);
}
