// Whatever a guest passes to lunatic::networking, it gets a trap, again and
// again, and nothing is left of it: no descriptor either, of which there are
// few.
//
// options: --max-descriptors 8
// stdout: passed
#include "net.h"

#include "../trap/check.h"

#define TIMES 10
#define NOBODY UINT64_C(123456)

static uint64_t id;
static uint64_t second;
static uint8_t byte;
static struct address got;
static uint16_t port;
static uint16_t udp_port;
static uint64_t listener;
static uint64_t stream;
static uint64_t udp;
static uint64_t iterator;
static uint64_t udp_only;
static uint64_t dropped;

// The last bytes of the memory, and what is behind them.
static void *end(int behind)
{
	return (char *)(__builtin_wasm_memory_size(0) * 65536) + behind;
}

static void *max_address(void)
{
	return (void *)UINTPTR_MAX;
}

#define N(name) lunatic_networking_##name
#define IP ((void *)loopback)

/* Ids of nothing, of what is of another kind, and of what was dropped. */

static void drop_iterator(void)
{
	N(drop_dns_iterator)(NOBODY);
}
static void drop_iterator_twice(void)
{
	CHECK_EQ(N(resolve)("1.2.3.4:5", 9, 0, &id), OK);
	N(drop_dns_iterator)(id);
	N(drop_dns_iterator)(id);
}
static void next_nobody(void)
{
	N(resolve_next)(NOBODY, &got.version, got.ip, &got.port, &got.flow_info,
			&got.scope_id);
}
static void drop_listener(void)
{
	N(drop_tcp_listener)(NOBODY);
}
static void local_nobody(void)
{
	N(tcp_local_addr)(NOBODY, &id);
}
static void accept_nobody(void)
{
	N(tcp_accept)(NOBODY, &id, &second);
}
static void peer_nobody(void)
{
	N(tcp_peer_addr)(NOBODY, &id);
}
static void drop_stream(void)
{
	N(drop_tcp_stream)(NOBODY);
}
static void clone_stream(void)
{
	N(clone_tcp_stream)(NOBODY);
}
static void write_nobody(void)
{
	write_soon(NOBODY, &byte, 1, &id);
}
static void read_nobody(void)
{
	N(tcp_read)(NOBODY, &byte, 1, &id);
}
static void read_max(void)
{
	N(tcp_read)(UINT64_MAX, &byte, 1, &id);
}
static void peek_nobody(void)
{
	N(tcp_peek)(NOBODY, &byte, 1, &id);
}
static void flush_nobody(void)
{
	N(tcp_flush)(NOBODY, &id);
}
static void set_read(void)
{
	N(set_read_timeout)(NOBODY, 1);
}
static void get_read(void)
{
	N(get_read_timeout)(NOBODY);
}
static void set_write(void)
{
	N(set_write_timeout)(NOBODY, 1);
}
static void get_write(void)
{
	N(get_write_timeout)(NOBODY);
}
static void set_peek(void)
{
	N(set_peek_timeout)(NOBODY, 1);
}
static void get_peek(void)
{
	N(get_peek_timeout)(NOBODY);
}
static void udp_local(void)
{
	N(udp_local_addr)(NOBODY, &id);
}
static void udp_peer(void)
{
	N(udp_peer_addr)(NOBODY, &id);
}
static void udp_connect(void)
{
	N(udp_connect)(NOBODY, 4, IP, port, 0, 0, 1, &id);
}
static void udp_receive(void)
{
	N(udp_receive)(NOBODY, &byte, 1, &id);
}
static void udp_receive_from(void)
{
	N(udp_receive_from)(NOBODY, &byte, 1, &id, &second);
}
static void udp_send(void)
{
	N(udp_send)(NOBODY, &byte, 1, &id);
}
static void udp_to(void)
{
	udp_send_to(NOBODY, port, &byte, 1, &id);
}
static void set_ttl(void)
{
	N(set_udp_socket_ttl)(NOBODY, 1);
}
static void get_ttl(void)
{
	N(get_udp_socket_ttl)(NOBODY);
}
static void set_broadcast(void)
{
	N(set_udp_socket_broadcast)(NOBODY, 1);
}
static void get_broadcast(void)
{
	N(get_udp_socket_broadcast)(NOBODY);
}
static void drop_udp(void)
{
	N(drop_udp_socket)(NOBODY);
}
static void clone_udp(void)
{
	N(clone_udp_socket)(NOBODY);
}
static void drop_udp_twice(void)
{
	N(drop_udp_socket)(dropped);
}
static void use_dropped(void)
{
	N(udp_receive)(dropped, &byte, 1, &id);
}

