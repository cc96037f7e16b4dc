// What a guest does wrong with lunatic::networking ends it with a trap of its
// own.
//
// stdout: passed
// stderr~ dns iterator 0 does not exist \(.*::resolve_next\)$
// stderr~ dns iterator 0 does not exist \(.*::drop_dns_iterator\)$
// stderr~ tcp listener 0 does not exist \(.*::local_addr\)$
// stderr~ tcp listener 0 does not exist \(.*::tcp_accept\)$
// stderr~ tcp listener 0 does not exist \(.*::drop_tcp_listener\)$
// stderr~ tcp stream 0 does not exist \(.*::tcp_read\)$
// stderr~ tcp stream 0 does not exist \(.*::tcp_write_vectored\)$
// stderr~ tcp stream 0 does not exist \(.*::tcp_flush\)$
// stderr~ tcp stream 0 does not exist \(.*::clone_tcp_stream\)$
// stderr~ tcp stream 0 does not exist \(.*::drop_tcp_stream\)$
// stderr~ the address type is 5, not 4 or 6 \(.*::tcp_bind\)$
// stderr~ the address type is 0, not 4 or 6 \(.*::tcp_connect\)$
// stderr~ argument `ip` points outside .* \(.*::tcp_bind\)$
// stderr~ argument `ip` points outside .* \(.*::tcp_connect\)$
// stderr~ argument `id` points outside .* \(.*::tcp_bind\)$
// stderr~ argument `buffer` points outside .* \(.*::tcp_read\)$
// stderr~ argument `pieces` points outside .* \(.*::tcp_write_vectored\)$
// stderr~ a piece points outside .* \(.*::tcp_write_vectored\)$
// stderr~ the name is not UTF-8 \(.*::resolve\)$
// stderr~ argument `name` points outside .* \(.*::resolve\)$
// stderr~ argument `ip` points outside .* \(.*::resolve_next\)$
#include "net.h"

// The last bytes of the memory, and what is behind them.
static char *end(int behind)
{
	return (char *)(__builtin_wasm_memory_size(0) * 65536) + behind;
}

static uint64_t id;
static uint64_t other;
static char byte;

// A stream to a listener of this process.
static uint64_t a_stream(void)
{
	uint16_t port;

	listen_at(&port);
	return connect_to(port);
}

static uint64_t an_iterator(void)
{
	CHECK_EQ(lunatic_networking_resolve("127.0.0.1:1", 11, 0, &id), OK);
	return id;
}

ENTRY(next_of_none)(void)
{
	struct address address;

	next_address(0, &address);
}

ENTRY(drop_no_iterator)(void)
{
	uint64_t iterator = an_iterator();

	lunatic_networking_drop_dns_iterator(iterator);
	lunatic_networking_drop_dns_iterator(iterator);
}

ENTRY(address_of_none)(void)
{
	lunatic_networking_local_addr(0, &id);
}

ENTRY(accept_none)(void)
{
	// A stream is not a listener, whatever its number.
	uint16_t port;

	lunatic_networking_drop_tcp_listener(listen_at(&port));
	lunatic_networking_tcp_accept(0, &id, &other);
}

ENTRY(drop_no_listener)(void)
{
	lunatic_networking_drop_tcp_listener(0);
}

ENTRY(read_none)(void)
{
	lunatic_networking_tcp_read(0, &byte, 1, 1, &id);
}

ENTRY(write_none)(void)
{
	write_some(0, &byte, 1, 1, &id);
}

ENTRY(flush_none)(void)
{
	lunatic_networking_tcp_flush(0, &id);
}

ENTRY(clone_none)(void)
{
	lunatic_networking_clone_tcp_stream(0);
}

ENTRY(drop_no_stream)(void)
{
	lunatic_networking_drop_tcp_stream(a_stream());
	lunatic_networking_drop_tcp_stream(0);
}

ENTRY(bind_version)(void)
{
	lunatic_networking_tcp_bind(5, (void *)loopback, 0, 0, 0, &id);
}

ENTRY(connect_version)(void)
{
	lunatic_networking_tcp_connect(0, (void *)loopback, 1, 0, 0, 1, &id);
}

ENTRY(bind_outside)(void)
{
	// Four bytes would fit.
	lunatic_networking_tcp_bind(6, (void *)end(-15), 0, 0, 0, &id);
}

ENTRY(connect_outside)(void)
{
	lunatic_networking_tcp_connect(4, (void *)end(-3), 1, 0, 0, 1, &id);
}

ENTRY(id_outside)(void)
{
	lunatic_networking_tcp_bind(4, (void *)loopback, 0, 0, 0,
				    (uint64_t *)(void *)end(-7));
}

ENTRY(read_outside)(void)
{
	lunatic_networking_tcp_read(a_stream(), end(-1), 2, 1, &id);
}

ENTRY(list_outside)(void)
{
	lunatic_networking_tcp_write_vectored(a_stream(), end(-15), 2, 1, &id);
}

ENTRY(piece_outside)(void)
{
	struct piece pieces[] = { { &byte, 1 }, { end(-1), 2 } };

	lunatic_networking_tcp_write_vectored(a_stream(), pieces, 2, 1, &id);
}

ENTRY(name_not_utf8)(void)
{
	lunatic_networking_resolve("\xff:80", 4, 0, &id);
}

ENTRY(name_outside)(void)
{
	lunatic_networking_resolve(end(-1), 2, 0, &id);
}

ENTRY(next_outside)(void)
{
	struct address a;

	lunatic_networking_resolve_next(an_iterator(), &a.version, end(-15),
					&a.port, &a.flow_info, &a.scope_id);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	must_fail("next_of_none");
	must_fail("drop_no_iterator");
	must_fail("address_of_none");
	must_fail("accept_none");
	must_fail("drop_no_listener");
	must_fail("read_none");
	must_fail("write_none");
	must_fail("flush_none");
	must_fail("clone_none");
	must_fail("drop_no_stream");
	must_fail("bind_version");
	must_fail("connect_version");
	must_fail("bind_outside");
	must_fail("connect_outside");
	must_fail("id_outside");
	must_fail("read_outside");
	must_fail("list_outside");
	must_fail("piece_outside");
	// Reports are held back when there are many in a second.
	lunatic_process_sleep_ms(1100);
	must_fail("name_not_utf8");
	must_fail("name_outside");
	must_fail("next_outside");
	puts("passed");
	return 0;
}
