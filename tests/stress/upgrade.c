/*
 * Servers under load that are upgraded: `upgrade SERVERS CLIENTS MS [FILE
 * FLAGS]`. Each client spawns its share of the servers and sends each of them
 * numbers that count up, most as casts, some as calls. A server notes every
 * number that is not the next one. When the time is over the clients ask each
 * server how many it has had, and of which version it is; the program prints
 * that, and fails when one was lost, came twice or came out of order. With FILE
 * it upgrades itself to that halfway, and prints what came of it. With MS 0 the
 * time is over when there is a file `stop`.
 *
 * VERSION is that of the module; BAD makes it a version that cannot be loaded:
 * 1 traps, 2 refuses, 3 loops for ever, 4 takes memory until there is none, 5
 * does so for one state in a hundred.
 */
#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION 1
#endif
#ifndef BAD
#define BAD 0
#endif
#define CALL_EVERY 8
#define MS_WAIT 60000

struct counter {
	int64_t next;
	int64_t wrong;
	int64_t number; /* of the server */
};

static int counter_init(void *state, struct lunatic_reader *argument)
{
	((struct counter *)state)->number = lunatic_read_int(argument);
	return 0;
}

static void take(struct counter *counter, struct lunatic_reader *mail)
{
	counter->wrong += lunatic_read_int(mail) != counter->next;
	counter->next++;
}

static void counter_cast(void *state, struct lunatic_reader *mail)
{
	take(state, mail);
}

static void counter_call(void *state, struct lunatic_reader *request,
			 struct lunatic_writer *reply)
{
	struct counter *counter = state;

	take(counter, request);
	lunatic_write_array(reply, 3);
	lunatic_write_int(reply, counter->next);
	lunatic_write_int(reply, counter->wrong);
	lunatic_write_int(reply, VERSION);
}

static void counter_save(const void *state, struct lunatic_writer *value)
{
	const struct counter *counter = state;

	lunatic_write_array(value, 3);
	lunatic_write_int(value, counter->next);
	lunatic_write_int(value, counter->wrong);
	lunatic_write_int(value, counter->number);
}

static void fail_to_load(int how)
{
	volatile int zero = 0;

	if (how == 1)
		__builtin_trap();
	while (how == 3 && zero == 0)
		;
	while (how == 4)
		memset(malloc(1 << 20), 1, 1 << 20);
}

static int counter_load(void *state, int64_t version,
			struct lunatic_reader *value)
{
	struct counter *counter = state;

	(void)version;
	lunatic_read_tuple(value, 3);
	counter->next = lunatic_read_int(value);
	counter->wrong = lunatic_read_int(value);
	counter->number = lunatic_read_int(value);
	if (BAD == 5 && counter->number % 100 == 99)
		fail_to_load(1);
	fail_to_load(BAD);
	return BAD == 2;
}

static const struct lunatic_server counter_server = {
	.kind = "counter",
	.state_size = sizeof(struct counter),
	.init = counter_init,
	.call = counter_call,
	.cast = counter_cast,
	.save = counter_save,
	.load = counter_load,
};

static const struct lunatic_server *const servers[] = { &counter_server, NULL };

LUNATIC_UPGRADES(.version = VERSION, .servers = servers);

/* ---- Clients ---- */

struct job {
	int64_t first; /* number of its first server */
	int64_t count;
	int64_t ms;
};

struct share {
	struct lunatic_proc *procs;
	int64_t count;
	int64_t sent; /* to each */
	int64_t old;  /* servers of version 1 in the end */
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void stop(const char *what)
{
	printf("failed: %s\n", what);
	exit(1);
}

static void start(struct share *share, int64_t first)
{
	share->procs = calloc((size_t)share->count, sizeof(share->procs[0]));
	for (int64_t i = 0; i < share->count; i++) {
		struct lunatic_writer argument;

		lunatic_mail_begin(&argument, 0);
		lunatic_write_int(&argument, first + i);
		if (lunatic_server_start(&share->procs[i], NULL,
					 &counter_server, &argument) != 0)
			stop("a server cannot be started");
	}
}

static void cast(struct lunatic_proc proc, int64_t number)
{
	struct lunatic_writer mail;

	lunatic_mail_begin(&mail, 0);
	lunatic_write_int(&mail, number);
	lunatic_mail_send(&mail, proc);
}

/* The number is the last one that counts, so all before have come. */
static void call(struct share *share, struct lunatic_proc proc, int64_t number)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;
	int64_t next, wrong, version;

