// A chat server for telnet: rooms, names, a process for each room and two for
// each user. A crash affects one process only: try /crash, /crash room, /crash
// hall.
//
// Build: lunatic-cc rooms.c hall.c room.c user.c -o rooms.wasm
// Run:   lunatic rooms.wasm 127.0.0.1:2323
// Try:   telnet 127.0.0.1 2323
#include <stdlib.h>

#include "rooms.h"

static const struct lunatic_child children[] = {
	{ .name = "hall", .server = &hall_server },
};

// When the hall crashes, its users look for the new one.
static const struct lunatic_supervisor top = {
	.children = children,
	.count = 1,
	.restarts = 10,
	.within = 10000,
};

LUNATIC_MAIN(argc, argv)
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	struct lunatic_listener listener;
	struct lunatic_writer argument;
	struct lunatic_addr addr;
	struct lunatic_tcp stream;
	char text[LUNATIC_ADDR_TEXT_MAX];
	int status;

	status = lunatic_listen(&listener,
				argc > 1 ? argv[1] : "127.0.0.1:2323");
	if (status == 0)
		status = lunatic_listener_addr(listener, &addr);
	// Linked: when the supervisor gives up, the program ends.
	if (status == 0)
		status = lunatic_supervisor_start(NULL, &linked, &top);
	if (status != 0) {
		fprintf(stderr, "%s\n", lunatic_status_text(status));
		return EXIT_FAILURE;
	}
	lunatic_addr_text(&addr, text);
	printf("listening on %s\n", text);
	for (;;) {
		if (lunatic_accept(listener, &stream, NULL) != 0) {
			// No descriptor is free; connections wait.
			lunatic_sleep(100);
			continue;
		}
		lunatic_mail_begin(&argument, 0);
		lunatic_write_tcp(&argument, stream);
		lunatic_spawn_packed(NULL, NULL, user, &argument);
	}
}
