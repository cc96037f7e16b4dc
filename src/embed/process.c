/*
 * DESIGN
 * Functions for processes that any thread may call: to spawn, query, kill and
 * await them. The calls for the running native process are in native.c.
 */
#include <lunatic/runtime.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "base/uuid.h"
#include "embed/embed.h"
#include "process/life.h"
#include "process/process.h"
#include "process/wasm.h"
#include "sched/task.h"

_Static_assert((int)LUNATIC_RT_OUTCOME_NORMAL == LN_OUTCOME_NORMAL &&
		       (int)LUNATIC_RT_OUTCOME_EXITED == LN_OUTCOME_EXITED &&
		       (int)LUNATIC_RT_OUTCOME_TRAPPED == LN_OUTCOME_TRAPPED &&
		       (int)LUNATIC_RT_OUTCOME_KILLED == LN_OUTCOME_KILLED,
	       "two numbers for one outcome");
_Static_assert(LUNATIC_RT_ID_TEXT == LN_UUID_TEXT, "two sizes for one text");

/* Writes a parameter as ln_wasm_spawn reads it; false: of no known kind. */
static bool encode(const lunatic_rt_value *value, uint8_t *to)
{
	memset(to, 0, LN_PARAM_SIZE);
	switch (value->kind) {
	case LUNATIC_RT_I32:
		to[0] = LN_PARAM_I32;
		memcpy(to + 1, &value->of.i32, sizeof(value->of.i32));
		return true;
	case LUNATIC_RT_I64:
		to[0] = LN_PARAM_I64;
		memcpy(to + 1, &value->of.i64, sizeof(value->of.i64));
		return true;
	case LUNATIC_RT_V128:
		to[0] = LN_PARAM_V128;
		memcpy(to + 1, value->of.v128, sizeof(value->of.v128));
		return true;
	}
	return false;
}

static int encode_all(const lunatic_rt_value *values, size_t count,
		      uint8_t **to)
{
	uint8_t *bytes;

	*to = NULL;
	if (count == 0)
		return 0;
	if (values == NULL)
		return LN_EINVAL;
	if (count > SIZE_MAX / LN_PARAM_SIZE)
		return LN_ENOMEM;
	bytes = malloc(count * LN_PARAM_SIZE);
	if (bytes == NULL)
		return LN_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (!encode(&values[i], bytes + i * LN_PARAM_SIZE)) {
			free(bytes);
			return LN_EINVAL;
		}
	}
	*to = bytes;
	return 0;
}

int lunatic_rt_process_spawn(lunatic_rt_module *module, const char *function,
			     const lunatic_rt_value *params, size_t count,
			     int64_t link_tag, lunatic_rt_process **process,
			     char **error_text)
{
	struct ln_spawn spawn = { .module = module,
				  .function = function,
				  .params_len = count * LN_PARAM_SIZE,
				  .caller = ln_embed_running(),
				  .parent = ln_embed_running(),
				  .link_tag = link_tag };
	struct ln_process *spawned;
	uint8_t *encoded;
	char *text;
	int error;

	if (process != NULL)
		*process = NULL;
	if (error_text != NULL)
		*error_text = NULL;
	if (module == NULL || function == NULL ||
	    (link_tag != 0 && spawn.parent == NULL))
		return LN_EINVAL;
	error = encode_all(params, count, &encoded);
	if (error < 0)
		return error;
	spawn.function_len = strlen(function);
	spawn.params = encoded;
	error = ln_wasm_spawn(&spawn, &spawned, &text);
	free(encoded);
	if (error == 0 && process != NULL)
		*process = spawned;
	else if (error == 0)
		ln_process_release(spawned);
	else if (error_text != NULL)
		*error_text = text;
	else
		free(text);
	return error;
}

lunatic_rt_process *lunatic_rt_process_retain(lunatic_rt_process *process)
{
	return process != NULL ? ln_process_retain(process) : NULL;
}

void lunatic_rt_process_release(lunatic_rt_process *process)
{
	if (process != NULL)
		ln_process_release(process);
}

int lunatic_rt_process_id(const lunatic_rt_process *process, uint8_t id[16])
{
	if (id == NULL)
		return LN_EINVAL;
	memset(id, 0, sizeof(process->id));
	if (process == NULL)
		return LN_EINVAL;
	memcpy(id, process->id, sizeof(process->id));
	return 0;
}

int lunatic_rt_process_id_text(const lunatic_rt_process *process,
			       char text[LUNATIC_RT_ID_TEXT])
{
	if (text == NULL)
		return LN_EINVAL;
	text[0] = '\0';
	if (process == NULL)
		return LN_EINVAL;
	ln_uuid_format(process->id, text);
	return 0;
}

int lunatic_rt_process_kill(lunatic_rt_process *process)
{
	int error;

	if (process == NULL)
		return LN_EINVAL;
	error = ln_process_wait_for_room(process, LN_NEVER);
	if (error == 0)
		ln_process_kill(process);
	return error;
}

int lunatic_rt_process_outcome(lunatic_rt_process *process,
			       lunatic_rt_outcome *outcome, uint32_t *exit_code)
{
	bool dead;

	if (outcome != NULL)
		*outcome = LUNATIC_RT_OUTCOME_NORMAL;
	if (exit_code != NULL)
		*exit_code = 0;
	if (process == NULL || outcome == NULL)
		return LN_EINVAL;
	if (ln_process_is_remote(process))
		return LN_EUNSUP;
	ln_process_lock(process);
	dead = process->dead;
	if (dead) {
		*outcome = (lunatic_rt_outcome)process->outcome;
		if (exit_code != NULL && process->outcome == LN_OUTCOME_EXITED)
			*exit_code = process->exit_code;
	}
	ln_process_unlock(process);
	return dead ? 0 : LN_EAGAIN;
}

int lunatic_rt_process_wait(lunatic_rt_process *process, int64_t timeout_ms,
			    lunatic_rt_outcome *outcome, uint32_t *exit_code)
{
	lunatic_rt_outcome unused;

	if (outcome == NULL)
		outcome = &unused;
	*outcome = LUNATIC_RT_OUTCOME_NORMAL;
	if (exit_code != NULL)
		*exit_code = 0;
	/* A process would stop its worker, possibly the one that runs the
	 * process it waits for. And a function must not wait for the process
	 * that waits for it. */
	if (process == NULL || ln_task_current() != NULL ||
	    ln_embed_served() == process)
		return LN_EINVAL;
	if (ln_process_is_remote(process))
		return LN_EUNSUP;
	if (!ln_process_wait_until(process, ln_embed_deadline(timeout_ms)))
		return LN_ETIMEDOUT;
	return lunatic_rt_process_outcome(process, outcome, exit_code);
}
