// A guest of lunatic 0.13 that compiles one of 0.7 and spawns it. They find
// each other by name, exchange messages, link, watch and kill each other.
//
// options: --workers 4
// stdout: passed
// cflags: -std=gnu23
// stderr~ trapped: .*unreachable
// stderr~ trapped: .*take_tcp_stream\)$
#include "../check.h"
#include "old.h"

#define OLD_DIED 900
#define VICTIM_DIED 901

/* What children of this generation are told to do. */
enum { VICTIM_TRAPS = 1, VICTIM_ENDS };

static uint64_t self;
static uint64_t module;

static uint64_t get(const char *name)
{
	uint64_t node = 99;
	uint64_t process = 0;

	if (lunatic_registry_get(name, strlen(name), &node, &process) != 0)
		return 0;
	CHECK_EQ(node, 0);
	return process;
}

/* Spawns the other one, which tells its process in its first message. */
static uint64_t spawn_old(int64_t tag, bool lives)
{
	uint8_t params[2 * PARAM_SIZE] = { I64 };
	uint64_t id = 0;

	memcpy(params + 1, &tag, sizeof(tag));
	params[PARAM_SIZE] = I32;
	params[PARAM_SIZE + 1] = lives;
	CHECK_EQ(lunatic_process_spawn(OLD_DIED, OWN, module, "run", 3, params,
				       sizeof(params), &id),
		 0);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), tag);
	CHECK_EQ(lunatic_message_data_size(), 0);
	CHECK_EQ(lunatic_message_take_process(0), id);
	CHECK_EQ(get("old"), id);
	return id;
}

