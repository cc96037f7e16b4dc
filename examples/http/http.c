// An HTTP/1.1 server with a process for each connection: if one of them fails,
// for example after GET /crash, the others do not notice. It serves the files
// of a folder, and /hello, which costs next to nothing.
//
// Build: lunatic-cc *.c -o http.wasm
// Run:   lunatic --dir www http.wasm 127.0.0.1:8080 www
// Try:   curl -i http://127.0.0.1:8080/hello
//
//   http.wasm [ADDRESS [FOLDER [TIMEOUT]]]
//
// TIMEOUT, in milliseconds, applies to an idle connection, to receiving a
// request, and to sending a part of an answer.
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connection.h"
#include "files.h"

#define FOLDER_MAX 512

static void answer_hello(void)
{
	static const char hello[] = "Hello, world!\n";

	connection_answer(200, "text/plain; charset=utf-8", sizeof(hello) - 1);
	connection_end_head();
	connection_put(hello, sizeof(hello) - 1);
}

/* To the same path with a slash at its end, encoded anew. */
static void answer_moved(const char *path)
{
	static const char digits[] = "0123456789ABCDEF";
	static const char plain[] = "-._~/";
	char location[3 * HTTP_PATH_MAX + 2];
	size_t used = 0;

	/* "//host/" would be another server. */
	while (path[1] == '/')
		path++;
	for (; *path != '\0'; path++) {
		unsigned char c = (unsigned char)*path;
		bool letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
			      (c >= '0' && c <= '9');

		if (letter || strchr(plain, c) != NULL) {
			location[used++] = *path;
		} else {
			location[used++] = '%';
			location[used++] = digits[c >> 4];
			location[used++] = digits[c & 15];
		}
	}
	location[used++] = '/';
	location[used] = '\0';
	connection_answer(301, "text/plain; charset=utf-8", 0);
	connection_header("Location", location);
	connection_end_head();
}

static void answer_file(const char *folder, const char *path)
{
	struct http_file file;
	char date[30];
	int status = http_file_open(&file, folder, path);

	if (status == 301) {
		answer_moved(path);
		return;
	}
	if (status != 200) {
		connection_answer_text(status, NULL);
		return;
	}
	http_date(date, file.modified);
	connection_answer(200, file.type, file.size);
	connection_header("Last-Modified", date);
	connection_end_head();
	connection_put_file(file.descriptor, file.size);
	close(file.descriptor);
}

static void answer(const char *folder, const struct http_request *request)
{
	const char *path = request->path;

	if (request->method == HTTP_UNKNOWN)
		connection_answer_text(501, NULL);
	else if (request->method > HTTP_HEAD)
		connection_answer_text(405, NULL);
	else if (strcmp(path, "/hello") == 0)
		answer_hello();
	else if (strcmp(path, "/crash") == 0)
		__builtin_trap();
	else if (folder[0] != '\0')
		answer_file(folder, path);
	else
		connection_answer_text(404, NULL);
}

static void serve(struct lunatic_reader *argument)
{
	struct connection_rules rules = { .headers = "" };
	const struct http_request *request;
	char folder[FOLDER_MAX];
	struct lunatic_tcp stream;

	lunatic_read_array(argument);
	stream = lunatic_read_tcp(argument);
	rules.patience = lunatic_read_int(argument);
	lunatic_read_str(argument, folder, sizeof(folder));
	if (lunatic_reader_end(argument) != 0)
		return;
	connection_begin(stream, &rules);
	while ((request = connection_next()) != NULL)
		answer(folder, request);
	connection_end();
}

LUNATIC_MAIN(argc, argv)
{
	const char *folder = argc > 2 ? argv[2] : "";
	long timeout = argc > 3 ? strtol(argv[3], NULL, 10) : 10000;
	struct lunatic_listener listener;
	struct lunatic_writer argument;
	struct lunatic_addr address;
	struct lunatic_tcp stream;
	char text[LUNATIC_ADDR_TEXT_MAX];
	int status;

	if (argc > 4 || strlen(folder) >= FOLDER_MAX || timeout <= 0) {
		fputs("http.wasm [ADDRESS [FOLDER [TIMEOUT]]]\n", stderr);
		return EXIT_FAILURE;
	}
	status = lunatic_listen(&listener,
				argc > 1 ? argv[1] : "127.0.0.1:8080");
	if (status != 0 || lunatic_listener_addr(listener, &address) != 0) {
		fprintf(stderr, "%s\n", lunatic_status_text(status));
		return EXIT_FAILURE;
	}
	lunatic_addr_text(&address, text);
	printf("listening on http://%s\n", text);
	for (;;) {
		if (lunatic_accept(listener, &stream, NULL) != 0) {
			/* No descriptor is free; connections wait. */
			lunatic_sleep(100);
			continue;
		}
		lunatic_mail_begin(&argument, 0);
		lunatic_write_array(&argument, 3);
		lunatic_write_tcp(&argument, stream);
		lunatic_write_int(&argument, timeout);
		lunatic_write_str(&argument, folder);
		lunatic_spawn_packed(NULL, NULL, serve, &argument);
	}
}
