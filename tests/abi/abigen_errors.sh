#!/bin/sh
# A malformed table gives exactly one line with the file, the line number and
# the reason, exit status 1, and no output file.
#
#   abigen_errors.sh ABIGEN [SOURCE_DIR]
set -eu

abigen=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cases=0
failures=0

# check WHAT WANTED ARGUMENTS...: abigen must fail with the line WANTED.
check() {
	what=$1
	wanted=$2
	shift 2
	cases=$((cases + 1))
	status=0
	"$abigen" "$@" >stdout 2>stderr || status=$?
	got=$(cat stdout stderr)
	if [ $status -ne 1 ] || [ "$got" != "$wanted" ]; then
		echo "$what: wanted status 1 and: $wanted"
		echo "    got status $status and: $got"
		failures=$((failures + 1))
	fi
	if [ -e out.md ]; then
		echo "$what: an output was written"
		failures=$((failures + 1))
		rm -f out.md
	fi
}

# bad LINE REASON: the table on standard input has a mistake there.
bad() {
	cat >t.def
	check "$2" "t.def:$1: $2" t.def --docs out.md
}

# bad_function REASON LINE...: a table that is right up to line 4, and then
# has these lines of a function, the first of which is to blame.
bad_function() {
	reason=$1
	shift
	{
		printf 'title T\ngeneration 0.7\n'
		printf 'namespace lunatic::a prefix a\n  Text.\n'
		printf '%s\n' "$@"
	} >t.def
	check "$reason" "t.def:5: $reason" t.def --docs out.md
}

# The smallest table that is right, so that the ones below fail for the reason
# they name.
printf 'title T\ngeneration 0.7\nnamespace lunatic::a prefix a\n  Text.\n' >ok.def
printf 'fn f()\n  Text.\n' >>ok.def
if ! "$abigen" ok.def --docs ok.md || ! [ -s ok.md ]; then
	echo "a correct table is refused"
	failures=$((failures + 1))
fi

bad 1 "no title" <<'END'
# nothing
END
bad 1 "no namespace" <<'END'
title T
END
bad 2 "a second title" <<'END'
title T
title U
END
bad 1 "no keyword 'frobnicate'" <<'END'
frobnicate it
END
bad 1 "expected a keyword and its text: 'title'" <<'END'
title
END
bad 2 "this text belongs to nothing" <<'END'
title T
  Text.
END
bad 3 "expected an indentation of two or four spaces" <<'END'
title T
section S
 Text.
END
bad 2 "S has no description" <<'END'
title T
section S
generation 0.7
namespace lunatic::a prefix a
  Text.
fn f()
  Text.
END
printf 'title T\n\tText.\n' >input; bad 2 "only printable ASCII is allowed" <input
printf 'title T\r\n' >input; bad 1 "only printable ASCII is allowed" <input
printf 'title \303\244\n' >input; bad 1 "only printable ASCII is allowed" <input
printf 'title T \n' >input; bad 1 "a space ends the line" <input
bad 1 "the ends of C comments are not allowed" <<'END'
title a */ b
END
bad 1 "no generation '0.9'" <<'END'
generation 0.9
END
bad 1 "a namespace before the first generation" <<'END'
namespace lunatic::a prefix a
END
bad 2 "expected 'prefix ' before ''" <<'END'
generation 0.7
namespace lunatic::a
END
bad 2 "unexpected 'more'" <<'END'
generation 0.7
namespace lunatic::a prefix a more
END
bad 2 "expected a number from 1 to 2147483647" <<'END'
generation 0.7
namespace lunatic::a prefix a fault 0
END
bad 3 "a second namespace 'lunatic::a'" <<'END'
generation 0.7
namespace lunatic::a prefix a
namespace lunatic::a prefix b
END
bad 4 "a second prefix 'a'" <<'END'
generation 0.7
namespace lunatic::a prefix a
generation 0.13
namespace lunatic::a prefix a
END
bad 3 "lunatic::a has no function" <<'END'
title T
generation 0.7
namespace lunatic::a prefix a
  Text.
END
bad 3 "lunatic::a has no description" <<'END'
title T
generation 0.7
namespace lunatic::a prefix a
fn f()
  Text.
