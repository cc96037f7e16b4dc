// Ids of nothing: each function of TLS ends the process that passes one.
//
// stdout: passed
// stderr~ tls listener 7 does not exist \(lunatic::networking::tls_local_addr\)
// stderr~ tls listener 7 does not exist \(lunatic::networking::tls_accept\)
// stderr~ listener 7 does not exist \(lunatic::networking::drop_tls_listener\)
// stderr~ tls stream 7 does not exist \(lunatic::networking::drop_tls_stream\)
// stderr~ tls stream 7 does not exist \(lunatic::networking::clone_tls_stream\)
// stderr~ stream 7 does not exist \(lunatic::networking::tls_write_vectored\)
// stderr~ tls stream 7 does not exist \(lunatic::networking::tls_read\)
// stderr~ tls stream 7 does not exist \(lunatic::networking::tls_flush\)
// stderr~ does not exist \(lunatic::networking::set_tls_read_timeout\)
// stderr~ does not exist \(lunatic::networking::get_tls_read_timeout\)
// stderr~ does not exist \(lunatic::networking::set_tls_write_timeout\)
// stderr~ does not exist \(lunatic::networking::get_tls_write_timeout\)
#include "tls.h"

static uint64_t id;
static uint64_t other;
static char byte;

ENTRY(misuse)(uint64_t which)
{
	struct piece list[1] = { { "x", 1 } };

	switch (which) {
	case 0:
		lunatic_networking_tls_local_addr(7, &id);
		break;
	case 1:
		lunatic_networking_tls_accept(7, &id, &other);
		break;
	case 2:
		lunatic_networking_drop_tls_listener(7);
		break;
	case 3:
		lunatic_networking_drop_tls_stream(7);
		break;
	case 4:
		lunatic_networking_clone_tls_stream(7);
		break;
	case 5:
		lunatic_networking_tls_write_vectored(7, list, 1, &id);
		break;
	case 6:
		lunatic_networking_tls_read(7, &byte, 1, &id);
		break;
	case 7:
		lunatic_networking_tls_flush(7, &id);
		break;
	case 8:
		lunatic_networking_set_tls_read_timeout(7, 0);
		break;
	case 9:
		lunatic_networking_get_tls_read_timeout(7);
		break;
	case 10:
		lunatic_networking_set_tls_write_timeout(7, 0);
		break;
	case 11:
		lunatic_networking_get_tls_write_timeout(7);
		break;
	}
	CHECK(!"it should trap");
}

int main(void)
{
	for (uint32_t i = 0; i <= 11; i++)
		await_end(spawn_with("misuse", 0, i));
	puts("passed");
	return 0;
}
