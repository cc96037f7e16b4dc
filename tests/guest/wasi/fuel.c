// Work of the host that grows with what a guest asks for is paid by it: each of
// these entries would end long before its fuel does if only its instructions
// and the bytes that it hands over counted.
//
// options: --max-fuel 50 --dir . --workers 2
// setup: mkdir many
// setup: for i in $(seq 300); do : >many/file-number-$i; done
// arg: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// arg: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// arg: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// arg: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// arg: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// arg: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// arg: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// arg: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// arg: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// arg: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// stdout: passed
// stderr~ trapped: all fuel consumed by WebAssembly$
// stderr~ !paths$
// stderr~ !listing$
// stderr~ !polling$
// stderr~ !random_bytes$
// stderr~ !allocating$
// stderr~ !arguments$
// stderr~ !searching$
// stderr~ !looking_up$
// stderr~ !spawning$
#include <fcntl.h>
#include <unistd.h>
#include <wasi/api.h>

#include "../check.h"

#define DIRECTORY 3

static uint8_t room[65536];

// Data that each instance begins with.
static const volatile uint8_t data[1 << 20] = { [0] = 1, [(1 << 20) - 1] = 1 };

ENTRY(nothing)(void)
{
}

ENTRY(paths)(void)
{
	__wasi_filestat_t stat;
	char path[4001];

	for (int i = 0; i < 4000; i += 2) {
		path[i] = '.';
		path[i + 1] = '/';
	}
	path[4000] = '\0';
	for (int i = 0; i < 20; i++)
		(void)__wasi_path_filestat_get(DIRECTORY, 0, path, &stat);
}

ENTRY(listing)(void)
{
	int fd = open("many", O_RDONLY | O_DIRECTORY);
	__wasi_size_t used;

	CHECK(fd >= 0);
	for (int i = 0; i < 200; i++)
		(void)__wasi_fd_readdir(fd, room, 16384, 0, &used);
}

ENTRY(polling)(void)
{
	static __wasi_subscription_t wanted[200];
	static __wasi_event_t events[200];
	__wasi_size_t count;

	for (int i = 0; i < 200; i++)
		wanted[i].u.tag = __WASI_EVENTTYPE_CLOCK;
	for (int i = 0; i < 100; i++)
		(void)__wasi_poll_oneoff(wanted, events, 200, &count);
}

ENTRY(random_bytes)(void)
{
	for (int i = 0; i < 20; i++)
		(void)__wasi_random_get(room, sizeof(room));
}

ENTRY(allocating)(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);

	CHECK(fd >= 0);
	for (int i = 0; i < 20; i++)
		(void)__wasi_fd_allocate(fd, 0, 4 << 20);
}

ENTRY(arguments)(void)
{
	__wasi_size_t count, bytes;

	for (int i = 0; i < 80000; i++)
		(void)__wasi_args_sizes_get(&count, &bytes);
}

// Behind 3,000 messages that it does not want.
ENTRY(searching)(void)
{
	static const int64_t wanted[] = { 2 };
	uint64_t self = lunatic_process_this();

	for (int i = 0; i < 3000; i++) {
		lunatic_message_create_data(1, 0);
		(void)lunatic_message_send(self);
	}
	for (int i = 0; i < 3000; i++) {
		lunatic_message_create_data(2, 0);
		(void)lunatic_message_send(self);
		(void)lunatic_message_receive(wanted, 1, 0);
	}
}

// None of so many versions matches.
ENTRY(looking_up)(void)
{
	uint64_t environment = lunatic_process_this_env();
	uint64_t self = lunatic_process_this();
	uint64_t found;
	char version[] = "1.0.000-a";

	for (int i = 100; i < 400; i++) {
		version[4] = (char)('0' + i / 100);
		version[5] = (char)('0' + i / 10 % 10);
		version[6] = (char)('0' + i % 10);
		CHECK_EQ(lunatic_process_register("n", 1, version, 9,
						  environment, self),
			 0);
	}
	for (int i = 0; i < 2000; i++)
		CHECK_EQ(lunatic_process_lookup("n", 1, "^1.0.1", 6, &found),
			 2);
}

ENTRY(spawning)(void)
{
	for (int i = 0; i < 100; i++)
		lunatic_process_drop_process(spawn("nothing", 0));
}

int main(void)
{
	CHECK_EQ(data[0], 1);
	lunatic_process_die_when_link_dies(0);
	must_fail("paths");
	must_fail("listing");
	must_fail("polling");
	must_fail("random_bytes");
	must_fail("allocating");
	must_fail("arguments");
	must_fail("searching");
	must_fail("looking_up");
	must_fail("spawning");
	puts("passed");
	return 0;
}
