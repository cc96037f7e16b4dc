// More names than are kept: what has a new one is dropped, and the program goes
// on; those that are there count on. One line of the log says so.
// options: --report --report-most 1
// timeout: 60
// stderr~ ^lunatic: .*there is no room for more metrics: at most 10000 names
// and 16 MiB are kept stderr~ ^lunatic: 10000 metrics, 2001 updates dropped$
// stderr~ ^0 +counter +2$
// stderr~ ^and 9999 others$
#include <lunatic/abi_0_13.h>
#include <stdio.h>

int main(void)
{
	char name[16];

	for (int i = 0; i < 12000; i++)
		lunatic_metrics_increment_counter(
			name, (uint32_t)sprintf(name, "%d", i));
	lunatic_metrics_histogram("1", 1, 1);
	lunatic_metrics_increment_counter("0", 1);
	return 0;
}
