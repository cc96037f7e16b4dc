/* src/nats/servers.c: lists of servers, files of credentials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "nats/servers.h"

static char path[] = "/tmp/lunatic-test-servers.XXXXXX";

static void test_lists(void **state)
{
	struct ln_nats_servers servers;

	(void)state;
	assert_int_equal(
		ln_nats_servers_init(&servers, "nats://one,[::1]:5,10.0.0.1"),
		0);
	assert_int_equal(servers.count, 3);
	assert_string_equal(servers.list[0].url, "nats://one:4222");
	assert_string_equal(servers.list[0].host, "one");
	assert_string_equal(servers.list[1].url, "nats://[::1]:5");
	assert_string_equal(servers.list[1].host, "::1");
	assert_string_equal(servers.list[1].address, "[::1]:5");
	assert_string_equal(servers.list[2].address, "10.0.0.1:4222");
	assert_false(servers.list[2].tls);
	ln_nats_servers_deinit(&servers);
	assert_int_equal(
		ln_nats_servers_init(&servers, "nats+tls://a:1,nats+tls://b:2"),
		0);
	assert_int_equal(servers.count, 2);
	assert_string_equal(servers.list[1].url, "tls://b:2");
	assert_true(servers.list[1].tls);
	ln_nats_servers_deinit(&servers);
}

static void test_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"nats:",
		"nats://",
		"nats://a,",
		"nats://,a",
		"nats://user:pass@a:1",
		"nats://a/b",
		"nats://a:0",
		"nats://a:65536",
		"nats://:4222",
		"http://a",
		"a:4222",
		"tls://a",
		"nats://a:1:2",
		"nats://a,nats+tls://b",
		"nats://a,http://b",
	};
	char many[LN_NATS_SERVERS_MAX * 2 + 16] = "nats://a";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (ln_nats_servers_valid(bad[i]))
			fail_msg("'%s' is taken", bad[i]);
	}
	for (int i = 1; i < LN_NATS_SERVERS_MAX; i++)
		strcat(many, ",a");
	assert_true(ln_nats_servers_valid(many));
	strcat(many, ",a");
	assert_false(ln_nats_servers_valid(many));
}

/* What reading a file with that text and mode gives. */
static int read_login(const char *text, mode_t mode,
		      struct ln_nats_login *login, char reason[256])
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
	reason[0] = '\0';
	return ln_nats_login_read(login, path, reason, 256);
}

static void test_credentials(void **state)
{
	struct ln_nats_login login;
	char reason[256];

	(void)state;
	assert_int_equal(read_login("me:a:b\n", 0600, &login, reason), 0);
	assert_string_equal(login.user, "me");
	assert_string_equal(login.password, "a:b");
	ln_nats_login_deinit(&login);
	assert_int_equal(read_login("token", 0400, &login, reason), 0);
	assert_string_equal(login.token, "token");
	assert_null(login.user);
	ln_nats_login_deinit(&login);
	assert_int_equal(read_login("-----BEGIN NATS USER JWT-----\n", 0600,
				    &login, reason),
			 0);
	assert_string_equal(login.file, path);
	ln_nats_login_deinit(&login);
	assert_int_equal(read_login(" \n", 0600, &login, reason), LN_EINVAL);
	assert_non_null(strstr(reason, "no credentials"));
	ln_nats_login_deinit(&login);
	assert_int_equal(read_login("me:a", 0604, &login, reason), LN_EINVAL);
	assert_non_null(strstr(reason, "chmod 600"));
	ln_nats_login_deinit(&login);
	assert_int_equal(
		ln_nats_login_read(&login, "/nowhere", reason, sizeof(reason)),
		LN_EINVAL);
	assert_non_null(strstr(reason, "No such file"));
	ln_nats_login_deinit(&login);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd) != 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_credentials),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
