/*
 * C functions as processes: a server that counts, a thousand clients, a watcher
 * that is told when the server fails, and a process that is killed.
 *
 * Build: cc native.c $(pkg-config --cflags --libs lunatic) -o native
 * Prints: the total is 10000
 *         the server failed: link 7
 *         the sleeper was killed
 */
#include <lunatic/runtime.h>

#include <stdio.h>
#include <stdlib.h>

#define CLIENTS 1000
#define ADDITIONS 10

enum tag { ADD = 1, GET = 2, TOTAL = 3, SERVER_FAILED = 7 };

static void must(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what,
			lunatic_rt_error_text(result));
		exit(EXIT_FAILURE);
	}
}

/* Sends a number together with `answer_to`, unless that is NULL. */
static int send_number(lunatic_rt_process *to, int64_t tag, int64_t number,
		       lunatic_rt_process *answer_to)
{
	lunatic_rt_message *message;
	int result = lunatic_rt_message_new(tag, &message);

	if (result < 0)
		return result;
	result = lunatic_rt_message_write(message, &number, sizeof(number));
	if (result == 0 && answer_to != NULL)
		result = lunatic_rt_message_push_process(message, answer_to,
							 NULL);
	if (result < 0) {
		lunatic_rt_message_free(message);
		return result;
	}
	return lunatic_rt_send(to, message); /* takes the message in any case */
}

static int64_t number_of(lunatic_rt_message *message)
{
	int64_t number = 0;
	size_t count;

	(void)lunatic_rt_message_read(message, &number, sizeof(number), &count);
	return number;
}

/* Keeps a total; state that only this process can reach needs no lock. Fails
 * if it is asked to add a negative number. */
static int server(lunatic_rt_process *self, void *argument)
{
	lunatic_rt_message *message;
	lunatic_rt_process *client;
	int64_t total = 0;

	(void)self;
	(void)argument;
	while (lunatic_rt_receive(NULL, 0, -1, &message) == 0) {
		int64_t number = number_of(message);

		if (lunatic_rt_message_tag(message) == ADD)
			total += number;
		if (lunatic_rt_message_take_process(message, 0, &client) == 0) {
			(void)send_number(client, TOTAL, total, NULL);
			lunatic_rt_process_release(client);
		}
		lunatic_rt_message_free(message);
		if (number < 0)
			return 1; /* its links are told */
	}
	return 0; /* killed */
}

static int client(lunatic_rt_process *self, void *argument)
{
	lunatic_rt_process *counter = argument;

	(void)self;
	for (int i = 0; i < ADDITIONS; i++) {
		if (send_number(counter, ADD, 1, NULL) < 0)
			return 1;
	}
	return 0;
}

static void release(void *process)
{
	lunatic_rt_process_release(process);
}

struct question {
	lunatic_rt_process *server;
	int64_t answer;
};

static int ask(lunatic_rt_process *self, void *argument)
{
	static const int64_t wanted[] = { TOTAL };
	struct question *question = argument;
	lunatic_rt_message *message;

	if (send_number(question->server, GET, 0, self) < 0)
		return 1;
	if (lunatic_rt_receive(wanted, 1, 5000, &message) < 0)
		return 2;
	question->answer = number_of(message);
	lunatic_rt_message_free(message);
	return 0;
}

/* Makes the server fail, and learns of it through a link. */
static int watch(lunatic_rt_process *self, void *argument)
{
	struct question *question = argument;
	lunatic_rt_message *message;

	(void)self;
	lunatic_rt_die_when_link_dies(false);
	if (lunatic_rt_link(question->server, SERVER_FAILED) < 0)
		return 1;
	if (send_number(question->server, ADD, -1, NULL) < 0)
		return 2;
	if (lunatic_rt_receive(NULL, 0, 5000, &message) < 0)
		return 3;
	if (lunatic_rt_message_is_link_died(message))
		question->answer = lunatic_rt_message_tag(message);
	lunatic_rt_message_free(message);
	return 0;
}

static int sleeper(lunatic_rt_process *self, void *argument)
{
	(void)self;
	(void)argument;
	return lunatic_rt_sleep_ms(UINT64_MAX) == LUNATIC_RT_EKILLED ? 0 : 1;
}

/* Waits for the end of a process, which must be a normal one. */
static void finish(lunatic_rt_process *process)
{
	lunatic_rt_outcome outcome;

	must(lunatic_rt_process_wait(process, -1, &outcome, NULL), "wait");
	lunatic_rt_process_release(process);
	if (outcome != LUNATIC_RT_OUTCOME_NORMAL) {
		fprintf(stderr, "a process failed\n");
		exit(EXIT_FAILURE);
	}
}

static lunatic_rt_process *start(lunatic_rt_environment *environment,
				 lunatic_rt_function function, void *argument,
				 void (*free_argument)(void *))
{
	lunatic_rt_process *process;

	must(lunatic_rt_process_spawn_native(environment, function, argument,
					     free_argument, 0, &process),
	     "spawn");
	return process;
}

static int count(lunatic_rt_environment *environment)
{
	lunatic_rt_process *clients[CLIENTS];
	struct question question = { NULL, 0 };

	question.server = start(environment, server, NULL, NULL);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = start(environment, client,
				   lunatic_rt_process_retain(question.server),
				   release);
	for (int i = 0; i < CLIENTS; i++)
		finish(clients[i]);
	finish(start(environment, ask, &question, NULL));
	printf("the total is %lld\n", (long long)question.answer);
	if (question.answer != (int64_t)CLIENTS * ADDITIONS)
		return -1;

	finish(start(environment, watch, &question, NULL));
	printf("the server failed: link %lld\n", (long long)question.answer);
	lunatic_rt_process_release(question.server);
	return question.answer == SERVER_FAILED ? 0 : -1;
}

static int kill_one(lunatic_rt_environment *environment)
{
	lunatic_rt_process *process = start(environment, sleeper, NULL, NULL);
	lunatic_rt_outcome outcome;

	must(lunatic_rt_process_kill(process), "kill");
	must(lunatic_rt_process_wait(process, -1, &outcome, NULL), "wait");
	lunatic_rt_process_release(process);
	if (outcome != LUNATIC_RT_OUTCOME_KILLED)
		return -1;
	printf("the sleeper was killed\n");
	return 0;
}

int main(void)
{
	lunatic_rt_environment *environment;
	lunatic_rt *runtime;
	int failed;

	must(lunatic_rt_new(NULL, &runtime), "runtime");
	must(lunatic_rt_environment_new(runtime, NULL, &environment),
	     "environment");
	failed = count(environment) < 0 || kill_one(environment) < 0;
	lunatic_rt_environment_release(environment);
	must(lunatic_rt_free(runtime), "end");
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
