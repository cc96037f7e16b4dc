// Counters, gauges and histograms, as --report shows them. Names may have what
// a terminal must not get.
// options: --report
// stderr~ ^lunatic: 6 metrics, 0 updates dropped$
// stderr~ ^metric +kind +value +sum +p50 +p90 +p99 +max$
// stderr~ ^ +gauge +0\.5$
// stderr~ ^a\?\[31m\? +counter +1$
// stderr~ ^latency +histogram +100 +5050 +5[0-9]\.?[0-9]* +[89][0-9]\.?[0-9]*
// +100 +100$ stderr~ ^requests +counter +12$ stderr~ ^requests +gauge +-2\.25$
// stderr~ ^wraps +counter +18446744073709551615$
#include <lunatic/abi_0_13.h>
#include <string.h>

static void add(const char *name, uint64_t value)
{
	lunatic_metrics_counter(name, strlen(name), value);
}

int main(void)
{
	add("requests", 10);
	lunatic_metrics_increment_counter("requests", 8);
	lunatic_metrics_increment_counter("requests", 8);
	add("wraps", 5);
	add("wraps", UINT64_MAX - 5);
	add("a\x1b[31m\n", 1);
	/* Of the same name, and of none. */
	lunatic_metrics_gauge("requests", 8, 100);
	lunatic_metrics_gauge("requests", 8, 1);
	lunatic_metrics_increment_gauge("requests", 8, 0.75);
	lunatic_metrics_decrement_gauge("requests", 8, 4);
	lunatic_metrics_increment_gauge("", 0, 0.5);
	for (int i = 1; i <= 100; i++)
		lunatic_metrics_histogram("latency", 7, i);
	lunatic_metrics_histogram("latency", 7, __builtin_nan(""));
	return 0;
}
