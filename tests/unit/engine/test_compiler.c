/* Compiling in a process of its own: what comes back, what stops it, and what
 * becomes of those who wait. This program plays the child, under its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "engine/code.h"
#include "engine/compiler.h"
#include "engine/engine_class.h"
#include "engine/host_table.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "sched/blocking.h"
#include "sched/sched.h"
#include "support/tasks.h"
#include "support/wat.h"

static char folder[] = "/tmp/lunatic-test-XXXXXX";

/* ---- The children ---- */

static void say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(9);
}

static int give(const char *code, size_t said)
{
	char line[64];

	say(LN_COMPILER_READY "\n");
	if (write(STDOUT_FILENO, code, strlen(code)) < 0)
		return 9;
	(void)snprintf(line, sizeof(line), "%s%zu\n", LN_COMPILER_DONE, said);
	say(line);
	return 0;
}

/* Looks around, and says what it has found wrong. */
static int spy(void)
{
	char line[256] = LN_COMPILER_REFUSED;
	struct stat stat;

	say(LN_COMPILER_READY "\n");
	for (char **at = environ; *at != NULL; at++) {
		if (strncmp(*at, "RAYON_NUM_THREADS=", 18) != 0 && !LN_TSAN)
			strcat(line, "a variable ");
	}
	for (int fd = 3; fd < 1024; fd++) {
		if (fstat(fd, &stat) == 0)
			strcat(line, "a descriptor ");
	}
	if (pwrite(STDIN_FILENO, "x", 1, 0) >= 0 ||
	    ftruncate(STDIN_FILENO, 0) == 0)
		strcat(line, "a module that can be changed ");
	if (getpgrp() != getpid())
		strcat(line, "another's group ");
	if (signal(SIGPIPE, SIG_DFL) != SIG_DFL)
		strcat(line, "a signal that is ignored ");
	strcat(line, "end\n");
	say(line);
	return 0;
}

/* Gives code, but another process still has hold of the file's pages. */
static int hold(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) != 0)
		return 9;
	(void)give("this is no code", 15);
	pid = fork();
	if (pid != 0) {
		(void)close(ready[1]);
		return pid < 0 || read(ready[0], &byte, 1) != 1 ? 9 : 0;
	}
	(void)setsid();
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, STDOUT_FILENO,
		 0) == MAP_FAILED ||
	    write(ready[1], "x", 1) != 1)
		return 9;
	(void)close(STDERR_FILENO);
	(void)sleep(1);
	return 0;
}

static int play(const char *name, int argc, char **argv)
{
	if (strcmp(name, "good") == 0)
		return ln_compiler_serve(argc, argv);
	if (strcmp(name, "early") == 0)
		return 3;
	if (strcmp(name, "spy") == 0)
		return spy();
	if (strcmp(name, "garbage") == 0)
		return give("this is no code", 15);
	if (strcmp(name, "short") == 0)
		return give("this is no code", 16);
	if (strcmp(name, "none") == 0)
		return give("", 0);
	if (strcmp(name, "holds") == 0)
		return hold();
	say(LN_COMPILER_READY "\n");
	if (strcmp(name, "crash") == 0) {
		/* Not a sanitizer's. */
		(void)signal(SIGSEGV, SIG_DFL);
		(void)raise(SIGSEGV);
	}
	if (strcmp(name, "killed") == 0)
		(void)raise(SIGKILL);
	if (strcmp(name, "late") == 0)
		(void)raise(SIGXCPU);
	if (strcmp(name, "memory") == 0) {
		say("thread '<unnamed>' says:\n"
		    "memory allocation of 12345 bytes failed\n");
		abort();
	}
	if (strcmp(name, "refuses") == 0)
		say(LN_COMPILER_REFUSED "it is too red\nand more\n");
	while (strcmp(name, "chatter") == 0)
		say("blah blah blah blah blah blah blah blah blah blah blah\n");
	while (strcmp(name, "hang") == 0)
		pause();
	return 4;
}

