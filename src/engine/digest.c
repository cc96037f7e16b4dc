#include "engine/digest.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "sched/blocking.h"

int ln_digest(const uint8_t *bytes, size_t len, uint8_t digest[LN_DIGEST_SIZE])
{
	return EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL) == 1
		       ? 0
		       : LN_ENOMEM;
}

struct job {
	const uint8_t *bytes;
	size_t len;
	uint8_t digest[LN_DIGEST_SIZE];
	int error;
};

static void run(void *argument)
{
	struct job *job = argument;

	job->error = ln_digest(job->bytes, job->len, job->digest);
}

int ln_digest_in(struct ln_blocking *pool, const uint8_t *bytes, size_t len,
		 uint8_t digest[LN_DIGEST_SIZE])
{
	struct job job = { .bytes = bytes, .len = len };
	int error = ln_blocking_run(pool, run, &job);

	if (error == 0)
		error = job.error;
	if (error == 0)
		memcpy(digest, job.digest, LN_DIGEST_SIZE);
	return error;
}
