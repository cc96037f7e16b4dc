// stdout: ok
// stderr~ register
// Processes under names and versions: results, order, death, and every trap.
#include "../check.h"

#define REGISTERED 0
#define MALFORMED 1
#define NOT_FOUND 2

static uint64_t environment;

static uint32_t put(const char *name, const char *version, uint64_t process)
{
	return lunatic_process_register(name, strlen(name), version,
					strlen(version), environment, process);
}

static uint32_t forget(const char *name, const char *version)
{
	return lunatic_process_unregister(name, strlen(name), version,
					  strlen(version), environment);
}

static uint32_t find(const char *name, const char *query, uint64_t *process)
{
	return lunatic_process_lookup(name, strlen(name), query, strlen(query),
				      process);
}

static bool same(uint64_t a, uint64_t b)
{
	uint8_t ids[2][16];

	lunatic_process_id(a, ids[0]);
	lunatic_process_id(b, ids[1]);
	return memcmp(ids[0], ids[1], 16) == 0;
}

/* Whether the query finds that process. */
static bool finds(const char *name, const char *query, uint64_t process)
{
	uint64_t found = UINT64_MAX;
	bool right;

	if (find(name, query, &found) != REGISTERED)
		return false;
	right = same(found, process);
	lunatic_process_drop_process(found);
	return right;
}

static bool finds_nothing(const char *name, const char *query)
{
	uint64_t found = UINT64_MAX;

	return find(name, query, &found) == NOT_FOUND && found == UINT64_MAX;
}

ENTRY(server)(void)
{
	CHECK_EQ(receive_any(UINT32_MAX), DATA);
}

ENTRY(looks_up)(void)
{
	uint64_t found;

	CHECK_EQ(find("parent", "^1", &found), REGISTERED);
	send_number(found, 7, 42);
}

ENTRY(registers_itself)(void)
{
	environment = lunatic_process_this_env();
	CHECK_EQ(put("mortal", "1.0.0", lunatic_process_this()), REGISTERED);
	CHECK_EQ(put("mortal", "1.0.1", lunatic_process_this()), REGISTERED);
	__builtin_trap();
}

static char text[4097];

ENTRY(name_too_long)(void)
{
	lunatic_process_register(text, sizeof(text), "1.0.0", 5,
				 lunatic_process_this_env(),
				 lunatic_process_this());
}

ENTRY(name_no_utf8)(void)
{
	lunatic_process_register("\xff", 1, "1.0.0", 5,
				 lunatic_process_this_env(),
				 lunatic_process_this());
}

ENTRY(version_no_utf8)(void)
{
	lunatic_process_register("a", 1, "1.0.0-\xff", 7,
				 lunatic_process_this_env(),
				 lunatic_process_this());
}

ENTRY(no_environment)(void)
{
	lunatic_process_register("a", 1, "1.0.0", 5, 7, lunatic_process_this());
}

ENTRY(no_process)(void)
{
	lunatic_process_register("a", 1, "1.0.0", 5, lunatic_process_this_env(),
				 7);
}

ENTRY(outside)(void)
{
	lunatic_process_register((const void *)0xffffff00, 0x200, "1.0.0", 5,
				 lunatic_process_this_env(),
				 lunatic_process_this());
}

ENTRY(unregister_no_utf8)(void)
{
	lunatic_process_unregister("\x80", 1, "1.0.0", 5,
				   lunatic_process_this_env());
}

ENTRY(unregister_version_no_utf8)(void)
{
	lunatic_process_unregister("a", 1, "\x80", 1,
				   lunatic_process_this_env());
}

ENTRY(unregister_no_environment)(void)
{
	lunatic_process_unregister("a", 1, "1.0.0", 5, 7);
}

ENTRY(lookup_no_utf8)(void)
{
	uint64_t found;

	lunatic_process_lookup("\xc0\x80", 2, "*", 1, &found);
}

ENTRY(lookup_query_no_utf8)(void)
{
	uint64_t found;

	lunatic_process_lookup("a", 1, "\xed\xa0\x80", 3, &found);
}

ENTRY(lookup_outside)(void)
{
	lunatic_process_lookup("a", 1, "*", 1, (uint64_t *)0xfffffffc);
}

