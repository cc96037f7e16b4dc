// Servers that drain: what is said to a connection comes back, and a process
// that has asked says "drain" to its connection when it is told.
//
//	drain.wasm asks|told|silent ADDRESS
//
// asks: each connection's process asks, and ends at the end of its connection.
// told: the same, but it ends when it is told. silent: nobody asks. When
// "crash", "ask" or "forget" is said to a connection, its process does so.
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mode { ASKS, TOLD, SILENT };

static int64_t drain;

static void ask(void)
{
	drain = lunatic_drain_tell();
}

static bool told(void)
{
	struct lunatic_reader mail;

	return drain != 0 &&
	       lunatic_receive_tagged(&mail, &drain, 1, 1) == LUNATIC_MESSAGE;
}

static bool say(struct lunatic_tcp stream, const char *text)
{
	return lunatic_tcp_write(stream, text, strlen(text), LUNATIC_FOREVER) ==
	       0;
}

static void obey(const char *word)
{
	if (strncmp(word, "crash", 5) == 0)
		__builtin_trap();
	if (strncmp(word, "ask", 3) == 0)
		ask();
	if (strncmp(word, "forget", 6) == 0 && !lunatic_drain_forget())
		__builtin_trap();
}

static void serve(struct lunatic_reader *argument)
{
	enum mode mode;
	struct lunatic_tcp stream;
	char data[64];
	size_t size;
	int status;

	lunatic_read_tuple(argument, 2);
	mode = (enum mode)lunatic_read_int(argument);
	stream = lunatic_read_tcp(argument);
	if (mode == ASKS || mode == TOLD)
		ask();
	for (;;) {
		status = lunatic_tcp_read(stream, data, sizeof(data) - 1, &size,
					  20);
		if (status == 0 && size == 0)
			return;
		if (status == 0) {
			data[size] = '\0';
			obey(data);
			say(stream, data);
		}
		if (told()) {
			say(stream, "drain\n");
			drain = 0;
			if (mode == TOLD)
				return;
		}
	}
}

static enum mode mode_of(const char *word)
{
	static const char *const words[] = { "asks", "told", "silent" };
	int mode = 0;

	while (strcmp(words[mode], word) != 0)
		mode++;
	return (enum mode)mode;
}

LUNATIC_MAIN(argc, argv)
{
	struct lunatic_listener listener;
	struct lunatic_writer argument;
	struct lunatic_addr addr;
	struct lunatic_tcp stream;
	char text[LUNATIC_ADDR_TEXT_MAX];

	if (argc < 3 || lunatic_listen(&listener, argv[2]) != 0 ||
	    lunatic_listener_addr(listener, &addr) != 0)
		return EXIT_FAILURE;
	lunatic_addr_text(&addr, text);
	printf("listening on %s\n", text);
	fflush(stdout);
	for (;;) {
		// After a drain has begun this waits until the end.
		if (lunatic_accept(listener, &stream, NULL) != 0)
			return EXIT_FAILURE;
		lunatic_mail_begin(&argument, 0);
		lunatic_write_array(&argument, 2);
		lunatic_write_int(&argument, mode_of(argv[1]));
		lunatic_write_tcp(&argument, stream);
		lunatic_spawn_packed(NULL, NULL, serve, &argument);
	}
}
