/*
 * DESIGN
 * A job brings a line and makes a channel of it, or asks for more of what a
 * channel answers; it wakes the control thread, and waits for bytes, for the
 * end, or about a second. The control thread alone frees channels: those whose
 * answer was taken to its end, and those for which nobody has asked for IDLE,
 * since the other node, or whoever asked it, is gone. All of it is under one
 * lock, which nobody keeps for longer than a copy of some 60 KB takes.
 *
 * Numbers are random, and only the node that made a channel may use it.
 */
#include "control/channel.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "control/control_impl.h"
#include "control/session.h"
#include "sched/task.h"

#define WAIT LN_NS_PER_S
#define IDLE (5 * LN_NS_PER_S)

static struct ln_control *control_of(struct ln_control_channels *channels)
{
	return ln_container_of(channels, struct ln_control, channels);
}

void ln_control_channels_leave(struct ln_control_channels *channels,
			       bool leaving)
{
	ln_lock_acquire(&channels->lock);
	channels->leaving = leaving;
	ln_list_for_each (at, &channels->list) {
		struct ln_control_channel *channel =
			ln_container_of(at, struct ln_control_channel, link);

		if (channel->waiter != NULL)
			ln_task_wake(channel->waiter);
	}
	ln_lock_release(&channels->lock);
}

/* ---- Jobs ---- */

static struct ln_control_channel *new_channel(const uint8_t peer[LN_ID_SIZE],
					      const uint8_t *line, size_t len)
{
	struct ln_control_channel *channel = calloc(1, sizeof(*channel));

	if (channel == NULL)
		return NULL;
	channel->line = malloc(len + 1);
	if (channel->line == NULL) {
		free(channel);
		return NULL;
	}
	memcpy(channel->line, line, len);
	channel->len = len;
	channel->out.max = LN_STEWARD_ANSWER_MAX;
	memcpy(channel->peer, peer, LN_ID_SIZE);
	do
		ln_random_bytes(&channel->number, sizeof(channel->number));
	while (channel->number == 0);
	return channel;
}

static void free_channel(struct ln_control_channel *channel)
{
	free(channel->line);
	ln_bytes_deinit(&channel->out);
	free(channel);
}

/* Adds a new channel; LN_ELIMIT, LN_ESTOPPED. Under the lock. */
static int add(struct ln_control_channels *channels,
	       struct ln_control_channel *channel)
{
	if (channels->leaving)
		return LN_ESTOPPED;
	if (channels->count == LN_CONTROL_CHANNELS_MAX)
		return LN_ELIMIT;
	channels->count++;
	ln_list_append(&channels->list, &channel->link);
	return 0;
}

/* The channel of that number, if it is the node's and nobody else asks; under
 * the lock. */
static struct ln_control_channel *find(struct ln_control_channels *channels,
				       uint64_t number,
				       const uint8_t peer[LN_ID_SIZE])
{
	ln_list_for_each (at, &channels->list) {
		struct ln_control_channel *channel =
			ln_container_of(at, struct ln_control_channel, link);

		if (channel->number == number && !channel->asked &&
		    memcmp(channel->peer, peer, LN_ID_SIZE) == 0)
			return channel;
	}
	return NULL;
}

/* The channel that a job asks, which is marked; an error. */
static int enter(struct ln_control_channels *channels, uint64_t number,
		 const uint8_t peer[LN_ID_SIZE], const uint8_t *line,
		 size_t len, struct ln_control_channel **out)
{
	struct ln_control_channel *new =
		number == 0 ? new_channel(peer, line, len) : NULL;
	struct ln_control_channel *channel = new;
	int error = number == 0 && new == NULL ? LN_ENOMEM : 0;

	ln_lock_acquire(&channels->lock);
	if (number != 0)
		channel = find(channels, number, peer);
	else if (error == 0)
		error = add(channels, new);
	if (error == 0 && channel == NULL)
		error = LN_ENOENT;
	if (error == 0) {
		channel->asked = true;
		channel->waiter = ln_task_current();
	}
	ln_lock_release(&channels->lock);
	if (error < 0 && new != NULL)
		free_channel(new);
	*out = channel;
	return error;
}

static bool has_some(struct ln_control_channels *channels,
		     const struct ln_control_channel *channel)
{
	bool some;

	ln_lock_acquire(&channels->lock);
	some = channel->out.len > 0 || channel->over || channels->leaving;
	ln_lock_release(&channels->lock);
	return some;
}

