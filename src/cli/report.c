/*
 * DESIGN
 * The text is made first and written at once. Names come from guests: in the
 * table, everything that is not printable ASCII becomes a question mark, so
 * that no name can control a terminal or break a line; JSON escapes them.
 *
 * The log's thread writes it: this code runs in the thread that takes the
 * signals, which must still be able to end the program.
 */
#include "cli/report.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "base/uuid.h"
#include "cli/control.h"
#include "cluster/node.h"
#include "engine/host_table.h"
#include "lunatic_version.h"
#include "process/inspect.h"
#include "process/metrics.h"
#include "process/process.h"
#include "process/runtime.h"

#define ANSWER_WAIT (200 * LN_NS_PER_MS)
#define ID_SHOWN 8
#define NAME_WIDTH 16
#define WHERE_WIDTH 28
#define NODE_WIDTH 24
#define ADDRESS_WIDTH 48
#define METRIC_WIDTH 28

/* In the order of their enumerators. */
static const char *const metric_kinds[] = { "counter", "gauge", "histogram" };

/* The start of a number that fits seven columns: 512, 1.5K, 64.0M. */
static void print_size(FILE *out, int width, uint64_t bytes)
{
	char text[32];

	ln_ask_format_size(text, sizeof(text), bytes);
	fprintf(out, "%*s", width, text);
}

static void format_age(char *text, size_t size, int64_t age)
{
	int64_t seconds = age / LN_NS_PER_S;

	if (seconds < 10)
		snprintf(text, size, "%lld.%llds", (long long)seconds,
			 (long long)(age % LN_NS_PER_S / (LN_NS_PER_S / 10)));
	else if (seconds < 600)
		snprintf(text, size, "%llds", (long long)seconds);
	else if (seconds < 36000)
		snprintf(text, size, "%lldm", (long long)(seconds / 60));
	else
		snprintf(text, size, "%lldh", (long long)(seconds / 3600));
}

