#!/bin/sh
# Exceptions, garbage-collected objects, 64-bit memories, extended constants:
# that they work, that what a guest does with them is bounded, and that a guest
# catches neither traps nor its end. Text is given to lunatic itself.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

# each WHAT STATUS ARGUMENT...: runs it in all ways in which code is made.
each() {
	what=$1
	wanted=$2
	shift 2
	while read -r options; do
		# shellcheck disable=SC2086
		run $options "$@"
		expect "$wanted" "$what, $options"
	done <<'EOF'
--memory-strategy slab
--memory-strategy guard
--preemption epoch
--max-fuel 100000
EOF
}

# ---- Exceptions ----

cat >exceptions.wat <<'EOF'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (tag $number (param i32))
  (tag $other (param i64 f32))
  (global $sum (mut i32) (i32.const 0))
  ;; Throws out of so many frames.
  (func $deep (param i32)
    (if (i32.eqz (local.get 0)) (then (throw $number (i32.const 7))))
    (call $deep (i32.sub (local.get 0) (i32.const 1))))
  (func $catch (param i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $number $caught) (call $deep (local.get 0)))
      (i32.const 0)))
  ;; Catches whatever comes, and throws it again.
  (func $again
    (block $all (result exnref)
      (try_table (catch_all_ref $all) (call $deep (i32.const 3)))
      (unreachable))
    (throw_ref))
  (func $with_ref (result i32)
    (block $caught (result i32 exnref)
      (try_table (catch_ref $number $caught) (call $again))
      (unreachable))
    (drop))
  (func $values (result i64)
    (block $caught (result i64 f32)
      (try_table (catch $other $caught)
        (throw $other (i64.const 5) (f32.const 1.5)))
      (unreachable))
    (if (f32.ne (f32.const 1.5)) (then (unreachable))))
  (func (export "_start")
    (local $i i32)
    (if (i32.ne (call $catch (i32.const 1000)) (i32.const 7))
      (then (unreachable)))
    (if (i32.ne (call $with_ref) (i32.const 7)) (then (unreachable)))
    (if (i64.ne (call $values) (i64.const 5)) (then (unreachable)))
    ;; Far more than fit into the memory at a time.
    (loop $more
      (global.set $sum
        (i32.add (global.get $sum) (call $catch (i32.const 2))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 200000))))
    (if (i32.ne (global.get $sum) (i32.const 1400000)) (then (unreachable)))
    (call $exit (i32.const 5))))
EOF
each "exceptions" 5 --max-memory 1M exceptions.wat

cat >uncaught.wat <<'EOF'
(module (tag $t (param i32))
  (func $inner (throw $t (i32.const 1)))
  (func (export "_start") (call $inner)))
EOF
each "an exception that nobody catches" 134 uncaught.wat
says err 'trapped: uncaught exception$' "an exception that nobody catches"
says err 'inner' "an exception that nobody catches"
cat >start.wat <<'EOF'
(module (tag $t) (func $f (throw $t)) (start $f) (func (export "_start")))
EOF
run start.wat
[ "$status" -ne 0 ] || bad "an exception in a start function: no failure"

# What is no exception, a guest does not catch.
cat >traps.wat <<'EOF'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (block $caught
      (try_table (catch_all $caught) (call $exit (i32.const 9))))
    (call $exit (i32.const 3))))
EOF
each "the end of a process" 9 traps.wat
for trap in '(unreachable)' '(drop (i32.div_u (i32.const 1) (i32.const 0)))' \
	'(call $f)' '(drop (i32.load (i32.const -4)))'; do
	cat >traps.wat <<EOF
(module (memory (export "memory") 1)
  (func \$f (call \$f))
  (func (export "_start")
    (block \$caught (try_table (catch_all \$caught) $trap))))
EOF
	each "$trap" 134 traps.wat
