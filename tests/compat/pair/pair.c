/*
 * The C half of a pair that talks to ../rust/src/bin/pair.rs, or to the same in
 * another language: every shape of value, requests in both directions, tags and
 * links. With LANGUAGE SERVER it asks pair.wasm; with MODULE ASKER MODULE
 * SERVER it has the one ask the other, and only brings them together; with
 * "supervise" MODULE SERVER a supervisor in C has that server below it.
 */
#include <lunatic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 20
#define LARGE 70000
#define TEXT "a text of more than thirty-one bytes"

#define NEED(condition)                                              \
	do {                                                         \
		if (!(condition)) {                                  \
			fprintf(stderr, "pair.c:%d: %s\n", __LINE__, \
				#condition);                         \
			exit(1);                                     \
		}                                                    \
	} while (0)

static void write_shapes(struct lunatic_writer *w)
{
	lunatic_write_array(w, 4);
	lunatic_write_variant(w, 0);
	lunatic_write_nil(w);
	lunatic_write_variant(w, 1);
	lunatic_write_uint(w, 7);
	lunatic_write_variant(w, 2);
	lunatic_write_array(w, 2);
	lunatic_write_int(w, -1);
	lunatic_write_str(w, "two");
	lunatic_write_variant(w, 3);
	lunatic_write_array(w, 2);
	lunatic_write_f64(w, 2.5);
	lunatic_write_bool(w, false);
}

static void write_lists(struct lunatic_writer *w)
{
	lunatic_write_array(w, 20);
	for (int i = 0; i < 20; i++)
		lunatic_write_int(w, i * 100 - 1000);
	lunatic_write_array(w, 3);
	lunatic_write_int(w, 1);
	lunatic_write_int(w, 127);
	lunatic_write_int(w, 128);
	lunatic_write_map(w, 2);
	lunatic_write_str(w, "one");
	lunatic_write_int(w, 1);
	lunatic_write_str(w, "two");
	lunatic_write_int(w, 200000);
	lunatic_write_bin(w, "\0\377\7", 3);
	lunatic_write_array(w, 2);
	lunatic_write_int(w, 0);
	lunatic_write_int(w, 255);
}

static const int64_t widths[] = {
	0,         127,    128,        255,           256,
	65535,     65536,  UINT32_MAX, 1ll << 32,     INT64_MAX,
	-1,        -32,    -33,        INT8_MIN,      -129,
	INT16_MIN, -32769, INT32_MIN,  -4294967296ll,
};
#define WIDTHS (sizeof(widths) / sizeof(widths[0]))

#define SCRIPTS "日本語, é, 🌕"

/* Of both, all forms of a length; and nothing of each. */
static void write_lengths(struct lunatic_writer *w)
{
	static char large[LARGE];

	lunatic_write_array(w, WIDTHS);
	for (size_t i = 0; i < WIDTHS; i++)
		lunatic_write_int(w, widths[i]);
	lunatic_write_array(w, 4);
	lunatic_write_str(w, "");
	lunatic_write_bin(w, "", 0);
	lunatic_write_array(w, 0);
	lunatic_write_map(w, 0);
	memset(large, 'x', LARGE);
	lunatic_write_array(w, 3);
	lunatic_write_str(w, SCRIPTS);
	lunatic_write_strn(w, large, 300);
	lunatic_write_strn(w, large, LARGE);
	for (int i = 0; i < LARGE; i++)
		large[i] = (char)(i * 7);
	lunatic_write_array(w, 3);
	lunatic_write_bin(w, large, 300);
	lunatic_write_bin(w, large, LARGE);
	lunatic_write_array(w, LARGE);
	for (int i = 0; i < LARGE; i++)
		lunatic_write_bool(w, i % 3 == 0);
	/* [[["deep"], []], []] */
	lunatic_write_array(w, 2);
	lunatic_write_array(w, 2);
	lunatic_write_array(w, 1);
	lunatic_write_str(w, "deep");
	lunatic_write_array(w, 0);
	lunatic_write_array(w, 0);
}

/* The struct All; `home` moves into the message. */
static void write_all(struct lunatic_writer *w, bool good,
		      struct lunatic_proc home)
{
	lunatic_write_array(w, 22);
	lunatic_write_bool(w, good);
	lunatic_write_array(w, 5);
	lunatic_write_int(w, INT8_MIN);
	lunatic_write_int(w, -129);
	lunatic_write_int(w, INT32_MIN);
	lunatic_write_int(w, INT64_MIN);
	lunatic_write_uint(w, UINT64_MAX);
	lunatic_write_array(w, 2);
	lunatic_write_f32(w, 0.5f);
	lunatic_write_f64(w, -1e300);
	lunatic_write_str(w, "ß");
	lunatic_write_str(w, TEXT);
	lunatic_write_array(w, 0);
	lunatic_write_int(w, -33);
	lunatic_write_nil(w);
	lunatic_write_nil(w);
	lunatic_write_uint(w, 65536);
	write_lists(w);
	write_shapes(w);
	write_lengths(w);
	lunatic_write_proc(w, home);
}

static void need_str(struct lunatic_reader *r, const char *want)
{
	char text[64];

	lunatic_read_str(r, text, sizeof(text));
	NEED(strcmp(text, want) == 0);
}

static void read_shapes(struct lunatic_reader *r)
{
	NEED(lunatic_read_tuple(r, 4));
	NEED(lunatic_read_variant(r) == 0);
	lunatic_read_nil(r);
	NEED(lunatic_read_variant(r) == 1);
	NEED(lunatic_read_u32(r) == 7);
	NEED(lunatic_read_variant(r) == 2);
	NEED(lunatic_read_tuple(r, 2));
	NEED(lunatic_read_int(r) == -1);
	need_str(r, "two");
	NEED(lunatic_read_variant(r) == 3);
	NEED(lunatic_read_tuple(r, 2));
	NEED(lunatic_read_f64(r) == 2.5);
	NEED(lunatic_read_some(r));
	NEED(!lunatic_read_bool(r));
}

static void read_lists(struct lunatic_reader *r)
{
	unsigned char bytes[3];

	NEED(lunatic_read_tuple(r, 20));
	for (int i = 0; i < 20; i++)
		NEED(lunatic_read_int(r) == i * 100 - 1000);
	NEED(lunatic_read_tuple(r, 3));
	NEED(lunatic_read_int(r) == 1);
	NEED(lunatic_read_int(r) == 127);
	NEED(lunatic_read_int(r) == 128);
	NEED(lunatic_read_map(r) == 2);
	need_str(r, "one");
	NEED(lunatic_read_int(r) == 1);
	need_str(r, "two");
	NEED(lunatic_read_int(r) == 200000);
	NEED(lunatic_read_bin(r, bytes, sizeof(bytes)) == 3);
	NEED(memcmp(bytes, "\0\377\7", 3) == 0);
	NEED(lunatic_read_tuple(r, 2));
	NEED(lunatic_read_int(r) == 0);
	NEED(lunatic_read_int(r) == 255);
}

static void need_large(struct lunatic_reader *r, bool text, size_t size)
{
	static char large[LARGE + 1];

	if (text)
		NEED(lunatic_read_str(r, large, sizeof(large)) == size);
	else
		NEED(lunatic_read_bin(r, large, sizeof(large)) == size);
	for (size_t i = 0; i < size; i++)
		NEED(large[i] == (text ? 'x' : (char)(i * 7)));
}

static void read_lengths(struct lunatic_reader *r)
{
	unsigned char byte;

	NEED(lunatic_read_tuple(r, WIDTHS));
	for (size_t i = 0; i < WIDTHS; i++)
		NEED(lunatic_read_int(r) == widths[i]);
	NEED(lunatic_read_tuple(r, 4));
	need_str(r, "");
	NEED(lunatic_read_bin(r, &byte, 1) == 0);
	NEED(lunatic_read_tuple(r, 0));
	NEED(lunatic_read_map(r) == 0);
	NEED(lunatic_read_tuple(r, 3));
	need_str(r, SCRIPTS);
	need_large(r, true, 300);
	need_large(r, true, LARGE);
	NEED(lunatic_read_tuple(r, 3));
	need_large(r, false, 300);
	need_large(r, false, LARGE);
	NEED(lunatic_read_tuple(r, LARGE));
	for (int i = 0; i < LARGE; i++)
		NEED(lunatic_read_bool(r) == (i % 3 == 0));
	NEED(lunatic_read_tuple(r, 2));
	NEED(lunatic_read_tuple(r, 2));
	NEED(lunatic_read_tuple(r, 1));
	need_str(r, "deep");
	NEED(lunatic_read_tuple(r, 0));
	NEED(lunatic_read_tuple(r, 0));
}

/* Checks a struct All and returns `home`. */
static struct lunatic_proc read_all(struct lunatic_reader *r)
{
	NEED(lunatic_read_tuple(r, 22));
	NEED(lunatic_read_bool(r));
	NEED(lunatic_read_tuple(r, 5));
	NEED(lunatic_read_int(r) == INT8_MIN);
	NEED(lunatic_read_int(r) == -129);
	NEED(lunatic_read_i32(r) == INT32_MIN);
	NEED(lunatic_read_int(r) == INT64_MIN);
	NEED(lunatic_read_uint(r) == UINT64_MAX);
	NEED(lunatic_read_tuple(r, 2));
	NEED(lunatic_read_f32(r) == 0.5f);
	NEED(lunatic_read_f64(r) == -1e300);
	need_str(r, "ß");
	need_str(r, TEXT);
	NEED(lunatic_read_tuple(r, 0));
	NEED(lunatic_read_i32(r) == -33);
	lunatic_read_nil(r);
	NEED(!lunatic_read_some(r));
	NEED(lunatic_read_some(r));
	NEED(lunatic_read_u32(r) == 65536);
	read_lists(r);
	read_shapes(r);
	read_lengths(r);
	return lunatic_read_proc(r);
}

/* Answers requests; one that is not good kills it. */
static void serve(int64_t tag)
{
	for (;;) {
		struct lunatic_reader mail;
		struct lunatic_writer out;
		struct lunatic_sender sender;
		struct lunatic_proc home;

		NEED(lunatic_receive(&mail, LUNATIC_FOREVER) ==
		     LUNATIC_MESSAGE);
		NEED(lunatic_request_open(&mail) == 0);
		home = read_all(&mail);
		NEED(lunatic_request_close(&mail, &sender) == 0);
		lunatic_mail_begin(&out, tag);
		lunatic_write_int(&out, -42);
		NEED(lunatic_mail_send(&out, home) == 0);
		lunatic_reply_begin(&out, &sender);
		write_all(&out, true, home);
		NEED(lunatic_reply_send(&out, &sender) == 0);
	}
}

/* What the other half spawns. */
LUNATIC_EXPORT(c_server) void c_server(void)
{
	serve(0);
}

/* The same as those of the other languages: first a context, then a number
 * under the tag in it. */
LUNATIC_EXPORT(c_tag_server) void c_tag_server(int32_t number, int64_t big)
{
	struct lunatic_reader mail;
	int64_t tag;

	NEED(number == -5 && big == 1ll << 40);
	NEED(lunatic_receive(&mail, 20000) == LUNATIC_MESSAGE);
	NEED(lunatic_read_tuple(&mail, 2));
	need_str(&mail, "context");
	tag = lunatic_read_int(&mail);
	NEED(lunatic_receive_tagged(&mail, &tag, 1, 20000) == LUNATIC_MESSAGE);
	NEED(lunatic_read_int(&mail) == 2);
	NEED(lunatic_receive(&mail, 20000) == LUNATIC_MESSAGE);
	NEED(lunatic_read_int(&mail) == 1);
	serve(tag);
}

static void load(const char *path, struct lunatic_module *module)
{
	struct lunatic_config config = lunatic_config_new(1u << 30, 0);
	struct lunatic_env env;
	const size_t room = 64u << 20;
	char *data = malloc(room);
	FILE *file = fopen(path, "rb");
	size_t size;

	NEED(data != NULL && file != NULL);
	size = fread(data, 1, room, file);
	NEED(size > 0 && size < room);
	fclose(file);
	lunatic_config_allow(config, "");
	NEED(lunatic_env_new(&env, config) == 0);
	NEED(lunatic_env_add(env, data, size, module) == 0);
	free(data);
}

static void send_number(struct lunatic_proc to, int64_t tag, uint64_t number)
{
	struct lunatic_writer mail;

	lunatic_mail_begin(&mail, tag);
	lunatic_write_uint(&mail, number);
	NEED(lunatic_mail_send(&mail, to) == 0);
}

static void ask(struct lunatic_proc server, int64_t tag)
{
	struct lunatic_writer request;
	struct lunatic_reader mail;
	struct lunatic_proc self = lunatic_proc_self();
	struct lunatic_proc home;

	lunatic_request_begin(&request);
	write_all(&request, true, lunatic_proc_self());
	NEED(lunatic_request_send(&request, server, &mail, 20000) == 0);
	home = read_all(&mail);
	NEED(lunatic_reader_end(&mail) == 0);
	NEED(lunatic_proc_same(home, self));
	lunatic_proc_drop(home);
	lunatic_proc_drop(self);
	NEED(lunatic_receive(&mail, 20000) == LUNATIC_MESSAGE);
	NEED(lunatic_mail_tag() == tag);
	NEED(lunatic_read_i32(&mail) == -42);
	NEED(lunatic_reader_end(&mail) == 0);
}

/* Spawns a server, and tells it the tag. */
static void begin(struct lunatic_proc *server, const struct lunatic_spawn *how,
		  const char *name, int64_t tag)
{
	const struct lunatic_param params[] = { LUNATIC_I32(-5),
						LUNATIC_I64(1ll << 40) };
	struct lunatic_writer mail;

	NEED(lunatic_spawn_export(server, how, name, params, 2) == 0);
	lunatic_mail_begin(&mail, 0);
	lunatic_write_array(&mail, 2);
	lunatic_write_str(&mail, "context");
	lunatic_write_int(&mail, tag);
	NEED(lunatic_mail_send(&mail, *server) == 0);
	send_number(*server, tag + 1, 1);
	send_number(*server, tag, 2);
}

/* Asks a server; in the end with what kills it. */
static void ask_all(struct lunatic_proc server, int64_t tag)
{
	struct lunatic_writer mail;
	struct lunatic_reader reply;

	for (int i = 0; i < ROUNDS; i++)
		ask(server, tag);
	lunatic_request_begin(&mail);
	write_all(&mail, false, lunatic_proc_self());
	NEED(lunatic_request_send(&mail, server, &reply, 20000) ==
	     LUNATIC_EDIED);
}

/* Asks the server of a message, whose tag is in there. Others can be spawned
 * and told in the same way. */
LUNATIC_EXPORT(c_asker) void c_asker(void)
{
	struct lunatic_reader mail;
	struct lunatic_proc server;
	int64_t tag;

	NEED(lunatic_receive(&mail, 20000) == LUNATIC_MESSAGE);
	NEED(lunatic_read_tuple(&mail, 2));
	server = lunatic_read_proc(&mail);
	tag = lunatic_read_int(&mail);
	NEED(lunatic_reader_end(&mail) == 0);
	ask_all(server, tag);
}

/* Has an asker of one module ask a server of another one. */
static void bring_together(char **words)
{
	struct lunatic_module modules[2];
	struct lunatic_spawn how = { .module = &modules[1] };
	struct lunatic_proc server;
	struct lunatic_proc asker;
	struct lunatic_writer mail;
	struct lunatic_reader reply;
	int64_t tag = lunatic_tag_new();
	int64_t end;

	load(words[0], &modules[0]);
	load(words[2], &modules[1]);
	begin(&server, &how, words[3], tag);
	how.module = &modules[0];
	NEED(lunatic_spawn_export(&asker, &how, words[1], NULL, 0) == 0);
	end = lunatic_proc_monitor(asker);
	lunatic_mail_begin(&mail, 0);
	lunatic_write_array(&mail, 2);
	lunatic_write_proc(&mail, server);
	lunatic_write_int(&mail, tag);
	NEED(lunatic_mail_send(&mail, asker) == 0);
	NEED(lunatic_receive_tagged(&reply, &end, 1, 60000) == LUNATIC_ENDED);
	NEED(lunatic_mail_end().reason == LUNATIC_RETURNED);
	puts("passed");
}

/* A worker of another language below a supervisor in C: this process starts it,
 * and ends as it does. The data are the names of its module and of its
 * function.
 */
static void foreign(const struct lunatic_child *self)
{
	const char *file = self->data;
	struct lunatic_module module;
	struct lunatic_spawn how = { .link = lunatic_tag_new(),
				     .module = &module };
	struct lunatic_proc worker;
	struct lunatic_reader mail;
	int64_t end;

	load(file, &module);
	begin(&worker, &how, file + strlen(file) + 1, -7);
	end = lunatic_proc_monitor(worker);
	NEED(lunatic_register(lunatic_env_self(), "foreign", "1.0.0", worker) ==
	     0);
	lunatic_receive_tagged(&mail, &end, 1, LUNATIC_FOREVER);
}

static const struct lunatic_child foreign_child = {
	.name = "foreign",
	.run = foreign,
};

static const struct lunatic_supervisor top = {
	.restarts = 5,
	.within = 60000,
};

/* The worker that has the name, another one than `before`. */
static struct lunatic_proc next_worker(struct lunatic_proc before)
{
	struct lunatic_proc worker;

	for (;;) {
		if (lunatic_lookup("foreign", "1", &worker) == 0) {
			if (!lunatic_proc_is(before) ||
			    !lunatic_proc_same(worker, before))
				return worker;
			lunatic_proc_drop(worker);
		}
		lunatic_sleep(1);
	}
}

static void supervise(char **words)
{
	struct lunatic_proc worker = LUNATIC_NO_PROC;
	struct lunatic_proc supervisor;
	struct lunatic_reader mail;
	char names[256];
	size_t size = strlen(words[0]) + 1;
	int64_t end;

	NEED(size + strlen(words[1]) < sizeof(names));
	strcpy(names, words[0]);
	strcpy(names + size, words[1]);
	NEED(lunatic_supervisor_start(&supervisor, NULL, &top) == 0);
	NEED(lunatic_supervisor_start_child(supervisor, &foreign_child, names,
					    size + strlen(words[1]) + 1, NULL,
					    20000) == 0);
	for (int i = 0; i < 2; i++) {
		worker = next_worker(worker);
		ask_all(worker, -7);
	}
	worker = next_worker(worker);
	ask(worker, -7);
	end = lunatic_proc_monitor(worker);
	lunatic_server_stop(supervisor);
	NEED(lunatic_receive_tagged(&mail, &end, 1, 20000) == LUNATIC_ENDED);
	NEED(lunatic_mail_end().reason == LUNATIC_KILLED);
	puts("passed");
}

LUNATIC_MAIN(argc, argv)
{
	struct lunatic_module module;
	struct lunatic_spawn how = { .link = lunatic_tag_new(),
				     .module = &module };
	struct lunatic_reader reply;
	struct lunatic_proc server;
	int64_t tag = lunatic_tag_new();

	if (argc == 5) {
		bring_together(argv + 1);
		return 0;
	}
	if (argc == 4) {
		supervise(argv + 2);
		return 0;
	}
	load("pair.wasm", &module);
	lunatic_links_catch();
	begin(&server, &how, argc > 2 ? argv[2] : "rust_server", tag);
	ask_all(server, tag);
	NEED(lunatic_receive(&reply, 20000) == LUNATIC_LINK_DIED);
	NEED(lunatic_mail_tag() == how.link);
	printf("C asked %s\n", argc > 1 ? argv[1] : "Rust");
	return 0;
}
