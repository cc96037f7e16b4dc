/* What other nodes ask about processes, modules and nodes by numbers. */
#include <string.h>

#include "base/error.h"
#include "node/export.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/peer.h"
#include "node/placement.h"
#include "node/program.h"
#include "node/serve_impl.h"
#include "node/store.h"
#include "process/end.h"
#include "process/environment.h"
#include "process/lookup.h"
#include "process/process.h"

int ln_serve_numbered_module(struct ln_job *job)
{
	struct ln_decoder body = { .data = job->body, .len = job->len };
	uint64_t id = ln_decoder_u64(&body);
	uint64_t number = ln_decoder_u64(&body);
	struct ln_environment *environment;
	struct ln_blob *blob;
	int error = 0;

	if (!ln_decoder_done(&body))
		return ln_job_malformed(job);
	environment = ln_job_find(job, LN_HELD_ENVIRONMENT, id);
	if (environment == NULL)
		return ln_job_gone(job, "the environment no longer exists");
	blob = ln_store_numbered(&job->peer->node->store, number);
	if (blob == NULL) {
		ln_job_answer_unknown(job);
	} else {
		error = ln_job_add_module(job, environment, blob);
		ln_blob_release(blob);
	}
	ln_environment_release(environment);
	return error;
}

int ln_serve_process(struct ln_job *job)
{
	struct ln_decoder body = { .data = job->body, .len = job->len };
	uint64_t number = ln_decoder_u64(&body);
	struct ln_process *process;

	if (!ln_decoder_done(&body))
		return ln_job_malformed(job);
	process = ln_local_node_process(job->peer->node, number);
	if (process == NULL)
		return ln_job_gone(job, "there is no process with that id");
	return ln_job_answer_process(job, process);
}

int ln_serve_number(struct ln_job *job)
{
	struct ln_decoder body = { .data = job->body, .len = job->len };
	struct ln_local_node *node = job->peer->node;
	const uint8_t *id = ln_decoder_raw(&body, LN_ID_SIZE);
	struct ln_frame_encoder writer;
	struct ln_process *process;
	struct ln_end end;
	uint64_t number = 0;

	if (!ln_decoder_done(&body))
		return ln_job_malformed(job);
	process = ln_export_find(node, id, &end);
	if (process != NULL) {
		if (ln_local_node_admits(node, process->environment))
			number = ln_process_number(process);
		ln_process_release(process);
	}
	if (number == 0)
		return ln_job_gone(job, "the process has ended, or cannot be "
					"reached by a number");
	ln_answer_begin(&writer, job->number, 0);
	ln_frame_encoder_u64(&writer, number);
	ln_job_answer(job, ln_frame_encoder_finish(&writer));
	return 0;
}

int ln_serve_attributes(struct ln_job *job)
{
	const char *text = job->peer->node->attributes;
	struct ln_frame_encoder writer;
	size_t len = strlen(text);

	if (job->len > 0)
		return ln_job_malformed(job);
	ln_answer_begin(&writer, job->number, 0);
	ln_frame_encoder_u32(&writer, (uint32_t)len);
	ln_frame_encoder_bytes(&writer, text, len);
	ln_job_answer(job, ln_frame_encoder_finish(&writer));
	return 0;
}

int ln_serve_load(struct ln_job *job)
{
	struct ln_frame_encoder writer;

	if (job->len > 0)
		return ln_job_malformed(job);
	ln_answer_begin(&writer, job->number, 0);
	ln_frame_encoder_u64(&writer, ln_local_node_load(job->peer->node));
	ln_job_answer(job, ln_frame_encoder_finish(&writer));
	return 0;
}
