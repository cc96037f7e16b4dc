// The descriptor of the mailbox: it can be read when something has come, beside
// other descriptors and times, and takes nothing out.
//
// stdout: passed
// stderr~ trapped: wasm `unreachable` instruction executed
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"

static int mail;

static int poll_for(int timeout)
{
	struct pollfd one = { .fd = mail, .events = POLLIN };
	int result = poll(&one, 1, timeout);

	CHECK(result == 0 || (result == 1 && one.revents == POLLIN));
	return result;
}

// There is news, which is then none any more.
static void expect_news(int timeout)
{
	char byte = 0;

	CHECK_EQ(poll_for(timeout), 1);
	CHECK_EQ(read(mail, &byte, 1), 1);
	CHECK_EQ(byte, 1);
}

static void expect_no_news(void)
{
	char byte;

	CHECK_EQ(poll_for(A_WHILE), 0);
	CHECK(read(mail, &byte, 1) == -1 && errno == EAGAIN);
}

// Sends in a while: a number, from the process that made this one.
ENTRY(late)(void)
{
	uint64_t to;

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	lunatic_process_sleep_ms(A_WHILE);
	send_number(to, lunatic_message_get_tag(), 10);
}

static void send_late(int64_t tag)
{
	send_this(spawn("late", 0), tag);
}

static void is_a_descriptor(void)
{
	char byte = 0;
	struct stat stat;

	CHECK(mail >= 3);
	CHECK(fcntl(mail, F_GETFL) & O_NONBLOCK);
	CHECK_EQ(fstat(mail, &stat), 0);
	CHECK_EQ(stat.st_size, 0);
	CHECK(write(mail, &byte, 1) == -1);
	CHECK(lseek(mail, 0, SEEK_SET) == -1 && errno == ESPIPE);
	CHECK_EQ(read(mail, &byte, 0), 0);
	expect_no_news();
}

static void tells_of_messages(uint64_t self)
{
	char bytes[3] = { 0, 7, 7 };

	send_number(self, 5, 50);
	expect_news(0);
	expect_no_news();
	expect_number(5, 50);
	// All that came meanwhile is one piece of news, also if it is gone.
	send_number(self, 5, 51);
	send_number(self, 5, 52);
	expect_number(5, 51);
	expect_number(5, 52);
	CHECK_EQ(read(mail, bytes, 3), 1);
	CHECK(bytes[0] == 1 && bytes[1] == 7);
	expect_no_news();
	send_late(6);
	expect_news(SOON);
	expect_number(6, 10);
}

// What nobody wants stays, and does not wake again; what comes while the
// descriptor is waited for comes after it.
static void keeps_the_order(uint64_t self)
{
	send_number(self, 1, 100);
	send_number(self, 2, 200);
	expect_news(0);
	CHECK_EQ(receive_tag(8, 1), TIMED_OUT);
	expect_no_news();
	send_late(3);
	expect_news(SOON);
	CHECK_EQ(receive_tag(8, 1), TIMED_OUT);
	// Likewise, with some that no search has seen.
	send_number(self, 4, 400);
	expect_news(0);
	send_late(5);
	expect_news(SOON);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), 1);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), 2);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), 3);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), 4);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), 5);
	expect_nothing();
}

// A descriptor that is waited for and has nothing, beside one that has.
static void beside_others(uint64_t self)
{
	struct pollfd both[2] = { { .fd = mail, .events = POLLIN },
				  { .fd = STDOUT_FILENO, .events = POLLOUT } };
	struct pollfd twice[2] = { { .fd = mail, .events = POLLIN },
				   { .fd = mail, .events = POLLIN } };
	struct pollfd wrong = { .fd = mail, .events = POLLOUT };
	int other = lunatic_message_mailbox_fd();

	CHECK_EQ(poll(both, 2, SOON), 1);
	CHECK_EQ(both[0].revents, 0);
	// The wait is over: a message waits for who receives it.
	send_number(self, 9, 90);
	expect_number(9, 90);
	expect_news(0);
	CHECK(other > mail);
	twice[1].fd = other;
	send_late(9);
	CHECK_EQ(poll(twice, 2, SOON), 2);
	expect_news(0);
	// They are told together.
	CHECK_EQ(poll(twice, 2, 0), 0);
	expect_number(9, 10);
	CHECK_EQ(close(other), 0);
	CHECK(poll(&wrong, 1, 0) != 0 && (wrong.revents & POLLOUT) == 0);
}

