// Many processes register, look up, replace, unregister and die under the same
// names and under their own. What is found must be what its name says, and in
// the end nothing may be left. Prints what it did.
#include "../../guest/check.h"

#define NAMES 2000
#define SHARED 16
#define CLIENTS 24
#define ROUNDS 600

static uint64_t environment;

static uint32_t put(const char *name, const char *version, uint64_t process)
{
	return lunatic_process_register(name, strlen(name), version,
					strlen(version), environment, process);
}

static uint32_t find(const char *name, const char *query, uint64_t *process)
{
	return lunatic_process_lookup(name, strlen(name), query, strlen(query),
				      process);
}

static uint32_t forget(const char *name, const char *version)
{
	return lunatic_process_unregister(name, strlen(name), version,
					  strlen(version), environment);
}

/* Holds some names until it is killed by its link or told to go. */
ENTRY(holder)(int32_t number)
{
	char name[32];

	environment = lunatic_process_this_env();
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "shared-%d",
			 (number + i) % SHARED);
		CHECK_EQ(put(name, i % 2 == 0 ? "1.0.0" : "1.1.0",
			     lunatic_process_this()),
			 0);
	}
	if (number % 3 == 0)
		__builtin_trap();
	if (number % 3 == 1)
		return;
	receive_any(1);
}

/* Answers with the number of the name that it stands for. */
ENTRY(server)(int32_t number)
{
	for (;;) {
		uint64_t client;

		CHECK_EQ(receive_any(0), DATA);
		if (lunatic_message_get_tag() == 2)
			return;
		client = lunatic_message_take_process(0);
		send_number(client, 3, number);
		lunatic_process_drop_process(client);
	}
}

static void ask(int32_t number)
{
	uint64_t server;
	char name[32];

	snprintf(name, sizeof(name), "name-%d", number);
	CHECK_EQ(find(name, "^1.2", &server), 0);
	send_this(server, 1);
	CHECK_EQ(receive_tag(3, SOON), DATA);
	CHECK_EQ(read_number(), number % 20);
	lunatic_process_drop_process(server);
}

ENTRY(client)(int32_t number)
{
	uint32_t random = (uint32_t)number * 2654435761u + 1;
	uint64_t parent;
	uint64_t found;
	char name[32];

	environment = lunatic_process_this_env();
	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < ROUNDS; i++) {
		random = random * 1664525 + 1013904223;
		ask((int32_t)(random >> 8) % NAMES);
		lunatic_process_drop_process(
			spawn_with("holder", 0, (int32_t)(random >> 9)));
		snprintf(name, sizeof(name), "shared-%d",
			 (int)(random >> 16) % SHARED);
		if (find(name, "1", &found) == 0)
			lunatic_process_drop_process(found);
		forget(name, "1.1.0");
	}
	CHECK_EQ(find("parent", "*", &parent), 0);
	send_number(parent, 9, number);
}

static void register_servers(void)
{
	uint64_t servers[20];
	char name[32];

	for (int i = 0; i < 20; i++)
		servers[i] = spawn_with("server", 0, i);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "name-%d", i);
		CHECK_EQ(put(name, "1.1.9", servers[(i + 1) % 20]), 0);
		CHECK_EQ(put(name, "1.3.0", servers[i % 20]), 0);
		CHECK_EQ(put(name, "2.0.0", servers[(i + 2) % 20]), 0);
	}
}

static void stop_servers(void)
{
	uint64_t server;
	char name[32];

	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "name-%d", i);
		CHECK_EQ(find(name, "^1.2", &server), 0);
		lunatic_message_create_data(2, 0);
		lunatic_message_send(server);
	}
}

static void wait_until_gone(const char *kind, int count)
{
	char name[32];
	uint64_t found;

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s-%d", kind, i);
		while (find(name, "*", &found) == 0) {
			lunatic_process_drop_process(found);
			lunatic_process_sleep_ms(1);
		}
	}
}

int main(void)
{
	environment = lunatic_process_this_env();
	CHECK_EQ(put("parent", "0.1.0", lunatic_process_this()), 0);
	register_servers();
	for (int i = 0; i < CLIENTS; i++)
		lunatic_process_drop_process(spawn_with("client", 0, i));
	for (int i = 0; i < CLIENTS; i++) {
		CHECK_EQ(receive_tag(9, 0), DATA);
		read_number();
	}
	stop_servers();
	wait_until_gone("name", NAMES);
	wait_until_gone("shared", SHARED);
	printf("%d clients\n", CLIENTS);
	return 0;
}
