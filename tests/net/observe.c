/* What tests/net/observe.sh watches: a supervisor with servers, processes that
 * compute, wait and trap, and metrics, also with strange names. Prints a line a
 * beat, which tells that it goes on. */
#include <lunatic.h>
#include <stdio.h>

static const struct lunatic_server store = { .state_size = 64 };

static void wait(const struct lunatic_child *self)
{
	lunatic_proc_label(self->name);
	lunatic_sleep(3600000);
}

static const struct lunatic_child children[] = {
	{ .name = "store", .server = &store },
	{ .name = "left<b>&\"'", .run = wait },
	{ .name = "right", .run = wait },
};

static const struct lunatic_supervisor top = {
	.strategy = LUNATIC_ONE_FOR_ONE,
	.children = children,
	.count = 3,
	.restarts = 1000,
	.within = 1000,
};

static void fail(void)
{
	lunatic_proc_label("doomed");
	__builtin_trap();
}

static void measure(int64_t beat)
{
	lunatic_counter_add("requests_total", 1);
	lunatic_counter_add("a.b", 1);
	lunatic_counter_add("a_b", 2);
	lunatic_counter_add("lunatic_processes", 3);
	lunatic_counter_add("9 lives\n\"\\\x01%\xe2\x82\xac", 4);
	lunatic_counter_add("", 5);
	lunatic_counter_add("twice", 1);
	lunatic_counter_add("twice_total", 1);
	lunatic_gauge_set("temperature", -3.5);
	lunatic_gauge_set("requests_total", (double)beat);
	lunatic_gauge_set("requests", 1);
	lunatic_histogram_record("latency_seconds", 0.001);
	lunatic_histogram_record("latency_seconds", 4);
	lunatic_histogram_record("depth", -1);
}

LUNATIC_MAIN(argc, argv)
{
	struct lunatic_proc supervisor;

	lunatic_proc_label("the first");
	if (lunatic_supervisor_start(&supervisor, NULL, &top) != 0)
		return 1;
	for (int64_t beat = 0;; beat++) {
		measure(beat);
		if (beat % 10 == 0)
			lunatic_spawn(NULL, NULL, fail);
		printf("beat %lld\n", (long long)beat);
		lunatic_sleep(50);
	}
}
