// A server and clients of it: transfers of all sizes, pieces, timeouts, clones
// and the end of a stream.
//
// stdout: passed
#include "tls.h"

static char sent[300000];
static char got[sizeof(sent)];

static void fill(uint32_t seed)
{
	for (uint32_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)((seed + i) * (i + 7) % 251);
}

static void expect_back(uint64_t stream, uint32_t len)
{
	memset(got, 0, len);
	tls_read_all(stream, got, len);
	CHECK(memcmp(sent, got, len) == 0);
}

static void sizes(uint64_t stream)
{
	static const uint32_t all[] = { 1,     2,     100,   16383,
					16384, 16385, 32768, 65536 };
	uint64_t count = 0;

	for (uint32_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		fill(i);
		tls_write_all(stream, sent, all[i]);
		expect_back(stream, all[i]);
	}
	// A call writes so much at most; the rest is for the next one.
	CHECK_EQ(tls_write_some(stream, sent, sizeof(sent), &count), OK);
	CHECK_EQ(count, 65536);
	expect_back(stream, 65536);
	CHECK_EQ(tls_write_some(stream, sent, 0, &count), OK);
	CHECK_EQ(count, 0);
}

static void pieces(uint64_t stream)
{
	struct piece list[40] = { { NULL, 0 } };
	uint64_t count = 0;
	uint32_t len = 0;

	fill(99);
	for (uint32_t i = 0; i < 40; i++) {
		list[i] = (struct piece){ sent + len, i % 4 == 0 ? 0 : i * 50 };
		len += list[i].len;
	}
	CHECK_EQ(
		lunatic_networking_tls_write_vectored(stream, list, 40, &count),
		OK);
	CHECK_EQ(count, len);
	expect_back(stream, len);
	CHECK_EQ(lunatic_networking_tls_write_vectored(stream, NULL, 0, &count),
		 OK);
	CHECK_EQ(count, 0);
	// What is read in parts was sent as one.
	tls_write_all(stream, "abcdef", 6);
	tls_read_all(stream, got, 1);
	tls_read_all(stream, got + 1, 5);
	CHECK(memcmp(got, "abcdef", 6) == 0);
}

static void timeouts(uint64_t stream)
{
	uint64_t clone = lunatic_networking_clone_tls_stream(stream);
	uint64_t count = 55;
	char byte;

	CHECK_EQ(lunatic_networking_get_tls_read_timeout(stream), -1);
	CHECK_EQ(lunatic_networking_get_tls_write_timeout(stream), -1);
	lunatic_networking_set_tls_read_timeout(stream, A_WHILE);
	lunatic_networking_set_tls_write_timeout(clone, SOON);
	// They are of all clones.
	CHECK_EQ(lunatic_networking_get_tls_read_timeout(clone), A_WHILE);
	CHECK_EQ(lunatic_networking_get_tls_write_timeout(stream), SOON);
	CHECK_EQ(lunatic_networking_tls_read(clone, &byte, 1, &count),
		 TIMED_OUT);
	CHECK_EQ(count, 55);
	lunatic_networking_set_tls_read_timeout(stream, 0);
	CHECK_EQ(lunatic_networking_tls_read(stream, &byte, 1, &count),
		 TIMED_OUT);
	lunatic_networking_set_tls_read_timeout(stream, NO_LIMIT);
	CHECK_EQ(lunatic_networking_get_tls_read_timeout(stream), -1);
	// Nothing is lost by that.
	tls_write_all(clone, "x", 1);
	tls_read_all(stream, &byte, 1);
	CHECK_EQ(byte, 'x');
	lunatic_networking_drop_tls_stream(clone);
	tls_write_all(stream, "y", 1);
	tls_read_all(stream, &byte, 1);
	CHECK_EQ(byte, 'y');
}

ENTRY(client)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);
	uint64_t error = 7;

	sizes(stream);
	pieces(stream);
	timeouts(stream);
	CHECK_EQ(lunatic_networking_tls_flush(stream, &error), OK);
	CHECK_EQ(error, 0);
	lunatic_networking_drop_tls_stream(stream);
}

// The name is an address, which the certificate has as well; and the list of
// authorities has others, too, and its numbers in the order of Rust.
ENTRY(other_client)(uint64_t port)
{
	struct {
		uint32_t len;
		const char *pem;
	} list[2] = { { sizeof(other_ca_pem) - 1, NULL },
		      { sizeof(ca_pem) - 1, NULL } };
	// In Rust data is behind the stack of 1 MiB.
	uint32_t pages = (uint32_t)__builtin_wasm_memory_grow(0, 32) + 31;
	char *high = (char *)(uintptr_t)(pages * 65536);
	uint64_t stream;

	memcpy(high, other_ca_pem, sizeof(other_ca_pem));
	memcpy(high + 4096, ca_pem, sizeof(ca_pem));
	list[0].pem = high;
	list[1].pem = high + 4096;
	CHECK_EQ(lunatic_networking_tls_connect("127.0.0.1", 9, port, SOON,
						&stream, list, 2),
		 OK);
	tls_write_all(stream, "z", 1);
	tls_read_all(stream, got, 1);
	CHECK_EQ(got[0], 'z');
}

static void echo(uint64_t stream)
{
	uint64_t count;

	for (;;) {
		CHECK_EQ(lunatic_networking_tls_read(stream, got, sizeof(got),
						     &count),
			 OK);
		if (count == 0)
			break;
		tls_write_all(stream, got, (uint32_t)count);
	}
	tls_expect_end(stream);
	lunatic_networking_drop_tls_stream(stream);
}

// The server ends the stream, after a word.
ENTRY(listens)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);

	tls_read_all(stream, got, 8);
	CHECK(memcmp(got, "farewell", 8) == 0);
	tls_expect_end(stream);
	tls_expect_end(stream);
}

int main(void)
{
	uint16_t port;
	uint64_t listener = tls_listen(server_pem, server_key, &port);
	uint64_t process = spawn_with("client", 0, port);
	uint64_t stream = tls_accept_from(listener);

	echo(stream);
	await_end(process);
	process = spawn_with("other_client", 0, port);
	echo(tls_accept_from(listener));
	await_end(process);
	process = spawn_with("listens", 0, port);
	stream = tls_accept_from(listener);
	tls_write_all(stream, "farewell", 8);
	lunatic_networking_drop_tls_stream(stream);
	await_end(process);
	lunatic_networking_drop_tls_listener(listener);
	puts("passed");
	return 0;
}
