/*
 * wasi:http/outgoing-handler, and the types of wasi:http/types for it: requests
 * that a process sends, their options, and the responses. They go to the hosts
 * that --allow-http names; a request to another one is denied.
 *
 * Threads: the one that runs the process.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/http.h"
#include "host/wasi/p2/http_text.h"
#include "host/wasi/table.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/process.h"
#include "process/runtime.h"
#include "serve/fields.h"
#include "serve/outgoing.h"
#include "serve/pipe.h"

/* Where a process says nothing. */
#define PATIENCE ((uint64_t)30 * LN_NS_PER_S)

#define FUEL 20000 /* of a metered guest, for a process and a connection */

#define TEXT_MAX 16384u /* bytes of a path, or another text */

enum timeout { CONNECT, FIRST_BYTE, BETWEEN_BYTES };

/* Texts are owned; NULL: none. */
struct ln_p2_outgoing {
	char *method;
	char *path;
	char *scheme;
	char *authority;
};

void ln_p2_outgoing_free(struct ln_p2_outgoing *outgoing)
{
	free(outgoing->method);
	free(outgoing->path);
	free(outgoing->scheme);
	free(outgoing->authority);
	free(outgoing);
}

/* ---- Requests ---- */

int ln_p2_outgoing_request_new(struct ln_p2_call *call)
{
	struct ln_p2_http *request;
	int error = ln_p2_http_message(call, LN_P2_OUTGOING_REQUEST, &request);

	if (error != 0)
		return error;
	request->outgoing = calloc(1, sizeof(*request->outgoing));
	if (request->outgoing != NULL)
		request->outgoing->method = strdup("GET");
	if (request->outgoing != NULL && request->outgoing->method != NULL)
		return ln_p2_http_return(call, request);
	ln_p2_http_free(call->guest, request);
	return LN_ENOMEM;
}

int ln_p2_outgoing_request_body(struct ln_p2_call *call)
{
	return ln_p2_http_give_body(call, LN_P2_OUTGOING_REQUEST);
}

static int request_of(struct ln_p2_call *call, struct ln_p2_outgoing **outgoing)
{
	struct ln_p2_http *http;
	int error = ln_p2_http_get(call, 0, LN_P2_OUTGOING_REQUEST, &http);

	if (error == 0)
		*outgoing = http->outgoing;
	return error;
}

int ln_p2_outgoing_request_headers(struct ln_p2_call *call)
{
	struct ln_p2_http *http;
	int error = ln_p2_http_get(call, 0, LN_P2_OUTGOING_REQUEST, &http);

	return error != 0 ? error : ln_p2_http_view(call, http->fields);
}

int ln_p2_outgoing_method(struct ln_p2_call *call)
{
	struct ln_p2_outgoing *outgoing;
	int error = request_of(call, &outgoing);

	return error != 0 ? error
			  : ln_p2_method_answer(call, 1, outgoing->method);
}

int ln_p2_outgoing_path(struct ln_p2_call *call)
{
	struct ln_p2_outgoing *outgoing;
	int error = request_of(call, &outgoing);

	return error != 0 ? error : ln_p2_text_answer(call, 1, outgoing->path);
}

int ln_p2_outgoing_scheme(struct ln_p2_call *call)
{
	struct ln_p2_outgoing *outgoing;
	int error = request_of(call, &outgoing);

	return error != 0 ? error
			  : ln_p2_scheme_answer(call, 1, outgoing->scheme);
}

int ln_p2_outgoing_authority(struct ln_p2_call *call)
{
	struct ln_p2_outgoing *outgoing;
	int error = request_of(call, &outgoing);

	return error != 0 ? error
			  : ln_p2_text_answer(call, 1, outgoing->authority);
}

/* Printable, and no blank: it ends no part of a line. */
static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] == 0x7f)
			return false;
	}
	return len <= TEXT_MAX;
}

static bool begins_with_slash(const char *text, size_t len)
{
	return len == 0 || (text[0] == '/' && is_plain(text, len));
}

/* Sets a text from two arguments, as the flat result<_,_>; `known` is what it
 * is without them, or NULL. */
