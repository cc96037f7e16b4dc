#!/bin/sh
# lunatic::metrics: names that are none, in every function, and the report as
# JSON.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

# calls NAME ADDRESS LENGTH: a test for each function, which must trap.
calls() {
	for call in 'counter (i64.const 1)' 'increment_counter ' \
		'gauge (f64.const 1)' 'increment_gauge (f64.const 1)' \
		'decrement_gauge (f64.const 1)' 'histogram (f64.const 1)'; do
		function=${call%% *}
		echo "(func (export \"#lunatic_test_#panic_$4#$function $1\")
			(call \$$function (i32.const $2) (i32.const $3)
				${call#* }))"
	done
}

{
	echo '(module'
	for function in 'counter i64' 'increment_counter ' 'gauge f64' \
		'increment_gauge f64' 'decrement_gauge f64' 'histogram f64'; do
		name=${function%% *}
		echo "(import \"lunatic::metrics\" \"$name\"
			(func \$$name (param i32 i32 ${function#* })))"
	done
	cat <<'EOS'
	(memory (export "memory") 1)
	(data (i32.const 0) "\ff")
	(data (i32.const 8) "\c3")
	(data (i32.const 16) "\ed\a0\80")
EOS
	calls 'no UTF-8' 0 1 'the name is not UTF-8'
	calls 'cut off' 8 1 'the name is not UTF-8'
	calls 'a surrogate' 16 3 'the name is not UTF-8'
	calls 'too long' 1024 256 'the name has 256 bytes, more than 255'
	calls 'far too long' 0 65536 'the name has 65536 bytes, more than 255'
	calls 'outside' 65536 1 'memory'
	calls 'across the end' 65535 2 'memory'
	calls 'around the end' -1 2 'memory'
	calls 'all there is' 0 -1 'memory'
	echo '(func (export "#lunatic_test_longest") (call $increment_counter
		(i32.const 1024) (i32.const 255)))
	(func (export "#lunatic_test_nothing at the end") (call $gauge
		(i32.const 65536) (i32.const 0) (f64.const nan)))'
	echo ')'
} | module hostile
run test hostile.wasm
expect 0 "hostile names"
says out '^56 passed, 0 failed, 0 ignored' "hostile names"

module numbers <<'EOS'
(module
  (import "lunatic::metrics" "counter" (func $counter (param i32 i32 i64)))
  (import "lunatic::metrics" "gauge" (func $gauge (param i32 i32 f64)))
  (import "lunatic::metrics" "histogram" (func $histogram (param i32 i32 f64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "a\"\\\n\00\u{202e}")
  (func (export "_start")
    (call $counter (i32.const 0) (i32.const 8) (i64.const -1))
    (call $gauge (i32.const 0) (i32.const 1) (f64.const nan))
    (call $histogram (i32.const 0) (i32.const 1) (f64.const -inf))
    (call $histogram (i32.const 0) (i32.const 1) (f64.const inf))))
EOS
run --report=json numbers.wasm
expect 0 "JSON"
[ "$(wc -l <err)" -eq 1 ] || bad "JSON: not one line"
says err '"metrics_known":3,"metrics_dropped":0,' "JSON"
says err '"name":"a\\"\\\\\\u000a\\u0000\\u202e","kind":"counter","value":18446744073709551615\}' "JSON"
says err '"kind":"gauge","value":null\}' "JSON"
says err '"kind":"histogram","count":2,"sum":null,"min":null,"max":null,' "JSON"
if command -v python3 >/dev/null; then
	python3 -c 'import json, sys
json.loads(sys.stdin.read())' <err || bad "JSON: it is none"
fi
run --report numbers.wasm
expect 0 "a table"
says err '^a"\\\?\?\?\?\? +counter ' "a table"
# What none has does not stand in a report.
module none <<'EOS'
(module (func (export "_start")))
EOS
run --report none.wasm
expect 0 "no metrics"
! grep -q metric err || bad "metrics of a program that has none"
finish
