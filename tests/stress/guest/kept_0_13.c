/*
 * Has the host keep more and more of one thing, the argument, of those that
 * only guests of lunatic 0.13 have. A process does it until that fails; then
 * this one says how many there were.
 */
#include "../../guest/v13/check.h"

#include "../../guest/v13/tls/pem.h"

#define COUNT 1

static const uint8_t loopback[] = { 127, 0, 0, 1 };
static uint64_t listener;
static uint64_t port;
static uint64_t database;

static bool listen_tls(void)
{
	struct {
		uint32_t version;
	} unused;
	uint8_t address[28];
	uint64_t iterator;
	uint16_t at_port = 0;
	uint32_t flow_info;
	uint32_t scope_id;

	(void)unused;
	CHECK_EQ(lunatic_networking_tls_bind(
			 4, (void *)loopback, 0, 0, 0, &listener, server_pem,
			 strlen(server_pem), server_key, strlen(server_key)),
		 0);
	CHECK_EQ(lunatic_networking_tls_local_addr(listener, &iterator), 0);
	CHECK_EQ(lunatic_networking_resolve_next(iterator, &unused.version,
						 address, &at_port, &flow_info,
						 &scope_id),
		 0);
	port = at_port;
	return true;
}

/* Both ends of a connection; the one that is to speak TLS never does. */
static bool stream(void)
{
	uint64_t id;
	uint64_t peer;

	if (listener == 0 && port == 0)
		listen_tls();
	return lunatic_networking_tcp_connect(4, (void *)loopback,
					      (uint32_t)port, 0, 0, NO_LIMIT,
					      &id) == 0 &&
	       lunatic_networking_tls_accept(listener, &id, &peer) == 0;
}

static bool in_database(const char *text)
{
	return lunatic_sqlite_execute(database, text, strlen(text)) == 0;
}

static bool database_in_memory(void)
{
	return lunatic_sqlite_open(":memory:", 8, &database) == 0 &&
	       in_database("CREATE TABLE t (x);"
			   "INSERT INTO t VALUES (zeroblob(100000))");
}

static bool prepared(void)
{
	static const char text[] = "SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10";
	static bool open;

	if (!open)
		CHECK_EQ(lunatic_sqlite_open(":memory:", 8, &database), 0);
	open = true;
	lunatic_sqlite_query_prepare(database, text, sizeof(text) - 1);
	return true;
}

static const struct {
	const char *name;
	bool (*keep)(void);
} things[] = {
	{ "streams", stream },
	{ "databases", database_in_memory },
	{ "prepared", prepared },
};

#define THINGS (sizeof(things) / sizeof(things[0]))

/* The parameter: the boss, and what to keep in the lowest bits. */
ENTRY(keeper)(int64_t thing)
{
	uint64_t boss;

	CHECK_EQ(receive_any(NO_LIMIT), DATA);
	boss = (uint64_t)read_number();
	while (things[thing].keep())
		send_number(boss, COUNT, 0);
	exit(1);
}

int main(int argc, char **argv)
{
	uint64_t keeper;
	size_t thing = 0;
	int count = 0;

	CHECK(argc == 2);
	while (thing < THINGS && strcmp(things[thing].name, argv[1]) != 0)
		thing++;
	CHECK(thing < THINGS);
	lunatic_process_die_when_link_dies(0);
	keeper = spawn_with("keeper", 7, (int64_t)thing);
	send_number(keeper, 0, (int64_t)lunatic_process_process_id());
	while (receive_any(NO_LIMIT) == DATA)
		count++;
	CHECK_EQ(lunatic_message_get_tag(), 7);
	printf("%s: refused after %d\n", argv[1], count);
}
