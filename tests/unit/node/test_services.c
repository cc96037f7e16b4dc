/* src/node/services.h: what nodes know of each other's names, and who is told
 * of nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/semver.h"
#include "base/time.h"
#include "node/numbers.h"
#include "node/peer.h"
#include "node/queue.h"
#include "node/services_impl.h"
#include "node/session.h"
#include "process/message.h"
#include "process/process.h"
#include "process/resource.h"
#include "process/runtime.h"
#include "support/fabric.h"
#include "support/processes.h"

#define TOLD_MAX 8

/* A process that notes what it is told. */
struct listener {
	struct ln_process *process;
	_Atomic int told;
	int64_t tags[TOLD_MAX];
	char data[TOLD_MAX][64];
	size_t sizes[TOLD_MAX];
	uint8_t winner[16]; /* id of the first resource, when there is one */
};

static enum ln_outcome listen(struct ln_process *self)
{
	struct listener *listener = self->argument;
	struct ln_message *message;

	while (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) ==
	       0) {
		int at = atomic_load(&listener->told);
		struct ln_process *winner = ln_message_take(
			message, ln_resource_class(LN_RESOURCE_PROCESS), 0);

		if (at < TOLD_MAX && message->size <= 64) {
			listener->tags[at] = message->tag;
			listener->sizes[at] = message->size;
			memcpy(listener->data[at], message->data,
			       message->size);
		}
		if (winner != NULL) {
			memcpy(listener->winner, winner->id, 16);
			ln_process_release(winner);
		}
		ln_message_free(message);
		atomic_fetch_add(&listener->told, 1);
	}
	return LN_OUTCOME_KILLED;
}

static void start(struct test_net *net, struct listener *listener)
{
	memset(listener, 0, sizeof(*listener));
	listener->process =
		test_process_start(net->environment, listen, listener);
}

static void stop(struct listener *listener)
{
	ln_process_kill(listener->process);
	test_process_wait(listener->process);
}

static void await(struct listener *listener, int told)
{
	while (atomic_load(&listener->told) < told)
		continue;
	test_process_wait_parked(listener->process);
	assert_int_equal(atomic_load(&listener->told), told);
}

static struct ln_service_key key_of(const char *name, const char *version)
{
	return (struct ln_service_key){
		.name = name,
		.name_len = strlen(name),
		.version = version,
		.version_len = strlen(version),
	};
}

static int enter(struct test_net *net, int node, const char *name,
		 const char *version, struct listener *who)
{
	const struct ln_service_key key = key_of(name, version);

	return ln_services_register(net->nodes[node], &key, who->process, 7);
}

static int take_back(struct test_net *net, int node, const char *name,
		     const char *version)
{
	const struct ln_service_key key = key_of(name, version);

	return ln_services_unregister(net->nodes[node], &key, net->environment);
}

/* Whether a look-up at a node finds that process; NULL: none. */
static bool finds(struct test_net *net, int node, const char *name,
		  const char *query, const struct listener *who)
{
	struct ln_requirement requirement;
	struct ln_semver_error malformed;
	struct ln_process *found;
	uint32_t compared;
	bool right;

	assert_int_equal(ln_requirement_parse(query, strlen(query),
					      &requirement, &malformed),
			 0);
	found = ln_services_lookup(net->nodes[node], name, strlen(name),
				   &requirement, &compared);
	ln_requirement_deinit(&requirement);
	if (found == NULL || who == NULL)
		right = found == NULL && who == NULL;
	else
		right = memcmp(found->id, who->process->id, 16) == 0;
	if (found != NULL)
		ln_process_release(found);
	return right;
}

static void settle(struct test_net *net)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < TEST_NODES; i++) {
			if (net->lines[i] != NULL)
				test_line_settle(net->lines[i]);
		}
	}
	for (int i = 0; i < TEST_NODES; i++) {
		if (net->lines[i] != NULL)
			assert_false(atomic_load(&net->lines[i]->broken));
	}
}

static void cut(struct test_net *net, int line)
{
	test_line_cut(net->lines[line]);
	net->lines[line] = NULL;
}

static void heal(struct test_net *net, int line)
{
	net->lines[line] = test_line_open(net->nodes[line],
					  net->nodes[(line + 1) % net->count]);
}

