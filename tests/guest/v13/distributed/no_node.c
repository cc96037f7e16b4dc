// A program that is not a node: what there is of the others, and itself.
//
// stdout: passed
// stderr~ trapped: no message .* \(lunatic::distributed::send\)
// stderr~ trapped: no message .*distributed::send_receive_skip_search\)
// stderr~ trapped: process configuration 77 does not .*distributed::spawn
// stderr~ trapped: Process doesn't have permissions .*distributed::spawn
// stderr~ trapped: the module exports no function `lunatic_alloc` .*root_cert
#include "../check.h"

#define TEXT "this program is not a node"

ENTRY(answers)(int64_t to)
{
	send_number((uint64_t)to, 5, 55);
}

ENTRY(sends_nothing)(void)
{
	lunatic_distributed_send(0, 1);
}

ENTRY(asks_nothing)(void)
{
	lunatic_distributed_send_receive_skip_search(0, 1, 1, 1);
}

ENTRY(has_no_config)(void)
{
	uint64_t id;

	lunatic_distributed_spawn(0, 77, 1, "x", 1, NULL, 0, &id);
}

ENTRY(may_not_spawn)(void)
{
	uint64_t id;

	lunatic_distributed_spawn(0, OWN, 1, "x", 1, NULL, 0, &id);
}

ENTRY(cannot_allocate)(void)
{
	uint32_t len;

	lunatic_distributed_test_root_cert(&len);
}

static void traps(uint64_t config, const char *entry)
{
	uint64_t process;

	CHECK_EQ(try_spawn(config, entry, 7, NULL, 0, &process), 0);
	expect_link_died(7);
}

static uint64_t spawn_self(uint64_t config, const char *entry)
{
	uint8_t params[PARAM_SIZE] = { I64 };
	uint64_t self = lunatic_process_process_id();
	uint64_t id = 0;

	memcpy(params + 1, &self, sizeof(self));
	CHECK_EQ(lunatic_distributed_spawn(
			 0, config, lunatic_distributed_module_id(), entry,
			 strlen(entry), params, sizeof(params), &id),
		 0);
	return id;
}

int main(void)
{
	uint64_t self = lunatic_process_process_id();
	uint64_t config = lunatic_process_create_config();
	uint64_t nodes[4];
	uint64_t id;
	uint64_t error;
	uint32_t count;

	lunatic_process_die_when_link_dies(0);
	CHECK_EQ(lunatic_distributed_node_id(), 0);
	CHECK_EQ(lunatic_distributed_nodes_count(), 0);
	CHECK_EQ(lunatic_distributed_get_nodes(nodes, 4), 0);
	CHECK_EQ(lunatic_distributed_spawn(9, OWN, 1, "answers", 7, NULL, 0,
					   &id),
		 1);
	check_error(id, TEXT, true);
	CHECK_EQ(lunatic_distributed_exec_lookup_nodes("", 0, &id, &count,
						       &error),
		 1);
	check_error(error, TEXT, true);
	CHECK_EQ(lunatic_distributed_copy_lookup_nodes_results(0, nodes, 4,
							       &error),
		 -1);
	check_error(error, "Invalid query id", true);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_distributed_send(9, self), 2);
	// The own node has the id 0.
	spawn_self(OWN, "answers");
	expect_number(5, 55);
	spawn_self(config, "answers");
	expect_number(5, 55);
	CHECK_EQ(lunatic_distributed_spawn(0, OWN, 1, "answers", 7, NULL, 0,
					   &id),
		 2);
	check_error(id, "Module does not exist", true);
	lunatic_message_create_data(6, 0);
	CHECK_EQ(lunatic_distributed_send(0, self), 0);
	CHECK_EQ(receive_tag(6, SOON), DATA);
	lunatic_message_create_data(6, 0);
	CHECK_EQ(lunatic_distributed_send(0, UINT64_C(1) << 60), 1);
	// A handle of the own node, by both ids.
	lunatic_message_create_data(6, 0);
	CHECK_EQ(lunatic_distributed_push_process(0, self), 0);
	CHECK_EQ(lunatic_distributed_push_process(9, self), -1);
	CHECK_EQ(lunatic_distributed_push_process(0, UINT64_C(1) << 60), -1);
	CHECK_EQ(lunatic_distributed_take_process(0, &id), self);
	CHECK_EQ(id, 0);
	traps(OWN, "sends_nothing");
	traps(OWN, "asks_nothing");
	traps(OWN, "has_no_config");
	traps(config, "may_not_spawn");
	traps(OWN, "cannot_allocate");
	puts("passed");
	return 0;
}
