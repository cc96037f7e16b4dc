/* lunatic::timer: messages that are sent later. */
#include "base/error.h"
#include "host/abi_gen.h"
#include "host/messages.h"
#include "host/v13/find.h"
#include "process/timers.h"

int ln_host_v13_timer_send_after(struct ln_guest *guest, uint64_t process,
				 uint64_t milliseconds, uint64_t *result)
{
	struct ln_message *message;
	struct ln_process *to;
	int error;

	if (ln_host_scratch_data(guest) == NULL)
		return ln_host_no_message(guest);
	message = ln_host_scratch_take(guest);
	to = ln_v13_find(guest, process);
	if (to == NULL) {
		ln_message_free(message);
		*result = UINT64_MAX;
		return 0;
	}
	error = ln_host_send_later(guest, to, message, milliseconds,
				   LN_HOST_LATER_ANYHOW, result);
	ln_process_release(to);
	return error;
}

int ln_host_v13_timer_cancel_timer(struct ln_guest *guest, uint64_t timer,
				   uint32_t *result)
{
	int64_t left;

	*result = ln_process_cancel_timer(guest->process, timer, &left) == 0;
	return 0;
}