static void names_are_known_everywhere(void **state)
{
	struct listener one;
	struct listener two;
	struct test_net net;

	(void)state;
	test_net_init(&net, 3, 1, NULL);
	start(&net, &one);
	start(&net, &two);
	assert_int_equal(enter(&net, 0, "db", "1.2.0", &one), 0);
	assert_int_equal(enter(&net, 1, "db", "2.0.0", &two), 0);
	settle(&net);
	for (int i = 0; i < 3; i++) {
		assert_true(finds(&net, i, "db", "^1.1", &one));
		assert_true(finds(&net, i, "db", "*", &two));
		assert_true(finds(&net, i, "db", "=2.0.0", &two));
		assert_true(finds(&net, i, "db", ">2", NULL));
		assert_true(finds(&net, i, "d", "*", NULL));
	}
	assert_int_equal(take_back(&net, 0, "db", "2.0.0"), LN_ENOENT);
	assert_int_equal(take_back(&net, 1, "db", "2.0.0"), 0);
	assert_int_equal(take_back(&net, 1, "db", "2.0.0"), LN_ENOENT);
	settle(&net);
	for (int i = 0; i < 3; i++)
		assert_true(finds(&net, i, "db", "*", &one));
	stop(&one);
	settle(&net);
	for (int i = 0; i < 3; i++)
		assert_true(finds(&net, i, "db", "*", NULL));
	assert_int_equal(one.told, 0);
	stop(&two);
	test_net_deinit(&net);
}

static void a_name_has_one_process(void **state)
{
	struct ln_process *far;
	struct listener one;
	struct listener two;
	struct test_net net;
	const struct ln_service_key key = key_of("x", "1.0.0");

	(void)state;
	test_net_init(&net, 2, 1, NULL);
	start(&net, &one);
	start(&net, &two);
	assert_int_equal(enter(&net, 0, "x", "1.0.0", &one), 0);
	assert_int_equal(enter(&net, 0, "x", "1.0.0", &one), 0);
	assert_int_equal(enter(&net, 0, "x", "1.0.0", &two), LN_EEXIST);
	settle(&net);
	assert_int_equal(enter(&net, 1, "x", "1.0.0", &two), LN_EEXIST);
	assert_int_equal(enter(&net, 1, "x", "1.0.1", &two), 0);
	/* A process of another node. */
	far = test_net_proxy(&net, 1, 0, one.process);
	assert_int_equal(ln_services_register(net.nodes[1], &key, far, 0),
			 LN_EINVAL);
	ln_process_release(far);
	stop(&one);
	assert_int_equal(enter(&net, 1, "x", "1.0.0", &two), LN_EEXIST);
	settle(&net);
	assert_int_equal(enter(&net, 1, "x", "1.0.0", &two), 0);
	stop(&two);
	test_net_deinit(&net);
}

/* Who comes later is later, also when the first one is not there. */
static void ranks_are_handed_on(void **state)
{
	struct listener one;
	struct listener two;
	struct test_net net;

	(void)state;
	for (int round = 0; round < 8; round++) {
		test_net_init(&net, 3, 1, NULL);
		start(&net, &one);
		start(&net, &two);
		cut(&net, 1);
		cut(&net, 2);
		assert_int_equal(enter(&net, 0, "x", "1.0.0", &one), 0);
		settle(&net);
		cut(&net, 0);
		heal(&net, 1);
		settle(&net);
		assert_int_equal(ln_services_wait_for_names(net.nodes[2]), 0);
		assert_int_equal(enter(&net, 2, "x", "1.0.0", &two), 0);
		heal(&net, 2);
		settle(&net);
		assert_true(finds(&net, 1, "x", "*", NULL));
		assert_true(finds(&net, 2, "x", "*", &one));
		await(&two, 1);
		stop(&one);
		stop(&two);
		test_net_deinit(&net);
	}
}

static void names_of_a_lost_node_vanish(void **state)
{
	struct listener one;
	struct test_net net;

	(void)state;
	test_net_init(&net, 2, 1, NULL);
	start(&net, &one);
	assert_int_equal(enter(&net, 0, "x", "1.0.0", &one), 0);
	settle(&net);
	assert_true(finds(&net, 1, "x", "*", &one));
	cut(&net, 0);
	assert_true(finds(&net, 1, "x", "*", NULL));
	assert_true(finds(&net, 0, "x", "*", &one));
	heal(&net, 0);
	settle(&net);
	assert_true(finds(&net, 1, "x", "*", &one));
	stop(&one);
	test_net_deinit(&net);
}

/* Who had the name first keeps it, and of two that took it apart the rule
 * decides, everywhere; the other one is told by whom. */