static int set_text(struct ln_p2_call *call, char **place, const char *known,
		    unsigned index, bool (*valid)(const char *, size_t))
{
	uint32_t len = ln_p2_u32(call, index + 1);
	uint8_t *at = NULL;
	char *text;
	int error = 0;

	if (known == NULL)
		error = ln_p2_list(call, ln_p2_u32(call, index), len, 1, 1,
				   &at);
	if (error != 0)
		return error;
	call->values[0].i32 = 1;
	if (known == NULL && (len > TEXT_MAX || !valid((char *)at, len)))
		return 0;
	text = known != NULL ? strdup(known) : strndup((char *)at, len);
	if (text == NULL)
		return LN_ENOMEM;
	free(*place);
	*place = text;
	call->values[0].i32 = 0;
	return 0;
}

/* The same for an option, of which the first argument says if it is there. */
static int set_option(struct ln_p2_call *call, char **place,
		      bool (*valid)(const char *, size_t))
{
	if (ln_p2_u32(call, 1) != 0)
		return set_text(call, place, NULL, 2, valid);
	free(*place);
	*place = NULL;
	call->values[0].i32 = 0;
	return 0;
}

int ln_p2_outgoing_set_method(struct ln_p2_call *call)
{
	struct ln_p2_outgoing *outgoing;
	int error = request_of(call, &outgoing);

	if (error != 0)
		return error;
	return set_text(call, &outgoing->method,
			ln_p2_method_named(ln_p2_u32(call, 1)), 2,
			ln_field_name_is_valid);
}

int ln_p2_outgoing_set_path(struct ln_p2_call *call)
{
	struct ln_p2_outgoing *outgoing;
	int error = request_of(call, &outgoing);

	return error != 0
		       ? error
		       : set_option(call, &outgoing->path, begins_with_slash);
}

int ln_p2_outgoing_set_authority(struct ln_p2_call *call)
{
	struct ln_p2_outgoing *outgoing;
	int error = request_of(call, &outgoing);

	return error != 0 ? error
			  : set_option(call, &outgoing->authority, is_plain);
}

int ln_p2_outgoing_set_scheme(struct ln_p2_call *call)
{
	struct ln_p2_outgoing *outgoing;
	int error = request_of(call, &outgoing);

	if (error != 0)
		return error;
	if (ln_p2_u32(call, 1) == 0)
		return set_option(call, &outgoing->scheme, is_plain);
	return set_text(call, &outgoing->scheme,
			ln_p2_scheme_named(ln_p2_u32(call, 2)), 3, is_plain);
}

/* ---- Options ---- */

int ln_p2_options_new(struct ln_p2_call *call)
{
	struct ln_p2_http *options =
		ln_p2_http_new(call, LN_P2_REQUEST_OPTIONS);

	if (options == NULL)
		return LN_ETRAP;
	for (size_t i = 0; i < 3; i++)
		options->timeouts[i] = UINT64_MAX;
	return ln_p2_http_return(call, options);
}

static int get_timeout(struct ln_p2_call *call, enum timeout which)
{
	struct ln_p2_http *options;
	uint8_t *at;
	int error = ln_p2_http_get(call, 0, LN_P2_REQUEST_OPTIONS, &options);

	if (error == 0)
		error = ln_p2_result(call, 1, 16, 8, &at);
	if (error == 0 && options->timeouts[which] != UINT64_MAX) {
		at[0] = 1;
		ln_wasi_store64(at + 8, options->timeouts[which]);
	}
	return error;
}

static int set_timeout(struct ln_p2_call *call, enum timeout which)
{
	struct ln_p2_http *options;
	int error = ln_p2_http_get(call, 0, LN_P2_REQUEST_OPTIONS, &options);

	if (error != 0)
		return error;
	options->timeouts[which] =
		ln_p2_u32(call, 1) != 0 ? ln_p2_u64(call, 2) : UINT64_MAX;
	call->values[0].i32 = 0;
	return 0;
}

int ln_p2_options_connect(struct ln_p2_call *call)
{
	return get_timeout(call, CONNECT);
}

int ln_p2_options_set_connect(struct ln_p2_call *call)
{
	return set_timeout(call, CONNECT);
}

int ln_p2_options_first(struct ln_p2_call *call)
{
	return get_timeout(call, FIRST_BYTE);
}

int ln_p2_options_set_first(struct ln_p2_call *call)
{
	return set_timeout(call, FIRST_BYTE);
}