// A read that waits, when the descriptor is made so.
static void blocks(void)
{
	char byte = 0;

	CHECK_EQ(fcntl(mail, F_SETFL, 0), 0);
	send_late(7);
	CHECK_EQ(read(mail, &byte, 1), 1);
	CHECK_EQ(byte, 1);
	expect_number(7, 10);
	CHECK_EQ(fcntl(mail, F_SETFL, O_NONBLOCK), 0);
	expect_no_news();
}

ENTRY(traps)(void)
{
	__builtin_trap();
}

ENTRY(waits)(void)
{
	mail = lunatic_message_mailbox_fd();
	poll_for(-1);
}

ENTRY(reads)(void)
{
	char byte;

	mail = lunatic_message_mailbox_fd();
	fcntl(mail, F_SETFL, 0);
	CHECK_EQ(read(mail, &byte, 1), 1);
	CHECK_EQ(read(mail, &byte, 1), 1);
}

// Signals that became messages are news as well; who waits can be killed.
static void signals(void)
{
	static const char *const names[] = { "waits", "reads" };
	uint64_t children[2];
	int64_t tags[2];

	spawn("traps", 77);
	expect_news(SOON);
	expect_link_died(77);
	for (int i = 0; i < 2; i++) {
		children[i] = spawn(names[i], 0);
		tags[i] = lunatic_process_monitor(children[i]);
	}
	lunatic_process_sleep_ms(A_WHILE);
	expect_no_news();
	for (int i = 0; i < 2; i++) {
		lunatic_process_kill(children[i]);
		expect_news(SOON);
		CHECK_EQ(receive_tag(tags[i], SOON), 2);
	}
}

ENTRY(floods)(void)
{
	uint64_t to;

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	for (int i = 0; i < 900; i++)
		send_number(to, 1 + i % 2, i);
}

// Many that come while it waits: none is lost, none out of order.
static void under_load(void)
{
	int64_t next[2] = { 0, 1 };

	send_this(spawn("floods", 0), 1);
	while (next[0] < 900 || next[1] < 901) {
		expect_news(SOON);
		// One tag alone, so that the others stay.
		for (int tag = 1; tag <= 2; tag++) {
			while (lunatic_message_try_receive(&(int64_t){ tag },
							   1) == DATA) {
				CHECK_EQ(read_number(), next[tag - 1]);
				next[tag - 1] += 2;
			}
		}
	}
	expect_nothing();
}

// As many as there may be; they cost no descriptor of the system.
static void bounds(void)
{
	int last = mail;
	int next;

	while ((next = lunatic_message_mailbox_fd()) >= 0)
		last = next;
	CHECK_EQ(next, -1);
	CHECK(last > 60000);
	for (; last > mail; last--)
		CHECK_EQ(close(last), 0);
}

int main(void)
{
	uint64_t self = lunatic_process_this();
	char byte;

	mail = lunatic_message_mailbox_fd();
	lunatic_process_die_when_link_dies(0);
	is_a_descriptor();
	tells_of_messages(self);
	keeps_the_order(self);
	beside_others(self);
	blocks();
	signals();
	under_load();
	bounds();
	CHECK_EQ(close(mail), 0);
	CHECK(read(mail, &byte, 1) == -1 && errno == EBADF);
	puts("passed");
	return 0;
}
