/* Bodies of native processes that tests of processes share. */
#ifndef LN_TEST_SUPPORT_PARTS_H
#define LN_TEST_SUPPORT_PARTS_H

#include <stdint.h>

#include "process/message.h"
#include "process/process.h"

/* A process under test and what its body saw. */
struct test_part {
	struct ln_process *peer;
	int64_t tag;
	int64_t got_tag;
	enum ln_message_kind got_kind;
	int error;
	int ran;
	int received;
	_Atomic bool ready;
	_Atomic bool go;
};

/* A message without data. */
struct ln_message *test_message(int64_t tag);
int test_send(struct ln_process *to, int64_t tag);

/* Ends as its argument, an enum ln_outcome, says, with the exit code 42. */
enum ln_outcome test_end_as(struct ln_process *self);

/* Receives one message and notes what it was; of a struct test_part. */
enum ln_outcome test_receive_one(struct ln_process *self);

/* Waits for `go`, whatever comes in; of a struct test_part. */
enum ln_outcome test_ignore_mail(struct ln_process *self);

#endif
