/* src/node/numbers.c, program.c, serve_numbers.c: processes of another node by
 * numbers, and what is spawned there by the number of its module. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "node/export.h"
#include "node/messages.h"
#include "node/numbers.h"
#include "node/peer.h"
#include "node/program.h"
#include "node/proxy.h"
#include "node/request.h"
#include "node/session.h"
#include "process/add_module.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/lookup.h"
#include "process/message.h"
#include "process/process.h"
#include "process/runtime.h"
#include "support/fabric.h"
#include "support/modules.h"
#include "support/processes.h"
#include "support/tasks.h"
#include "support/traps.h"

static const char module_text[] =
	"(module (func (export \"spin\") (loop (br 0)))"
	" (func (export \"none\")))";

static const char other_text[] =
	"(module (func (export \"spin\") (loop (br 0))) (memory 1))";

static const char endless_start[] =
	"(module (func $s (loop (br 0))) (start $s) (func (export \"none\")))";

static struct test_net net;
static struct ln_peer *there; /* node two, as node one knows it */

/* Runs a function in a process of node one, and waits for its end. */
struct call {
	void (*function)(struct ln_process *self, void *argument);
	void *argument;
};

static enum ln_outcome run_call(struct ln_process *self)
{
	const struct call *call = self->argument;

	call->function(self, call->argument);
	return LN_OUTCOME_NORMAL;
}

static void in_process(void (*function)(struct ln_process *, void *),
		       void *argument)
{
	struct call call = { function, argument };

	assert_int_equal(test_process_wait(test_process_start(net.environment,
							      run_call, &call)),
			 LN_OUTCOME_NORMAL);
}

static int setup(void **state)
{
	struct ln_module *module = NULL;
	char *error = NULL;

	(void)state;
	test_net_init(&net, 2, 2, NULL);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			ln_local_node_attach(net.nodes[i], net.environment), 0);
	test_net_start(&net);
	there = ln_local_node_numbered(net.nodes[0],
				       ln_node_number(&net.nodes[1]->id));
	assert_non_null(there);
	/* So that the engine has installed its handlers. */
	assert_int_equal(ln_environment_add_module(net.environment,
						   (const uint8_t *)"(module)",
						   8, &module, &error),
			 0);
	ln_module_release(module);
	test_traps_are_the_engines();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_traps_are_the_engines();
	ln_peer_release(there);
	test_net_deinit(&net);
	return 0;
}

/* ---- Numbers ---- */

static void nodes_have_numbers(void **state)
{
	uint64_t numbers[4] = { 0 };
	struct ln_node_id id = { .name = "zero" };

	(void)state;
	assert_int_equal(ln_local_node_numbers(net.nodes[0], numbers, 4), 2);
	assert_int_equal(numbers[0], ln_node_number(&net.nodes[0]->id));
	assert_int_equal(numbers[1], ln_node_number(&net.nodes[1]->id));
	assert_int_equal(numbers[1], ln_peer_number(there));
	assert_int_not_equal(numbers[0], numbers[1]);
	assert_int_equal(numbers[2], 0);
	numbers[1] = 0;
	assert_int_equal(ln_local_node_numbers(net.nodes[0], numbers, 1), 2);
	assert_int_equal(numbers[1], 0);
	assert_int_equal(ln_local_node_numbers(net.nodes[0], NULL, 0), 2);
	assert_int_equal(ln_node_number(&id), 1);
	assert_null(ln_local_node_numbered(net.nodes[0], numbers[0]));
	assert_null(ln_local_node_numbered(net.nodes[0], 0));
}

static void numbers_are_no_ids(void **state)
{
	uint8_t id[16];

	(void)state;
	ln_number_to_id(UINT64_MAX, id);
	assert_int_equal(ln_number_of_id(id), UINT64_MAX);
	ln_number_to_id(7, id);
	assert_int_equal(ln_number_of_id(id), 7);
	for (int i = 0; i < 1000; i++) {
		ln_random_uuid(id);
		assert_int_equal(ln_number_of_id(id), 0);
	}
}

/* ---- Messages and look-ups ---- */

/* A process that notes what it receives. */
struct inbox {
	struct ln_process *process;
	_Atomic int count;
	_Atomic size_t bytes;
};

static enum ln_outcome collect(struct ln_process *self)
{
	struct inbox *inbox = self->argument;
	struct ln_message *message;

	while (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) ==
	       0) {
		atomic_fetch_add(&inbox->bytes, message->size);
		ln_message_free(message);
		atomic_fetch_add(&inbox->count, 1);
	}
	return LN_OUTCOME_KILLED;
}

