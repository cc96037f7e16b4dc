#!/bin/sh
# lunatic trace: events of processes, bounds, and those who are traced.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

cat >traced.c <<'EOC'
// Waits for "go" lines on standard input, and does each time the same.
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void echo(struct lunatic_reader *argument)
{
	struct lunatic_proc to = lunatic_read_proc(argument);
	struct lunatic_reader mail;
	struct lunatic_writer answer;

	lunatic_proc_label("echo");
	while (lunatic_receive(&mail, LUNATIC_FOREVER) == LUNATIC_MESSAGE) {
		int64_t tag = lunatic_mail_tag();

		if (tag == -9)
			exit(5);
		lunatic_mail_begin(&answer, tag);
		lunatic_write_int(&answer, 1);
		lunatic_mail_send(&answer, lunatic_proc_clone(to));
	}
}

static void traps(int64_t argument)
{
	(void)argument;
	__builtin_trap();
}

static void tell(struct lunatic_proc to, int64_t tag)
{
	struct lunatic_writer mail;

	lunatic_mail_begin(&mail, tag);
	lunatic_write_str(&mail, "0123456789");
	lunatic_mail_send(&mail, to);
}

// One round: a child that echoes and exits, and one that traps.
static void go(void)
{
	struct lunatic_spawn linked = { .link = -3 };
	struct lunatic_writer argument;
	struct lunatic_reader mail;
	struct lunatic_proc child;
	int64_t tags[] = { -7 };

	lunatic_mail_begin(&argument, 0);
	lunatic_write_proc(&argument, lunatic_proc_self());
	if (lunatic_spawn_packed(&child, &linked, echo, &argument) != 0)
		exit(1);
	tell(child, -7);
	if (lunatic_receive_tagged(&mail, tags, 1, LUNATIC_FOREVER) != 0)
		exit(2);
	tell(child, -9);
	tags[0] = -3;
	if (lunatic_receive_tagged(&mail, tags, 1, LUNATIC_FOREVER) !=
	    LUNATIC_LINK_DIED)
		exit(3);
	tell(child, 11);
	lunatic_spawn_value(NULL, NULL, traps, 0);
}

// As fast as it can, until "stop".
static void flood(int64_t argument)
{
	struct lunatic_proc self = lunatic_proc_self();
	struct lunatic_reader mail;

	(void)argument;
	lunatic_proc_label("flood");
	for (;;) {
		tell(self, -1);
		lunatic_receive(&mail, LUNATIC_FOREVER);
	}
}

LUNATIC_MAIN(argc, argv)
{
	char line[32];

	(void)argc;
	(void)argv;
	lunatic_links_catch();
	lunatic_proc_label("first");
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strcmp(line, "flood\n") == 0)
			lunatic_spawn_value(NULL, NULL, flood, 0);
		else
			go();
		puts("done");
		fflush(stdout);
	}
	return 0;
}
EOC
grep -q lunatic_links_catch "$here/../../sdk/c/include/lunatic/process.h" ||
	bad "lunatic_links_catch"
sdk=$(dirname "$lunatic")/sdk/c
LUNATIC_SDK=$sdk "$sdk/lunatic-cc" -Wall -Wextra -Werror \
	-I "$here/../../sdk/c/include" traced.c -o traced.wasm
mkdir control
chmod 700 control
python3 -B "$here/trace.py" "$lunatic" traced.wasm "$work/control" ||
	bad "the traces"

run trace
expect 2 "nothing to trace"
says err "one process, --environment or --new" "nothing to trace"
run trace --new first
expect 2 "two things to trace"
run trace --count 0 first
expect 2 "no events"
finish
