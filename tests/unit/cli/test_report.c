/* Reports: the table for people, and the same as JSON. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/report.h"
#include "engine/host_table.h"
#include "mesh/mesh.h"
#include "process/inspect.h"
#include "process/metrics.h"
#include "process/process.h"
#include "support/capture.h"
#include "support/processes.h"

static const struct ln_host_function receive = { .module = "lunatic::message",
						 .name = "receive" };
static const struct ln_host_function path_open = {
	.module = "wasi_snapshot_preview1", .name = "path_open"
};

/* An id that begins with these bytes. */
static struct ln_process_info process(uint8_t first, const char *name)
{
	struct ln_process_info info = { .id = { first, 0xb2, 0xc3, 0xd4 },
					.environment = 1 };

	ln_process_info_set_name(&info, name, strlen(name));
	return info;
}

static char *text_with(const struct ln_inspection *all,
		       const struct ln_cli_nodes *nodes,
		       enum ln_report_form form)
{
	size_t len;
	const struct ln_cli_metrics none = { .count = 0 };
	char *text = ln_cli_report_text(all, nodes, &none, 50, form, &len);

	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	assert_true(len > 0 && text[len - 1] == '\n');
	return text;
}

/* Of a program that is not a node. */
static char *text_of(const struct ln_inspection *all, enum ln_report_form form)
{
	const struct ln_cli_nodes none = { .id = NULL };

	return text_with(all, &none, form);
}

static void check_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

/* Printable ASCII in lines of at most 120 columns. */
static void check_plain(const char *text)
{
	size_t column = 0;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\n') {
			column = 0;
			continue;
		}
		assert_true(*c >= ' ' && *c <= '~');
		assert_true(++column <= 120);
	}
}

static const struct ln_inspection nobody = {
	.age = 1500 * LN_NS_PER_MS,
	.memory = 65536,
	.waiting = 3,
	.tally = { .started = 10,
		   .messages = 20,
		   .dropped = 4,
		   .ended = { [LN_OUTCOME_NORMAL] = 5,
			      [LN_OUTCOME_EXITED] = 1,
			      [LN_OUTCOME_TRAPPED] = 2,
			      [LN_OUTCOME_KILLED] = 2 } },
};

static void totals(void **state)
{
	char *text = text_of(&nobody, LN_REPORT_TABLE);

	(void)state;
	assert_string_equal(
		text, "lunatic: 0 processes alive after 1.5s, 10 started; "
		      "ended: 5 normally, 3 failed, 2 killed\n"
		      "lunatic: 20 messages delivered, 3 waiting, 4 dropped; "
		      "linear memory 64.0K\n");
	free(text);
	text = text_of(&nobody, LN_REPORT_JSON);
	check_has(
		text,
		"\"age_ms\":1500,\"alive\":0,\"started\":10,"
		"\"ended\":{\"normal\":5,\"exited\":1,\"trapped\":2,"
		"\"killed\":2},\"messages_delivered\":20,"
		"\"messages_waiting\":3,\"messages_dropped\":4,"
		"\"memory_bytes\":65536,\"instances\":{\"kept\":0,\"bytes\":0,"
		"\"used_again\":0,\"dropped\":{\"early\":0,\"module\":0,"
		"\"unmade\":0,\"full\":0,\"unfit\":0}},"
		"\"fast_slots\":{\"used\":0,\"max\":0,\"mappings\":0,"
		"\"held_bytes\":0},"
		"\"scheduler\":{\"workers\":0,\"busy_ms\":0,"
		"\"in_tasks_ms\":0,\"idle_ms\":0,\"switches\":0,"
		"\"steals\":0,\"stolen\":0,\"preemptions\":0,\"messages\":0,"
		"\"run_wait_seconds\":{\"count\":0,\"sum\":0,\"p50\":0,"
		"\"p90\":0,\"p99\":0,\"max\":0},"
		"\"message_wait_seconds\":{\"count\":0,\"sum\":0,"
		"\"p50\":0,\"p90\":0,\"p99\":0,\"max\":0}},"
		"\"folding\":{\"folded\":0,\"bytes\":0,\"folds\":0,"
		"\"unfolds\":0,\"refusals\":0},"
		"\"node\":null,\"metrics_known\":0,"
		"\"metrics_dropped\":0,\"metrics\":[],\"processes\":[]}\n");
	assert_memory_equal(text, "{\"lunatic\":\"", 12);
	free(text);
}

