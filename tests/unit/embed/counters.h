/*
 * Counters that are upgraded, for the tests of that, and who asks them.
 */
#ifndef LN_TEST_EMBED_COUNTERS_H
#define LN_TEST_EMBED_COUNTERS_H

#include <lunatic/upgrade.h>

#include "fixture.h"

/*
 * A counter. Its memory: at 0 the number, at 16 a buffer. A message of tag 1
 * adds the step of its version and sends the number back under tag 9 as data,
 * with its version in the upper half; one of tag 2 computes for ever; one of
 * tag 3 returns. %s: the module's own functions to save and load.
 */
#define GUEST(step, version, functions)                                    \
	"(module"                                                          \
	" (import \"lunatic::message\" \"receive\""                        \
	"  (func $receive (param i32 i32 i32) (result i32)))"              \
	" (import \"lunatic::message\" \"get_tag\""                        \
	"  (func $tag (result i64)))"                                      \
	" (import \"lunatic::message\" \"take_process\""                   \
	"  (func $take (param i64) (result i64)))"                         \
	" (import \"lunatic::message\" \"create_data\""                    \
	"  (func $create (param i64 i64)))"                                \
	" (import \"lunatic::message\" \"write_data\""                     \
	"  (func $write (param i32 i32) (result i32)))"                    \
	" (import \"lunatic::message\" \"send\" (func $send (param i64)))" \
	" (import \"lunatic::process\" \"sleep_ms\""                       \
	"  (func $sleep (param i64)))"                                     \
	" (import \"lunatic::process\" \"this\""                           \
	"  (func $this (result i64)))"                                     \
	" (import \"lunatic::process\" \"kill\""                           \
	"  (func $kill (param i64)))"                                      \
	" (import \"wasi_snapshot_preview1\" \"proc_exit\""                \
	"  (func $exit (param i32)))"                                      \
	" (memory (export \"memory\") 1)"                                  \
	" (func $loop (local $client i64) (local $t i64)"                  \
	"  (loop $next"                                                    \
	"   (drop (call $receive (i32.const 0) (i32.const 0)"              \
	"    (i32.const -1)))"                                             \
	"   (local.set $t (call $tag))"                                    \
	"   (if (i64.eq (local.get $t) (i64.const 1)) (then"               \
	"    (local.set $client (call $take (i64.const 0)))"               \
	"    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0))"   \
	"     (i32.const " #step ")))"                                     \
	"    (i32.store (i32.const 4) (i32.const " #version "))"           \
	"    (call $create (i64.const 9) (i64.const 8))"                   \
	"    (drop (call $write (i32.const 0) (i32.const 8)))"             \
	"    (call $send (local.get $client))))"                           \
	"   (if (i64.eq (local.get $t) (i64.const 2)) (then"               \
	"    (loop $l (br $l))))"                                          \
	"   (br_if $next (i64.ne (local.get $t) (i64.const 3)))))"         \
	" (func (export \"start\") (call $loop))"                          \
	" (func (export \"lunatic_version\") (result i64)"                 \
	"  (i64.const " #version "))" functions ")"

#define SAVE                                                    \
	" (func (export \"lunatic_save\") (result i64)"         \
	"  (i32.store (i32.const 16) (i32.load (i32.const 0)))" \
	"  (i64.or (i64.const 16) (i64.shl (i64.const 4)"       \
	"   (i64.const 32))))"
#define ALLOC                                                        \
	" (func (export \"lunatic_alloc\") (param i32) (result i32)" \
	"  (i32.const 16))"
#define LOAD                                                                \
	" (func (export \"lunatic_load\") (param i64 i32 i32) (result i32)" \
	"  (i32.store (i32.const 0) (i32.load (local.get 1)))"              \
	"  (i32.const 0))"
#define RESUME " (func (export \"lunatic_resume\") (call $loop))"
#define GOOD SAVE ALLOC LOAD RESUME