static void start(struct inbox *inbox, struct ln_environment *environment)
{
	memset(inbox, 0, sizeof(*inbox));
	inbox->process = test_process_start(environment, collect, inbox);
}

static void end(struct inbox *inbox)
{
	ln_process_kill(inbox->process);
	test_process_wait(inbox->process);
}

/* An environment below that of the programs. */
static struct ln_environment *make_below(bool joins)
{
	struct ln_environment *environment = NULL;
	struct ln_config *config;

	assert_int_equal(ln_config_new(&config), 0);
	config->joins_family = joins;
	config->limits.max_processes = 7;
	assert_int_equal(ln_environment_new(net.environment->runtime,
					    net.environment, config,
					    &environment),
			 0);
	ln_config_free(config);
	return environment;
}

struct sending {
	uint64_t number;
	size_t size;
	int result;
};

static void send_one(struct ln_process *self, void *argument)
{
	struct sending *sending = argument;
	struct ln_message *message =
		ln_message_new(LN_MESSAGE_DATA, 3, sending->size);
	uint8_t *bytes = calloc(1, sending->size);

	(void)self;
	assert_int_equal(
		ln_message_write(message, bytes, sending->size, UINT64_MAX), 0);
	free(bytes);
	sending->result = ln_messages_send_numbered(there, sending->number,
						    message, LN_NEVER);
}

static void send(uint64_t number, size_t size)
{
	struct sending sending = { number, size, 1 };

	in_process(send_one, &sending);
	assert_int_equal(sending.result, 0);
}

static void messages_by_number(void **state)
{
	struct ln_environment *family = make_below(true);
	struct ln_environment *apart = make_below(false);
	struct inbox good;
	struct inbox child;
	struct inbox closed;

	(void)state;
	start(&good, net.environment);
	start(&child, family);
	start(&closed, apart);
	send(ln_process_number(closed.process), 10);
	send(UINT64_MAX, 10);
	send(1 << 30, 100000); /* in fragments, to nobody */
	send(ln_process_number(closed.process), 100000);
	send(ln_process_number(good.process), 10);
	send(ln_process_number(good.process), 100000);
	send(ln_process_number(child.process), 5);
	while (atomic_load(&good.count) < 2 || atomic_load(&child.count) < 1)
		test_nap();
	assert_int_equal(atomic_load(&good.bytes), 100010);
	assert_int_equal(atomic_load(&child.bytes), 5);
	assert_int_equal(atomic_load(&closed.count), 0);
	end(&good);
	end(&child);
	end(&closed);
	ln_environment_release(family);
	ln_environment_release(apart);
}

struct finding {
	uint64_t number;
	struct ln_process *process;
	uint64_t again;
	int result;
	char *error;
};

static void find(struct ln_process *self, void *argument)
{
	struct finding *finding = argument;

	(void)self;
	finding->result = ln_program_find(there, finding->number,
					  &finding->process, &finding->error);
}

static void get_number(struct ln_process *self, void *argument)
{
	struct finding *finding = argument;

	(void)self;
	finding->result = ln_program_number(finding->process, &finding->again,
					    &finding->error);
}

static void a_process_is_found(void **state)
{
	struct finding finding = { .again = 0 };
	struct ln_process *proxy;
	struct inbox inbox;

	(void)state;
	start(&inbox, net.environment);
	finding.number = ln_process_number(inbox.process);
	in_process(find, &finding);
	assert_int_equal(finding.result, 0);
	/* The same as one that came as a handle. */
	proxy = test_net_proxy(&net, 0, 1, inbox.process);
	assert_ptr_equal(proxy, finding.process);
	ln_process_release(proxy);
	in_process(get_number, &finding);
	assert_int_equal(finding.result, 0);
	assert_int_equal(finding.again, finding.number);
	ln_process_release(finding.process);
	end(&inbox);
}

static void the_number_of_a_handle(void **state)
{
	struct ln_environment *apart = make_below(false);
	struct finding finding = { .again = 0 };
	struct inbox inbox;
	struct inbox closed;

	(void)state;
	start(&inbox, net.environment);
	start(&closed, apart);
	finding.process = test_net_proxy(&net, 0, 1, inbox.process);
	in_process(get_number, &finding);
	assert_int_equal(finding.result, 0);
	assert_int_equal(finding.again, ln_process_number(inbox.process));
	ln_process_release(finding.process);
	/* Known by a handle, and still not by a number. */
	finding.process = test_net_proxy(&net, 0, 1, closed.process);
	in_process(get_number, &finding);
	assert_int_equal(finding.result, LN_ENOENT);
	free(finding.error);
	ln_process_release(finding.process);
	end(&inbox);
	end(&closed);
	ln_environment_release(apart);
}

