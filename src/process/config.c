/* Configurations: lists of texts whose number and size are bounded. */
#include "process/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "engine/module.h"
#include "process/plugin.h"

/* What an allocator adds to a text, about. */
#define ALLOCATED 16

const struct ln_limits ln_limits_default = {
	.max_memory = (uint64_t)4 << 30,
	.max_fuel = 0,
	.max_processes = (uint64_t)4 << 20,
	.max_environments = 10000,
	.max_nesting = 16,
	.max_messages = (uint64_t)4 << 20,
	.max_mailbox_bytes = (uint64_t)1 << 30,
	.max_message_bytes = (uint64_t)256 << 20,
	.max_descriptors = (uint64_t)1 << 20,
	.max_handles = 4u << 20,
	.max_links = 4u << 20,
	.max_table_elements = 1000000,
	.max_module_bytes = LN_MODULE_MAX_BYTES_DEFAULT,
	.max_plugin_ms = 10000,
	.max_registrations = 65536,
	.max_registry_bytes = (uint64_t)16 << 20,
};

/* The lower one of two limits of which 0 is none. */
static uint64_t lower_open(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a | b;
	return a < b ? a : b;
}

#define LOWER(member)                                    \
	do {                                             \
		if (limits->member > parent->member)     \
			limits->member = parent->member; \
	} while (0)

void ln_limits_lower(struct ln_limits *limits, const struct ln_limits *parent)
{
	uint32_t levels = parent->max_nesting > 0 ? parent->max_nesting - 1 : 0;

	LOWER(max_memory);
	LOWER(max_processes);
	LOWER(max_environments);
	LOWER(max_registrations);
	LOWER(max_registry_bytes);
	LOWER(max_message_bytes);
	LOWER(max_descriptors);
	LOWER(max_handles);
	LOWER(max_links);
	LOWER(max_table_elements);
	LOWER(max_module_bytes);
	LOWER(max_plugin_ms);
	limits->max_total_memory =
		lower_open(limits->max_total_memory, parent->max_total_memory);
	limits->max_fuel = lower_open(limits->max_fuel, parent->max_fuel);
	limits->max_messages =
		lower_open(limits->max_messages, parent->max_messages);
	limits->max_mailbox_bytes = lower_open(limits->max_mailbox_bytes,
					       parent->max_mailbox_bytes);
	if (limits->max_nesting > levels)
		limits->max_nesting = levels;
}

#undef LOWER

int ln_config_new(struct ln_config **out)
{
	struct ln_config *config = calloc(1, sizeof(*config));

	if (config == NULL)
		return LN_ENOMEM;
	config->limits = ln_limits_default;
	config->strategy = LN_MEMORY_AUTO;
	*out = config;
	return 0;
}

static void free_texts(struct ln_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->list[i]);
	free(texts->list);
}

void ln_config_free(struct ln_config *config)
{
	if (config == NULL)
		return;
	free_texts(&config->allowed);
	free_texts(&config->args);
	free_texts(&config->envs);
	free_texts(&config->listeners);
	for (size_t i = 0; i < config->preopen_count; i++) {
		free(config->preopens[i].host);
		free(config->preopens[i].guest);
	}
	free(config->preopens);
	for (size_t i = 0; i < config->plugin_count; i++)
		ln_plugin_release(config->plugins[i]);
	free(config->plugins);
	free(config);
}

/* Counts an entry behind `count` others, of `len` bytes and an end. */
static int account(struct ln_config *config, size_t count, size_t len)
{
	if (count >= LN_CONFIG_MAX_ENTRIES || len >= LN_CONFIG_MAX_BYTES ||
	    len + 1 > LN_CONFIG_MAX_BYTES - config->bytes)
		return LN_ELIMIT;
	config->bytes += len + 1;
	return 0;
}

static int add_text(struct ln_config *config, struct ln_texts *texts,
		    const char *text, size_t len)
{
	char **list;
	char *copy;

	list = ln_array_grow(texts->list, texts->count + 1, &texts->room,
			     sizeof(*list));
	if (list == NULL)
		return LN_ENOMEM;
	texts->list = list;
	if (account(config, texts->count, len) < 0)
		return LN_ELIMIT;
	copy = malloc(len + 1);
	if (copy == NULL) {
		config->bytes -= len + 1;
		return LN_ENOMEM;
	}
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	list[texts->count++] = copy;
	list[texts->count] = NULL;
	return 0;
}

