/*
 * Requests of examples/http, as the server reads them: what comes in pieces of
 * any size must come out as what comes at once.
 */
#include "../examples/http/request.c"

#include <stdlib.h>

/* Goes through a connection, of which `step` more bytes are seen each time.
 * Returns a hash of all requests and of where each ended. */
static uint64_t go_through(const char *data, size_t size, size_t step)
{
	static struct http_request request;
	uint64_t hash = 0;
	size_t at = 0;
	size_t end = 0;
	bool within = false;

	while (at < size) {
		int taken;

		end = end + step < size ? end + step : size;
		if (end - at > HTTP_HEAD_MAX)
			end = at + HTTP_HEAD_MAX;
		taken = within ? http_body_skip(&request.body, data + at,
						end - at)
			       : http_request_read(&request, data + at,
						   end - at);
		if (taken < 0)
			return hash * 31 + (uint64_t)-taken;
		if ((size_t)taken > end - at)
			abort();
		if (taken == 0 && end - at >= HTTP_HEAD_MAX)
			abort();
		at += (size_t)taken;
		if (taken == 0 && end == size)
			break;
		if (taken == 0 || (within && request.body.state != 0))
			continue;
		within = request.body.state != 0;
		if (strlen(request.path) >= sizeof(request.path) ||
		    has_dots(request.path) ||
		    strlen(request.query) >= sizeof(request.query) ||
		    strlen(request.credentials) >= sizeof(request.credentials))
			abort();
		hash = hash * 31 + (within ? 7 : at) + request.method +
		       strlen(request.path) + 3 * strlen(request.query) +
		       5 * strlen(request.credentials);
	}
	return hash * 31 + at;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *data = (const char *)bytes;
	size_t step = size > 0 ? 1 + bytes[size - 1] : 1;

	if (go_through(data, size, size + 1) != go_through(data, size, step))
		abort();
	return 0;
}
