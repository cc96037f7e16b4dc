/* How poll_oneoff waits for streams: it is woken, and does not look now and
 * then, unless there is no memory for that. The system's poll(2), with which it
 * looks, is counted, and malloc can fail (--wrap). */
#include "fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/tcp.h"

#define FIFOS 64

/* What holds watches is of about that size, and nothing else here is. */
#define BLOCK_MIN 3000
#define BLOCK_MAX 4000

static char folder[] = "/tmp/test_polling.XXXXXX";
static _Atomic int looks;
static _Atomic bool no_blocks;
static _Atomic int refused;

void *__real_malloc(size_t);
int __real_poll(struct pollfd *, nfds_t, int);
void *__wrap_malloc(size_t);
int __wrap_poll(struct pollfd *, nfds_t, int);

void *__wrap_malloc(size_t size)
{
	if (atomic_load(&no_blocks) && size > BLOCK_MIN && size < BLOCK_MAX) {
		atomic_fetch_add(&refused, 1);
		return NULL;
	}
	return __real_malloc(size);
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	atomic_fetch_add(&looks, 1);
	return __real_poll(fds, count, timeout);
}

/* Opens FIFOs "00", "01" and so on, and waits until one can be read, which must
 * be the last one. */
static const char poller[] =
	"(module"
	" (import \"wasi_snapshot_preview1\" \"path_open\" (func $open"
	"  (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"
	" (import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $poll"
	"  (param i32 i32 i32 i32) (result i32)))"
	" (memory (export \"memory\") 1)"
	" (func $wait (param $count i32) (local $i i32) (local $at i32)"
	"  (local.set $at (i32.const 4096))"
	"  (loop $next"
	"   (i32.store8 (i32.const 0) (i32.add (i32.const 48)"
	"    (i32.div_u (local.get $i) (i32.const 10))))"
	"   (i32.store8 (i32.const 1) (i32.add (i32.const 48)"
	"    (i32.rem_u (local.get $i) (i32.const 10))))"
	"   (if (call $open (i32.const 3) (i32.const 0) (i32.const 0)"
	"     (i32.const 2) (i32.const 0) (i64.const 0x8000002) (i64.const 0)"
	"     (i32.const 4) (i32.add (local.get $at) (i32.const 16)))"
	"    (then unreachable))"
	"   (i64.store (local.get $at) (i64.extend_i32_u (local.get $i)))"
	"   (i32.store8 (i32.add (local.get $at) (i32.const 8)) (i32.const 1))"
	"   (local.set $at (i32.add (local.get $at) (i32.const 48)))"
	"   (local.set $i (i32.add (local.get $i) (i32.const 1)))"
	"   (br_if $next (i32.lt_u (local.get $i) (local.get $count))))"
	"  (if (call $poll (i32.const 4096) (i32.const 32768)"
	"    (local.get $count) (i32.const 8)) (then unreachable))"
	"  (if (i32.ne (i32.load (i32.const 8)) (i32.const 1))"
	"   (then unreachable))"
	"  (if (i64.ne (i64.load (i32.const 32768)) (i64.extend_i32_u"
	"    (i32.sub (local.get $count) (i32.const 1))))"
	"   (then unreachable)))"
	" (func (export \"wait9\") (call $wait (i32.const 9)))"
	" (func (export \"wait64\") (call $wait (i32.const 64))))";

struct waiting {
	struct fixture *fixture;
	lunatic_rt_environment *environment;
	lunatic_rt_module *module;
};

static void begin(struct waiting *waiting, struct fixture *fixture)
{
	const lunatic_rt_preopen directory = { .host = folder, .guest = "/" };
	lunatic_rt_environment_config config;

	assert_int_equal(
		lunatic_rt_environment_config_init(&config, sizeof(config)), 0);
	config.preopens = &directory;
	config.preopen_count = 1;
	assert_int_equal(lunatic_rt_environment_new(fixture->runtime, &config,
						    &waiting->environment),
			 0);
	waiting->fixture = fixture;
	waiting->module = compile(waiting->environment, poller);
	let_guests_trap();
}

static void end(struct waiting *waiting)
{
	lunatic_rt_module_release(waiting->module);
	lunatic_rt_environment_release(waiting->environment);
}

static lunatic_rt_process *start_waiting(struct waiting *waiting,
					 const char *function)
{
	lunatic_rt_process *process;

	assert_int_equal(lunatic_rt_process_spawn(waiting->module, function,
						  NULL, 0, 0, &process, NULL),
			 0);
	return process;
}

static void wait_for_looks(int count)
{
	while (atomic_load(&looks) < count)
		nap();
}

static void fifo_name(char *name, size_t size, int number)
{
	snprintf(name, size, "%s/%02d", folder, number);
}

/* Opens a FIFO that somebody reads, and writes a byte. */
static int write_byte(int number)
{
	char name[64];
	int fd;

	fifo_name(name, sizeof(name), number);
	fd = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	return fd;
}

/* Two looks, one before and one after it has begun to watch; then it waits. */
static void check_wait(struct fixture *fixture, const char *function, int count)
{
	struct waiting waiting;
	lunatic_rt_process *process;
	int fd;

	begin(&waiting, fixture);
	atomic_store(&looks, 0);
	process = start_waiting(&waiting, function);
	wait_for_looks(2 * count);
	for (int i = 0; i < 50; i++)
		nap();
	assert_int_equal(atomic_load(&looks), 2 * count);
	fd = write_byte(count - 1);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_NORMAL);
	close(fd);
	end(&waiting);
}

static void is_woken(void **state)
{
	check_wait(*state, "wait9", 9);
	check_wait(*state, "wait64", 64);
}

/* Killed while it waits: what it had is closed. */
static void is_killed(void **state)
{
	struct waiting waiting;
	lunatic_rt_process *process;
	unsigned before;

	begin(&waiting, *state);
	before = test_descriptors();
	for (int i = 0; i < 10; i++) {
		atomic_store(&looks, 0);
		process = start_waiting(&waiting, "wait64");
		wait_for_looks(i < 5 ? FIFOS : 2 * FIFOS);
		assert_int_equal(lunatic_rt_process_kill(process), 0);
		assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_KILLED);
		assert_int_equal(test_descriptors(), before);
	}
	end(&waiting);
}

/* Without memory it looks for itself, and finds the same. */
static void has_no_memory(void **state)
{
	struct waiting waiting;
	lunatic_rt_process *process;
	int fd;

	begin(&waiting, *state);
	atomic_store(&looks, 0);
	atomic_store(&refused, 0);
	atomic_store(&no_blocks, true);
	process = start_waiting(&waiting, "wait64");
	wait_for_looks(4 * FIFOS);
	assert_true(atomic_load(&refused) > 0);
	fd = write_byte(FIFOS - 1);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_NORMAL);
	atomic_store(&no_blocks, false);
	close(fd);
	end(&waiting);
}

static int make_fifos(void **state)
{
	char name[64];

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	for (int i = 0; i < FIFOS; i++) {
		fifo_name(name, sizeof(name), i);
		if (mkfifo(name, 0600) < 0)
			return -1;
	}
	return 0;
}

static int remove_fifos(void **state)
{
	char name[64];

	(void)state;
	for (int i = 0; i < FIFOS; i++) {
		fifo_name(name, sizeof(name), i);
		unlink(name);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_woken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_no_memory, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, make_fifos, remove_fifos);
}
