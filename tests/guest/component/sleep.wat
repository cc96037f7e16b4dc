;; A pollable of the clock parks the process until its time. Its handle is used
;; again, since 100,000 pollables that were dropped are no pollables that are held.
;; engine: wasmtime
(component
  (import "wasi:io/poll@0.2.0" (instance $poll-i
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll-i "pollable" (type $pollable))
  (alias export $poll-i "[method]pollable.block" (func $block))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $p))
    (export "pollable" (type $pp (eq $p)))
    (export "now" (func (result u64)))
    (export "subscribe-duration" (func (param "when" u64)
      (result (own $pp))))))
  (alias export $clock "now" (func $now))
  (alias export $clock "subscribe-duration" (func $after))
  (core func $block' (canon lower (func $block)))
  (core func $now' (canon lower (func $now)))
  (core func $after' (canon lower (func $after)))
  (core func $drop' (canon resource.drop $pollable))
  (core module $Main
    (import "" "block" (func $block (param i32)))
    (import "" "now" (func $now (result i64)))
    (import "" "after" (func $after (param i64) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (result i32) (local $t i64) (local $p i32) (local $n i32)
      (local.set $t (call $now))
      (local.set $p (call $after (i64.const 20000000)))
      (call $block (local.get $p))
      (call $drop (local.get $p))
      (if (i64.lt_u (i64.sub (call $now) (local.get $t)) (i64.const 20000000))
        (then (return (i32.const 1))))
      (local.set $n (i32.const 100000))
      (loop
        (call $drop (call $after (i64.const 1000)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.const 0)))
  (core instance $main (instantiate $Main (with "" (instance
    (export "block" (func $block')) (export "now" (func $now'))
    (export "after" (func $after')) (export "drop" (func $drop'))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $exports (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exports)))
