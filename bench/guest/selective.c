/*
 * A mailbox holds 10,000 messages that nobody wants yet. Timed: sending the
 * own process one more of another kind and receiving that by its tag; and a
 * request to another process, whose answer has a tag never used before.
 */
#include "bench.h"

#define WAITING 10000
#define ROUNDS 5
#define TIMES 500
#define OTHER 1
#define WANTED 2
#define FIRST_REQUEST 1000

ENTRY(server)
void server(void)
{
	uint64_t client = receive_process();
	uint64_t number;

	do {
		number = receive_number();
		send_number(client, lunatic_message_get_tag(), number);
	} while (number > 0);
}

static void pick_out(uint64_t self)
{
	const int64_t wanted = WANTED;
	uint64_t start = now();
	uint64_t number;

	for (uint64_t i = 0; i < TIMES; i++) {
		send_number(self, WANTED, i);
		lunatic_message_receive(&wanted, 1, 0);
		lunatic_message_read_data(&number, sizeof(number));
		if (number != i)
			__builtin_trap();
	}
	report("selective", now() - start, TIMES);
}

static void request(uint64_t server, int64_t *tag)
{
	uint64_t start = now();
	uint64_t number;

	for (uint64_t i = 1; i <= TIMES; i++) {
		lunatic_message_create_data((*tag)++, sizeof(i));
		lunatic_message_write_data(&i, sizeof(i));
		lunatic_message_send_receive_skip_search(server, 0);
		lunatic_message_read_data(&number, sizeof(number));
		if (number != i)
			__builtin_trap();
	}
	report("request", now() - start, TIMES);
}

int main(void)
{
	uint64_t self = lunatic_process_this();
	uint64_t server = spawn("server", NULL);
	int64_t tag = FIRST_REQUEST;

	send_process(server, lunatic_process_this());
	for (uint64_t i = 0; i < WAITING; i++)
		send_number(self, OTHER, i);
	for (int round = 0; round < ROUNDS; round++) {
		pick_out(self);
		request(server, &tag);
	}
	send_number(server, tag, 0);
	lunatic_message_receive(&tag, 1, 0);
	return 0;
}
