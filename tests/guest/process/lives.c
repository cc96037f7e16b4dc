// Processes one after the other: each finds its memory as the first one did,
// whoever has written into it before: its code, host functions, the kernel, a
// thread of a pool, bulk operations; at all edges, and where it had grown.
//
// setup: head -c 300000 /dev/zero | tr '\0' x >long
// options: --dir .
// stdout: passed
// stderr~ trapped: .*unreachable
#include <fcntl.h>
#include <unistd.h>
#include <wasi/api.h>

#include "../check.h"
#include "../networking/common.h"
#include "../networking/net.h"

#define PAGE 4096u
#define AREA (64 * PAGE)
#define LIVES 40

static char area[AREA];
static char filled[3 * PAGE] = { 1, 2, 3, [2 * PAGE] = 7 };

static int file(void)
{
	int fd = open("long", O_RDONLY);

	CHECK(fd >= 0);
	return fd;
}

// Whether all is as at the start of the first life.
static void look(void)
{
	for (size_t i = 0; i < AREA; i++)
		CHECK(area[i] == 0);
	for (size_t i = 0; i < sizeof(filled); i++)
		CHECK(filled[i] == (i < 3           ? (char)(i + 1)
				    : i == 2 * PAGE ? 7
						    : 0));
}

static bool is(const char *at, size_t len, char what)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i] != what)
			return false;
	}
	return true;
}

// Pieces that begin and end in pages of their own.
static void read_pieces(char *at)
{
	__wasi_iovec_t pieces[] = {
		{ (uint8_t *)at, 5 },
		{ (uint8_t *)at + 3 * PAGE, PAGE + 1 },
		{ (uint8_t *)at + 9 * PAGE - 1, 2 },
	};
	int fd = file();
	size_t n;

	CHECK_EQ(__wasi_fd_pread(fd, pieces, 3, 100, &n), 0);
	CHECK_EQ(n, PAGE + 8);
	CHECK(is(at, 5, 'x') && is(at + 3 * PAGE, PAGE + 1, 'x') &&
	      is(at + 9 * PAGE - 1, 2, 'x'));
	close(fd);
}

// More than is read without a thread of a pool.
static void read_long(char *at)
{
	int fd = file();
	__wasi_iovec_t piece = { (uint8_t *)at, 40 * PAGE };
	size_t n;

	CHECK_EQ(__wasi_fd_read(fd, &piece, 1, &n), 0);
	CHECK_EQ(n, 40 * PAGE);
	CHECK(is(at, 40 * PAGE, 'x'));
	close(fd);
}

static void list_folder(char *at)
{
	size_t n;

	CHECK_EQ(__wasi_fd_readdir(3, (uint8_t *)at, 300, 0, &n), 0);
	CHECK(n > 24);
}

static void ask_host(char *at)
{
	__wasi_timestamp_t time;

	CHECK_EQ(__wasi_clock_time_get(1, 1, (__wasi_timestamp_t *)(void *)at),
		 0);
	memcpy(&time, at, sizeof(time));
	CHECK(time != 0);
	CHECK_EQ(__wasi_random_get((uint8_t *)at + 2 * PAGE - 20, 40), 0);
	CHECK(!is(at + 2 * PAGE - 20, 40, 0));
}

// Both ends of a connection.
static void receive(char *at)
{
	uint16_t port;
	uint64_t listener = listen_at(&port);
	uint64_t stream = connect_to(port);
	uint64_t other, peer, n;

	CHECK_EQ(lunatic_networking_tcp_accept(listener, &other, &peer), 0);
	CHECK_EQ(write_soon(other, "hello", 5, &n), 0);
	CHECK_EQ(read_soon(stream, at + PAGE - 2, 5, &n), 0);
	CHECK(n == 5 && memcmp(at + PAGE - 2, "hello", 5) == 0);
}

static void take_message(char *at)
{
	lunatic_message_create_data(0, 5);
	lunatic_message_write_data("abcde", 5);
	lunatic_message_send(lunatic_process_this());
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_read_data(at + 7 * PAGE - 2, 5), 5);
	CHECK(memcmp(at + 7 * PAGE - 2, "abcde", 5) == 0);
}

static void grow(void)
{
	size_t pages = __builtin_wasm_memory_grow(0, 2);
	char *at = (char *)(pages * 65536);

	CHECK(pages != SIZE_MAX);
	CHECK(is(at, 2 * 65536, 0));
	memset(at, 1, 2 * 65536);
	// The last page of before, and the first new one, by the kernel.
	CHECK_EQ(__wasi_random_get((uint8_t *)at - 20, 40), 0);
}

ENTRY(life)(int32_t number)
{
	char *at = area + (uint32_t)number % 8 * PAGE;
	uint64_t boss;

	look();
	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	switch (number % 10) {
	case 0:
		at[0] = at[PAGE - 1] = at[2 * PAGE] = 1;
		filled[0] = filled[2 * PAGE] = 99;
		break;
	case 1:
		read_pieces(at);
		break;
	case 2:
		read_long(at);
		break;
	case 3:
		list_folder(at);
		break;
	case 4:
		ask_host(at);
		break;
	case 5:
		receive(at);
		break;
	case 6:
		take_message(at);
		break;
	case 7:
		grow();
		break;
	case 8:
		memcpy(area, area + 1, AREA - 1);
		memset(area + 100, 5, AREA - 200);
		memcpy(filled, area, sizeof(filled));
		break;
	default:
		memset(area, 1, AREA);
		__builtin_trap();
	}
	send_number(boss, 7, number);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < LIVES; i++) {
		uint64_t process = spawn_with("life", i + 1, i);

		send_this(process, 1);
		if (i % 10 == 9)
			expect_link_died(i + 1);
		else
			expect_number(7, i);
		lunatic_process_drop_process(process);
	}
	puts("passed");
	return 0;
}
