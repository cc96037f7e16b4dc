/*
 * wasi:cli: arguments, variables, exit, the standard streams and whether they
 * are terminals.
 *
 * Threads: the one that runs the process.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/stream.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/table.h"
#include "process/environment.h"
#include "process/guest.h"

#define STRING_SIZE 8 /* address and length */

/* Passes a text as that element of a list of texts, which the guest has
 * allocated. */
static int pass_text(struct ln_p2_call *call, const char *text, uint32_t list,
		     uint32_t element)
{
	uint32_t address, len;
	uint8_t *at;
	int error = ln_p2_string(call, text, &address, &len);

	if (error == 0)
		error = ln_p2_list(call, list + element * STRING_SIZE, 1,
				   STRING_SIZE, 4, &at);
	if (error != 0)
		return error;
	ln_wasi_store32(at, address);
	ln_wasi_store32(at + 4, len);
	return 0;
}

int ln_p2_get_arguments(struct ln_p2_call *call)
{
	const char *const *at = NULL;
	size_t count = ln_environment_args(call->guest->environment, &at);
	uint32_t list = 0;
	int error =
		ln_p2_allocate(call, 4, (uint64_t)count * STRING_SIZE, &list);

	for (size_t i = 0; i < count && error == 0; i++)
		error = pass_text(call, at[i], list, (uint32_t)i);
	return error != 0 ? error
			  : ln_p2_answer_list(call, 0, list, (uint32_t)count);
}

/* Passes NAME and VALUE as two elements. */
static int pass_variable(struct ln_p2_call *call, const char *variable,
			 uint32_t list, uint32_t element)
{
	const char *end = strchrnul(variable, '=');
	char *name = strndup(variable, (size_t)(end - variable));
	int error;

	if (name == NULL)
		return LN_ENOMEM;
	error = pass_text(call, name, list, element);
	free(name);
	if (error != 0)
		return error;
	return pass_text(call, *end != '\0' ? end + 1 : end, list, element + 1);
}

int ln_p2_get_environment(struct ln_p2_call *call)
{
	const char *const *at = NULL;
	size_t count = ln_environment_envs(call->guest->environment, &at);
	uint32_t list = 0;
	int error = ln_p2_allocate(call, 4, (uint64_t)count * 2 * STRING_SIZE,
				   &list);

	for (size_t i = 0; i < count && error == 0; i++)
		error = pass_variable(call, at[i], list, (uint32_t)(2 * i));
	return error != 0 ? error
			  : ln_p2_answer_list(call, 0, list, (uint32_t)count);
}

/* There is none: paths begin at the directories that are there. */
int ln_p2_initial_cwd(struct ln_p2_call *call)
{
	uint8_t *at;

	return ln_p2_result(call, 0, 12, 4, &at);
}

int ln_p2_exit(struct ln_p2_call *call)
{
	return ln_wasi_exit(call->guest, ln_p2_u32(call, 0) != 0 ? 1 : 0);
}

int ln_p2_exit_with_code(struct ln_p2_call *call)
{
	return ln_wasi_exit(call->guest, ln_p2_u32(call, 0) & 0xff);
}

/* ---- Standard streams ---- */

static int give_stream(struct ln_p2_call *call, uint32_t kind, uint32_t fd)
{
	const struct ln_p2_resource resource = { .kind = kind, .fd = fd };

	return ln_p2_return(call, &resource);
}

int ln_p2_get_stdin(struct ln_p2_call *call)
{
	return give_stream(call, LN_P2_INPUT_STREAM, 0);
}

int ln_p2_get_stdout(struct ln_p2_call *call)
{
	return give_stream(call, LN_P2_OUTPUT_STREAM, 1);
}

int ln_p2_get_stderr(struct ln_p2_call *call)
{
	return give_stream(call, LN_P2_OUTPUT_STREAM, 2);
}

/* ---- Terminals ---- */

static int give_terminal(struct ln_p2_call *call, uint32_t kind, uint32_t fd,
			 enum ln_direction direction)
{
	const struct ln_p2_resource resource = { .kind = kind, .fd = fd };
	const struct ln_stream *stream =
		ln_wasi_stream(call->guest, fd, direction);
	uint32_t handle = 0;
	uint8_t *at;
	int error = ln_p2_result(call, 0, 8, 4, &at);

	if (error != 0 || stream == NULL || !ln_stream_terminal(stream))
		return error;
	error = ln_p2_give(call, &resource, &handle);
	if (error != 0)
		return error;
	at[0] = 1;
	ln_wasi_store32(at + 4, handle);
	return 0;
}

int ln_p2_get_terminal_stdin(struct ln_p2_call *call)
{
	return give_terminal(call, LN_P2_TERMINAL_INPUT, 0, LN_READABLE);
}

int ln_p2_get_terminal_stdout(struct ln_p2_call *call)
{
	return give_terminal(call, LN_P2_TERMINAL_OUTPUT, 1, LN_WRITABLE);
}

int ln_p2_get_terminal_stderr(struct ln_p2_call *call)
{
	return give_terminal(call, LN_P2_TERMINAL_OUTPUT, 2, LN_WRITABLE);
}
