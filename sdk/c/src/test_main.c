/*
 * main() for a file of tests, taken from the library only if the program has
 * none. Tests are found in a section that LUNATIC_TEST fills, and run one after
 * the other, each in a linked process.
 */
#include <lunatic/mailbox.h>
#include <lunatic/main.h>
#include <lunatic/test.h>
#include <stdbool.h>
#include <string.h>

/* Set by the linker; weak, for programs without tests. */
extern const struct lunatic_test __start_lunatic_tests[] __attribute__((weak));
extern const struct lunatic_test __stop_lunatic_tests[] __attribute__((weak));

int main(int argc, char **argv);

/* There in programs that answer requests: lunatic/http.h. */
__attribute__((weak)) void lunatic_http_handler(void);

static bool is_asked_for(const struct lunatic_test *test, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strstr(test->name, argv[i]) != NULL)
			return true;
	}
	return argc < 2 && test->kind != LUNATIC_TEST_IS_IGNORED;
}

/* Runs a test and tells the process that waits for it. */
static void run(struct lunatic_reader *argument)
{
	const struct lunatic_test *test;
	struct lunatic_proc parent;
	int64_t tag;

	lunatic_read_tuple(argument, 3);
	parent = lunatic_read_proc(argument);
	tag = lunatic_read_int(argument);
	test = (const struct lunatic_test *)(uintptr_t)lunatic_read_u32(
		argument);
	if (lunatic_reader_end(argument) != 0)
		lunatic_panic();
	test->run();
	lunatic_send_tag(parent, tag);
}

static bool passes(const struct lunatic_test *test)
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	struct lunatic_writer argument;
	struct lunatic_reader mail;
	struct lunatic_proc proc;
	int received;

	lunatic_mail_begin(&argument, 0);
	lunatic_write_array(&argument, 3);
	lunatic_write_proc(&argument, lunatic_proc_self());
	lunatic_write_int(&argument, linked.link);
	lunatic_write_uint(&argument, (uintptr_t)test);
	if (lunatic_spawn_packed(&proc, &linked, run, &argument) != 0)
		return false;
	received = lunatic_receive_tagged(&mail, &linked.link, 1,
					  LUNATIC_TEST_TIMEOUT);
	if (received < 0) {
		lunatic_proc_unlink(proc);
		lunatic_proc_kill(proc);
	}
	lunatic_proc_drop(proc);
	if (test->kind == LUNATIC_TEST_MUST_FAIL)
		return received == LUNATIC_LINK_DIED;
	return received == LUNATIC_MESSAGE;
}

int main(int argc, char **argv)
{
	int failed = 0;
	int passed = 0;

	lunatic_main_begin();
	if (lunatic_http_handler != NULL &&
	    __start_lunatic_tests == __stop_lunatic_tests) {
		puts("this program answers requests: run it with lunatic "
		     "serve");
		return 1;
	}
	lunatic_links_catch();
	for (const struct lunatic_test *test = __start_lunatic_tests;
	     test != __stop_lunatic_tests; test++) {
		if (!is_asked_for(test, argc, argv))
			continue;
		if (passes(test)) {
			passed++;
			printf("ok %s\n", test->name);
		} else {
			failed++;
			printf("FAILED %s\n", test->name);
		}
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
