/*
 * Timers: messages that are sent later, once or repeatedly. They end with the
 * process that made them. To send to itself, a process needs a handle to itself
 * (lunatic_proc_self), as for any message.
 */
#ifndef LUNATIC_TIMER_H
#define LUNATIC_TIMER_H

#include <lunatic/mailbox.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A timer of this process. All zeros may be a valid timer: use LUNATIC_NO_TIMER
 * for none. */
struct lunatic_timer {
	uint64_t id;
};

#define LUNATIC_NO_TIMER ((struct lunatic_timer){ UINT64_MAX })

/*
 * Ends a message and sends it when that many milliseconds have passed. `timer`
 * gets the timer, for lunatic_timer_cancel, or is NULL. If the writer has
 * failed, its status is returned and there is no timer. Traps if the handle is
 * invalid, or the process has as many timers as it may.
 *
 *	static void remind(struct lunatic_proc self,
 *			   struct lunatic_timer *timer)
 *	{
 *		struct lunatic_writer mail;
 *
 *		lunatic_mail_begin(&mail, -1);
 *		lunatic_write_str(&mail, "it is time");
 *		lunatic_mail_send_after(&mail, self, 500, timer);
 *	}
 */
int lunatic_mail_send_after(struct lunatic_writer *mail, struct lunatic_proc to,
			    uint64_t milliseconds, struct lunatic_timer *timer);

/* The same, repeated at that interval, at least 1, until the timer is cancelled
 * or the receiver has ended. */
int lunatic_mail_send_every(struct lunatic_writer *mail, struct lunatic_proc to,
			    uint64_t milliseconds, struct lunatic_timer *timer);

/* Cancels a timer. Returns true if it was active: then its message has not been
 * sent, or is not sent again if it repeats. A timer that is invalid, has sent,
 * or was cancelled does no harm. */
bool lunatic_timer_cancel(struct lunatic_timer timer);

#ifdef __cplusplus
}
#endif

#endif
