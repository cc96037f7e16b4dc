/* Components that wait for sockets in wasi:io/poll, parked.h. Each process is
 * one, beside the processes of this module that start and kill them. */
#include "../guest/networking/net.h"

#include "../guest/component/sockets.h"
#include "parked.h"

/* clang-format off */
/* `$prepare` gives a pollable that is not ready, unless it says otherwise. */
static const char listens[] = TEXT(
  (func $prepare (result i32)
    (call $tcp-subscribe (call $listen (i32.const 9)))));

static const char connects[] = TEXT(
  (func $prepare (result i32) (local $s i32)
    (local.set $s (call $new (i32.const 0) (i32.const 9)))
    (call $start-connect-to (local.get $s) (i32.const 127) (call $deaf))
    (call $fine (i32.const 9))
    (call $tcp-subscribe (local.get $s))));

static const char pair[] = TEXT(
  (global $out (mut i32) (i32.const 0))
  (global $in (mut i32) (i32.const 0))
  (func $pair (local $l i32)
    (local.set $l (call $listen (i32.const 9)))
    (drop (call $connect (call $port-of (local.get $l) (i32.const 9))
      (i32.const 9)))
    (call $accept-one (local.get $l) (i32.const 9))
    (global.set $in (i32.load (i32.const 24)))
    (global.set $out (i32.load (i32.const 28)))));

static const char reads[] = TEXT(
  (func $prepare (result i32)
    (call $pair)
    (call $subscribe-input (global.get $in))));

static const char fills[] = TEXT(
  (func $prepare (result i32) (local $n i32)
    (call $pair)
    (loop $more
      (call $check-write (global.get $out) (i32.const 16))
      (call $fine (i32.const 9))
      (local.set $n (i32.load (i32.const 24)))
      (if (local.get $n) (then
        (call $write (global.get $out) (i32.const 1024) (local.get $n)
          (i32.const 16))
        (call $fine (i32.const 9))
        (br $more))))
    (call $subscribe-output (global.get $out))));

/* Writes more than there is room for, always. */
static const char writes[] = TEXT(
  (func $prepare (result i32)
    (call $pair)
    (loop $more
      (call $write (global.get $out) (i32.const 1024) (i32.const 65536)
        (i32.const 16))
      (br $more))
    (i32.const 0)));

static const char receives[] = TEXT(
  (func $prepare (result i32)
    (call $stream-to (call $bound-udp (i32.const 9)) (i32.const 0)
      (i32.const 0) (i32.const 0))
    (call $subscribe-incoming (i32.load (i32.const 20)))));

/* Is soon over, and done again: killed in it, or between. */
static const char resolves[] = TEXT(
  (data (i32.const 1024) "localhost")
  (func $prepare (result i32) (local $s i32)
    (loop $more
      (call $resolve (global.get $net) (i32.const 1024) (i32.const 9)
        (i32.const 16))
      (call $fine (i32.const 9))
      (local.set $s (i32.load (i32.const 20)))
      (call $wait (call $subscribe-names (local.get $s)))
      (call $drop-names (local.get $s))
      (br $more))
    (i32.const 0)));

/* Waits for the pollable for ever, or for some milliseconds. */
static const char waits[] = TEXT(
  (func (export "run") (result i32) (local $p i32)
    (drop (call $start))
    (local.set $p (call $prepare))
    (if (i32.eqz (call $timeout)) (then
      (call $wait (local.get $p))
      (return (i32.const 0))))
    (i32.store (i32.const 512) (local.get $p))
    (i32.store (i32.const 516) (call $after (i64.mul (i64.const 1000000)
      (i64.extend_i32_u (call $timeout)))))
    (call $poll (i32.const 512) (i32.const 2) (i32.const 16))
    (call $want (i32.load (i32.load (i32.const 16))) (i32.const 1)
      (i32.const 2))
    (call $exit (i32.const 1))
    (i32.const 0)));
