/*
 * Lines: connections as networks have them. Each end comes up by itself, and
 * goes down by itself: an end may think that all is well while the other has
 * given up long ago. What an end has sent before it went down may still arrive,
 * what comes for it is lost. A new line between two nodes is made when the old
 * one is over at both ends, as fabrics must.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "node/peer.h"
#include "node/session.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "simulation/world.h"

/* Bytes that a line holds, so that queues fill up behind it. */
#define LINE_HOLDS 65536

/* What may wait for a node beyond the high mark: frames of links, answers, and
 * a frame for each who waited. */
#define BEYOND_MARK ((size_t)1 << 19)

static void wake(struct ln_channel *channel)
{
	/* Lines are looked after in any case. */
	(void)channel;
}

static void close_channel(struct ln_channel *channel, const char *reason)
{
	const struct end *end = ln_container_of(channel, struct end, channel);

	(void)reason;
	violated("node % has closed line %", end->host, end->line->number, 0);
}

static const struct ln_channel_class class = { .wake = wake,
					       .close = close_channel };

struct end *line_other(struct end *end)
{
	struct line *line = end->line;

	return end == &line->ends[0] ? &line->ends[1] : &line->ends[0];
}

struct line *line_make(unsigned a, unsigned b)
{
	struct line *line = calloc(1, sizeof(*line));

	if (line == NULL)
		abort();
	for (int i = 0; i < 2; i++) {
		line->ends[i].line = line;
		line->ends[i].host = i == 0 ? a : b;
		line->ends[i].channel.class = &class;
		memcpy(line->ends[i].incarnation,
		       world.hosts[line->ends[i].host].node->id.incarnation,
		       LN_ID_SIZE);
		line->ends[i].last = &line->ends[i].frames;
		broker_init(&line->ends[i]);
	}
	line->number = ++world.lines_made;
	if (world.line_count == world.line_capacity)
		world.lines = grow(world.lines, &world.line_capacity,
				   sizeof(*world.lines));
	world.lines[world.line_count++] = line;
	world.between[a][b] = line;
	world.between[b][a] = line;
	note("line % between nodes % and %", line->number, a, b);
	return line;
}

/* Whether the end is one of the node of that actor, not of one before it or
 * after it. */
static bool belongs_to(const struct end *end, const struct actor *actor)
{
	return end->host == actor->host &&
	       memcmp(end->incarnation, actor->incarnation, LN_ID_SIZE) == 0;
}

uint32_t line_of(const struct actor *at, const struct actor *to)
{
	const struct line *line = world.between[at->host][to->host];

	if (at->host == to->host &&
	    memcmp(at->incarnation, to->incarnation, LN_ID_SIZE) == 0)
		return SAME_NODE;
	for (int i = 0; line != NULL && i < 2; i++) {
		if (belongs_to(&line->ends[i], at) &&
		    belongs_to(&line->ends[1 - i], to) &&
		    line->ends[i].state == UP)
			return line->number;
	}
	return 0;
}

static void bring_up(struct end *end)
{
	struct ln_local_node *node = world.hosts[end->host].node;
	struct ln_local_node *other = world.hosts[line_other(end)->host].node;
	int error =
		ln_session_up(node, &end->channel, &other->id, &end->session);

	if (error < 0)
		violated("node %: no session on line %, error %", end->host,
			 end->line->number, (uint64_t)error);
	end->state = UP;
	note("line % is up at node %", end->line->number, end->host, 0);
}

static void free_frames(struct end *end)
{
	while (end->frames != NULL) {
		struct ln_frame *next = end->frames->next;

		free(end->frames);
		end->frames = next;
	}
	end->last = &end->frames;
	end->bytes = 0;
}

static void take_down(void *argument)
{
	struct end *end = argument;

	ln_session_down(end->session, "the line was cut");
	end->session = NULL;
	end->state = DOWN;
}