int ln_p2_options_between(struct ln_p2_call *call)
{
	return get_timeout(call, BETWEEN_BYTES);
}

int ln_p2_options_set_between(struct ln_p2_call *call)
{
	return set_timeout(call, BETWEEN_BYTES);
}

/* ---- Sending ---- */

static uint64_t patience(const struct ln_p2_http *options, enum timeout which)
{
	if (options == NULL || options->timeouts[which] == UINT64_MAX)
		return PATIENCE;
	return options->timeouts[which];
}

/* Where a request goes; 0, or the error of wasi:http. */
static unsigned aim(const struct ln_guest *guest,
		    const struct ln_p2_outgoing *outgoing,
		    struct ln_fetch *fetch)
{
	const struct ln_outgoing *allowed =
		guest->environment->runtime->outgoing;
	bool http = outgoing->scheme != NULL &&
		    strcmp(outgoing->scheme, "http") == 0;

	/* As the standard has it, that is where nothing is said. */
	fetch->tls = !http;
	if (outgoing->authority == NULL ||
	    (!http && outgoing->scheme != NULL &&
	     strcmp(outgoing->scheme, "https") != 0) ||
	    !ln_outgoing_split(outgoing->authority, http ? 80 : 443,
			       fetch->host, &fetch->port))
		return LN_P2_HTTP_URI_INVALID;
	if (!ln_outgoing_allows(allowed, fetch->host, fetch->port) ||
	    (fetch->tls && allowed->tls == NULL))
		return LN_P2_HTTP_REQUEST_DENIED;
	return 0;
}

/* Moves what the request says into a fetch. */
static void fill(struct ln_fetch *fetch, struct ln_p2_http *request,
		 const struct ln_p2_http *options)
{
	struct ln_p2_outgoing *outgoing = request->outgoing;

	fetch->method = outgoing->method;
	fetch->authority = outgoing->authority;
	fetch->path = outgoing->path;
	outgoing->method = NULL;
	outgoing->authority = NULL;
	outgoing->path = NULL;
	fetch->fields = ln_fields_retain(request->fields);
	if (request->pipe != NULL)
		fetch->request = ln_pipe_retain(request->pipe);
	fetch->connect_timeout = patience(options, CONNECT);
	fetch->first_timeout = patience(options, FIRST_BYTE);
	fetch->between_timeout = patience(options, BETWEEN_BYTES);
}

/* Begins to send; *failed: the error of wasi:http. */
static int start(struct ln_p2_call *call, struct ln_p2_http *request,
		 const struct ln_p2_http *options, struct ln_fetch **out,
		 unsigned *failed)
{
	struct ln_fetch *fetch = ln_fetch_new(call->guest->process);
	int error = LN_ENOMEM;

	if (fetch == NULL)
		return LN_ENOMEM;
	*failed = aim(call->guest, request->outgoing, fetch);
	fill(fetch, request, options);
	if (fetch->path == NULL || fetch->path[0] == '\0') {
		free(fetch->path);
		fetch->path = strdup("/");
	}
	if (fetch->path != NULL)
		error = *failed == 0 ? ln_fetch_start(fetch) : 0;
	if (error == LN_ELIMIT || error == LN_EMEMORY) {
		*failed = LN_P2_HTTP_CONNECTION_LIMIT;
		error = 0;
	}
	if (error == 0 && *failed == 0)
		*out = fetch;
	else
		ln_fetch_release(fetch);
	return error;
}

static int answer_started(struct ln_p2_call *call, struct ln_fetch *fetch,
			  unsigned failed)
{
	struct ln_p2_http *future;
	uint32_t handle = 0;
	uint8_t *at;
	int error = ln_p2_result(call, 3, LN_P2_HTTP_RESULT_SIZE, 8, &at);

	if (fetch == NULL) {
		if (error == 0) {
			at[0] = 1;
			at[LN_P2_HTTP_RESULT_VALUE] = (uint8_t)failed;
		}
		return error;
	}
	future =
		error == 0 ? ln_p2_http_new(call, LN_P2_FUTURE_RESPONSE) : NULL;
	if (future == NULL) {
		ln_fetch_cancel(fetch);
		ln_fetch_release(fetch);
		return LN_ETRAP;
	}
	future->fetch = fetch;
	error = ln_p2_http_charge(call, future, LN_PIPE_ROOM);
	if (error == 0)
		error = ln_p2_http_give(call, future, &handle);
	else
		ln_p2_http_free(call->guest, future);
	if (error == 0)
		ln_wasi_store32(at + LN_P2_HTTP_RESULT_VALUE, handle);
	return error;
}