static void read_udp(void)
{
	N(tcp_read)(udp_only, &byte, 1, &id);
}
static void accept_udp(void)
{
	N(tcp_accept)(udp_only, &id, &second);
}
static void drop_udp_as_stream(void)
{
	N(drop_tcp_stream)(udp_only);
}
static void next_udp(void)
{
	N(resolve_next)(udp_only, &got.version, got.ip, &got.port,
			&got.flow_info, &got.scope_id);
}

/* Addresses */

static void bind_5(void)
{
	N(tcp_bind)(5, IP, 0, 0, 0, &id);
}
static void bind_outside(void)
{
	N(tcp_bind)(6, end(-15), 0, 0, 0, &id);
}
static void connect_0(void)
{
	N(tcp_connect)(0, IP, port, 0, 0, 1, &id);
}
static void connect_outside(void)
{
	N(tcp_connect)(4, end(-3), port, 0, 0, 1, &id);
}
static void udp_bind_max(void)
{
	N(udp_bind)(UINT32_MAX, IP, 0, 0, 0, &id);
}
static void udp_bind_260(void)
{
	N(udp_bind)(260, IP, 0, 0, 0, &id);
}
static void udp_bind_outside(void)
{
	N(udp_bind)(4, max_address(), 0, 0, 0, &id);
}
static void udp_connect_5(void)
{
	N(udp_connect)(udp, 5, IP, 1, 0, 0, 1, &id);
}
static void udp_connect_outside(void)
{
	N(udp_connect)(udp, 6, end(-15), 1, 0, 0, 1, &id);
}
static void udp_to_5(void)
{
	N(udp_send_to)(udp, &byte, 1, 5, IP, 1, 0, 0, &id);
}
static void udp_to_outside(void)
{
	N(udp_send_to)(udp, &byte, 1, 6, end(-15), 1, 0, 0, &id);
}

/* Where results are to be stored: before anything is done. */

static void resolve_id(void)
{
	N(resolve)("1.2.3.4:5", 9, 0, end(-7));
}
static void bind_id(void)
{
	N(tcp_bind)(4, IP, 0, 0, 0, end(-7));
}
static void local_id(void)
{
	N(tcp_local_addr)(listener, end(-7));
}
static void accept_id(void)
{
	N(tcp_accept)(listener, end(-7), &id);
}
static void accept_peer(void)
{
	N(tcp_accept)(listener, &id, end(-7));
}
static void connect_id(void)
{
	N(tcp_connect)(4, IP, port, 0, 0, 1, max_address());
}
static void peer_id(void)
{
	N(tcp_peer_addr)(stream, end(-7));
}
static void write_count(void)
{
	write_soon(stream, &byte, 1, end(-7));
}
static void read_count(void)
{
	N(tcp_read)(stream, &byte, 1, end(-7));
}
static void peek_count(void)
{
	N(tcp_peek)(stream, &byte, 1, end(-7));
}
static void flush_id(void)
{
	N(tcp_flush)(stream, end(-7));
}
static void udp_bind_id(void)
{
	N(udp_bind)(4, IP, 0, 0, 0, end(-7));
}
static void udp_local_id(void)
{
	N(udp_local_addr)(udp, end(-7));
}
static void udp_peer_id(void)
{
	N(udp_peer_addr)(udp, end(0));
}
static void udp_connect_id(void)
{
	N(udp_connect)(udp, 4, IP, 1, 0, 0, 1, end(-7));
}
static void udp_receive_count(void)
{
	N(udp_receive)(udp, &byte, 1, end(-7));
}
static void udp_from_count(void)
{
	N(udp_receive_from)(udp, &byte, 1, end(-7), &id);
}
static void udp_from_peer(void)
{
	N(udp_receive_from)(udp, &byte, 1, &id, end(-7));
}
static void udp_send_count(void)
{
	N(udp_send)(udp, &byte, 1, end(-7));
}
static void udp_to_count(void)
{
	udp_send_to(udp, udp_port, &byte, 1, end(-7));
}
static void next_version(void)
{
	N(resolve_next)(iterator, end(-3), got.ip, &got.port, &got.flow_info,
			&got.scope_id);
}
static void next_ip(void)
{
	N(resolve_next)(iterator, &got.version, end(-15), &got.port,
			&got.flow_info, &got.scope_id);
}
static void next_port(void)
{
	N(resolve_next)(iterator, &got.version, got.ip, end(-1), &got.flow_info,
			&got.scope_id);
}
static void next_scope(void)
{
	N(resolve_next)(iterator, &got.version, got.ip, &got.port,
			&got.flow_info, end(-3));
}

