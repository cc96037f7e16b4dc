/*
 * TLS for tests/net/tls.sh, through the host functions of lunatic 0.13. As a
 * server it says where it listens, and answers each connection with what it
 * sends; as a client it sends a line, and says what comes back, or the error.
 *
 *   tls serve CERTIFICATE KEY
 *   tls get HOST PORT TIMEOUT [AUTHORITY]
 */
#include <lunatic/abi_0_13.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct piece {
	const void *data;
	uint32_t len;
};

static char page[16384];

static void give_up(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(EXIT_FAILURE);
}

static struct piece read_file(const char *name)
{
	static const uint32_t max = 65536;
	FILE *file = fopen(name, "r");
	char *data = malloc(max);

	if (file == NULL || data == NULL)
		give_up(name);
	return (struct piece){ data, (uint32_t)fread(data, 1, max, file) };
}

static void say(const char *what, uint64_t error)
{
	static char text[1000];

	if (lunatic_error_string_size(error) >= sizeof(text))
		give_up("a long error");
	lunatic_error_to_string(error, text);
	printf("%s: %s\n", what, text);
	lunatic_error_drop(error);
}

static uint32_t write_all(uint64_t stream, const char *data, uint64_t len,
			  uint64_t *count)
{
	uint32_t result = 0;

	for (uint64_t at = 0; result == 0 && at < len; at += *count) {
		struct piece piece = { data + at, (uint32_t)(len - at) };

		result = lunatic_networking_tls_write_vectored(stream, &piece,
							       1, count);
	}
	return result;
}

/* A connection, which comes in a message. */
__attribute__((export_name("serve"))) void serve(void)
{
	uint64_t stream;
	uint64_t count = 0;
	uint32_t result;

	lunatic_message_receive(NULL, 0, UINT64_MAX);
	stream = lunatic_message_take_tls_stream(0);
	while ((result = lunatic_networking_tls_read(stream, page, sizeof(page),
						     &count)) == 0 &&
	       count > 0)
		if (write_all(stream, page, count, &count) != 0)
			break;
	if (result != 0)
		say("server", count);
}

static void accept_all(const char *certificate, const char *key)
{
	uint8_t loopback[4] = { 127, 0, 0, 1 };
	struct piece pem = read_file(certificate);
	struct piece secret = read_file(key);
	uint64_t listener, iterator, stream, process;
	uint32_t version, flow, scope;
	uint8_t ip[16];
	uint16_t port;

	if (lunatic_networking_tls_bind(4, loopback, 0, 0, 0, &listener,
					pem.data, pem.len, secret.data,
					secret.len) != 0) {
		say("bind", listener);
		exit(EXIT_FAILURE);
	}
	lunatic_networking_tls_local_addr(listener, &iterator);
	lunatic_networking_resolve_next(iterator, &version, ip, &port, &flow,
					&scope);
	printf("listening on 127.0.0.1:%u\n", port);
	fflush(stdout);
	for (;;) {
		if (lunatic_networking_tls_accept(listener, &stream,
						  &iterator) != 0)
			give_up("accept");
		lunatic_networking_drop_dns_iterator(iterator);
		lunatic_process_spawn(0, UINT64_MAX, UINT64_MAX, "serve", 5,
				      NULL, 0, &process);
		lunatic_message_create_data(1, 0);
		lunatic_message_push_tls_stream(stream);
		lunatic_message_send(process);
	}
}

static void get(int count, char **arguments)
{
	struct piece authority = { NULL, 0 };
	uint64_t stream, n = 0;
	uint32_t result;

	if (count > 3)
		authority = read_file(arguments[3]);
	result = lunatic_networking_tls_connect(
		arguments[0], (uint32_t)strlen(arguments[0]),
		(uint32_t)atoi(arguments[1]),
		(uint64_t)strtoll(arguments[2], NULL, 10), &stream, &authority,
		count > 3);
	if (result == 9027) {
		puts("connect: timeout");
		return;
	}
	if (result != 0) {
		say("connect", stream);
		return;
	}
	if (write_all(stream, "hello\n", 6, &n) != 0)
		say("write", n);
	while ((result = lunatic_networking_tls_read(stream, page, sizeof(page),
						     &n)) == 0 &&
	       n > 0)
		fwrite(page, 1, n, stdout);
	if (result != 0)
		say("read", n);
	else
		puts("end");
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		accept_all(argv[2], argv[3]);
	else if (argc >= 5 && strcmp(argv[1], "get") == 0)
		get(argc - 2, argv + 2);
	else
		give_up("usage");
	return 0;
}
