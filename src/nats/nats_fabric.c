/* The class of the fabric: a mesh with a hub as its carrier. */
#include "nats/nats_fabric.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "base/text.h"
#include "base/time.h"
#include "mesh/mesh.h"
#include "nats/broker.h"
#include "nats/hub.h"
#include "node/node.h"

/* How long others have to answer that they are there. */
#define ANSWER_TIME (300 * LN_NS_PER_MS)

/* Between looks at the connection with the server. */
#define LOOK_TIME (20 * LN_NS_PER_MS)

struct ln_nats {
	struct ln_fabric fabric;

	/* Immutable once it has started. */
	struct ln_nats_hub *hub;
	struct ln_nats_broker *broker;

	pthread_mutex_t lock;   /* for threads that hear of nodes */
	struct ln_fabric *mesh; /* changed under lock; NULL: it leaves */

	_Atomic uint32_t interrupted; /* a futex */
};

static struct ln_nats *of_fabric(struct ln_fabric *fabric)
{
	return ln_container_of(fabric, struct ln_nats, fabric);
}

static void heard(void *argument,
		  const uint8_t incarnation[LN_NATS_INCARNATION])
{
	struct ln_nats *nats = argument;
	char address[LN_NATS_SUBJECT_SIZE];

	ln_nats_address(ln_nats_hub_cluster(nats->hub), incarnation, address);
	pthread_mutex_lock(&nats->lock);
	if (nats->mesh != NULL)
		ln_mesh_heard(nats->mesh, address, incarnation);
	pthread_mutex_unlock(&nats->lock);
}

static void leave(struct ln_fabric *fabric)
{
	struct ln_nats *nats = of_fabric(fabric);
	struct ln_fabric *mesh;

	pthread_mutex_lock(&nats->lock);
	mesh = nats->mesh;
	nats->mesh = NULL;
	pthread_mutex_unlock(&nats->lock);
	/* It needs the server to take its leave. */
	if (mesh != NULL)
		mesh->class->leave(mesh);
	ln_nats_broker_stop(nats->broker);
	ln_nats_hub_free(nats->hub);
	pthread_mutex_destroy(&nats->lock);
	free(nats);
}

static int check(const struct ln_fabric_options *options, char **error)
{
	const struct ln_fabric_broker *broker = options->broker;
	const char *what = NULL;

	ln_assert(broker != NULL);
	if (options->peer_count > 0 || options->finders > 0)
		what = "over NATS nodes find each other through the server: "
		       "peers and other ways to find them are for the mesh";
	else if (!ln_nats_servers_valid(broker->servers))
		what = "that is no NATS server: it must be "
		       "nats://HOST:PORT[,...] or nats+tls://HOST:PORT[,...]; "
		       "user and password are in a file of credentials";
	else if (broker->cluster != NULL &&
		 !ln_nats_cluster_valid(broker->cluster))
		what = "that is no name for a cluster: it must have 1 to 64 "
		       "letters, digits, '-' and '_'";
	else if ((broker->certificate == NULL) != (broker->key == NULL))
		what = "for the NATS server a certificate and its key are "
		       "needed together";
	if (what == NULL)
		return 0;
	ln_text_format(error, "%s", what);
	return LN_EINVAL;
}

static int make_hub(struct ln_nats *nats, struct ln_local_node *node,
		    const struct ln_fabric_broker *broker)
{
	struct ln_nats_hub_options options = {
		.cluster =
			broker->cluster != NULL ? broker->cluster : "default",
		.heard = heard,
		.argument = nats,
	};

	for (int i = 0; i < LN_NATS_INCARNATION; i++)
		options.incarnation[i] = node->id.incarnation[i];
	return ln_nats_hub_new(&options, &nats->hub);
}