/* Data: also where address and length, or count and size, overflow. */

static void name_outside(void)
{
	N(resolve)(end(-1), 2, 0, &id);
}
static void name_wraps(void)
{
	N(resolve)(end(-1), SIZE_MAX, 0, &id);
}
static void name_no_text(void)
{
	N(resolve)("\xff:80", 4, 0, &id);
}
static void read_outside(void)
{
	N(tcp_read)(stream, end(-1), 2, &id);
}
static void read_wraps(void)
{
	N(tcp_read)(stream, &byte, SIZE_MAX, &id);
}
static void peek_outside(void)
{
	N(tcp_peek)(stream, end(-1), 2, &id);
}
static void pieces_outside(void)
{
	N(tcp_write_vectored)(stream, end(-15), 2, &id);
}
static void pieces_wrap(void)
{
	static const struct piece piece;

	N(tcp_write_vectored)(stream, (void *)&piece, 0x20000001, &id);
}
static void pieces_max(void)
{
	static const struct piece piece;

	N(tcp_write_vectored)(stream, (void *)&piece, UINT32_MAX, &id);
}
static void piece_outside(void)
{
	const struct piece pieces[] = { { &byte, 1 }, { end(-1), 2 } };

	N(tcp_write_vectored)(stream, (void *)pieces, 2, &id);
}
static void piece_wraps(void)
{
	const struct piece pieces[] = { { &byte, UINT32_MAX } };

	N(tcp_write_vectored)(stream, (void *)pieces, 1, &id);
}
static void datagram_outside(void)
{
	N(udp_send)(udp, end(-1), 2, &id);
}
static void datagram_wraps(void)
{
	N(udp_send)(udp, &byte, SIZE_MAX, &id);
}
static void datagram_to_outside(void)
{
	udp_send_to(udp, udp_port, end(-1), 2, &id);
}
static void room_outside(void)
{
	N(udp_receive)(udp, end(-1), 2, &id);
}
static void room_from_outside(void)
{
	N(udp_receive_from)(udp, &byte, SIZE_MAX, &id, &second);
}
static void no_room_outside(void)
{
	N(udp_receive)(udp, end(1), 0, &id);
}

/* Numbers */

static void ttl_0(void)
{
	N(set_udp_socket_ttl)(udp, 0);
}
static void ttl_256(void)
{
	N(set_udp_socket_ttl)(udp, 256);
}
static void ttl_max(void)
{
	N(set_udp_socket_ttl)(udp, UINT32_MAX);
}

#define CASE(function) { #function, function }

