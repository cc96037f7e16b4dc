/* Texts of such guests. */
#include "dirty.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Letters like $M64 are replaced; see put. */
static const char head[] =
	"(module\n"
	" (import \"test\" \"host\" (func $host))\n"
	" (import \"test\" \"act\" (func $act))\n"
	" (import \"test\" \"stop\" (func $stop))\n"
	" (type $fi (func (result i32))) (type $ff (func (param f32)))\n"
	" (global $h (mut i64) (i64.const 1469598103934665603))\n"
	" (global $gi (mut i32) (i32.const 41))\n"
	" (global $gl (mut i64) (i64.const 0x1122334455667788))\n"
	" (global $gs (mut f32) (f32.const 1.25))\n"
	" (global $gf (mut f64) (f64.const 2.5))\n"
	" (global $gv (mut v128) (v128.const i64x2 3 4))\n"
	" (global $gr (mut (ref null $fi)) (ref.func $f3))\n"
	" (global $gn (mut (ref null $fi)) (ref.null $fi))\n"
	" (global $gu (mut funcref) (ref.func $f2))\n"
	" (global $gh (mut funcref) (ref.func $stop))\n"
	" (global $gx (mut i32) (i32.add (i32.const 300) (i32.const 7)))\n"
	" (elem $declared declare func $f9 $f3 $f2 $stop)\n"
	" (data ($I.const 200) \"first content\")\n"
	" (data ($I.add ($I.const 200) ($I.const 300)) \"computed place\")\n"
	" (data $passive \"bytes of a passive segment\")\n"
	" (data $other \"another one\")\n"
	" (data ($I.const 70000) \"on the second page\")\n"
	" (data ($I.const 131064) \"\\01\\02\\03\\04\\05\\06\\07\\08\")\n"
	" (func $f1 (result i32) (i32.const 101))\n"
	" (func $f2 (result i32) (i32.const 102))\n"
	" (func $f3 (result i32) (i32.const 103))\n"
	" (func $f9 (result i32) (i32.const 109))\n"
	" (func $other_type (param f32))\n"
	" (func $mix (param $v i64)\n"
	"  (global.set $h (i64.mul (i64.xor (global.get $h) (local.get $v))\n"
	"   (i64.const 1099511628211)))\n"
	"  (global.set $h (i64.xor (global.get $h)\n"
	"   (i64.shr_u (global.get $h) (i64.const 29)))))\n"
	" (func $mixi (param $v i32)\n"
	"  (call $mix (i64.extend_i32_u (local.get $v))))\n"
	" (func $mixr (param $r (ref null $fi))\n"
	"  (if (ref.is_null (local.get $r)) (then (call $mixi (i32.const 1)))\n"
	"   (else (call $mixi (call_ref $fi (local.get $r))))))\n"
	" (func $globals\n"
	"  (call $mixi (global.get $gi)) (call $mix (global.get $gl))\n"
	"  (call $mixi (i32.reinterpret_f32 (global.get $gs)))\n"
	"  (call $mix (i64.reinterpret_f64 (global.get $gf)))\n"
	"  (call $mix (i64x2.extract_lane 0 (global.get $gv)))\n"
	"  (call $mix (i64x2.extract_lane 1 (global.get $gv)))\n"
	"  (call $mixr (global.get $gr)) (call $mixr (global.get $gn))\n"
	"  (call $mixi (ref.is_null (global.get $gu)))\n"
	"  (call $mixi (ref.is_null (global.get $gh)))\n"
	"  (call $mixi (global.get $gx)))\n"
	" (func $set_globals\n"
	"  (global.set $gi (i32.const -1)) (global.set $gl (i64.const -2))\n"
	"  (global.set $gs (f32.const -1)) (global.set $gf (f64.const -3))\n"
	"  (global.set $gv (v128.const i64x2 -1 -1))\n"
	"  (global.set $gr (ref.null $fi)) (global.set $gn (ref.func $f9))\n"
	"  (global.set $gu (ref.null func)) (global.set $gh (ref.null func))\n"
	"  (global.set $gx (i32.const 12345)))\n"
	" (func $deep (result i32) (i32.add (call $deep) (i32.const 1)))\n"
	" (func (export \"spin\") (loop $l (br $l)))\n"
	" (func (export \"trap\") unreachable)\n";

