// Addresses: what resolve makes of literals and names, both versions, and that
// listeners and peers tell theirs.
//
// stdout: passed
#include "net.h"

static uint64_t iterator;

static uint32_t resolve(const char *name)
{
	return lunatic_networking_resolve(name, (uint32_t)strlen(name), SOON,
					  &iterator);
}

static void refused(const char *name, const char *want)
{
	CHECK_EQ(resolve(name), FAILED);
	expect_error(iterator, want);
}

static void literals(void)
{
	const uint8_t six[16] = { 0xfe, 0x80, [15] = 1 };
	struct address address;

	CHECK_EQ(resolve("10.20.30.40:65535"), OK);
	address = only_address(iterator);
	CHECK_EQ(address.version, 4);
	CHECK_EQ(address.port, 65535);
	CHECK(memcmp(address.ip, "\x0a\x14\x1e\x28", 4) == 0);
	CHECK_EQ(resolve("[fe80::1%7]:80"), OK);
	address = only_address(iterator);
	CHECK_EQ(address.version, 6);
	CHECK_EQ(address.port, 80);
	CHECK_EQ(address.scope_id, 7);
	CHECK_EQ(address.flow_info, 0);
	CHECK(memcmp(address.ip, six, 16) == 0);
	refused("", "invalid socket address");
	refused("localhost", "invalid socket address");
	refused("[::1:80", "failed to lookup address information: "
			   "Name or service not known");
	refused("[::g]:80", "invalid socket address");
	refused("localhost:", "invalid port value");
	refused("localhost:65536", "invalid port value");
	refused("localhost:-1", "invalid port value");
}

static void names(void)
{
	struct address address;
	int found = 0;

	CHECK_EQ(resolve("localhost:4711"), OK);
	while (next_address(iterator, &address) == OK) {
		CHECK_EQ(address.port, 4711);
		if (address.version == 4)
			CHECK(memcmp(address.ip, loopback, 4) == 0);
		else
			CHECK_EQ(address.ip[15], 1);
		found++;
	}
	CHECK(found > 0);
	// It stays at its end.
	CHECK_EQ(next_address(iterator, &address), FAILED);
	lunatic_networking_drop_dns_iterator(iterator);
	refused("a b:80", "failed to lookup address information: "
			  "Name or service not known");
}

static void peers(void)
{
	struct address address;
	uint64_t listener;
	uint64_t stream;
	uint64_t peer;
	uint16_t port;

	listener = listen_at(&port);
	connect_to(port);
	CHECK_EQ(lunatic_networking_tcp_accept(listener, &stream, &peer), OK);
	address = only_address(peer);
	CHECK_EQ(address.version, 4);
	CHECK(memcmp(address.ip, loopback, 4) == 0);
	CHECK(address.port != port && address.port != 0);
	// The port is taken.
	CHECK_EQ(lunatic_networking_tcp_bind(4, (void *)loopback, port, 0, 0,
					     &listener),
		 FAILED);
	expect_error(listener, "Address already in use (os error 98)");
}

static void version_6(void)
{
	const uint8_t ip[16] = { [15] = 1 };
	struct address address;
	uint64_t listener;
	uint64_t stream;
	uint64_t client;
	uint64_t peer;

	if (lunatic_networking_tcp_bind(6, (void *)ip, 0, 0, 0, &listener) !=
	    OK)
		return; // a machine without it
	CHECK_EQ(lunatic_networking_local_addr(listener, &peer), OK);
	address = only_address(peer);
	CHECK_EQ(address.version, 6);
	CHECK(memcmp(address.ip, ip, 16) == 0);
	CHECK_EQ(lunatic_networking_tcp_connect(6, (void *)ip, address.port, 0,
						0, 0, &client),
		 OK);
	CHECK_EQ(lunatic_networking_tcp_accept(listener, &stream, &peer), OK);
	CHECK_EQ(only_address(peer).version, 6);
	write_all(client, "six", 3);
	read_all(stream, address.ip, 3);
	CHECK(memcmp(address.ip, "six", 3) == 0);
}

int main(void)
{
	literals();
	names();
	peers();
	version_6();
	puts("passed");
	return 0;
}
