// Looking names up, with timeouts of 0.13, and streams of both IP versions.
//
// stdout: passed
#include "net.h"

static uint64_t iterator;

static uint32_t resolve(const char *name, uint64_t timeout)
{
	iterator = 77;
	return lunatic_networking_resolve(name, strlen(name), timeout,
					  &iterator);
}

static void refused(const char *name, const char *want)
{
	CHECK_EQ(resolve(name, NO_LIMIT), FAILED);
	expect_error(iterator, want);
}

static void names(void)
{
	static const uint64_t timeouts[] = { NO_LIMIT, NO_LIMIT - 1, SOON };
	struct address address;

	for (int i = 0; i < 3; i++) {
		int found = 0;

		CHECK_EQ(resolve("localhost:4711", timeouts[i]), OK);
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
	}
	// Not to wait is enough for a literal, and may be too short for a name.
	CHECK_EQ(resolve("10.20.30.40:65535", 0), OK);
	address = only_address(iterator);
	CHECK_EQ(address.version, 4);
	CHECK_EQ(address.port, 65535);
	CHECK(memcmp(address.ip, "\x0a\x14\x1e\x28", 4) == 0);
	if (resolve("localhost:1", 0) == TIMED_OUT)
		CHECK_EQ(iterator, 77);
	CHECK_EQ(resolve("[fe80::1%7]:80", NO_LIMIT), OK);
	address = only_address(iterator);
	CHECK_EQ(address.version, 6);
	CHECK_EQ(address.scope_id, 7);
	refused("", "invalid socket address");
	refused("localhost", "invalid socket address");
	refused("localhost:65536", "invalid port value");
	refused("a b:80", "failed to lookup address information: "
			  "Name or service not known");
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
	CHECK_EQ(lunatic_networking_tcp_local_addr(listener, &peer), OK);
	address = only_address(peer);
	CHECK_EQ(address.version, 6);
	CHECK(memcmp(address.ip, ip, 16) == 0);
	CHECK_EQ(lunatic_networking_tcp_connect(6, (void *)ip, address.port, 0,
						0, SOON, &client),
		 OK);
	CHECK_EQ(lunatic_networking_tcp_accept(listener, &stream, &peer), OK);
	CHECK_EQ(only_address(peer).version, 6);
	CHECK_EQ(lunatic_networking_tcp_peer_addr(client, &peer), OK);
	CHECK_EQ(only_address(peer).port, address.port);
	write_all(client, "six", 3);
	read_all(stream, address.ip, 3);
	CHECK(memcmp(address.ip, "six", 3) == 0);
}

int main(void)
{
	uint64_t listener;
	uint64_t second;
	uint16_t port;

	names();
	version_6();
	listener = listen_at(&port);
	CHECK_EQ(lunatic_networking_tcp_bind(4, (void *)loopback, port, 0, 0,
					     &second),
		 FAILED);
	expect_error(second, "Address already in use (os error 98)");
	lunatic_networking_drop_tcp_listener(listener);
	puts("passed");
	return 0;
}
