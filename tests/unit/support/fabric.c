/* Nodes joined in memory, for tests. */
#include "support/fabric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "node/export.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "node/session.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "support/processes.h"

static void wake(struct ln_channel *channel)
{
	struct test_end *end =
		ln_container_of(channel, struct test_end, channel);

	atomic_fetch_add(&end->wakes, 1);
	/* Does nothing before the task was started. */
	ln_task_wake(&end->line->task.task);
}

static void note(struct test_end *end, const char *reason)
{
	if (!atomic_load(&end->closed))
		snprintf(end->reason, sizeof(end->reason), "%s", reason);
	atomic_store(&end->closed, true);
	atomic_store(&end->line->broken, true);
}

static void close_channel(struct ln_channel *channel, const char *reason)
{
	note(ln_container_of(channel, struct test_end, channel), reason);
}

static const struct ln_channel_class class = { .wake = wake,
					       .close = close_channel };

struct test_line *test_line_open(struct ln_local_node *a,
				 struct ln_local_node *b)
{
	struct test_line *line = calloc(1, sizeof(*line));

	assert_non_null(line);
	line->ends[0].node = a;
	line->ends[1].node = b;
	for (int i = 0; i < 2; i++) {
		struct test_end *end = &line->ends[i];

		end->line = line;
		end->channel.class = &class;
		assert_int_equal(ln_session_up(end->node, &end->channel,
					       &line->ends[1 - i].node->id,
					       &end->session),
				 0);
	}
	return line;
}

/* The next frame of an end, which the caller frees; NULL: none. */
static struct ln_frame *next_frame(struct test_end *end)
{
	struct ln_frame *frame;

	if (end->frames == NULL)
		end->frames = ln_session_take(end->session, 2 * LN_FRAME_MAX);
	frame = end->frames;
	if (frame != NULL)
		end->frames = frame->next;
	return frame;
}

size_t test_line_move(struct test_line *line, int from, size_t max)
{
	struct test_end *to = &line->ends[1 - from];
	size_t moved = 0;

	while (moved < max && !atomic_load(&line->broken)) {
		struct ln_frame *frame = next_frame(&line->ends[from]);
		const char *reason;

		if (frame == NULL)
			break;
		if (ln_session_receive(to->session, frame->data, frame->len,
				       &reason) < 0)
			note(to, reason);
		free(frame);
		moved++;
	}
	return moved;
}

struct test_line *test_line_new(struct ln_local_node *a,
				struct ln_local_node *b)
{
	struct test_line *line = test_line_open(a, b);

	test_line_settle(line);
	/* As if nothing had been sent. */
	for (int i = 0; i < 2; i++) {
		line->ends[i].session->idle = false;
		atomic_store(&line->ends[i].wakes, 0);
	}
	return line;
}

void test_line_settle(struct test_line *line)
{
	size_t moved;

	do {
		moved = test_line_move(line, 0, SIZE_MAX);
		moved += test_line_move(line, 1, SIZE_MAX);
	} while (moved > 0);
}

static void run_line(void *argument)
{
	struct test_line *line = argument;

	while (!atomic_load(&line->stop)) {
		size_t moved = test_line_move(line, 0, 16);

		moved += test_line_move(line, 1, 16);
		if (moved > 0)
			ln_task_yield(&line->task.task);
		else
			ln_task_park(&line->task.task);
	}
}

void test_line_start(struct test_line *line)
{
	atomic_store(&line->stop, false);
	memset(&line->task.task, 0, sizeof(line->task.task));
	test_task_start(line->ends[0].node->runtime->sched, &line->task,
			run_line, line);
	line->running = true;
}

void test_line_stop(struct test_line *line)
{
	if (!line->running)
		return;
	atomic_store(&line->stop, true);
	ln_task_wake(&line->task.task);
	test_task_wait_over(&line->task);
	line->running = false;
}

void test_line_cut(struct test_line *line)
{
	test_line_stop(line);
	for (int i = 0; i < 2; i++) {
		struct test_end *end = &line->ends[i];

		ln_session_down(end->session, "the line was cut");
		while (end->frames != NULL) {
			struct ln_frame *next = end->frames->next;

			free(end->frames);
			end->frames = next;
		}
	}
	free(line);
}

void test_net_init(struct test_net *net, int count, unsigned workers,
		   const struct ln_local_node_options *options)
{
	static const char *const names[] = { "one", "two", "three" };
	struct ln_local_node_options own = { .name = NULL };

	memset(net, 0, sizeof(*net));
	net->environment = test_environment_new(workers, NULL);
	net->count = count;
	if (options != NULL)
		own = *options;
	for (int i = 0; i < count; i++) {
		own.name = names[i];
		assert_int_equal(ln_local_node_new(net->environment->runtime,
						   &own, &net->nodes[i]),
				 0);
	}
	for (int i = 0; i < count && i < count * (count - 1) / 2; i++)
		net->lines[i] = test_line_new(net->nodes[i],
					      net->nodes[(i + 1) % count]);
}

void test_net_start(struct test_net *net)
{
	for (int i = 0; i < TEST_NODES; i++) {
		if (net->lines[i] != NULL)
			test_line_start(net->lines[i]);
	}
}

void test_net_deinit(struct test_net *net)
{
	for (int i = 0; i < TEST_NODES; i++) {
		if (net->lines[i] != NULL)
			test_line_cut(net->lines[i]);
	}
	ln_runtime_stop(net->environment->runtime);
	for (int i = 0; i < net->count; i++) {
		struct ln_local_node *node = net->nodes[i];

		assert_int_equal(node->proxies, 0);
		assert_int_equal(ln_id_table_count(&node->peers), 0);
		assert_int_equal(ln_id_table_count(&node->exports), 0);
		assert_int_equal(node->session_count, 0);
		assert_int_equal(node->references, 1);
		ln_local_node_free(node);
	}
	test_environment_free(net->environment);
}

struct test_end *test_net_end(struct test_net *net, int at, int other)
{
	for (int i = 0; i < TEST_NODES; i++) {
		struct test_line *line = net->lines[i];

		for (int j = 0; line != NULL && j < 2; j++) {
			if (line->ends[j].node == net->nodes[at] &&
			    line->ends[1 - j].node == net->nodes[other])
				return &line->ends[j];
		}
	}
	fail_msg("no line between %d and %d", at, other);
	return NULL;
}

struct ln_process *test_proxy(struct ln_local_node *at,
			      struct ln_local_node *of,
			      struct ln_process *process)
{
	struct ln_proxy *proxy = NULL;
	struct ln_peer *peer = NULL;

	assert_int_equal(ln_export(of, process), 0);
	assert_int_equal(ln_peer_get(at, of->id.incarnation, &peer), 0);
	assert_int_equal(ln_proxy_get(peer, process->id, &proxy), 0);
	ln_peer_release(peer);
	return &proxy->process;
}

struct ln_process *test_net_proxy(struct test_net *net, int at, int of,
				  struct ln_process *process)
{
	return test_proxy(net->nodes[at], net->nodes[of], process);
}