END
bad 1 "a function outside a namespace" <<'END'
fn f()
END
bad 7 "a second function 'f' in lunatic::a" <<'END'
title T
generation 0.7
namespace lunatic::a prefix a
  Text.
fn f()
  Text.
fn f()
END
bad 9 "a second C name 'a_b_c'" <<'END'
title T
generation 0.7
namespace lunatic::a prefix a
  Text.
fn b_c()
  Text.
namespace lunatic::b prefix a_b
  Text.
fn c()
  Text.
END
bad 7 "'f' has no argument 'y'" <<'END'
title T
generation 0.7
namespace lunatic::a prefix a
  Text.
fn f(x: i32)
  Text.
  arg y: text
END
bad 8 "this is described already" <<'END'
title T
generation 0.7
namespace lunatic::a prefix a
  Text.
fn f(x: i32)
  Text.
  arg x: text
  arg x: text
END
bad 7 "'f' has no result" <<'END'
title T
generation 0.7
namespace lunatic::a prefix a
  Text.
fn f()
  Text.
  result: text
END
bad 7 "no text" <<'END'
title T
generation 0.7
namespace lunatic::a prefix a
  Text.
fn f()
  Text.
  trap:
END
bad 8 "expected 'arg', 'result:' or 'trap:'" <<'END'
title T
generation 0.7
namespace lunatic::a prefix a
  Text.
fn f()
  Text.
  trap: text
  More text.
END
bad 5 "fault needs a result of i32" <<'END'
title T
generation any
namespace wasi prefix wasi fault 21
  Text.
fn f(x: in)
  Text.
  arg x: text
END

bad_function "expected a name before '()'" 'fn ()'
bad_function "expected a name before 'Big()'" 'fn Big()'
bad_function "expected '(' before ''" 'fn f'
bad_function "unexpected 'x'" 'fn f() x'
bad_function "expected ')' before 'y: i32)'" 'fn f(x: i32 y: i32)'
bad_function "the arguments have no closing ')'" 'fn f(x: i32,' 'fn g()'
bad_function "expected a name before ')'" 'fn f(x: i32,)'
bad_function "expected ':' before ')'" 'fn f(x)'
bad_function "no argument kind 'float'" 'fn f(x: float)'
bad_function "no argument kind 'array'" 'fn f(x: array)'
bad_function "no argument kind 'i32(N)'" 'fn f(x: i32(4))'
bad_function "expected a number from 1 to 65536" 'fn f(x: out(0))'
bad_function "expected a number from 1 to 65536" 'fn f(x: out(65537))'
bad_function "expected a number from 1 to 65536" 'fn f(x: out(-8))'
bad_function "expected a number from 1 to 65536" \
	'fn f(x: out(99999999999999999999))'
bad_function "'uint32_t' is no integer type of 8 bytes" \
	'fn f(x: out(8) of uint32_t)'
bad_function "'double' is no integer type of 8 bytes" \
	'fn f(x: out(8) of double)'
bad_function "a second argument 'x'" 'fn f(x: i32, x: i32)'
bad_function "'class' is a reserved word" 'fn f(class: i32)'
bad_function "'guest' is a reserved word" 'fn f(guest: i32)'
bad_function "'in' cannot be a result" 'fn f() -> in'
bad_function "no argument kind 'f16'" 'fn f()' '  -> f16'
bad_function "more than 16 arguments" \
	"fn f($(seq -s ', ' -f 'x%g: i32' 17))"
bad_function "the name 'aaaaaaaaaaaaaaaaaaaa...' is too long" \
	"fn $(printf '%064d' 0 | tr 0 a)()"
bad_function "f has no description" 'fn f()'
bad_function "no 'arg x:' describes it" 'fn f(x: i32)' '  Text.'
bad_function "no function is implemented by 'a_g'" 'fn f()' '  same as: a_g'
bad_function "'a_g' has other arguments or results" 'fn f(x: i32)' \
	'  same as: a_g' 'fn g(x: i64)' '  Text.' '  arg x: text'
bad_function "no 'result:' describes it" 'fn f() -> i32' '  Text.'