/* A memory of that name: hashed, and changed all over. */
static const char memory[] =
	" (func $see_@ (local $i $I)\n"
	"  (call $mix ($EXTEND (memory.size $@)))\n"
	"  (loop $l\n"
	"   (call $mix (i64.load $@ (local.get $i)))\n"
	"   (br_if $l ($I.lt_u (local.tee $i ($I.add (local.get $i)\n"
	"    ($I.const 8))) ($I.mul (memory.size $@) ($I.const 65536))))))\n"
	" (func $change_@ (local $i $I)\n"
	"  (drop (memory.grow $@ ($I.const 3)))\n"
	"  (local.set $i ($I.mul ($I.sub (memory.size $@) ($I.const 3))\n"
	"   ($I.const 65536)))\n"
	/* What is new is zero. */
	"  (loop $l\n"
	"   (if (i64.ne (i64.load $@ (local.get $i)) (i64.const 0))\n"
	"    (then unreachable))\n"
	"   (br_if $l ($I.lt_u (local.tee $i ($I.add (local.get $i)\n"
	"    ($I.const 8))) ($I.mul (memory.size $@) ($I.const 65536)))))\n"
	"  (local.set $i ($I.const 0))\n"
	"  (loop $l\n"
	"   (i64.store $@ (local.get $i) (i64.const 0x5a5a5a5a5a5a5a5a))\n"
	"   (br_if $l ($I.lt_u (local.tee $i ($I.add (local.get $i)\n"
	"    ($I.const 520))) ($I.mul (memory.size $@) ($I.const 65536)))))\n"
	"  (memory.fill $@ ($I.const 4000) (i32.const 77) ($I.const 9000))\n"
	"  (memory.copy $@ $@ ($I.const 20000) ($I.const 300)\n"
	"   ($I.const 5000))\n"
	"  (memory.init $@ $other ($I.const 15000) (i32.const 0)\n"
	"   (i32.const 11)))\n";

/* A table of that name. */
static const char table[] =
	" (func $see_@ (local $i i32)\n"
	"  (call $mixi (table.size $@))\n"
	"  (loop $l\n"
	"   (if (ref.is_null (table.get $@ (local.get $i)))\n"
	"    (then (call $mixi (i32.const 1)))\n"
	"    (else (call $mixi (call_indirect $@ (type $fi)\n"
	"     (local.get $i)))))\n"
	"   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i)\n"
	"    (i32.const 1))) (table.size $@)))))\n";

static const char changing_tables[] =
	" (table $t 8 $MAX funcref)\n"
	" (table $u 4 $MAX funcref)\n"
	" (elem (table $t) (i32.const 1) func $f1 $f2 $f3)\n"
	" (elem $segment func $f2 $f3 $f9)\n"
	" (elem $expressions funcref (item (ref.func $f1))\n"
	"  (item (ref.null func)) (item (ref.func $f3)))\n"
	" (func $segments\n"
	"  (table.init $u $segment (i32.const 0) (i32.const 0)\n"
	"   (i32.const 3))\n"
	"  (call $see_u)\n"
	"  (table.init $u $expressions (i32.const 0) (i32.const 0)\n"
	"   (i32.const 3))\n"
	"  (call $see_u))\n"
	" (func $change_tables\n"
	"  (table.set $t (i32.const 1) (ref.func $f9))\n"
	"  (table.set $t (i32.const 2) (ref.null func))\n"
	"  (table.set $t (i32.const 5) (ref.func $stop))\n"
	"  (drop (table.grow $t (ref.func $f9) (i32.const 9)))\n"
	"  (drop (table.grow $u (ref.func $f2) (i32.const 3)))\n"
	"  (table.copy $t $u (i32.const 6) (i32.const 0) (i32.const 2))\n"
	"  (table.fill $u (i32.const 0) (ref.func $f9) (i32.const 4))\n"
	"  (elem.drop $segment) (elem.drop $expressions))\n"
	" (func $table_set (table.set $t (i32.const 9999) (ref.null func)))\n"
	" (func $table_init (table.init $u $segment (i32.const 0)\n"
	"  (i32.const 0) (i32.const 1)))\n"
	" (func $table_fill (table.fill $t (i32.const 3) (ref.func $f9)\n"
	"  (i32.const 9999)))\n"
	" (func $table_copy (table.copy $t $u (i32.const 0)\n"
	"  (i32.const 2) (i32.const 9999)))\n"
	" (func $grow_table (drop (table.grow $u (ref.func $f1)\n"
	"  (i32.const 1))))\n";

