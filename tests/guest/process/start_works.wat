;; A start function runs before every process of the module. It may use what
;; the host gives: sleep, send to itself, also with pointers into its memory, and
;; compute beyond a time slice. The exit status is the number of the check that
;; failed.
;;
;; options: --workers 2
(module
  (import "lunatic::message" "create_data" (func $create (param i64 i64)))
  (import "lunatic::message" "write_data"
    (func $write (param i32 i32) (result i32)))
  (import "lunatic::message" "data_size" (func $size (result i64)))
  (import "lunatic::message" "send" (func $send (param i64)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::message" "get_tag" (func $tag (result i64)))
  (import "lunatic::message" "push_process"
    (func $push (param i64) (result i64)))
  (import "lunatic::message" "take_process"
    (func $take (param i64) (result i64)))
  (import "lunatic::process" "this" (func $this (result i64)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (global $started (mut i32) (i32.const 0))
  (data (i32.const 0) "child")
  (func $check (param $number i32) (param $good i32)
    (if (i32.eqz (local.get $good))
      (then (call $exit (local.get $number)))))
  (func $compute (local $i i32)
    (loop $more
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 10000000)))))
  (func $begin
    (call $sleep (i64.const 2))
    (call $compute)
    (call $create (i64.const 4) (i64.const 0))
    (call $check (i32.const 8)
      (i32.eq (call $write (i32.const 0) (i32.const 5)) (i32.const 5)))
    (call $send (call $this))
    (global.set $started (i32.const 1)))
  (start $begin)
  (func $own_message
    (call $check (i32.const 1) (global.get $started))
    (call $check (i32.const 2)
      (i32.eqz (call $receive (i32.const 0) (i32.const 0) (i32.const 5000))))
    (call $check (i32.const 3) (i64.eq (call $tag) (i64.const 4)))
    (call $check (i32.const 9) (i64.eq (call $size) (i64.const 5))))
  (func (export "child") (local $to i64)
    (call $own_message)
    (call $check (i32.const 4)
      (i32.eqz (call $receive (i32.const 0) (i32.const 0) (i32.const 5000))))
    (local.set $to (call $take (i64.const 0)))
    (call $create (i64.const 6) (i64.const 0))
    (call $send (local.get $to)))
  (func (export "_start") (local $left i32)
    (call $own_message)
    (local.set $left (i32.const 20))
    (loop $more
      (call $check (i32.const 5)
        (i32.eqz (call $spawn (i64.const 1)
          (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 0)
          (i32.const 8))))
      (call $create (i64.const 5) (i64.const 0))
      (drop (call $push (call $this)))
      (call $send (i64.load (i32.const 8)))
      (call $check (i32.const 6)
        (i32.eqz (call $receive
          (i32.const 0) (i32.const 0) (i32.const 5000))))
      (call $check (i32.const 7) (i64.eq (call $tag) (i64.const 6)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $more (local.get $left)))))
