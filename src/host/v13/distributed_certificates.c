/*
 * lunatic::distributed: certificates. The original's control server is a guest
 * that makes them with these functions. There is no control server here, but
 * certificates of a guest's own authority are as good for nodes as those of
 * `lunatic cluster-ca`. No function gives a guest anything of the cluster that
 * it runs in. Results are encoded as by the crate bincode: a text is a u64, its
 * bytes, and the bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/v13/give.h"
#include "net/certificate.h"
#include "net/certificate_text.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"

/* As those of lunatic cluster-ca. */
#define DAY (INT64_C(24) * 3600)
#define EARLIER (-DAY) /* other clocks may be slow */
#define AUTHORITY_DAYS 3650
#define NODE_DAYS 365

/* The names in certificates. */
#define AUTHORITY_NAME "lunatic test CA"
#define SERVER_NAME "ctrl.lunatic.cloud"

/* What making one costs a metered guest. */
#define FUEL 1000000

struct job {
	/* What it does, in the pool. */
	int (*run)(struct job *job);
	struct ln_slice certificate; /* of the authority */
	struct ln_slice key;
	struct ln_slice request;
	char *texts[2]; /* made; owned */
	char reason[LN_CERTIFICATE_REASON_SIZE];
	int error;
};

static int make_authority(struct job *job)
{
	struct ln_certificate *authority;
	int error = ln_certificate_new(NULL, AUTHORITY_NAME, EARLIER,
				       AUTHORITY_DAYS * DAY, &authority);

	if (error < 0)
		return error;
	error = ln_certificate_format(authority, &job->texts[0],
				      &job->texts[1]);
	ln_certificate_free(authority);
	return error;
}

static int parse_authority(struct job *job, struct ln_certificate **authority)
{
	return ln_certificate_parse(job->certificate.data, job->certificate.len,
				    job->key.data, job->key.len, authority,
				    job->reason);
}

static int make_server(struct job *job)
{
	struct ln_certificate *authority;
	struct ln_certificate *server;
	int error = parse_authority(job, &authority);

	if (error < 0)
		return error;
	error = ln_certificate_new(authority, SERVER_NAME, EARLIER,
				   NODE_DAYS * DAY, &server);
	ln_certificate_free(authority);
	if (error < 0)
		return error;
	error = ln_certificate_format(server, &job->texts[0], &job->texts[1]);
	ln_certificate_free(server);
	return error;
}

static int sign_request(struct job *job)
{
	struct ln_certificate *authority;
	int error = parse_authority(job, &authority);

	if (error < 0)
		return error;
	error = ln_certificate_sign(authority, job->request.data,
				    job->request.len, EARLIER, NODE_DAYS * DAY,
				    &job->texts[0], job->reason);
	ln_certificate_free(authority);
	return error;
}

static void run(void *argument)
{
	struct job *job = argument;

	job->error = job->run(job);
}

/* All texts behind each other; NULL: memory is short. */
static uint8_t *encode(struct job *job, size_t *len)
{
	uint8_t *bytes;
	size_t at = 0;

	*len = 0;
	for (int i = 0; i < 2 && job->texts[i] != NULL; i++)
		*len += sizeof(uint64_t) + strlen(job->texts[i]);
	bytes = malloc(*len + 1);
	for (int i = 0; i < 2 && job->texts[i] != NULL && bytes != NULL; i++) {
		uint64_t size = strlen(job->texts[i]);

		memcpy(bytes + at, &size, sizeof(size));
		memcpy(bytes + at + sizeof(size), job->texts[i], size);
		at += sizeof(size) + size;
	}
	return bytes;
}

static int give(struct ln_guest *guest, struct job *job, uint32_t len_address,
		uint32_t *result)
{
	size_t len;
	uint8_t *bytes = encode(job, &len);
	int error = LN_ENOMEM;

	if (bytes != NULL)
		error = ln_v13_give_bytes(guest, bytes, len, len_address,
					  result);
	free(bytes);
	return error;
}

static int finish(struct ln_guest *guest, struct job *job, int error,
		  uint32_t len_address, uint32_t *result)
{
	ln_instance_resumed(guest->instance);
	if (error == 0)
		error = job->error;
	if (error == 0)
		error = give(guest, job, len_address, result);
	else if (error == LN_EINVAL)
		error = ln_guest_trap(guest, "%s", job->reason);
	free(job->texts[0]);
	free(job->texts[1]);
	return error;
}

static int check(struct ln_guest *guest, const struct job *job,
		 uint32_t len_address)
{
	int error = ln_v13_check_give(guest, len_address);

	if (error < 0)
		return error;
	if (job->certificate.len > LN_CERTIFICATE_TEXT_MAX ||
	    job->key.len > LN_CERTIFICATE_TEXT_MAX ||
	    job->request.len > LN_CERTIFICATE_TEXT_MAX)
		return ln_guest_trap(guest, "a text has more than %d bytes",
				     LN_CERTIFICATE_TEXT_MAX);
	return 0;
}

/* Does the job in the pool, and gives its texts to the guest. */
static int do_job(struct ln_guest *guest, struct job *job, uint32_t len_address,
		  uint32_t *result)
{
	struct ln_environment *environment = guest->environment;
	int error = check(guest, job, len_address);

	if (error < 0)
		return error;
	ln_guest_pay(guest, FUEL);
	error = ln_blocking_run_for(ln_sched_files(environment->runtime->sched),
				    environment->files, run, job);
	return finish(guest, job, error, len_address, result);
}

int ln_host_v13_distributed_test_root_cert(struct ln_guest *guest, uint32_t len,
					   uint32_t *result)
{
	struct job job = { .run = make_authority };

	return do_job(guest, &job, len, result);
}

int ln_host_v13_distributed_default_server_certificates(
	struct ln_guest *guest, struct ln_slice certificate,
	struct ln_slice key, uint32_t len, uint32_t *result)
{
	struct job job = {
		.run = make_server,
		.certificate = certificate,
		.key = key,
	};

	return do_job(guest, &job, len, result);
}

int ln_host_v13_distributed_sign_node(struct ln_guest *guest,
				      struct ln_slice certificate,
				      struct ln_slice key,
				      struct ln_slice request, uint32_t len,
				      uint32_t *result)
{
	struct job job = {
		.run = sign_request,
		.certificate = certificate,
		.key = key,
		.request = request,
	};

	return do_job(guest, &job, len, result);
}