static void folds(void **state)
{
	struct ln_inspection all = nobody;
	char *text;

	(void)state;
	all.folds = (struct ln_fold_tally){
		.folded = 3,
		.bytes = 3072,
		.folds = 9,
		.unfolds = 6,
		.refusals = 2,
	};
	text = text_of(&all, LN_REPORT_TABLE);
	check_plain(text);
	check_has(text, "\nlunatic: 3 processes folded into 3.0K, 9 times "
			"folded, 6 unfolded\n");
	free(text);
	text = text_of(&all, LN_REPORT_JSON);
	check_has(text, ",\"folding\":{\"folded\":3,\"bytes\":3072,"
			"\"folds\":9,\"unfolds\":6,\"refusals\":2}");
	free(text);
}

static void instances(void **state)
{
	struct ln_inspection all = nobody;
	char *text;

	(void)state;
	all.spares = (struct ln_spares_tally){
		.kept = 4,
		.bytes = 65536,
		.renewed = 300,
	};
	text = text_of(&all, LN_REPORT_TABLE);
	check_plain(text);
	check_has(text, "\nlunatic: 4 instances kept in 64.0K, 300 used "
			"again\n");
	free(text);
	all.spares.dropped[LN_DROP_EARLY] = 1;
	all.spares.dropped[LN_DROP_UNFIT] = 7;
	text = text_of(&all, LN_REPORT_TABLE);
	check_has(text, " 300 used again; dropped: 1 early, 7 unfit\n");
	free(text);
	text = text_of(&all, LN_REPORT_JSON);
	check_has(text, ",\"instances\":{\"kept\":4,\"bytes\":65536,"
			"\"used_again\":300,\"dropped\":{\"early\":1,"
			"\"module\":0,\"unmade\":0,\"full\":0,"
			"\"unfit\":7}}");
	free(text);
}

static void slots(void **state)
{
	struct ln_inspection all = nobody;
	char *text;

	(void)state;
	all.slots = (struct ln_slots_tally){
		.max = 4681,
		.taken = 12,
		.mappings = 84,
	};
	text = text_of(&all, LN_REPORT_TABLE);
	check_plain(text);
	check_has(text, "\nlunatic: 12 of 4681 fast slots used, 84 mappings\n");
	free(text);
	all.slots.held = 1048576;
	text = text_of(&all, LN_REPORT_TABLE);
	check_has(text, ", 84 mappings, 1.0M held\n");
	free(text);
	text = text_of(&all, LN_REPORT_JSON);
	check_has(text, ",\"fast_slots\":{\"used\":12,\"max\":4681,"
			"\"mappings\":84,\"held_bytes\":1048576}");
	free(text);
}

static void rows(void **state)
{
	struct ln_process_info infos[3] = { process(0xa1, "worker"),
					    process(0x01, ""),
					    process(0x02, "") };
	struct ln_inspection all = nobody;
	char *text;

	(void)state;
	infos[0].state = LN_STATE_RECEIVE;
	infos[0].messages = 7;
	infos[0].message_bytes = 1536;
	infos[0].dropped = 9;
	infos[0].memory = 1 << 20;
	infos[0].slices = 11;
	infos[0].links = 2;
	infos[0].age = 15 * LN_NS_PER_S;
	infos[0].host = &receive;
	infos[0].function = (char *)(uintptr_t)"app::run";
	infos[1].native = infos;
	infos[1].age = 900 * LN_NS_PER_S;
	infos[2].host = &path_open;
	infos[2].age = 40000 * LN_NS_PER_S;
	all.infos = infos;
	all.count = 3;
	all.alive = 5;
	text = text_of(&all, LN_REPORT_TABLE);
	check_plain(text);
	check_has(text, "\na1b2c3d4   1 receive         7    1.5K      9 "
			"   1.0M       11     2   15s worker           "
			"app::run > message::receive\n");
	check_has(text, " 15m (native)         -\n");
	check_has(text, " 11h -                ? > wasi::path_open\n");
	check_has(text, "\nand 2 with less memory\n");
	free(text);
	all.alive = 3;
	text = text_of(&all, LN_REPORT_TABLE);
	assert_null(strstr(text, "with less memory"));
	free(text);
}