int ln_config_allow(struct ln_config *config, const char *prefix, size_t len)
{
	if (len > 0 && memchr(prefix, '\0', len) != NULL)
		return LN_EINVAL;
	return add_text(config, &config->allowed, prefix, len);
}

int ln_config_add_arg(struct ln_config *config, const char *arg)
{
	return add_text(config, &config->args, arg, strlen(arg));
}

int ln_config_add_env(struct ln_config *config, const char *variable)
{
	return add_text(config, &config->envs, variable, strlen(variable));
}

int ln_config_listen(struct ln_config *config, const char *address)
{
	return add_text(config, &config->listeners, address, strlen(address));
}

int ln_config_preopen(struct ln_config *config, const char *host,
		      const char *guest, bool read_only)
{
	size_t len = strlen(host) + 1 + strlen(guest);
	struct ln_preopen preopen = { .read_only = read_only };
	struct ln_preopen *list;

	list = ln_array_grow(config->preopens, config->preopen_count,
			     &config->preopen_room, sizeof(*list));
	if (list == NULL)
		return LN_ENOMEM;
	config->preopens = list;
	if (account(config, config->preopen_count, len) < 0)
		return LN_ELIMIT;
	preopen.host = strdup(host);
	preopen.guest = strdup(guest);
	if (preopen.host == NULL || preopen.guest == NULL) {
		free(preopen.host);
		free(preopen.guest);
		config->bytes -= len + 1;
		return LN_ENOMEM;
	}
	list[config->preopen_count++] = preopen;
	return 0;
}

int ln_config_add_plugin(struct ln_config *config, struct ln_plugin *plugin)
{
	struct ln_plugin **list;

	if (config->plugin_count >= LN_PLUGINS_MAX)
		return LN_ELIMIT;
	list = ln_array_grow(config->plugins, config->plugin_count,
			     &config->plugin_room, sizeof(*list));
	if (list == NULL)
		return LN_ENOMEM;
	config->plugins = list;
	list[config->plugin_count++] = ln_plugin_retain(plugin);
	return 0;
}

static int copy_texts(struct ln_config *config, struct ln_texts *to,
		      const struct ln_texts *from)
{
	int error = 0;

	for (size_t i = 0; i < from->count && error == 0; i++)
		error = add_text(config, to, from->list[i],
				 strlen(from->list[i]));
	return error;
}

int ln_config_clone(const struct ln_config *config, struct ln_config **out)
{
	struct ln_config *clone;
	int error = ln_config_new(&clone);

	if (error < 0)
		return error;
	clone->limits = config->limits;
	clone->strategy = config->strategy;
	clone->denied = config->denied;
	clone->joins_family = config->joins_family;
	clone->serves_operators = config->serves_operators;
	clone->console = config->console;
	error = copy_texts(clone, &clone->allowed, &config->allowed);
	if (error == 0)
		error = copy_texts(clone, &clone->args, &config->args);
	if (error == 0)
		error = copy_texts(clone, &clone->envs, &config->envs);
	if (error == 0)
		error = copy_texts(clone, &clone->listeners,
				   &config->listeners);
	for (size_t i = 0; i < config->preopen_count && error == 0; i++) {
		const struct ln_preopen *preopen = &config->preopens[i];

		error = ln_config_preopen(clone, preopen->host, preopen->guest,
					  preopen->read_only);
	}
	for (size_t i = 0; i < config->plugin_count && error == 0; i++)
		error = ln_config_add_plugin(clone, config->plugins[i]);
	if (error < 0) {
		ln_config_free(clone);
		return error;
	}
	*out = clone;
	return 0;
}

uint64_t ln_config_weight(const struct ln_config *config)
{
	uint64_t weight = sizeof(*config) + config->bytes;

	weight += (config->allowed.room + config->args.room +
		   config->envs.room + config->listeners.room) *
		  (sizeof(char *) + ALLOCATED);
	weight += config->preopen_room *
		  (sizeof(*config->preopens) + 2 * (size_t)ALLOCATED);
	for (size_t i = 0; i < config->plugin_count; i++)
		weight += ln_plugin_weight(config->plugins[i]);
	return weight;
}

bool ln_config_allows(const struct ln_config *config, const char *name)
{
	for (size_t i = 0; i < config->allowed.count; i++) {
		const char *prefix = config->allowed.list[i];

		if (strncmp(name, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}
