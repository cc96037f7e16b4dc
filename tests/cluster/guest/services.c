// What tests/cluster/services.sh runs, with the guest library:
//
//   hold NAME          registers itself; says "held" or "taken", and who lost
//   find NAME SECONDS  until somebody has the name: "found", or "none"
//   gone NAME SECONDS  until nobody has it: "gone"
//   watch COUNT        says what it is told of nodes, so many times
//   nodes              the names of all nodes, with their attributes
//   choose QUERY       a node with these attributes; and the less loaded one of
//                      all, 20 times
//   crowd COUNT        has so many processes; says "crowded"
//   join GROUP COUNT   joins; says "joined", and what it gets, so many times
//   tell GROUP COUNT   until it has so many members; tells all, and one of them
//   monitor NAME       watches who has the name, and says how it ended
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(int status)
{
	printf("failed: %s\n", lunatic_status_text(status));
	return 1;
}

static int hold(const char *name)
{
	struct lunatic_proc self = lunatic_proc_self();
	int64_t tags[2] = { lunatic_tag_new(), lunatic_tag_new() };
	struct lunatic_proc winner;
	struct lunatic_reader mail;
	int status;

	status = lunatic_global_register(name, "1.0.0", self, tags[0]);
	if (status == LUNATIC_EEXIST) {
		puts("taken");
		return 0;
	}
	if (status != 0)
		return fail(status);
	puts("held");
	fflush(stdout);
	status = lunatic_receive_tagged(&mail, tags, 1, LUNATIC_FOREVER);
	if (status == 0)
		status = lunatic_read_name_lost(&mail, &winner);
	if (status != 0)
		return fail(status);
	puts(lunatic_proc_same(winner, self) ? "lost to itself" : "lost");
	fflush(stdout);
	sleep(1000);
	return 0;
}

static int find(const char *name, int seconds)
{
	struct lunatic_proc found;

	for (int i = 0; i < seconds * 100; i++) {
		if (lunatic_global_lookup(name, "^1", &found) == 0) {
			puts("found");
			return 0;
		}
		usleep(10000);
	}
	puts("none");
	return 1;
}

static int gone(const char *name, int seconds)
{
	struct lunatic_proc found;

	for (int i = 0; i < seconds * 100; i++) {
		if (lunatic_global_lookup(name, "^1", &found) != 0) {
			puts("gone");
			return 0;
		}
		lunatic_proc_drop(found);
		usleep(10000);
	}
	puts("still there");
	return 1;
}

static int watch(int count)
{
	int64_t tag = lunatic_tag_new();
	struct lunatic_node_event event;
	struct lunatic_reader mail;
	int status = lunatic_nodes_watch(tag);

	puts("watching");
	fflush(stdout);
	for (int i = 0; i < count && status == 0; i++) {
		status =
			lunatic_receive_tagged(&mail, &tag, 1, LUNATIC_FOREVER);
		if (status == 0)
			status = lunatic_read_node_event(&mail, &event);
		if (status == 0)
			printf("%s %s\n", event.name, event.up ? "up" : "down");
		fflush(stdout);
	}
	return status == 0 ? 0 : fail(status);
}

static int nodes(void)
{
	static char text[LUNATIC_NODE_ATTRIBUTES_SIZE];
	char name[LUNATIC_NODE_NAME_SIZE];
	uint64_t list[16];
	size_t count = lunatic_node_list(list, 16);

	for (size_t i = 0; i < count && i < 16; i++) {
		int status = lunatic_node_name(list[i], name);

		if (status == 0)
			status = lunatic_node_attributes(list[i], text);
		if (status != 0)
			return fail(status);
		for (char *at = text; *at != '\0'; at++)
			*at = *at == '\n' ? ' ' : *at;
		printf("%s: %s\n", name, text);
	}
	return 0;
}

static int monitor(const char *name)
{
	struct lunatic_proc found;
	struct lunatic_reader mail;
	int64_t tag;
	int status;

	while (lunatic_global_lookup(name, "*", &found) != 0)
		usleep(10000);
	tag = lunatic_proc_monitor(found);
	puts("monitoring");
	fflush(stdout);
	status = lunatic_receive_tagged(&mail, &tag, 1, LUNATIC_FOREVER);
	if (status != LUNATIC_ENDED)
		return fail(status);
	printf("reason %d\n", (int)lunatic_mail_end().reason);
	return 0;
}

static int join(const char *group, int count)
{
	struct lunatic_proc self = lunatic_proc_self();
	struct lunatic_reader mail;
	char text[32];
	int status = lunatic_group_join(group, self);

	puts("joined");
	fflush(stdout);
	for (int i = 0; i < count && status == 0; i++) {
		status = lunatic_receive(&mail, LUNATIC_FOREVER);
		lunatic_read_str(&mail, text, sizeof(text));
		if (status == 0)
			status = lunatic_reader_end(&mail);
		puts(text);
		fflush(stdout);
	}
	return status == 0 ? 0 : fail(status);
}

static void wait_on(void)
{
	struct lunatic_reader mail;

	lunatic_receive(&mail, LUNATIC_FOREVER);
}

static int crowd(int count)
{
	for (int i = 0; i < count; i++) {
		int status = lunatic_spawn(NULL, NULL, wait_on);

		if (status != 0)
			return fail(status);
	}
	puts("crowded");
	fflush(stdout);
	wait_on();
	return 0;
}

static int choose(const char *query)
{
	char name[LUNATIC_NODE_NAME_SIZE];
	uint64_t node;
	int status = lunatic_node_choose(query, LUNATIC_NODE_ANY, &node);

	if (status != 0 || (status = lunatic_node_name(node, name)) != 0)
		return fail(status);
	printf("with %s: %s\n", query, name);
	for (int i = 0; i < 20 && status == 0; i++) {
		status = lunatic_node_choose("", LUNATIC_NODE_LIGHT, &node);
		if (status == 0)
			status = lunatic_node_name(node, name);
		if (status == 0)
			printf("light: %s\n", name);
	}
	return status == 0 ? 0 : fail(status);
}

static int tell(const char *group, size_t count)
{
	struct lunatic_writer mail;
	size_t sent;
	int status;

	while (lunatic_group_members(group, NULL, 0) != count)
		usleep(10000);
	lunatic_mail_begin(&mail, 0);
	lunatic_write_str(&mail, "all");
	status = lunatic_group_send_all(&mail, group, &sent);
	printf("told %zu\n", sent);
	for (size_t i = 0; i < count && status == 0; i++) {
		lunatic_mail_begin(&mail, 0);
		lunatic_write_str(&mail, "one");
		status = lunatic_group_send_one(&mail, group);
	}
	return status == 0 ? 0 : fail(status);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int number = argc > 2 ? atoi(argv[argc - 1]) : 0;

	if (strcmp(what, "hold") == 0)
		return hold(argv[2]);
	if (strcmp(what, "find") == 0)
		return find(argv[2], number);
	if (strcmp(what, "gone") == 0)
		return gone(argv[2], number);
	if (strcmp(what, "watch") == 0)
		return watch(number);
	if (strcmp(what, "join") == 0)
		return join(argv[2], number);
	if (strcmp(what, "choose") == 0)
		return choose(argv[2]);
	if (strcmp(what, "crowd") == 0)
		return crowd(number);
	if (strcmp(what, "tell") == 0)
		return tell(argv[2], (size_t)number);
	if (strcmp(what, "monitor") == 0)
		return monitor(argv[2]);
	return nodes();
}
