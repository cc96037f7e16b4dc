/*
 * DESIGN
 * The numbers of the runtime are a table: a row is a family, or one sample more
 * of the family above it. No label tells processes, or names of guests, apart:
 * so the number of series does not depend on what guests do, but for the
 * metrics that they make themselves, which are bounded (process/metrics.h).
 */
#include "observe/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"
#include "cluster/node.h"
#include "lunatic_version.h"
#include "observe/guest_metrics.h"
#include "observe/openmetrics.h"
#include "observe/sample.h"
#include "process/process.h"
#include "process/runtime.h"

/* Other nodes that have series of their own. */
#define NODES_MAX 256

/* Room for what is told after the guests' metrics. */
#define END_ROOM 512

struct row {
	struct ln_family family;
	const char *labels; /* NULL: none */
	double (*read)(const struct ln_sample *sample);
};

#define READ(name, value)                                  \
	static double name(const struct ln_sample *sample) \
	{                                                  \
		return (double)(value);                    \
	}

READ(age, (double)sample->age / LN_NS_PER_S)
READ(started_at, (double)(sample->time - sample->age) / LN_NS_PER_S)
READ(alive, sample->alive)
READ(spawns, sample->tally.started)
READ(normal, sample->tally.ended[LN_OUTCOME_NORMAL])
READ(exited, sample->tally.ended[LN_OUTCOME_EXITED])
READ(trapped, sample->tally.ended[LN_OUTCOME_TRAPPED])
READ(killed, sample->tally.ended[LN_OUTCOME_KILLED])
READ(waiting, sample->waiting)
READ(messages, sample->tally.messages)
READ(dropped, sample->tally.dropped)
READ(memory, sample->memory)
READ(workers, sample->workers)
READ(environments, sample->environments)
READ(kept, sample->spares.kept)
READ(kept_bytes, sample->spares.bytes)
READ(recycled, sample->spares.renewed)
READ(drop_early, sample->spares.dropped[LN_DROP_EARLY])
READ(drop_module, sample->spares.dropped[LN_DROP_MODULE])
READ(drop_unmade, sample->spares.dropped[LN_DROP_UNMADE])
READ(drop_full, sample->spares.dropped[LN_DROP_FULL])
READ(drop_unfit, sample->spares.dropped[LN_DROP_UNFIT])
READ(compile_time, (double)sample->codes.time / LN_NS_PER_S)
READ(compiled, sample->codes.compiled)
READ(not_compiled, sample->codes.failed)
READ(code_loaded, sample->codes.loaded)
READ(cpu, sample->system.cpu)
READ(resident, sample->system.resident)
READ(open_descriptors, sample->system.open)
READ(max_descriptors, sample->system.max_open)
READ(guest_metrics, sample->guest_metrics)
READ(guest_metrics_lost, sample->guest_metrics_lost)

#define GAUGE(name, unit, help) { "lunatic_" name, LN_FAMILY_GAUGE, unit, help }
#define COUNTER(name, unit, help) \
	{ "lunatic_" name, LN_FAMILY_COUNTER, unit, help }
/* One sample more. */
#define MORE { .name = NULL }

static const struct row rows[] = {
	{ GAUGE("uptime_seconds", "seconds",
		"Time since the runtime was started."),
	  NULL, age },
	{ GAUGE("start_time_seconds", "seconds",
		"When the runtime was started, since 1970."),
	  NULL, started_at },
	{ GAUGE("processes", NULL, "Processes that are alive."), NULL, alive },
	{ COUNTER("spawns", NULL, "Processes that were started."), NULL,
	  spawns },
	{ COUNTER("exits", NULL, "Processes that have ended, by the reason."),
	  "reason=\"normal\"", normal },
	{ MORE, "reason=\"exited\"", exited },
	{ MORE, "reason=\"trapped\"", trapped },
	{ MORE, "reason=\"killed\"", killed },
	{ GAUGE("mailbox_messages", NULL, "Messages in all mailboxes."), NULL,
	  waiting },
	{ COUNTER("messages", NULL, "Messages let into mailboxes."), NULL,
	  messages },
	{ COUNTER("messages_dropped", NULL,
		  "Messages refused because a mailbox was full."),
	  NULL, dropped },
	{ GAUGE("memory_bytes", "bytes", "Linear memory of all processes."),
	  NULL, memory },
	{ GAUGE("workers", NULL, "Threads that run processes."), NULL,
	  workers },
	{ COUNTER("environments_made", NULL, "Environments that were made."),
	  NULL, environments },
	{ GAUGE("instances_kept", NULL,
		"Instances of ended processes that wait to be used again."),
	  NULL, kept },
	{ GAUGE("instances_kept_bytes", "bytes",
		"Memory that kept instances may take."),
	  NULL, kept_bytes },
	{ COUNTER("instances_recycled", NULL,
		  "Processes that began with a kept instance."),
	  NULL, recycled },
	{ COUNTER("instances_dropped", NULL,
		  "Instances that were not kept, by the reason."),
	  "reason=\"early\"", drop_early },
	{ MORE, "reason=\"module\"", drop_module },
	{ MORE, "reason=\"unmade\"", drop_unmade },
	{ MORE, "reason=\"full\"", drop_full },
	{ MORE, "reason=\"unfit\"", drop_unfit },
	{ COUNTER("compile_seconds", "seconds",
		  "Time for which modules were being compiled."),
	  NULL, compile_time },
	{ COUNTER("modules_compiled", NULL,
		  "Modules that were compiled, by the result."),
	  "result=\"done\"", compiled },
	{ MORE, "result=\"failed\"", not_compiled },
	{ COUNTER("modules_loaded", NULL,
		  "Modules whose code was in the cache on disk."),
	  NULL, code_loaded },
	{ COUNTER("cpu_seconds", "seconds", "Processor time of this program."),
	  NULL, cpu },
	{ GAUGE("resident_memory_bytes", "bytes",
		"Memory of this program that the system has not paged out."),
	  NULL, resident },
	{ GAUGE("descriptors", NULL, "Open descriptors of this program."), NULL,
	  open_descriptors },
	{ GAUGE("descriptors_max", NULL,
		"Descriptors that this program may open; 0 is no limit."),
	  NULL, max_descriptors },
	{ GAUGE("guest_metrics", NULL,
		"Metrics that the program that runs has made."),
	  NULL, guest_metrics },
	{ COUNTER("guest_metrics_lost", NULL,
		  "Values dropped because there were too many metrics."),
	  NULL, guest_metrics_lost },
};

