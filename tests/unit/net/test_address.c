/* src/net/address.c: conversions, and the text form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "net/address.h"

/* An address without the padding behind it. */
#define VALUE_SIZE (offsetof(struct ln_address, version) + 1)

static struct ln_endpoint endpoint;
static const char *reason;

static int parse(const char *text)
{
	/* A copy without a terminator, so that a sanitizer sees its end. */
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	int result;

	assert_non_null(copy);
	memcpy(copy, text, len);
	result = ln_endpoint_parse(copy, len, &endpoint, &reason);
	free(copy);
	return result;
}

static void literals(void **state)
{
	(void)state;
	assert_int_equal(parse("1.2.3.4:80"), 0);
	assert_int_equal(endpoint.address.version, 4);
	assert_int_equal(endpoint.address.port, 80);
	assert_memory_equal(endpoint.address.ip, "\1\2\3\4", 4);
	assert_int_equal(parse("[::1]:65535"), 0);
	assert_int_equal(endpoint.address.version, 6);
	assert_int_equal(endpoint.address.port, 65535);
	assert_int_equal(endpoint.address.ip[15], 1);
	assert_int_equal(parse("[fe80::2%4294967295]:0"), 0);
	assert_int_equal(endpoint.address.scope_id, UINT32_MAX);
	assert_int_equal(endpoint.address.port, 0);
}

static void names(void **state)
{
	char name[300];

	(void)state;
	assert_int_equal(parse("example.com:080"), 0);
	assert_int_equal(endpoint.address.version, 0);
	assert_int_equal(endpoint.address.port, 80);
	assert_string_equal(endpoint.host, "example.com");
	/* Left to the look-up, which knows. */
	assert_int_equal(parse("::1:80"), 0);
	assert_string_equal(endpoint.host, "::1");
	assert_int_equal(parse(":80"), 0);
	assert_string_equal(endpoint.host, "");
	memset(name, 'a', sizeof(name));
	memcpy(name + LN_HOST_MAX, ":1", 3);
	assert_int_equal(parse(name), 0);
	assert_int_equal(strlen(endpoint.host), LN_HOST_MAX);
	memcpy(name + LN_HOST_MAX, "a:1", 4);
	assert_int_equal(parse(name), LN_EFORMAT);
	assert_string_equal(reason, "the host name is too long");
}

static void refused(void **state)
{
	static const char *const addresses[] = {
		"",          "localhost",    "80",
		"[::1%]:80", "[::1%x]:80",   "[]:80",
		"[::g]:80",  "[::1%1%1]:80", "[1.2.3.4]:80",
	};
	static const char *const ports[] = {
		"h:",
		"h:65536",
		"h:+1",
		"h: 1",
		"h:1 ",
		"h:0x1",
		"h:99999999999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		assert_int_equal(parse(addresses[i]), LN_EFORMAT);
		assert_string_equal(reason, "invalid socket address");
	}
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		assert_int_equal(parse(ports[i]), LN_EFORMAT);
		assert_string_equal(reason, "invalid port value");
	}
	assert_int_equal(ln_endpoint_parse("a\0b:1", 5, &endpoint, &reason),
			 LN_EFORMAT);
}

static void there_and_back(void **state)
{
	struct ln_address six = { .version = 6,
				  .port = 4711,
				  .flow_info = 0x01020304,
				  .scope_id = 9,
				  .ip = { 1, [15] = 2 } };
	struct ln_address four = { .version = 4,
				   .port = 1,
				   .ip = { 127, 0, 0, 1 } };
	struct ln_address back;
	union ln_sockaddr name;

	(void)state;
	assert_int_equal(ln_address_to_kernel(&six, &name), sizeof(name.v6));
	assert_int_equal(name.v6.sin6_port, htons(4711));
	assert_int_equal(ln_address_from_kernel(&name, &back), 0);
	assert_memory_equal(&back, &six, VALUE_SIZE);
	assert_int_equal(ln_address_to_kernel(&four, &name), sizeof(name.v4));
	assert_int_equal(ln_address_from_kernel(&name, &back), 0);
	assert_memory_equal(&back, &four, VALUE_SIZE);
	name.any.sa_family = AF_UNIX;
	assert_int_equal(ln_address_from_kernel(&name, &back), LN_EUNSUP);
}

/* What is printed is read as the same. */
static void texts(void **state)
{
	static const char *const cases[] = {
		"127.0.0.1:80",
		"0.0.0.0:0",
		"[::1]:65535",
		"[::]:1",
		"[fe80::1%2]:80",
		"[1234:5678:9abc:def0:1234:5678:9abc:def0%4294967295]:65535",
	};
	char text[LN_ADDRESS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ln_endpoint_parse(cases[i], strlen(cases[i]),
						   &endpoint, &reason),
				 0);
		ln_address_format(&endpoint.address, text);
		assert_string_equal(text, cases[i]);
		assert_int_equal(ln_address_unspecified(&endpoint.address),
				 i == 1 || i == 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals), cmocka_unit_test(names),
		cmocka_unit_test(refused),  cmocka_unit_test(there_and_back),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
