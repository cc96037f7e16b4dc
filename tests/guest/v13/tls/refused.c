// Whom a client refuses, and what does not speak TLS.
//
// stdout: passed
#include "tls.h"

static const char *const refusal =
	"the certificate of the other side is refused: ";

static void expect_refusal(uint16_t port, const char *name,
			   const char *authority, const char *why)
{
	char want[200] = "";
	uint64_t error = 0;

	CHECK_EQ(tls_try(name, port, authority, SOON, &error), FAILED);
	strcat(strcat(want, refusal), why);
	expect_error(error, want);
}

ENTRY(wants_another_name)(uint64_t port)
{
	expect_refusal((uint16_t)port, "localhost", ca_pem,
		       "hostname mismatch");
	expect_refusal((uint16_t)port, "127.0.0.1", ca_pem,
		       "IP address mismatch");
}

ENTRY(does_not_know_it)(uint64_t port)
{
	const char *why = "unable to get local issuer certificate";

	expect_refusal((uint16_t)port, "localhost", other_ca_pem, why);
	// The system does not know it either.
	expect_refusal((uint16_t)port, "localhost", NULL, why);
}

ENTRY(finds_it_too_old)(uint64_t port)
{
	expect_refusal((uint16_t)port, "localhost", ca_pem,
		       "certificate has expired");
	expect_refusal((uint16_t)port, "localhost", ca_pem,
		       "certificate has expired");
}

// Serves two connections, whose handshakes fail: with `want`, if it is given.
static void serve(const char *pem, const char *key, const char *entry,
		  const char *want)
{
	uint16_t port;
	uint64_t listener = tls_listen(pem, key, &port);
	uint64_t process = spawn_with(entry, 0, port);

	for (int i = 0; i < 2; i++) {
		uint64_t stream = tls_accept_from(listener);
		uint64_t error = 0;
		char byte;

		CHECK_EQ(lunatic_networking_tls_flush(stream, &error), FAILED);
		if (want != NULL)
			expect_error(error, want);
		// It stays so.
		CHECK_EQ(lunatic_networking_tls_read(stream, &byte, 1, &error),
			 FAILED);
		if (want != NULL)
			expect_error(error, want);
		CHECK_EQ(tls_write_some(stream, "x", 1, &error), FAILED);
		lunatic_networking_drop_tls_stream(stream);
	}
	await_end(process);
	lunatic_networking_drop_tls_listener(listener);
}

// What a client is told by servers that are none.
ENTRY(meets_strangers)(uint64_t port)
{
	uint64_t error = 0;

	CHECK_EQ(tls_try("localhost", (uint16_t)port, ca_pem, SOON, &error),
		 FAILED);
	expect_error(error, "the other side does not speak TLS, or none that "
			    "is not too old");
	CHECK_EQ(tls_try("localhost", (uint16_t)port, ca_pem, SOON, &error),
		 FAILED);
	expect_error(error, "the other side closed the connection during the "
			    "handshake");
}

// Reads the beginning of the handshake and leaves.
static void disappoint(uint64_t listener, const char *answer)
{
	uint64_t stream = accept_from(listener);
	char hello[4096];
	uint64_t count;

	CHECK_EQ(lunatic_networking_tcp_read(stream, hello, sizeof(hello),
					     &count),
		 OK);
	CHECK_EQ(hello[0], 22);
	write_all(stream, answer, (uint32_t)strlen(answer));
	if (*answer != '\0')
		CHECK_EQ(lunatic_networking_tcp_read(stream, hello,
						     sizeof(hello), &count),
			 OK);
	lunatic_networking_drop_tcp_stream(stream);
}

static void strangers(void)
{
	uint16_t port;
	uint64_t listener = listen_at(&port);
	uint64_t process = spawn_with("meets_strangers", 0, port);
	uint64_t error = 0;

	disappoint(listener, "HTTP/1.0 400 What?\r\n\r\n");
	disappoint(listener, "");
	await_end(process);
	lunatic_networking_drop_tcp_listener(listener);
	CHECK_EQ(tls_try("localhost", port, ca_pem, SOON, &error), FAILED);
	expect_error(error, "Connection refused (os error 111)");
}

// A client that does not speak TLS.
static void other_strangers(void)
{
	uint16_t port;
	uint64_t listener = tls_listen(server_pem, server_key, &port);
	uint64_t client = connect_to(port);
	uint64_t stream = tls_accept_from(listener);
	uint64_t error = 0;
	char byte;

	write_all(client, "GET / HTTP/1.0\r\n\r\n", 18);
	CHECK_EQ(lunatic_networking_tls_read(stream, &byte, 1, &error), FAILED);
	expect_error(error, "the other side speaks HTTP without TLS");
	lunatic_networking_drop_tls_stream(stream);
}

int main(void)
{
	serve(elsewhere_pem, elsewhere_key, "wants_another_name", NULL);
	serve(server_pem, server_key, "does_not_know_it",
	      "the other side does not know the authority of our certificate");
	serve(expired_pem, expired_key, "finds_it_too_old",
	      "the other side says that our certificate has expired");
	strangers();
	other_strangers();
	puts("passed");
	return 0;
}
