/* Links, monitors, ends. */
#include "host/links.h"

#include "base/error.h"
#include "base/time.h"
#include "process/guest.h"
#include "process/monitors.h"
#include "process/process.h"

int ln_host_link(struct ln_guest *guest, struct ln_process *process,
		 int64_t tag)
{
	int error = ln_process_wait_for_room(process, LN_NEVER);

	if (error == 0)
		error = ln_process_link(guest->process, process, tag, tag);
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest, "too many links");
	/* A dead link that kills takes effect before the guest goes on. */
	if (error == 0 && ln_task_interrupted(&guest->process->task))
		return LN_EKILLED;
	return error;
}

int ln_host_unlink(struct ln_guest *guest, struct ln_process *process)
{
	int error = ln_process_wait_for_room(process, LN_NEVER);

	if (error == 0)
		ln_process_unlink(guest->process, process);
	return error;
}

int ln_host_monitor(struct ln_guest *guest, struct ln_process *process,
		    int64_t *tag)
{
	int error = ln_process_wait_for_room(process, LN_NEVER);

	if (error == 0)
		error = ln_process_monitor(guest->process, process, tag);
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest, "too many monitors");
	return error;
}

int ln_host_kill(struct ln_guest *guest, struct ln_process *process)
{
	int error = ln_process_wait_for_room(process, LN_NEVER);

	if (error == 0)
		ln_process_kill(process);
	/* It may have killed itself. */
	if (error == 0 && ln_task_interrupted(&guest->process->task))
		return LN_EKILLED;
	return error;
}
