#!/bin/sh
# Names of functions in a component: those of each of its core modules, in the
# reports of traps and in inspect, whatever they are; and its files and lines.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"

# component NAME DEEP: one of two core modules with functions, and one without,
# whose function DEEP traps, three calls deep.
component() {
	cat >"$1.wat" <<EOS
(component
  (import "lunatic:process/processes@0.1.0" (instance \$p
    (export "sleep" (func (param "milliseconds" u64)))))
  (core func \$sleep (canon lower (func \$p "sleep")))
  (core module \$Empty (memory 1))
  (core module \$Lower
    (import "" "sleep" (func \$sleep (param i64)))
    (import "" "memory" (memory 0))
    (global \$g i32 (i32.const 0))
    (func \$unused)
    (func \$"$2" (param i32)
      (if (i32.eqz (local.get 0)) (then unreachable))
      (call \$"$2" (i32.sub (local.get 0) (i32.const 1))))
    (func \$waiting (call \$sleep (i64.const 60000)))
    (func \$spinning (loop \$l (br \$l)))
    (func (export "enter") (param i32)
      (if (i32.eq (local.get 0) (i32.const 0)) (then (call \$"$2" (i32.const 2))))
      (if (i32.eq (local.get 0) (i32.const 1)) (then (call \$waiting)))
      (call \$spinning)))
  (core module \$Between (memory (export "memory") 0))
  (core module \$Upper
    (import "" "enter" (func \$enter (param i32)))
    (func \$middle (call \$enter (i32.const ${3:-0})))
    (func (export "run") (result i32) (call \$middle) (i32.const 0)))
  (core instance \$b (instantiate \$Between))
  (core instance \$l (instantiate \$Lower (with "" (instance
    (export "sleep" (func \$sleep))
    (export "memory" (memory \$b "memory"))))))
  (core instance \$u (instantiate \$Upper (with "" (instance \$l))))
  (func \$run (result (result)) (canon lift (core func \$u "run")))
  (instance \$i (export "run" (func \$run)))
  (export "wasi:cli/run@0.2.0" (instance \$i)))
EOS
}

component deep deep
run deep.wat
expect 134 "names"
at='0x[0-9a-f]+ - '
number=0
for name in 'Lower!deep' 'Lower!deep' 'Lower!deep' \
	'Lower!<wasm function 5>' 'Upper!middle' 'Upper!<wasm function 2>'; do
	says err "^    $number: +$at$name\$" "frame $number"
	number=$((number + 1))
done

# Each is cleaned and cut, and takes no frame from the others.
component mean '\1b[31mred\0anext\e2\80\ae'
run mean.wat
expect 134 "control characters"
says err '^    0: +0x[0-9a-f]+ - Lower!\?\[31mred next\?$' "control characters"
says err '!middle$' "beside control characters"
long=$(printf '%20000s' '' | tr ' ' a)
component long "$long"
run long.wat
expect 134 "a long name"
says err '!a+\.*$' "a long name"
[ "$(wc -c <err)" -lt 4000 ] || bad "a long name is cut"
component mangled _ZN3app4deep17h0123456789abcdefE
run mangled.wat
expect 134 "a mangled name"
says err 'Lower!app::deep' "a mangled name"

# Components in each other: what the engine puts in between has no name.
cat >nested.wat <<'EOS'
(component
  (component $inner
    (core module $Inner
      (func $traps (param i32) (result i32) unreachable)
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (i32.const 16))
      (func (export "f") (param i32 i32) (result i32)
        (call $traps (i32.const 0))))
    (core instance $i (instantiate $Inner))
    (func (export "f") (param "text" string) (result u32)
      (canon lift (core func $i "f") (memory (core memory $i "memory"))
        (realloc (core func $i "realloc")))))
  (instance $in (instantiate $inner))
  (component $outer
    (import "f" (func $in (param "text" string) (result u32)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $m (instantiate $Memory))
    (core func $f (canon lower (func $in) (memory (core memory $m "memory"))))
    (core module $Outer
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (func $calls (drop (call $f (i32.const 0) (i32.const 3))))
      (func (export "run") (result i32) (call $calls) (i32.const 0)))
    (core instance $o (instantiate $Outer
      (with "" (instance (export "f" (func $f))))))
    (func (export "run") (result (result)) (canon lift (core func $o "run"))))
  (instance $out (instantiate $outer (with "f" (func $in "f"))))
  (alias export $out "run" (func $run))
  (instance $r (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $r)))
EOS
run nested.wat
expect 134 "nested"
says err '^    0: .*Inner!traps$' "nested: the inner one"
says err '^    1: .*Inner!<wasm function 2>$' "nested: its export"
says err '<unknown>!<adapter>$' "nested: between them"
says err 'Outer!calls$' "nested: the outer one"

# Where a process is that waits, and one that computes.
for state in 1:waiting 2:spinning; do
	component "${state#*:}" deep "${state%:*}"
	mkdir "control-${state#*:}"
	chmod 700 "control-${state#*:}"
	"$lunatic" --control "control-${state#*:}" "${state#*:}.wat" 2>said &
	pid=$!
	tries=0
	until "$lunatic" inspect --control "control-${state#*:}" _start \
		>out 2>err && grep -q "${state#*:}\$" out; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || break
		sleep 0.1
	done
	says out "^at +${state#*:}\$" "inspect: ${state#*:}"
	kill "$pid"
	wait "$pid" || true
done

# Rust's debug builds.
# shellcheck source=tests/cli/support/rust_lines.sh
. "$here/support/rust_lines.sh"
check_rust wasm32-wasip2
finish
