// stdout: ok
// What lunatic::cluster says in a program that is not a node.
#include "../check.h"

int main(void)
{
	uint64_t self = lunatic_process_this();
	uint64_t numbers[2];
	char text[8];

	CHECK_EQ(lunatic_cluster_node(), 0);
	CHECK_EQ(lunatic_cluster_nodes(numbers, 2), 0);
	CHECK_EQ(lunatic_cluster_node_name(1, text, sizeof(text)), -1);
	CHECK_EQ(lunatic_cluster_node_attributes(1, text, sizeof(text)), -1);
	CHECK_EQ(lunatic_cluster_watch_nodes(1), 4);
	CHECK_EQ(lunatic_cluster_unwatch_nodes(), 0);
	CHECK_EQ(lunatic_cluster_register("x", 1, "1.0.0", 5, self, 0), 4);
	CHECK_EQ(lunatic_cluster_register("x", 1, "1", 1, self, 0), 1);
	CHECK_EQ(lunatic_cluster_unregister("x", 1, "1.0.0", 5), 2);
	CHECK_EQ(lunatic_cluster_lookup("x", 1, "*", 1, numbers), 2);
	CHECK_EQ(lunatic_cluster_join("g", 1, self), 4);
	CHECK_EQ(lunatic_cluster_leave("g", 1, self), 2);
	CHECK_EQ(lunatic_cluster_members("g", 1, numbers, 2), 0);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_cluster_send_one("g", 1), 2);
	CHECK_EQ(lunatic_cluster_send_all("g", 1), 0);
	CHECK_EQ(lunatic_cluster_choose_node("", 0, 1, numbers), 4);
	puts("ok");
	return 0;
}