static void conflicts_are_decided(void **state)
{
	/* [3, "x", "1.0.0", 0] */
	static const char lost[] = { '\x94', 3,      '\xda', 0,   1,
				     'x',    '\xda', 0,      5,   '1',
				     '.',    '0',    '.',    '0', 0 };

	(void)state;
	for (int late = 0; late < 3; late++) {
		struct listener *winner;
		struct listener *loser;
		struct listener one;
		struct listener two;
		struct test_net net;

		test_net_init(&net, 3, 1, NULL);
		start(&net, &one);
		start(&net, &two);
		cut(&net, 0);
		cut(&net, 1);
		/* Ranks: the clock of node 1 goes ahead, or of node 0. */
		if (late == 0)
			assert_int_equal(enter(&net, 1, "y", "1.0.0", &two), 0);
		if (late == 1)
			assert_int_equal(enter(&net, 0, "y", "1.0.0", &one), 0);
		assert_int_equal(enter(&net, 0, "x", "1.0.0", &one), 0);
		assert_int_equal(enter(&net, 1, "x", "1.0.0", &two), 0);
		winner = late == 0   ? &one
			 : late == 1 ? &two
			 : memcmp(net.nodes[0]->id.incarnation,
				  net.nodes[1]->id.incarnation, 16) < 0
				 ? &one
				 : &two;
		loser = winner == &one ? &two : &one;
		heal(&net, 0);
		heal(&net, 1);
		settle(&net);
		for (int i = 0; i < 3; i++)
			assert_true(finds(&net, i, "x", "*", winner));
		await(loser, 1);
		assert_int_equal(loser->tags[0], 7);
		assert_int_equal(loser->sizes[0], sizeof(lost));
		assert_memory_equal(loser->data[0], lost, sizeof(lost));
		assert_memory_equal(loser->winner, winner->process->id, 16);
		assert_int_equal(winner->told, 0);
		stop(&one);
		stop(&two);
		test_net_deinit(&net);
	}
}

#define MANY 300

/* More than a piece: told while entries come and go. */
static void pieces(void **state)
{
	struct listener one;
	struct test_net net;
	char name[16];

	(void)state;
	for (int moved = 0; moved < 250; moved += 3) {
		const struct ln_service_source *copy;

		test_net_init(&net, 2, 1, NULL);
		start(&net, &one);
		cut(&net, 0);
		for (int i = 0; i < MANY; i++) {
			snprintf(name, sizeof(name), "n%d", i);
			assert_int_equal(enter(&net, 0, name, "1.0.0", &one),
					 0);
		}
		heal(&net, 0);
		for (int i = 0; i < moved; i++) {
			test_line_move(net.lines[0], 1, 1);
			test_line_move(net.lines[0], 0, 1);
		}
		for (int i = moved % 7; i < MANY; i += 2) {
			snprintf(name, sizeof(name), "n%d", i);
			assert_int_equal(take_back(&net, 0, name, "1.0.0"), 0);
		}
		assert_int_equal(enter(&net, 0, "late", "1.0.0", &one), 0);
		settle(&net);
		copy = &net.lines[0]->ends[1].session->services->source;
		assert_int_equal(copy->count,
				 net.nodes[0]->services->own.count);
		assert_true(copy->digest == net.nodes[0]->services->own.digest);
		assert_true(net.lines[0]->ends[1].session->services->complete);
		assert_true(finds(&net, 1, "late", "*", &one));
		stop(&one);
		settle(&net);
		assert_int_equal(copy->count, 0);
		test_net_deinit(&net);
	}
}

#define ALL 8

/* Whether the members at a node are these, in the order that it tells. */
static bool has_members(struct test_net *net, int node,
			struct listener *const *who, size_t count)
{
	struct ln_process *members[ALL];
	size_t found =
		ln_services_members(net->nodes[node], "g", 1, members, ALL);
	bool right = found == count;

	for (size_t i = 0; i < found && i < ALL; i++) {
		bool among = false;

		for (size_t j = 0; j < count; j++)
			among |= memcmp(members[i]->id, who[j]->process->id,
					16) == 0;
		right &= among;
		ln_process_release(members[i]);
	}
	return right;
}