void line_cut(struct end *end)
{
	note("line % goes down at node %", end->line->number, end->host, 0);
	end->state = GOING_DOWN;
	/* What comes for it, is lost. */
	free_frames(line_other(end));
	test_task_start(world.environment->runtime->sched, &end->task,
			take_down, end);
}

struct ln_frame *line_take(struct end *end)
{
	if (end->session->queued >
	    end->session->peer->node->options.high_mark + BEYOND_MARK)
		violated("node % has queued % bytes for line %", end->host,
			 end->session->queued, end->line->number);
	if (end->bytes >= LINE_HOLDS)
		return NULL;
	return ln_session_take(end->session,
			       choose(4) == 0 ? 1 : choose(LINE_HOLDS) + 1);
}

/* Takes frames that an end sends. */
static void fill(struct end *end)
{
	struct ln_frame *frames = line_take(end);

	*end->last = frames;
	for (; frames != NULL; frames = frames->next) {
		end->bytes += frames->len;
		end->last = &frames->next;
	}
}

/* Hands over up to `max` frames that an end has sent. */
static bool hand_over(struct end *end, unsigned max)
{
	struct end *to = line_other(end);
	bool moved = false;

	if (world.config->broker)
		return broker_hand_over(end, max);
	while (max-- > 0) {
		struct ln_frame *frame;
		const char *reason = "";

		if (end->state == UP && end->frames == NULL)
			fill(end);
		frame = end->frames;
		if (frame == NULL || to->state == NOT_YET)
			break;
		moved = true;
		end->frames = frame->next;
		if (end->frames == NULL)
			end->last = &end->frames;
		end->bytes -= frame->len;
		trace(frame->data[0] + ((uint64_t)frame->len << 8) +
		      ((uint64_t)end->line->number << 32));
		if (to->state == UP &&
		    ln_session_receive(to->session, frame->data, frame->len,
				       &reason) < 0)
			violated("node % refuses a frame of kind % on "
				 "line %",
				 to->host, frame->data[0], end->line->number);
		free(frame);
	}
	return moved;
}

static bool end_step(struct end *end, unsigned max)
{
	struct end *other = line_other(end);
	bool gone = other->state == GOING_DOWN || other->state == DOWN;

	switch (end->state) {
	case NOT_YET:
		if (gone)
			return false;
		bring_up(end);
		return true;
	case UP:
		/* It finds out when it has read what came before. */
		if (gone && other->frames == NULL) {
			line_cut(end);
			return true;
		}
		if (gone && chance(4)) {
			line_cut(end);
			return true;
		}
		/* Its heartbeat: nothing comes from the other side. */
		if (broker_apart(end->host, other->host) && chance(40)) {
			line_cut(end);
			return true;
		}
		return hand_over(end, max);
	case GOING_DOWN:
	case DOWN:
		return hand_over(end, max);
	}
	return false;
}

bool line_step(struct line *line)
{
	if (line->stalled_until > world.now)
		return false;
	return end_step(&line->ends[choose(2)], 1 + choose(8));
}

static bool is_over(const struct end *end, const struct end *other)
{
	if (end->state == NOT_YET)
		return other->state == DOWN;
	return end->state == DOWN && atomic_load(&end->task.over);
}

void lines_reap(void)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < world.line_count; i++) {
		struct line *line = world.lines[i];
		struct end *a = &line->ends[0];
		struct end *b = &line->ends[1];

		if (!is_over(a, b) || !is_over(b, a)) {
			world.lines[kept++] = line;
			continue;
		}
		free_frames(a);
		free_frames(b);
		broker_deinit(a);
		broker_deinit(b);
		world.between[a->host][b->host] = NULL;
		world.between[b->host][a->host] = NULL;
		free(line);
	}
	world.line_count = kept;
}

bool lines_settle(void)
{
	bool moved = false;

	world.split_until = 0;
	for (uint32_t i = 0; i < world.line_count; i++) {
		moved |= end_step(&world.lines[i]->ends[0], 64);
		moved |= end_step(&world.lines[i]->ends[1], 64);
	}
	return moved;
}