static void who_is_not_found(void **state)
{
	struct ln_environment *apart = make_below(false);
	struct finding finding = { .number = UINT64_MAX };
	struct inbox inbox;

	(void)state;
	start(&inbox, apart);
	for (int i = 0; i < 3; i++) {
		in_process(find, &finding);
		assert_int_equal(finding.result, LN_ENOENT);
		assert_non_null(finding.error);
		free(finding.error);
		finding.number = i == 0 ? 0 : ln_process_number(inbox.process);
	}
	end(&inbox);
	ln_environment_release(apart);
}

/* ---- Spawning ---- */

struct spawning {
	struct ln_program_spawn spawn;
	const char *function;
	uint64_t number;
	int result;
	char *error;
};

static void spawn_one(struct ln_process *self, void *argument)
{
	struct spawning *spawning = argument;

	spawning->spawn.spawn.caller = self;
	spawning->spawn.spawn.function = spawning->function;
	spawning->spawn.spawn.function_len = strlen(spawning->function);
	spawning->result = ln_program_spawn(
		there, &spawning->spawn, &spawning->number, &spawning->error);
}

static struct spawning spawning_of(struct ln_module *own, uint64_t number)
{
	return (struct spawning){
		.spawn = { .environment = net.environment,
			   .number = number,
			   .own = own },
		.function = "spin",
	};
}

struct numbering {
	struct ln_local_node *node;
	struct ln_module *module;
	uint64_t number;
};

static void number_it(struct ln_process *self, void *argument)
{
	struct numbering *numbering = argument;

	(void)self;
	assert_int_equal(ln_module_number(numbering->node, numbering->module,
					  &numbering->number),
			 0);
}

static uint64_t number_of(struct ln_local_node *node, struct ln_module *module)
{
	struct numbering numbering = { node, module, 0 };

	in_process(number_it, &numbering);
	assert_int_not_equal(numbering.number, 0);
	return numbering.number;
}

/* The process that was spawned, which is killed. */
static void assert_spawned(struct spawning *spawning,
			   const struct ln_environment *environment)
{
	struct ln_process *process;

	in_process(spawn_one, spawning);
	assert_int_equal(spawning->result, 0);
	process = ln_process_find(net.environment->runtime, spawning->number);
	assert_non_null(process);
	if (environment != NULL)
		assert_ptr_equal(process->environment, environment);
	assert_ptr_equal(process->environment->family, net.environment);
	ln_process_kill(process);
	test_process_wait(process);
}

static void spawned_from_the_own_module(void **state)
{
	struct ln_module *module =
		test_module_add(net.environment, module_text);
	struct spawning spawning = spawning_of(module, number_of(NULL, module));

	(void)state;
	assert_spawned(&spawning, net.environment);
	assert_int_equal(net.nodes[1]->store.count, 1);
	/* Not sent again: it is kept. */
	for (int i = 0; i < 3; i++)
		assert_spawned(&spawning, net.environment);
	assert_int_equal(net.nodes[1]->store.count, 1);
	spawning.function = "nothing";
	in_process(spawn_one, &spawning);
	assert_int_equal(spawning.result, LN_ENOENT);
	assert_false(spawning.spawn.no_module);
	assert_string_equal(spawning.error, "Function 'nothing' not found");
	free(spawning.error);
	ln_module_release(module);
}

static void spawned_from_a_module_of_either(void **state)
{
	struct ln_module *own = test_module_add(net.environment, module_text);
	struct ln_module *other = test_module_add(net.environment, other_text);
	struct spawning spawning = spawning_of(own, 77);

	(void)state;
	number_of(NULL, own);
	in_process(spawn_one, &spawning);
	assert_int_equal(spawning.result, LN_ENOENT);
	assert_true(spawning.spawn.no_module);
	free(spawning.error);
	/* The other node knows it. */
	spawning = spawning_of(own, number_of(net.nodes[1], other));
	assert_spawned(&spawning, net.environment);
	ln_module_release(other);
	/* This one does. */
	other = test_module_add(net.environment, "(module (func (export "
						 "\"spin\") (loop (br 0))))");
	spawning = spawning_of(own, number_of(net.nodes[0], other));
	assert_spawned(&spawning, net.environment);
	ln_module_release(other);
	ln_module_release(own);
}

