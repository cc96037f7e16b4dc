// How late a process wakes that sleeps 10 ms at a time, beside attackers:
//
//   neighbours SECONDS COUNT ATTACK
//
// spawns COUNT processes that run ATTACK, and prints after SECONDS how late the
// sleeper was at most and on average, in microseconds.
#include "../../guest/check.h"
#include "../../guest/component/texts.h"

#include <time.h>

#define MIB ((size_t)1 << 20)
#define PAGE ((size_t)64 << 10)
#define SLEEP_MS 10
#define DATA_SIZE (100 * MIB)

enum { ASK = 7, ANSWER };

struct lateness {
	uint64_t worst;
	uint64_t sum;
	uint64_t count;
};

__attribute__((import_module("wasi_snapshot_preview1"),
	       import_name("random_get"))) uint32_t
get_random(void *buffer, size_t len);

static volatile uint32_t sink;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Spawns one that nobody waits for; false: a limit is reached. */
static bool try_spawn(const char *entry, int64_t link)
{
	uint64_t process;

	if (lunatic_process_inherit_spawn(link, entry, strlen(entry), NULL, 0,
					  &process) != 0) {
		lunatic_error_drop(process);
		return false;
	}
	lunatic_process_drop_process(process);
	return true;
}

ENTRY(sleeper)(void)
{
	struct lateness late = { 0 };
	uint64_t boss;

	CHECK_EQ(receive_any(0), DATA);
	boss = lunatic_message_take_process(0);
	for (;;) {
		uint64_t due = now() + SLEEP_MS * 1000000;
		uint64_t woken;

		lunatic_process_sleep_ms(SLEEP_MS);
		woken = now();
		woken = woken > due ? woken - due : 0;
		late.worst = woken > late.worst ? woken : late.worst;
		late.sum += woken;
		late.count++;
		if (receive_tag(ASK, 1) != DATA)
			continue;
		lunatic_message_create_data(ANSWER, sizeof(late));
		lunatic_message_write_data(&late, sizeof(late));
		lunatic_message_send(boss);
		late = (struct lateness){ 0 };
	}
}

/* The attacks. Those that end are no worse for having ended. */

ENTRY(none)(void)
{
}

ENTRY(loop)(void)
{
	for (;;)
		sink++;
}

ENTRY(idle)(void)
{
	receive_any(0);
}

/* Looks for a tag behind millions of messages. */
ENTRY(flooded)(void)
{
	lunatic_process_sleep_ms(1500);
	receive_tag(ASK, 1);
}

ENTRY(flood)(void)
{
	uint64_t process = spawn("flooded", 0);

	for (int i = 0; i < 4100000; i++) {
		lunatic_message_create_data(1, 0);
		lunatic_message_send(process);
	}
	receive_any(0);
}

/* Takes memory up to `size` and touches all of it; false: there is not so
 * much. */
static bool take_memory(size_t size)
{
	size_t at = __builtin_wasm_memory_size(0) * PAGE;

	if (__builtin_wasm_memory_grow(0, (size - at) / PAGE) == SIZE_MAX)
		return false;
	for (; at < size; at += 4096)
		*(volatile uint32_t *)at = 1;
	return true;
}

/* A memory that outgrows its slot is moved. */
ENTRY(grow)(void)
{
	if (!take_memory(1024 * MIB))
		return;
	lunatic_process_sleep_ms(500);
	__builtin_wasm_memory_grow(0, 1);
}

ENTRY(touch)(void)
{
	take_memory(1024 * MIB);
}

ENTRY(touch_and_end)(void)
{
	for (;;) {
		try_spawn("touch", 0);
		lunatic_process_sleep_ms(800);
	}
}

/* A large table of links is told of a death. */
ENTRY(links)(void)
{
	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < 100000 && try_spawn("idle", 5); i++)
		;
	__builtin_trap();
}

ENTRY(spawn_often)(void)
{
	for (;;)
		try_spawn("none", 0);
}

ENTRY(fork_bomb)(void)
{
	try_spawn("fork_bomb", 0);
	try_spawn("fork_bomb", 0);
	lunatic_process_sleep_ms(1000);
}

ENTRY(echo)(void)
{
	uint64_t process;

	receive_any(0);
	process = lunatic_message_take_process(0);
	for (;;) {
		send_number(process, 1, 0);
		receive_any(0);
	}
}

ENTRY(talk)(void)
{
	uint64_t process = spawn("echo", 0);

	send_this(process, 1);
	for (;;) {
		receive_any(0);
		send_number(process, 1, 0);
	}
}

ENTRY(ends_with_mail)(void)
{
	lunatic_process_sleep_ms(2000);
}

