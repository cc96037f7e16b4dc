/* What is counted and measured. */
#include <lunatic/abi.h>
#include <lunatic/metrics.h>
#include <string.h>

void lunatic_counter_add(const char *name, uint64_t value)
{
	lunatic_metrics_counter(name, strlen(name), value);
}

void lunatic_gauge_set(const char *name, double value)
{
	lunatic_metrics_gauge(name, strlen(name), value);
}

void lunatic_histogram_record(const char *name, double value)
{
	lunatic_metrics_histogram(name, strlen(name), value);
}
