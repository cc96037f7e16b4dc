/*
 * DESIGN
 * A look-up is a job on the heap, because it may outlive the task that waits
 * for it. It is in its tenant's queue, or with a thread, or done; each change
 * happens under the resolver's lock. A task that gives up removes a queued job
 * and frees it; a job that a thread already has is marked as abandoned, and the
 * thread frees it. Who starts look-ups without waiting for each bounds them.
 *
 * getaddrinfo may occupy a thread for half a minute, and cannot be stopped. So
 * an owner, together with those below it, may use half of the threads that the
 * owner above may use, but at least one; abandoned look-ups count until they
 * end. Half leaves threads for every level of the tree, and as many for all
 * others as for one. Owners are tenants of a fair queue (base/fair.h).
 *
 * A job that may run calls a thread: an idle one that has not been called yet,
 * or a new one. When a job ends, others may become able to run; the thread that
 * ended it looks for the next one itself.
 *
 * A task is woken under the lock, and takes the lock before it leaves, so it is
 * alive when it is woken.
 *
 * Threads are detached and hold a reference to the resolver: getaddrinfo cannot
 * be interrupted, and freeing the resolver should not wait for it.
 *
 * Threads: any. Lock order: the resolver's lock, then what ln_task_wake takes.
 */
#include "net/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fair.h"
#include "base/list.h"
#include "net/address.h"
#include "sched/task.h"

/* Maximum number of addresses of one name; the rest is omitted. */
#define ADDRESSES_MAX 256u

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE };

struct ln_lookup {
	struct ln_list link;      /* in the tenant's, while queued */
	struct ln_tenant *tenant; /* good until it has run */
	struct ln_resolver *resolver;
	enum job_state state;
	bool abandoned;       /* by its task: the thread frees it */
	struct ln_task *task; /* to be woken when it is done, or NULL */
	struct ln_endpoint endpoint;
	struct ln_addresses *result;
	int code; /* of getaddrinfo */
};

struct ln_resolver_owner {
	struct ln_resolver *resolver;
	struct ln_tenant *tenant; /* counted; its jobs may outlive the owner */
};

struct ln_resolver {
	/* Immutable. */
	int (*lookup)(const char *, const char *, const struct addrinfo *,
		      struct addrinfo **);
	void (*free_result)(struct addrinfo *);
	unsigned max;

	pthread_mutex_t lock;
	pthread_cond_t work;
	struct ln_tenant *top; /* under lock, as all that follows */
	unsigned idle;         /* threads that wait for work */
	unsigned called;       /* of these, to do some */
	unsigned started;      /* threads that have not ended */
	unsigned references;   /* of the owner and of each thread */
	bool stopping;
};

int ln_resolver_new(unsigned threads,
		    int (*lookup)(const char *, const char *,
				  const struct addrinfo *, struct addrinfo **),
		    void (*free_result)(struct addrinfo *),
		    struct ln_resolver **out)
{
	struct ln_resolver *resolver = calloc(1, sizeof(*resolver));

	if (resolver == NULL)
		return LN_ENOMEM;
	resolver->top = ln_tenant_new(NULL, threads);
	if (resolver->top == NULL) {
		free(resolver);
		return LN_ENOMEM;
	}
	resolver->lookup = lookup != NULL ? lookup : getaddrinfo;
	resolver->free_result =
		free_result != NULL ? free_result : freeaddrinfo;
	resolver->max = threads;
	resolver->references = 1;
	pthread_mutex_init(&resolver->lock, NULL);
	pthread_cond_init(&resolver->work, NULL);
	*out = resolver;
	return 0;
}

int ln_resolver_owner_new(struct ln_resolver *resolver,
			  struct ln_resolver_owner *above,
			  struct ln_resolver_owner **out)
{
	struct ln_tenant *parent =
		above != NULL ? above->tenant : resolver->top;
	struct ln_resolver_owner *owner = malloc(sizeof(*owner));
	unsigned max = ln_tenant_max(parent);

	if (owner == NULL)
		return LN_ENOMEM;
	owner->resolver = resolver;
	pthread_mutex_lock(&resolver->lock);
	owner->tenant = ln_tenant_new(parent, max > 1 ? max / 2 : 1);
	pthread_mutex_unlock(&resolver->lock);
	if (owner->tenant == NULL) {
		free(owner);
		return LN_ENOMEM;
	}
	*out = owner;
	return 0;
}

