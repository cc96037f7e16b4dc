/*
 * Plugins: modules that change other modules before these are compiled for an
 * environment. A plugin comes from anybody. It runs as a process of its own, in
 * an environment of its own that allows nothing but to look at the module, to
 * change it, and to print; its instructions, memory and time are bounded.
 */
#ifndef LN_PROCESS_PLUGIN_H
#define LN_PROCESS_PLUGIN_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct ln_module;
struct ln_rewrite;

/* Plugins of one configuration. */
#define LN_PLUGINS_MAX 16

/* Immutable but for the count. See process/plugin_new.h. */
struct ln_plugin {
	_Atomic uint32_t references;
	struct ln_module *module; /* counted */
	char *name;               /* what errors call it; NULL: a number */
	const uint8_t *source;    /* the binary that it was made from */
	size_t len;               /* of that */
	uint64_t weight;          /* bytes that it takes, about */
	void (*destroy)(struct ln_plugin *plugin);
};

/* What a running plugin works on; its guest points to it. */
struct ln_hook {
	struct ln_rewrite *rewrite; /* the module */
	char *failure;              /* owned; why it trapped */
	uint64_t fuel;              /* used, once it has ended */
};

struct ln_plugin *ln_plugin_retain(struct ln_plugin *plugin);
void ln_plugin_release(struct ln_plugin *plugin);

/* What errors call it, or NULL; as long as the plugin. */
static inline const char *ln_plugin_name(const struct ln_plugin *plugin)
{
	return plugin->name;
}

/* The binary that it was made from; as long as the plugin. */
static inline const uint8_t *ln_plugin_source(const struct ln_plugin *plugin,
					      size_t *len)
{
	*len = plugin->len;
	return plugin->source;
}

/* Bytes that it takes, about. */
static inline uint64_t ln_plugin_weight(const struct ln_plugin *plugin)
{
	return plugin->weight;
}

#endif
