/* src/net/certificate.c; that nodes accept what it makes is in test_tls.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "net/certificate.h"

#define DAY 86400

static char folder[] = "/tmp/test_certificate.XXXXXX";
static char reason[LN_CERTIFICATE_REASON_SIZE];

static int setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	return chdir(folder);
}

static int teardown(void **state)
{
	static const char *const names[] = { "a.crt", "a.key", "b.crt", "b.key",
					     "broken" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	return rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static struct ln_certificate *make(const struct ln_certificate *authority)
{
	struct ln_certificate *certificate = NULL;

	assert_int_equal(ln_certificate_new(authority, "n\xc3\xb6rd", 0, DAY,
					    &certificate),
			 0);
	return certificate;
}

static void names(void **state)
{
	struct ln_certificate *certificate;
	char name[LN_CERTIFICATE_NAME_MAX + 2];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(ln_certificate_new(NULL, "", 0, DAY, &certificate),
			 LN_EINVAL);
	assert_int_equal(ln_certificate_new(NULL, name, 0, DAY, &certificate),
			 LN_EINVAL);
	assert_int_equal(ln_certificate_new(NULL, "\xff", 0, DAY, &certificate),
			 LN_EINVAL);
	name[LN_CERTIFICATE_NAME_MAX] = '\0';
	assert_int_equal(ln_certificate_new(NULL, name, 0, DAY, &certificate),
			 0);
	ln_certificate_free(certificate);
	ln_certificate_free(NULL);
}

static void files(void **state)
{
	struct ln_certificate *ca = make(NULL);
	struct ln_certificate *node = make(ca);
	struct ln_certificate *read = NULL;
	struct stat stat_of;

	(void)state;
	assert_int_equal(ln_certificate_load("a.crt", "a.key", &read, reason),
			 LN_ENOENT);
	assert_int_equal(ln_certificate_save(ca, "a.crt", "a.key", reason), 0);
	assert_int_equal(stat("a.key", &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0600);
	/* Nothing is written over; what was begun is taken away. */
	assert_int_equal(ln_certificate_save(node, "a.crt", "b.key", reason),
			 LN_EEXIST);
	assert_non_null(strstr(reason, "a.crt': File exists"));
	assert_int_not_equal(access("b.key", F_OK), 0);
	assert_int_equal(ln_certificate_save(node, "b.crt", "a.key", reason),
			 LN_EEXIST);
	assert_int_not_equal(access("b.crt", F_OK), 0);
	assert_int_equal(ln_certificate_save(node, "no/b.crt", "b.key", reason),
			 LN_EIO);
	assert_int_equal(ln_certificate_save(node, "b.crt", "b.key", reason),
			 0);
	assert_int_equal(ln_certificate_load("a.crt", "a.key", &read, reason),
			 0);
	ln_certificate_free(read);
	assert_int_equal(ln_certificate_load("a.crt", "b.key", &read, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "is not that of the certificate"));
	assert_int_equal(ln_certificate_load("a.crt", "no.key", &read, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "cannot open 'no.key'"));
	assert_int_equal(ln_certificate_load("no.crt", "a.key", &read, reason),
			 LN_EINVAL);
	write_file("broken", "-----BEGIN CERTIFICATE-----\nno\n");
	assert_int_equal(ln_certificate_load("broken", "a.key", &read, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "'broken' is not a certificate"));
	assert_int_equal(ln_certificate_load("a.crt", "broken", &read, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "'broken' is not a key"));
	ln_certificate_free(node);
	ln_certificate_free(ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
