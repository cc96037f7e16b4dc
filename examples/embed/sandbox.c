/*
 * An untrusted guest: a module in memory runs with little memory, few host
 * functions and a limit for instructions. A native process asks it to divide
 * numbers, learns of its trap, and starts it again.
 *
 * Build: cc sandbox.c $(pkg-config --cflags --libs lunatic) -o sandbox
 * Prints: 42 / 6 = 7
 *         1 / 0: the guest trapped
 *         81 / 9 = 9
 *         and the report of the trap on standard error
 *
 * The module as text, which lunatic_rt_module_new accepts as well:
 *
 *   (module
 *     (import "lunatic::message" "receive"
 *       (func $receive (param i32 i32 i32) (result i32)))
 *     (import "lunatic::message" "read_data"
 *       (func $read (param i32 i32) (result i32)))
 *     (import "lunatic::message" "take_process"
 *       (func $take (param i64) (result i64)))
 *     (import "lunatic::message" "create_data" (func $create (param i64 i64)))
 *     (import "lunatic::message" "write_data"
 *       (func $write (param i32 i32) (result i32)))
 *     (import "lunatic::message" "send" (func $send (param i64)))
 *     (import "lunatic::process" "drop_process" (func $drop (param i64)))
 *     (memory (export "memory") 1 1)
 *     (func (export "divide") (local $client i64)
 *       (loop $next
 *         (drop (call $receive (i32.const 0) (i32.const 0) (i32.const 0)))
 *         (drop (call $read (i32.const 0) (i32.const 8)))
 *         (local.set $client (call $take (i64.const 0)))
 *         (i32.store (i32.const 0)
 *           (i32.div_s (i32.load (i32.const 0)) (i32.load (i32.const 4))))
 *         (call $create (i64.const 1) (i64.const 4))
 *         (drop (call $write (i32.const 0) (i32.const 4)))
 *         (call $send (local.get $client))
 *         (call $drop (local.get $client))
 *         (br $next))))
 */
#include <lunatic/runtime.h>

#include <stdio.h>
#include <stdlib.h>

static const unsigned char divide[] = {
	/* clang-format off */
	0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x1f, 0x06, 0x60,
	0x03, 0x7f, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f,
	0x60, 0x01, 0x7e, 0x01, 0x7e, 0x60, 0x02, 0x7e, 0x7e, 0x00, 0x60, 0x01,
	0x7e, 0x00, 0x60, 0x00, 0x00, 0x02, 0xce, 0x01, 0x07, 0x10, 0x6c, 0x75,
	0x6e, 0x61, 0x74, 0x69, 0x63, 0x3a, 0x3a, 0x6d, 0x65, 0x73, 0x73, 0x61,
	0x67, 0x65, 0x07, 0x72, 0x65, 0x63, 0x65, 0x69, 0x76, 0x65, 0x00, 0x00,
	0x10, 0x6c, 0x75, 0x6e, 0x61, 0x74, 0x69, 0x63, 0x3a, 0x3a, 0x6d, 0x65,
	0x73, 0x73, 0x61, 0x67, 0x65, 0x09, 0x72, 0x65, 0x61, 0x64, 0x5f, 0x64,
	0x61, 0x74, 0x61, 0x00, 0x01, 0x10, 0x6c, 0x75, 0x6e, 0x61, 0x74, 0x69,
	0x63, 0x3a, 0x3a, 0x6d, 0x65, 0x73, 0x73, 0x61, 0x67, 0x65, 0x0c, 0x74,
	0x61, 0x6b, 0x65, 0x5f, 0x70, 0x72, 0x6f, 0x63, 0x65, 0x73, 0x73, 0x00,
	0x02, 0x10, 0x6c, 0x75, 0x6e, 0x61, 0x74, 0x69, 0x63, 0x3a, 0x3a, 0x6d,
	0x65, 0x73, 0x73, 0x61, 0x67, 0x65, 0x0b, 0x63, 0x72, 0x65, 0x61, 0x74,
	0x65, 0x5f, 0x64, 0x61, 0x74, 0x61, 0x00, 0x03, 0x10, 0x6c, 0x75, 0x6e,
	0x61, 0x74, 0x69, 0x63, 0x3a, 0x3a, 0x6d, 0x65, 0x73, 0x73, 0x61, 0x67,
	0x65, 0x0a, 0x77, 0x72, 0x69, 0x74, 0x65, 0x5f, 0x64, 0x61, 0x74, 0x61,
	0x00, 0x01, 0x10, 0x6c, 0x75, 0x6e, 0x61, 0x74, 0x69, 0x63, 0x3a, 0x3a,
	0x6d, 0x65, 0x73, 0x73, 0x61, 0x67, 0x65, 0x04, 0x73, 0x65, 0x6e, 0x64,
	0x00, 0x04, 0x10, 0x6c, 0x75, 0x6e, 0x61, 0x74, 0x69, 0x63, 0x3a, 0x3a,
	0x70, 0x72, 0x6f, 0x63, 0x65, 0x73, 0x73, 0x0c, 0x64, 0x72, 0x6f, 0x70,
	0x5f, 0x70, 0x72, 0x6f, 0x63, 0x65, 0x73, 0x73, 0x00, 0x04, 0x03, 0x02,
	0x01, 0x05, 0x05, 0x04, 0x01, 0x01, 0x01, 0x01, 0x07, 0x13, 0x02, 0x06,
	0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x06, 0x64, 0x69, 0x76,
	0x69, 0x64, 0x65, 0x00, 0x07, 0x0a, 0x46, 0x01, 0x44, 0x01, 0x01, 0x7e,
	0x03, 0x40, 0x41, 0x00, 0x41, 0x00, 0x41, 0x00, 0x10, 0x00, 0x1a, 0x41,
	0x00, 0x41, 0x08, 0x10, 0x01, 0x1a, 0x42, 0x00, 0x10, 0x02, 0x21, 0x00,
	0x41, 0x00, 0x41, 0x00, 0x28, 0x02, 0x00, 0x41, 0x04, 0x28, 0x02, 0x00,
	0x6d, 0x36, 0x02, 0x00, 0x42, 0x01, 0x42, 0x04, 0x10, 0x03, 0x41, 0x00,
	0x41, 0x04, 0x10, 0x04, 0x1a, 0x20, 0x00, 0x10, 0x05, 0x20, 0x00, 0x10,
	0x06, 0x0c, 0x00, 0x0b, 0x0b,
	/* clang-format on */
};

