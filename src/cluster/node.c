/* A member of a cluster; see member.h. It only combines other parts. */
#include "cluster/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "base/secret.h"
#include "base/text.h"
#include "cluster/discover.h"
#include "cluster/fabrics.h"
#include "node/node.h"
#include "process/environment.h"
#include "process/runtime.h"

struct ln_node {
	/* Immutable. */
	struct ln_tls_context *tls;
	struct ln_local_node *node;
	char address[LN_NODE_ADDRESS_SIZE];

	struct ln_lock lock;
	struct ln_fabric *fabric;       /* under lock; NULL: it has left */
	struct ln_discovery *discovery; /* likewise; NULL: none */
};

/* Takes a text over as an error. */
static int fail(int result, const char *text, char **error)
{
	*error = strdup(text);
	return *error != NULL ? result : LN_ENOMEM;
}

static int trust_files(const struct ln_tls_files *files,
		       struct ln_tls_context **tls, char **error)
{
	char reason[LN_TLS_REASON_SIZE] = "";
	int result;

	if (files->certificate == NULL || files->key == NULL ||
	    files->authority == NULL)
		return fail(LN_EINVAL,
			    "a certificate, its key and the certificate of the "
			    "CA are needed together",
			    error);
	result = ln_tls_context_new_files(files, tls, reason);
	return result < 0 && reason[0] != '\0' ? fail(result, reason, error)
					       : result;
}

_Static_assert(LN_TLS_KEY_SIZE == LN_SECRET_SIZE, "one is read as the other");

static int trust(const struct ln_node_options *options,
		 struct ln_tls_context **tls, char **error)
{
	const struct ln_tls_files *files = &options->files;
	uint8_t key[LN_TLS_KEY_SIZE];
	int result;

	if (files->certificate != NULL || files->key != NULL ||
	    files->authority != NULL)
		return trust_files(files, tls, error);
	result = ln_secret_read(&ln_secret_cluster, options->cluster_key, key,
				error);
	if (result == 0)
		result = ln_tls_context_new_key(key, tls);
	explicit_bzero(key, sizeof(key));
	return result;
}

static int name_error(char **error)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "that is not a name for a node: it must have 1 to %d bytes of "
		 "UTF-8 without control characters",
		 LN_NODE_NAME_MAX);
	return fail(LN_EINVAL, text, error);
}

static int check_finders(const struct ln_node_options *options, char **error)
{
	if (options->finder_count > LN_FABRIC_FINDERS_MAX) {
		ln_text_format(error,
			       "there are more than %u ways to find nodes",
			       LN_FABRIC_FINDERS_MAX);
		return LN_EINVAL;
	}
	for (size_t i = 0; i < options->finder_count; i++) {
		if (ln_discover_valid(options->finders[i]))
			continue;
		ln_text_format(error,
			       "'%s' is no way to find nodes: it must be "
			       "dns:NAME, dns:NAME:PORT or file:PATH",
			       options->finders[i]);
		return LN_EINVAL;
	}
	return 0;
}

static int start(struct ln_node *member, struct ln_environment *environment,
		 const struct ln_node_options *options, char **error)
{
	const struct ln_local_node_options node_options = {
		.name = options->name,
		.attributes = options->attributes,
	};
	struct ln_fabric_options fabric_options = {
		.address = options->address,
		.peers = options->peers,
		.peer_count = options->peer_count,
		.finders = (unsigned)options->finder_count,
		.heartbeat = options->heartbeat,
	};
	int result = check_finders(options, error);

	if (result == 0)
		result = trust(options, &member->tls, error);
	if (result < 0)
		return result;
	fabric_options.tls = member->tls;
	result = ln_local_node_new(environment->runtime, &node_options,
				   &member->node);
	if (result == 0)
		result = ln_local_node_attach(member->node, environment);
	if (result < 0)
		return result;
	result = ln_fabric_default()->start(member->node, &fabric_options,
					    &member->fabric, error);
	ln_assert((result == 0) == (member->fabric != NULL));
	if (result < 0)
		return result;
	snprintf(member->address, sizeof(member->address), "%s",
		 member->fabric->class->address(member->fabric));
	if (options->finder_count > 0)
		result = ln_discover_start(member->fabric, options->finders,
					   options->finder_count,
					   &member->discovery);
	return result;
}

int ln_node_new(struct ln_environment *environment,
		const struct ln_node_options *options, struct ln_node **out,
		char **error)
{
	struct ln_node *member;
	int result;

	*error = NULL;
	if (environment->runtime->node != NULL)
		return fail(LN_EEXIST, "this program is already a node", error);
	if (!ln_node_name_valid(options->name, strlen(options->name)))
		return name_error(error);
	member = calloc(1, sizeof(*member));
	if (member == NULL)
		return LN_ENOMEM;
	result = start(member, environment, options, error);
	if (result < 0)
		ln_node_free(member);
	else
		*out = member;
	return result;
}

int ln_node_join(struct ln_node *member, void (*progress)(const char *line),
		 char **error)
{
	*error = NULL;
	if (member->fabric == NULL)
		return fail(LN_ESTOPPED, "this node has left", error);
	return member->fabric->class->join(member->fabric, progress, error);
}

void ln_node_interrupt(struct ln_node *member)
{
	ln_lock_acquire(&member->lock);
	if (member->fabric != NULL)
		member->fabric->class->interrupt(member->fabric);
	ln_lock_release(&member->lock);
}

struct ln_local_node *ln_node_local(struct ln_node *member)
{
	return member->node;
}

const struct ln_node_id *ln_node_own_id(const struct ln_node *member)
{
	return &member->node->id;
}

const char *ln_node_address(const struct ln_node *member)
{
	return member->address;
}

int ln_node_list(struct ln_node *member, struct ln_fabric_peer **peers)
{
	int count = 0;

	*peers = NULL;
	ln_lock_acquire(&member->lock);
	if (member->fabric != NULL)
		count = member->fabric->class->list(member->fabric, peers);
	ln_lock_release(&member->lock);
	return count;
}

void ln_node_leave(struct ln_node *member)
{
	struct ln_discovery *discovery;
	struct ln_fabric *fabric;

	ln_lock_acquire(&member->lock);
	fabric = member->fabric;
	discovery = member->discovery;
	member->fabric = NULL;
	member->discovery = NULL;
	ln_lock_release(&member->lock);
	ln_discover_stop(discovery);
	if (fabric != NULL)
		fabric->class->leave(fabric);
}

void ln_node_free(struct ln_node *member)
{
	if (member == NULL)
		return;
	ln_node_leave(member);
	ln_local_node_free(member->node);
	ln_tls_context_free(member->tls);
	free(member);
}
