// Processes of a module with much data, which begin at once before anything is
// known of it: each finds all of the data.
//
// options: --workers 2
// stdout: passed
#include <lunatic.h>
#include <stdio.h>

#include "../check.h"

#define SIZE (5 << 20) // so much that the second instance tells, not the first
#define PROCESSES 12

// Volatile, so that it is read and lies in the memory.
static volatile unsigned char data[SIZE] = { [0 ... SIZE - 1] = 'd' };

static void child(const void *argument, size_t size)
{
	struct lunatic_writer mail;
	struct lunatic_reader parent;
	struct lunatic_proc proc;
	int64_t found = 0;

	(void)argument;
	(void)size;
	for (size_t i = 0; i < SIZE; i += 512)
		found += data[i] == 'd';
	CHECK_EQ(lunatic_receive(&parent, LUNATIC_FOREVER), LUNATIC_MESSAGE);
	proc = lunatic_read_proc(&parent);
	lunatic_mail_begin(&mail, 0);
	lunatic_write_int(&mail, found);
	lunatic_mail_send(&mail, proc);
}

int main(void)
{
	for (int i = 0; i < PROCESSES; i++) {
		struct lunatic_writer mail;
		struct lunatic_proc proc;

		lunatic_spawn_bytes(&proc, NULL, child, NULL, 0);
		lunatic_mail_begin(&mail, 0);
		lunatic_write_proc(&mail, lunatic_proc_self());
		lunatic_mail_send(&mail, proc);
	}
	for (int i = 0; i < PROCESSES; i++) {
		struct lunatic_reader mail;

		CHECK_EQ(lunatic_receive(&mail, LUNATIC_FOREVER),
			 LUNATIC_MESSAGE);
		CHECK_EQ(lunatic_read_int(&mail), SIZE / 512);
	}
	puts("passed");
	return 0;
}