enum { GUEST_DIED = 7 };

static void must(int result, const char *what, char *text)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what,
			text != NULL ? text : lunatic_rt_error_text(result));
		lunatic_rt_string_free(text);
		exit(EXIT_FAILURE);
	}
}

struct question {
	lunatic_rt_module *module;
	int32_t numbers[3][2];
	int32_t answers[3];
	bool answered[3];
};

/* Starts the guest; the caller is told of its failure. */
static lunatic_rt_process *start_guest(lunatic_rt_module *module)
{
	lunatic_rt_process *guest;

	if (lunatic_rt_process_spawn(module, "divide", NULL, 0, GUEST_DIED,
				     &guest, NULL) < 0)
		return NULL;
	return guest;
}

/* Sends two numbers, and the process to answer. */
static int send_numbers(lunatic_rt_process *guest, const int32_t numbers[2],
			lunatic_rt_process *self)
{
	lunatic_rt_message *message;
	int result = lunatic_rt_message_new(0, &message);

	if (result < 0)
		return result;
	result = lunatic_rt_message_write(message, numbers, 8);
	if (result == 0)
		result = lunatic_rt_message_push_process(message, self, NULL);
	if (result < 0) {
		lunatic_rt_message_free(message);
		return result;
	}
	return lunatic_rt_send(guest,
			       message); /* takes the message in any case */
}

/* Asks all questions, with a new guest after each death. */
static int ask(lunatic_rt_process *self, void *argument)
{
	struct question *question = argument;
	lunatic_rt_process *guest = NULL;
	lunatic_rt_message *message;
	size_t count;

	lunatic_rt_die_when_link_dies(false);
	for (int i = 0; i < 3; i++) {
		if (guest == NULL)
			guest = start_guest(question->module);
		if (guest == NULL ||
		    send_numbers(guest, question->numbers[i], self) < 0 ||
		    lunatic_rt_receive(NULL, 0, 5000, &message) < 0)
			break;
		if (lunatic_rt_message_is_link_died(message)) {
			lunatic_rt_process_release(guest);
			guest = NULL;
		} else {
			/* What a guest sends may be of any size. */
			question->answered[i] =
				lunatic_rt_message_read(message,
							&question->answers[i],
							4, &count) == 0 &&
				count == 4;
		}
		lunatic_rt_message_free(message);
	}
	if (guest != NULL) {
		lunatic_rt_process_kill(guest);
		lunatic_rt_process_release(guest);
	}
	return 0;
}

static lunatic_rt_environment *make_sandbox(lunatic_rt *runtime)
{
	static const char *const allowed[] = {
		"lunatic::message::",
		"lunatic::process::drop_process",
	};
	lunatic_rt_environment *sandbox;
	lunatic_rt_environment_config config;

	must(lunatic_rt_environment_config_init(&config, sizeof(config)),
	     "configuration", NULL);
	config.max_memory = 1 << 20;
	config.max_fuel = 1000000;
	config.max_processes = 10;
	config.max_messages = 100;
	config.max_module_bytes = 1 << 20;
	config.allowed = allowed;
	config.allowed_count = sizeof(allowed) / sizeof(allowed[0]);
	must(lunatic_rt_environment_new(runtime, &config, &sandbox), "sandbox",
	     NULL);
	return sandbox;
}

static void run(lunatic_rt_environment *environment, struct question *question)
{
	lunatic_rt_process *process;

	must(lunatic_rt_process_spawn_native(environment, ask, question, NULL,
					     0, &process),
	     "spawn", NULL);
	must(lunatic_rt_process_wait(process, -1, NULL, NULL), "wait", NULL);
	lunatic_rt_process_release(process);
}

int main(void)
{
	struct question question = { .numbers = {
					     { 42, 6 }, { 1, 0 }, { 81, 9 } } };
	lunatic_rt_environment *trusted;
	lunatic_rt_environment *sandbox;
	lunatic_rt *runtime;
	char *text;
	int result;

	must(lunatic_rt_new(NULL, &runtime), "runtime", NULL);
	must(lunatic_rt_environment_new(runtime, NULL, &trusted), "environment",
	     NULL);
	sandbox = make_sandbox(runtime);
	result = lunatic_rt_module_new(sandbox, divide, sizeof(divide),
				       &question.module, &text);
	must(result, "module", text);
	run(trusted, &question);
	for (int i = 0; i < 3; i++) {
		const int32_t *numbers = question.numbers[i];

		if (question.answered[i])
			printf("%d / %d = %d\n", numbers[0], numbers[1],
			       question.answers[i]);
		else
			printf("%d / %d: the guest trapped\n", numbers[0],
			       numbers[1]);
	}
	lunatic_rt_module_release(question.module);
	lunatic_rt_environment_release(sandbox);
	lunatic_rt_environment_release(trusted);
	must(lunatic_rt_free(runtime), "end", NULL);
	return question.answers[0] == 7 && !question.answered[1] &&
			       question.answers[2] == 9
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}