	lunatic_request_begin(&request);
	lunatic_write_int(&request, number);
	if (lunatic_request_send(&request, proc, &reply, MS_WAIT) != 0)
		stop("no answer");
	lunatic_read_tuple(&reply, 3);
	next = lunatic_read_int(&reply);
	wrong = lunatic_read_int(&reply);
	version = lunatic_read_int(&reply);
	if (lunatic_reader_end(&reply) != 0 || next != number + 1 || wrong != 0)
		stop("a message was lost, or came twice, or too early");
	share->old += version == 1;
}

static void feed(struct share *share)
{
	bool calls = share->sent % CALL_EVERY == CALL_EVERY - 1;

	share->old = 0;
	for (int64_t i = 0; i < share->count; i++) {
		if (calls)
			call(share, share->procs[i], share->sent);
		else
			cast(share->procs[i], share->sent);
	}
	share->sent++;
}

static bool is_over(int64_t ms, int64_t end)
{
	return ms > 0 ? now() >= end : access("stop", F_OK) == 0;
}

static void client(const void *data, size_t size)
{
	struct lunatic_reader mail;
	struct lunatic_proc main_proc;
	struct lunatic_writer answer;
	struct share share = { .procs = NULL };
	struct job job;
	int64_t end;

	memcpy(&job, data, size);
	lunatic_receive(&mail, LUNATIC_FOREVER);
	main_proc = lunatic_read_proc(&mail);
	share.count = job.count;
	start(&share, job.first);
	end = now() + job.ms;
	while (!is_over(job.ms, end))
		feed(&share);
	/* So all are called again after the end: the last version answers. */
	do
		feed(&share);
	while (share.sent % CALL_EVERY != 0);
	lunatic_mail_begin(&answer, 0);
	lunatic_write_array(&answer, 2);
	lunatic_write_int(&answer, share.sent * share.count);
	lunatic_write_int(&answer, share.old);
	lunatic_mail_send(&answer, main_proc);
	/* The servers end with the program. */
	lunatic_receive(&mail, LUNATIC_FOREVER);
}

/* ---- The program ---- */

static void upgrade(const char *path, int flags)
{
	const size_t room = 4 << 20;
	unsigned char *bytes = malloc(room); /* only who upgrades needs it */
	struct lunatic_upgraded result;
	FILE *file = fopen(path, "r");
	size_t size;
	int status;

	if (file == NULL || bytes == NULL)
		stop("the new version is not there");
	size = fread(bytes, 1, room, file);
	fclose(file);
	status = lunatic_upgrade(NULL, bytes, size, 2000, flags, &result);
	free(bytes);
	if (status != 0)
		printf("%s\n", lunatic_status_text(status));
	printf("upgraded %llu refused %llu failed %llu timed out %llu waiting "
	       "%llu ended %llu back %llu stuck %llu\n",
	       (unsigned long long)result.upgraded,
	       (unsigned long long)result.refused,
	       (unsigned long long)result.failed,
	       (unsigned long long)result.timed_out,
	       (unsigned long long)result.waiting,
	       (unsigned long long)result.ended,
	       (unsigned long long)result.back,
	       (unsigned long long)result.stuck);
}

LUNATIC_MAIN(argc, argv)
{
	int64_t servers_count = argc > 1 ? atoll(argv[1]) : 100;
	int64_t clients = argc > 2 ? atoll(argv[2]) : 4;
	int64_t ms = argc > 3 ? atoll(argv[3]) : 1000;
	int64_t messages = 0, old = 0;

	for (int64_t i = 0; i < clients; i++) {
		struct job job = { .first = i * (servers_count / clients),
				   .count = servers_count / clients,
				   .ms = ms };
		struct lunatic_writer mail;
		struct lunatic_proc proc;

		lunatic_spawn_bytes(&proc, NULL, client, &job, sizeof(job));
		lunatic_mail_begin(&mail, 0);
		lunatic_write_proc(&mail, lunatic_proc_self());
		lunatic_mail_send(&mail, proc);
	}
	if (argc > 4) {
		lunatic_sleep(ms / 2);
		upgrade(argv[4], argc > 5 ? atoi(argv[5]) : 0);
	}
	for (int64_t i = 0; i < clients; i++) {
		struct lunatic_reader mail;

		if (lunatic_receive(&mail, MS_WAIT + ms) != LUNATIC_MESSAGE)
			stop("a client does not answer");
		lunatic_read_tuple(&mail, 2);
		messages += lunatic_read_int(&mail);
		old += lunatic_read_int(&mail);
	}
	printf("%lld messages, none lost; old %lld new %lld\n",
	       (long long)messages, (long long)old,
	       (long long)(servers_count - old));
	return messages > 0 ? 0 : 1;
}
