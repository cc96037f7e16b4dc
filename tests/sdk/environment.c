// Environments of one's own: what is not allowed traps, limits hold, and other
// modules can be added.
//
// stdout~ passed, 0 failed$
// stderr~ unavailable in this environment
#include <lunatic.h>
#include <stdlib.h>
#include <string.h>

#define SOON 30000
#define A_WHILE 50
#define MEGABYTE (UINT64_C(1024) * 1024)

static struct lunatic_reader mail;
static struct lunatic_writer out;

static struct lunatic_env make(uint64_t memory, uint64_t fuel,
			       const char *first, const char *second)
{
	struct lunatic_config config = lunatic_config_new(memory, fuel);
	struct lunatic_env env;

	if (first != NULL)
		lunatic_config_allow(config, first);
	if (second != NULL)
		lunatic_config_allow(config, second);
	LUNATIC_CHECK_EQ(lunatic_env_new(&env, config), 0);
	lunatic_config_drop(config);
	return env;
}

// Spawns a function there, linked, and tells what becomes of it.
static int outcome(struct lunatic_env env, void (*entry)(void))
{
	struct lunatic_spawn how = { .link = lunatic_tag_new() };
	struct lunatic_module module;

	lunatic_links_catch();
	LUNATIC_CHECK_EQ(lunatic_env_add_this(env, &module), 0);
	how.module = &module;
	LUNATIC_CHECK_EQ(lunatic_spawn(NULL, &how, entry), 0);
	lunatic_module_drop(module);
	lunatic_env_drop(env);
	return lunatic_receive_tagged(&mail, &how.link, 1, 500);
}

static void nothing(void)
{
}

// Nodes that are there: tests/cli/cluster_example.sh.
LUNATIC_TEST(no_nodes)
{
	struct lunatic_config config = lunatic_config_new(4 * MEGABYTE, 0);
	struct lunatic_env env;

	LUNATIC_CHECK_EQ(lunatic_env_new_remote(&env, "there", config),
			 LUNATIC_EHOST);
	LUNATIC_CHECK(strstr(lunatic_status_text(LUNATIC_EHOST),
			     "not a node") != NULL);
	lunatic_config_drop(config);
}

static void sleeps(void)
{
	lunatic_sleep(0);
}

static void computes(void)
{
	for (;;)
		__asm__ volatile("");
}

static void allocates(void)
{
	void *volatile room = malloc(8 * MEGABYTE);

	if (room == NULL)
		lunatic_panic();
}

LUNATIC_TEST(what_is_allowed)
{
	LUNATIC_CHECK_EQ(outcome(make(4 * MEGABYTE, 0, "", NULL), sleeps),
			 LUNATIC_ETIMEDOUT);
	LUNATIC_CHECK_EQ(outcome(make(4 * MEGABYTE, 0, "lunatic::process::",
				      "wasi_snapshot_preview1::"),
				 sleeps),
			 LUNATIC_ETIMEDOUT);
	LUNATIC_CHECK_EQ(
		outcome(make(4 * MEGABYTE, 0, "wasi_snapshot_preview1::", NULL),
			sleeps),
		LUNATIC_LINK_DIED);
}

LUNATIC_TEST(limits)
{
	LUNATIC_CHECK_EQ(outcome(make(4 * MEGABYTE, 0, "", NULL), allocates),
			 LUNATIC_LINK_DIED);
	LUNATIC_CHECK_EQ(outcome(make(64 * MEGABYTE, 0, "", NULL), allocates),
			 LUNATIC_ETIMEDOUT);
	LUNATIC_CHECK_EQ(outcome(make(4 * MEGABYTE, 5, "", NULL), computes),
			 LUNATIC_LINK_DIED);
	LUNATIC_CHECK_EQ(outcome(make(4 * MEGABYTE, 5, "", NULL), nothing),
			 LUNATIC_ETIMEDOUT);
}

// (module (func (export "divide") (param i32)
//   (drop (i32.div_u (i32.const 1) (local.get 0)))))
static const unsigned char divide[] = {
	0,  'a', 's', 'm',  1,   0,    0,   0,                        //
	1,  5,   1,   0x60, 1,   0x7f, 0,                             //
	3,  2,   1,   0,                                              //
	7,  10,  1,   6,    'd', 'i',  'v', 'i',  'd', 'e',  0,    0, //
	10, 10,  1,   8,    0,   0x41, 1,   0x20, 0,   0x6e, 0x1a, 0x0b,
};

LUNATIC_TEST(another_module)
{
	struct lunatic_env env = make(4 * MEGABYTE, 0, NULL, NULL);
	struct lunatic_spawn how = { .link = lunatic_tag_new() };
	struct lunatic_param by = LUNATIC_I32(1);
	struct lunatic_module module;

	lunatic_links_catch();
	LUNATIC_CHECK_EQ(lunatic_env_add(env, "no wasm", 7, &module),
			 LUNATIC_EHOST);
	LUNATIC_CHECK_EQ(lunatic_env_add(env, divide, sizeof(divide), &module),
			 0);
	how.module = &module;
	LUNATIC_CHECK_EQ(lunatic_spawn_export(NULL, &how, "divide", &by, 1), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, A_WHILE), LUNATIC_ETIMEDOUT);
	by = LUNATIC_I32(0);
	LUNATIC_CHECK_EQ(lunatic_spawn_export(NULL, &how, "divide", &by, 1), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_LINK_DIED);
	// Functions of this module are not in that one.
	LUNATIC_CHECK_EQ(lunatic_spawn(NULL, &how, nothing), LUNATIC_EHOST);
}

static void answers(struct lunatic_reader *argument)
{
	struct lunatic_proc parent = lunatic_read_proc(argument);

	LUNATIC_CHECK_EQ(lunatic_reader_end(argument), 0);
	lunatic_send_tag(parent, 5);
}

LUNATIC_TEST(messages_between_environments)
{
	struct lunatic_env env = make(4 * MEGABYTE, 0, "", NULL);
	struct lunatic_spawn how = { 0 };
	struct lunatic_module module;

	LUNATIC_CHECK_EQ(lunatic_env_add_this(env, &module), 0);
	how.module = &module;
	lunatic_mail_begin(&out, 0);
	lunatic_write_proc(&out, lunatic_proc_self());
	LUNATIC_CHECK_EQ(lunatic_spawn_packed(NULL, &how, answers, &out), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, SOON), LUNATIC_MESSAGE);
	LUNATIC_CHECK_EQ(lunatic_mail_tag(), 5);
}

LUNATIC_TEST(directories)
{
	struct lunatic_config config = lunatic_config_new(MEGABYTE, 0);

	LUNATIC_CHECK_EQ(lunatic_config_preopen(config, "/nobody/opened/this"),
			 LUNATIC_EHOST);
	lunatic_config_drop(config);
}
