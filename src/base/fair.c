/*
 * DESIGN
 * Each tenant has a list of turns: one for its own queue, unless that is empty,
 * and one for each child that has a turn itself and may run one more job. To
 * find the next job, the first entry of the list is taken and becomes the last,
 * from the root down to a queue. So every entry leads to a job that may run
 * now, and finding the next job takes one step per level, however many jobs
 * wait.
 *
 * The lists are updated at each change of a queue or of the running jobs.
 *
 * A tenant has a reference for each job that runs and each child. So it may be
 * released before its jobs have ended.
 *
 * Threads: any, under the caller's lock.
 */
#include "base/fair.h"

#include <stdlib.h>

#include "base/compiler.h"

/* An entry of a list of turns. */
struct turn {
	struct ln_list link;
	struct ln_tenant *tenant; /* whose */
	bool listed;
};

struct ln_tenant {
	/* Immutable. */
	struct ln_tenant *above; /* counted; NULL: the root */
	unsigned max;            /* of `running` */

	/* Under the caller's lock. */
	unsigned running;     /* jobs, its own and its descendants' */
	unsigned references;  /* the maker's, of running jobs, of children */
	struct ln_list jobs;  /* queued, the oldest first */
	struct ln_list turns; /* of `itself` and of its children */
	struct turn itself;   /* of `jobs`, in `turns` */
	struct turn branch;   /* of `turns`, in those of `above` */
};

struct ln_tenant *ln_tenant_new(struct ln_tenant *above, unsigned max)
{
	struct ln_tenant *tenant = malloc(sizeof(*tenant));

	if (tenant == NULL)
		return NULL;
	*tenant = (struct ln_tenant){
		.above = above,
		.max = max,
		.references = 1,
		.itself.tenant = tenant,
		.branch.tenant = tenant,
	};
	ln_list_init(&tenant->jobs);
	ln_list_init(&tenant->turns);
	if (above != NULL)
		above->references++;
	return tenant;
}

void ln_tenant_release(struct ln_tenant *tenant)
{
	while (tenant != NULL) {
		struct ln_tenant *above = tenant->above;

		ln_assert(tenant->references > 0);
		if (--tenant->references > 0)
			return;
		/* Queued and running jobs hold it. */
		ln_assert(tenant->running == 0);
		free(tenant);
		tenant = above;
	}
}

unsigned ln_tenant_max(const struct ln_tenant *tenant)
{
	return tenant->max;
}

static void list_turn(struct turn *turn, struct ln_list *turns, bool wanted)
{
	if (wanted && !turn->listed)
		ln_list_append(turns, &turn->link);
	else if (!wanted && turn->listed)
		ln_list_remove(&turn->link);
	turn->listed = wanted;
}

/* Updates the lists of turns after a change of the tenant's queue or of its
 * running jobs. Returns whether its queue leads to a job that may run. */
static bool relist(struct ln_tenant *tenant)
{
	bool can_run = !ln_list_empty(&tenant->jobs);

	list_turn(&tenant->itself, &tenant->turns, can_run);
	for (; tenant->above != NULL; tenant = tenant->above) {
		bool wanted = tenant->running < tenant->max &&
			      !ln_list_empty(&tenant->turns);

		list_turn(&tenant->branch, &tenant->above->turns, wanted);
		can_run = can_run && wanted;
	}
	return can_run && tenant->running < tenant->max;
}

bool ln_tenant_queue(struct ln_tenant *tenant, struct ln_list *job)
{
	ln_list_append(&tenant->jobs, job);
	return relist(tenant);
}

void ln_tenant_withdraw(struct ln_tenant *tenant, struct ln_list *job)
{
	ln_list_remove(job);
	relist(tenant);
}

bool ln_tenant_ready(const struct ln_tenant *root)
{
	return root->running < root->max && !ln_list_empty(&root->turns);
}

struct ln_list *ln_tenant_take(struct ln_tenant *root)
{
	struct ln_tenant *tenant = root;
	struct ln_list *job;

	if (!ln_tenant_ready(root))
		return NULL;
	for (;;) {
		struct ln_list *link = tenant->turns.next;
		struct turn *turn = ln_container_of(link, struct turn, link);

		/* Every entry leads to a job that may run now. */
		ln_assert(!ln_list_empty(&tenant->turns) && turn->listed);
		ln_assert(tenant->running < tenant->max);
		ln_list_remove(link);
		ln_list_append(&tenant->turns, link);
		if (turn == &tenant->itself)
			break;
		tenant = turn->tenant;
	}
	ln_assert(!ln_list_empty(&tenant->jobs));
	job = tenant->jobs.next;
	ln_list_remove(job);
	tenant->references++;
	for (struct ln_tenant *at = tenant; at != NULL; at = at->above)
		at->running++;
	relist(tenant);
	return job;
}

const struct ln_list *ln_tenant_peek(const struct ln_tenant *root)
{
	const struct ln_tenant *tenant = root;

	if (!ln_tenant_ready(root))
		return NULL;
	for (;;) {
		const struct turn *turn =
			ln_container_of(tenant->turns.next, struct turn, link);

		if (turn == &tenant->itself)
			return tenant->jobs.next;
		tenant = turn->tenant;
	}
}

void ln_tenant_end(struct ln_tenant *tenant)
{
	ln_assert(tenant != NULL);
	for (struct ln_tenant *at = tenant; at != NULL; at = at->above) {
		ln_assert(at->running > 0);
		at->running--;
	}
	relist(tenant);
	ln_tenant_release(tenant);
}