done
# One that throws for ever ends when it has no fuel, or with its maker.
cat >forever.wat <<'EOF'
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 16) "throw")
  (tag $t (param i64))
  (func $f (throw $t (i64.const 1)))
  (func (export "throw")
    (loop $again
      (block $caught (result i64)
        (try_table (catch $t $caught) (call $f))
        (unreachable))
      (br_if $again (i64.eq (i64.const 1)))
      (br $again)))
  (func (export "_start")
    (local $i i32)
    (loop $more
      (drop (call $spawn (i64.const 0) (i32.const 16) (i32.const 5)
        (i32.const 0) (i32.const 0) (i32.const 0)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 20))))
    (call $sleep (i64.const 200))))
EOF
each "those that throw for ever" 0 forever.wat

# ---- Objects ----

cat >objects.wat <<'EOF'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (rec
    (type $pair (sub (struct (field $next (mut (ref null $pair)))
      (field $value (mut i64)))))
    (type $named (sub final $pair (struct (field (mut (ref null $pair)))
      (field (mut i64)) (field i32)))))
  (type $bytes (array (mut i8)))
  (type $add (func (param i32 i32) (result i32)))
  (global $kept (mut (ref null $pair)) (ref.null $pair))
  (global $ext i32 (i32.add (i32.const 40) (i32.const 2)))
  (table $t 3 (ref null $pair) (ref.null $pair))
  (elem declare func $plus)
  (func $plus (type $add) (i32.add (local.get 0) (local.get 1)))
  ;; A ring of two, which nobody keeps.
  (func $ring (result (ref $pair))
    (local $a (ref $pair)) (local $b (ref $pair))
    (local.set $a (struct.new $pair (ref.null $pair) (i64.const 1)))
    (local.set $b (struct.new $named (local.get $a) (i64.const 2)
      (i32.const 3)))
    (struct.set $pair $next (local.get $a) (local.get $b))
    (local.get $a))
  (func (export "_start")
    (local $i i32) (local $bytes (ref $bytes))
    (global.set $kept (call $ring))
    (table.set $t (i32.const 1) (call $ring))
    (loop $more
      (drop (call $ring))
      (local.set $bytes (array.new $bytes (i32.const 9) (i32.const 1000)))
      (array.copy $bytes $bytes (local.get $bytes) (i32.const 0)
        (local.get $bytes) (i32.const 500) (i32.const 500))
      (if (i32.ne (array.get_u $bytes (local.get $bytes) (i32.const 499))
        (i32.const 9)) (then (unreachable)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 50000))))
    ;; What was kept is what it was, wherever it is now.
    (if (i64.ne (i64.const 2) (struct.get $pair $value
      (struct.get $pair $next (global.get $kept)))) (then (unreachable)))
    (if (i32.ne (i32.const 3) (struct.get $named 2
      (ref.cast (ref $named) (struct.get $pair $next
        (table.get $t (i32.const 1)))))) (then (unreachable)))
    (if (i32.ne (i32.const 42)
      (call_ref $add (global.get $ext) (i32.const 0) (ref.func $plus)))
      (then (unreachable)))
    (if (i32.ne (i32.const -1) (i31.get_s (ref.i31 (i32.const -1))))
      (then (unreachable)))
    (call $exit (i32.const 6))))
EOF
each "objects" 6 --max-memory 2M objects.wat

# Those that allocate for ever, each with a heap of which a collection takes
# several pieces, are preempted, asked where they are, and killed in it.
cat >collecting.wat <<'EOF'
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "alloc\n")
  (data (i32.const 32) "\10\00\00\00\06\00\00\00")
  (type $node (struct (field $next (ref null $node)) (field $value i64)))
  (global $all (mut (ref null $node)) (ref.null $node))
  (func (export "alloc")
    (local $i i32) (local $at (ref null $node))
    (loop $more
      (global.set $all (struct.new $node (global.get $all) (i64.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 60000))))
    (loop $ever
      (local.set $i (i32.const 0))
      (loop $garbage
        (drop (struct.new $node (global.get $all) (i64.const 2)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $garbage (i32.lt_u (local.get $i) (i32.const 100000))))
      ;; All is there.
      (local.set $at (global.get $all))
      (loop $next
        (if (i64.ne (struct.get $node $value (local.get $at))
          (i64.const 1)) (then (unreachable)))
        (local.set $at (struct.get $node $next (local.get $at)))
        (br_if $next (i32.eqz (ref.is_null (local.get $at)))))
      (br $ever)))
  (func (export "_start")
    (local $i i32)
    (loop $more
      (drop (call $spawn (i64.const 0) (i32.const 16) (i32.const 5)
        (i32.const 0) (i32.const 0) (i32.const 0)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 8))))
    (drop (call $write (i32.const 1) (i32.const 32) (i32.const 1)
      (i32.const 40)))
    (call $sleep (i64.const 1500))))