static void objects(void **state)
{
	struct ln_process_info infos[2] = { process(0xa1, "worker"),
					    process(0x01, "") };
	struct ln_inspection all = nobody;
	char *text;

	(void)state;
	infos[0].state = LN_STATE_RECEIVE;
	infos[0].fuel = 12;
	infos[0].host = &receive;
	infos[0].function = (char *)(uintptr_t)"app::serve";
	infos[0].age = 1999999;
	all.infos = infos;
	all.count = 2;
	all.alive = 2;
	text = text_of(&all, LN_REPORT_JSON);
	check_has(text,
		  "\"processes\":[{\"id\":\"a1b2c3d4-0000-0000-0000-"
		  "000000000000\",\"state\":\"receive\",\"environment\":1,"
		  "\"name\":\"worker\",\"host_function\":\"lunatic::message::"
		  "receive\",\"function\":\"app::serve\",\"messages\":0,");
	check_has(text, "\"fuel\":12,\"age_ms\":1,\"links\":0,"
			"\"label\":null,\"registered\":null},{\"id\":\"01");
	check_has(text, "\"name\":null,\"host_function\":null,"
			"\"function\":null,");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}

/* What guests call themselves cannot break the table, nor the JSON. */
static void hostile_names(void **state)
{
	char function[300];
	struct ln_process_info info = process(1, "a\033[2J\n\"\\\x9b\177");
	struct ln_inspection all = nobody;
	char *text;

	(void)state;
	memset(function, 'f', sizeof(function) - 1);
	function[sizeof(function) - 1] = '\0';
	function[1] = '\n';
	/* A byte that is no UTF-8, and an override of directions. */
	memcpy(function + 200, "\x9b\xe2\x80\xae\xf3\xa0\x80\x81", 8);
	info.function = function;
	all.infos = &info;
	all.count = 1;
	all.alive = 1;
	text = text_of(&all, LN_REPORT_TABLE);
	check_plain(text);
	check_has(text, " a?[2J \"\\?? ");
	check_has(text, " f?ffffffffffffffffffffffff..\n");
	free(text);
	info.host = &path_open;
	text = text_of(&all, LN_REPORT_TABLE);
	check_plain(text);
	check_has(text, "f.. > wasi::path_open\n");
	free(text);
	text = text_of(&all, LN_REPORT_JSON);
	check_has(text, "\"name\":\"a?[2J \\\"\\\\??\"");
	check_has(text, "\"function\":\"f\\u000aff");
	check_has(text, "ff\\u009b\\u202e\\udb40\\udc01ff");
	free(text);
	ln_process_info_set_name(&info, "\xc3\xa4", 2);
	text = text_of(&all, LN_REPORT_JSON);
	check_has(text, "\"name\":\"\xc3\xa4\"");
	free(text);
}

static void long_names_are_cut(void **state)
{
	char name[200];
	struct ln_process_info info;
	struct ln_inspection all = nobody;
	char *text;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	info = process(1, name);
	assert_int_equal(strlen(info.name), LN_INFO_NAME - 1);
	all.infos = &info;
	all.count = 1;
	all.alive = 1;
	text = text_of(&all, LN_REPORT_TABLE);
	check_plain(text);
	check_has(text, " nnnnnnnnnnnnnn.. -\n");
	free(text);
}

