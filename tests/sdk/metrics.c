// What is counted and measured: the names and values reach the program's
// report.
//
// options: --report=json
// stderr~ "name":"requests_total","kind":"counter","value":5[,}]
// stderr~ "name":"queue_length","kind":"gauge","value":-2.5[,}]
// stderr~ "name":"request_seconds","kind":"histogram","count":3,
// stdout~ ^done$
#include <lunatic.h>
#include <stdio.h>

static void work(void)
{
	lunatic_counter_add("requests_total", 3);
	lunatic_histogram_record("request_seconds", 0.5);
}

LUNATIC_MAIN(argc, argv)
{
	lunatic_spawn(NULL, NULL, work);
	lunatic_counter_add("requests_total", 2);
	lunatic_gauge_set("queue_length", 12);
	lunatic_gauge_set("queue_length", -2.5);
	lunatic_histogram_record("request_seconds", 0.0042);
	lunatic_histogram_record("request_seconds", 4);
	lunatic_sleep(200);
	puts("done");
	return 0;
}