EOF
each "those that allocate for ever" 0 --max-memory 8M collecting.wat
for options in '' '--preemption epoch'; do
	# shellcheck disable=SC2086
	"$lunatic" $options collecting.wat >out 2>err </dev/null &
	pid=$!
	while [ ! -s out ] && kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
	done
	for _ in $(seq 20); do
		sleep 0.05
		kill -USR1 "$pid" 2>/dev/null || break
	done
	status=0
	wait "$pid" || status=$?
	expect 0 "reports of those that allocate $options"
	says err 'alloc' "reports of those that allocate $options"
	! grep -q trapped err || bad "reports of those that allocate: a trap"
done

# A heap counts as memory of the process.
cat >hoard.wat <<'EOF'
(module
  (type $node (struct (field (ref null $node)) (field i64)))
  (global $all (mut (ref null $node)) (ref.null $node))
  (func (export "_start")
    (loop $more
      (global.set $all (struct.new $node (global.get $all) (i64.const 1)))
      (br $more))))
EOF
each "a heap without bound" 134 --max-memory 4M hoard.wat
says err 'trapped: .*(GC|heap|memory)' "a heap without bound"
run --max-total-memory 4M hoard.wat
expect 134 "a heap beyond what all may have"
cat >array.wat <<'EOF'
(module
  (type $bytes (array (mut i8)))
  (func (export "_start")
    (drop (array.new $bytes (i32.const 1) (i32.const 0x7fffffff)))))
EOF
each "an array that is too large" 134 --max-memory 4M array.wat

# ---- 64-bit memories ----

cat >memory64.wat <<'EOF'
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory i64 1 100000)
  (memory (export "memory") 1)
  (table i64 2 10 funcref)
  (data (i64.const 8) "abc")
  (func (export "_start")
    (if (i32.ne (i32.load8_u offset=1 (i64.const 8)) (i32.const 98))
      (then (unreachable)))
    (if (i64.ne (memory.grow (i64.const 3)) (i64.const 1))
      (then (unreachable)))
    (i64.store offset=65536 (i64.const 100) (i64.const -5))
    (memory.copy 0 0 (i64.const 0) (i64.const 65636) (i64.const 8))
    (if (i64.ne (i64.load (i64.const 0)) (i64.const -5)) (then (unreachable)))
    ;; More than the process may have, and more than there can be.
    (if (i64.ne (memory.grow (i64.const 1000)) (i64.const -1))
      (then (unreachable)))
    (if (i64.ne (memory.grow (i64.const 0x1000000000000)) (i64.const -1))
      (then (unreachable)))
    (call $exit (i32.const 7))))
EOF
each "a 64-bit memory" 7 --max-memory 1M memory64.wat
for address in 0x40000 0x100000000 0xfffffffffffffff8; do
	cat >beyond.wat <<EOF
(module (memory i64 1 100000)
  (func (export "_start") (drop (i64.load (i64.const $address)))))
EOF
	each "address $address" 134 beyond.wat
done

# ---- What is not there ----

printf '\0asm\1\0\0\0\1\4\1\140\0\0\3\2\1\0\15\3\1\0\0\7\12\1\6_start\0\0\12\13\1\11\0\6\100\10\0\7\0\13\13' >legacy.wasm
run legacy.wasm
expect 1 "the first exceptions"
says err 'legacy|exception' "the first exceptions"
finish
