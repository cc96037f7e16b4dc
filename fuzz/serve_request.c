/*
 * Requests as `lunatic serve` reads them: what comes in pieces of any size must
 * come out as what comes at once. The first byte says how large pieces are.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "serve/fields.h"
#include "serve/pipe.h"
#include "serve/request.h"

#define HEAD 512
#define FIELDS 12
#define BODY 2000

static const struct ln_http_request_limits limits = {
	.head = HEAD,
	.fields = FIELDS,
	.body = BODY,
};

/* What is told of one stream of bytes. */
struct story {
	uint64_t hash;
	unsigned heads;
	unsigned messages;
	unsigned status;
};

static void tell(struct story *story, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		story->hash = (story->hash ^ at[i]) * 0x100000001b3;
	story->hash = (story->hash ^ 0x1ff) * 0x100000001b3;
}

static void tell_fields(struct story *story, const struct ln_fields *fields)
{
	assert(fields->count <= FIELDS);
	for (uint32_t i = 0; i < fields->count; i++) {
		const struct ln_field *field = &fields->list[i];

		assert(field->value + field->value_len <= fields->len);
		assert(ln_field_name_is_valid(ln_field_name(fields, i),
					      field->name_len));
		assert(ln_field_value_is_valid(ln_field_value(fields, i),
					       field->value_len));
		tell(story, ln_field_name(fields, i), field->name_len);
		tell(story, ln_field_value(fields, i), field->value_len);
	}
}

static void tell_head(struct story *story, struct ln_http_request *request)
{
	size_t target_len = request->line.len - 1;
	struct ln_target target;

	story->heads++;
	assert(strlen(request->target) == target_len);
	assert(target_len <= HEAD);
	tell(story, request->method, strlen(request->method));
	tell(story, request->target, target_len);
	tell_fields(story, request->fields);
	if (ln_target_split(request->target, &target))
		assert(target.path == NULL ||
		       target.path + target.path_len ==
			       request->target + target_len);
	request->body = ln_pipe_new(NULL, NULL);
	assert(request->body != NULL);
}

static void tell_message(struct story *story, struct ln_http_request *request)
{
	static char body[BODY + 1];
	size_t len = ln_pipe_read(request->body, body, sizeof(body));

	assert(len <= BODY && len == request->body_bytes);
	story->messages++;
	tell(story, body, len);
	if (request->trailers != NULL)
		tell_fields(story, request->trailers);
}

/* Each piece is a block of its own, so that nothing behind it is read. */
static enum ln_http_step feed(struct ln_http_request *request,
			      const uint8_t *data, size_t len, size_t *used)
{
	uint8_t *piece = malloc(len > 0 ? len : 1);
	enum ln_http_step step;

	assert(piece != NULL);
	memcpy(piece, data, len);
	step = ln_http_request_feed(request, piece, len, used);
	assert(*used <= len);
	free(piece);
	return step;
}

static struct story read_all(const uint8_t *data, size_t size, size_t max)
{
	struct ln_http_request request;
	struct story story = { 0 };
	size_t at = 0;
	size_t used;

	ln_http_request_init(&request, &limits);
	for (;;) {
		size_t len = size - at < max ? size - at : max;
		enum ln_http_step step = feed(&request, data + at, len, &used);

		at += used;
		if (step == LN_HTTP_BAD) {
			story.status = request.status;
			assert(request.reason != NULL);
			break;
		}
		if (step == LN_HTTP_HEAD)
			tell_head(&story, &request);
		if (step == LN_HTTP_DONE) {
			tell_message(&story, &request);
			ln_pipe_release(request.body);
			request.body = NULL;
			if (!request.keep_alive)
				break;
			ln_http_request_next(&request);
		}
		if (step == LN_HTTP_MORE && at == size)
			break;
	}
	ln_pipe_release(request.body);
	request.body = NULL;
	ln_http_request_deinit(&request);
	return story;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct story whole, pieces;

	if (size < 2)
		return 0;
	whole = read_all(data + 1, size - 1, size);
	pieces = read_all(data + 1, size - 1, data[0] % 16 + 1);
	assert(whole.heads == pieces.heads);
	assert(whole.messages == pieces.messages);
	assert(whole.hash == pieces.hash);
	assert((whole.status == 0) == (pieces.status == 0));
	return 0;
}
