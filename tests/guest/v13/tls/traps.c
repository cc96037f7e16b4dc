// What is wrong with what is passed to the functions of TLS.
//
// stdout: passed
// stderr~ the address type is 5, not 4 or 6 \(lunatic::networking::tls_bind\)
// stderr~ argument `ip` points outside .* \(lunatic::networking::tls_bind\)
// stderr~ argument `key` points outside .* \(lunatic::networking::tls_bind\)
// stderr~ `certificates` points outside .* \(lunatic::networking::tls_bind\)
// stderr~ argument `id` points outside .* \(lunatic::networking::tls_bind\)
// stderr~ the name is not UTF-8 \(lunatic::networking::tls_connect\)
// stderr~ `name` points outside .* \(lunatic::networking::tls_connect\)
// stderr~ `authorities` points outside .* \(lunatic::networking::tls_connect\)
// stderr~ authority 1 points outside .* \(lunatic::networking::tls_connect\)
// stderr~ argument `peer` points outside .* \(lunatic::networking::tls_accept\)
// stderr~ a piece points outside .* \(lunatic::networking::tls_write_vectored\)
// stderr~ `buffer` points outside .* \(lunatic::networking::tls_read\)
#include "tls.h"

static uint64_t id;
static uint16_t port;

// What is behind the last byte of the memory.
static char *end(int behind)
{
	return (char *)(__builtin_wasm_memory_size(0) * 65536) + behind;
}

// A stream to a listener of this process, without a handshake.
static uint64_t a_stream(void)
{
	uint64_t listener = tls_listen(server_pem, server_key, &port);

	connect_to(port);
	return tls_accept_from(listener);
}

static void bind_raw(uint32_t version, const void *ip, const void *pem,
		     uint32_t pem_len, const void *key, uint32_t key_len,
		     uint64_t *result)
{
	lunatic_networking_tls_bind(version, (void *)(uintptr_t)ip, 0, 0, 0,
				    result, pem, pem_len, key, key_len);
}

ENTRY(misuse)(uint64_t which)
{
	struct piece list[2] = { { ca_pem, sizeof(ca_pem) - 1 },
				 { end(-10), 11 } };

	switch (which) {
	case 0:
		bind_raw(5, loopback, "", 0, "", 0, &id);
		break;
	case 1:
		bind_raw(6, end(-15), "", 0, "", 0, &id);
		break;
	case 2:
		bind_raw(4, loopback, "", 0, end(-15), 16, &id);
		break;
	case 3:
		bind_raw(4, loopback, "", UINT32_MAX, "", 0, &id);
		break;
	case 4:
		bind_raw(4, loopback, "", 0, "", 0, (uint64_t *)end(-7));
		break;
	case 5:
		lunatic_networking_tls_connect("\xff", 1, 1, 0, &id, NULL, 0);
		break;
	case 6:
		lunatic_networking_tls_connect(end(0), 1, 1, 0, &id, NULL, 0);
		break;
	case 7:
		lunatic_networking_tls_connect("a", 1, 1, 0, &id, end(-15), 2);
		break;
	case 8:
		lunatic_networking_tls_connect("a", 1, 1, 0, &id, list, 2);
		break;
	case 9:
		lunatic_networking_tls_accept(
			tls_listen(server_pem, server_key, &port), &id,
			(uint64_t *)end(0));
		break;
	case 10:
		lunatic_networking_tls_write_vectored(a_stream(), list + 1, 1,
						      &id);
		break;
	case 11:
		lunatic_networking_tls_read(a_stream(), end(-1), 2, &id);
		break;
	}
	CHECK(!"it should trap");
}

static void cannot_bind(const char *pem, const char *key, const char *why)
{
	CHECK_EQ(bind_with(pem, key, &id), FAILED);
	expect_error(id, why);
}

static void bad_pem(void)
{
	static char text[70000];

	cannot_bind("", "", "the key is not one in PEM and without a password");
	cannot_bind(server_pem, server_pem,
		    "the key is not one in PEM and without a password");
	cannot_bind(server_key, server_key,
		    "the certificate is not a certificate in PEM");
	cannot_bind(server_pem, elsewhere_key,
		    "the certificate cannot be used with the key (private key "
		    "mismatch)");
	memset(text, 'x', sizeof(text) - 1);
	cannot_bind(text, server_key,
		    "the certificate has more than 65536 bytes");
	cannot_bind(server_pem, text, "the key has more than 16384 bytes");
	text[0] = '\0';
	for (int i = 0; i < 11; i++)
		strcat(text, server_pem);
	cannot_bind(text, server_key,
		    "the certificate has more than 10 certificates");
	// One that is cut off.
	strcpy(text, server_pem);
	text[300] = '\0';
	CHECK_EQ(bind_with(text, server_key, &id), FAILED);
	lunatic_error_drop(id);
}

static void cannot_connect(const char *name, const char *why)
{
	CHECK_EQ(tls_try(name, 1, NULL, SOON, &id), FAILED);
	expect_error(id, why);
}

static void bad_names(void)
{
	static const char *const names[] = { "",    ".",          "a..b",
					     "a b", "local:host", "[::1]",
					     "a/b", "\xc3\xa4",   "1.2.3.4:5" };
	char name[300];

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cannot_connect(names[i], "the name of the server is neither "
					 "that of a host nor an IP address");
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cannot_connect(name, "the name of the server is neither that of a host "
			     "nor an IP address");
	CHECK_EQ(lunatic_networking_tls_connect("a\0b", 3, 1, SOON, &id, NULL,
						0),
		 FAILED);
	lunatic_error_drop(id);
}

static void bad_authorities(void)
{
	static struct piece many[257];
	struct piece large = { (void *)1024, 256 * 1024 + 1 };

	CHECK_EQ(tls_try("localhost", 1, "", SOON, &id), FAILED);
	expect_error(id, "authority 0 is not a certificate in PEM");
	CHECK_EQ(tls_try("localhost", 1, server_key, SOON, &id), FAILED);
	expect_error(id, "authority 0 is not a certificate in PEM");
	CHECK_EQ(lunatic_networking_tls_connect("localhost", 9, 1, SOON, &id,
						many, 257),
		 FAILED);
	expect_error(id, "there are more than 256 authorities; put them into "
			 "one PEM");
	// Neither number can be its length.
	large.data = (void *)(256 * 1024 + 1);
	__builtin_wasm_memory_grow(0, 16);
	CHECK_EQ(lunatic_networking_tls_connect("localhost", 9, 1, SOON, &id,
						&large, 1),
		 FAILED);
	expect_error(id, "the list of authorities has more than 262144 bytes");
}

int main(void)
{
	for (uint32_t i = 0; i < 12; i++)
		await_end(spawn_with("misuse", 0, i));
	bad_pem();
	bad_names();
	bad_authorities();
	puts("passed");
	return 0;
}