static void spawned_with_a_configuration(void **state)
{
	struct ln_environment *by = make_below(true);
	struct ln_module *module =
		test_module_add(net.environment, module_text);
	struct spawning spawning = spawning_of(module, number_of(NULL, module));
	struct ln_config *config;
	struct ln_process *process;

	(void)state;
	assert_int_equal(ln_config_new(&config), 0);
	config->denied = LN_DENIED_COMPILE;
	config->limits.max_memory = 1 << 20;
	spawning.spawn.config = config;
	spawning.spawn.environment = by;
	in_process(spawn_one, &spawning);
	assert_int_equal(spawning.result, 0);
	process = ln_process_find(net.environment->runtime, spawning.number);
	assert_non_null(process);
	assert_int_equal(process->environment->denied, LN_DENIED_COMPILE);
	assert_int_equal(process->environment->limits.max_memory, 1 << 20);
	/* Of who spawns. */
	assert_int_equal(process->environment->limits.max_processes, 7);
	assert_ptr_equal(process->environment->family, net.environment);
	assert_ptr_not_equal(process->environment, net.environment);
	ln_process_kill(process);
	test_process_wait(process);
	/* Without one, as who spawns. */
	spawning.spawn.config = NULL;
	in_process(spawn_one, &spawning);
	assert_int_equal(spawning.result, 0);
	process = ln_process_find(net.environment->runtime, spawning.number);
	assert_non_null(process);
	assert_int_equal(process->environment->limits.max_processes, 7);
	ln_process_kill(process);
	test_process_wait(process);
	/* A directory that it does not have itself. */
	assert_int_equal(ln_config_preopen(config, "/tmp", "/tmp", true), 0);
	spawning.spawn.config = config;
	in_process(spawn_one, &spawning);
	assert_int_equal(spawning.result, LN_EPERM);
	assert_non_null(strstr(spawning.error, "directory"));
	free(spawning.error);
	ln_config_free(config);
	ln_module_release(module);
	ln_environment_release(by);
}

static void too_many_for_what_is_kept(void **state)
{
	struct ln_module *module =
		test_module_add(net.environment, module_text);
	struct spawning spawning = spawning_of(module, number_of(NULL, module));
	struct ln_config *config;

	(void)state;
	assert_int_equal(ln_config_new(&config), 0);
	spawning.spawn.config = config;
	for (uint64_t i = 0; i < 40; i++) {
		config->limits.max_links = (uint32_t)(1000 + i);
		assert_spawned(&spawning, NULL);
	}
	ln_config_free(config);
	ln_module_release(module);
}

/* A process whose spawn never ends; `call` is for it. */
static struct ln_process *start_endless(struct spawning *spawning,
					struct call *call,
					struct ln_module *module)
{
	struct ln_process *process;

	*spawning = spawning_of(module, number_of(NULL, module));
	spawning->function = "none";
	*call = (struct call){ spawn_one, spawning };
	process = test_process_start(net.environment, run_call, call);
	/* The other node has begun with it. */
	while (atomic_load(&net.environment->processes) < 2)
		test_nap();
	test_process_wait_parked(process);
	return process;
}

static void who_spawns_is_killed(void **state)
{
	struct ln_module *module =
		test_module_add(net.environment, endless_start);
	struct spawning spawning;
	struct call call;
	struct ln_process *process = start_endless(&spawning, &call, module);

	(void)state;
	ln_process_kill(process);
	test_process_wait(process);
	assert_int_equal(spawning.result, LN_EKILLED);
	free(spawning.error);
	ln_module_release(module);
}

static void the_node_is_lost_meanwhile(void **state)
{
	struct ln_module *module =
		test_module_add(net.environment, endless_start);
	struct spawning spawning;
	struct call call;
	struct ln_process *process = start_endless(&spawning, &call, module);

	(void)state;
	test_line_cut(net.lines[0]);
	net.lines[0] = NULL;
	assert_int_equal(test_process_wait(process), LN_OUTCOME_NORMAL);
	assert_int_equal(spawning.result, LN_EIO);
	assert_non_null(strstr(spawning.error, "lost"));
	free(spawning.error);
	ln_module_release(module);
}

/* ---- Attributes ---- */

struct telling {
	char *attributes;
	int result;
	char *error;
};

static void tell(struct ln_process *self, void *argument)
{
	struct telling *telling = argument;

	(void)self;
	telling->result = ln_program_attributes(there, &telling->attributes,
						&telling->error);
}

static void attributes_are_told(void **state)
{
	struct telling telling = { .result = 1 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		in_process(tell, &telling);
		assert_int_equal(telling.result, 0);
		assert_string_equal(telling.attributes, "name=two");
		free(telling.attributes);
	}
}