static void groups(void **state)
{
	struct listener listeners[3];
	struct listener *all[3];
	struct ln_process *member;
	struct test_net net;
	uint8_t seen[2][16];

	(void)state;
	test_net_init(&net, 3, 1, NULL);
	for (int i = 0; i < 3; i++) {
		start(&net, &listeners[i]);
		all[i] = &listeners[i];
	}
	assert_null(ln_services_member(net.nodes[0], "g", 1));
	cut(&net, 0);
	for (int i = 0; i < 3; i++) {
		for (int again = 0; again < 2; again++)
			assert_int_equal(ln_services_join(net.nodes[i % 2], "g",
							  1,
							  listeners[i].process),
					 0);
	}
	/* A name is no group. */
	assert_int_equal(enter(&net, 0, "g", "1.0.0", &listeners[0]), 0);
	settle(&net);
	assert_true(has_members(&net, 2, all, 3));
	assert_true(has_members(&net, 1, &all[1], 1));
	heal(&net, 0);
	settle(&net);
	for (int i = 0; i < 3; i++)
		assert_true(has_members(&net, i, all, 3));
	assert_int_equal(
		ln_services_leave(net.nodes[0], "g", 1, listeners[2].process),
		0);
	assert_int_equal(
		ln_services_leave(net.nodes[0], "g", 1, listeners[2].process),
		LN_ENOENT);
	settle(&net);
	for (int i = 0; i < 3; i++)
		assert_true(has_members(&net, i, all, 2));
	/* Each in its turn. */
	for (int i = 0; i < 2; i++) {
		member = ln_services_member(net.nodes[2], "g", 1);
		memcpy(seen[i], member->id, 16);
		ln_process_release(member);
	}
	assert_memory_not_equal(seen[0], seen[1], 16);
	stop(&listeners[0]);
	settle(&net);
	for (int i = 0; i < 3; i++)
		assert_true(has_members(&net, i, &all[1], 1));
	stop(&listeners[1]);
	stop(&listeners[2]);
	assert_int_equal(net.environment->announced, 0);
	test_net_deinit(&net);
}

static void nodes_are_told(void **state)
{
	struct listener one;
	struct test_net net;
	uint64_t number;

	(void)state;
	test_net_init(&net, 2, 1, NULL);
	start(&net, &one);
	assert_int_equal(ln_services_watch_nodes(net.nodes[0], one.process, 5),
			 0);
	assert_int_equal(ln_services_watch_nodes(net.nodes[0], one.process, 6),
			 0);
	cut(&net, 0);
	heal(&net, 0);
	await(&one, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(one.tags[i], 6);
		/* [1 or 2, number, "two"] */
		assert_int_equal(one.sizes[i], 17);
		assert_memory_equal(one.data[i],
				    i == 0 ? "\x93\2\xcf" : "\x93\1\xcf", 3);
		memcpy(&number, one.data[i] + 3, sizeof(number));
		assert_true(__builtin_bswap64(number) ==
			    ln_node_number(&net.nodes[1]->id));
		assert_memory_equal(one.data[i] + 11, "\xda\0\3two", 6);
	}
	assert_true(ln_services_unwatch_nodes(net.nodes[0], one.process));
	assert_false(ln_services_unwatch_nodes(net.nodes[0], one.process));
	cut(&net, 0);
	await(&one, 2);
	stop(&one);
	assert_int_equal(net.nodes[0]->services->watcher_count, 0);
	test_net_deinit(&net);
}

#if LN_TSAN
#define ROUNDS 100
#else
#define ROUNDS 1000
#endif

/* A process that changes what its node announces, and looks names up. */
struct busy {
	struct ln_local_node *node;
	unsigned seed;
};

static enum ln_outcome be_busy(struct ln_process *self)
{
	struct busy *busy = self->argument;
	struct ln_requirement any = { .count = 0 };
	unsigned random = busy->seed;

	for (int i = 0; i < ROUNDS; i++) {
		char name[] = "n0";
		const struct ln_service_key key = { name, 2, "1.0.0", 5 };
		struct ln_process *found;
		uint32_t compared;

		random = random * 1103515245 + 12345;
		name[1] = (char)('0' + (random >> 16) % 4);
		switch ((random >> 24) % 6) {
		case 0:
			ln_services_register(busy->node, &key, self, 7);
			break;
		case 1:
			ln_services_unregister(busy->node, &key, NULL);
			break;
		case 2:
			ln_services_join(busy->node, name, 2, self);
			break;
		case 3:
			ln_services_leave(busy->node, name, 2, self);
			break;
		case 4:
			found = ln_services_member(busy->node, name, 2);
			if (found != NULL)
				ln_process_release(found);
			break;
		default:
			found = ln_services_lookup(busy->node, name, 2, &any,
						   &compared);
			if (found != NULL)
				ln_process_release(found);
			break;
		}
		ln_services_wait_for_room(busy->node, LN_NEVER);
	}
	return LN_OUTCOME_NORMAL;
}

