/* What operators of other nodes ask; node/steward.h. */
#include "node/steward.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/serve_impl.h"

#define NAP_NS 1000000

void ln_local_node_set_steward(struct ln_local_node *node,
			       struct ln_steward *steward)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	uint32_t users;

	ln_lock_acquire(&node->lock);
	node->steward = steward;
	ln_lock_release(&node->lock);
	do {
		ln_lock_acquire(&node->lock);
		users = steward == NULL ? node->steward_users : 0;
		ln_lock_release(&node->lock);
		if (users > 0)
			nanosleep(&nap, NULL);
	} while (users > 0);
}

static struct ln_steward *take_steward(struct ln_local_node *node)
{
	struct ln_steward *steward;

	ln_lock_acquire(&node->lock);
	steward = node->steward;
	if (steward != NULL)
		node->steward_users++;
	ln_lock_release(&node->lock);
	return steward;
}

static void give_steward(struct ln_local_node *node)
{
	ln_lock_acquire(&node->lock);
	ln_assert(node->steward_users > 0);
	node->steward_users--;
	ln_lock_release(&node->lock);
}

static void answer(struct ln_job *job, uint64_t channel,
		   const struct ln_bytes *out)
{
	struct ln_frame_encoder writer;

	ln_answer_begin(&writer, job->number, 0);
	ln_frame_encoder_u64(&writer, channel);
	ln_frame_encoder_bytes(&writer, out->data, out->len);
	ln_job_answer(job, ln_frame_encoder_finish(&writer));
}

int ln_serve_control(struct ln_job *job)
{
	struct ln_decoder body = { .data = job->body, .len = job->len };
	struct ln_local_node *node = job->peer->node;
	uint64_t channel = ln_decoder_u64(&body);
	struct ln_bytes out = { .max = LN_STEWARD_ANSWER_MAX };
	struct ln_steward *steward;
	int error;

	if (body.failed || body.len > LN_STEWARD_LINE_MAX)
		return ln_job_malformed(job);
	steward = take_steward(node);
	if (steward == NULL) {
		job->text = strdup("that node was started with --no-control");
		return LN_EUNSUP;
	}
	error = steward->exchange(steward, job->peer->entry.id, &channel,
				  body.data, body.len, &out, &job->text);
	give_steward(node);
	if (error == 0 && out.error != 0)
		error = LN_ENOMEM;
	if (error == 0)
		answer(job, channel, &out);
	ln_bytes_deinit(&out);
	return error;
}
