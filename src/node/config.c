/*
 * Layout: LIMITS numbers of 64 bits, in the order of the table below; then
 * lists, each the number of its entries in 32 bits and the entries: namespaces,
 * arguments, variables (a text each), directories (the texts host and guest, a
 * byte for read-only), plugins (a text, empty for none, and bytes).
 */
#include "node/config.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "node/codec.h"
#include "process/config.h"

#define LIMITS 17

/* Limits as a row of numbers; the order is that of the wire. */
static void from_limits(const struct ln_limits *limits, uint64_t row[LIMITS])
{
	size_t i = 0;

	row[i++] = limits->max_memory;
	row[i++] = limits->max_total_memory;
	row[i++] = limits->max_fuel;
	row[i++] = limits->max_processes;
	row[i++] = limits->max_descriptors;
	row[i++] = limits->max_environments;
	row[i++] = limits->max_nesting;
	row[i++] = limits->max_messages;
	row[i++] = limits->max_mailbox_bytes;
	row[i++] = limits->max_message_bytes;
	row[i++] = limits->max_handles;
	row[i++] = limits->max_links;
	row[i++] = limits->max_table_elements;
	row[i++] = limits->max_module_bytes;
	row[i++] = limits->max_registrations;
	row[i++] = limits->max_registry_bytes;
	row[i++] = limits->max_plugin_ms;
}

static uint32_t narrow(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static void to_limits(const uint64_t row[LIMITS], struct ln_limits *limits)
{
	size_t i = 0;

	limits->max_memory = row[i++];
	limits->max_total_memory = row[i++];
	limits->max_fuel = row[i++];
	limits->max_processes = row[i++];
	limits->max_descriptors = row[i++];
	limits->max_environments = row[i++];
	limits->max_nesting = narrow(row[i++]);
	limits->max_messages = row[i++];
	limits->max_mailbox_bytes = row[i++];
	limits->max_message_bytes = row[i++];
	limits->max_handles = narrow(row[i++]);
	limits->max_links = narrow(row[i++]);
	limits->max_table_elements = narrow(row[i++]);
	limits->max_module_bytes = row[i++];
	limits->max_registrations = row[i++];
	limits->max_registry_bytes = row[i++];
	limits->max_plugin_ms = row[i++];
}

static void pack_texts(const struct ln_texts *texts, struct ln_bytes *body)
{
	ln_encode_u32(body, (uint32_t)texts->count);
	for (size_t i = 0; i < texts->count; i++)
		ln_encode_text(body, texts->list[i]);
}

static void pack_plugin(const struct ln_plugin *plugin, struct ln_bytes *body)
{
	const char *name = ln_plugin_name(plugin);
	size_t len;
	const uint8_t *bytes = ln_plugin_source(plugin, &len);

	ln_encode_text(body, name != NULL ? name : "");
	ln_encode_bytes(body, bytes, len);
}

int ln_config_encode(const struct ln_config *config, struct ln_bytes *body)
{
	uint64_t row[LIMITS];

	if (config->listeners.count > 0)
		return LN_EUNSUP;
	from_limits(&config->limits, row);
	for (size_t i = 0; i < LIMITS; i++)
		ln_encode_u64(body, row[i]);
	pack_texts(&config->allowed, body);
	pack_texts(&config->args, body);
	pack_texts(&config->envs, body);
	ln_encode_u32(body, (uint32_t)config->preopen_count);
	for (size_t i = 0; i < config->preopen_count; i++) {
		ln_encode_text(body, config->preopens[i].host);
		ln_encode_text(body, config->preopens[i].guest);
		ln_encode_u8(body, config->preopens[i].read_only);
	}
	ln_encode_u32(body, (uint32_t)config->plugin_count);
	for (size_t i = 0; i < config->plugin_count; i++)
		pack_plugin(config->plugins[i], body);
	return 0;
}

/* Reads a list of texts; `add` takes each. */
static int decode_texts(struct ln_decoder *decoder, struct ln_config *config,
			int (*add)(struct ln_config *, const char *))
{
	uint32_t count = ln_decoder_u32(decoder);
	int error = 0;

	/* A count that is too large fails at the end of the bytes. */
	for (uint32_t i = 0; i < count && error == 0; i++) {
		const char *text = ln_decoder_text(decoder);

		error = text != NULL ? add(config, text) : LN_EFORMAT;
	}
	return error;
}

static int add_allowed(struct ln_config *config, const char *prefix)
{
	return ln_config_allow(config, prefix, strlen(prefix));
}

static int decode_preopens(struct ln_decoder *decoder, struct ln_config *config)
{
	uint32_t count = ln_decoder_u32(decoder);
	int error = 0;

	for (uint32_t i = 0; i < count && error == 0; i++) {
		const char *host = ln_decoder_text(decoder);
		const char *guest = ln_decoder_text(decoder);
		uint8_t read_only = ln_decoder_u8(decoder);

		if (decoder->failed || read_only > 1)
			return LN_EFORMAT;
		error = ln_config_preopen(config, host, guest, read_only != 0);
	}
	return error;
}

static int decode_plugins(struct ln_decoder *decoder,
			  struct ln_packed_plugins *plugins)
{
	plugins->count = ln_decoder_u32(decoder);
	if (plugins->count > LN_PLUGINS_MAX)
		return LN_EFORMAT;
	for (size_t i = 0; i < plugins->count; i++) {
		struct ln_packed_plugin *plugin = &plugins->list[i];

		plugin->name = ln_decoder_text(decoder);
		plugin->bytes = ln_decoder_bytes(decoder, &plugin->len);
		if (decoder->failed)
			return LN_EFORMAT;
		if (plugin->name[0] == '\0')
			plugin->name = NULL;
	}
	return 0;
}

int ln_config_decode(struct ln_decoder *decoder, struct ln_config **out,
		     struct ln_packed_plugins *plugins)
{
	struct ln_config *config;
	uint64_t row[LIMITS];
	int error = ln_config_new(&config);

	if (error < 0)
		return error;
	for (size_t i = 0; i < LIMITS; i++)
		row[i] = ln_decoder_u64(decoder);
	to_limits(row, &config->limits);
	error = decode_texts(decoder, config, add_allowed);
	if (error == 0)
		error = decode_texts(decoder, config, ln_config_add_arg);
	if (error == 0)
		error = decode_texts(decoder, config, ln_config_add_env);
	if (error == 0)
		error = decode_preopens(decoder, config);
	if (error == 0)
		error = decode_plugins(decoder, plugins);
	if (error == 0 && !ln_decoder_done(decoder))
		error = LN_EFORMAT;
	if (error < 0)
		ln_config_free(config);
	else
		*out = config;
	return error;
}
