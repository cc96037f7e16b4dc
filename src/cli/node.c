/*
 * DESIGN
 * The program as a node. Everything here runs in the main thread; the thread
 * that takes signals interrupts long waits.
 */
#include "cli/node.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/options.h"
#include "cluster/discover.h"
#include "cluster/node.h"
#include "net/address.h"
#include "node/attributes.h"
#include "node/node.h"

/* Whether it is HOST:PORT; port 0 only to listen at. */
static bool is_address(const char *text, bool any_port)
{
	struct ln_endpoint endpoint;
	const char *reason;

	if (text[0] == ':' || strlen(text) >= LN_NODE_ADDRESS_SIZE ||
	    ln_endpoint_parse(text, strlen(text), &endpoint, &reason) < 0)
		return false;
	return any_port || endpoint.address.port != 0;
}

bool ln_cli_set_node(struct ln_cli_options *options, const char *value)
{
	options->node.address = value;
	return is_address(value, true);
}

bool ln_cli_set_node_name(struct ln_cli_options *options, const char *value)
{
	options->node.name = value;
	return ln_node_name_valid(value, strlen(value));
}

/* Bytes of all attributes. */
#define ATTRIBUTES_MAX 4096

bool ln_cli_add_attribute(struct ln_cli_options *options, const char *value)
{
	const char *others = options->attributes;
	char *all;

	if (!ln_attribute_valid(value) || strncmp(value, "name=", 5) == 0)
		return false;
	if (asprintf(&all, "%s%s%s", others != NULL ? others : "",
		     others != NULL ? "\n" : "", value) < 0)
		return false;
	free(options->attributes);
	options->attributes = all;
	options->node.attributes = all;
	return strlen(all) <= ATTRIBUTES_MAX;
}

/* Appends to a list that the options own. */
static bool append(const char ***list, size_t *count, const char *value)
{
	const char **larger = reallocarray(*list, *count + 1, sizeof(*larger));

	if (larger == NULL)
		return false;
	larger[(*count)++] = value;
	*list = larger;
	return true;
}

bool ln_cli_add_peer(struct ln_cli_options *options, const char *value)
{
	if (!is_address(value, false) ||
	    !append(&options->peers, &options->node.peer_count, value))
		return false;
	options->node.peers = options->peers;
	return true;
}

bool ln_cli_add_finder(struct ln_cli_options *options, const char *value)
{
	if (!ln_discover_valid(value) ||
	    options->node.finder_count == LN_FABRIC_FINDERS_MAX ||
	    !append(&options->finders, &options->node.finder_count, value))
		return false;
	options->node.finders = options->finders;
	return true;
}

/* The first option that only a node can have, or NULL. */
static const char *node_option(const struct ln_cli_options *options)
{
	const struct ln_node_options *node = &options->node;

	if (node->name != NULL)
		return "--node-name";
	if (node->attributes != NULL)
		return "--node-attribute";
	if (node->peer_count > 0)
		return "--peer";
	if (node->finder_count > 0)
		return "--discover";
	if (options->no_entry)
		return "--no-entry";
	if (node->cluster_key != NULL)
		return "--cluster-key";
	if (node->files.certificate != NULL)
		return "--cert";
	if (node->files.key != NULL)
		return "--key";
	if (node->files.authority != NULL)
		return "--ca";
	return node->heartbeat != 0 ? "--heartbeat" : NULL;
}

static bool refuse(const char *what)
{
	ln_log_say("%s; see lunatic --help", what);
	return false;
}

bool ln_cli_check_node(const struct ln_cli_options *options)
{
	const struct ln_tls_files *files = &options->node.files;
	const char *option = node_option(options);
	int count = (files->certificate != NULL) + (files->key != NULL) +
		    (files->authority != NULL);

	if (options->action == LN_CLI_TEST &&
	    (option != NULL || options->node.address != NULL)) {
		ln_log_say("lunatic test does not take '%s'; see lunatic "
			   "--help",
			   option != NULL ? option : "--node");
		return false;
	}
	if (options->node.address == NULL && option != NULL) {
		ln_log_say("%s needs --node HOST:PORT, the address of this "
			   "node; see lunatic --help",
			   option);
		return false;
	}
	if (options->node.address != NULL && options->node.name == NULL)
		return refuse(
			"--node needs --node-name NAME, the name of this node");
	if (count != 0 && count != 3)
		return refuse("--cert, --key and --ca are needed together");
	if (count != 0 && options->node.cluster_key != NULL)
		return refuse("--cluster-key and certificates exclude each "
			      "other");
	return true;
}

static void tell(int result, char *error)
{
	ln_log_say("%s (see lunatic help nodes)",
		   error != NULL ? error : ln_error_text(result));
	free(error);
}

struct ln_node *ln_cli_start_node(struct ln_environment *environment,
				  const struct ln_cli_options *options)
{
	struct ln_node *member;
	char *error;
	int result = ln_node_new(environment, &options->node, &member, &error);

	if (result == 0) {
		ln_log_set_node(ln_node_own_id(member)->name);
		return member;
	}
	tell(result, error);
	return NULL;
}

static void show_progress(const char *line)
{
	if (ln_log_enabled(LN_LOG_WARN))
		ln_log_tell("%s", line);
}

bool ln_cli_join(struct ln_node *member)
{
	struct ln_fabric_peer *peers;
	char *error;
	int result = ln_node_join(member, show_progress, &error);
	int count;

	if (result < 0) {
		if (result != LN_EKILLED)
			tell(result, error);
		else
			free(error);
		return false;
	}
	if (!ln_log_enabled(LN_LOG_WARN))
		return true;
	count = ln_node_list(member, &peers);
	if (count >= 0)
		free(peers);
	/* With port 0, only this line tells the address. */
	ln_log_tell("node %s at %s, connected to %d other%s",
		    ln_node_own_id(member)->name, ln_node_address(member),
		    count >= 0 ? count : 0, count == 1 ? "" : "s");
	return true;
}
