/*
 * Sizes: what a node of a mesh of so many costs, and when it notices a loss
 * (sizes.h).
 *
 * The clock stands still while any task runs, and then jumps. So a handshake
 * takes no time, and a table says what follows from the mesh, not from how fast
 * this machine is.
 *
 * A mesh of n nodes has n * (n - 1) / 2 lines, and all of them are made: up to
 * WHOLE_MAX nodes. One node's part in it can be seen alone, too: it is
 * connected with all, and they only with it. Then what both ends of its lines
 * cost is halved. Where both are possible they agree, but that the others have
 * nobody to name to it, and so touch less of their buffers.
 */
#include <inttypes.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "net/tls.h"
#include "node/node.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "sched/sched.h"
#include "sched/worker.h"
#include "simulation/sizes.h"
#include "simulation/world.h"
#include "support/processes.h"

#define WHOLE_MAX 200
#define STEP LN_NS_PER_MS                /* the clock's shortest */
#define APART (37 * LN_NS_PER_MS)        /* between two that join */
#define QUIET (20 * LN_NS_PER_S)         /* in which signs are counted */
#define BOUND LN_HEARTBEAT_DEFAULT       /* in which a loss is noticed */
#define PAUSE (LN_HEARTBEAT_DEFAULT / 4) /* between signs of life */
#define LOSSES 4
#define KIB 1024.0

struct memory {
	double allocated; /* bytes */
	double resident;
};

static struct {
	unsigned count;
	bool whole;
	struct ln_environment *environment;
	struct ln_tls_context *tls;
	struct size_host hosts[SIZES_MAX];
	struct memory memory; /* of the node that is looked at */
	double signs;         /* a second */
	double bytes;
	int64_t first; /* that a loss was noticed after; ns */
	int64_t last;
} mesh;

static _Atomic int64_t virtual_now; /* 0: the clock is the machine's */

/* NOLINTBEGIN(bugprone-reserved-identifier) the linker's names */
int64_t __wrap_ln_time_now(void);
int64_t __real_ln_time_now(void);
int64_t __wrap_ln_time_after_ms(uint64_t ms);

int64_t __wrap_ln_time_now(void)
{
	int64_t now = atomic_load(&virtual_now);

	return now != 0 ? now : __real_ln_time_now();
}

int64_t __wrap_ln_time_after_ms(uint64_t ms)
{
	return __wrap_ln_time_now() + (int64_t)ms * LN_NS_PER_MS;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void require(bool what, const char *text, unsigned node, uint64_t number)
{
	if (what)
		return;
	fprintf(stderr, "sizes, %u nodes: node %u %s: %" PRIu64 "\n",
		mesh.count, node, text, number);
	_exit(1);
}

static struct ln_sched *sched(void)
{
	return mesh.environment->runtime->sched;
}

/* Until nothing is left to be done now. */
static void settle(void)
{
	while (atomic_load(&sched()->sleeping) != 1 ||
	       ln_sched_work_visible(sched()) ||
	       atomic_load(&sched()->sleeping) != 1)
		sched_yield();
}

/* Lets so much time pass. */
static void pass(int64_t time)
{
	int64_t end = atomic_load(&virtual_now) + time;
	int64_t now = 0;

	settle();
	while (now < end) {
		int64_t next = atomic_load(&sched()->timers.earliest);

		now = atomic_load(&virtual_now) + STEP;
		if (now < next)
			now = next;
		if (now > end)
			now = end;
		atomic_store(&virtual_now, now);
		ln_sched_wake_worker(sched());
		settle();
	}
}

/* From 2.33 on glibc counts in more than 32 bits. */
#if __GLIBC_PREREQ(2, 33)
#define MALLINFO mallinfo2
#else
#define MALLINFO mallinfo
#endif

static struct memory measure(void)
{
	struct MALLINFO heap = MALLINFO();
	struct memory memory = { .allocated = (double)heap.uordblks +
					      (double)heap.hblkhd };
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "RssAnon:", 8) == 0)
			memory.resident = strtod(line + 8, NULL) * KIB;
	}
	if (file != NULL)
		fclose(file);
	return memory;
}

/* What one node has, by what all had before they were connected, and after. A
 * line has two ends, which cost the same. */
static double part(double none, double alone, double all)
{
	double base = (alone - none) / mesh.count;

	if (mesh.whole)
		return base + (all - alone) / mesh.count;
	return base + (all - alone) / 2;
}

static void start(unsigned index)
{
	struct size_host *host = &mesh.hosts[index];
	const struct ln_local_node_options own = { .name = host->address };
	const struct ln_fabric_options options = {
		.address = host->address,
		.finders = 1,
		.tls = mesh.tls,
	};
	char *error = NULL;

	host->only_first = !mesh.whole && index != 0;
	require(ln_local_node_new(mesh.environment->runtime, &own,
				  &host->node) == 0,
		"cannot be made", index, 0);
	require(ln_mesh_start_over(&host->carrier, host->node, &options,
				   &host->fabric, &error) == 0,
		"does not start", index, 0);
}

/* How many nodes that one is connected with. */
static unsigned connected(unsigned index)
{
	struct ln_fabric_peer *peers;
	int count = ln_mesh_class.list(mesh.hosts[index].fabric, &peers);

	free(peers);
	return count < 0 ? 0 : (unsigned)count;
}

/* Each that is left is connected with all others that are left. */
static void check_connected(unsigned left)
{
	bool centre = !mesh.hosts[0].lost;

	for (unsigned i = 0; i < mesh.count; i++) {
		unsigned expected = left - 1;

		if (mesh.hosts[i].lost)
			continue;
		if (!mesh.whole && i != 0)
			expected = centre ? 1 : 0;
		require(connected(i) == expected, "has other connections", i,
			connected(i));
	}
}