/* Sends a message with a number and a process. */
static void tell(uint64_t to, int64_t what, int64_t number, uint64_t process)
{
	lunatic_message_create_data(what, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	CHECK_EQ(lunatic_message_push_process(process), 0);
	CHECK_EQ(lunatic_message_send(to), 0);
}

ENTRY(victim)(void)
{
	receive_any(NO_LIMIT);
	if (lunatic_message_get_tag() == VICTIM_TRAPS)
		__builtin_trap();
}

static void end_old(uint64_t other)
{
	send_number(other, OLD_END, 0);
	await_end(other);
	CHECK_EQ(get("old"), 0);
	expect_nothing();
}

/* A child of this generation asks, too: the answer goes to whom the message
 * says. */
ENTRY(asks)(int64_t parent)
{
	uint64_t other = get("old");

	CHECK(other != 0);
	tell(other, OLD_ADD, 1000, lunatic_process_process_id());
	expect_number(OLD_DONE, 1001);
	CHECK_EQ(get("new"), parent);
	send_number((uint64_t)parent, 1, 1);
}

static void messages(void)
{
	uint64_t other = spawn_old(77, true);
	const int64_t tag = OLD_DONE;
	int64_t number = 5;

	for (int64_t i = -2; i < 100; i++) {
		tell(other, OLD_ADD, i, self);
		expect_number(OLD_DONE, i + 1);
	}
	/* As a request whose answer has another tag. */
	lunatic_message_create_data(OLD_ADD, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	lunatic_message_push_process(self);
	CHECK_EQ(lunatic_message_send_receive_skip_search(other, tag, SOON),
		 DATA);
	CHECK_EQ(read_number(), 6);
	spawn_with("asks", 0, (int64_t)self);
	expect_number(1, 1);
	end_old(other);
}

/* Each kills the other in turn. */
static void kills(void)
{
	for (int i = 0; i < 4; i++) {
		uint64_t other = spawn_old(INT64_MAX - i, true);
		uint64_t victim = spawn("victim", VICTIM_DIED);

		tell(other, OLD_KILL, 0, victim);
		/* The victim's death and the answer come in any order. */
		CHECK_EQ(receive_tag(VICTIM_DIED, SOON), LINK_DIED);
		expect_number(OLD_DONE, 0);
		CHECK_EQ(lunatic_process_exists(victim), 0);
		CHECK_EQ(lunatic_process_exists(other), 1);
		lunatic_process_kill(other);
		expect_link_died(OLD_DIED);
		await_end(other);
		CHECK_EQ(get("old"), 0);
	}
	expect_nothing();
}

/* Links that either side makes, and failures of either side. */
static void links(void)
{
	uint64_t other = spawn_old(1, true);
	uint64_t victim = spawn("victim", 0);

	tell(other, OLD_LINK, 555, victim);
	expect_number(OLD_DONE, 0);
	send_number(victim, VICTIM_TRAPS, 0);
	expect_number(OLD_TOLD + LINK_DIED, 555);
	victim = spawn("victim", 0);
	tell(other, OLD_LINK, 556, victim);
	expect_number(OLD_DONE, 0);
	lunatic_process_kill(victim);
	expect_number(OLD_TOLD + LINK_DIED, 556);
	/* An end without failure is not told. */
	victim = spawn("victim", 0);
	tell(other, OLD_LINK, 557, victim);
	expect_number(OLD_DONE, 0);
	send_number(victim, VICTIM_ENDS, 0);
	await_end(victim);
	expect_nothing();
	/* A failure of 0.7 takes one of 0.13 along. */
	victim = spawn("victim", 0);
	tell(other, OLD_LINK, 558, victim);
	expect_number(OLD_DONE, 0);
	send_number(other, OLD_TRAP, 0);
	expect_link_died(OLD_DIED);
	await_end(victim);
	/* And the other way round. A second link has only changed the tag. */
	other = spawn_old(2, false);
	lunatic_process_link(OLD_DIED + 50, other);
	victim = spawn("victim", 0);
	tell(other, OLD_LINK, 559, victim);
	expect_number(OLD_DONE, 0);
	send_number(victim, VICTIM_TRAPS, 0);
	expect_link_died(OLD_DIED + 50);
	await_end(other);
	CHECK_EQ(get("old"), 0);
	expect_nothing();
	/* Without the link nothing is told. */
	other = spawn_old(3, true);
	lunatic_process_unlink(other);
	lunatic_process_kill(other);
	await_end(other);
	expect_nothing();
}

static void monitors(void)
{
	uint64_t other = spawn_old(4, true);
	uint64_t victim = spawn("victim", 0);
	int64_t tag;

	tell(other, OLD_MONITOR, 0, victim);
	tag = expect_any_number(OLD_DONE);
	lunatic_process_monitor(other);
	send_number(victim, VICTIM_ENDS, 0);
	expect_number(OLD_TOLD + PROCESS_DIED, tag);
	send_number(other, OLD_END, 0);
	expect_process_died(other);
	expect_nothing();
}

/* Binds a socket to a port of this computer, 0 for any. Returns 0 on
 * success. */
static uint32_t bind_to(uint32_t port, uint64_t *socket)
{
	uint8_t ip[4] = { 127, 0, 0, 1 };

	return lunatic_networking_udp_bind(4, ip, port, 0, 0, socket);
}

static uint32_t port_of(uint64_t socket)
{
	uint64_t addresses = 0;
	uint8_t ip[16];
	uint16_t port = 0;
	uint32_t version, flow, scope;

	CHECK_EQ(lunatic_networking_udp_local_addr(socket, &addresses), 0);
	CHECK_EQ(lunatic_networking_resolve_next(addresses, &version, ip, &port,
						 &flow, &scope),
		 0);
	CHECK_EQ(version, 4);
	lunatic_networking_drop_dns_iterator(addresses);
	return port;
}

static void send_socket(uint64_t to, int64_t what, uint64_t socket)
{
	lunatic_message_create_data(what, 0);
	CHECK_EQ(lunatic_message_push_udp_socket(socket), 0);
	CHECK_EQ(lunatic_message_send(to), 0);
}

/* Binds to the port of a socket that is closed, or about to be. */
static uint64_t bind_again(uint32_t port)
{
	uint64_t socket = 0;

	for (int i = 0; bind_to(port, &socket) != 0; i++) {
		CHECK(i < SOON);
		lunatic_error_drop(socket);
		lunatic_process_sleep_ms(1);
	}
	return socket;
}

/* Guests of 0.7 have no UDP sockets: one stays in its message, which they may
 * send on, and is closed with it. */
static void sockets(void)
{
	uint64_t other = spawn_old(5, true);
	uint64_t socket = 0;
	uint64_t error = 0;
	uint32_t port;

	CHECK_EQ(bind_to(0, &socket), 0);
	port = port_of(socket);
	send_socket(other, OLD_FORWARD, socket);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), OLD_FORWARD);
	CHECK_EQ(bind_to(port, &error), 1);
	lunatic_error_drop(error);
	socket = lunatic_message_take_udp_socket(0);
	CHECK_EQ(port_of(socket), port);
	send_socket(other, OLD_DROP, socket);
	expect_number(OLD_DONE, 0);
	socket = bind_again(port);
	send_socket(other, OLD_TAKE, socket);
	expect_link_died(OLD_DIED);
	lunatic_networking_drop_udp_socket(bind_again(port));
	expect_nothing();
}

int main(void)
{
	self = lunatic_process_process_id();
	lunatic_process_die_when_link_dies(0);
	CHECK_EQ(lunatic_process_compile_module(old, sizeof(old), &module), 0);
	lunatic_registry_put("new", 3, 0, self);
	messages();
	kills();
	links();
	monitors();
	sockets();
	lunatic_process_drop_module(module);
	puts("passed");
	return 0;
}