static void add_rows(const struct ln_sample *sample, struct ln_bytes *out)
{
	const struct ln_family *family = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (row->family.name != NULL) {
			family = &row->family;
			ln_openmetrics_family(out, family);
		}
		ln_openmetrics_sample(out, family, NULL, row->labels,
				      row->read(sample));
	}
}

static void add_build(struct ln_bytes *out)
{
	static const struct ln_family build = { "lunatic_build", LN_FAMILY_INFO,
						NULL, "What is running." };

	ln_openmetrics_family(out, &build);
	ln_openmetrics_sample(out, &build, NULL,
			      "version=\"" LUNATIC_VERSION "\"", 1);
}

enum of_node { NODE_RECEIVED, NODE_SENT, NODE_SINCE, NODE_FAMILIES };

static double of_node(const struct ln_fabric_peer *peer, enum of_node what)
{
	if (what == NODE_RECEIVED)
		return (double)peer->received;
	if (what == NODE_SENT)
		return (double)peer->sent;
	return (double)(ln_time_now() - peer->since) / LN_NS_PER_S;
}

/* A family with a sample for each other node. */
static void add_nodes(const struct ln_family *family, enum of_node what,
		      const struct ln_fabric_peer *peers, size_t count,
		      struct ln_bytes *out)
{
	ln_openmetrics_family(out, family);
	for (size_t i = 0; i < count; i++) {
		const char *name = peers[i].id.name;
		struct ln_bytes labels = { .max = SIZE_MAX };

		ln_openmetrics_label(&labels, "node", name, strlen(name));
		ln_bytes_add(&labels, "", 1);
		if (labels.error < 0)
			out->error = labels.error;
		else
			ln_openmetrics_sample(out, family, NULL,
					      (const char *)labels.data,
					      of_node(&peers[i], what));
		ln_bytes_deinit(&labels);
	}
}

static void add_node(struct ln_node *member, struct ln_bytes *out)
{
	static const struct ln_family nodes = GAUGE(
		"nodes", NULL, "Other nodes that are connected to this one.");
	static const struct ln_family families[NODE_FAMILIES] = {
		COUNTER("session_received_bytes", "bytes",
			"Frames received from another node in this session."),
		COUNTER("session_sent_bytes", "bytes",
			"Frames sent to another node in this session."),
		GAUGE("session_age_seconds", "seconds",
		      "How long another node has been connected."),
	};
	struct ln_fabric_peer *peers = NULL;
	int listed = member != NULL ? ln_node_list(member, &peers) : 0;
	size_t count = listed > 0 ? (size_t)listed : 0;

	ln_openmetrics_family(out, &nodes);
	ln_openmetrics_sample(out, &nodes, NULL, NULL, (double)count);
	if (count > NODES_MAX)
		count = NODES_MAX;
	for (int i = 0; i < NODE_FAMILIES && count > 0; i++)
		add_nodes(&families[i], (enum of_node)i, peers, count, out);
	free(peers);
}

void ln_observe_metrics(struct ln_runtime *runtime, struct ln_node *member,
			const struct ln_sample *sample, struct ln_bytes *out)
{
	static const struct ln_family family =
		GAUGE("guest_metrics_hidden", NULL,
		      "Metrics of the program that are not in this text.");
	uint64_t left_out;

	add_build(out);
	add_rows(sample, out);
	add_node(member, out);
	ln_guest_metrics_add(runtime->metrics,
			     LN_OBSERVE_METRICS_MAX - END_ROOM, out, &left_out);
	ln_openmetrics_family(out, &family);
	ln_openmetrics_sample(out, &family, NULL, NULL, (double)left_out);
	ln_openmetrics_end(out);
}
