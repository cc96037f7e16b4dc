// Linked processes learn of each other's failure. By default they fail as well.
// A process that asks for messages instead is told which link failed, by the
// tag that it gave to the link. A normal end is not reported.
//
// Build: clang-19 --target=wasm32-wasi -O2 -I ../sdk/c/include links.c
//            -o links.wasm
// Run:   lunatic links.wasm
//
// stdout: link 7 failed
// stdout: nothing more within 100 ms
// stderr~ unreachable
#include <lunatic/abi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA 0
#define LINK_DIED 1

#define GOOD_TAG 6
#define BAD_TAG 7

__attribute__((export_name("good"))) void good(void)
{
}

__attribute__((export_name("bad"))) void bad(void)
{
	__builtin_trap();
}

// Links the new process before it runs: a link made later could be too late.
// Any number but 0 is a tag.
static void spawn_linked(int64_t tag, const char *entry)
{
	uint64_t process;

	if (lunatic_process_inherit_spawn(tag, entry, strlen(entry), NULL, 0,
					  &process) != 0)
		exit(EXIT_FAILURE);
}

int main(void)
{
	uint32_t kind;

	lunatic_process_die_when_link_dies(0);
	spawn_linked(GOOD_TAG, "good");
	spawn_linked(BAD_TAG, "bad");

	while ((kind = lunatic_message_receive(NULL, 0, 100)) == LINK_DIED)
		printf("link %lld failed\n",
		       (long long)lunatic_message_get_tag());
	if (kind == DATA)
		return EXIT_FAILURE;
	printf("nothing more within 100 ms\n");
	return EXIT_SUCCESS;
}