/* ---- Requests that no node sends ---- */

struct asking {
	enum ln_operation operation;
	size_t len;
	int result;
};

static void ask_badly(struct ln_process *self, void *argument)
{
	static const uint8_t zeros[64];
	struct asking *asking = argument;
	const struct iovec part = { .iov_base = (void *)(uintptr_t)zeros,
				    .iov_len = asking->len };
	struct ln_ask *ask;

	(void)self;
	asking->result = ln_ask(there, 0, asking->operation, &part, 1, &ask);
	ln_ask_free(ask);
}

static void assert_malformed(enum ln_operation operation, size_t len)
{
	struct asking asking = { operation, len, 0 };
	struct call call = { ask_badly, &asking };
	const struct test_end *end = test_net_end(&net, 1, 0);
	struct ln_process *process =
		test_process_start(net.environment, run_call, &call);

	/* The other node wants no more of it. */
	while (!atomic_load(&end->closed))
		test_nap();
	test_line_cut(net.lines[0]);
	net.lines[0] = NULL;
	assert_int_equal(test_process_wait(process), LN_OUTCOME_NORMAL);
	assert_int_equal(asking.result, LN_EIO);
}

static void a_malformed_program(void **state)
{
	(void)state;
	assert_malformed(LN_ASK_PROGRAM, 5);
}

static void a_malformed_numbered_module(void **state)
{
	(void)state;
	assert_malformed(LN_ASK_NUMBERED_MODULE, 15);
}

static void a_malformed_process(void **state)
{
	(void)state;
	assert_malformed(LN_ASK_PROCESS, 9);
}

static void a_malformed_number(void **state)
{
	(void)state;
	assert_malformed(LN_ASK_NUMBER, 8);
}

static void malformed_attributes(void **state)
{
	(void)state;
	assert_malformed(LN_ASK_ATTRIBUTES, 1);
}

/* ---- Old nodes, and none ---- */

static void assert_refused(int expected, const char *text)
{
	struct ln_module *module =
		test_module_add(net.environment, module_text);
	struct spawning spawning = spawning_of(module, number_of(NULL, module));
	struct finding finding = { .number = 1 };

	in_process(spawn_one, &spawning);
	assert_int_equal(spawning.result, expected);
	assert_non_null(strstr(spawning.error, text));
	free(spawning.error);
	in_process(find, &finding);
	assert_int_equal(finding.result, expected);
	assert_non_null(strstr(finding.error, text));
	free(finding.error);
	ln_module_release(module);
}

static void an_old_node_is_told_apart(void **state)
{
	struct telling telling = { .result = 1 };

	(void)state;
	test_net_end(&net, 0, 1)->session->id.version = 2;
	assert_refused(LN_EUNSUP, "older");
	/* Only its name is known. */
	in_process(tell, &telling);
	assert_int_equal(telling.result, 0);
	assert_string_equal(telling.attributes, "name=two");
	free(telling.attributes);
}

static void a_lost_node(void **state)
{
	struct ln_module *module =
		test_module_add(net.environment, module_text);
	struct spawning spawning = spawning_of(module, number_of(NULL, module));
	struct telling telling = { .result = 1 };

	(void)state;
	assert_spawned(&spawning, net.environment);
	ln_module_release(module);
	test_line_stop(net.lines[0]);
	test_line_cut(net.lines[0]);
	net.lines[0] = NULL;
	assert_refused(LN_EIO, "not connected");
	in_process(tell, &telling);
	assert_int_equal(telling.result, LN_EIO);
	free(telling.error);
	assert_null(
		ln_local_node_numbered(net.nodes[0], ln_peer_number(there)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nodes_have_numbers),
		TEST(numbers_are_no_ids),
		TEST(messages_by_number),
		TEST(a_process_is_found),
		TEST(the_number_of_a_handle),
		TEST(who_is_not_found),
		TEST(spawned_from_the_own_module),
		TEST(spawned_from_a_module_of_either),
		TEST(spawned_with_a_configuration),
		TEST(too_many_for_what_is_kept),
		TEST(who_spawns_is_killed),
		TEST(the_node_is_lost_meanwhile),
		TEST(attributes_are_told),
		TEST(a_malformed_program),
		TEST(a_malformed_numbered_module),
		TEST(a_malformed_process),
		TEST(a_malformed_number),
		TEST(malformed_attributes),
		TEST(an_old_node_is_told_apart),
		TEST(a_lost_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