void ln_resolver_owner_release(struct ln_resolver_owner *owner)
{
	if (owner == NULL)
		return;
	pthread_mutex_lock(&owner->resolver->lock);
	ln_tenant_release(owner->tenant);
	pthread_mutex_unlock(&owner->resolver->lock);
	free(owner);
}

/* Takes the job whose turn it is out of its queue, to run it; NULL: none can
 * run. */
static struct ln_lookup *take_job(struct ln_resolver *resolver)
{
	struct ln_list *link = ln_tenant_take(resolver->top);
	struct ln_lookup *job;

	if (link == NULL)
		return NULL;
	job = ln_container_of(link, struct ln_lookup, link);
	ln_assert(job->state == JOB_QUEUED);
	job->state = JOB_RUNNING;
	return job;
}

/* Gives the lock back with a reference; the last one frees. */
static void unlock_and_release(struct ln_resolver *resolver)
{
	bool last;

	ln_assert(resolver->references > 0);
	last = --resolver->references == 0;
	if (last)
		ln_tenant_release(resolver->top);
	pthread_mutex_unlock(&resolver->lock);
	if (!last)
		return;
	pthread_cond_destroy(&resolver->work);
	pthread_mutex_destroy(&resolver->lock);
	free(resolver);
}

void ln_resolver_free(struct ln_resolver *resolver)
{
	if (resolver == NULL)
		return;
	pthread_mutex_lock(&resolver->lock);
	resolver->stopping = true;
	pthread_cond_broadcast(&resolver->work);
	unlock_and_release(resolver);
}

static void free_job(struct ln_lookup *job)
{
	free(job->result);
	free(job);
}

/* Keeps the addresses of a look-up that are of a version that we know. */
static struct ln_addresses *collect(const struct addrinfo *list, uint16_t port)
{
	struct ln_addresses *addresses;
	uint32_t count = 0;

	for (const struct addrinfo *at = list; at != NULL; at = at->ai_next)
		count++;
	if (count > ADDRESSES_MAX)
		count = ADDRESSES_MAX;
	addresses = ln_addresses_new(count);
	if (addresses == NULL)
		return NULL;
	addresses->count = 0;
	for (const struct addrinfo *at = list;
	     at != NULL && addresses->count < count; at = at->ai_next) {
		struct ln_address *to = &addresses->list[addresses->count];
		union ln_sockaddr name;

		if (at->ai_addrlen > sizeof(name))
			continue;
		memcpy(&name, at->ai_addr, at->ai_addrlen);
		if (ln_address_from_kernel(&name, to) < 0)
			continue;
		to->port = port;
		addresses->count++;
	}
	return addresses;
}

static void look_up(struct ln_resolver *resolver, struct ln_lookup *job)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;

	job->code = resolver->lookup(job->endpoint.host, NULL, &hints, &list);
	if (job->code != 0)
		return;
	job->result = collect(list, job->endpoint.address.port);
	if (job->result == NULL)
		job->code = EAI_MEMORY;
	resolver->free_result(list);
}

/* The next job to run; NULL: there is none, and none comes. */
static struct ln_lookup *next_job(struct ln_resolver *resolver)
{
	struct ln_lookup *job;

	while ((job = take_job(resolver)) == NULL) {
		if (resolver->stopping)
			return NULL;
		resolver->idle++;
		pthread_cond_wait(&resolver->work, &resolver->lock);
		ln_assert(resolver->idle > 0);
		ln_assert(resolver->called <= resolver->idle);
		resolver->idle--;
		if (resolver->called > 0)
			resolver->called--;
	}
	return job;
}

static void *thread_main(void *argument)
{
	struct ln_resolver *resolver = argument;
	struct ln_lookup *job;

	prctl(PR_SET_NAME, "ln-resolver");
	pthread_mutex_lock(&resolver->lock);
	while ((job = next_job(resolver)) != NULL) {
		pthread_mutex_unlock(&resolver->lock);
		look_up(resolver, job);
		pthread_mutex_lock(&resolver->lock);
		ln_tenant_end(job->tenant);
		ln_assert(job->state == JOB_RUNNING);
		job->state = JOB_DONE;
		if (job->task != NULL)
			ln_task_wake(job->task);
		if (job->abandoned)
			free_job(job);
	}
	ln_assert(resolver->started > 0);
	resolver->started--;
	unlock_and_release(resolver);
	return NULL;
}

/* Starts one more thread; under the lock. */
static void start_thread(struct ln_resolver *resolver)
{
	pthread_attr_t attributes;
	pthread_t thread;

	if (pthread_attr_init(&attributes) != 0)
		return;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attributes, thread_main, resolver) == 0) {
		resolver->started++;
		resolver->references++;
	}
	pthread_attr_destroy(&attributes);
}

