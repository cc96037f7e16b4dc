// Names, listeners, streams and lines, on the loopback.
//
// stdout~ passed, 0 failed$
// stderr~ has no tcp stream at index 0
// stderr~ tcp stream 77 does not exist
#include <lunatic.h>
#include <string.h>

#define SOON 30000
#define A_WHILE 50

static struct lunatic_reader mail;
static struct lunatic_writer out;

static struct lunatic_listener listen_at(const char *name, char *where)
{
	struct lunatic_listener listener;
	struct lunatic_addr addr;

	LUNATIC_CHECK_EQ(lunatic_listen(&listener, name), 0);
	LUNATIC_CHECK_EQ(lunatic_listener_addr(listener, &addr), 0);
	LUNATIC_CHECK(addr.port != 0);
	lunatic_addr_text(&addr, where);
	return listener;
}

static void pair(struct lunatic_tcp *one, struct lunatic_tcp *other)
{
	char where[LUNATIC_ADDR_TEXT_MAX];
	struct lunatic_listener listener = listen_at("127.0.0.1:0", where);
	struct lunatic_addr peer;

	LUNATIC_CHECK_EQ(lunatic_connect(one, where, SOON), 0);
	LUNATIC_CHECK_EQ(lunatic_accept(listener, other, &peer), 0);
	LUNATIC_CHECK_EQ(peer.version, 4);
	LUNATIC_CHECK(memcmp(peer.ip, "\x7f\0\0\1", 4) == 0);
	lunatic_listener_drop(listener);
}

static void write_text(struct lunatic_tcp stream, const char *text)
{
	LUNATIC_CHECK_EQ(lunatic_tcp_write(stream, text, strlen(text), SOON),
			 0);
}

LUNATIC_TEST(flushing)
{
	struct lunatic_tcp one, other;
	char got[2];
	size_t count;

	pair(&one, &other);
	write_text(one, "hi");
	LUNATIC_CHECK_EQ(lunatic_tcp_flush(one), 0);
	LUNATIC_CHECK_EQ(lunatic_tcp_read(other, got, 2, &count, SOON), 0);
	lunatic_tcp_drop(other);
	LUNATIC_CHECK_EQ(lunatic_tcp_flush(one), 0);
	lunatic_tcp_drop(one);
}

LUNATIC_TEST_FAILS(flushing_none, "tcp stream 77 does not exist")
{
	lunatic_tcp_flush((struct lunatic_tcp){ 77 });
}

LUNATIC_TEST(resolving)
{
	struct lunatic_addr addrs[4];
	char text[LUNATIC_ADDR_TEXT_MAX];
	size_t count;

	LUNATIC_CHECK_EQ(lunatic_resolve("1.2.3.4:56", addrs, 4, &count, SOON),
			 0);
	LUNATIC_CHECK_EQ(count, 1);
	lunatic_addr_text(&addrs[0], text);
	LUNATIC_CHECK(strcmp(text, "1.2.3.4:56") == 0);
	LUNATIC_CHECK_EQ(lunatic_resolve("1.2.3.4:56", addrs, 0, &count, SOON),
			 LUNATIC_ENOTFOUND);
	LUNATIC_CHECK_EQ(lunatic_resolve("nonsense", addrs, 4, &count, SOON),
			 LUNATIC_EHOST);
	LUNATIC_CHECK_EQ(count, 0);
	LUNATIC_CHECK(strlen(lunatic_status_text(LUNATIC_EHOST)) > 0);
}

LUNATIC_TEST(texts_of_addresses)
{
	static const char *const texts[] = {
		"[::1]:80",
		"[::]:1",
		"[2001:db8::8:800:200c:417a]:65535",
		"[1:2:3:4:5:6:7:8]:0",
		"[1::]:2",
		"[0:1::]:2",
		"[1:0:2:3:4:5:6:7]:2",
		"[1:0:0:2::3]:2",
		"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	};
	struct lunatic_addr addr;
	char text[LUNATIC_ADDR_TEXT_MAX];
	size_t count;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		LUNATIC_CHECK_EQ(
			lunatic_resolve(texts[i], &addr, 1, &count, SOON), 0);
		lunatic_addr_text(&addr, text);
		if (strcmp(text, texts[i]) != 0)
			LUNATIC_PANIC("%s became %s", texts[i], text);
	}
}

LUNATIC_TEST(bytes_both_ways)
{
	static char data[1000000];
	struct lunatic_tcp one;
	struct lunatic_tcp other;
	struct lunatic_tcp clone;
	char back[100];
	size_t got;

	pair(&one, &other);
	LUNATIC_CHECK_EQ(
		lunatic_tcp_read(one, back, sizeof(back), &got, A_WHILE),
		LUNATIC_ETIMEDOUT);
	LUNATIC_CHECK_EQ(lunatic_tcp_write(one, data, 0, SOON), 0);
	write_text(one, "question");
	LUNATIC_CHECK_EQ(
		lunatic_tcp_read(other, back, sizeof(back), &got, SOON), 0);
	LUNATIC_CHECK_EQ(got, 8);
	LUNATIC_CHECK(memcmp(back, "question", 8) == 0);
	// More than fits anywhere, while nobody reads.
	LUNATIC_CHECK_EQ(lunatic_tcp_write(other, data, sizeof(data),
					   A_WHILE) == LUNATIC_EHOST,
			 0);
	clone = lunatic_tcp_clone(one);
	lunatic_tcp_drop(one);
	write_text(clone, "still open");
	LUNATIC_CHECK_EQ(
		lunatic_tcp_read(other, back, sizeof(back), &got, SOON), 0);
	LUNATIC_CHECK_EQ(got, 10);
	lunatic_tcp_drop(other);
	do
		LUNATIC_CHECK(lunatic_tcp_read(clone, data, sizeof(data), &got,
					       SOON) != LUNATIC_ETIMEDOUT);
	while (got > 0);
	lunatic_tcp_drop(clone);
	lunatic_tcp_drop(LUNATIC_NO_TCP);
}

