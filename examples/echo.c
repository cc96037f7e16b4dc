// A server that sends everything back, with a process for each connection.
//
// Build: lunatic-cc echo.c -o echo.wasm
// Run:   lunatic echo.wasm 127.0.0.1:1337
// Try:   telnet 127.0.0.1 1337
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>

// This is a process. It may block anywhere, because nobody waits for it, and
// the connection is closed when it ends.
static void echo(struct lunatic_reader *argument)
{
	struct lunatic_tcp stream = lunatic_read_tcp(argument);
	static char data[4096];
	size_t size;

	while (lunatic_tcp_read(stream, data, sizeof(data), &size,
				LUNATIC_FOREVER) == 0 &&
	       size > 0)
		if (lunatic_tcp_write(stream, data, size, LUNATIC_FOREVER) != 0)
			break;
}

LUNATIC_MAIN(argc, argv)
{
	struct lunatic_listener listener;
	struct lunatic_writer argument;
	struct lunatic_addr addr;
	struct lunatic_tcp stream;
	char text[LUNATIC_ADDR_TEXT_MAX];
	int status;

	status = lunatic_listen(&listener,
				argc > 1 ? argv[1] : "127.0.0.1:1337");
	if (status == 0)
		status = lunatic_listener_addr(listener, &addr);
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
		// The stream moves to its process with the first message.
		lunatic_mail_begin(&argument, 0);
		lunatic_write_tcp(&argument, stream);
		lunatic_spawn_packed(NULL, NULL, echo, &argument);
	}
}
