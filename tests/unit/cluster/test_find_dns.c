/* src/cluster/find_dns.c: what is asked, and answers made by hand. */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "cluster/find_dns.h"

static struct ln_find_dns dns;
static struct ln_found found;

static void options(void **state)
{
	char name[LN_HOST_MAX + 2];

	(void)state;
	assert_true(ln_find_dns_parse("nodes", &dns));
	assert_string_equal(dns.name, "nodes");
	assert_int_equal(dns.port, 0);
	assert_int_equal(dns.server.sin_port, 0);
	assert_true(ln_find_dns_parse("_a._tcp.nodes.:7000", &dns));
	assert_string_equal(dns.name, "_a._tcp.nodes.");
	assert_int_equal(dns.port, 7000);
	assert_true(ln_find_dns_parse("nodes:65535@127.0.0.1:8600", &dns));
	assert_int_equal(dns.port, 65535);
	assert_int_equal(ntohs(dns.server.sin_port), 8600);
	assert_true(ln_find_dns_parse("nodes@10.0.0.1", &dns));
	assert_int_equal(dns.port, 0);
	assert_int_equal(ntohs(dns.server.sin_port), 53);
	assert_int_equal(dns.server.sin_addr.s_addr, inet_addr("10.0.0.1"));
	memset(name, 'a', sizeof(name));
	name[LN_HOST_MAX] = '\0';
	assert_true(ln_find_dns_parse(name, &dns));
	name[LN_HOST_MAX] = 'a';
	name[LN_HOST_MAX + 1] = '\0';
	assert_false(ln_find_dns_parse(name, &dns));
}

static void refused_options(void **state)
{
	static const char *const texts[] = {
		"",           ":1",
		"a:",         "a:0",
		"a:65536",    "a:1x",
		"a:1:2",      "a b",
		"a/b",        "a@",
		"a@b",        "a@1.2.3",
		"a@1.2.3.4:", "a@1.2.3.4:0",
		"a@[::1]",    "a@1.2.3.4.5.6.7.8.9.10",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (ln_find_dns_parse(texts[i], &dns))
			fail_msg("%s is taken", texts[i]);
	}
}

/* An answer under construction. */
static uint8_t answer[2048];
static size_t len;

static void put16(unsigned value)
{
	answer[len++] = (uint8_t)(value >> 8);
	answer[len++] = (uint8_t)value;
}

static void put(const void *bytes, size_t count)
{
	memcpy(answer + len, bytes, count);
	len += count;
}

/* The head of an answer to the question "a". */
static void begin(unsigned type, unsigned records)
{
	len = 0;
	put16(1);
	put16(0x8180);
	put16(1);
	put16(records);
	put16(0);
	put16(0);
	put("\1a", 3);
	put16(type);
	put16(ns_c_in);
}

/* A record of that name, which is at offset 12. */
static void put_record(unsigned type, const void *data, size_t count)
{
	put16(0xc00c);
	put16(type);
	put16(ns_c_in);
	put16(0);
	put16(60);
	put16((unsigned)count);
	put(data, count);
}

/* Reads the first `size` bytes in memory of just that size. */
static int read_part(size_t size, int type)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	int result;

	assert_non_null(copy);
	memcpy(copy, answer, size);
	memset(&found, 0, sizeof(found));
	result = ln_find_dns_read(copy, size, type, 7000, &found);
	free(copy);
	return result;
}

static void hosts(void **state)
{
	static const uint8_t six[16] = { 0xfd, [15] = 1 };

	(void)state;
	begin(ns_t_a, 4);
	put_record(ns_t_cname, "\1b", 3);
	put_record(ns_t_a, "\12\0\0\1", 4);
	put_record(ns_t_a, "\12\0\0\2", 4);
	/* What stands for every address of a machine is no node's. */
	put_record(ns_t_a, "\0\0\0\0", 4);
	assert_int_equal(read_part(len, ns_t_a), 0);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.addresses[0], "10.0.0.1:7000");
	assert_string_equal(found.addresses[1], "10.0.0.2:7000");
	begin(ns_t_aaaa, 1);
	put_record(ns_t_aaaa, six, 16);
	assert_int_equal(read_part(len, ns_t_aaaa), 0);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.addresses[0], "[fd00::1]:7000");
	/* Those of another type are not what was asked for. */
	assert_int_equal(read_part(len, ns_t_a), 0);
	assert_int_equal(found.count, 0);
}

static void services(void **state)
{
	(void)state;
	begin(ns_t_srv, 3);
	put_record(ns_t_srv, "\0\1\0\1\x1b\x58\4node\2eu", 6 + 5 + 3 + 1);
	/* Its name is where the question has it. */
	put_record(ns_t_srv, "\0\0\0\0\0\1\xc0\x0c", 8);
	/* The service is decidedly not available. */
	put_record(ns_t_srv, "\0\0\0\0\0\0\0", 7);
	assert_int_equal(read_part(len, ns_t_srv), 0);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.addresses[0], "node.eu:7000");
	assert_string_equal(found.addresses[1], "a:1");
}

static void refused_answers(void **state)
{
	(void)state;
	begin(ns_t_a, 1);
	put_record(ns_t_a, "\12\0\0", 3);
	assert_int_equal(read_part(len, ns_t_a), LN_EFORMAT);
	begin(ns_t_srv, 1);
	put_record(ns_t_srv, "\0\0\0\0\0\1", 6);
	assert_int_equal(read_part(len, ns_t_srv), LN_EFORMAT);
	/* A name that leads to itself. */
	begin(ns_t_srv, 1);
	put_record(ns_t_srv, "\0\0\0\0\0\1\xc0\x25", 8);
	assert_int_equal(read_part(len, ns_t_srv), LN_EFORMAT);
	/* Cut anywhere it is refused. */
	begin(ns_t_a, 2);
	put_record(ns_t_a, "\12\0\0\1", 4);
	put_record(ns_t_a, "\12\0\0\2", 4);
	for (size_t size = 0; size < len; size++)
		assert_int_equal(read_part(size, ns_t_a), LN_EFORMAT);
	assert_int_equal(read_part(len, ns_t_a), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		cmocka_unit_test(refused_options),
		cmocka_unit_test(hosts),
		cmocka_unit_test(services),
		cmocka_unit_test(refused_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