static const struct {
	const char *name;
	void (*call)(void);
} cases[] = {
	CASE(drop_iterator),    CASE(drop_iterator_twice),
	CASE(next_nobody),      CASE(drop_listener),
	CASE(local_nobody),     CASE(accept_nobody),
	CASE(peer_nobody),      CASE(drop_stream),
	CASE(clone_stream),     CASE(write_nobody),
	CASE(read_nobody),      CASE(read_max),
	CASE(peek_nobody),      CASE(flush_nobody),
	CASE(set_read),         CASE(get_read),
	CASE(set_write),        CASE(get_write),
	CASE(set_peek),         CASE(get_peek),
	CASE(udp_local),        CASE(udp_peer),
	CASE(udp_connect),      CASE(udp_receive),
	CASE(udp_receive_from), CASE(udp_send),
	CASE(udp_to),           CASE(set_ttl),
	CASE(get_ttl),          CASE(set_broadcast),
	CASE(get_broadcast),    CASE(drop_udp),
	CASE(clone_udp),        CASE(drop_udp_twice),
	CASE(use_dropped),      CASE(read_udp),
	CASE(accept_udp),       CASE(drop_udp_as_stream),
	CASE(next_udp),         CASE(bind_5),
	CASE(bind_outside),     CASE(connect_0),
	CASE(connect_outside),  CASE(udp_bind_max),
	CASE(udp_bind_260),     CASE(udp_bind_outside),
	CASE(udp_connect_5),    CASE(udp_connect_outside),
	CASE(udp_to_5),         CASE(udp_to_outside),
	CASE(resolve_id),       CASE(bind_id),
	CASE(local_id),         CASE(accept_id),
	CASE(accept_peer),      CASE(connect_id),
	CASE(peer_id),          CASE(write_count),
	CASE(read_count),       CASE(peek_count),
	CASE(flush_id),         CASE(udp_bind_id),
	CASE(udp_local_id),     CASE(udp_peer_id),
	CASE(udp_connect_id),   CASE(udp_receive_count),
	CASE(udp_from_count),   CASE(udp_from_peer),
	CASE(udp_send_count),   CASE(udp_to_count),
	CASE(next_version),     CASE(next_ip),
	CASE(next_port),        CASE(next_scope),
	CASE(name_outside),     CASE(name_wraps),
	CASE(name_no_text),     CASE(read_outside),
	CASE(read_wraps),       CASE(peek_outside),
	CASE(pieces_outside),   CASE(pieces_wrap),
	CASE(pieces_max),       CASE(piece_outside),
	CASE(piece_wraps),      CASE(datagram_outside),
	CASE(datagram_wraps),   CASE(datagram_to_outside),
	CASE(room_outside),     CASE(room_from_outside),
	CASE(no_room_outside),  CASE(ttl_0),
	CASE(ttl_256),          CASE(ttl_max),
};

static uint32_t run(uint32_t which)
{
	cases[which].call();
	return 1;
}

int main(void)
{
	uint16_t other_port = 0;
	uint64_t other;
	uint64_t server;

	listener = listen_at(&port);
	stream = connect_to(port);
	server = accept_from(listener);
	udp = udp_at(&udp_port);
	// There are more ids of UDP sockets than of any other kind.
	for (int i = 0; i < 5; i++)
		udp_only = lunatic_networking_clone_udp_socket(udp);
	dropped = lunatic_networking_clone_udp_socket(udp);
	lunatic_networking_drop_udp_socket(dropped);
	CHECK_EQ(lunatic_networking_resolve("1.2.3.4:5", 9, 0, &iterator), OK);
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (int n = 0; n < TIMES; n++) {
			if (catch (run, i) != 0) {
				printf("FAILED: %s came back\n", cases[i].name);
				return EXIT_FAILURE;
			}
		}
	}
	// All is as it was: nothing has been taken, sent, received or set.
	CHECK_EQ(only_address(iterator).port, 5);
	other = udp_at(&other_port);
	udp_say(other, udp_port, "hello");
	udp_hear(udp, "hello");
	CHECK_EQ(lunatic_networking_udp_peer_addr(udp, &id), 1);
	CHECK_EQ(lunatic_networking_get_read_timeout(stream), NO_LIMIT);
	write_all(stream, "x", 1);
	read_all(server, &byte, 1);
	CHECK_EQ(byte, 'x');
	lunatic_networking_drop_tcp_stream(stream);
	expect_end(server);
	puts("passed");
	return 0;
}