static const char still_tables[] =
	" (table $t 90 funcref)\n"
	" (table $u 4 $MAX funcref)\n"
	" (elem (table $t) (i32.const 1) func $f1 $f2 $f3)\n"
	" (elem (table $u) (i32.const 1) funcref (item (ref.func $f1)))\n"
	" (func $segments) (func $change_tables)\n"
	" (func $table_set unreachable)\n"
	" (func $table_init unreachable) (func $table_fill unreachable)\n"
	" (func $table_copy unreachable) (func $grow_table)\n";

static const char tail[] =
	" (func $see\n"
	"  (call $globals) (call $see_t) (call $see_u) (call $see_m)\n"
	"  $SEE2)\n"
	/* Behind the memory: what it changes is no longer new. */
	" (func $see_segments\n"
	"  (call $segments)\n"
	"  (memory.init $m $passive ($I.const 5000) (i32.const 0)\n"
	"   (i32.const 26))\n"
	"  (call $mix (i64.load $m ($I.const 5000)))\n"
	"  (call $mix (i64.load $m ($I.const 5018)))\n"
	"  (memory.init $m $other ($I.const 5000) (i32.const 0)\n"
	"   (i32.const 11))\n"
	"  (call $mix (i64.load $m ($I.const 5003))))\n"
	" (func $change\n"
	"  (call $set_globals) (call $change_tables) (call $change_m)\n"
	"  $CHANGE2\n"
	"  (data.drop $passive) (data.drop $other))\n"
	" (func $bulk (local $size $I)\n"
	"  (drop (memory.grow $m ($I.const 400)))\n"
	"  (local.set $size ($I.mul (memory.size $m) ($I.const 65536)))\n"
	"  (loop $l\n"
	"   (memory.fill $m ($I.const 0) (i32.const 99) (local.get $size))\n"
	"   (memory.copy $m $m ($I.const 1) ($I.const 0)\n"
	"    ($I.sub (local.get $size) ($I.const 1)))\n"
	"   (br $l)))\n"
	" (func $growing\n"
	"  (loop $l (drop (memory.grow $m ($I.const 1))) (call $grow_table)\n"
	"   (br $l)))\n"
	" (func (export \"f\") (param $end i32)\n"
	"  (call $see) (call $see_segments)\n"
	"  (i64.store $m ($I.const 0) (global.get $h))\n"
	"  (call $host)\n"
	"  (if (i32.eq (local.get $end) (i32.const 8)) (then\n"
	"   (drop (i32.load8_u $m ($I.mul (memory.size $m)\n"
	"    ($I.const 65536))))))\n"
	"  (call $change)\n";

