/* lunatic::cluster: nodes chosen by attributes and load. */
#include <stdlib.h>

#include "base/error.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "node/attributes.h"
#include "node/placement.h"
#include "process/environment.h"
#include "process/runtime.h"

/* Results. */
#define DONE LN_HOST_DONE
#define MALFORMED 1u
#define NO_SUCH 2u
#define NO_NODE 4u

/* What comparing costs a metered guest, for each node. */
#define MATCH_FUEL 10000

static void pay(void *guest)
{
	ln_guest_pay(guest, MATCH_FUEL);
}

int ln_host_cluster_choose_node(struct ln_guest *guest, struct ln_slice query,
				uint32_t by_load, uint8_t *id, uint32_t *result)
{
	uint64_t chosen = 0;
	char *lines;
	int error;

	if (by_load > 1)
		return ln_guest_trap(guest, "a node is chosen by 0 or 1");
	if (ln_host_check_text(guest, "query", query, LN_QUERY_MAX) < 0)
		return LN_ETRAP;
	*result = NO_NODE;
	if (guest->environment->runtime->node == NULL)
		return 0;
	*result = MALFORMED;
	if (query.len > LN_QUERY_MAX)
		return 0;
	error = ln_query_parse(query.data, query.len, &lines);
	if (error == LN_EFORMAT)
		return 0;
	if (error == 0) {
		error = ln_placement_find(guest->environment->runtime->node,
					  lines, by_load == 1, pay, guest,
					  &chosen);
		free(lines);
	}
	ln_instance_resumed(guest->instance);
	*result = NO_SUCH;
	if (error == LN_ENOENT)
		return 0;
	if (error < 0)
		return error;
	ln_host_put_id(id, chosen);
	*result = DONE;
	return 0;
}