static void begin(void)
{
	static const uint8_t key[LN_TLS_KEY_SIZE] = { 7 };
	struct memory none;
	struct memory alone;
	struct memory all;

	fixed_begin(1);
	atomic_store(&virtual_now, ln_time_now());
	mesh.environment = test_environment_new(1, NULL);
	require(ln_tls_context_new_key(key, &mesh.tls) == 0, "has no TLS", 0,
		0);
	streams_init(mesh.hosts, mesh.count);
	none = measure();
	for (unsigned i = 0; i < mesh.count; i++)
		start(i);
	settle();
	alone = measure();
	for (unsigned i = 1; i < mesh.count; i++) {
		const char *peer = mesh.hosts[0].address;

		ln_mesh_class.found(mesh.hosts[i].fabric, 0, &peer, 1);
		pass(APART);
	}
	pass(LN_NS_PER_S);
	all = measure();
	check_connected(mesh.count);
	mesh.memory.allocated =
		part(none.allocated, alone.allocated, all.allocated);
	mesh.memory.resident =
		part(none.resident, alone.resident, all.resident);
}

/* Of the nodes with all connections: each of these says something once in a
 * pause, and at most one ping and one answer. */
static void count_signs(void)
{
	unsigned nodes = mesh.whole ? mesh.count : 1;
	uint64_t pauses = QUIET / PAUSE;
	uint64_t lines = mesh.count - 1;
	uint64_t writes;
	uint64_t bytes;

	for (unsigned i = 0; i < mesh.count; i++)
		streams_traffic(i, &writes, &bytes);
	pass(QUIET);
	check_connected(mesh.count);
	for (unsigned i = 0; i < nodes; i++) {
		streams_traffic(i, &writes, &bytes);
		require(writes >= lines * (pauses - 1), "says too little", i,
			writes);
		require(writes <= lines * (2 * pauses + 1), "says too much", i,
			writes);
		mesh.signs += (double)writes / nodes;
		mesh.bytes += (double)bytes / nodes;
	}
	mesh.signs /= (double)QUIET / LN_NS_PER_S;
	mesh.bytes /= (double)QUIET / LN_NS_PER_S;
}

/* A node is lost, `left` are left. */
static void lose(unsigned index, unsigned left)
{
	unsigned witnesses = mesh.whole || index == 0 ? left : 1;
	struct size_losses losses;

	streams_lose(index);
	pass(BOUND + STEP);
	losses = streams_losses();
	require(losses.count == witnesses, "is lost, and noticed by", index,
		losses.count);
	require(losses.last <= BOUND + STEP, "is lost, and noticed late", index,
		(uint64_t)losses.last);
	check_connected(left);
	if (mesh.first == 0 || losses.first < mesh.first)
		mesh.first = losses.first;
	if (losses.last > mesh.last)
		mesh.last = losses.last;
}

static void lose_some(void)
{
	unsigned left = mesh.count;

	for (unsigned i = 1; i < LOSSES; i++) {
		lose(i * (mesh.count - 1) / LOSSES + 1, --left);
		pass((int64_t)i * 7 * APART);
	}
	lose(0, --left);
}

static void end(void)
{
	streams_end();
	settle();
	/* What ends may wait for the machine. */
	atomic_store(&virtual_now, 0);
	ln_runtime_stop(mesh.environment->runtime);
	for (unsigned i = 0; i < mesh.count; i++) {
		ln_mesh_class.leave(mesh.hosts[i].fabric);
		require(mesh.hosts[i].node->session_count == 0,
			"keeps sessions", i, mesh.hosts[i].node->session_count);
		ln_local_node_free(mesh.hosts[i].node);
	}
	require(streams_count() == 0, "and others keep streams", 0,
		streams_count());
	ln_tls_context_free(mesh.tls);
	test_environment_free(mesh.environment);
	fixed_end();
}

static int run_size(unsigned count, bool whole)
{
	int status = 1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid > 0 && waitpid(pid, &status, 0) == pid)
		return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	if (pid != 0)
		return 1;
	mesh.count = count;
	mesh.whole = whole;
	ln_log_set_level("error"); /* each says which nodes it has lost */
	begin();
	count_signs();
	lose_some();
	end();
	printf("%5u  %-8s %11u %13.0f %12.0f %9.1f %9.0f   %.2f to %.2f\n",
	       count, whole ? "all" : "one node", count - 1,
	       mesh.memory.allocated / KIB, mesh.memory.resident / KIB,
	       mesh.signs, mesh.bytes, (double)mesh.first / LN_NS_PER_S,
	       (double)mesh.last / LN_NS_PER_S);
	exit(0);
}

static int run_both(unsigned count)
{
	int status = 0;

	if (count <= WHOLE_MAX)
		status = run_size(count, true);
	return status != 0 ? status : run_size(count, false);
}

int sizes_main(char **sizes, int count)
{
	static const unsigned all[] = { 10, 50, 200, 500 };
	size_t n = count > 0 ? (size_t)count : sizeof(all) / sizeof(all[0]);
	int status = 0;

	printf("%5s  %-8s %11s %13s %12s %9s %9s   %s\n", "nodes", "seen of",
	       "connections", "allocated KiB", "resident KiB", "signs/s",
	       "bytes/s", "loss noticed after s");
	for (size_t i = 0; i < n && status == 0; i++) {
		unsigned size = count > 0
					? (unsigned)strtoul(sizes[i], NULL, 10)
					: all[i];

		if (size < 2 * LOSSES || size > SIZES_MAX) {
			fprintf(stderr, "a size is %d to %d\n", 2 * LOSSES,
				SIZES_MAX);
			return 2;
		}
		status = run_both(size);
	}
	return status;
}
