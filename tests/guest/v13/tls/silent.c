// Peers that say nothing: they hold up nobody who accepts, timeouts end what
// waits for them, and so does a kill.
//
// stdout: passed
#include "tls.h"

static char page[65536];

ENTRY(client)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);

	tls_write_all(stream, "hello", 5);
	tls_expect_end(stream);
}

static void waits(uint64_t stream, uint32_t (*call)(uint64_t, uint64_t *))
{
	uint64_t count = 5;

	CHECK_EQ(call(stream, &count), TIMED_OUT);
	CHECK_EQ(count, 5);
}

static uint32_t read_one(uint64_t stream, uint64_t *count)
{
	return lunatic_networking_tls_read(stream, page, 1, count);
}

static uint32_t write_one(uint64_t stream, uint64_t *count)
{
	return tls_write_some(stream, "x", 1, count);
}

static void server(void)
{
	uint16_t port;
	uint64_t listener = tls_listen(server_pem, server_key, &port);
	uint64_t silent = connect_to(port);
	uint64_t stream = tls_accept_from(listener);
	uint64_t error = 0;
	uint64_t other;
	uint64_t process;

	lunatic_networking_set_tls_read_timeout(stream, A_WHILE);
	lunatic_networking_set_tls_write_timeout(stream, A_WHILE);
	waits(stream, read_one);
	waits(stream, write_one);
	// Half of a handshake is none.
	write_all(silent, "\x16\x03\x01\x02", 4);
	waits(stream, read_one);
	process = spawn_with("client", 0, port);
	other = tls_accept_from(listener);
	tls_read_all(other, page, 5);
	CHECK(memcmp(page, "hello", 5) == 0);
	lunatic_networking_drop_tls_stream(other);
	await_end(process);
	lunatic_networking_drop_tcp_stream(silent);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(read_one(stream, &error), FAILED);
		expect_error(error, "the other side closed the connection "
				    "during the handshake");
	}
	lunatic_networking_drop_tls_stream(stream);
	lunatic_networking_drop_tls_listener(listener);
}

// Waits for ever in the handshake.
ENTRY(connects)(uint64_t port)
{
	uint64_t stream;

	tls_try("localhost", (uint16_t)port, ca_pem, NO_LIMIT, &stream);
	CHECK(!"it should wait");
}

ENTRY(accepts)(uint64_t port)
{
	uint64_t own = tls_listen(server_pem, server_key, &(uint16_t){ 0 });
	uint64_t stream = connect_to((uint16_t)port);

	write_all(stream, "\x16", 1);
	tls_accept_from(own);
	CHECK(!"it should wait");
}

// Is killed: what it had is closed.
static void killed(const char *entry, uint64_t listener, uint16_t port)
{
	uint64_t process = spawn_with(entry, 0, port);
	uint64_t stream = accept_from(listener);
	uint64_t count;

	read_all(stream, page, 1);
	CHECK_EQ(page[0], 22);
	lunatic_process_sleep_ms(A_WHILE);
	CHECK_EQ(lunatic_process_exists(process), 1);
	lunatic_process_kill(process);
	await_end(process);
	do
		CHECK_EQ(lunatic_networking_tcp_read(stream, page, sizeof(page),
						     &count),
			 OK);
	while (count > 0);
	lunatic_networking_drop_tcp_stream(stream);
}

static void clients(void)
{
	uint16_t port;
	uint64_t listener = listen_at(&port);
	uint64_t stream = 7;

	CHECK_EQ(tls_try("localhost", port, ca_pem, A_WHILE, &stream),
		 TIMED_OUT);
	CHECK_EQ(stream, 7);
	CHECK_EQ(tls_try("localhost", port, ca_pem, 0, &stream), TIMED_OUT);
	// What came of that.
	lunatic_networking_drop_tcp_listener(listener);
	listener = listen_at(&port);
	killed("connects", listener, port);
	killed("accepts", listener, port);
	lunatic_networking_drop_tcp_listener(listener);
}

ENTRY(reads)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);
	uint64_t count;

	tls_write_all(stream, "r", 1);
	read_one(stream, &count);
	CHECK(!"it should wait");
}

ENTRY(writes)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);

	for (;;)
		tls_write_all(stream, page, sizeof(page));
}

// The same once there is a stream. What was sent until then can be read.
static void killed_later(const char *entry, uint64_t listener, uint16_t port)
{
	uint64_t process = spawn_with(entry, 0, port);
	uint64_t stream = tls_accept_from(listener);
	uint64_t count;
	uint32_t result;

	tls_read_all(stream, page, 1);
	lunatic_process_sleep_ms(A_WHILE);
	CHECK_EQ(lunatic_process_exists(process), 1);
	lunatic_process_kill(process);
	await_end(process);
	do
		result = lunatic_networking_tls_read(stream, page, sizeof(page),
						     &count);
	while (result == OK && count > 0);
	// One that reads can say that it leaves; the other is in the middle of
	// a word.
	if (strcmp(entry, "reads") == 0)
		CHECK_EQ(result, OK);
	lunatic_networking_drop_tls_stream(stream);
}

// A peer that does not read: the write ends, and what it took is not lost.
ENTRY(slow)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);
	uint64_t total = 0;
	uint64_t count;

	tls_write_all(stream, "s", 1);
	CHECK_EQ(lunatic_message_receive(NULL, 0, SOON), 0);
	for (;;) {
		CHECK_EQ(lunatic_networking_tls_read(stream, page, sizeof(page),
						     &count),
			 OK);
		if (count == 0)
			break;
		for (uint64_t i = 0; i < count; i++)
			CHECK_EQ((uint8_t)page[i], (total + i) % 251);
		total += count;
	}
	CHECK(total > 0);
}

static void slowly(uint64_t listener, uint16_t port)
{
	static char numbers[251 * 64];
	uint64_t process = spawn_with("slow", 0, port);
	uint64_t stream = tls_accept_from(listener);
	uint64_t total = 0;
	uint64_t count = 0;
	uint64_t error = 0;
	uint32_t result;

	for (uint32_t i = 0; i < sizeof(numbers); i++)
		numbers[i] = (char)(i % 251);
	tls_read_all(stream, page, 1);
	lunatic_networking_set_tls_write_timeout(stream, A_WHILE);
	do {
		uint32_t at = (uint32_t)(total % 251);

		result = tls_write_some(stream, numbers + at,
					sizeof(numbers) - at, &count);
		if (result == OK)
			total += count;
	} while (result == OK);
	CHECK_EQ(result, TIMED_OUT);
	// It goes on where it stopped, once the peer has begun to read.
	lunatic_message_create_data(1, 0);
	lunatic_message_send(process);
	lunatic_networking_set_tls_write_timeout(stream, SOON);
	for (int i = 0; i < 10; i++) {
		uint32_t at = (uint32_t)(total % 251);

		CHECK_EQ(tls_write_some(stream, numbers + at, 1000, &count),
			 OK);
		total += count;
	}
	CHECK_EQ(lunatic_networking_tls_flush(stream, &error), OK);
	lunatic_networking_drop_tls_stream(stream);
	await_end(process);
}

int main(void)
{
	uint16_t port;
	uint64_t listener;

	server();
	clients();
	listener = tls_listen(server_pem, server_key, &port);
	killed_later("reads", listener, port);
	killed_later("writes", listener, port);
	slowly(listener, port);
	puts("passed");
	return 0;
}
