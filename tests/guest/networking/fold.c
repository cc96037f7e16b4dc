// Processes that wait for sockets are folded: in an accept, in a read into the
// own memory, alone or beside the reader of a clone. What comes in lies where
// it belongs afterwards, and all around it is what it was.
//
// options: --workers 2 --fold-after 20ms --report
// timeout: 60
// stdout: passed
// stderr~ [1-9][0-9]+ times folded
#include "net.h"

#define READERS 8
#define ROUNDS 3
#define LONG_ENOUGH 150 // milliseconds until it is folded
#define READY 6
#define DONE 7
#define CAME 8

static char page[30000];
static uint64_t boss;

static void check_around(const char *from, const char *to, int number)
{
	for (; from < to; from++)
		CHECK_EQ(*from, (char)number);
}

// Reads into the middle of a page, many times.
ENTRY(reader)(int32_t number)
{
	uint64_t stream;
	uint64_t count;

	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	stream = lunatic_message_take_tcp_stream(1);
	memset(page, number, sizeof(page));
	for (int round = 0; round < ROUNDS; round++) {
		send_number(boss, READY, number);
		CHECK_EQ(read_soon(stream, page + 5000, 20000, &count), OK);
		CHECK_EQ(count, 1000 + number);
		for (uint64_t i = 0; i < count; i++)
			CHECK_EQ(page[5000 + i], (char)('a' + round));
		check_around(page, page + 5000, number);
		check_around(page + 5000 + count, page + sizeof(page), number);
		memset(page + 5000, number, count);
	}
	send_number(boss, DONE, number);
}

ENTRY(listener)(void)
{
	uint16_t port;
	uint64_t socket = listen_at(&port);

	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	memset(page, 3, sizeof(page));
	send_number(boss, READY, port);
	for (int i = 0; i < READERS; i++) {
		uint64_t stream = accept_from(socket);

		lunatic_message_create_data(CAME, 0);
		lunatic_message_push_tcp_stream(stream);
		lunatic_message_send(boss);
	}
	check_around(page, page + sizeof(page), 3);
}

int main(void)
{
	int64_t ready = READY;
	int64_t done = DONE;
	int64_t came = CAME;
	uint64_t streams[READERS];
	uint64_t clones[READERS];
	uint64_t accepts = spawn("listener", 1);
	uint16_t port;

	send_this(accepts, 1);
	CHECK_EQ(lunatic_message_receive(&ready, 1, SOON), DATA);
	port = (uint16_t)read_number();
	lunatic_process_sleep_ms(LONG_ENOUGH);
	for (int i = 0; i < READERS; i++) {
		uint64_t reader = spawn_with("reader", 1, i);
		uint64_t served;

		streams[i] = connect_to(port);
		CHECK_EQ(lunatic_message_receive(&came, 1, SOON), DATA);
		served = lunatic_message_take_tcp_stream(0);
		lunatic_message_create_data(0, 0);
		lunatic_message_push_process(lunatic_process_this());
		// Half of them share it with this process: they watch it.
		if (i % 2 == 0)
			clones[i] = lunatic_networking_clone_tcp_stream(served);
		lunatic_message_push_tcp_stream(served);
		lunatic_message_send(reader);
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < READERS; i++)
			CHECK_EQ(lunatic_message_receive(&ready, 1, SOON),
				 DATA);
		lunatic_process_sleep_ms(LONG_ENOUGH);
		memset(page, 'a' + round, sizeof(page));
		for (int i = 0; i < READERS; i++)
			write_all(streams[i], page, 1000 + (uint32_t)i);
	}
	for (int i = 0; i < READERS; i++)
		CHECK_EQ(lunatic_message_receive(&done, 1, SOON), DATA);
	for (int i = 0; i < READERS; i += 2)
		lunatic_networking_drop_tcp_stream(clones[i]);
	puts("passed");
	return 0;
}
