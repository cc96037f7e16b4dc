// options: --node 127.0.0.1:0 --node-name here
// stdout: ok
// stderr~ ^lunatic: node here
// stderr~ the group has more than 4096 bytes
// stderr~ the group is not UTF-8
// stderr~ process 12345 does not exist
// stderr~ no message is being worked on
// Groups in a cluster of one node: members, messages to them, and every trap.
#include "../check.h"

#define TAG 5

static char big[5000];

ENTRY(member)(void)
{
	uint64_t parent;
	uint64_t self = lunatic_process_this();

	CHECK_EQ(lunatic_message_receive(NULL, 0, 0), DATA);
	parent = lunatic_message_take_process(0);
	CHECK_EQ(lunatic_cluster_join("g", 1, self), 0);
	CHECK_EQ(lunatic_cluster_join("g", 1, self), 0);
	lunatic_message_create_data(1, 0);
	lunatic_message_send(parent);
	for (;;) {
		CHECK_EQ(lunatic_message_receive(NULL, 0, 0), DATA);
		lunatic_message_create_data(TAG, 0);
		lunatic_message_send(parent);
	}
}

ENTRY(long_name)(void)
{
	memset(big, 'a', sizeof(big));
	lunatic_cluster_join(big, 4097, lunatic_process_this());
}

ENTRY(bad_name)(void)
{
	lunatic_cluster_members("\xff", 1, NULL, 0);
}

ENTRY(no_process)(void)
{
	lunatic_cluster_leave("g", 1, 12345);
}

ENTRY(no_message)(void)
{
	lunatic_cluster_send_one("g", 1);
}

static void traps(const char *entry)
{
	uint64_t process = spawn(entry, 0);
	int64_t tag = lunatic_process_monitor(process);

	CHECK_EQ(lunatic_message_receive(&tag, 1, 0), 2);
	lunatic_process_drop_process(process);
}

static uint64_t start(void)
{
	uint64_t process = spawn("member", 0);
	int64_t joined = 1;

	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(process);
	CHECK_EQ(lunatic_message_receive(&joined, 1, 0), DATA);
	return process;
}

static void answers(int count)
{
	int64_t tag = TAG;

	for (int i = 0; i < count; i++)
		CHECK_EQ(lunatic_message_receive(&tag, 1, 0), DATA);
	CHECK_EQ(lunatic_message_receive(&tag, 1, 20), 9027);
}

int main(void)
{
	uint64_t members[4] = { 0 };
	uint64_t one = start();
	uint64_t two = start();
	int64_t tag;

	CHECK_EQ(lunatic_cluster_members("g", 1, members, 4), 2);
	CHECK(members[0] != members[1] && members[1] != 0 && members[2] == 0);
	CHECK_EQ(lunatic_cluster_members("g", 1, members, 1), 2);
	CHECK_EQ(lunatic_cluster_members("h", 1, members, 1), 0);
	lunatic_message_create_data(0, 0);
	lunatic_message_write_data("hello", 5);
	CHECK_EQ(lunatic_cluster_send_all("g", 1), 2);
	answers(2);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_cluster_send_one("g", 1), 0);
	answers(1);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_cluster_send_one("h", 1), 2);
	CHECK_EQ(lunatic_cluster_send_all("h", 1), 0);
	CHECK_EQ(lunatic_cluster_leave("g", 1, one), 0);
	CHECK_EQ(lunatic_cluster_leave("g", 1, one), 2);
	CHECK_EQ(lunatic_cluster_members("g", 1, members, 0), 1);
	tag = lunatic_process_monitor(two);
	lunatic_process_kill(two);
	CHECK_EQ(lunatic_message_receive(&tag, 1, 0), 2);
	CHECK_EQ(lunatic_cluster_members("g", 1, members, 0), 0);
	traps("long_name");
	traps("bad_name");
	traps("no_process");
	traps("no_message");
	puts("ok");
	return 0;
}
