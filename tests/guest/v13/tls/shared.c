// A stream in several processes: each direction by another one, both at the
// same time; many that write, and many that read; clones that outlive others.
//
// stdout: passed
#include "tls.h"

#define TOTAL (3 << 20)
#define PEERS 4
#define LINES 200
#define LINE 100

static char page[50000];

static void send_stream(uint64_t to, uint64_t stream, int64_t tag)
{
	lunatic_message_create_data(tag, 0);
	CHECK_EQ(lunatic_message_push_tls_stream(stream), 0);
	CHECK_EQ(lunatic_message_send(to), 0);
}

static uint64_t receive_stream(void)
{
	CHECK_EQ(lunatic_message_receive(NULL, 0, SOON), 0);
	return lunatic_message_take_tls_stream(0);
}

// Who gets a clone of the stream.
static uint64_t share_with(const char *entry, uint64_t stream)
{
	uint64_t process = spawn_with(entry, 0, 0);

	send_stream(process, lunatic_networking_clone_tls_stream(stream), 1);
	return process;
}

static void read_numbers(uint64_t stream, uint32_t total)
{
	uint64_t count;

	for (uint32_t at = 0; at < total; at += (uint32_t)count) {
		CHECK_EQ(lunatic_networking_tls_read(stream, page, sizeof(page),
						     &count),
			 OK);
		CHECK(count > 0);
		for (uint32_t i = 0; i < count; i++)
			CHECK_EQ((uint8_t)page[i], (at + i) % 253);
	}
}

static void write_numbers(uint64_t stream, uint32_t total)
{
	static char numbers[253 * 100];

	for (uint32_t i = 0; i < sizeof(numbers); i++)
		numbers[i] = (char)(i % 253);
	for (uint32_t at = 0; at < total;) {
		uint32_t len = sizeof(numbers);

		if (len > total - at)
			len = total - at;
		tls_write_all(stream, numbers, len);
		at += len;
	}
}

ENTRY(reads)(uint64_t unused)
{
	(void)unused;
	read_numbers(receive_stream(), TOTAL);
}

ENTRY(writes)(uint64_t unused)
{
	(void)unused;
	write_numbers(receive_stream(), TOTAL);
}

// Both directions at once, on both sides.
ENTRY(duplex)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);
	uint64_t reader = share_with("reads", stream);

	write_numbers(stream, TOTAL);
	await_end(reader);
}

static void duplex_here(uint64_t listener, uint16_t port)
{
	uint64_t process = spawn_with("duplex", 0, port);
	uint64_t stream = tls_accept_from(listener);
	uint64_t writer;

	// Two of them may begin with the handshake.
	writer = share_with("writes", stream);
	read_numbers(stream, TOTAL);
	await_end(writer);
	// The end comes after all that was shared is dropped.
	tls_expect_end(stream);
	lunatic_networking_drop_tls_stream(stream);
	await_end(process);
}

// Writes whole lines, which those of others do not break.
ENTRY(writes_lines)(uint64_t unused)
{
	uint64_t stream = receive_stream();
	uint64_t me = lunatic_process_process_id();
	char line[LINE];
	uint64_t count;

	(void)unused;
	memset(line, 'a' + (char)(me % 26), sizeof(line));
	for (int i = 0; i < LINES; i++) {
		CHECK_EQ(tls_write_some(stream, line, sizeof(line), &count),
			 OK);
		CHECK_EQ(count, sizeof(line));
	}
}

static _Bool same(const char *line)
{
	for (int i = 1; i < LINE; i++)
		if (line[i] != line[0])
			return 0;
	return 1;
}

ENTRY(gets_lines)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);
	char line[LINE];

	for (int i = 0; i < PEERS * LINES; i++) {
		tls_read_all(stream, line, sizeof(line));
		CHECK(same(line));
	}
	tls_expect_end(stream);
}

static void lines_here(uint64_t listener, uint16_t port)
{
	uint64_t process = spawn_with("gets_lines", 0, port);
	uint64_t stream = tls_accept_from(listener);

	for (int i = 0; i < PEERS; i++)
		share_with("writes_lines", stream);
	lunatic_networking_drop_tls_stream(stream);
	await_end(process);
}

// Reads until the end, and tells how much that was.
ENTRY(counts)(uint64_t parent)
{
	uint64_t stream = receive_stream();
	uint64_t total = 0;
	uint64_t count;

	do {
		CHECK_EQ(lunatic_networking_tls_read(stream, page, 100, &count),
			 OK);
		total += count;
	} while (count > 0);
	lunatic_message_create_data(5, 8);
	lunatic_message_write_data(&total, sizeof(total));
	lunatic_message_send(parent);
}

ENTRY(feeds)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);

	write_numbers(stream, 100000);
}

static void readers_here(uint64_t listener, uint16_t port)
{
	uint64_t process = spawn_with("feeds", 0, port);
	uint64_t stream = tls_accept_from(listener);
	uint64_t sum = 0;

	for (int i = 0; i < PEERS; i++) {
		uint64_t me = lunatic_process_process_id();
		uint64_t reader = spawn_with("counts", 0, (int64_t)me);

		send_stream(reader, lunatic_networking_clone_tls_stream(stream),
			    1);
	}
	lunatic_networking_drop_tls_stream(stream);
	for (int i = 0; i < PEERS; i++) {
		uint64_t total;

		CHECK_EQ(lunatic_message_receive(NULL, 0, SOON), 0);
		CHECK_EQ(lunatic_message_get_tag(), 5);
		lunatic_message_read_data(&total, sizeof(total));
		sum += total;
	}
	CHECK_EQ(sum, 100000);
	await_end(process);
}

// One that waits in a call is killed; the others go on.
ENTRY(waits)(uint64_t unused)
{
	uint64_t stream = receive_stream();
	char byte;
	uint64_t count;

	(void)unused;
	lunatic_networking_tls_read(stream, &byte, 1, &count);
	CHECK(!"it should wait");
}

ENTRY(speaks_later)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);
	char byte;

	tls_read_all(stream, &byte, 1);
	tls_write_all(stream, "later", 5);
}

static void survivors_here(uint64_t listener, uint16_t port)
{
	uint64_t process = spawn_with("speaks_later", 0, port);
	uint64_t stream = tls_accept_from(listener);
	uint64_t first = share_with("waits", stream);
	uint64_t second = share_with("waits", stream);

	lunatic_process_sleep_ms(A_WHILE);
	lunatic_process_kill(second);
	await_end(second);
	lunatic_process_kill(first);
	await_end(first);
	// In a message that is never read; it goes with the process.
	first = spawn_with("sleeps", 0, 0);
	send_stream(first, lunatic_networking_clone_tls_stream(stream), 9);
	lunatic_process_kill(first);
	await_end(first);
	tls_write_all(stream, "!", 1);
	tls_read_all(stream, page, 5);
	CHECK(memcmp(page, "later", 5) == 0);
	tls_expect_end(stream);
	lunatic_networking_drop_tls_stream(stream);
	await_end(process);
}

ENTRY(sleeps)(uint64_t unused)
{
	(void)unused;
	lunatic_process_sleep_ms(SOON);
}

int main(void)
{
	uint16_t port;
	uint64_t listener = tls_listen(server_pem, server_key, &port);

	duplex_here(listener, port);
	lines_here(listener, port);
	readers_here(listener, port);
	survivors_here(listener, port);
	puts("passed");
	return 0;
}
