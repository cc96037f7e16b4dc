// One message has at most --max-message bytes, however they get there.
//
// options: --max-message 1000
// stdout: passed
// stderr~ message may have at most 1000 bytes \(lunatic::message::write_data\)$
// stderr~ !one_piece$
// stderr~ !one_more$
// stderr~ !grown_after_receiving$
#include "../check.h"

static char bytes[2000];

ENTRY(one_piece)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_write_data(bytes, 1001);
}

ENTRY(one_more)(void)
{
	lunatic_message_create_data(0, UINT64_MAX);
	CHECK_EQ(lunatic_message_write_data(bytes, 1000), 1000);
	lunatic_message_write_data(bytes, 1);
}

ENTRY(grown_after_receiving)(void)
{
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_write_data(bytes, 600), 600);
	lunatic_message_send(lunatic_process_this());
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_write_data(bytes, 400), 400);
	lunatic_message_write_data(bytes, 2000);
}

int main(void)
{
	lunatic_message_create_data(0, 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(lunatic_message_write_data(bytes, 100), 100);
	CHECK_EQ(lunatic_message_write_data(bytes, 0), 0);
	lunatic_message_send(lunatic_process_this());
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_data_size(), 1000);
	lunatic_process_die_when_link_dies(0);
	must_fail("one_piece");
	must_fail("one_more");
	must_fail("grown_after_receiving");
	puts("passed");
	return 0;
}
