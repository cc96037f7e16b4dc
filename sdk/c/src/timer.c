/* Timers. */
#include <lunatic/abi.h>
#include <lunatic/timer.h>

#include "internal.h"

static int set(struct lunatic_writer *mail, struct lunatic_proc to,
	       uint64_t milliseconds, struct lunatic_timer *timer,
	       uint64_t (*send)(uint64_t process, uint64_t milliseconds))
{
	int status = lunatic_writer_close(mail);
	uint64_t id = UINT64_MAX;

	if (status == 0) {
		id = send(to.id, milliseconds);
		lunatic_scratch_changed();
	}
	if (timer != NULL)
		timer->id = id;
	return status;
}

int lunatic_mail_send_after(struct lunatic_writer *mail, struct lunatic_proc to,
			    uint64_t milliseconds, struct lunatic_timer *timer)
{
	return set(mail, to, milliseconds, timer, lunatic_message_send_after);
}

int lunatic_mail_send_every(struct lunatic_writer *mail, struct lunatic_proc to,
			    uint64_t milliseconds, struct lunatic_timer *timer)
{
	return set(mail, to, milliseconds, timer, lunatic_message_send_every);
}

bool lunatic_timer_cancel(struct lunatic_timer timer)
{
	return lunatic_message_cancel_timer(timer.id) >= 0;
}
