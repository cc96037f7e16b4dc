/* A word on a terminal when loading takes long: not before, not elsewhere. */
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "cli/patience.h"

static const uint8_t module[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };

/* What comes when loading takes so many seconds. */
static size_t say(unsigned seconds, int standard_error, int reads, char *text,
		  size_t room)
{
	struct ln_patience patience;
	int before = dup(STDERR_FILENO);
	ssize_t len;

	assert_true(before >= 0);
	assert_true(dup2(standard_error, STDERR_FILENO) >= 0);
	ln_patience_begin(&patience, "large.wasm", module, sizeof(module));
	sleep(seconds);
	ln_patience_end(&patience);
	ln_log_flush();
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	len = read(reads, text, room - 1);
	if (len < 0)
		len = 0;
	text[len] = '\0';
	return (size_t)len;
}

static void on_a_terminal(void **state)
{
	char text[400];
	int leader, follower;

	(void)state;
	assert_int_equal(openpty(&leader, &follower, NULL, NULL, NULL), 0);
	assert_int_equal(fcntl(leader, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(say(0, follower, leader, text, sizeof(text)), 0);
	assert_true(say(5, follower, leader, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "compiling 'large.wasm' (0.0 MB)"));
	assert_int_equal(strstr(text, "--engine auto") != NULL, LN_HAS_WASMI);
	close(follower);
	close(leader);
}

static void elsewhere(void **state)
{
	char text[400];
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	assert_int_equal(say(4, ends[1], ends[0], text, sizeof(text)), 0);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_a_terminal),
		cmocka_unit_test(elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
