/*
 * DESIGN
 * First what the runtime says of itself (numbers.c), then the nodes, of which a
 * bounded number has series of its own, and then what guests count, as much as
 * there is room for.
 */
#include "observe/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/histogram.h"
#include "base/time.h"
#include "cluster/node.h"
#include "lunatic_version.h"
#include "observe/guest_metrics.h"
#include "observe/numbers.h"
#include "observe/openmetrics.h"
#include "observe/sample.h"
#include "process/runtime.h"

/* Other nodes that have series of their own. */
#define NODES_MAX 256

#define GAUGE(name, unit, help) { "lunatic_" name, LN_FAMILY_GAUGE, unit, help }
#define COUNTER(name, unit, help) \
	{ "lunatic_" name, LN_FAMILY_COUNTER, unit, help }

/* Room for what is told after the guests' metrics. */
#define END_ROOM 512

/* A sample with one label; NULL: with none. */
static void add_sample(struct ln_bytes *out, const struct ln_family *family,
		       const char *label, const char *text, double value)
{
	struct ln_bytes labels = { .max = SIZE_MAX };

	if (label != NULL)
		ln_openmetrics_label(&labels, label, text, strlen(text));
	ln_bytes_add(&labels, "", 1);
	if (labels.error < 0)
		out->error = labels.error;
	else
		ln_openmetrics_sample(out, family, NULL,
				      (const char *)labels.data, value);
	ln_bytes_deinit(&labels);
}

static void add_number(const struct ln_number *number,
		       const struct ln_family *family,
		       const struct ln_sample *sample, struct ln_bytes *out)
{
	add_sample(out, family, number->label, number->value,
		   number->read(sample));
}

static void add_numbers(const struct ln_sample *sample, struct ln_bytes *out)
{
	const struct ln_family *family = NULL;

	for (const struct ln_number *at = ln_numbers; at->read != NULL; at++) {
		if (at->family.name != NULL) {
			family = &at->family;
			ln_openmetrics_family(out, family);
		}
		add_number(at, family, sample, out);
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

/* The largest power of four that waits are counted at: 16 s. */
#define WAIT_POWER_MAX 2

static void add_waits(const struct ln_family *family,
		      const struct ln_histogram *waits, struct ln_bytes *out)
{
	uint64_t counts[LN_HISTOGRAM_POWERS];
	uint64_t count = ln_histogram_powers(waits, counts);
	struct ln_histogram_summary summary;
	char label[LN_OPENMETRICS_NUMBER + 8];
	char number[LN_OPENMETRICS_NUMBER];

	ln_histogram_sum_up(waits, &summary);
	ln_openmetrics_family(out, family);
	for (int power = LN_HISTOGRAM_POWER_MIN; power <= WAIT_POWER_MAX;
	     power++) {
		ln_openmetrics_number(number, ldexp(1, 2 * power));
		(void)snprintf(label, sizeof(label), "le=\"%s\"", number);
		ln_openmetrics_sample(
			out, family, "_bucket", label,
			(double)counts[power - LN_HISTOGRAM_POWER_MIN]);
	}
	ln_openmetrics_sample(out, family, "_bucket", "le=\"+Inf\"",
			      (double)count);
	ln_openmetrics_sample(out, family, "_sum", NULL, summary.sum);
	ln_openmetrics_sample(out, family, "_count", NULL, (double)count);
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
	for (size_t i = 0; i < count; i++)
		add_sample(out, family, "node", peers[i].id.name,
			   of_node(&peers[i], what));
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
	static const struct ln_family run_waits = {
		"lunatic_run_wait_seconds", LN_FAMILY_HISTOGRAM, "seconds",
		"Waits of runnable processes for a worker; some stand for many."
	};
	static const struct ln_family message_waits = {
		"lunatic_message_wait_seconds", LN_FAMILY_HISTOGRAM, "seconds",
		"Waits of messages to be received; some stand for many."
	};
	static const struct ln_family family =
		GAUGE("guest_metrics_hidden", NULL,
		      "Metrics of the program that are not in this text.");
	uint64_t left_out;

	add_build(out);
	add_numbers(sample, out);
	add_waits(&run_waits, &sample->run_waits, out);
	add_waits(&message_waits, &sample->message_waits, out);
	add_node(member, out);
	ln_guest_metrics_add(runtime->metrics,
			     LN_OBSERVE_METRICS_MAX - END_ROOM, out, &left_out);
	ln_openmetrics_family(out, &family);
	ln_openmetrics_sample(out, &family, NULL, NULL, (double)left_out);
	ln_openmetrics_end(out);
}
