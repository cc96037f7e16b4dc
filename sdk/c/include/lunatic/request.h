/*
 * Requests: messages that wait for an answer. They are what Process::request
 * and Request::reply of the Rust crate exchange: a tagged message of the array
 * [value, tag, sender], answered with a value under that tag.
 */
#ifndef LUNATIC_REQUEST_H
#define LUNATIC_REQUEST_H

#include <lunatic/mailbox.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Begins a request; one value must follow.
 *
 *	static int add(struct lunatic_proc adder, int32_t a, int32_t b)
 *	{
 *		struct lunatic_writer request;
 *		struct lunatic_reader reply;
 *		int32_t sum;
 *		int status;
 *
 *		lunatic_request_begin(&request);
 *		lunatic_write_array(&request, 2);
 *		lunatic_write_int(&request, a);
 *		lunatic_write_int(&request, b);
 *		status = lunatic_request_send(&request, adder, &reply, 1000);
 *		if (status != 0)
 *			return status;
 *		sum = lunatic_read_i32(&reply);
 *		status = lunatic_reader_end(&reply);
 *		return status == 0 ? sum : status;
 *	}
 */
void lunatic_request_begin(struct lunatic_writer *request);

/*
 * Sends a request and waits for its answer, while other messages wait in the
 * mailbox. Returns the status of the writer if that has failed;
 * LUNATIC_ETIMEDOUT; or LUNATIC_EDIED, as soon as the other process has ended
 * without an answer or its node is lost; lunatic_request_end then tells why. A
 * later answer is dropped. Traps if the handle is invalid.
 */
int lunatic_request_send(struct lunatic_writer *request, struct lunatic_proc to,
			 struct lunatic_reader *reply, int64_t timeout);

/* How the other process ended, if the last request returned LUNATIC_EDIED. */
struct lunatic_end lunatic_request_end(void);

/* The process to answer. It holds a handle, which the answer drops. */
struct lunatic_sender {
	struct lunatic_proc proc;
	int64_t tag;
};

/*
 * Begins to read a request from a received message. Read the value next, then
 * call lunatic_request_close. LUNATIC_EFORMAT if it is not a request.
 *
 *	static void answer(struct lunatic_reader *mail)
 *	{
 *		struct lunatic_sender sender;
 *		struct lunatic_writer reply;
 *		int32_t sum = 0;
 *
 *		lunatic_request_open(mail);
 *		if (lunatic_read_tuple(mail, 2)) {
 *			sum += lunatic_read_i32(mail);
 *			sum += lunatic_read_i32(mail);
 *		}
 *		if (lunatic_request_close(mail, &sender) != 0)
 *			return;
 *		lunatic_reply_begin(&reply, &sender);
 *		lunatic_write_int(&reply, sum);
 *		lunatic_reply_send(&reply, &sender);
 *	}
 */
int lunatic_request_open(struct lunatic_reader *mail);

/* Skips the rest of the value and reads the rest of the request. On
 * success `sender` holds a handle, which lunatic_reply_send or
 * lunatic_proc_drop drops. Returns the reader's status. */
int lunatic_request_close(struct lunatic_reader *mail,
			  struct lunatic_sender *sender);

/* Begins an answer, at any time after the request was closed. */
void lunatic_reply_begin(struct lunatic_writer *reply,
			 const struct lunatic_sender *sender);

/* Sends an answer and drops the handle. If the writer has failed, its status is
 * returned and the handle is dropped, too. */
int lunatic_reply_send(struct lunatic_writer *reply,
		       struct lunatic_sender *sender);

#ifdef __cplusplus
}
#endif

#endif
