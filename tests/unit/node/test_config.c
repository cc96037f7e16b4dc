/* src/node/config.c: configurations cross, and nothing but configurations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/codec.h"
#include "node/config.h"
#include "process/config.h"
#include "process/plugin_new.h"
#include "support/processes.h"

static const char plugin_text[] =
	"(module (func (export \"lunatic_create_module_hook\")))";

static struct ln_config *make(void)
{
	struct ln_config *config = NULL;

	assert_int_equal(ln_config_new(&config), 0);
	return config;
}

static void pack(const struct ln_config *config, struct ln_bytes *body)
{
	*body = (struct ln_bytes)LN_ENCODED_INIT;
	assert_int_equal(ln_config_encode(config, body), 0);
	assert_int_equal(body->error, 0);
}

static int decoder(const uint8_t *data, size_t len, struct ln_config **config,
		   struct ln_packed_plugins *plugins)
{
	struct ln_decoder bytes = { .data = data, .len = len };

	return ln_config_decode(&bytes, config, plugins);
}

/* A configuration in which nothing is as by default. */
static struct ln_config *make_rich(void)
{
	struct ln_config *config = make();
	struct ln_limits limits = {
		.max_memory = 1,
		.max_total_memory = 2,
		.max_fuel = 3,
		.max_processes = 4,
		.max_descriptors = 5,
		.max_environments = 6,
		.max_nesting = 7,
		.max_messages = 8,
		.max_mailbox_bytes = 9,
		.max_message_bytes = 10,
		.max_handles = 11,
		.max_links = 12,
		.max_table_elements = 13,
		.max_module_bytes = 14,
		.max_registrations = 15,
		.max_registry_bytes = UINT64_C(16) << 40,
		.max_plugin_ms = 12345,
	};

	config->limits = limits;
	assert_int_equal(ln_config_allow(config, "lunatic::", 9), 0);
	assert_int_equal(ln_config_allow(config, "wasi", 4), 0);
	assert_int_equal(ln_config_add_arg(config, "name"), 0);
	assert_int_equal(ln_config_add_arg(config, ""), 0);
	assert_int_equal(ln_config_add_env(config, "A=b"), 0);
	assert_int_equal(ln_config_preopen(config, "/host", "/guest", true), 0);
	assert_int_equal(ln_config_preopen(config, "h", "g", false), 0);
	return config;
}

static void all_of_it_crosses(void **state)
{
	struct ln_config *config = make_rich();
	struct ln_packed_plugins plugins;
	struct ln_config *copy = NULL;
	struct ln_bytes body;

	(void)state;
	pack(config, &body);
	assert_int_equal(decoder(body.data, body.len, &copy, &plugins), 0);
	assert_memory_equal(&copy->limits, &config->limits,
			    offsetof(struct ln_limits, max_nesting));
	assert_int_equal(copy->limits.max_nesting, 7);
	assert_int_equal(copy->limits.max_messages, 8);
	assert_int_equal(copy->limits.max_mailbox_bytes, 9);
	assert_int_equal(copy->limits.max_message_bytes, 10);
	assert_int_equal(copy->limits.max_handles, 11);
	assert_int_equal(copy->limits.max_links, 12);
	assert_int_equal(copy->limits.max_table_elements, 13);
	assert_int_equal(copy->limits.max_module_bytes, 14);
	assert_int_equal(copy->limits.max_registrations, 15);
	assert_true(copy->limits.max_registry_bytes == UINT64_C(16) << 40);
	assert_true(copy->limits.max_plugin_ms == 12345);
	assert_int_equal(copy->allowed.count, 2);
	assert_string_equal(copy->allowed.list[1], "wasi");
	assert_int_equal(copy->args.count, 2);
	assert_string_equal(copy->args.list[0], "name");
	assert_string_equal(copy->args.list[1], "");
	assert_int_equal(copy->envs.count, 1);
	assert_string_equal(copy->envs.list[0], "A=b");
	assert_int_equal(copy->preopen_count, 2);
	assert_string_equal(copy->preopens[0].host, "/host");
	assert_string_equal(copy->preopens[0].guest, "/guest");
	assert_true(copy->preopens[0].read_only);
	assert_false(copy->preopens[1].read_only);
	assert_int_equal(plugins.count, 0);
	ln_bytes_deinit(&body);
	ln_config_free(copy);
	ln_config_free(config);
}