/* Millions of ids in messages that are thrown away at once. */
ENTRY(resources)(void)
{
	uint64_t process = spawn("ends_with_mail", 0);
	uint64_t self = lunatic_process_this();

	for (int i = 0; i < 60; i++) {
		lunatic_message_create_data(1, 0);
		for (int j = 0; j < 65536; j++)
			lunatic_message_push_process(
				lunatic_process_clone_process(self));
		lunatic_message_send(process);
	}
	receive_any(0);
}

ENTRY(large_message)(void)
{
	size_t size = 200 * MIB;
	char *bytes = malloc(size);

	CHECK(bytes != NULL);
	memset(bytes, 1, size);
	for (;;) {
		lunatic_message_create_data(1, size);
		lunatic_message_write_data(bytes, size);
	}
}

ENTRY(random_bytes)(void)
{
	size_t size = 512 * MIB;
	char *bytes = malloc(size);

	CHECK(bytes != NULL);
	for (;;)
		get_random(bytes, size);
}

ENTRY(copy)(void)
{
	size_t size = 512 * MIB;
	char *bytes = malloc(size);

	CHECK(bytes != NULL);
	for (;;) {
		memmove(bytes + 1, bytes, size - 1);
		__asm__ volatile("" ::: "memory");
	}
}

ENTRY(handles)(void)
{
	uint64_t self = lunatic_process_this();

	for (int i = 0; i < 4000000; i++)
		lunatic_process_clone_process(self);
}

ENTRY(resolve)(void)
{
	for (unsigned i = 0;; i++) {
		char name[64];
		uint64_t id;
		int len = snprintf(name, sizeof(name), "h%u-%llu.invalid:80", i,
				   (unsigned long long)now());

		if (lunatic_networking_resolve(name, (size_t)len, 50, &id) == 1)
			lunatic_error_drop(id);
	}
}

static void enter(const char *name, const char *version)
{
	lunatic_process_register(name, strlen(name), version, strlen(version),
				 lunatic_process_this_env(),
				 lunatic_process_this());
}

ENTRY(versions)(void)
{
	for (unsigned i = 0;; i++) {
		char version[32];

		snprintf(version, sizeof(version), "1.0.%u", i % 4000);
		enter("same", version);
	}
}

/* Requirements that thousands of versions do not meet. */
ENTRY(look_up)(void)
{
	uint64_t id;

	for (unsigned i = 0; i < 65000; i++) {
		char name[32];
		char version[32];

		snprintf(name, sizeof(name), "n%u", i % 17);
		snprintf(version, sizeof(version), "1.%u.0", i / 17);
		enter(name, version);
	}
	for (;;) {
		if (lunatic_process_lookup("n1", 2, "<0.5", 4, &id) == 0)
			lunatic_process_drop_process(id);
	}
}

