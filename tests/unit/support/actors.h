/*
 * Two nodes with a process each, which do as they are told, one act after the
 * other, and note the deaths and ends that they hear of.
 */
#ifndef LN_TEST_SUPPORT_ACTORS_H
#define LN_TEST_SUPPORT_ACTORS_H

#include <stdint.h>

#include "process/monitors.h"
#include "support/fabric.h"

#define TEST_TOLD 8

enum test_act {
	TEST_NOTHING,
	TEST_LINK, /* to the peer, with the tag */
	TEST_UNLINK,
	TEST_WATCH, /* the peer; sets the tag */
	TEST_UNWATCH,
	TEST_END,
	TEST_FAIL, /* exits with 9 */
};

struct test_actor {
	struct ln_process *process; /* NULL: it has ended */
	struct ln_process *peer;    /* of the acts; NULL: none */
	int64_t tag;
	int result; /* of the last act */
	_Atomic enum test_act act;
	_Atomic int told; /* deaths of links, and ends that it watched */
	int64_t tags[TEST_TOLD];
	struct ln_end ends[TEST_TOLD];
};

void test_actor_start(struct test_net *net, struct test_actor *actor);

/* Has it begin an act; awaits that it is done; both. */
void test_act_start(struct test_actor *actor, enum test_act act);
void test_act_await(struct test_actor *actor);
void test_act(struct test_actor *actor, enum test_act act);

/* Ends it by an act, or, by none, kills it. */
void test_actor_end(struct test_actor *actor, enum test_act how);

/* Waits until it was told so often; that it is told no more. */
void test_actor_await(struct test_actor *actor, int told);
void test_actor_assert(struct test_actor *actor, int told);

struct test_pair {
	struct test_net net;
	struct test_actor one; /* knows the other one */
	struct test_actor two; /* knows nobody, until test_pair_introduce */
};

void test_pair_init(struct test_pair *pair,
		    const struct ln_local_node_options *options);
void test_pair_introduce(struct test_pair *pair);

/* Lets everything arrive that was sent. */
void test_pair_settle(struct test_pair *pair);

/* Kills whoever has not ended, and checks that nothing is left. */
void test_pair_deinit(struct test_pair *pair);

#endif
