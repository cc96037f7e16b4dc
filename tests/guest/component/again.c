// Instances of components are used again: whatever a life has changed, in each
// of its core instances and of its handles, and however it has ended, the next
// one sees what the first one saw.
//
// engine: wasmtime
// options: --report
// stdout: passed
// stderr~ kept in .*, [1-9][0-9][0-9] used again; dropped: [0-9]+ early$
#include <lunatic.h>
#include <stdio.h>
#include <string.h>

#include "../check.h"
#include "lives.h"

#define LIVES 12 // one after the other; the first two have new instances
#define MANY 40  // at the same time

// A component; %R is the body of its allocator, %E its end.
static const char text[] =
	"(component"
	"(import \"wasi:random/random@0.2.0\" (instance $random"
	" (export \"get-random-bytes\" (func (param \"len\" u64)"
	"  (result (list u8))))"
	" (export \"get-random-u64\" (func (result u64)))))"
	// Has a resource, and is called by an adapter.
	"(component $I"
	" (type $R (resource (rep i32)))"
	" (core func $new (canon resource.new $R))"
	" (core module $M"
	"  (import \"\" \"new\" (func $new (param i32) (result i32)))"
	"  (func (export \"make\") (result i32)"
	"   (call $new (i32.const 5)))"
	"  (func (export \"use\") (param i32 i32) (result i32)"
	"   (if (local.get 1) (then unreachable)) (local.get 0)))"
	" (core instance $m (instantiate $M (with \"\" (instance"
	"  (export \"new\" (func $new))))))"
	" (export $E \"r\" (type $R))"
	" (func (export \"make\") (result (own $E))"
	"  (canon lift (core func $m \"make\")))"
	" (func (export \"use\") (param \"a\" (borrow $E))"
	"  (param \"b\" u32) (result u32)"
	"  (canon lift (core func $m \"use\"))))"
	"(instance $i (instantiate $I))"
	"(component $U"
	" (import \"random\" (instance $random"
	"  (export \"get-random-bytes\" (func (param \"len\" u64)"
	"   (result (list u8))))"
	"  (export \"get-random-u64\" (func (result u64)))))"
	" (import \"i\" (instance $i"
	"  (export \"r\" (type $r (sub resource)))"
	"  (export \"make\" (func (result (own $r))))"
	"  (export \"use\" (func (param \"a\" (borrow $r))"
	"   (param \"b\" u32) (result u32)))))"
	// Owns what the other one changes.
	" (core module $A"
	"  (type $f (func (result i32)))"
	"  (memory (export \"memory\") 1 9)"
	"  (data (i32.const 8) \"first\") (data $p \"passive\")"
	"  (table $t (export \"table\") 4 9 funcref)"
	"  (table $u 1 funcref)"
	"  (elem (table $t) (i32.const 0) func $one $two)"
	"  (elem $e func $two)"
	"  (global (export \"global\") (mut i32) (i32.const 7))"
	"  (global $g (mut funcref) (ref.func $one))"
	"  (func $one (export \"one\") (result i32) (i32.const 1))"
	"  (func $two (result i32) (i32.const 2))"
	"  (func (export \"realloc\") (param i32 i32 i32 i32)"
	"   (result i32) %R)"
	"  (func (export \"look\") (result i32)"
	"   (table.set $u (i32.const 0) (global.get $g))"
	"   (memory.init $p"
	"    (i32.const 40) (i32.const 0) (i32.const 7))"
	"   (table.init $u $e"
	"    (i32.const 0) (i32.const 0) (i32.const 0))"
	"   (i32.and"
	"    (i32.eq (i32.load8_u (i32.const 46)) (i32.const 101))"
	"    (i32.eq (call_indirect $u (type $f) (i32.const 0))"
	"     (i32.const 1))))"
	"  (func (export \"soil\")"
	"   (global.set $g (ref.func $two))"
	"   (table.init $u $e"
	"    (i32.const 0) (i32.const 0) (i32.const 1))"
	"   (data.drop $p) (elem.drop $e)))"
	" (core instance $a (instantiate $A))"
	// Begins with all of it as it is in a new instance, and changes it. Its
	// own functions and an imported one are in the other one's table.
	" (core module $B"
	"  (type $f (func (result i32)))"
	"  (import \"a\" \"memory\" (memory 1))"
	"  (import \"a\" \"table\" (table $t 4 9 funcref))"
	"  (import \"a\" \"global\" (global $n (mut i32)))"
	"  (import \"a\" \"one\" (func $one (result i32)))"
	"  (import \"a\" \"look\" (func $look (result i32)))"
	"  (import \"a\" \"soil\" (func $soil))"
	"  (import \"i\" \"make\" (func $make (result i32)))"
	"  (import \"i\" \"use\""
	"   (func $use (param i32 i32) (result i32)))"
	"  (import \"h\" \"new\" (func $new (param i32) (result i32)))"
	"  (import \"h\" \"bytes\" (func $bytes (param i64 i32)))"
	"  (import \"h\" \"number\" (func $number (result i64)))"
	"  (elem (table $t) (i32.const 2) func $three $one)"
	"  (global $own (mut i32) (i32.const -3))"
	"  (global $bad (mut i32) (i32.const 0))"
	"  (func $three (result i32) (i32.const 3))"
	"  (func $is (param i32 i32)"
	"   (if (i32.ne (local.get 0) (local.get 1))"
	"    (then (global.set $bad (i32.const 1)))))"
	"  (func $in_table (param i32) (result i32)"
	"   (call_indirect $t (type $f) (local.get 0)))"
	"  (func $look_at_all"
	"   (drop (call $number))"
	"   (call $is (global.get $n) (i32.const 7))"
	"   (call $is (global.get $own) (i32.const -3))"
	"   (call $is"
	"    (i32.load8_u (i32.const 8)) (i32.const 102))"
	"   (call $is (i32.load (i32.const 60000)) (i32.const 0))"
	"   (call $is (memory.size) (i32.const 1))"
	"   (call $is (table.size $t) (i32.const 4))"
	"   (call $is"
	"    (call $in_table (i32.const 0)) (i32.const 1))"
	"   (call $is"
	"    (call $in_table (i32.const 1)) (i32.const 2))"
	"   (call $is"
	"    (call $in_table (i32.const 2)) (i32.const 3))"
	"   (call $is"
	"    (call $in_table (i32.const 3)) (i32.const 1))"
	"   (call $is (call $new (i32.const 9)) (i32.const 1))"
	"   (call $is (call $make) (i32.const 2))"
	"   (call $is (call $use (i32.const 2) (i32.const 0))"
	"    (i32.const 5))"
	"   (call $is (call $look) (i32.const 1)))"
	"  (func $change"
	"   (global.set $n (i32.const 8))"
	"   (global.set $own (i32.const 4))"
	"   (i32.store8 (i32.const 8) (i32.const 1))"
	"   (i32.store (i32.const 60000) (i32.const 1))"
	"   (drop (memory.grow (i32.const 2)))"
	"   (i32.store (i32.const 160000) (i32.const 1))"
	"   (drop"
	"    (table.grow $t (ref.null func) (i32.const 3)))"
	"   (table.fill $t"
	"    (i32.const 0) (ref.func $three) (i32.const 7))"
	"   (drop (call $new (i32.const 9)))"
	"   (drop (call $make))"
	"   (call $soil))"
	"  (func (export \"run\") (result i32)"
	"   (call $look_at_all)"
	"   (if (global.get $bad) (then (return (i32.const 1))))"
	"   (call $change) %E (i32.const 0)))"
	" (type $S (resource (rep i32)))"
	" (core func $own (canon resource.new $S))"
	" (core func $make (canon lower (func $i \"make\")))"
	" (core func $use (canon lower (func $i \"use\")))"
	" (core func $bytes"
	"  (canon lower (func $random \"get-random-bytes\")"
	"   (memory (core memory $a \"memory\"))"
	"   (realloc (core func $a \"realloc\"))))"
	" (core func $number"
	"  (canon lower (func $random \"get-random-u64\")))"
	" (core instance $m (instantiate $B"
	"  (with \"a\" (instance $a))"
	"  (with \"i\" (instance (export \"make\" (func $make))"
	"   (export \"use\" (func $use))))"
	"  (with \"h\" (instance (export \"new\" (func $own))"
	"   (export \"bytes\" (func $bytes))"
	"   (export \"number\" (func $number))))))"
	" (func (export \"run\") (result (result))"
	"  (canon lift (core func $m \"run\"))))"
	"(instance $u (instantiate $U (with \"i\" (instance $i))"
	" (with \"random\" (instance $random))))"
	"(instance $e (export \"run\" (func $u \"run\")))"
	"(export \"wasi:cli/run@0.2.0\" (instance $e)))";

