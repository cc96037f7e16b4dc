/*
 * Fair queues: jobs that wait for something scarce, such as threads, handed out
 * round robin over tenants, however many jobs each of them has queued. Tenants
 * form a tree. A tenant takes turns with its siblings, and has a maximum number
 * of jobs that run at the same time, its descendants' included.
 *
 * The caller has one lock for all tenants of a tree, and holds it in all calls.
 */
#ifndef LN_BASE_FAIR_H
#define LN_BASE_FAIR_H

#include <stdbool.h>

#include "base/list.h"

struct ln_tenant;

/* Makes a tenant with at most `max` jobs running, 1 or more, below another one;
 * NULL: the root of a tree. With one reference, the caller's. NULL when memory
 * is short. */
struct ln_tenant *ln_tenant_new(struct ln_tenant *above, unsigned max);

/* Drops the caller's reference; NULL is fine. Nothing may be queued any more.
 * Jobs that run still count for its ancestors until they end. */
void ln_tenant_release(struct ln_tenant *tenant);

/* The maximum that it was made with. */
unsigned ln_tenant_max(const struct ln_tenant *tenant);

/* Queues a job, which is in no list, behind the tenant's others. Returns
 * whether the tenant may have one more running. */
bool ln_tenant_queue(struct ln_tenant *tenant, struct ln_list *job);

/* Takes a queued job out. */
void ln_tenant_withdraw(struct ln_tenant *tenant, struct ln_list *job);

/* Whether ln_tenant_take has a job to give. */
bool ln_tenant_ready(const struct ln_tenant *root);

/* Takes the job whose turn it is, of any tenant of the tree, to run it. NULL:
 * there is none that may run. The caller must call ln_tenant_end later. Takes a
 * time in proportion to the depth of the tree. */
struct ln_list *ln_tenant_take(struct ln_tenant *root);

/* The job that ln_tenant_take would give; it stays. */
const struct ln_list *ln_tenant_peek(const struct ln_tenant *root);

/* A job of the tenant that was taken has run, or is queued again. */
void ln_tenant_end(struct ln_tenant *tenant);

#endif