static uint8_t *put_number(uint8_t *at, size_t number)
{
	do {
		*at++ = (uint8_t)((number & 127) | (number > 127 ? 128 : 0));
		number >>= 7;
	} while (number > 0);
	return at;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

/* What a module does with its data segment. */
enum use {
	ACTIVE, /* it is copied at the spawn */
	START, /* the same, and there is a start function, which does nothing */
	INIT,  /* its function copies it again and again */
};

/* A section whose contents end where the next one is to be written. */
static uint8_t *put_section(uint8_t *at, uint8_t number,
			    const uint8_t *contents, const uint8_t *end)
{
	*at++ = number;
	at = put_number(at, (size_t)(end - contents));
	return put_bytes(at, contents, (size_t)(end - contents));
}

/* The body of the module's function, with its size. */
static uint8_t *put_body(uint8_t *at, size_t size, enum use use)
{
	static const uint8_t nothing[] = { 2, 0, 0x0b };
	static const uint8_t begin[] = { 0, 3, 0x40, 0x41, 0, 0x41, 0, 0x41 };
	static const uint8_t end[] = { 0xfc, 8, 0, 0, 0x0c, 0, 0x0b, 0x0b };
	uint8_t body[32];
	uint8_t *last;

	if (use != INIT)
		return put_bytes(at, nothing, sizeof(nothing));
	last = put_bytes(body, begin, sizeof(begin));
	last = put_number(last, size);
	/* The last byte of a signed number has no sign in its highest bit. */
	if (last[-1] & 0x40) {
		last[-1] |= 0x80;
		*last++ = 0;
	}
	last = put_bytes(last, end, sizeof(end));
	at = put_number(at, (size_t)(last - body));
	return put_bytes(at, body, (size_t)(last - body));
}

/* A module with one data segment of `size` bytes, below 256 MiB, and a function
 * `f`. */
static size_t make_module(uint8_t *out, size_t size, enum use use)
{
	static const uint8_t head[] = { 0, 'a', 's',  'm', 1, 0, 0, 0, 1,
					4, 1,   0x60, 0,   0, 3, 2, 1, 0 };
	static const uint8_t exported[] = { 1, 1, 'f', 0, 0 };
	static const uint8_t active[] = { 1, 0, 0x41, 0, 0x0b };
	static const uint8_t passive[] = { 1, 1 };
	static const uint8_t zero = 0;
	static const uint8_t one = 1;
	uint8_t contents[64];
	uint8_t *end;
	uint8_t *at = put_bytes(out, head, sizeof(head));

	/* One memory, without a maximum. */
	end = put_number(put_bytes(contents, (uint8_t[]){ 1, 0 }, 2),
			 size / PAGE + 1);
	at = put_section(at, 5, contents, end);
	at = put_section(at, 7, exported, exported + sizeof(exported));
	if (use == START)
		at = put_section(at, 8, &zero, &zero + 1);
	at = put_section(at, 12, &one, &one + 1);
	contents[0] = 1;
	at = put_section(at, 10, contents, put_body(contents + 1, size, use));
	if (use == INIT)
		end = put_bytes(contents, passive, sizeof(passive));
	else
		end = put_bytes(contents, active, sizeof(active));
	end = put_number(end, size);
	*at++ = 11;
	at = put_number(at, (size_t)(end - contents) + size);
	at = put_bytes(at, contents, (size_t)(end - contents));
	memset(at, 7, size);
	return (size_t)(at + size - out);
}

static void spawn_data(enum use use)
{
	uint8_t *bytes = malloc(DATA_SIZE + 4096);
	uint64_t module;
	uint64_t id;

	CHECK(bytes != NULL);
	CHECK_EQ(lunatic_process_add_module(lunatic_process_this_env(), bytes,
					    make_module(bytes, DATA_SIZE, use),
					    &module),
		 0);
	for (int i = 0; use != INIT || i < 2; i++) {
		if (lunatic_process_spawn(0, module, "f", 1, NULL, 0, &id) == 0)
			lunatic_process_drop_process(id);
		else
			lunatic_error_drop(id);
		lunatic_process_sleep_ms(50);
	}
	lunatic_process_sleep_ms(60000);
}

ENTRY(data)(void)
{
	spawn_data(ACTIVE);
}

ENTRY(start_data)(void)
{
	spawn_data(START);
}

ENTRY(init_data)(void)
{
	spawn_data(INIT);
}

/* One component passes another one texts of 256 MiB, again and again, which
 * the host transcodes. */
static void spawn_texts(const char *from, const char *to, uint32_t unit)
{
	struct texts texts = { .from = from,
			       .to = to,
			       .pattern = (const uint8_t *)"a",
			       .size = unit,
			       .count = (uint32_t)(256 * MIB) / unit,
			       .unit = unit,
			       .step = 1,
			       .poke_at = -1,
			       .forever = true };
	const char *text = texts_component(&texts);
	uint64_t module;
	uint64_t id;

	CHECK_EQ(lunatic_process_add_module(lunatic_process_this_env(), text,
					    strlen(text), &module),
		 0);
	CHECK_EQ(lunatic_process_spawn(0, module, "_start", 6, NULL, 0, &id),
		 0);
	lunatic_process_sleep_ms(60000);
}

ENTRY(texts_copied)(void)
{
	spawn_texts("utf8", "utf8", 1);
}

ENTRY(texts_widened)(void)
{
	spawn_texts("utf8", "utf16", 1);
}

ENTRY(texts_narrowed)(void)
{
	spawn_texts("utf16", "latin1+utf16", 2);
}

/* What the sleeper has seen since it was last asked. */
static struct lateness ask(uint64_t sleeper)
{
	struct lateness late;

	send_number(sleeper, ASK, 0);
	CHECK_EQ(receive_tag(ANSWER, 20000), DATA);
	CHECK_EQ(lunatic_message_read_data(&late, sizeof(late)), sizeof(late));
	return late;
}

int main(int argc, char **argv)
{
	uint64_t sleeper = spawn("sleeper", 0);
	struct lateness late;

	CHECK_EQ(argc, 4);
	send_this(sleeper, ASK);
	lunatic_process_sleep_ms(300);
	ask(sleeper);
	for (int i = atoi(argv[2]); i > 0; i--)
		CHECK(try_spawn(argv[3], 0));
	lunatic_process_sleep_ms((uint64_t)atoi(argv[1]) * 1000);
	late = ask(sleeper);
	printf("%llu %llu\n", (unsigned long long)late.worst / 1000,
	       (unsigned long long)(late.sum / late.count / 1000));
	return 0;
}