static void sizes_and_ages(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = {
		{ 0, "linear memory 0\n" },
		{ 1023, "linear memory 1023\n" },
		{ 1024, "linear memory 1.0K\n" },
		{ UINT64_C(3) << 29, "linear memory 1.5G\n" },
		{ UINT64_MAX, "linear memory 16.0E\n" },
	};
	static const struct {
		int64_t age;
		const char *text;
	} ages[] = {
		{ 0, " after 0.0s," },
		{ 9999 * LN_NS_PER_MS, " after 9.9s," },
		{ 10 * LN_NS_PER_S, " after 10s," },
		{ 599 * LN_NS_PER_S, " after 599s," },
		{ 600 * LN_NS_PER_S, " after 10m," },
		{ 35999 * LN_NS_PER_S, " after 599m," },
		{ 36000 * LN_NS_PER_S, " after 10h," },
	};
	struct ln_inspection all = nobody;
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		all.memory = sizes[i].bytes;
		text = text_of(&all, LN_REPORT_TABLE);
		check_has(text, sizes[i].text);
		free(text);
	}
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		all.age = ages[i].age;
		text = text_of(&all, LN_REPORT_TABLE);
		check_has(text, ages[i].text);
		free(text);
	}
}

/* A node with others, whose names are theirs to choose. */
static void with_nodes(void **state)
{
	struct ln_node_id id = { .name = "al\"pha", .incarnation = { 0xa1 } };
	struct ln_fabric_peer peers[2];
	struct ln_cli_nodes nodes = { .id = &id,
				      .address = "127.0.0.1:7000",
				      .peers = peers,
				      .count = 2 };
	const struct ln_inspection all = { .alive = 0 };
	char *text;

	(void)state;
	memset(peers, 0, sizeof(peers));
	strcpy(peers[0].id.name, "b\xc3\xaata");
	strcpy(peers[0].address, "10.0.0.2:7000");
	peers[0].id.incarnation[15] = 0xb2;
	peers[0].since = ln_time_now() - 90 * LN_NS_PER_S;
	peers[0].received = 2048;
	peers[0].sent = 7;
	memset(peers[1].id.name, 'n', LN_NODE_NAME_MAX);
	memset(peers[1].address, 'h', 255);
	peers[1].since = ln_time_now();
	text = text_with(&all, &nodes, LN_REPORT_TABLE);
	check_plain(text);
	check_has(text,
		  "\nlunatic: node al\"pha at 127.0.0.1:7000, connected to "
		  "2 others\n");
	check_has(text, "\nb??ta ");
	check_has(text, " 90s     2.0K       7\n");
	check_has(text, "\nnnnnnnnnnnnnnnnnnnnnnn.. hhh");
	free(text);
	text = text_with(&all, &nodes, LN_REPORT_JSON);
	check_has(text, ",\"node\":{\"name\":\"al\\\"pha\",\"incarnation\":"
			"\"a1000000-0000-0000-0000-000000000000\","
			"\"address\":\"127.0.0.1:7000\",\"peers\":["
			"{\"name\":\"b\xc3\xaata\",");
	check_has(text, ",\"received_bytes\":2048,\"sent_bytes\":7},{");
	free(text);
	nodes.count = 1;
	text = text_with(&all, &nodes, LN_REPORT_TABLE);
	check_has(text, "connected to 1 other\n");
	free(text);
	nodes.count = 0;
	text = text_with(&all, &nodes, LN_REPORT_TABLE);
	check_has(text, "connected to 0 others\n");
	assert_null(strstr(text, "received"));
	free(text);
	text = text_with(&all, &nodes, LN_REPORT_JSON);
	check_has(text, "\"peers\":[]},\"metrics_known\":0,");
	free(text);
	text = text_of(&all, LN_REPORT_JSON);
	check_has(text, ",\"node\":null,");
	free(text);
}