static const char *const ends[DIRTY_ENDS] = {
	[DIRTY_RETURN] = "return",
	[DIRTY_EXIT] = "(call $stop)",
	[DIRTY_UNREACHABLE] = "unreachable",
	[DIRTY_DIVISION] = "(drop (i32.div_u (global.get $gi) (i32.const 0)))",
	[DIRTY_OVERFLOW] = "(drop (i32.div_s (i32.const 0x80000000)"
			   " (global.get $gi)))",
	[DIRTY_CONVERSION] = "(drop (i32.trunc_f64_s (f64.const nan)))",
	[DIRTY_LOAD] = "(drop (i64.load $m ($I.const 0x7ffffff0)))",
	[DIRTY_STORE] = "(i64.store $m ($I.sub ($I.mul (memory.size $m)"
			" ($I.const 65536)) ($I.const 3)) (i64.const -1))",
	[DIRTY_BEHIND] = "return",
	[DIRTY_TABLE_GET] = "(drop (table.get $t (i32.const 9999)))",
	[DIRTY_CALL_OUTSIDE] =
		"(drop (call_indirect $t (type $fi) (i32.const 9999)))",
	[DIRTY_CALL_NULL] =
		"(drop (call_indirect $t (type $fi) (i32.const 0)))",
	[DIRTY_CALL_TYPE] = "(call_indirect $t (type $ff) (f32.const 1)"
			    " (i32.const 1))",
	[DIRTY_CALL_NULL_REFERENCE] = "(drop (call_ref $fi (ref.null $fi)))",
	[DIRTY_STACK] = "(drop (call $deep))",
	[DIRTY_MEMORY_INIT] = "(memory.init $m $passive ($I.const 0)"
			      " (i32.const 0) (i32.const 1))",
	[DIRTY_MEMORY_FILL] = "(memory.fill $m ($I.const 70000) (i32.const 1)"
			      " ($I.const 0x7fffff00))",
	[DIRTY_MEMORY_COPY] = "(memory.copy $m $m ($I.const 70000)"
			      " ($I.const 1) ($I.const 0x7fffff00))",
	[DIRTY_TABLE_SET] = "(call $table_set)",
	[DIRTY_TABLE_INIT] = "(call $table_init)",
	[DIRTY_TABLE_FILL] = "(call $table_fill)",
	[DIRTY_TABLE_COPY] = "(call $table_copy)",
	[DIRTY_HOST] = "(call $act)",
	[DIRTY_CAUGHT] = "(call $act)",
	[DIRTY_FUEL] = "(loop $l (br $l))",
	[DIRTY_RUNNING] = "(loop $l (br $l))",
	[DIRTY_BULK] = "(call $bulk)",
	[DIRTY_GROWING] = "(call $growing)",
	[DIRTY_PARKED] = "(call $act)",
	[DIRTY_CALLED] = "(call $act)",
};

/* What stands for what. */
struct words {
	const char *index;  /* $I: the type of the memory's addresses */
	const char *extend; /* $EXTEND: from that to i64 */
	const char *name;   /* @ */
	const char *max;    /* $MAX */
	const char *see;    /* $SEE2 */
	const char *change; /* $CHANGE2 */
};

static void put(FILE *out, const struct words *words, const char *text)
{
	const struct {
		const char *word;
		const char *with;
	} all[] = {
		{ "$EXTEND", words->extend }, { "$MAX", words->max },
		{ "$SEE2", words->see },      { "$CHANGE2", words->change },
		{ "$I.", words->index },      { "$I)", words->index },
		{ "@", words->name },
	};

	while (*text != '\0') {
		bool found = false;

		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			size_t len = strlen(all[i].word);

			if (strncmp(text, all[i].word, len) != 0)
				continue;
			fputs(all[i].with, out);
			/* What comes behind "$I" is not a part of it. */
			if (len == 3 && all[i].word[1] == 'I')
				fputc(all[i].word[2], out);
			text += len;
			found = true;
			break;
		}
		if (!found)
			fputc(*text++, out);
	}
}

char *dirty_text(const struct dirty_shape *shape)
{
	bool wide = strncmp(shape->memory, "i64", 3) == 0;
	struct words words = {
		.index = wide ? "i64" : "i32",
		.extend = wide ? "i64.add (i64.const 0)" : "i64.extend_i32_u",
		.name = "m",
		.max = shape->tables,
		.see = shape->second_memory ? "(call $see_n)" : "",
		.change = shape->second_memory ? "(call $change_n)" : "",
	};
	struct words second = words;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		abort();
	put(out, &words, head);
	fprintf(out, " (memory $m (export \"memory\") %s)\n", shape->memory);
	put(out, &words, memory);
	if (shape->second_memory) {
		second.index = "i32";
		second.extend = "i64.extend_i32_u";
		second.name = "n";
		fputs(" (memory $n 1 9)\n"
		      " (data (memory $n) (i32.const 9000)"
		      " \"of the second\")\n",
		      out);
		put(out, &second, memory);
	}
	put(out, &words, shape->still ? still_tables : changing_tables);
	words.name = "t";
	put(out, &words, table);
	words.name = "u";
	put(out, &words, table);
	put(out, &words, tail);
	for (int i = 0; i < DIRTY_ENDS; i++) {
		fprintf(out,
			"  (if (i32.eq (local.get $end) (i32.const %d)) "
			"(then ",
			i);
		put(out, &words, ends[i]);
		fputs("))\n", out);
	}
	fputs("))\n", out);
	if (fclose(out) != 0)
		abort();
	return text;
}