int ln_p2_outgoing_handle(struct ln_p2_call *call)
{
	struct ln_p2_http *request;
	struct ln_p2_http *options = NULL;
	struct ln_fetch *fetch = NULL;
	unsigned failed = 0;
	int error = ln_p2_http_take(call, 0, LN_P2_OUTGOING_REQUEST, &request);

	if (error != 0)
		return error;
	if (ln_p2_u32(call, 1) != 0)
		error = ln_p2_http_take(call, 2, LN_P2_REQUEST_OPTIONS,
					&options);
	ln_guest_pay(call->guest, FUEL);
	if (error == 0)
		error = start(call, request, options, &fetch, &failed);
	ln_p2_http_free(call->guest, request);
	if (options != NULL)
		ln_p2_http_free(call->guest, options);
	return error != 0 ? error : answer_started(call, fetch, failed);
}

/* ---- Responses ---- */

int ln_p2_future_subscribe(struct ln_p2_call *call)
{
	struct ln_p2_http *future;
	int error = ln_p2_http_get(call, 0, LN_P2_FUTURE_RESPONSE, &future);

	return error != 0 ? error
			  : ln_p2_http_subscribe(call, future, LN_READABLE);
}

/* The response that has come, or why none has. */
static int give_response(struct ln_p2_call *call, struct ln_fetch *fetch,
			 uint8_t *at)
{
	struct ln_p2_http *response;
	uint32_t handle = 0;
	int error;

	if (fetch->state == LN_FETCH_FAILED) {
		at[LN_P2_FUTURE_FAILED] = 1;
		at[LN_P2_FUTURE_VALUE] = (uint8_t)fetch->error;
		return 0;
	}
	response = ln_p2_http_new(call, LN_P2_INCOMING_RESPONSE);
	if (response == NULL)
		return LN_ETRAP;
	response->fetch = ln_fetch_retain(fetch);
	response->fields = ln_fields_retain(fetch->answer);
	response->status = (uint16_t)fetch->status;
	error = ln_p2_http_charge(call, response,
				  LN_PIPE_ROOM +
					  ln_fields_weight(response->fields));
	if (error < 0) {
		ln_p2_http_free(call->guest, response);
		return error;
	}
	error = ln_p2_http_give(call, response, &handle);
	if (error == 0)
		ln_wasi_store32(at + LN_P2_FUTURE_VALUE, handle);
	return error;
}

int ln_p2_future_get(struct ln_p2_call *call)
{
	struct ln_p2_http *future;
	uint8_t *at;
	int error = ln_p2_http_get(call, 0, LN_P2_FUTURE_RESPONSE, &future);

	if (error == 0)
		error = ln_p2_result(call, 1, LN_P2_FUTURE_SIZE, 8, &at);
	/* What is not pending does not change any more. */
	if (error != 0 || ln_fetch_look(future->fetch) == LN_FETCH_PENDING)
		return error;
	at[0] = 1;
	at[LN_P2_FUTURE_TAKEN] = future->taken;
	if (future->taken)
		return 0;
	future->taken = true;
	return give_response(call, future->fetch, at);
}

static int response_of(struct ln_p2_call *call, struct ln_p2_http **response)
{
	return ln_p2_http_get(call, 0, LN_P2_INCOMING_RESPONSE, response);
}

int ln_p2_response_status(struct ln_p2_call *call)
{
	struct ln_p2_http *response;
	int error = response_of(call, &response);

	if (error == 0)
		call->values[0].i32 = response->status;
	return error;
}

int ln_p2_response_headers(struct ln_p2_call *call)
{
	struct ln_p2_http *response;
	int error = response_of(call, &response);

	return error != 0 ? error : ln_p2_http_view(call, response->fields);
}

int ln_p2_response_consume(struct ln_p2_call *call)
{
	struct ln_p2_http *response;
	int error = response_of(call, &response);

	return error != 0 ? error
			  : ln_p2_http_consume(call, response,
					       response->fetch->response);
}