/* What has a name that a guest chose, and numbers that JSON does not have. */
static void with_metrics(void **state)
{
	static const char longest[] =
		"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
	const struct ln_metric_value values[] = {
		{ LN_METRIC_COUNTER, "a\0\x1b[\"", 5, .counter = UINT64_MAX },
		{ LN_METRIC_GAUGE, "depth", 5, .gauge = (double)INFINITY },
		{ LN_METRIC_GAUGE, "ratio", 5, .gauge = -1.2345678912e-300 },
		{ LN_METRIC_HISTOGRAM, longest, sizeof(longest) - 1,
		  .histogram = { UINT64_MAX, -1.23456e300, -1.23456e300,
				 (double)NAN, -1.23456e-300, 2, 3 } },
	};
	const struct ln_cli_metrics metrics = { values, 4, 7 };
	const struct ln_cli_nodes nodes = { .id = NULL };
	size_t len;
	char *text = ln_cli_report_text(&nobody, &nodes, &metrics, 10,
					LN_REPORT_TABLE, &len);

	(void)state;
	assert_non_null(text);
	check_plain(text);
	check_has(text, "\nlunatic: 4 metrics, 7 updates dropped\n");
	check_has(text, "\na??[\"                        counter   "
			"18446744073709551615\n");
	check_has(text, "\n..nnnnnnnnnnnnnnnnnnnnnnnnnn histogram ");
	free(text);
	text = ln_cli_report_text(&nobody, &nodes, &metrics, 10, LN_REPORT_JSON,
				  &len);
	assert_non_null(text);
	check_has(text, ",\"metrics_known\":4,\"metrics_dropped\":7,"
			"\"metrics\":[{\"name\":\"a\\u0000\\u001b[\\\"\","
			"\"kind\":\"counter\",\"value\":18446744073709551615"
			"},{\"name\":\"depth\",\"kind\":\"gauge\","
			"\"value\":null},");
	check_has(text, "\"max\":null,\"p50\":-1.23");
	check_has(text, "\"p90\":2,\"p99\":3}],\"processes\":[");
	free(text);
	text = ln_cli_report_text(&nobody, &nodes, &metrics, 1, LN_REPORT_TABLE,
				  &len);
	assert_non_null(text);
	check_has(text, " counter ");
	assert_null(strstr(text, " gauge "));
	check_has(text, "\nand 3 others\n");
	free(text);
}

/* Names with a path before them differ at their end, which is shown. */
static void with_long_metrics(void **state)
{
#define NAMED(name) { LN_METRIC_COUNTER, name, sizeof(name) - 1, .counter = 1 }
	const struct ln_metric_value values[] = {
		NAMED("lunatic::metrics_example::requests"),
		NAMED("lunatic::metrics_example::failures"),
		NAMED("lunatic::x\x1b\n0123456789_1234567890_23"),
		NAMED("it_has_exactly_28_characters"),
		NAMED("xit_has_exactly_29_characters"),
	};
#undef NAMED
	const struct ln_cli_metrics metrics = { values, 5, 0 };
	const struct ln_cli_nodes nodes = { .id = NULL };
	size_t len;
	char *text = ln_cli_report_text(&nobody, &nodes, &metrics, 10,
					LN_REPORT_TABLE, &len);

	(void)state;
	assert_non_null(text);
	check_plain(text);
	check_has(text, "\n..:metrics_example::requests counter ");
	check_has(text, "\n..:metrics_example::failures counter ");
	check_has(text, "\n..??0123456789_1234567890_23 counter ");
	check_has(text, "\nit_has_exactly_28_characters counter ");
	check_has(text, "\n.._has_exactly_29_characters counter ");
	free(text);
}

/* Of a runtime in which nothing runs, to standard error. */
static void of_a_runtime(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct test_capture capture;
	char *text;

	(void)state;
	test_capture_begin(&capture, STDERR_FILENO);
	ln_cli_report(environment->runtime, NULL, LN_REPORT_TABLE, 10);
	ln_log_flush();
	text = test_capture_end(&capture);
	check_has(text, "lunatic: 0 processes alive after ");
	check_plain(text);
	free(text);
	test_environment_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totals),
		cmocka_unit_test(instances),
		cmocka_unit_test(slots),
		cmocka_unit_test(folds),
		cmocka_unit_test(rows),
		cmocka_unit_test(objects),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(sizes_and_ages),
		cmocka_unit_test(with_nodes),
		cmocka_unit_test(with_metrics),
		cmocka_unit_test(with_long_metrics),
		cmocka_unit_test(of_a_runtime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
