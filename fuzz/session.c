/* Frames of another node: any bytes, cut into frames, received by a session
 * that some of a node's processes are known in; then the session goes down, and
 * nothing may be left. A frame is a byte of its length, or 0 and two bytes;
 * the byte '#' and a digit stand for the id of a process that there is, '$' and
 * a digit for its number in the place of an id. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/host_table.h"
#include "node/export.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/queue.h"
#include "node/services.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/life.h"
#include "process/lookup.h"
#include "process/message.h"
#include "process/process.h"
#include "process/runtime.h"

#define PROCESSES 3

static struct ln_environment *environment;
static struct ln_process *processes[PROCESSES];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void wake(struct ln_channel *channel)
{
	(void)channel;
}

static void close_channel(struct ln_channel *channel, const char *reason)
{
	(void)channel;
	(void)reason;
}

static const struct ln_channel_class class = { .wake = wake,
					       .close = close_channel };

static enum ln_outcome take_all(struct ln_process *self)
{
	struct ln_message *message;

	while (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) ==
	       0)
		ln_message_free(message);
	return LN_OUTCOME_KILLED;
}

static void set_up(void)
{
	static const struct ln_host_table no_functions;
	const struct ln_runtime_options options = { .workers = 1,
						    .host = &no_functions };
	struct ln_config *config;
	struct ln_runtime *runtime;

	if (ln_runtime_new(&options, &runtime) < 0 ||
	    ln_config_new(&config) < 0 ||
	    ln_environment_new(runtime, NULL, config, &environment) < 0)
		abort();
	ln_config_free(config);
}

/* Processes may have been killed by the input before. */
static void start_processes(struct ln_local_node *node)
{
	for (int i = 0; i < PROCESSES; i++) {
		if (ln_process_new(environment, take_all, NULL, &processes[i]) <
			    0 ||
		    ln_process_start(processes[i]) < 0 ||
		    ln_export(node, processes[i]) < 0)
			abort();
		atomic_store(&processes[i]->die_when_link_dies, i == 0);
	}
}

static void end_processes(void)
{
	for (int i = 0; i < PROCESSES; i++) {
		uint32_t code;

		ln_process_kill(processes[i]);
		ln_process_wait(processes[i], &code);
		ln_process_release(processes[i]);
	}
}

/* Puts ids in their places; `to` has room. */
static size_t fill_in(const uint8_t *data, size_t len, uint8_t *to)
{
	size_t size = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = data[i];

		if ((byte != '#' && byte != '$') || i + 1 >= len ||
		    data[i + 1] < '0' || data[i + 1] >= '0' + PROCESSES) {
			to[size++] = byte;
			continue;
		}
		i++;
		if (byte == '#')
			memcpy(to + size, processes[data[i] - '0']->id, 16);
		else
			ln_number_to_id(
				ln_process_number(processes[data[i] - '0']),
				to + size);
		size += 16;
	}
	return size;
}

/* The next frame's length; moves on. */
static size_t next_length(const uint8_t **data, size_t *size)
{
	size_t len = (*data)[0];
	size_t head = 1;

	if (len == 0 && *size >= 3) {
		len = (size_t)((*data)[1] | (*data)[2] << 8);
		head = 3;
	}
	*data += head;
	*size -= head;
	return len < *size ? len : *size;
}

static void receive_all(struct ln_session *session, const uint8_t *data,
			size_t size)
{
	const char *reason;
	int error = 0;

	while (size > 0 && error == 0) {
		size_t len = next_length(&data, &size);
		uint8_t *frame = malloc(len * 8 + 1);
		uint8_t *exact;
		size_t filled = fill_in(data, len, frame);

		/* Of just that length: one byte more is seen. */
		exact = malloc(filled > 0 ? filled : 1);
		memcpy(exact, frame, filled);
		error = ln_session_receive(session, exact, filled, &reason);
		if (error < 0 && reason == NULL)
			abort();
		free(exact);
		free(frame);
		ln_frames_free(ln_session_take(session, LN_FRAME_MAX));
		data += len;
		size -= len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ln_local_node_options options = { .name = "fuzzed",
						 .max_proxies = 64,
						 .max_ends = 16 };
	struct ln_node_id id = { .name = "hostile",
				 .version = LN_PROTOCOL_VERSION };
	const struct ln_service_key name = { "x", 1, "1.0.0", 5 };
	struct ln_channel channel = { .class = &class };
	struct ln_session *session;
	struct ln_local_node *node;

	if (environment == NULL)
		set_up();
	if (ln_local_node_new(environment->runtime, &options, &node) < 0)
		abort();
	start_processes(node);
	/* A name that may be lost; the processes end, and so does it. */
	if (ln_services_register(node, &name, processes[1], 1) < 0)
		abort();
	/* So that its processes are found by numbers; requests are refused. */
	node->environment = environment;
	if (ln_session_up(node, &channel, &id, &session) < 0)
		abort();
	receive_all(session, data, size);
	ln_session_down(session, "the input is over");
	end_processes();
	if (node->proxies != 0 || ln_id_table_count(&node->peers) != 0 ||
	    ln_id_table_count(&node->exports) != 0 || node->references != 1)
		abort();
	node->environment = NULL;
	ln_local_node_free(node);
	return 0;
}