# Several tables: a mistake is told with the name of its file.
printf 'generation 0.13\nnamespace lunatic::a prefix v13_a guest a\n  Text.\n' >more.def
printf 'fn f(x: f32) -> f64\n  Text.\n  arg x: text\n  result: text\n' >>more.def
if ! "$abigen" ok.def more.def --c more.c --h more.h ||
	! grep -q 'double ln_host_v13_a_f(\|ln_host_v13_a_f(struct ln_guest \*guest, float x, double \*result)' more.h ||
	! grep -q '"f", "F", LN_ABI_0_13' more.c; then
	echo "two tables make no C"
	failures=$((failures + 1))
fi
sed 's/prefix v13_a guest a/prefix v13_a/; s/f32/f99/' more.def >more_bad.def
check "a mistake in the second table" \
	"more_bad.def:4: no argument kind 'f99'" \
	ok.def more_bad.def --docs out.md
sed 's/prefix v13_a guest a/prefix a/' more.def >more_bad.def
check "the same host prefix" "more_bad.def:2: a second prefix 'a'" \
	ok.def more_bad.def --docs out.md
sed 's/generation 0.13/generation any/; s/lunatic::a/lunatic::b/' more.def >more_bad.def
check "a guest prefix that another one has" \
	"more_bad.def:2: a second guest prefix 'a'" \
	ok.def more_bad.def --docs out.md

# A namespace that another file continues. Its functions are those of the
# namespace, its text is one more paragraph.
printf 'generation 0.7\nnamespace lunatic::a continued\n  More.\n' >rest.def
printf 'fn g(x: f32) -> f64\n  Text.\n  arg x: text\n  result: text\n' >>rest.def
if ! "$abigen" ok.def rest.def --c rest.c --h rest.h --docs rest.md --tsv rest.tsv ||
	! grep -q 'int ln_host_a_g(struct ln_guest \*guest, float x, double \*result);' rest.h ||
	[ "$(grep -c '^/\* lunatic::a \*/' rest.h)" -ne 1 ] ||
	! grep -q '"lunatic::a", "g",' rest.c ||
	[ "$(grep -c '^lunatic::a	' rest.tsv)" -ne 2 ] ||
	[ "$(grep -c -x 'Text\.\|More\.' rest.md)" -lt 2 ]; then
	echo "a namespace in two files makes no C"
	failures=$((failures + 1))
fi
check "a namespace is continued before it begins" \
	"rest.def:2: no namespace 'lunatic::a' of generation 0.7 that this continues" \
	rest.def ok.def --docs out.md
sed 's/0.7/0.13/' rest.def >rest_bad.def
check "a namespace of another generation is continued" \
	"rest_bad.def:2: no namespace 'lunatic::a' of generation 0.13 that this continues" \
	ok.def rest_bad.def --docs out.md
sed 's/continued/continued prefix b/' rest.def >rest_bad.def
check "a continuation with a prefix" "rest_bad.def:2: unexpected 'prefix b'" \
	ok.def rest_bad.def --docs out.md
sed 's/fn g/fn f/' rest.def >rest_bad.def
check "a function that was declared before the continuation" \
	"rest_bad.def:4: a second function 'f' in lunatic::a" \
	ok.def rest_bad.def --docs out.md
sed '/arg x/d' rest.def >rest_bad.def
check "a mistake that the whole table shows is in the continuation" \
	"rest_bad.def:4: no 'arg x:' describes it" \
	ok.def rest_bad.def --docs out.md
printf 'fn g()\n  Text.\n' >rest_bad.def
check "a function in a file without a namespace" \
	"rest_bad.def:1: a function outside a namespace" \
	ok.def rest_bad.def --docs out.md

check "no title for a generation" \
	"more.def:7: no title" more.def --docs out.md
check "no such table" "abigen: none.def: No such file or directory" none.def
check "no such option" "abigen: no option '--frob'" ok.def --frob x
check "C without header" "abigen: --c needs --h: it includes that file" \
	ok.def --c out.md
check "generation without functions" \
	"abigen: the tables declare nothing for generation 0.13" \
	ok.def --generation 0.13 --docs out.md
check "output that cannot be made" \
	"abigen: none/out.md: No such file or directory" \
	ok.def --docs none/out.md
if [ -c /dev/full ]; then
	ln -s /dev/full full.md
	check "output that cannot be written" \
		"abigen: full.md: cannot be written" ok.def --docs full.md
fi

echo "$cases malformed inputs, $failures failures"
[ $failures -eq 0 ]
