/*
 * Timers: messages that are sent later, once or again and again. They are gone
 * when the process that made them ends; one for this process itself wants a
 * handle of its own, as any message.
 */
#ifndef LUNATIC_TIMER_H
#define LUNATIC_TIMER_H

#include <lunatic/mailbox.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A timer of this process. All zeros is one that may be there: use
 * LUNATIC_NO_TIMER for none. */
struct lunatic_timer {
	uint64_t id;
};

#define LUNATIC_NO_TIMER ((struct lunatic_timer){ UINT64_MAX })

/*
 * Sends a message, which ends here, when that many milliseconds have passed.
 * `timer` is what lunatic_timer_cancel wants, or NULL. Returns what made the
 * writer fail; then there is no timer. Traps if the handle is invalid, or the
 * process has as many timers as it may.
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

/* The same whenever that many milliseconds have passed, at least 1, until it is
 * cancelled or the other process has ended. */
int lunatic_mail_send_every(struct lunatic_writer *mail, struct lunatic_proc to,
			    uint64_t milliseconds, struct lunatic_timer *timer);

/* Cancels a timer. Returns true when it was there: then its message has not
 * been sent, or, of one that repeats, is not sent again. One that is none, has
 * sent, or was cancelled is harmless. */
bool lunatic_timer_cancel(struct lunatic_timer timer);

#ifdef __cplusplus
}
#endif

#endif