LUNATIC_TEST(refused)
{
	char where[LUNATIC_ADDR_TEXT_MAX];
	struct lunatic_listener listener = listen_at("127.0.0.1:0", where);
	struct lunatic_listener second;
	struct lunatic_tcp stream;

	LUNATIC_CHECK_EQ(lunatic_listen(&second, where), LUNATIC_EHOST);
	lunatic_listener_drop(listener);
	LUNATIC_CHECK_EQ(lunatic_connect(&stream, where, SOON), LUNATIC_EHOST);
	LUNATIC_CHECK_EQ(lunatic_connect(&stream, "nonsense", SOON),
			 LUNATIC_EHOST);
	LUNATIC_CHECK_EQ(lunatic_listen(&second, "nonsense"), LUNATIC_EHOST);
}

// A process that is given a stream.
static void doubles(struct lunatic_reader *argument)
{
	struct lunatic_tcp stream;
	struct lunatic_lines lines;
	char line[100];

	stream = lunatic_read_tcp(argument);
	LUNATIC_CHECK_EQ(lunatic_reader_end(argument), 0);
	lunatic_lines_begin(&lines, stream);
	while (lunatic_lines_next(&lines, line, sizeof(line),
				  LUNATIC_FOREVER) == 0) {
		write_text(stream, line);
		write_text(stream, line);
		write_text(stream, "\n");
	}
}

LUNATIC_TEST(streams_in_messages)
{
	struct lunatic_tcp one;
	struct lunatic_tcp other;
	struct lunatic_lines lines;
	char line[100];

	pair(&one, &other);
	lunatic_mail_begin(&out, 0);
	lunatic_write_tcp(&out, other);
	LUNATIC_CHECK_EQ(lunatic_spawn_packed(NULL, NULL, doubles, &out), 0);
	write_text(one, "ab\r\n12");
	lunatic_lines_begin(&lines, one);
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, sizeof(line), SOON),
			 0);
	LUNATIC_CHECK(strcmp(line, "abab") == 0);
	write_text(one, "34\n");
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, sizeof(line), SOON),
			 0);
	LUNATIC_CHECK(strcmp(line, "12341234") == 0);
}

LUNATIC_TEST(lines)
{
	struct lunatic_tcp one;
	struct lunatic_tcp other;
	struct lunatic_lines lines;
	char text[2000];
	char line[2000];

	pair(&one, &other);
	lunatic_lines_begin(&lines, one);
	write_text(other, "\n\r\nfirst\nsecond\r\n0123456789\n");
	memset(text, 'x', 1500);
	memcpy(text + 1500, "\nlast", 6);
	write_text(other, text);
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, 8, SOON), 0);
	LUNATIC_CHECK_EQ(strlen(line), 0);
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, 8, SOON), 0);
	LUNATIC_CHECK_EQ(strlen(line), 0);
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, 8, SOON), 0);
	LUNATIC_CHECK(strcmp(line, "first") == 0);
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, 8, SOON), 0);
	LUNATIC_CHECK(strcmp(line, "second") == 0);
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, 8, SOON),
			 LUNATIC_ETOOLONG);
	LUNATIC_CHECK(strcmp(line, "0123456") == 0);
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, 8, SOON), 0);
	LUNATIC_CHECK(strcmp(line, "789") == 0);
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, sizeof(line), SOON),
			 0);
	LUNATIC_CHECK_EQ(strlen(line), 1500);
	LUNATIC_CHECK_EQ(
		lunatic_lines_next(&lines, line, sizeof(line), A_WHILE),
		LUNATIC_ETIMEDOUT);
	LUNATIC_CHECK(strcmp(line, "last") == 0);
	write_text(other, " one");
	lunatic_tcp_drop(other);
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, sizeof(line), SOON),
			 0);
	LUNATIC_CHECK(strcmp(line, " one") == 0);
	LUNATIC_CHECK_EQ(lunatic_lines_next(&lines, line, sizeof(line), SOON),
			 LUNATIC_ENOTFOUND);
}

LUNATIC_TEST_FAILS(stream_that_is_not_there, "")
{
	lunatic_mail_begin(&out, 0);
	lunatic_write_uint(&out, 0);
	LUNATIC_CHECK_EQ(lunatic_mail_send(&out, lunatic_proc_self()), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
	lunatic_read_tcp(&mail);
}
