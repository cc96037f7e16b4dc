// Counts primes on all given nodes: splits the numbers into pieces, lets a node
// count each piece, and adds the results. If a node is lost, its pieces are
// counted here.
//
// Build: lunatic-cc primes.c -o primes.wasm
// Run:   ./run.sh    (three nodes on this machine; docs/cluster.md: on others)
//
// The arguments are the names of nodes, of which each gets PIECES pieces.
#include <lunatic.h>

#define MEMORY (UINT64_C(16) << 20)
#define PIECES 4
#define PIECE_SIZE 20000
#define NODES_MAX 16

struct piece {
	struct lunatic_task task;
	uint32_t from;
	const char *node;
};

static bool is_prime(uint32_t number)
{
	for (uint32_t i = 2; i * i <= number; i++) {
		if (number % i == 0)
			return false;
	}
	return number > 1;
}

// Runs on the node; its output appears there.
static void count_primes(struct lunatic_reader *argument,
			 struct lunatic_writer *result)
{
	uint32_t from = lunatic_read_u32(argument);
	uint32_t count = 0;

	for (uint32_t i = from; i < from + PIECE_SIZE; i++)
		count += is_prime(i);
	printf("%u primes from %u on\n", (unsigned)count, (unsigned)from);
	fflush(stdout);
	lunatic_write_uint(result, count);
}

// Adds this module to a node. There it may send messages, and print.
static int bring(const char *node, struct lunatic_module *module)
{
	struct lunatic_config config = lunatic_config_new(MEMORY, 0);
	struct lunatic_env env;
	int status;

	lunatic_config_allow(config, "lunatic::");
	lunatic_config_allow(config, "wasi_snapshot_preview1::");
	status = lunatic_env_new_remote(&env, node, config);
	lunatic_config_drop(config);
	if (status != 0)
		return status;
	status = lunatic_env_add_this(env, module);
	lunatic_env_drop(env);
	return status;
}

static int start(struct piece *piece, const struct lunatic_module *module)
{
	struct lunatic_spawn where = { .module = module };
	struct lunatic_writer argument;

	lunatic_task_begin(&piece->task, &argument);
	lunatic_write_uint(&argument, piece->from);
	return lunatic_task_start(&piece->task, &where, count_primes,
				  &argument);
}

static uint32_t finish(struct piece *piece)
{
	struct lunatic_reader result;
	int status = lunatic_task_join(&piece->task, &result, LUNATIC_FOREVER);

	if (status == LUNATIC_EDIED) {
		printf("%s was lost: counting here\n", piece->node);
		status = start(piece, NULL);
		if (status == 0)
			status = lunatic_task_join(&piece->task, &result,
						   LUNATIC_FOREVER);
	}
	if (status != 0) {
		fprintf(stderr, "%s\n", lunatic_status_text(status));
		lunatic_panic();
	}
	return lunatic_read_u32(&result);
}

LUNATIC_MAIN(argc, argv)
{
	static struct piece pieces[NODES_MAX * PIECES];
	uint32_t nodes = argc > 1 ? (uint32_t)argc - 1 : 0;
	uint32_t primes = 0;

	if (nodes < 1 || nodes > NODES_MAX) {
		fputs("give the names of nodes, at most 16\n", stderr);
		return 1;
	}
	lunatic_links_catch();
	for (uint32_t i = 0; i < nodes * PIECES; i++) {
		pieces[i].from = i * PIECE_SIZE;
		pieces[i].node = argv[1 + i / PIECES];
	}
	for (uint32_t at = 0; at < nodes; at++) {
		struct lunatic_module module;
		int status = bring(argv[1 + at], &module);

		for (uint32_t i = 0; i < PIECES && status == 0; i++)
			status = start(&pieces[at * PIECES + i], &module);
		if (status != 0) {
			fprintf(stderr, "%s: %s\n", argv[1 + at],
				lunatic_status_text(status));
			return 1;
		}
		lunatic_module_drop(module);
	}
	for (uint32_t i = 0; i < nodes * PIECES; i++)
		primes += finish(&pieces[i]);
	printf("primes below %u: %u\n", (unsigned)(nodes * PIECES * PIECE_SIZE),
	       (unsigned)primes);
	return 0;
}
