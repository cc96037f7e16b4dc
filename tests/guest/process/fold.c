// Processes that wait are folded, and woken in every way: by a message, by one
// of several tags, by a timer, by a kill, by the death of a link. What they had
// on their stacks and in their memories is there again, and they go on growing.
//
// options: --workers 2 --fold-after 20ms --report
// timeout: 60
// stdout: passed
// stderr~ [1-9][0-9]+ times folded, [1-9][0-9]+ unfolded
#include "../check.h"

#include <unistd.h>

#define WORK 5
#define READY 6
#define DONE 7
#define DEATH 8
#define KINDS 6
#define PER_KIND 5
#define BLOCK ((size_t)40000)
#define LONG_ENOUGH 150 // milliseconds until it is folded

static uint8_t data[5000] = { 1, 2, 3, 4, 5 };
static uint64_t zeros[3000];
static uint8_t sevens[9000] = { [0 ... 8999] = 7 };
static uint64_t boss;

// Bytes that depend on the seed.
static void fill(uint8_t *bytes, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

static void check_filled(const uint8_t *bytes, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		CHECK_EQ(bytes[i], seed >> 24);
	}
}

// Waits as a child of this kind does, long enough to be folded.
static void wait_as(int kind)
{
	const int64_t tags[3] = { 1001, WORK, 1002 };

	switch (kind) {
	case 0:
		CHECK_EQ(receive_any(SOON), DATA);
		break;
	case 1:
		CHECK_EQ(lunatic_message_receive(tags, 3, SOON), DATA);
		CHECK_EQ(lunatic_message_get_tag(), WORK);
		break;
	case 2:
		lunatic_process_sleep_ms(LONG_ENOUGH);
		break;
	case 3: // a timer that expires, with tags that nobody sends
		CHECK_EQ(lunatic_message_receive(tags, 1, LONG_ENOUGH),
			 TIMED_OUT);
		break;
	case 4: // the standard library's
		CHECK_EQ(usleep(LONG_ENOUGH * 1000), 0);
		break;
	case 5: // below frames with much on them
		wait_as(1);
		break;
	}
}

__attribute__((noinline)) static void wait_deep(int kind, int depth)
{
	volatile uint8_t frame[300];

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 7 + (size_t)depth);
	if (depth > 0)
		wait_deep(kind, depth - 1);
	else
		wait_as(kind);
	for (size_t i = 0; i < sizeof(frame); i++)
		CHECK_EQ(frame[i], (uint8_t)(i * 7 + (size_t)depth));
}

ENTRY(child)(int32_t number)
{
	int kind = number % KINDS;
	uint32_t seed = (uint32_t)number;
	uint8_t *block;

	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	fill(data, sizeof(data), seed);
	// Zeros in the place of what the module's data has.
	for (size_t i = 0; i < sizeof(sevens); i += 3)
		sevens[i] = 0;
	for (int round = 0; round < 2; round++) {
		// Memory grows before and after it was folded.
		block = malloc(BLOCK << round);
		CHECK(block != NULL);
		fill(block, BLOCK << round, seed + 1);
		send_number(boss, READY, number);
		wait_deep(kind, kind == 5 ? 40 : 2);
		check_filled(data, sizeof(data), seed);
		check_filled(block, BLOCK << round, seed + 1);
		for (size_t i = 0; i < sizeof(zeros) / sizeof(*zeros); i++)
			CHECK_EQ(zeros[i], 0);
		for (size_t i = 0; i < sizeof(sevens); i++)
			CHECK_EQ(sevens[i], i % 3 == 0 ? 0 : 7);
		if (round == 1)
			free(block);
	}
	send_number(boss, DONE, number);
}

// Waits until it is killed, by somebody or by the death of a link.
ENTRY(victim)(int32_t dies)
{
	int64_t tag = 31;

	lunatic_process_die_when_link_dies((uint32_t)dies);
	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	fill(data, sizeof(data), 99);
	send_number(boss, READY, 0);
	for (;;)
		CHECK_EQ(lunatic_message_receive(&tag, 1, 0), LINK_DIED);
}

// Is folded, is told of a link's death, which is a message to it, and tells.
ENTRY(told)(void)
{
	uint64_t linked;

	lunatic_process_die_when_link_dies(0);
	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	linked = spawn_with("victim", 77, 1);
	send_this(linked, 1);
	CHECK_EQ(lunatic_message_receive((const int64_t[]){ READY }, 1, SOON),
		 DATA);
	fill(data, sizeof(data), 98);
	lunatic_message_create_data(READY, 0);
	lunatic_message_push_process(linked);
	lunatic_message_send(boss);
	CHECK_EQ(receive_any(SOON), LINK_DIED);
	CHECK_EQ(lunatic_message_get_tag(), 77);
	check_filled(data, sizeof(data), 98);
	send_number(boss, DONE, 0);
}

static void receive_tagged(int64_t tag, int count)
{
	while (count-- > 0)
		CHECK_EQ(lunatic_message_receive(&tag, 1, SOON), DATA);
}

static void contents(void)
{
	uint64_t children[KINDS * PER_KIND];

	for (int i = 0; i < KINDS * PER_KIND; i++) {
		children[i] = spawn_with("child", 0, i);
		send_this(children[i], 1);
	}
	for (int round = 0; round < 2; round++) {
		receive_tagged(READY, KINDS * PER_KIND);
		lunatic_process_sleep_ms(LONG_ENOUGH);
		for (int i = 0; i < KINDS * PER_KIND; i++) {
			// What it does not want leaves it folded.
			if (i % KINDS == 1 || i % KINDS == 5)
				send_number(children[i], 4, 0);
			send_number(children[i], WORK, round);
		}
	}
	receive_tagged(DONE, KINDS * PER_KIND);
}

static void deaths(void)
{
	uint64_t process;
	uint64_t linked;
	int64_t tag = READY;

	lunatic_process_die_when_link_dies(0);
	process = spawn_with("victim", DEATH, 0);
	send_this(process, 1);
	receive_tagged(READY, 1);
	lunatic_process_sleep_ms(LONG_ENOUGH);
	lunatic_process_kill(process);
	CHECK_EQ(receive_any(SOON), LINK_DIED);
	CHECK_EQ(lunatic_message_get_tag(), DEATH);

	process = spawn("told", 0);
	send_this(process, 1);
	CHECK_EQ(lunatic_message_receive(&tag, 1, SOON), DATA);
	linked = lunatic_message_take_process(0);
	lunatic_process_sleep_ms(LONG_ENOUGH);
	lunatic_process_kill(linked);
	receive_tagged(DONE, 1);
}

int main(void)
{
	contents();
	deaths();
	puts("passed");
	return 0;
}