static int begin(struct ln_nats *nats, struct ln_local_node *node,
		 const struct ln_fabric_options *options, char **error)
{
	const struct ln_fabric_broker *broker = options->broker;
	const struct ln_nats_broker_options broker_options = {
		.servers = broker->servers,
		.credentials = broker->credentials,
		.authority = broker->authority,
		.certificate = broker->certificate,
		.key = broker->key,
	};
	struct ln_fabric_options mesh_options = *options;
	char reason[LN_NATS_REASON_SIZE];
	int result = make_hub(nats, node, broker);

	if (result < 0)
		return result;
	mesh_options.address = ln_nats_hub_address(nats->hub);
	result = ln_mesh_start_over(ln_nats_hub_carrier(nats->hub), node,
				    &mesh_options, &nats->mesh, error);
	if (result < 0)
		return result;
	result = ln_nats_broker_start(nats->hub, node->runtime, &broker_options,
				      &nats->broker, reason);
	if (result < 0 && reason[0] != '\0')
		ln_text_format(error, "%s", reason);
	return result;
}

static int start(struct ln_local_node *node,
		 const struct ln_fabric_options *options,
		 struct ln_fabric **out, char **error)
{
	struct ln_nats *nats;
	int result;

	*error = NULL;
	result = check(options, error);
	if (result < 0)
		return result;
	nats = calloc(1, sizeof(*nats));
	if (nats == NULL)
		return LN_ENOMEM;
	nats->fabric.class = &ln_nats_class;
	pthread_mutex_init(&nats->lock, NULL);
	result = begin(nats, node, options, error);
	if (result < 0) {
		leave(&nats->fabric);
		return result;
	}
	*out = &nats->fabric;
	return 0;
}

static void found(struct ln_fabric *fabric, unsigned finder,
		  const char *const *addresses, size_t count)
{
	/* No finders have been let in. */
	(void)fabric;
	(void)finder;
	(void)addresses;
	(void)count;
}

/* Waits for the server, and for the answers of those who are there. */
static int await_server(struct ln_nats *nats, void (*tell)(const char *line),
			char **error)
{
	int64_t deadline = ln_time_now() + LN_FABRIC_PATIENCE;
	int64_t told = ln_time_now();

	for (;;) {
		char reason[LN_NATS_REASON_SIZE];
		int64_t since = ln_nats_broker_since(nats->broker, reason);
		int64_t now = ln_time_now();

		if (atomic_load(&nats->interrupted) != 0)
			return LN_EKILLED;
		if (since != 0 && now - since >= ANSWER_TIME)
			return 0;
		if (since == 0 && now >= deadline) {
			ln_text_format(error,
				       "%s; is it running, and may this "
				       "node use it?",
				       reason[0] != '\0'
					       ? reason
					       : "the NATS server does not "
						 "answer");
			return LN_EIO;
		}
		if (tell != NULL && reason[0] != '\0' &&
		    now - told >= LN_NS_PER_S) {
			tell(reason);
			told = now;
		}
		ln_futex_wait(&nats->interrupted, 0, LOOK_TIME);
	}
}

static int join(struct ln_fabric *fabric, void (*tell)(const char *line),
		char **error)
{
	struct ln_nats *nats = of_fabric(fabric);
	int result;

	*error = NULL;
	result = await_server(nats, tell, error);
	return result < 0 ? result
			  : nats->mesh->class->join(nats->mesh, tell, error);
}

static void interrupt(struct ln_fabric *fabric)
{
	struct ln_nats *nats = of_fabric(fabric);

	atomic_store(&nats->interrupted, 1);
	ln_futex_wake(&nats->interrupted, INT32_MAX);
	nats->mesh->class->interrupt(nats->mesh);
}

static const char *address(const struct ln_fabric *fabric)
{
	const struct ln_nats *nats =
		ln_container_of(fabric, struct ln_nats, fabric);

	return ln_nats_hub_address(nats->hub);
}

static int list(struct ln_fabric *fabric, struct ln_fabric_peer **peers)
{
	struct ln_fabric *mesh = of_fabric(fabric)->mesh;

	return mesh->class->list(mesh, peers);
}

const struct ln_fabric_class ln_nats_class = {
	.name = "nats",
	.start = start,
	.found = found,
	.join = join,
	.interrupt = interrupt,
	.address = address,
	.list = list,
	.leave = leave,
};
