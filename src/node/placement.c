/* Choosing nodes. */
#include "node/placement.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/random.h"
#include "node/attributes.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/peer.h"
#include "node/program.h"
#include "node/request.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "sched/sched.h"
#include "sched/task.h"

#define SCALE 1000u
#define NODES_MAX 1025u /* that can be connected, with the own one */

/* Of one that does not tell: above all others. */
#define UNKNOWN UINT64_MAX

uint64_t ln_local_node_load(const struct ln_local_node *node)
{
	const struct ln_environment *program = node->environment;

	if (program == NULL)
		return 0;
	/* Relaxed: just a number. */
	return atomic_load_explicit(&program->processes, memory_order_relaxed) *
	       SCALE / ln_sched_workers(node->runtime->sched);
}

int ln_placement_matches(struct ln_local_node *node, uint64_t number,
			 const char *lines, bool *result)
{
	struct ln_peer *peer;
	char *attributes;
	char *text;
	int error;

	*result = false;
	if (number == ln_node_number(&node->id)) {
		*result = ln_query_matches(lines, node->attributes);
		return 0;
	}
	peer = ln_local_node_numbered(node, number);
	if (peer == NULL)
		return 0;
	error = ln_program_attributes(peer, &attributes, &text);
	ln_peer_release(peer);
	if (error == 0) {
		*result = ln_query_matches(lines, attributes);
		free(attributes);
		return 0;
	}
	free(text);
	return error == LN_EKILLED || error == LN_ENOMEM ? error : 0;
}

/* The load of a node; UNKNOWN if it does not tell. */
static int ask_load(struct ln_local_node *node, uint64_t number, uint64_t *load)
{
	struct ln_ask *ask = NULL;
	struct ln_peer *peer;
	int error = LN_EIO;

	*load = UNKNOWN;
	if (number == ln_node_number(&node->id)) {
		*load = ln_local_node_load(node);
		return 0;
	}
	peer = ln_local_node_numbered(node, number);
	if (peer == NULL)
		return 0;
	if (ln_peer_version(peer) >= LN_LOAD_VERSION)
		error = ln_ask(peer, 0, LN_ASK_LOAD, NULL, 0, &ask);
	if (error == 0)
		*load = ask->number;
	ln_ask_free(ask);
	ln_peer_release(peer);
	return error == LN_EKILLED || error == LN_ENOMEM ? error : 0;
}

static size_t draw(size_t below)
{
	uint64_t number;

	ln_random_bytes(&number, sizeof(number));
	return (size_t)(number % below);
}

int ln_placement_choose(struct ln_local_node *node, const uint64_t *list,
			size_t count, bool by_load, uint64_t *chosen)
{
	size_t one = draw(count);
	size_t other;
	uint64_t loads[2];
	int error;

	*chosen = list[one];
	if (!by_load || count == 1)
		return 0;
	other = (one + 1 + draw(count - 1)) % count;
	error = ask_load(node, list[one], &loads[0]);
	if (error == 0)
		error = ask_load(node, list[other], &loads[1]);
	if (error == 0 && loads[1] < loads[0])
		*chosen = list[other];
	return error;
}

/* Leaves those in the list that have what is asked for. */
static int filter(struct ln_local_node *node, const char *lines,
		  void (*compares)(void *argument), void *argument,
		  uint64_t *list, size_t *count)
{
	struct ln_task *task = ln_task_current();
	size_t kept = 0;
	int error = 0;

	for (size_t i = 0; i < *count && error == 0; i++) {
		bool found;

		if (compares != NULL)
			compares(argument);
		error = ln_placement_matches(node, list[i], lines, &found);
		if (error == 0 && found)
			list[kept++] = list[i];
		if (error == 0 && task != NULL && ln_task_interrupted(task))
			error = LN_EKILLED;
		ln_task_rest();
	}
	*count = kept;
	return error;
}

int ln_placement_find(struct ln_local_node *node, const char *lines,
		      bool by_load, void (*compares)(void *argument),
		      void *argument, uint64_t *chosen)
{
	uint64_t *list = malloc(NODES_MAX * sizeof(*list));
	size_t count;
	int error = 0;

	if (list == NULL)
		return LN_ENOMEM;
	count = ln_local_node_numbers(node, list, NODES_MAX);
	count = count < NODES_MAX ? count : NODES_MAX;
	if (lines[0] != '\0')
		error = filter(node, lines, compares, argument, list, &count);
	if (error == 0 && count == 0)
		error = LN_ENOENT;
	if (error == 0)
		error = ln_placement_choose(node, list, count, by_load, chosen);
	free(list);
	return error;
}