/* The path of a child's link, which is good until the next call. */
static const char *child(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int set_up(void **state)
{
	static const char *const names[] = {
		"good",    "early",   "spy",    "garbage", "short",
		"none",    "crash",   "killed", "late",    "memory",
		"refuses", "chatter", "hang",   "ends",    "holds",
	};
	char self[512];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)state;
	assert_true(len > 0);
	self[len] = '\0';
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(symlink(self, child(names[i])), 0);
	setenv("LUNATIC_CACHE", "off", 1);
	setenv("LUNATIC_TEST_SECRET", "x", 1);
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static size_t descriptors(void)
{
	DIR *open = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(open);
	/* Its symbolizer has some, and is a child, from its first report on. */
	if (LN_TSAN) {
		closedir(open);
		return 0;
	}
	while (readdir(open) != NULL)
		count++;
	closedir(open);
	return count;
}

static void assert_no_children(void)
{
	if (LN_TSAN)
		return;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* ---- One compilation ---- */

static const uint8_t empty_module[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };

static struct ln_compilation *start(const char *name, unsigned variant,
				    const struct ln_compiler_limits *limits,
				    const void *bytes, size_t len)
{
	struct ln_compilation *compilation = NULL;

	assert_int_equal(ln_compilation_start(child(name), limits, variant,
					      bytes, len, true, &compilation),
			 0);
	return compilation;
}

/* What a child makes of an empty module. */
static int ask(const char *name, const struct ln_compiler_limits *limits,
	       char **error)
{
	size_t before = descriptors();
	struct ln_compilation *compilation =
		start(name, 0, limits, empty_module, sizeof(empty_module));
	const uint8_t *code;
	size_t len;
	int result;

	assert_int_equal(ln_compilation_wait(compilation), 0);
	result = ln_compilation_end(compilation, &code, &len, error);
	ln_compilation_free(compilation);
	assert_int_equal(descriptors(), before);
	assert_no_children();
	return result;
}

static void assert_says(const char *name, int expected, const char *words)
{
	const struct ln_compiler_limits limits = { 0 };
	char *error = NULL;

	assert_int_equal(ask(name, &limits, &error), expected);
	if (words == NULL)
		assert_null(error);
	else if (error == NULL || strstr(error, words) == NULL)
		fail_msg("%s: %s", name, error != NULL ? error : "nothing");
	free(error);
}

static void how_children_end(void **state)
{
	(void)state;
	assert_says("early", LN_EUNSUP, NULL);
	assert_says("crash", LN_EFORMAT, "crashed (signal 11)");
	assert_says("killed", LN_ELIMIT, "was killed");
	assert_says("late", LN_ELIMIT, "more than 10 s of processor time");
	assert_says("memory", LN_ELIMIT, " MiB of memory");
	assert_says("refuses", LN_EFORMAT, "it is too red");
	assert_says("short", LN_EFORMAT, "gave no code");
	assert_says("none", LN_EFORMAT, "gave no code");
	assert_says("holds", 0, NULL);
	assert_says("ends", LN_EFORMAT, "ended without a result");
	assert_says("chatter", LN_EFORMAT, "without a result");
	assert_says("spy", LN_EFORMAT, "end");
}

static void spy_finds_nothing(void **state)
{
	const struct ln_compiler_limits limits = { 0 };
	char *error;
	/* What a program that was started with more would pass on. */
	int leak = dup(STDIN_FILENO);

	(void)state;
	/* Without close_range the real child closes them itself. */
	if (!__GLIBC_PREREQ(2, 34))
		return;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(ask("spy", &limits, &error), LN_EFORMAT);
	assert_string_equal(error, "end");
	free(error);
	close(leak);
}

static void time_is_up(void **state)
{
	const struct ln_compiler_limits limits = { .wall_ms = 50 };
	char *error;

	(void)state;
	assert_int_equal(ask("hang", &limits, &error), LN_ELIMIT);
	assert_non_null(strstr(error, "processor time"));
	free(error);
}

static void no_program(void **state)
{
	const struct ln_compiler_limits limits = { 0 };
	struct ln_compilation *compilation;
	size_t before = descriptors();

	(void)state;
	assert_int_equal(
		ln_compilation_start(child("nobody"), &limits, 0, empty_module,
				     sizeof(empty_module), false, &compilation),
		LN_EUNSUP);
	assert_int_equal(descriptors(), before);
}

static void limits_by_size(void **state)
{
	const struct ln_compiler_limits none = { 0 };
	const struct ln_compiler_limits given = { .memory = 1 << 30,
						  .seconds = 7 };
	struct ln_compiler_limits small = ln_compiler_limits_for(&none, 1);
	struct ln_compiler_limits large =
		ln_compiler_limits_for(&none, (size_t)8 << 20);

	(void)state;
	assert_true(small.memory >= LN_COMPILE_MEMORY_MIN);
	assert_true(large.memory >= small.memory);
	assert_int_equal(small.seconds, 10);
	assert_int_equal(large.seconds, 10 + 8 * 20);
	large = ln_compiler_limits_for(&given, SIZE_MAX / 1024);
	assert_int_equal(large.memory, 1 << 30);
	assert_int_equal(large.seconds, 7);
	large = ln_compiler_limits_for(&none, SIZE_MAX / 1024);
	assert_true(large.memory <= LN_COMPILE_MEMORY_MAX);
	assert_true(large.seconds <= LN_COMPILE_SECONDS_MAX);
}

/* ---- A real child ---- */

struct text {
	char *data;
	size_t len;
};

static void add(struct text *text, const char *piece, int times)
{
	size_t len = strlen(piece);

	text->data = realloc(text->data, text->len + len * (size_t)times + 1);
	assert_non_null(text->data);
	while (times-- > 0) {
		memcpy(text->data + text->len, piece, len + 1);
		text->len += len;
	}
}

/* Loops in each other, in which locals are set: some kilobytes that take
 * seconds and hundreds of MiB. */
static struct test_binary make_bomb(int depth)
{
	struct text text = { 0 };
	struct test_binary binary;

	add(&text, "(module (func (export \"_start\") (local", 1);
	add(&text, " i32", depth);
	add(&text, ")", 1);
	add(&text, "loop ", depth);
	for (int i = 0; i < depth; i++) {
		char piece[80];

		(void)snprintf(piece, sizeof(piece),
			       "(local.set %d (i32.add (local.get %d)"
			       " (i32.const 1)))",
			       i, i);
		add(&text, piece, 1);
	}
	add(&text, " (br_if 0 (local.get 0)) end", depth);
	add(&text, "))", 1);
	binary = test_assemble(text.data);
	free(text.data);
	return binary;
}

struct bytes {
	const uint8_t *data;
	size_t len;
};

static int compare(void *argument, const uint8_t *bytes, size_t len)
{
	const struct bytes *expected = argument;

	assert_int_equal(len, expected->len);
	assert_memory_equal(bytes, expected->data, len);
	return 0;
}

/* In all variants the child's code is what this process makes. */
static void same_code(void **state)
{
	static const char text[] =
		"(module (memory 1 2) (table 2 funcref) (elem (i32.const 0) 0)"
		"(data (i32.const 8) \"data\") (global (mut i32) (i32.const 7))"
		"(func (param i32) (result i32) (loop (br_if 0 (i32.load"
		" (local.get 0)))) (call_indirect (param i32) (result i32)"
		" (local.get 0) (i32.const 0)))"
		"(func (export \"f\") (drop (call 0 (i32.const 1)))))";
	const struct ln_compiler_limits limits = { 0 };
	struct test_binary binary = test_assemble(text);

	(void)state;
	for (unsigned variant = 0; variant < LN_VARIANTS; variant++) {
		struct ln_compilation *compilation = start(
			"good", variant, &limits, binary.data, binary.size);
		const struct ln_engine_class *class = ln_engine_default();
		struct ln_variant *made = class->variant_new(NULL, variant);
		struct ln_compiled *own;
		struct bytes child_made;
		const uint8_t *code;
		size_t len;
		char *error;

		assert_int_equal(ln_compilation_wait(compilation), 0);
		assert_int_equal(
			ln_compilation_end(compilation, &code, &len, &error),
			0);
		assert_int_equal(class->compile(made, binary.data, binary.size,
						&own, &error),
				 0);
		child_made = (struct bytes){ code, len };
		assert_int_equal(class->serialize(own, compare, &child_made),
				 0);
		class->compiled_free(own);
		class->variant_free(made);
		ln_compilation_free(compilation);
	}
	test_binary_free(&binary);
}

static void real_refusal(void **state)
{
	const struct ln_compiler_limits limits = { 0 };
	struct test_binary binary =
		test_assemble("(module (func (result i32)))");
	struct ln_compilation *compilation =
		start("good", 0, &limits, binary.data, binary.size);
	const uint8_t *code;
	size_t len;
	char *error;

	(void)state;
	assert_int_equal(ln_compilation_wait(compilation), 0);
	assert_int_equal(ln_compilation_end(compilation, &code, &len, &error),
			 LN_EFORMAT);
	assert_non_null(strstr(error, "the module is not valid: "));
	free(error);
	ln_compilation_free(compilation);
	test_binary_free(&binary);
}

/* The kernel's limits hold. */
static void real_limits(void **state)
{
	static const struct {
		struct ln_compiler_limits limits;
		const char *words;
	} cases[] = {
		{ { .seconds = 1 }, "more than 1 s of processor time" },
		{ { .memory = LN_COMPILE_MEMORY_MIN },
		  "more than 64 MiB of memory" },
	};
	struct test_binary binary = make_bomb(300);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ln_compilation *compilation;
		const uint8_t *code;
		size_t len;
		char *error;

		/* Memory cannot be bounded under them. */
		if (i > 0 && (LN_ASAN || LN_TSAN))
			continue;
		compilation = start("good", 0, &cases[i].limits, binary.data,
				    binary.size);
		assert_int_equal(ln_compilation_wait(compilation), 0);
		assert_int_equal(
			ln_compilation_end(compilation, &code, &len, &error),
			LN_ELIMIT);
		assert_non_null(error);
		assert_non_null(strstr(error, cases[i].words));
		free(error);
		ln_compilation_free(compilation);
	}
	test_binary_free(&binary);
}

/* Nobody but this program's other side gets it to compile. */
static void wrong_orders(void **state)
{
	char *const orders[][9] = {
		{ "good", LN_COMPILER_MODE, NULL },
		{ "good", LN_COMPILER_MODE, "another version", "0", "1", "1",
		  "0", "1", NULL },
		{ "good", LN_COMPILER_MODE, "", "x", "", "-1", "2", "1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			execv(child("good"), orders[i]);
			_exit(77);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 2);
	}
}

/* ---- Modules ---- */

static const struct ln_host_table no_functions;

struct world {
	struct ln_engine *engine;
	struct ln_linker *linker;
	struct ln_sched *sched;
	struct test_binary large[4]; /* of different bytes */
	struct test_binary small;
};

static struct world open_world(const char *name)
{
	const struct ln_compiling compiling = { .program = child(name) };
	struct world world;

	assert_int_equal(ln_engine_new(ln_engine_default(), &no_functions,
				       LN_PREEMPTION_SIGNAL, &world.engine),
			 0);
	assert_int_equal(ln_engine_set_compiling(world.engine, &compiling), 0);
	assert_int_equal(
		ln_linker_new(world.engine, 0, NULL, NULL, &world.linker), 0);
	world.sched = test_sched_new(2);
	for (int i = 0; i < 4; i++) {
		struct text text = { 0 };

		add(&text, "(module (func (export \"f\") ", 1);
		add(&text, "nop ", 60000 + i);
		add(&text, "))", 1);
		world.large[i] = test_assemble(text.data);
		free(text.data);
	}
	world.small = test_assemble("(module (func (export \"f\")))");
	return world;
}

static void close_world(struct world *world)
{
	for (int i = 0; i < 4; i++)
		test_binary_free(&world->large[i]);
	test_binary_free(&world->small);
	ln_sched_free(world->sched);
	ln_linker_release(world->linker);
	ln_engine_free(world->engine);
	assert_no_children();
}

struct adding {
	struct world *world;
	const struct test_binary *bytes;
	struct test_task task;
	struct ln_compiled *module;
	int result;
	char *error;
};

static void add_module(void *argument)
{
	const struct ln_compiled_limits limits = { .max_bytes = 1 << 20,
						   .background = true };
	struct adding *adding = argument;
	struct world *world = adding->world;

	adding->result = ln_compiled_new(
		world->engine, ln_sched_blocking(world->sched), 0,
		world->linker, adding->bytes->data, adding->bytes->size,
		&limits, &adding->module, &adding->error);
}

static void begin(struct world *world, struct adding *adding,
		  const struct test_binary *bytes)
{
	*adding = (struct adding){ .world = world, .bytes = bytes };
	test_task_start(world->sched, &adding->task, add_module, adding);
}

static void assert_added(struct adding *adding)
{
	test_task_wait_over(&adding->task);
	assert_int_equal(adding->result, 0);
	assert_non_null(ln_compiled_entry(adding->module, "f", 1));
	ln_compiled_release(adding->module);
}

static void assert_killed(struct adding *adding)
{
	ln_task_interrupt(&adding->task.task);
	test_task_wait_over(&adding->task);
	assert_int_equal(adding->result, LN_EKILLED);
	assert_null(adding->error);
}

/* Small modules pass large ones, of which two are compiled at a time; whoever
 * is killed lets go of his process and his turn. */
static void small_ones_pass(void **state)
{
	struct world world = open_world("hang");
	struct adding large[3];
	struct adding small;
	size_t before = descriptors();

	(void)state;
	for (int i = 0; i < 3; i++)
		begin(&world, &large[i], &world.large[i]);
	for (int i = 0; i < 3; i++) {
		begin(&world, &small, &world.small);
		assert_added(&small);
	}
	/* Those with the same bytes wait for them. */
	begin(&world, &small, &world.large[0]);
	for (int i = 0; i < 3; i++) {
		assert_false(atomic_load(&large[i].task.over));
		assert_killed(&large[i]);
	}
	assert_false(atomic_load(&small.task.over));
	assert_killed(&small);
	/* The poller and the pool keep none of theirs. */
	assert_int_equal(descriptors(), before);
	close_world(&world);
}

struct keeping {
	struct world *world;
	struct test_task task;
	_Atomic bool go_on;
};

static void keep_turn(void *argument)
{
	struct keeping *keeping = argument;

	(void)ln_code_enter_queue(keeping->world->engine, LN_CODE_READ, NULL);
	while (!atomic_load(&keeping->go_on))
		ln_task_park(&keeping->task.task);
	ln_code_leave_queue(keeping->world->engine, LN_CODE_READ, NULL);
}

/* Small ones pass large ones where they are read, too. */
static void small_ones_pass_text(void **state)
{
	struct world world = open_world("nobody");
	struct keeping keeping = { .world = &world };
	struct text text = { 0 };
	struct adding large, small;
	struct test_binary bytes;

	(void)state;
	add(&text, "(module (func (export \"f\"))", 1);
	add(&text, " ", 70000);
	add(&text, ")", 1);
	bytes = (struct test_binary){ .size = text.len,
				      .data = (uint8_t *)text.data };
	test_task_start(world.sched, &keeping.task, keep_turn, &keeping);
	test_task_wait_parked(&keeping.task);
	begin(&world, &large, &bytes);
	test_task_wait_parked(&large.task);
	begin(&world, &small, &world.small);
	assert_added(&small);
	assert_false(atomic_load(&large.task.over));
	atomic_store(&keeping.go_on, true);
	ln_task_wake(&keeping.task.task);
	assert_added(&large);
	test_task_wait_over(&keeping.task);
	free(text.data);
	close_world(&world);
}

/* Where no process can be started, or none comes to compiling, this one does
 * it. */
static void without_processes(void **state)
{
	static const char *const names[] = { "nobody", "early" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world world = open_world(names[i]);
		struct adding adding;
		struct test_binary bomb = make_bomb(300);

		begin(&world, &adding, &world.large[0]);
		assert_added(&adding);
		/* But not what nobody could stop. */
		begin(&world, &adding, &bomb);
		test_task_wait_over(&adding.task);
		assert_int_equal(adding.result, LN_ELIMIT);
		assert_non_null(strstr(adding.error, "too much work"));
		free(adding.error);
		test_binary_free(&bomb);
		close_world(&world);
	}
}

static void failures_are_told(void **state)
{
	static const struct {
		const char *name;
		int result;
		const char *words;
	} cases[] = {
		{ "crash", LN_EFORMAT, "crashed" },
		{ "memory", LN_ELIMIT, "of memory" },
		{ "refuses", LN_EFORMAT, "it is too red" },
		{ "garbage", LN_EFORMAT, "cannot be loaded" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world world = open_world(cases[i].name);
		struct adding adding;

		begin(&world, &adding, &world.large[0]);
		test_task_wait_over(&adding.task);
		assert_int_equal(adding.result, cases[i].result);
		assert_non_null(adding.error);
		assert_non_null(strstr(adding.error, cases[i].words));
		free(adding.error);
		/* Nor has that harmed those that need no process. */
		begin(&world, &adding, &world.small);
		assert_added(&adding);
		close_world(&world);
	}
}

/* In tasks and in this thread, again and again. */
static void many(void **state)
{
	struct world world = open_world("good");
	struct adding adding[4];
	size_t before = 0;

	(void)state;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 4; i++)
			begin(&world, &adding[i], &world.large[i]);
		for (int i = 0; i < 4; i++)
			assert_added(&adding[i]);
		adding[0] = (struct adding){ .world = &world,
					     .bytes = &world.large[0] };
		add_module(&adding[0]);
		assert_int_equal(adding[0].result, 0);
		ln_compiled_release(adding[0].module);
		if (round == 0)
			before = descriptors();
		assert_int_equal(descriptors(), before);
	}
	close_world(&world);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_children_end),
		cmocka_unit_test(spy_finds_nothing),
		cmocka_unit_test(time_is_up),
		cmocka_unit_test(no_program),
		cmocka_unit_test(limits_by_size),
		cmocka_unit_test(same_code),
		cmocka_unit_test(real_refusal),
		cmocka_unit_test(real_limits),
		cmocka_unit_test(wrong_orders),
		cmocka_unit_test(small_ones_pass),
		cmocka_unit_test(small_ones_pass_text),
		cmocka_unit_test(without_processes),
		cmocka_unit_test(failures_are_told),
		cmocka_unit_test(many),
	};
	const char *name = strrchr(argv[0], '/');

	if (argc > 1 && strcmp(argv[1], LN_COMPILER_MODE) == 0)
		_exit(play(name != NULL ? name + 1 : argv[0], argc, argv));
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
