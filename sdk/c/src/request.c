/*
 * Requests and answers, in the Rust crate's form: [value, tag, sender]. The
 * sender comes last, so a request must be closed before it can be answered. The
 * host makes the tag, watches the receiver, and drops late answers.
 */
#include <lunatic/abi.h>
#include <lunatic/request.h>
#include <lunatic/status.h>

#include "internal.h"

/* How the receiver of the last failed request ended. */
static struct lunatic_end last_end;

void lunatic_request_begin(struct lunatic_writer *request)
{
	int64_t tag = lunatic_message_new_tag();

	lunatic_mail_begin(request, tag);
	request->tag = tag;
	lunatic_write_array(request, 3);
}

int lunatic_request_send(struct lunatic_writer *request, struct lunatic_proc to,
			 struct lunatic_reader *reply, int64_t timeout)
{
	uint32_t result;
	int status;

	if (request->status == 0 && request->message != lunatic_scratch_message)
		lunatic_writer_fail(request, LUNATIC_EMISUSE);
	if (request->status == 0 && request->pending != 2)
		lunatic_writer_fail(request, LUNATIC_EMISUSE);
	if (request->status != 0)
		return request->status;
	lunatic_write_int(request, request->tag);
	lunatic_write_proc(request, lunatic_proc_self());
	status = lunatic_writer_close(request);
	if (status != 0)
		return status;
	result = lunatic_message_request(to.id, lunatic_host_timeout(timeout));
	lunatic_scratch_changed();
	if (result == LUNATIC_MESSAGE) {
		lunatic_reader_open(reply);
		return 0;
	}
	if (result != LUNATIC_ENDED)
		return LUNATIC_ETIMEDOUT;
	last_end = lunatic_mail_end();
	lunatic_note_end(&last_end);
	return LUNATIC_EDIED;
}

struct lunatic_end lunatic_request_end(void)
{
	return last_end;
}

int lunatic_request_open(struct lunatic_reader *mail)
{
	lunatic_read_tuple(mail, 3);
	return mail->status;
}

int lunatic_request_close(struct lunatic_reader *mail,
			  struct lunatic_sender *sender)
{
	while (mail->status == 0 && mail->pending > 2)
		lunatic_skip(mail);
	*sender = (struct lunatic_sender){ LUNATIC_NO_PROC, 0 };
	sender->tag = lunatic_read_int(mail);
	sender->proc = lunatic_read_proc(mail);
	if (lunatic_reader_end(mail) != 0) {
		lunatic_proc_drop(sender->proc);
		sender->proc = LUNATIC_NO_PROC;
	}
	return mail->status;
}

void lunatic_reply_begin(struct lunatic_writer *reply,
			 const struct lunatic_sender *sender)
{
	lunatic_mail_begin(reply, sender->tag);
}

int lunatic_reply_send(struct lunatic_writer *reply,
		       struct lunatic_sender *sender)
{
	int status = lunatic_mail_send(reply, sender->proc);

	lunatic_proc_drop(sender->proc);
	sender->proc = LUNATIC_NO_PROC;
	return status;
}
