/*
 * Several nodes in one program, joined in memory: a line between two of them
 * takes frames from one session and hands them to the other, frame by frame
 * when a test says so, or by a task of its own. With one worker, and all that
 * happens in tasks, what happens is the same every time.
 */
#ifndef LN_TEST_SUPPORT_FABRIC_H
#define LN_TEST_SUPPORT_FABRIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "node/fabric.h"
#include "node/node.h"
#include "process/process.h"
#include "support/tasks.h"

#define TEST_NODES 3

struct test_line;

/* One end of a line. */
struct test_end {
	struct ln_channel channel;
	struct test_line *line;
	struct ln_local_node *node;
	struct ln_session *session;
	struct ln_frame *frames; /* taken, not handed over yet */
	_Atomic int wakes;       /* times the channel was woken */
	_Atomic bool closed;     /* the node wants the line to end */
	char reason[80];         /* why, or why a frame was refused */
};

struct test_line {
	struct test_end ends[2];
	struct test_task task; /* that hands over, while `running` */
	bool running;
	_Atomic bool stop;
	_Atomic bool broken; /* an end has refused a frame, or closed */
};

/* Connects two nodes. The test fails when they refuse. */
struct test_line *test_line_open(struct ln_local_node *a,
				 struct ln_local_node *b);

/* The same, after they have told each other of their names. */
struct test_line *test_line_new(struct ln_local_node *a,
				struct ln_local_node *b);

/* Hands over at most `max` of the frames that ends[from] sends; returns how
 * many. From the task that runs the line, or when none does. */
size_t test_line_move(struct test_line *line, int from, size_t max);

/* Hands over until nothing is left in either direction. */
void test_line_settle(struct test_line *line);

/* From now on a task hands over what comes, until test_line_stop. */
void test_line_start(struct test_line *line);
void test_line_stop(struct test_line *line);

/* Ends the line: both sessions go down, frames under way are lost. */
void test_line_cut(struct test_line *line);

/* Nodes with a line between each two, which nobody runs yet. */
struct test_net {
	struct ln_environment *environment;
	int count;
	struct ln_local_node *nodes[TEST_NODES];
	struct test_line *lines[TEST_NODES]; /* 0-1, 1-2, 2-0 */
};

/* Makes them on a runtime of `workers`; `options` may be NULL. */
void test_net_init(struct test_net *net, int count, unsigned workers,
		   const struct ln_local_node_options *options);

/* Runs all lines. */
void test_net_start(struct test_net *net);

/* Ends all processes, cuts the lines, and checks that nothing is left. */
void test_net_deinit(struct test_net *net);

/* The end of the line between two nodes that is at the first one's. */
struct test_end *test_net_end(struct test_net *net, int at, int other);

/* How the process of node `of` is known at node `at`: as after a message that
 * had a reference to it. The caller has a reference. */
struct ln_process *test_net_proxy(struct test_net *net, int at, int of,
				  struct ln_process *process);

/* The same, of any two nodes. */
struct ln_process *test_proxy(struct ln_local_node *at,
			      struct ln_local_node *of,
			      struct ln_process *process);

#endif
