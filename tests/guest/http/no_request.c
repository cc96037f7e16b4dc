// A process that answers no request: each function says so, and nothing else
// happens. Waiting works for the mailbox alone.
//
// stdout: passed
#include "../check.h"

#include <lunatic/abi.h>
#include <string.h>

#define FAILED 1u
#define NOTHING (-1)

static void fails(uint32_t result, uint64_t error)
{
	char text[200] = { 0 };

	CHECK_EQ(result, FAILED);
	CHECK(lunatic_error_string_size(error) < sizeof(text));
	lunatic_error_to_string(error, text);
	CHECK(strstr(text, "answers no request") != NULL);
	lunatic_error_drop(error);
}

int main(void)
{
	char data[8] = "data";
	uint64_t id = 0;

	for (uint32_t part = 0; part <= 4; part++)
		CHECK_EQ(lunatic_exchange_request(part, data, 8), NOTHING);
	for (uint32_t list = 0; list <= 1; list++) {
		CHECK_EQ(lunatic_exchange_count_fields(list), NOTHING);
		CHECK_EQ(lunatic_exchange_find_field(list, "host", 4, 0),
			 NOTHING);
		CHECK_EQ(lunatic_exchange_field_name(list, 0, data, 8),
			 NOTHING);
		CHECK_EQ(lunatic_exchange_field_value(list, 0, data, 8),
			 NOTHING);
	}
	fails(lunatic_exchange_read(data, 8, 0, &id), id);
	fails(lunatic_exchange_respond(200, NULL, 0, data, 4, 3, &id), id);
	fails(lunatic_exchange_write(data, 4, 0, &id), id);
	fails(lunatic_exchange_finish(NULL, 0, &id), id);
	fails(lunatic_exchange_upgrade(data, 4, NULL, 0, &id), id);
	CHECK(memcmp(data, "data", 5) == 0);

	CHECK_EQ(lunatic_exchange_wait(1 | 2 | 4, 10), 0);
	CHECK_EQ(lunatic_exchange_wait(7 | 8, 0), 0);
	lunatic_message_create_data(5, 0);
	lunatic_message_send(lunatic_process_this());
	CHECK_EQ(lunatic_exchange_wait(7, 0), 2);
	CHECK_EQ(lunatic_exchange_wait(1 | 4 | 8, 0), 0);
	CHECK_EQ(lunatic_message_receive(NULL, 0, 0), 0);
	CHECK_EQ(lunatic_message_get_tag(), 5);
	CHECK_EQ(lunatic_exchange_wait(2 | 8, 0), 0);
	puts("passed");
	return 0;
}
