/* src/control/client.c: programs that answer something else, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "control/client.h"
#include "control/place.h"

#define GREETING "{\"control\":1,\"pid\":1,\"program\":\"x\"}\n"

/* A program that says the same to everybody who connects. */
struct server {
	char folder[32];
	char *path;
	int fd;
	const char *says;
	pthread_t thread;
};

static void *serve(void *argument)
{
	struct server *server = argument;
	char bytes[4096];
	int fd;

	/* The test waits for it by the connection. */
	while ((fd = accept(server->fd, NULL, NULL)) < 0)
		usleep(1000);
	if (write(fd, server->says, strlen(server->says)) >= 0)
		shutdown(fd, SHUT_WR);
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	close(fd);
	return NULL;
}

static void start(struct server *server, const char *says)
{
	char *error;

	snprintf(server->folder, sizeof(server->folder),
		 "/tmp/lunatic-client-XXXXXX");
	assert_non_null(mkdtemp(server->folder));
	server->says = says;
	server->fd =
		ln_control_listen(server->folder, "x", &server->path, &error);
	assert_true(server->fd >= 0);
	pthread_create(&server->thread, NULL, serve, server);
}

static void stop(struct server *server)
{
	pthread_join(server->thread, NULL);
	close(server->fd);
	unlink(server->path);
	free(server->path);
	rmdir(server->folder);
}

/* What becomes of a request, and the text of its error. */
static int ask(const char *says, char **error)
{
	struct server server;
	struct ln_control_client *client;
	json_t *value = NULL;
	int result;

	start(&server, says);
	result = ln_control_connect_to(server.path, &client, error);
	if (result == 0) {
		result = ln_control_ask(client, "ps", NULL, LN_NS_PER_S, NULL,
					NULL, &value, error);
		json_decref(value);
		ln_control_close(client);
	}
	stop(&server);
	return result;
}

static void understands_answers(void **state)
{
	char *error;

	(void)state;
	assert_int_equal(ask(GREETING "{\"id\":1,\"item\":{}}\n"
				      "{\"id\":9,\"result\":{}}\n"
				      "{\"id\":1,\"result\":{}}\n",
			     &error),
			 0);
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *says;
		int result;
		const char *text;
	} cases[] = {
		{ "", LN_EIO, "has ended the connection" },
		{ "x", LN_EIO, "has ended the connection" },
		{ "x\n", LN_EFORMAT, "is not what this program understands" },
		{ "[]\n", LN_EFORMAT, "is not what this program understands" },
		{ "{}\n", LN_EUNSUP, "version 0 of the control protocol" },
		{ "{\"control\":2}\n", LN_EUNSUP,
		  "version 2 of the control protocol" },
		{ "{\"error\":{\"code\":\"busy\",\"message\":\"too many\"}}\n",
		  LN_EINVAL, "too many" },
		{ "{\"error\":7}\n", LN_EINVAL, "unknown error" },
		{ GREETING, LN_EIO, "has ended the connection" },
		{ GREETING
		  "{\"id\":1,\"error\":{\"message\":\"a\\u001b[2J\"}}\n",
		  LN_EINVAL, "a?[2J" },
		{ GREETING "{\"id\":1}\n", LN_EINVAL, "unknown error" },
		{ GREETING "{\"id\":null,\"error\":{\"message\":\"all\"}}\n",
		  LN_EINVAL, "all" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *error = NULL;

		assert_int_equal(ask(cases[i].says, &error), cases[i].result);
		assert_non_null(error);
		assert_non_null(strstr(error, cases[i].text));
		free(error);
	}
}

static void bounds_what_it_keeps(void **state)
{
	char *says = malloc((size_t)6 << 20);
	char *error = NULL;

	(void)state;
	memset(says, 'x', ((size_t)6 << 20) - 1);
	says[((size_t)6 << 20) - 1] = '\0';
	assert_int_equal(ask(says, &error), LN_EFORMAT);
	assert_non_null(strstr(error, "too long"));
	free(error);
	free(says);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(understands_answers),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(bounds_what_it_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
