/*
 * Encoding configurations for another node: limits, permissions, command line
 * and variables, directories, and plugins as bytes. Local parts are not sent:
 * the console, and the memory strategy, which is that of the other node.
 */
#ifndef LN_NODE_CONFIG_H
#define LN_NODE_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "process/plugin.h"

struct ln_config;
struct ln_bytes;
struct ln_decoder;

/* Appends a configuration. LN_EUNSUP: it has sockets that listen, which only
 * the program itself may open. Failures of memory are the payload's. */
int ln_config_encode(const struct ln_config *config, struct ln_bytes *body);

/* A plugin that came with a configuration, in the payload's bytes. */
struct ln_packed_plugin {
	const char *name; /* NULL: none */
	const uint8_t *bytes;
	size_t len;
};

struct ln_packed_plugins {
	size_t count;
	struct ln_packed_plugin list[LN_PLUGINS_MAX];
};

/* Reads a configuration, which the caller frees, without its plugins, which
 * must be compiled first. LN_EFORMAT, LN_ELIMIT, LN_ENOMEM. */
int ln_config_decode(struct ln_decoder *decoder, struct ln_config **config,
		     struct ln_packed_plugins *plugins);

#endif
