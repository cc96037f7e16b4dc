/*
 * Messages: beginning, sending and receiving them. A message holds one value of
 * MessagePack and the handles that it mentions, and may have a tag.
 *
 * A process has one scratch area. It holds the message that is being written,
 * or was received last. Beginning, sending or receiving another message
 * replaces it; a reader or writer that is used after that fails with
 * LUNATIC_EMISUSE. So read a message completely before you answer it.
 */
#ifndef LUNATIC_MAILBOX_H
#define LUNATIC_MAILBOX_H

#include <lunatic/process.h>
#include <lunatic/reader.h>
#include <lunatic/writer.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A timeout that never comes. */
#define LUNATIC_FOREVER INT64_C(-1)

/* What lunatic_receive returns when something came. */
enum lunatic_received {
	LUNATIC_MESSAGE = 0,
	LUNATIC_LINK_DIED = 1, /* a link failed: lunatic_mail_tag */
	LUNATIC_ENDED = 2,     /* a monitored process ended: lunatic_mail_end */
};

/*
 * Begins a message. A tag of 0 means no tag. Write the message with
 * lunatic/writer.h and send it with lunatic_mail_send. A message that is not
 * sent needs no cleaning up.
 *
 *	static void tell(struct lunatic_proc to, int32_t x, int32_t y)
 *	{
 *		struct lunatic_writer mail;
 *
 *		lunatic_mail_begin(&mail, 0);
 *		lunatic_write_array(&mail, 2);
 *		lunatic_write_int(&mail, x);
 *		lunatic_write_int(&mail, y);
 *		lunatic_mail_send(&mail, to);
 *	}
 *
 * Writing traps when the message becomes larger than the runtime allows.
 */
void lunatic_mail_begin(struct lunatic_writer *mail, int64_t tag);

/* Sends a message. If the writer has failed, its status is returned and nothing
 * is sent. The sender does not learn whether the message arrives: a message to
 * a process that has ended, or whose mailbox is full, is dropped. Traps if the
 * handle is invalid. */
int lunatic_mail_send(struct lunatic_writer *mail, struct lunatic_proc to);

/* Writes a handle, which moves into the message: it is invalid here afterwards,
 * even if the message is never sent. Clone it to keep one. LUNATIC_EMISUSE if
 * the writer does not write a message. Traps if the handle is invalid. */
void lunatic_write_proc(struct lunatic_writer *mail, struct lunatic_proc proc);

/* Reads a handle, which then belongs to this process. Traps if the message
 * refers to a handle that it does not contain. LUNATIC_NO_PROC after a failure.
 */
struct lunatic_proc lunatic_read_proc(struct lunatic_reader *mail);

/*
 * Takes the oldest message, and waits while there is none, unless the timeout
 * is 0. Returns LUNATIC_MESSAGE for a message that can be read,
 * LUNATIC_LINK_DIED or LUNATIC_ENDED for one that has only a tag, or
 * LUNATIC_ETIMEDOUT.
 *
 *	static void listen(void)
 *	{
 *		struct lunatic_reader mail;
 *		char text[80];
 *
 *		while (lunatic_receive(&mail, LUNATIC_FOREVER) ==
 *		       LUNATIC_MESSAGE) {
 *			lunatic_read_str(&mail, text, sizeof(text));
 *			if (lunatic_reader_end(&mail) == 0)
 *				puts(text);
 *		}
 *	}
 */
int lunatic_receive(struct lunatic_reader *mail, int64_t timeout);

/*
 * Begins to read the last received message again, from its start: to try
 *another shape, or to pass it to a function that reads all of it. A handle that
 *was read is no longer in it. LUNATIC_EMISUSE if there is no such message:
 *another one has been begun or sent since, or the message reported a failed
 *link.
 *
 *	static void take(struct lunatic_reader *mail)
 *	{
 *		int64_t number = lunatic_read_int(mail);
 *		char text[32];
 *
 *		if (lunatic_reader_end(mail) == 0) {
 *			printf("%lld\n", (long long)number);
 *		} else if (lunatic_read_again(mail) == 0) {
 *			lunatic_read_str(mail, text, sizeof(text));
 *			puts(text);
 *		}
 *	}
 */
int lunatic_read_again(struct lunatic_reader *mail);

/* Like lunatic_receive, for the oldest message with one of `count` tags; others
 * stay in the mailbox. */
int lunatic_receive_tagged(struct lunatic_reader *mail, const int64_t *tags,
			   size_t count, int64_t timeout);

/* The tag of the last received message, 0 for none. For LUNATIC_LINK_DIED it is
 * the tag of the link. Traps if nothing was received, or something was sent
 * since. */
int64_t lunatic_mail_tag(void);

/*
 * After LUNATIC_ENDED: how the process ended that was monitored under
 * lunatic_mail_tag. Traps if another message was received or begun since.
 *
 *	static void await(struct lunatic_proc proc)
 *	{
 *		int64_t tag = lunatic_proc_monitor(proc);
 *		struct lunatic_reader mail;
 *
 *		if (lunatic_receive_tagged(&mail, &tag, 1, LUNATIC_FOREVER) ==
 *		    LUNATIC_ENDED)
 *			puts(lunatic_end_text(lunatic_mail_end()));
 *	}
 */
struct lunatic_end lunatic_mail_end(void);

/* Sends a message that has a tag and nil as its value. */
void lunatic_send_tag(struct lunatic_proc to, int64_t tag);

#ifdef __cplusplus
}
#endif

#endif