static void plugins_cross_as_bytes(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_runtime *runtime = environment->runtime;
	struct ln_config *config = make();
	struct ln_packed_plugins plugins;
	struct ln_plugin *plugin = NULL;
	struct ln_config *copy = NULL;
	struct ln_bytes body;
	char *error;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			ln_plugin_new(runtime, NULL, i == 0 ? "one" : NULL,
				      (const uint8_t *)plugin_text,
				      sizeof(plugin_text) - 1, &plugin, &error),
			0);
		assert_int_equal(ln_config_add_plugin(config, plugin), 0);
		ln_plugin_release(plugin);
	}
	pack(config, &body);
	assert_int_equal(decoder(body.data, body.len, &copy, &plugins), 0);
	assert_int_equal(plugins.count, 2);
	assert_string_equal(plugins.list[0].name, "one");
	assert_null(plugins.list[1].name);
	assert_memory_equal(plugins.list[1].bytes, "\0asm", 4);
	assert_int_equal(copy->plugin_count, 0);
	ln_bytes_deinit(&body);
	ln_config_free(copy);
	ln_config_free(config);
	test_environment_free(environment);
}

static void listeners_stay_here(void **state)
{
	struct ln_config *config = make();
	struct ln_bytes body = LN_ENCODED_INIT;

	(void)state;
	assert_int_equal(ln_config_listen(config, "127.0.0.1:80"), 0);
	assert_int_equal(ln_config_encode(config, &body), LN_EUNSUP);
	ln_bytes_deinit(&body);
	ln_config_free(config);
}

static void every_cut_is_noticed(void **state)
{
	struct ln_config *config = make_rich();
	struct ln_packed_plugins plugins;
	struct ln_config *copy = NULL;
	struct ln_bytes body;

	(void)state;
	pack(config, &body);
	for (size_t len = 0; len < body.len; len++)
		assert_int_equal(decoder(body.data, len, &copy, &plugins),
				 LN_EFORMAT);
	/* And what is left over. */
	ln_encode_u8(&body, 0);
	assert_int_equal(decoder(body.data, body.len, &copy, &plugins),
			 LN_EFORMAT);
	ln_bytes_deinit(&body);
	ln_config_free(config);
}

static void bad_values_are_refused(void **state)
{
	struct ln_config *config = make();
	struct ln_packed_plugins plugins;
	struct ln_config *copy = NULL;
	struct ln_bytes body;

	(void)state;
	/* Too many plugins; the number is the last one. */
	pack(config, &body);
	body.data[body.len - 4] = LN_PLUGINS_MAX + 1;
	assert_int_equal(decoder(body.data, body.len, &copy, &plugins),
			 LN_EFORMAT);
	ln_bytes_deinit(&body);
	/* A directory that is neither read-only nor not. */
	assert_int_equal(ln_config_preopen(config, "h", "g", true), 0);
	pack(config, &body);
	body.data[body.len - 5] = 2;
	assert_int_equal(decoder(body.data, body.len, &copy, &plugins),
			 LN_EFORMAT);
	ln_bytes_deinit(&body);
	ln_config_free(config);
}

static void lists_are_bounded(void **state)
{
	size_t max = LN_CONFIG_MAX_BYTES / 2 + 1;
	struct ln_packed_plugins plugins;
	struct ln_bytes body = LN_ENCODED_INIT;
	struct ln_config *config = make();
	struct ln_config *copy = NULL;
	char *text = malloc(max + 1);
	struct ln_bytes whole = LN_ENCODED_INIT;

	(void)state;
	/* Two texts that are more than a configuration may have. */
	assert_non_null(text);
	memset(text, 'a', max);
	text[max] = '\0';
	assert_int_equal(ln_config_add_arg(config, text), 0);
	pack(config, &body);
	/* The limits, no namespaces, and the arguments, twice. */
	ln_bytes_add(&whole, body.data, 17 * 8 + 4);
	ln_encode_u32(&whole, 2);
	ln_encode_text(&whole, text);
	ln_encode_text(&whole, text);
	assert_int_equal(decoder(whole.data, whole.len, &copy, &plugins),
			 LN_ELIMIT);
	free(text);
	ln_bytes_deinit(&body);
	ln_bytes_deinit(&whole);
	ln_config_free(config);
}

static void numbers_that_are_too_large_are_cut(void **state)
{
	struct ln_config *config = make();
	struct ln_packed_plugins plugins;
	struct ln_config *copy = NULL;
	struct ln_bytes body;

	(void)state;
	pack(config, &body);
	memset(body.data, 0xff, 17 * sizeof(uint64_t));
	assert_int_equal(decoder(body.data, body.len, &copy, &plugins), 0);
	assert_int_equal(copy->limits.max_nesting, UINT32_MAX);
	assert_int_equal(copy->limits.max_handles, UINT32_MAX);
	ln_config_free(copy);
	ln_bytes_deinit(&body);
	ln_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_crosses),
		cmocka_unit_test(plugins_cross_as_bytes),
		cmocka_unit_test(listeners_stay_here),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(numbers_that_are_too_large_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
