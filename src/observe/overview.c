/* All texts in it are cleaned, and escaped by jansson. */
#include "observe/overview.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/histogram.h"
#include "base/text.h"
#include "base/time.h"
#include "cluster/node.h"
#include "lunatic_version.h"
#include "observe/numbers.h"
#include "observe/observe_impl.h"
#include "observe/sample.h"
#include "process/environment.h"
#include "process/runtime.h"

#define NODES_MAX 1000

static int append(const char *bytes, size_t len, void *out)
{
	ln_bytes_add(out, bytes, len);
	return ((struct ln_bytes *)out)->error != 0 ? -1 : 0;
}

/* Adds a text of anybody's. */
static void put_text(struct ln_bytes *out, const char *text)
{
	char clean[LN_TEXT_NAME_SIZE];
	json_t *value;

	ln_text_copy(clean, sizeof(clean), text, strlen(text));
	value = json_string(clean);
	if (value == NULL ||
	    json_dump_callback(value, append, out, JSON_ENCODE_ANY) < 0)
		out->error = out->error < 0 ? out->error : LN_ENOMEM;
	json_decref(value);
}

static void put(struct ln_bytes *out, const char *text)
{
	ln_bytes_add(out, text, strlen(text));
}

static void put_member(struct ln_bytes *out, const char *name, double value)
{
	put(out, ",\"");
	put(out, name);
	put(out, "\":");
	ln_number_put(value, out);
}

static void put_numbers(const struct ln_sample *sample, struct ln_bytes *out)
{
	const char *separator = ",\"numbers\":{\"";

	for (const struct ln_number *at = ln_numbers; at->read != NULL; at++) {
		put(out, separator);
		ln_number_name(at, out);
		put(out, "\":");
		ln_number_put(at->read(sample), out);
		separator = ",\"";
	}
	put(out, "}");
}

/* Percentiles since the start, in seconds. */
static void put_waits(const char *name, const struct ln_histogram *waits,
		      struct ln_bytes *out)
{
	struct ln_histogram_summary summary;

	ln_histogram_sum_up(waits, &summary);
	put(out, "\"");
	put(out, name);
	put(out, "\":{\"unit\":\"seconds\"");
	put_member(out, "p50", summary.p50);
	put_member(out, "p99", summary.p99);
	put_member(out, "max", summary.max);
	put(out, "}");
}

static void put_peer(const struct ln_fabric_peer *peer, struct ln_bytes *out)
{
	int64_t age = ln_time_now() - peer->since;

	put(out, "{\"name\":");
	put_text(out, peer->id.name);
	put(out, ",\"address\":");
	put_text(out, peer->address);
	put_member(out, "age_ms", (double)age / LN_NS_PER_MS);
	put_member(out, "received_bytes", (double)peer->received);
	put_member(out, "sent_bytes", (double)peer->sent);
	put(out, "}");
}

static void put_nodes(struct ln_node *member, struct ln_bytes *out)
{
	struct ln_fabric_peer *peers = NULL;
	int count;

	put(out, ",\"node\":");
	if (member == NULL) {
		put(out, "null,\"nodes\":[]");
		return;
	}
	put(out, "{\"name\":");
	put_text(out, ln_node_own_id(member)->name);
	put(out, ",\"address\":");
	put_text(out, ln_node_address(member));
	put(out, "},\"nodes\":[");
	count = ln_node_list(member, &peers);
	for (int i = 0; i < count && i < NODES_MAX; i++) {
		if (i > 0)
			put(out, ",");
		put_peer(&peers[i], out);
	}
	put(out, "]");
	free(peers);
}

const char *ln_observe_state_word(const struct ln_runtime *runtime)
{
	static const char *const words[] = {
		[LN_RUNTIME_STARTING] = "starting",
		[LN_RUNTIME_READY] = "ready",
		[LN_RUNTIME_DRAINING] = "draining",
		[LN_RUNTIME_STOPPING] = "stopping",
	};

	return words[ln_runtime_state(runtime)];
}

void ln_overview_put(struct ln_observe *observe, const struct ln_sample *sample,
		     struct ln_node *member, struct ln_bytes *out)
{
	put(out, "{\"program\":");
	put_text(out, observe->name);
	put(out, ",\"version\":\"" LUNATIC_VERSION "\",\"state\":\"");
	put(out, ln_observe_state_word(observe->runtime));
	put(out, "\"");
	put_member(out, "pid", (double)getpid());
	put_member(out, "time_ms", (double)sample->time / LN_NS_PER_MS);
	put_member(out, "environment", (double)observe->environment->number);
	put_numbers(sample, out);
	put(out, ",\"waits\":{");
	put_waits("run", &sample->run_waits, out);
	put(out, ",");
	put_waits("message", &sample->message_waits, out);
	put(out, "}");
	put_nodes(member, out);
	put(out, "}");
}
