/* The control protocol: the input is what a client sends, lines of any bytes.
 * Whatever they are, each output is a line of JSON, all is bounded, and the
 * session ends with nothing left. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "control/control_impl.h"
#include "control/session.h"
#include "host/abi_gen.h"
#include "process/runtime.h"

#define STEPS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ln_runtime *runtime_of(void)
{
	static struct ln_runtime *runtime;
	const struct ln_runtime_options options = { .workers = 1,
						    .host = &ln_host_abi };

	if (runtime == NULL && ln_runtime_new(&options, &runtime) < 0)
		abort();
	return runtime;
}

/* Takes the output; each line must be an object. */
static void take_output(struct ln_control_session *session)
{
	size_t len;
	const char *bytes =
		(const char *)ln_control_session_pending(session, &len);
	const char *at = bytes;

	while (at < bytes + len) {
		const char *end = memchr(at, '\n', (size_t)(bytes + len - at));
		json_t *line;

		if (end == NULL)
			abort();
		line = json_loadb(at, (size_t)(end - at), 0, NULL);
		if (!json_is_object(line))
			abort();
		json_decref(line);
		at = end + 1;
	}
	ln_control_session_sent(session, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ln_control control;
	struct ln_control_session session;

	ln_control_init(&control, runtime_of(), "fuzz");
	ln_control_session_init(&session, &control);
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end != NULL ? (size_t)(end - data) : size;

		if (len > LN_CONTROL_LINE_MAX)
			ln_control_session_too_long(&session);
		else
			ln_control_session_line(&session, (const char *)data,
						len);
		if (session.count > LN_CONTROL_REQUESTS_MAX)
			abort();
		for (int i = 0; i < STEPS_MAX && session.count > 0; i++)
			ln_control_session_work(&session, ln_time_now());
		take_output(&session);
		len += end != NULL;
		data += len;
		size -= len;
	}
	if (ln_control_session_failed(&session))
		abort();
	ln_control_session_deinit(&session);
	ln_control_deinit(&control);
	return 0;
}