/* By several threads, while the lines run; then all know the same. */
static void many_at_once(void **state)
{
	struct ln_process *processes[9];
	struct busy busy[9];
	struct test_net net;

	(void)state;
	test_net_init(&net, 3, 4, NULL);
	test_net_start(&net);
	for (unsigned i = 0; i < 9; i++) {
		busy[i].node = net.nodes[i % 3];
		busy[i].seed = i + 1;
		processes[i] =
			test_process_start(net.environment, be_busy, &busy[i]);
	}
	for (int i = 0; i < 9; i++)
		test_process_wait(processes[i]);
	for (int i = 0; i < 3; i++)
		test_line_stop(net.lines[i]);
	settle(&net);
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 2; j++)
			assert_int_equal(
				net.lines[i]
					->ends[j]
					.session->services->source.count,
				0);
		assert_int_equal(net.nodes[i]->services->own.count, 0);
	}
	assert_int_equal(net.environment->announced, 0);
	test_net_deinit(&net);
}

/* The environment's limits hold for what is announced, too. */
static void entries_are_counted(void **state)
{
	struct listener one;
	struct test_net net;
	char name[16];

	(void)state;
	test_net_init(&net, 1, 1, NULL);
	start(&net, &one);
	net.environment->limits.max_registrations = 3;
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(enter(&net, 0, name, "1.0.0", &one), 0);
	}
	assert_int_equal(enter(&net, 0, "more", "1.0.0", &one), LN_ELIMIT);
	assert_int_equal(enter(&net, 0, "n1", "1.0.0", &one), 0);
	assert_int_equal(take_back(&net, 0, "n1", "1.0.0"), 0);
	assert_int_equal(enter(&net, 0, "more", "1.0.0", &one), 0);
	assert_int_equal(net.environment->announced, 3);
	net.environment->limits.max_registrations = 5000;
	assert_int_equal(take_back(&net, 0, "n0", "1.0.0"), 0);
	net.environment->limits.max_registry_bytes =
		net.environment->announced_bytes + 10;
	assert_int_equal(enter(&net, 0, "n0", "1.0.0", &one), LN_ELIMIT);
	net.environment->limits.max_registry_bytes = 1 << 24;
	for (unsigned i = 0; i < LN_SERVICES_SAME_NAME_MAX; i++) {
		snprintf(name, sizeof(name), "%u.0.0", i);
		assert_int_equal(enter(&net, 0, "same", name, &one), 0);
	}
	assert_int_equal(enter(&net, 0, "same", "9999.0.0", &one), LN_ELIMIT);
	stop(&one);
	assert_int_equal(net.environment->announced, 0);
	assert_int_equal(net.environment->announced_bytes, 0);
	assert_int_equal(net.nodes[0]->services->own.count, 0);
	assert_int_equal(net.nodes[0]->services->own.bytes, 0);
	assert_true(net.nodes[0]->services->own.digest == 0);
	test_net_deinit(&net);
}

/* A node of an older version hears nothing of names, but comes and goes. */
static void older_nodes(void **state)
{
	static const uint8_t want[] = { 0x2a };
	struct ln_channel_class class = { NULL, NULL };
	struct ln_channel channel = { &class };
	struct ln_node_id id = { .name = "old", .version = 4 };
	struct ln_session *session;
	const char *reason = NULL;
	struct listener one;
	struct test_net net;

	(void)state;
	test_net_init(&net, 1, 1, NULL);
	start(&net, &one);
	memset(id.incarnation, 9, sizeof(id.incarnation));
	assert_int_equal(ln_services_watch_nodes(net.nodes[0], one.process, 1),
			 0);
	assert_int_equal(ln_session_up(net.nodes[0], &channel, &id, &session),
			 0);
	await(&one, 1);
	assert_int_equal(enter(&net, 0, "x", "1.0.0", &one), 0);
	assert_int_equal(ln_services_wait_for_room(net.nodes[0], 0), 0);
	assert_int_equal(take_back(&net, 0, "x", "1.0.0"), 0);
	assert_null(ln_session_take(session, 1000));
	assert_int_equal(
		ln_session_receive(session, want, sizeof(want), &reason),
		LN_EFORMAT);
	ln_session_down(session, "over");
	await(&one, 2);
	stop(&one);
	test_net_deinit(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_known_everywhere),
		cmocka_unit_test(a_name_has_one_process),
		cmocka_unit_test(ranks_are_handed_on),
		cmocka_unit_test(names_of_a_lost_node_vanish),
		cmocka_unit_test(conflicts_are_decided),
		cmocka_unit_test(pieces),
		cmocka_unit_test(groups),
		cmocka_unit_test(nodes_are_told),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(entries_are_counted),
		cmocka_unit_test(older_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
