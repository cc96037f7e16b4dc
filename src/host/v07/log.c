/* lunatic::log, of all generations. */
#include "base/log.h"

#include "base/error.h"
#include "host/abi_gen.h"
#include "process/guest.h"
#include "process/guest_log.h"
#include "process/process.h"
#include "sched/task.h"

struct call {
	struct ln_process *process;
	enum ln_log_level level;
	struct ln_slice text;
	int result;
};

static void write_line(void *argument)
{
	struct call *call = argument;

	call->result =
		ln_guest_log(call->process, call->level,
			     (const char *)call->text.data, call->text.len);
}

int ln_host_log_write(struct ln_guest *guest, uint32_t level,
		      struct ln_slice text)
{
	struct call call = { .process = guest->process, .text = text };

	if (level > LN_LOG_DEBUG)
		return ln_guest_trap(guest, "the level is %u, not 0 to 3",
				     level);
	call.level = (enum ln_log_level)level;
	if (ln_log_enabled(call.level))
		ln_task_on_worker_stack(&guest->process->task, write_line,
					&call);
	return call.result;
}

int ln_host_log_level(struct ln_guest *guest, uint32_t *result)
{
	(void)guest;
	*result = (uint32_t)ln_log_threshold();
	return 0;
}