/* clang-format on */

struct victim {
	const char *pair;
	const char *prepare;
};

static const struct victim victims[] = {
	{ "", connects }, { "", listens },  { pair, reads },  { pair, fills },
	{ pair, writes }, { "", receives }, { "", resolves },
};

static uint64_t add(int call, uint32_t timeout)
{
	static char fields[16384];
	const char *text;
	uint64_t module;

	snprintf(fields, sizeof(fields),
		 "(func $deaf (result i32) (i32.const %u))"
		 "(func $timeout (result i32) (i32.const %u)) %s %s %s",
		 deaf_port, timeout, victims[call].pair, victims[call].prepare,
		 waits);
	text = sockets_component(fields);
	CHECK_EQ(lunatic_process_add_module(lunatic_process_this_env(), text,
					    strlen(text), &module),
		 OK);
	return module;
}

static void start_linked(uint64_t module, int64_t link)
{
	uint64_t process;

	CHECK_EQ(lunatic_process_spawn(link, module, "_start", 6, NULL, 0,
				       &process),
		 OK);
	lunatic_process_drop_process(process);
}

static void nothing(void)
{
}

/* Modules of the call that is timed: by its timeout, of 1 to 3. */
static uint64_t timed[4];

static void times_out(int call, uint32_t timeout)
{
	if (timed[timeout] == 0)
		timed[timeout] = add(call, timeout);
	start_linked(timed[timeout], 1);
	expect_link_died(1);
}

static void drop_timed(void)
{
	for (int i = 1; i < 4; i++) {
		if (timed[i] != 0)
			lunatic_process_drop_module(timed[i]);
		timed[i] = 0;
	}
}

#define IN_TIME_OF(name, call)             \
	static void name(uint32_t timeout) \
	{                                  \
		times_out(call, timeout);  \
	}
IN_TIME_OF(connect_in_time, 0)
IN_TIME_OF(listen_in_time, 1)
IN_TIME_OF(read_in_time, 2)
IN_TIME_OF(fill_in_time, 3)
IN_TIME_OF(receive_in_time, 5)

const struct call calls[] = {
	{ "connect", nothing, NULL, connect_in_time, drop_timed },
	{ "listen", nothing, NULL, listen_in_time, drop_timed },
	{ "read", nothing, NULL, read_in_time, drop_timed },
	{ "fill", nothing, NULL, fill_in_time, drop_timed },
	{ "write", nothing, NULL, NULL, NULL },
	{ "receive", nothing, NULL, receive_in_time, drop_timed },
	{ "resolve", nothing, NULL, NULL, NULL },
};

const int call_count = sizeof(calls) / sizeof(*calls);

/* What the boss is to do: sent by the one that spawned it. */
struct work {
	int32_t call;
	int32_t count;
	uint16_t deaf_port;
};

/* Takes with it those that are linked to it. */
ENTRY(boss)(void)
{
	struct work work;
	uint64_t parent, module;

	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_read_data(&work, sizeof(work)), sizeof(work));
	deaf_port = work.deaf_port;
	parent = lunatic_message_take_process(0);
	module = add(work.call, 0);
	for (int i = 0; i < work.count; i++)
		start_linked(module, i + 1);
	send_number(parent, READY, 0);
	CHECK_EQ(receive_tag(FAIL, 0), DATA);
	_Exit(1);
}

static uint64_t hold(int call, int count)
{
	struct work work = { call, count, deaf_port };
	uint64_t id = spawn("boss", 1);

	lunatic_message_create_data(0, 0);
	lunatic_message_write_data(&work, sizeof(work));
	CHECK_EQ(lunatic_message_push_process(lunatic_process_this()), 0);
	lunatic_message_send(id);
	CHECK_EQ(receive_any(0), DATA);
	return id;
}

static void fail(uint64_t id)
{
	send_number(id, FAIL, 0);
	lunatic_process_drop_process(id);
	expect_link_died(1);
}
