// Makes the host keep much of one thing: more than a small limit allows. Prints
// whether that was refused, and what was kept before.
//
//   kept.wasm THING
#include "../../guest/check.h"

#include <fcntl.h>

enum { REPORT = 1, DONE };

#define MIB ((size_t)1 << 20)

/* Far more than fits into the limit, whatever one of them takes. */
#define MANY 1000000

static uint64_t boss;

/* Tells how many there are. What the host refuses ends the process, or is told
 * by refused(). */
static void kept(int64_t count)
{
	if (count % 64 == 0)
		send_number(boss, REPORT, count);
}

static void refused(void)
{
	__builtin_trap();
}

/* A module with `len` bytes of data, which `number` makes different from
 * others, and an export. */
static uint8_t *put(uint8_t *at, uint64_t number)
{
	do {
		uint8_t byte = number & 127;

		number >>= 7;
		*at++ = byte | (number > 0 ? 128 : 0);
	} while (number > 0);
	return at;
}

static size_t make_module(uint8_t *out, const char *export, uint32_t number,
			  size_t len)
{
	static const uint8_t head[] = { 0, 'a', 's', 'm',  1, 0, 0, 0,
					1, 4,   1,   0x60, 0, 0, 3, 2,
					1, 0,   5,   3,    1, 0, 17 };
	static const uint8_t code[] = { 10, 4, 1, 2, 0, 0x0b };
	uint8_t segment[16];
	uint8_t *at = out + sizeof(head);
	uint8_t *end = segment;
	size_t name = strlen(export);

	memcpy(out, head, sizeof(head));
	*at++ = 7;
	at = put(at, 1 + (size_t)(put(segment, name) - segment) + name + 2);
	*at++ = 1;
	at = put(at, name);
	memcpy(at, export, name);
	at += name;
	*at++ = 0;
	*at++ = 0;
	memcpy(at, code, sizeof(code));
	at += sizeof(code);
	*end++ = 1;
	*end++ = 0;
	*end++ = 0x41;
	*end++ = 0;
	*end++ = 0x0b;
	end = put(end, len);
	*at++ = 11;
	at = put(at, (size_t)(end - segment) + len);
	memcpy(at, segment, (size_t)(end - segment));
	at += end - segment;
	memset(at, 7, len);
	memcpy(at, &number, sizeof(number));
	return (size_t)(at - out) + len;
}

/* Of a function with a long name, which the text says. */
static void errors(void)
{
	static uint8_t bytes[61000];
	static char name[60001];
	uint8_t param[PARAM_SIZE] = { I32 };
	uint64_t first = UINT64_MAX;
	uint64_t module;
	uint64_t error;
	size_t len;

	memset(name, 'x', sizeof(name) - 1);
	len = make_module(bytes, name, 0, 4);
	CHECK(lunatic_process_add_module(lunatic_process_this_env(), bytes, len,
					 &module) == 0);
	for (int i = 0; i < 4000; i++) {
		CHECK(lunatic_process_spawn(0, module, name, sizeof(name) - 1,
					    param, sizeof(param), &error) == 1);
		if (i == 0) {
			CHECK(lunatic_error_string_size(error) > 0);
			first = error;
		}
		kept(i);
	}
	/* Also when the host cuts names. */
	for (int i = 0; i < 65536; i++)
		CHECK(lunatic_process_inherit_spawn(0, "x", 1, NULL, 0,
						    &error) == 1);
	/* The oldest ones are gone: this traps. */
	lunatic_error_string_size(first);
}

static void ids(void)
{
	uint64_t self = lunatic_process_this();

	for (int i = 0; i < 4 * MANY; i++) {
		lunatic_process_clone_process(self);
		if (i % 4096 == 0)
			kept(i);
	}
}

static void message(void)
{
	static uint8_t bytes[64 << 10];

	/* The report is a message, too: the number is that of the next. */
	for (int i = 0; i < 100; i++) {
		lunatic_message_create_data(1, 0);
		for (int j = 0; j < i * 16; j++)
			lunatic_message_write_data(bytes, sizeof(bytes));
		kept(i * 64);
	}
}

static void mailbox(void)
{
	static uint8_t bytes[64 << 10];
	uint64_t self = lunatic_process_this();
	int there = 0;

	for (int i = 0; i < 1000; i++) {
		lunatic_message_create_data(5, 0);
		lunatic_message_write_data(bytes, sizeof(bytes));
		lunatic_message_send(self);
	}
	while (receive_tag(5, A_WHILE) == DATA)
		there++;
	kept(there / 64 * 64);
	if (there < 1000)
		refused();
}