/* Prints a text of a guest's so that it cannot control a terminal. */
static void print_bytes(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fputc(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?', out);
}

/* Prints at most `width` columns of a text, its start. */
static void print_plain(FILE *out, const char *text, size_t width)
{
	size_t len = strlen(text);

	if (len <= width) {
		print_bytes(out, text, len);
	} else {
		print_bytes(out, text, width - 2);
		fputs("..", out);
	}
}

/* The same of a text's end, where names with a path before them differ. */
static void print_end(FILE *out, const char *text, size_t len, size_t width)
{
	if (len <= width) {
		print_bytes(out, text, len);
	} else {
		fputs("..", out);
		print_bytes(out, text + len - (width - 2), width - 2);
	}
}

/* The same, and blanks up to `width`. */
static void print_cell(FILE *out, const char *text, size_t width)
{
	size_t len = strlen(text);

	print_plain(out, text, width);
	fprintf(out, "%*s ", len < width ? (int)(width - len) : 0, "");
}

/* The name of a host function without the common prefix. */
static void short_host(char *text, size_t size,
		       const struct ln_host_function *host)
{
	const char *space = host->module;

	if (strncmp(space, "lunatic::", 9) == 0)
		space += 9;
	else if (strcmp(space, "wasi_snapshot_preview1") == 0)
		space = "wasi";
	snprintf(text, size, "%s::%s", space, host->name);
}

/* Where a process is: "function > namespace::host function". */
static void print_where(FILE *out, const struct ln_process_info *info)
{
	const char *function = info->function != NULL ? info->function : "?";
	char host[64] = "";
	size_t len;

	if (info->folded > 0) {
		fputs("(folded into ", out);
		print_size(out, 0, info->folded);
		fputc(')', out);
		return;
	}
	if (info->function == NULL && info->host == NULL) {
		fputc('-', out);
		return;
	}
	if (info->host == NULL) {
		print_plain(out, function, WHERE_WIDTH);
		return;
	}
	short_host(host, sizeof(host), info->host);
	len = strlen(host);
	print_plain(out, function,
		    len + 3 + 8 < WHERE_WIDTH ? WHERE_WIDTH - len - 3 : 8);
	fputs(" > ", out);
	print_plain(out, host, WHERE_WIDTH - 11);
}

static void print_row(FILE *out, const struct ln_process_info *info)
{
	char id[LN_UUID_TEXT];
	char name[LN_INFO_NAME + 16];
	char age[32];

	ln_uuid_format(info->id, id);
	format_age(age, sizeof(age), info->age);
	if (info->name[0] != '\0')
		snprintf(name, sizeof(name), "%s", info->name);
	else
		snprintf(name, sizeof(name), "%s",
			 info->native != NULL ? "(native)" : "-");
	fprintf(out, "%.*s %3llu %-8s %8llu ", ID_SHOWN, id,
		(unsigned long long)info->environment,
		ln_process_state_name(info->state),
		(unsigned long long)info->messages);
	print_size(out, 7, info->message_bytes);
	fprintf(out, " %6llu ", (unsigned long long)info->dropped);
	print_size(out, 7, info->memory);
	fprintf(out, " %8llu %5u %5s ", (unsigned long long)info->slices,
		info->links, age);
	print_cell(out, name, NAME_WIDTH);
	print_where(out, info);
	fputc('\n', out);
}

/* Why instances were dropped. */
static const char *const drop_words[LN_DROP_COUNT] = {
	[LN_DROP_EARLY] = "early",   [LN_DROP_MODULE] = "module",
	[LN_DROP_UNMADE] = "unmade", [LN_DROP_FULL] = "full",
	[LN_DROP_UNFIT] = "unfit",
};

/* Nothing, when no instance has ended. */
static void print_instances(FILE *out, const struct ln_spares_tally *spares)
{
	uint64_t dropped = 0;
	const char *before = "; dropped: ";

	for (unsigned i = 0; i < LN_DROP_COUNT; i++)
		dropped += spares->dropped[i];
	if (spares->kept + spares->renewed + dropped == 0)
		return;
	fprintf(out, "lunatic: %llu instances kept in ",
		(unsigned long long)spares->kept);
	print_size(out, 0, spares->bytes);
	fprintf(out, ", %llu used again", (unsigned long long)spares->renewed);
	for (unsigned i = 0; i < LN_DROP_COUNT; i++) {
		if (spares->dropped[i] == 0)
			continue;
		fprintf(out, "%s%llu %s", before,
			(unsigned long long)spares->dropped[i], drop_words[i]);
		before = ", ";
	}
	fputc('\n', out);
}

/* Nothing, when no memory has address space of its own. */
static void print_slots(FILE *out, const struct ln_slots_tally *slots)
{
	if (slots->taken == 0)
		return;
	fprintf(out, "lunatic: %u of %u fast slots used, %u mappings",
		slots->taken, slots->max, slots->mappings);
	if (slots->held > 0) {
		fputs(", ", out);
		print_size(out, 0, slots->held);
		fputs(" held", out);
	}
	fputc('\n', out);
}

/* A duration in the unit that suits it, two digits at least. */
static void print_wait(FILE *out, const char *before, double seconds)
{
	double value = seconds * 1e9;
	const char *unit = "ns";

	if (seconds >= 1) {
		value = seconds;
		unit = "s";
	} else if (seconds >= 1e-3) {
		value = seconds * 1e3;
		unit = "ms";
	} else if (seconds >= 1e-6) {
		value = seconds * 1e6;
		unit = "us";
	}
	fprintf(out, "%s%.3g %s", before, value, unit);
}

static void print_waits(FILE *out, const char *what,
			const struct ln_histogram_summary *waits)
{
	fprintf(out, "lunatic: %s waited", what);
	if (waits->count == 0) {
		fputs(": not known yet\n", out);
		return;
	}
	print_wait(out, " ", waits->p50);
	print_wait(out, " (p50), ", waits->p90);
	print_wait(out, " (p90), ", waits->p99);
	print_wait(out, " (p99), at most ", waits->max);
	fputc('\n', out);
}

/* Nothing, when it is not known. */
static void print_observed(FILE *out, const struct ln_observed *observed)
{
	const struct ln_sched_counts *counts = &observed->counts;

	if (observed->workers == 0)
		return;
	fprintf(out,
		"lunatic: %u workers, busy for %.3f s, idle for %.3f s; %llu "
		"switches, %llu steals, %llu preemptions\n",
		observed->workers, (double)counts->awake / 1e9,
		(double)counts->asleep / 1e9,
		(unsigned long long)counts->switches,
		(unsigned long long)counts->steals,
		(unsigned long long)counts->preemptions);
	print_waits(out, "runnable processes", &observed->run_waits);
	print_waits(out, "messages", &observed->message_waits);
}

/* Nothing, when no process was ever folded. */
static void print_folds(FILE *out, const struct ln_fold_tally *folds)
{
	if (folds->folds == 0)
		return;
	fprintf(out, "lunatic: %llu processes folded into ",
		(unsigned long long)folds->folded);
	print_size(out, 0, folds->bytes);
	fprintf(out, ", %llu times folded, %llu unfolded\n",
		(unsigned long long)folds->folds,
		(unsigned long long)folds->unfolds);
}

static void print_summary(FILE *out, const struct ln_inspection *all)
{
	const struct ln_tally *tally = &all->tally;
	const uint64_t *ended = tally->ended;
	char age[32];

	format_age(age, sizeof(age), all->age);
	fprintf(out,
		"lunatic: %llu processes alive after %s, %llu started; ended: "
		"%llu normally, %llu failed, %llu killed\n",
		(unsigned long long)all->alive, age,
		(unsigned long long)tally->started,
		(unsigned long long)ended[LN_OUTCOME_NORMAL],
		(unsigned long long)ended[LN_OUTCOME_EXITED] +
			(unsigned long long)ended[LN_OUTCOME_TRAPPED],
		(unsigned long long)ended[LN_OUTCOME_KILLED]);
	fprintf(out,
		"lunatic: %llu messages delivered, %llu waiting, %llu dropped; "
		"linear memory ",
		(unsigned long long)tally->messages,
		(unsigned long long)all->waiting,
		(unsigned long long)tally->dropped);
	print_size(out, 0, all->memory);
	fputc('\n', out);
	print_instances(out, &all->spares);
	print_slots(out, &all->slots);
	print_observed(out, &all->observed);
	print_folds(out, &all->folds);
}

static void print_peer(FILE *out, const struct ln_fabric_peer *peer)
{
	char age[32];

	format_age(age, sizeof(age), ln_time_now() - peer->since);
	print_cell(out, peer->id.name, NODE_WIDTH);
	print_cell(out, peer->address, ADDRESS_WIDTH);
	fprintf(out, "%5s ", age);
	print_size(out, 8, peer->received);
	print_size(out, 8, peer->sent);
	fputc('\n', out);
}

static void print_nodes(FILE *out, const struct ln_cli_nodes *nodes)
{
	fputs("lunatic: node ", out);
	print_plain(out, nodes->id->name, NODE_WIDTH);
	fputs(" at ", out);
	print_plain(out, nodes->address, ADDRESS_WIDTH);
	fprintf(out, ", connected to %zu other%s\n", nodes->count,
		nodes->count == 1 ? "" : "s");
	if (nodes->count == 0)
		return;
	fprintf(out, "%-*s %-*s %5s %7s %7s\n", NODE_WIDTH, "node",
		ADDRESS_WIDTH, "address", "for", "received", "sent");
	for (size_t i = 0; i < nodes->count; i++)
		print_peer(out, &nodes->peers[i]);
}

static void print_metric(FILE *out, const struct ln_metric_value *value)
{
	const struct ln_histogram_summary *histogram = &value->histogram;
	size_t len = value->name_len;

	print_end(out, value->name, len, METRIC_WIDTH);
	fprintf(out, "%*s %-9s ",
		len < METRIC_WIDTH ? (int)(METRIC_WIDTH - len) : 0, "",
		metric_kinds[value->kind]);
	if (value->kind == LN_METRIC_COUNTER)
		fprintf(out, "%20llu", (unsigned long long)value->counter);
	else if (value->kind == LN_METRIC_GAUGE)
		fprintf(out, "%20.10g", value->gauge);
	else
		fprintf(out, "%20llu %10.4g %10.4g %10.4g %10.4g %10.4g",
			(unsigned long long)histogram->count, histogram->sum,
			histogram->p50, histogram->p90, histogram->p99,
			histogram->max);
	fputc('\n', out);
}

/* The first `max`; the totals count all. */
static void print_metrics(FILE *out, const struct ln_cli_metrics *metrics,
			  size_t max)
{
	if (metrics->count == 0 && metrics->lost == 0)
		return;
	fprintf(out, "lunatic: %zu metrics, %llu updates dropped\n",
		metrics->count, (unsigned long long)metrics->lost);
	if (metrics->count > 0 && max > 0)
		fprintf(out, "%-*s %-9s %20s %10s %10s %10s %10s %10s\n",
			METRIC_WIDTH, "metric", "kind", "value", "sum", "p50",
			"p90", "p99", "max");
	for (size_t i = 0; i < metrics->count && i < max; i++)
		print_metric(out, &metrics->values[i]);
	if (metrics->count > max)
		fprintf(out, "and %zu others\n", metrics->count - max);
}

static void print_processes(FILE *out, const struct ln_inspection *all)
{
	if (all->count == 0)
		return;
	fprintf(out, "%-*s %3s %-8s %8s %7s %6s %7s %8s %5s %5s %-*s %s\n",
		ID_SHOWN, "process", "env", "state", "messages", "bytes",
		"drops", "memory", "slices", "links", "age", NAME_WIDTH, "name",
		"where");
	for (size_t i = 0; i < all->count; i++)
		print_row(out, &all->infos[i]);
	if (all->count < all->alive)
		fprintf(out, "and %llu with less memory\n",
			(unsigned long long)(all->alive - all->count));
}

static void print_table(FILE *out, const struct ln_inspection *all,
			const struct ln_cli_nodes *nodes,
			const struct ln_cli_metrics *metrics, size_t max)
{
	print_summary(out, all);
	if (nodes->id != NULL)
		print_nodes(out, nodes);
	print_processes(out, all);
	print_metrics(out, metrics, max);
}

static void print_string(FILE *out, const char *text)
{
	ln_json_string(out, text, strlen(text));
}

/* A member that is null when the text is empty. */
static void print_text(FILE *out, const char *name, const char *text)
{
	fprintf(out, ",\"%s\":", name);
	if (text[0] != '\0')
		print_string(out, text);
	else
		fputs("null", out);
}

static void print_number(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

static void print_texts(FILE *out, const struct ln_process_info *info)
{
	fputs(",\"name\":", out);
	if (info->name[0] != '\0')
		print_string(out, info->name);
	else
		fputs("null", out);
	fputs(",\"host_function\":", out);
	if (info->host != NULL)
		fprintf(out, "\"%s::%s\"", info->host->module,
			info->host->name);
	else
		fputs("null", out);
	fputs(",\"function\":", out);
	if (info->function != NULL)
		print_string(out, info->function);
	else
		fputs("null", out);
}

static void print_object(FILE *out, const struct ln_process_info *info)
{
	char id[LN_UUID_TEXT];

	ln_uuid_format(info->id, id);
	fprintf(out, "{\"id\":\"%s\",\"state\":\"%s\"", id,
		ln_process_state_name(info->state));
	print_number(out, "environment", info->environment);
	print_texts(out, info);
	print_number(out, "messages", info->messages);
	print_number(out, "message_bytes", info->message_bytes);
	print_number(out, "received", info->received);
	print_number(out, "dropped", info->dropped);
	print_number(out, "sent", info->sent);
	print_number(out, "cpu_us", info->cpu / 1000);
	print_number(out, "memory_bytes", info->memory);
	print_number(out, "folded_bytes", info->folded);
	print_number(out, "slices", info->slices);
	print_number(out, "fuel", info->fuel);
	print_number(out, "age_ms", (uint64_t)(info->age / LN_NS_PER_MS));
	print_number(out, "links", info->links);
	print_text(out, "label", info->label);
	print_text(out, "registered", info->registered);
	fputc('}', out);
}

static void print_id(FILE *out, const struct ln_node_id *id,
		     const char *address)
{
	char incarnation[LN_UUID_TEXT];

	ln_uuid_format(id->incarnation, incarnation);
	fputs("{\"name\":", out);
	print_string(out, id->name);
	fprintf(out, ",\"incarnation\":\"%s\",\"address\":", incarnation);
	print_string(out, address);
}

static void print_node_object(FILE *out, const struct ln_cli_nodes *nodes)
{
	int64_t now = ln_time_now();

	fputs(",\"node\":", out);
	if (nodes->id == NULL) {
		fputs("null", out);
		return;
	}
	print_id(out, nodes->id, nodes->address);
	fputs(",\"peers\":[", out);
	for (size_t i = 0; i < nodes->count; i++) {
		const struct ln_fabric_peer *peer = &nodes->peers[i];

		if (i > 0)
			fputc(',', out);
		print_id(out, &peer->id, peer->address);
		print_number(out, "age_ms",
			     (uint64_t)((now - peer->since) / LN_NS_PER_MS));
		print_number(out, "received_bytes", peer->received);
		print_number(out, "sent_bytes", peer->sent);
		fputc('}', out);
	}
	fputs("]}", out);
}

/* JSON has no infinite numbers, and none that are not numbers. */
static void print_double(FILE *out, const char *name, double value)
{
	if (isfinite(value))
		fprintf(out, ",\"%s\":%.17g", name, value);
	else
		fprintf(out, ",\"%s\":null", name);
}

static void print_metric_object(FILE *out, const struct ln_metric_value *value)
{
	const struct ln_histogram_summary *histogram = &value->histogram;

	fputs("{\"name\":", out);
	ln_json_string(out, value->name, value->name_len);
	fprintf(out, ",\"kind\":\"%s\"", metric_kinds[value->kind]);
	if (value->kind == LN_METRIC_COUNTER) {
		print_number(out, "value", value->counter);
	} else if (value->kind == LN_METRIC_GAUGE) {
		print_double(out, "value", value->gauge);
	} else {
		print_number(out, "count", histogram->count);
		print_double(out, "sum", histogram->sum);
		print_double(out, "min", histogram->min);
		print_double(out, "max", histogram->max);
		print_double(out, "p50", histogram->p50);
		print_double(out, "p90", histogram->p90);
		print_double(out, "p99", histogram->p99);
	}
	fputc('}', out);
}

static void print_metric_objects(FILE *out,
				 const struct ln_cli_metrics *metrics,
				 size_t max)
{
	print_number(out, "metrics_known", metrics->count);
	print_number(out, "metrics_dropped", metrics->lost);
	fputs(",\"metrics\":[", out);
	for (size_t i = 0; i < metrics->count && i < max; i++) {
		if (i > 0)
			fputc(',', out);
		print_metric_object(out, &metrics->values[i]);
	}
	fputc(']', out);
}

static void print_instances_object(FILE *out,
				   const struct ln_spares_tally *spares)
{
	fprintf(out, ",\"instances\":{\"kept\":%llu",
		(unsigned long long)spares->kept);
	print_number(out, "bytes", spares->bytes);
	print_number(out, "used_again", spares->renewed);
	fputs(",\"dropped\":{", out);
	for (unsigned i = 0; i < LN_DROP_COUNT; i++)
		fprintf(out, "%s\"%s\":%llu", i > 0 ? "," : "", drop_words[i],
			(unsigned long long)spares->dropped[i]);
	fputs("}}", out);
}

static void print_slots_object(FILE *out, const struct ln_slots_tally *slots)
{
	fprintf(out, ",\"fast_slots\":{\"used\":%u", slots->taken);
	print_number(out, "max", slots->max);
	print_number(out, "mappings", slots->mappings);
	print_number(out, "held_bytes", slots->held);
	fputc('}', out);
}

static void print_waits_object(FILE *out, const char *name,
			       const struct ln_histogram_summary *waits)
{
	fprintf(out, ",\"%s\":{\"count\":%llu", name,
		(unsigned long long)waits->count);
	print_double(out, "sum", waits->sum);
	print_double(out, "p50", waits->p50);
	print_double(out, "p90", waits->p90);
	print_double(out, "p99", waits->p99);
	print_double(out, "max", waits->max);
	fputc('}', out);
}

static void print_observed_object(FILE *out, const struct ln_observed *observed)
{
	const struct ln_sched_counts *counts = &observed->counts;

	fprintf(out, ",\"scheduler\":{\"workers\":%u", observed->workers);
	print_number(out, "busy_ms", counts->awake / LN_NS_PER_MS);
	print_number(out, "in_tasks_ms", counts->in_tasks / LN_NS_PER_MS);
	print_number(out, "idle_ms", counts->asleep / LN_NS_PER_MS);
	print_number(out, "switches", counts->switches);
	print_number(out, "steals", counts->steals);
	print_number(out, "stolen", counts->stolen);
	print_number(out, "preemptions", counts->preemptions);
	print_number(out, "messages", counts->messages);
	print_waits_object(out, "run_wait_seconds", &observed->run_waits);
	print_waits_object(out, "message_wait_seconds",
			   &observed->message_waits);
	fputc('}', out);
}

static void print_folds_object(FILE *out, const struct ln_fold_tally *folds)
{
	fprintf(out, ",\"folding\":{\"folded\":%llu",
		(unsigned long long)folds->folded);
	print_number(out, "bytes", folds->bytes);
	print_number(out, "folds", folds->folds);
	print_number(out, "unfolds", folds->unfolds);
	print_number(out, "refusals", folds->refusals);
	fputc('}', out);
}

static void print_json(FILE *out, const struct ln_inspection *all,
		       const struct ln_cli_nodes *nodes,
		       const struct ln_cli_metrics *metrics, size_t max)
{
	const struct ln_tally *tally = &all->tally;

	fprintf(out, "{\"lunatic\":\"%s\"", LUNATIC_VERSION);
	print_number(out, "age_ms", (uint64_t)(all->age / LN_NS_PER_MS));
	print_number(out, "alive", all->alive);
	print_number(out, "started", tally->started);
	fprintf(out,
		",\"ended\":{\"normal\":%llu,\"exited\":%llu,"
		"\"trapped\":%llu,\"killed\":%llu}",
		(unsigned long long)tally->ended[LN_OUTCOME_NORMAL],
		(unsigned long long)tally->ended[LN_OUTCOME_EXITED],
		(unsigned long long)tally->ended[LN_OUTCOME_TRAPPED],
		(unsigned long long)tally->ended[LN_OUTCOME_KILLED]);
	print_number(out, "messages_delivered", tally->messages);
	print_number(out, "messages_waiting", all->waiting);
	print_number(out, "messages_dropped", tally->dropped);
	print_number(out, "memory_bytes", all->memory);
	print_instances_object(out, &all->spares);
	print_slots_object(out, &all->slots);
	print_observed_object(out, &all->observed);
	print_folds_object(out, &all->folds);
	print_node_object(out, nodes);
	print_metric_objects(out, metrics, max);
	fputs(",\"processes\":[", out);
	for (size_t i = 0; i < all->count; i++) {
		if (i > 0)
			fputc(',', out);
		print_object(out, &all->infos[i]);
	}
	fputs("]}\n", out);
}

char *ln_cli_report_text(const struct ln_inspection *inspection,
			 const struct ln_cli_nodes *nodes,
			 const struct ln_cli_metrics *metrics, size_t max,
			 enum ln_report_form form, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	bool failed;

	if (out == NULL)
		return NULL;
	if (form == LN_REPORT_JSON)
		print_json(out, inspection, nodes, metrics, max);
	else
		print_table(out, inspection, nodes, metrics, max);
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}

/* The text of a report; NULL when memory is short. */
static char *make_text(struct ln_runtime *runtime,
		       const struct ln_inspection *inspection,
		       const struct ln_cli_nodes *nodes,
		       enum ln_report_form form, size_t max, size_t *len)
{
	struct ln_cli_metrics metrics = {
		.lost = ln_metrics_lost(runtime->metrics),
	};
	struct ln_metric_value *values;
	char *text;

	if (ln_metrics_list(runtime->metrics, &values, &metrics.count) < 0)
		return NULL;
	metrics.values = values;
	text = ln_cli_report_text(inspection, nodes, &metrics, max, form, len);
	free(values);
	return text;
}

void ln_cli_report(struct ln_runtime *runtime, struct ln_node *member,
		   enum ln_report_form form, size_t max)
{
	struct ln_cli_nodes nodes = { .id = NULL };
	struct ln_inspection *inspection;
	struct ln_fabric_peer *peers = NULL;
	char *text = NULL;
	size_t len;
	int count;

	if (ln_inspect(runtime, max, ANSWER_WAIT, &inspection) == 0) {
		if (member != NULL) {
			count = ln_node_list(member, &peers);
			nodes.id = ln_node_own_id(member);
			nodes.address = ln_node_address(member);
			nodes.peers = peers;
			nodes.count = count > 0 ? (size_t)count : 0;
		}
		text = make_text(runtime, inspection, &nodes, form, max, &len);
		ln_inspection_free(inspection);
		free(peers);
	}
	if (text == NULL) {
		ln_log_say("no memory for a report");
		return;
	}
	if (ln_log_is_json())
		ln_log_value("report", text, len - 1); /* without its end */
	else
		ln_log_text(text, len);
	free(text);
}
