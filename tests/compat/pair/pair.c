/*
 * The C half of a pair that talks to ../rust/src/bin/pair.rs, or to the same in
 * another language, whose name and server are the arguments: every shape of
 * value, requests in both directions, tags and links.
 */
#include <lunatic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The struct All; `home` moves into the message. */
static void write_all(struct lunatic_writer *w, bool good,
		      struct lunatic_proc home)
{
	lunatic_write_array(w, 17);
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

/* Checks a struct All and returns `home`. */
static struct lunatic_proc read_all(struct lunatic_reader *r)
{
	NEED(lunatic_read_tuple(r, 17));
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
	return lunatic_read_proc(r);
}

/* What the other half spawns: it answers requests; anything else kills it. */
LUNATIC_EXPORT(c_server) void c_server(void)
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
		lunatic_mail_begin(&out, 0);
		lunatic_write_int(&out, -42);
		NEED(lunatic_mail_send(&out, home) == 0);
		lunatic_reply_begin(&out, &sender);
		write_all(&out, true, home);
		NEED(lunatic_reply_send(&out, &sender) == 0);
	}
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

LUNATIC_MAIN(argc, argv)
{
	const struct lunatic_param params[] = { LUNATIC_I32(-5),
						LUNATIC_I64(1ll << 40) };
	struct lunatic_module module;
	struct lunatic_spawn how = { .link = lunatic_tag_new(),
				     .module = &module };
	struct lunatic_writer mail;
	struct lunatic_reader reply;
	struct lunatic_proc server;
	int64_t tag = lunatic_tag_new();

	load("pair.wasm", &module);
	lunatic_links_catch();
	NEED(lunatic_spawn_export(&server, &how,
				  argc > 2 ? argv[2] : "rust_server", params,
				  2) == 0);
	lunatic_mail_begin(&mail, 0);
	lunatic_write_array(&mail, 2);
	lunatic_write_str(&mail, "context");
	lunatic_write_int(&mail, tag);
	NEED(lunatic_mail_send(&mail, server) == 0);
	send_number(server, tag + 1, 1);
	send_number(server, tag, 2);
	for (int i = 0; i < 100; i++)
		ask(server, tag);

	lunatic_request_begin(&mail);
	write_all(&mail, false, lunatic_proc_self());
	NEED(lunatic_request_send(&mail, server, &reply, 20000) ==
	     LUNATIC_EDIED);
	NEED(lunatic_receive(&reply, 20000) == LUNATIC_LINK_DIED);
	NEED(lunatic_mail_tag() == how.link);
	printf("C asked %s\n", argc > 1 ? argv[1] : "Rust");
	return 0;
}