#define SAVE_BEGIN " (func (export \"lunatic_save\") (result i64) "
#define LOAD_BEGIN \
	" (func (export \"lunatic_load\") (param i64 i32 i32) (result i32) "
#define SAVES(body) SAVE_BEGIN body ")" ALLOC LOAD RESUME
#define LOADS(body) SAVE ALLOC LOAD_BEGIN body ")" RESUME

/* Recurses until there is no stack left. */
#define DEEP                                                          \
	"(func $deep (param i32) (result i32) (i32.add (i32.const 1)" \
	" (call $deep (i32.add (local.get 0) (i32.const 1)))))"

static const char first[] = GUEST(1, 1, GOOD);
static const char second[] = GUEST(10, 2, GOOD);

#define MANY 200 /* that a crowd may have */

struct crowd {
	lunatic_rt_module *module;
	lunatic_rt_process *list[MANY];
	size_t count;
};

static inline void gather(struct fixture *fixture, struct crowd *crowd,
			  const char *text, size_t count)
{
	crowd->module = compile(fixture->environment, text);
	crowd->count = count;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
			lunatic_rt_process_spawn(crowd->module, "start", NULL,
						 0, 0, &crowd->list[i], NULL),
			0);
}

static inline void disperse(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++) {
		lunatic_rt_process_kill(crowd->list[i]);
		finish(crowd->list[i]);
	}
	lunatic_rt_module_release(crowd->module);
}

/* What a counter is asked by a native process. */
struct asking {
	lunatic_rt_process *counter;
	int64_t timeout;
	int error;
	uint32_t number;
	uint32_t version;
};

static inline int ask(lunatic_rt_process *self, void *argument)
{
	struct asking *asking = argument;
	lunatic_rt_message *message;
	uint32_t data[2] = { 0 };
	size_t count = 0;
	int64_t tag = 9;
	uint64_t index;

	asking->error = lunatic_rt_message_new(1, &message);
	if (asking->error < 0)
		return 1;
	lunatic_rt_message_push_process(message, self, &index);
	lunatic_rt_send(asking->counter, message);
	asking->error = lunatic_rt_receive(&tag, 1, asking->timeout, &message);
	if (asking->error < 0)
		return 0;
	lunatic_rt_message_read(message, data, sizeof(data), &count);
	lunatic_rt_message_free(message);
	asking->number = data[0];
	asking->version = data[1];
	return 0;
}

static inline struct asking add(struct fixture *fixture,
				lunatic_rt_process *counter)
{
	struct asking asking = { .counter = counter, .timeout = 20000 };

	run(fixture->environment, ask, &asking);
	assert_int_equal(asking.error, 0);
	return asking;
}

static inline void expect(struct fixture *fixture, lunatic_rt_process *counter,
			  uint32_t number, uint32_t version)
{
	struct asking asking = add(fixture, counter);

	assert_int_equal(asking.number, number);
	assert_int_equal(asking.version, version);
}

/* NULL for `config`: with all the time that a busy machine takes. */
static inline int upgrade(struct crowd *crowd, const char *text,
			  const lunatic_rt_upgrade_config *config,
			  lunatic_rt_upgrade_result *result, char **report)
{
	char *error = NULL;
	char *own = NULL;
	lunatic_rt_upgrade_config patient;
	int code;

	lunatic_rt_upgrade_config_init(&patient, sizeof(patient));
	patient.timeout_ms = 60000;
	patient.process_timeout_ms = 60000;
	code = lunatic_rt_upgrade(crowd->module, text, strlen(text),
				  config != NULL ? config : &patient, result,
				  sizeof(*result),
				  report != NULL ? report : &own, &error);
	if (error != NULL)
		print_message("%s\n", error);
	if (own != NULL)
		print_message("%s\n", own);
	lunatic_rt_string_free(error);
	lunatic_rt_string_free(own);
	return code;
}

#endif