static void configurations(void)
{
	static char name[60000];

	memset(name, 'x', sizeof(name));
	for (int i = 0; i < MANY; i++) {
		uint64_t config = lunatic_process_create_config(MIB, 1);

		lunatic_process_allow_namespace(config, name, sizeof(name));
		kept(i);
	}
}

static void plugins(void)
{
	uint8_t *bytes = malloc(MIB + 100);

	for (int i = 0; i < MANY; i++) {
		uint64_t config = lunatic_process_create_config(MIB, 1);
		size_t len = make_module(bytes, "lunatic_create_module_hook",
					 (uint32_t)i, MIB);
		uint64_t id;

		if (lunatic_process_add_plugin(config, bytes, len, &id) != 0)
			refused();
		kept(i);
	}
}

static void environments(void)
{
	static char name[60000];
	uint64_t config = lunatic_process_create_config(MIB, 1);

	memset(name, 'x', sizeof(name));
	lunatic_process_allow_namespace(config, name, sizeof(name));
	for (int i = 0; i < MANY; i++) {
		uint64_t id;

		if (lunatic_process_create_environment(config, &id) != 0)
			refused();
		kept(i);
	}
}

static void modules(void)
{
	uint64_t environment = lunatic_process_this_env();
	uint8_t *bytes = malloc(MIB + 100);

	for (int i = 0; i < MANY; i++) {
		size_t len = make_module(bytes, "f", (uint32_t)i, MIB);
		uint64_t id;

		if (lunatic_process_add_module(environment, bytes, len, &id) !=
		    0)
			refused();
		kept(i);
	}
}

ENTRY(end)(void)
{
}

static void processes(void)
{
	for (int i = 0; i < MANY; i++) {
		uint64_t id;

		/* Its handle is kept; it has ended soon. */
		if (lunatic_process_inherit_spawn(0, "end", 3, NULL, 0, &id) !=
		    0)
			refused();
		kept(i);
	}
}

static void monitors(void)
{
	for (int i = 0; i < MANY; i++) {
		lunatic_process_monitor(boss);
		kept(i);
	}
}

static void names(void)
{
	static char name[4096];
	uint64_t self = lunatic_process_this();
	uint64_t environment = lunatic_process_this_env();

	memset(name, 'x', sizeof(name));
	for (int i = 0; i < MANY; i++) {
		snprintf(name, 9, "%08d", i);
		name[8] = 'x';
		if (lunatic_process_register(name, sizeof(name), "1.0.0", 5,
					     environment, self) != 0)
			refused();
		kept(i);
	}
}

static void addresses(void)
{
	for (int i = 0; i < MANY; i++) {
		uint64_t id;

		if (lunatic_networking_resolve("127.0.0.1:80", 12, 0, &id) != 0)
			refused();
		kept(i);
	}
}

static void timers(void)
{
	static uint8_t bytes[64 << 10];

	for (int i = 0; i < MANY; i++) {
		lunatic_message_create_data(5, 0);
		lunatic_message_write_data(bytes, sizeof(bytes));
		lunatic_message_send_after(boss, 3600000);
		kept(i);
	}
}

static void descriptors(void)
{
	for (int i = 0; i < MANY; i++) {
		if (open("/w", O_RDONLY | O_DIRECTORY) < 0)
			refused();
		kept(i);
	}
}

static const struct {
	const char *name;
	void (*keep)(void);
} things[] = {
	{ "errors", errors },
	{ "ids", ids },
	{ "message", message },
	{ "mailbox", mailbox },
	{ "configurations", configurations },
	{ "plugins", plugins },
	{ "environments", environments },
	{ "modules", modules },
	{ "processes", processes },
	{ "monitors", monitors },
	{ "names", names },
	{ "addresses", addresses },
	{ "timers", timers },
	{ "descriptors", descriptors },
};

#define THINGS (sizeof(things) / sizeof(things[0]))

ENTRY(keeper)(int32_t thing)
{
	CHECK_EQ(receive_any(0), DATA);
	boss = lunatic_message_take_process(0);
	things[thing].keep();
	send_number(boss, DONE, 0);
}

int main(int argc, char **argv)
{
	int64_t max = 0;
	uint64_t keeper;
	size_t thing = 0;

	CHECK(argc == 2);
	while (thing < THINGS && strcmp(things[thing].name, argv[1]) != 0)
		thing++;
	CHECK(thing < THINGS);
	lunatic_process_die_when_link_dies(0);
	keeper = spawn_with("keeper", 7, (int32_t)thing);
	send_this(keeper, REPORT);
	for (;;) {
		uint32_t what = receive_any(0);

		if (what == LINK_DIED)
			break;
		if (lunatic_message_get_tag() == DONE) {
			printf("%s: all was kept\n", argv[1]);
			return 1;
		}
		max = read_number();
	}
	printf("%s: refused after %lld\n", argv[1], (long long)max);
	return 0;
}