/* Makes sure that a thread will take a job that can run, unless all are busy;
 * under the lock. */
static void call_thread(struct ln_resolver *resolver)
{
	if (resolver->idle > resolver->called) {
		resolver->called++;
		pthread_cond_signal(&resolver->work);
	} else if (resolver->started < resolver->max) {
		start_thread(resolver);
	}
}

static int enqueue(struct ln_resolver *resolver, struct ln_lookup *job)
{
	int error = 0;

	pthread_mutex_lock(&resolver->lock);
	if (ln_tenant_queue(job->tenant, &job->link))
		call_thread(resolver);
	if (resolver->started == 0) {
		ln_tenant_withdraw(job->tenant, &job->link);
		error = LN_ENOMEM;
	}
	pthread_mutex_unlock(&resolver->lock);
	return error;
}

int ln_lookup_start(struct ln_resolver *resolver,
		    struct ln_resolver_owner *owner,
		    const struct ln_endpoint *endpoint, struct ln_lookup **out)
{
	struct ln_lookup *job = calloc(1, sizeof(*job));
	int error = 0;

	if (job == NULL)
		return LN_ENOMEM;
	job->resolver = resolver;
	job->endpoint = *endpoint;
	job->tenant = owner != NULL ? owner->tenant : resolver->top;
	if (endpoint->address.version != 0) {
		job->state = JOB_DONE;
		job->result = ln_addresses_new(1);
		if (job->result != NULL)
			job->result->list[0] = endpoint->address;
		else
			error = LN_ENOMEM;
	} else {
		error = enqueue(resolver, job);
	}
	if (error < 0)
		free_job(job);
	else
		*out = job;
	return error;
}

int ln_lookup_result(struct ln_lookup *job, struct ln_addresses **addresses,
		     int *code)
{
	bool done;

	pthread_mutex_lock(&job->resolver->lock);
	done = job->state == JOB_DONE;
	pthread_mutex_unlock(&job->resolver->lock);
	if (!done)
		return LN_EAGAIN;
	ln_assert(job->code != 0 || job->result != NULL);
	*addresses = job->result;
	*code = job->code;
	return 0;
}

bool ln_lookup_watch(struct ln_lookup *job)
{
	bool waits;

	pthread_mutex_lock(&job->resolver->lock);
	waits = job->state != JOB_DONE;
	if (waits)
		job->task = ln_task_current();
	pthread_mutex_unlock(&job->resolver->lock);
	return waits;
}

void ln_lookup_unwatch(struct ln_lookup *job)
{
	pthread_mutex_lock(&job->resolver->lock);
	job->task = NULL;
	pthread_mutex_unlock(&job->resolver->lock);
}

void ln_lookup_end(struct ln_lookup *job)
{
	struct ln_resolver *resolver;
	bool running;

	if (job == NULL)
		return;
	resolver = job->resolver;
	pthread_mutex_lock(&resolver->lock);
	if (job->state == JOB_QUEUED)
		ln_tenant_withdraw(job->tenant, &job->link);
	running = job->state == JOB_RUNNING;
	job->abandoned = running;
	job->task = NULL;
	pthread_mutex_unlock(&resolver->lock);
	/* A thread that works on it frees it. */
	if (!running)
		free_job(job);
}

/* Parks until it is over. */
static int await(struct ln_lookup *job, int64_t deadline)
{
	int error = 0;

	while (error == 0 && ln_lookup_watch(job))
		error = ln_task_wait(ln_task_current(), deadline);
	ln_lookup_unwatch(job);
	return error;
}

int ln_resolver_resolve(struct ln_resolver *resolver,
			struct ln_resolver_owner *owner, const char *name,
			size_t len, int64_t deadline,
			struct ln_addresses **addresses, const char **reason)
{
	struct ln_endpoint *endpoint = malloc(sizeof(*endpoint));
	struct ln_lookup *job = NULL;
	int error;

	if (endpoint == NULL)
		return LN_ENOMEM;
	error = ln_endpoint_parse(name, len, endpoint, reason);
	if (error == 0)
		error = ln_lookup_start(resolver, owner, endpoint, &job);
	free(endpoint);
	if (error != 0)
		return error;
	error = await(job, deadline);
	if (error == 0 && job->code != 0) {
		*reason = gai_strerror(job->code);
		error = LN_EIO;
	} else if (error == 0) {
		*addresses = job->result;
		job->result = NULL;
	}
	ln_lookup_end(job);
	return error;
}
