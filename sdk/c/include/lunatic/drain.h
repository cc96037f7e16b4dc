/*
 * The end of the program in peace. At SIGTERM, a program that was started with
 * --drain TIME refuses new connections and tells the processes that asked for
 * it; it ends when all of these have ended, or when that time is over.
 */
#ifndef LUNATIC_DRAIN_H
#define LUNATIC_DRAIN_H

#include <lunatic/mailbox.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Has this process told, by a message without content under the tag that is
 * returned; at once when the program drains already. The program then waits for
 * the end of this process. Asking again returns a new tag.
 *
 *	static void serve(void)
 *	{
 *		int64_t drain = lunatic_drain_tell();
 *		struct lunatic_reader mail;
 *
 *		while (lunatic_receive(&mail, LUNATIC_FOREVER) ==
 *		       LUNATIC_MESSAGE) {
 *			if (lunatic_mail_tag() == drain)
 *				return;
 *			puts("a request");
 *		}
 *	}
 */
int64_t lunatic_drain_tell(void);

/* Ends that: the program does not wait for this process. False: it had not
 * asked. A message that has been sent stays in the mailbox. */
bool lunatic_drain_forget(void);

/* Whether the program drains, or ends. */
bool lunatic_drain_begun(void);

#ifdef __cplusplus
}
#endif

#endif
