/*
 * Readers and writers of messages. The scratch area of the host holds one
 * message; `lunatic_scratch_message` is its number, and every function here
 * that replaces the message counts up.
 */
#include <lunatic/abi.h>
#include <lunatic/mailbox.h>
#include <lunatic/status.h>
#include <unistd.h>

#include "internal.h"

void (*lunatic_scratch_leaving)(void);
int (*lunatic_save_now)(struct lunatic_writer *out);

uint32_t lunatic_host_timeout(int64_t timeout)
{
	if (timeout < 0)
		return 0;
	if (timeout > UINT32_MAX)
		return UINT32_MAX;
	return timeout == 0 ? 1 : (uint32_t)timeout;
}

void lunatic_fail(void)
{
	_exit(1);
}

/* Writing. */

void lunatic_writer_open(struct lunatic_writer *writer)
{
	writer->at = writer->room;
	writer->end = writer->room + sizeof(writer->room);
	writer->message = lunatic_scratch_message;
}

void lunatic_writer_arm(struct lunatic_writer *writer,
			int (*begin)(struct lunatic_writer *writer),
			void *context)
{
	lunatic_writer_begin(writer, writer->room, 0);
	writer->message = LUNATIC_SCRATCH_NOT_YET;
	writer->begin = begin;
	writer->context = context;
}

bool lunatic_writer_begun(const struct lunatic_writer *writer)
{
	return writer->message != LUNATIC_SCRATCH_NOT_YET;
}

int lunatic_writer_close(struct lunatic_writer *writer)
{
	int status = writer->status;

	if (status == 0 && writer->pending == 0)
		status = lunatic_writer_flush(writer, NULL, 0);
	else if (status == 0)
		status = LUNATIC_EMISUSE;
	if (status != 0)
		lunatic_writer_fail(writer, status);
	return status;
}

void lunatic_mail_begin(struct lunatic_writer *mail, int64_t tag)
{
	if (lunatic_scratch_leaving != NULL)
		lunatic_scratch_leaving();
	lunatic_message_create_data(tag, 0);
	lunatic_scratch_changed();
	lunatic_writer_open(mail);
	mail->pending = 1;
	mail->status = 0;
}

int lunatic_mail_send(struct lunatic_writer *mail, struct lunatic_proc to)
{
	int status = lunatic_writer_close(mail);

	if (status != 0)
		return status;
	lunatic_message_send(to.id);
	lunatic_scratch_changed();
	return 0;
}

void lunatic_send_tag(struct lunatic_proc to, int64_t tag)
{
	struct lunatic_writer mail;

	lunatic_mail_begin(&mail, tag);
	lunatic_write_nil(&mail);
	lunatic_mail_send(&mail, to);
}

bool lunatic_writer_may_push(struct lunatic_writer *mail)
{
	int status = 0;

	/* An answer begins with its first byte. */
	if (mail->status == 0 && !lunatic_writer_begun(mail))
		status = lunatic_writer_flush(mail, NULL, 0);
	if (mail->message != lunatic_scratch_message)
		status = status != 0 ? status : LUNATIC_EMISUSE;
	if (status != 0)
		lunatic_writer_fail(mail, status);
	return mail->status == 0;
}

void lunatic_write_proc(struct lunatic_writer *mail, struct lunatic_proc proc)
{
	if (lunatic_writer_may_push(mail))
		lunatic_write_uint(mail, lunatic_message_push_process(proc.id));
}

/* Reading. */

void lunatic_reader_open(struct lunatic_reader *reader)
{
	size_t count =
		lunatic_message_read_data(reader->room, sizeof(reader->room));

	reader->at = reader->room;
	reader->end = reader->room + count;
	reader->pending = 1;
	reader->message = lunatic_scratch_message;
	reader->left = 0;
	reader->status = 0;
	if (count == sizeof(reader->room))
		reader->left = lunatic_message_data_size() - count;
}

int lunatic_receive_tagged(struct lunatic_reader *mail, const int64_t *tags,
			   size_t count, int64_t timeout)
{
	uint32_t result;

	if (lunatic_scratch_leaving != NULL)
		lunatic_scratch_leaving();
	result = timeout == 0
			 ? lunatic_message_try_receive(tags, count)
			 : lunatic_message_receive(
				   tags, count, lunatic_host_timeout(timeout));
	/* After a timeout, a reader of the earlier message stays valid. */
	if (result > LUNATIC_ENDED)
		return LUNATIC_ETIMEDOUT;
	lunatic_scratch_changed();
	if (result == LUNATIC_MESSAGE) {
		lunatic_reader_open(mail);
	} else {
		/* There is nothing to read. */
		lunatic_reader_begin(mail, NULL, 0);
		lunatic_reader_fail(mail, LUNATIC_EMISUSE);
	}
	return (int)result;
}

int lunatic_read_again(struct lunatic_reader *mail)
{
	if (mail->message == 0 || mail->message != lunatic_scratch_message)
		return LUNATIC_EMISUSE;
	lunatic_message_seek_data(0);
	lunatic_reader_open(mail);
	return 0;
}

int lunatic_receive(struct lunatic_reader *mail, int64_t timeout)
{
	return lunatic_receive_tagged(mail, NULL, 0, timeout);
}

struct lunatic_end lunatic_mail_end(void)
{
	uint32_t numbers[2] = { 0, 0 };

	lunatic_message_seek_data(0);
	lunatic_message_read_data(numbers, sizeof(numbers));
	return (struct lunatic_end){ (enum lunatic_reason)numbers[0],
				     numbers[1] };
}

int64_t lunatic_mail_tag(void)
{
	return lunatic_message_get_tag();
}

bool lunatic_reader_index(struct lunatic_reader *mail, uint64_t *index)
{
	*index = lunatic_read_uint(mail);
	if (mail->message == 0)
		lunatic_reader_fail(mail, LUNATIC_EMISUSE);
	return mail->status == 0;
}

struct lunatic_proc lunatic_read_proc(struct lunatic_reader *mail)
{
	uint64_t index;

	if (!lunatic_reader_index(mail, &index))
		return LUNATIC_NO_PROC;
	return (struct lunatic_proc){ lunatic_message_take_process(index) };
}
