/*
 * Jobs for other nodes: their data (node/serve.c), and their operations
 * (node/serve_work.c). All of it runs on the fiber of the job's process.
 */
#ifndef LN_NODE_SERVE_IMPL_H
#define LN_NODE_SERVE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "node/request.h"

struct ln_blob;
struct ln_environment;
struct ln_frame;
struct ln_peer;
struct ln_process;
struct ln_served;
struct ln_frame_encoder;

struct ln_job {
	struct ln_list link;      /* in served->jobs */
	struct ln_served *served; /* counted */
	struct ln_peer *peer;     /* counted */
	uint64_t session;         /* its number */
	uint32_t version;         /* of the protocol, in it */
	uint64_t number;
	uint8_t operation;
	bool answered;
	struct ln_process *process; /* that does it */
	uint8_t *body;              /* owned */
	size_t len;
	uint64_t charged; /* to `served`, for the body */
	char *text;       /* what went wrong, if more is known than the error */
};

/* Handles the request and answers; or returns an error. LN_EFORMAT: the request
 * is malformed, and the session is being closed. */
int ln_job_do(struct ln_job *job);

/* The operations about numbers (node/serve_numbers.c), likewise. */
int ln_serve_numbered_module(struct ln_job *job);
int ln_serve_process(struct ln_job *job);
int ln_serve_number(struct ln_job *job);
int ln_serve_attributes(struct ln_job *job);

/* What operators ask (node/serve_control.c), likewise. */
int ln_serve_control(struct ln_job *job);
int ln_serve_load(struct ln_job *job);

/* Closes the session of a malformed request; returns LN_EFORMAT. */
int ln_job_malformed(struct ln_job *job);

/* What a request names is not there; returns LN_ENOENT. */
int ln_job_gone(struct ln_job *job, const char *text);

/* Adds a module to an environment, keeps it for the peer, and answers. */
int ln_job_add_module(struct ln_job *job, struct ln_environment *environment,
		      const struct ln_blob *blob);

/* Answers that a module is not known here. */
void ln_job_answer_unknown(struct ln_job *job);

/* Answers with a process, whose reference it takes over. LN_ENOMEM. */
int ln_job_answer_process(struct ln_job *job, struct ln_process *process);

/* Keeps a resource for the peer; takes ownership. LN_ELIMIT, LN_ENOMEM; LN_EIO:
 * the session is over. */
int ln_job_hold(struct ln_job *job, enum ln_held what, void *value,
		uint64_t *id);

/* The resource of the peer with that id, with a reference; NULL: none. */
void *ln_job_find(struct ln_job *job, enum ln_held what, uint64_t id);

/* Begins an answer; `error` is 0 or negative. */
void ln_answer_begin(struct ln_frame_encoder *writer, uint64_t number,
		     int error);

/* Sends the answer, so that the peer may send another request. */
void ln_job_answer(struct ln_job *job, struct ln_frame *frame);

#endif