#define ANSWERS "(i32.const 2048)"
#define CALL_BYTES "(call $bytes (i64.const 4) (i32.const 1024))"

static const struct {
	const char *allocator;
	const char *end;
	enum lunatic_reason reason;
} ends[] = {
	{ ANSWERS, CALL_BYTES, LUNATIC_RETURNED },
	{ ANSWERS, "unreachable", LUNATIC_TRAPPED },
	{ ANSWERS, "(loop (br 0))", LUNATIC_KILLED },
	// In a call of the host's, which the guest may not leave then.
	{ "unreachable", CALL_BYTES, LUNATIC_TRAPPED },
	{ "(loop (br 0)) unreachable", CALL_BYTES, LUNATIC_KILLED },
	// In another component, which has borrowed something.
	{ ANSWERS, "(drop (call $use (i32.const 2) (i32.const 1)))",
	  LUNATIC_TRAPPED },
};

static uint64_t add(const char *allocator, const char *end)
{
	static char whole[sizeof(text) + 256];
	size_t len = 0;
	uint64_t module;

	for (const char *at = text; *at != '\0'; at++) {
		const char *part = at[1] == 'R' ? allocator : end;

		if (*at != '%') {
			whole[len++] = *at;
			continue;
		}
		memcpy(whole + len, part, strlen(part));
		len += strlen(part);
		at++;
	}
	CHECK_EQ(lunatic_process_add_module(lunatic_process_this_env(), whole,
					    len, &module),
		 0);
	return module;
}

static void live(uint64_t module, enum lunatic_reason reason, int count)
{
	struct lunatic_proc processes[MANY];

	for (int i = 0; i < count; i++)
		processes[i] = start(module);
	if (reason == LUNATIC_KILLED) {
		lunatic_process_sleep_ms(count == 1 ? 3 : 60);
		for (int i = 0; i < count; i++)
			lunatic_proc_kill(processes[i]);
	}
	for (int i = 0; i < count; i++)
		CHECK_EQ(await().reason, reason);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		uint64_t module = add(ends[i].allocator, ends[i].end);

		for (int life = 0; life < LIVES; life++)
			live(module, ends[i].reason, 1);
		live(module, ends[i].reason, MANY);
		live(module, ends[i].reason, MANY);
	}
	puts("passed");
	return 0;
}