static void versions(void)
{
	uint64_t one = spawn("server", 0);
	uint64_t two = spawn("server", 0);
	uint64_t three = spawn("server", 0);

	CHECK(finds_nothing("db", "*"));
	CHECK_EQ(put("db", "1.10.0", two), REGISTERED);
	CHECK_EQ(put("db", "1.9.0", one), REGISTERED);
	/* Not the last one: the highest one. */
	CHECK(finds("db", "^1", two));
	CHECK(finds("db", "*", two));
	CHECK(finds("db", "~1.9", one));
	CHECK(finds("db", "=1.9.0", one));
	CHECK(finds("db", ">=1, <1.10", one));
	CHECK(finds_nothing("db", "2"));
	CHECK(finds_nothing("DB", "1"));
	CHECK_EQ(put("db", "2.0.0-rc.1", three), REGISTERED);
	CHECK(finds("db", "*", two));
	CHECK(finds("db", "^2.0.0-rc", three));
	/* Exactly that version is replaced, its build metadata included. */
	CHECK_EQ(put("db", "1.10.0", three), REGISTERED);
	CHECK(finds("db", "^1", three));
	CHECK_EQ(put("db", "1.10.0+b", two), REGISTERED);
	CHECK(finds("db", "^1", two));
	CHECK_EQ(forget("db", "1.10.0+b"), REGISTERED);
	CHECK(finds("db", "^1", three));
	CHECK_EQ(forget("db", "1.10.0"), REGISTERED);
	CHECK(finds("db", "^1", one));
	CHECK_EQ(forget("db", "1.10.0"), NOT_FOUND);
	CHECK_EQ(forget("none", "1.9.0"), NOT_FOUND);
	CHECK_EQ(forget("db", "1.9.0"), REGISTERED);
	CHECK_EQ(forget("db", "2.0.0-rc.1"), REGISTERED);
	CHECK(finds_nothing("db", "*"));
	/* A name may be empty, and any text. */
	CHECK_EQ(put("", "1.0.0", one), REGISTERED);
	CHECK_EQ(put("\xe6\x97\xa5\xe6\x9c\xac", "1.0.0", two), REGISTERED);
	CHECK(finds("", "1", one));
	CHECK(finds("\xe6\x97\xa5\xe6\x9c\xac", "1", two));
	CHECK_EQ(lunatic_process_register("a\0b", 3, "1.0.0", 5, environment,
					  three),
		 REGISTERED);
	CHECK(finds_nothing("a", "*"));
}

static void malformed(void)
{
	uint64_t self = lunatic_process_this();
	uint64_t found = UINT64_MAX;

	CHECK_EQ(put("bad", "", self), MALFORMED);
	CHECK_EQ(put("bad", "1.0", self), MALFORMED);
	CHECK_EQ(put("bad", "01.0.0", self), MALFORMED);
	CHECK_EQ(put("bad", "1.0.18446744073709551616", self), MALFORMED);
	CHECK_EQ(forget("bad", "1"), MALFORMED);
	CHECK_EQ(find("bad", "", &found), MALFORMED);
	CHECK_EQ(find("bad", "1.0.0 2", &found), MALFORMED);
	CHECK_EQ(lunatic_process_lookup("bad", 3, text, sizeof(text), &found),
		 MALFORMED);
	CHECK_EQ(found, UINT64_MAX);
	memset(text, 'a', sizeof(text));
	CHECK_EQ(lunatic_process_register(text, 4096, "1.0.0", 5, environment,
					  self),
		 REGISTERED);
	CHECK_EQ(lunatic_process_lookup(text, 4096, "1", 1, &found),
		 REGISTERED);
	CHECK_EQ(lunatic_process_lookup(text, 4097, "1", 1, &found), NOT_FOUND);
	CHECK_EQ(
		lunatic_process_unregister(text, 4097, "1.0.0", 5, environment),
		NOT_FOUND);
}

static void deaths(void)
{
	uint64_t dead = spawn("registers_itself", 5);

	/* Who is told of the death does not find the process any more. */
	expect_link_died(5);
	CHECK(finds_nothing("mortal", "*"));
	/* The dead are not found, and what they replace goes. */
	CHECK_EQ(put("mortal", "1.0.0", lunatic_process_this()), REGISTERED);
	CHECK_EQ(put("mortal", "1.0.0", dead), REGISTERED);
	CHECK(finds_nothing("mortal", "*"));
}

int main(void)
{
	static const char *const misuses[] = {
		"name_too_long",
		"name_no_utf8",
		"version_no_utf8",
		"no_environment",
		"no_process",
		"outside",
		"unregister_no_utf8",
		"unregister_version_no_utf8",
		"unregister_no_environment",
		"lookup_no_utf8",
		"lookup_query_no_utf8",
		"lookup_outside",
	};

	lunatic_process_die_when_link_dies(0);
	environment = lunatic_process_this_env();
	versions();
	malformed();
	deaths();
	CHECK_EQ(put("parent", "1.2.3", lunatic_process_this()), REGISTERED);
	spawn("looks_up", 0);
	expect_number(7, 42);
	for (size_t i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++)
		must_fail(misuses[i]);
	puts("ok");
	return 0;
}
