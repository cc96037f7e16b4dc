/*
 * A component in which one component passes texts to another one, as text: an
 * adapter of the engine transcodes them. Each text is a pattern, many times
 * over, behind a few letters or none.
 */
#ifndef LUNATIC_TESTS_GUEST_COMPONENT_TEXTS_H
#define LUNATIC_TESTS_GUEST_COMPONENT_TEXTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TEXTS 4 /* one after the other, with more and more letters */

struct texts {
	const char *from; /* encodings, as in WebAssembly text */
	const char *to;
	const uint8_t *pattern; /* in the encoding of the sender */
	uint32_t size;          /* bytes */
	uint32_t count;         /* how often it is there */
	uint32_t unit;          /* bytes, of the sender: 1 or 2 */
	uint32_t tag;           /* added to lengths that are passed */
	uint32_t step;          /* how many more letters, 1 or 2 */
	int32_t poke_at;        /* byte that is overwritten; negative: none */
	uint16_t poke;          /* with this */
	bool forever;           /* passes the first one again and again */

	/* Of what arrives: its length as it is passed, bytes, FNV-1a. Nothing
	 * is compared where no length is given. */
	uint32_t length[TEXTS];
	uint32_t bytes[TEXTS];
	uint32_t hash[TEXTS];
};

/* clang-format off */
static const char texts_receiver[] =
"(component"
" (component $receiver"
"  (core module $m"
"   (memory (export \"memory\") 1)"
"   (data (i32.const 0) \"%s\")"
"   (global $calls (mut i32) (i32.const 0))"
"   (func (export \"realloc\") (param i32 i32 i32 i32) (result i32)"
"    (local $pages i32)"
"    (local.set $pages (i32.add (i32.const 2)"
"     (i32.shr_u (local.get 3) (i32.const 16))))"
"    (if (i32.lt_u (memory.size) (local.get $pages)) (then"
"     (drop (memory.grow (i32.sub (local.get $pages) (memory.size))))))"
"    (i32.const 65536))"
"   (func $hash (param $bytes i32) (result i32) (local $at i32)"
"    (local $hash i32)"
"    (local.set $hash (i32.const 0x811c9dc5))"
"    (loop $next (if (i32.lt_u (local.get $at) (local.get $bytes)) (then"
"     (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.load8_u"
"      (i32.add (i32.const 65536) (local.get $at)))) (i32.const 0x1000193)))"
"     (local.set $at (i32.add (local.get $at) (i32.const 1)))"
"     (br $next))))"
"    (local.get $hash))"
"   (func $is (param i32 i32)"
"    (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))"
"   (func (export \"take\") (param $at i32) (param $length i32)"
"    (local $want i32)"
"    (local.set $want (i32.mul (global.get $calls) (i32.const 12)))"
"    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))"
"    (if (i32.load (i32.const 0)) (then"
"     (call $is (local.get $length) (i32.load (local.get $want)))"
"     (call $is (call $hash (i32.load offset=4 (local.get $want)))"
"      (i32.load offset=8 (local.get $want)))))))"
"  (core instance $i (instantiate $m))"
"  (func (export \"take\") (param \"text\" string)"
"   (canon lift (core func $i \"take\") (memory (core memory $i \"memory\"))"
"    (realloc (core func $i \"realloc\")) string-encoding=%s)))";

static const char texts_sender[] =
" (component $sender"
"  (import \"take\" (func $take (param \"text\" string)))"
"  (core module $libc (memory (export \"memory\") %u))"
"  (core instance $libc (instantiate $libc))"
"  (core func $take (canon lower (func $take)"
"   (memory (core memory $libc \"memory\")) string-encoding=%s))"
"  (core module $m"
"   (import \"libc\" \"memory\" (memory 1))"
"   (import \"\" \"take\" (func $take (param i32 i32)))"
"   (func (export \"run\") (result i32) (local $done i32) (local $n i32)"
"    (local.set $done (i32.const %u))"
"    (loop $fill"
"     (local.set $n (i32.sub (i32.const %u) (local.get $done)))"
"     (if (i32.gt_u (local.get $n) (local.get $done))"
"      (then (local.set $n (local.get $done))))"
"     (memory.copy (i32.add (i32.const 64) (local.get $done))"
"      (i32.const 64) (local.get $n))"
"     (local.set $done (i32.add (local.get $done) (local.get $n)))"
"     (br_if $fill (local.get $n)))"
"    (if (i32.ge_s (i32.const %d) (i32.const 0)) (then"
"     (i32.store16 (i32.const %d) (i32.const %u))))"
"    (local.set $n (i32.const 0))"
"    (loop $next"
"     (call $take"
"      (i32.sub (i32.const 64) (i32.mul (local.get $n) (i32.const %u)))"
"      (i32.add (i32.const %u) (i32.mul (local.get $n) (i32.const %u))))"
"     (br_if $next (i32.const %u))"
"     (local.set $n (i32.add (local.get $n) (i32.const 1)))"
"     (br_if $next (i32.lt_u (local.get $n) (i32.const 4))))"
"    (i32.const 0)))"
"  (core module $data (import \"libc\" \"memory\" (memory 1))"
"   (data (i32.const 56) \"";

static const char texts_end[] = "\"))"
"  (core instance (instantiate $data (with \"libc\" (instance $libc))))"
"  (core instance $i (instantiate $m (with \"libc\" (instance $libc))"
"   (with \"\" (instance (export \"take\" (func $take))))))"
"  (func $run (result (result)) (canon lift (core func $i \"run\")))"
"  (instance $run (export \"run\" (func $run)))"
"  (export \"run\" (instance $run)))"
" (instance $r (instantiate $receiver))"
" (instance $s (instantiate $sender (with \"take\" (func $r \"take\"))))"
" (export \"wasi:cli/run@0.2.0\" (instance $s \"run\")))";
/* clang-format on */

/* Terminated; there until the next call. */
static inline const char *texts_component(const struct texts *texts)
{
	static char text[16384];
	uint32_t total = texts->size * texts->count;
	char want[TEXTS * 12 * 3 + 1] = "";
	size_t len = 0;

	for (int i = 0; i < TEXTS; i++) {
		const uint32_t words[] = { texts->length[i], texts->bytes[i],
					   texts->hash[i] };

		for (int byte = 0; byte < 12; byte++)
			len += (size_t)snprintf(
				want + len, sizeof(want) - len, "\\%02x",
				words[byte / 4] >> (byte % 4 * 8) & 0xff);
	}
	len = 0;
#define ADD(...) \
	len += (size_t)snprintf(text + len, sizeof(text) - len, __VA_ARGS__)
	ADD(texts_receiver, want, texts->to);
	ADD(texts_sender, total / 65536 + 2, texts->from, texts->size, total,
	    texts->poke_at, texts->poke_at + 64, texts->poke,
	    texts->unit * texts->step, total / texts->unit | texts->tag,
	    texts->step, texts->forever);
	for (uint32_t i = 0; i < 8; i += texts->unit)
		ADD("a%s", texts->unit == 2 ? "\\00" : "");
	for (uint32_t i = 0; i < texts->size; i++)
		ADD("\\%02x", texts->pattern[i]);
	ADD("%s", texts_end);
#undef ADD
	return text;
}

#endif