/* Takes what there is; false: it is over. */
static bool leave(struct ln_control_channels *channels,
		  struct ln_control_channel *channel, struct ln_bytes *out)
{
	bool more;

	ln_lock_acquire(&channels->lock);
	*out = channel->out;
	channel->out = (struct ln_bytes){ .max = LN_STEWARD_ANSWER_MAX };
	more = !channel->over && !channels->leaving;
	channel->asked = false;
	channel->waiter = NULL;
	channel->used = ln_time_now();
	ln_lock_release(&channels->lock);
	return more;
}

static const char *refusal(int error)
{
	switch (error) {
	case LN_ELIMIT:
		return "too many requests of other nodes are under way there; "
		       "try later";
	case LN_ENOENT:
		return "that request is over there";
	default:
		return NULL;
	}
}

static int exchange(struct ln_steward *steward, const uint8_t peer[LN_ID_SIZE],
		    uint64_t *number, const uint8_t *line, size_t len,
		    struct ln_bytes *out, char **text)
{
	struct ln_control_channels *channels =
		ln_container_of(steward, struct ln_control_channels, steward);
	int64_t deadline = ln_time_now() + WAIT;
	struct ln_control_channel *channel;
	const char *why;
	int error = enter(channels, *number, peer, line, len, &channel);

	if (error < 0) {
		why = refusal(error);
		*text = why != NULL ? strdup(why) : NULL;
		return error;
	}
	ln_control_wake(control_of(channels));
	while (error == 0 && !has_some(channels, channel))
		error = ln_task_wait(ln_task_current(), deadline);
	*number = channel->number;
	if (!leave(channels, channel, out))
		*number = 0;
	ln_control_wake(control_of(channels));
	return error == LN_EKILLED ? error : 0;
}

/* ---- The control thread ---- */

void ln_control_channels_init(struct ln_control_channels *channels)
{
	*channels = (struct ln_control_channels){ .steward = { exchange } };
	ln_list_init(&channels->list);
}

void ln_control_channels_deinit(struct ln_control_channels *channels)
{
	ln_list_for_each_safe (at, after, &channels->list)
		free_channel(
			ln_container_of(at, struct ln_control_channel, link));
}

struct ln_control_channel *
ln_control_channels_next(struct ln_control_channels *channels, char **line,
			 size_t *len)
{
	struct ln_control_channel *found = NULL;

	ln_lock_acquire(&channels->lock);
	ln_list_for_each (at, &channels->list) {
		struct ln_control_channel *channel =
			ln_container_of(at, struct ln_control_channel, link);

		if (channel->line == NULL)
			continue;
		found = channel;
		*line = channel->line;
		*len = channel->len;
		channel->line = NULL;
		break;
	}
	ln_lock_release(&channels->lock);
	return found;
}

void ln_control_channel_put(struct ln_control_channels *channels,
			    struct ln_control_channel *channel,
			    struct ln_control_session *session, bool over)
{
	const uint8_t *bytes;
	size_t len;
	size_t room;

	bytes = ln_control_session_pending(session, &len);
	ln_lock_acquire(&channels->lock);
	room = LN_STEWARD_ANSWER_MAX - channel->out.len;
	if (len < room)
		room = len;
	ln_bytes_add(&channel->out, bytes, room);
	if (over && room == len)
		channel->over = true;
	if (channel->waiter != NULL && (room > 0 || channel->over))
		ln_task_wake(channel->waiter);
	ln_lock_release(&channels->lock);
	ln_control_session_sent(session, room);
}

bool ln_control_channel_over(struct ln_control_channels *channels,
			     const struct ln_control_channel *channel,
			     int64_t now)
{
	bool over;

	ln_lock_acquire(&channels->lock);
	over = !channel->asked && channel->used != 0 &&
	       ((channel->over && channel->out.len == 0) ||
		now - channel->used >= IDLE || channels->leaving);
	ln_lock_release(&channels->lock);
	return over;
}

void ln_control_channel_free(struct ln_control_channels *channels,
			     struct ln_control_channel *channel)
{
	ln_lock_acquire(&channels->lock);
	ln_list_remove(&channel->link);
	channels->count--;
	ln_lock_release(&channels->lock);
	free_channel(channel);
}
