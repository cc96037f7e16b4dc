;; Spawns as many processes as the first argument of the program says (after its
;; name), each of which waits for a message; prints a line; waits for a line of
;; standard input; sends each process a message that makes it answer; counts
;; the answers; prints another line. The exit status is the number of the check
;; that failed.
(module
  (import "lunatic::message" "create_data" (func $create (param i64 i64)))
  (import "lunatic::message" "push_process"
    (func $push (param i64) (result i64)))
  (import "lunatic::message" "take_process"
    (func $take (param i64) (result i64)))
  (import "lunatic::message" "send" (func $send (param i64)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "this" (func $this (result i64)))
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\20\00\00\00\05\00\00\00")
  (data (i32.const 8) "\30\00\00\00\01\00\00\00")
  (data (i32.const 32) "live\0achild")
  (func $check (param $number i32) (param $good i32)
    (if (i32.eqz (local.get $good))
      (then (call $exit (local.get $number)))))
  (func $say
    (call $check (i32.const 1) (i32.eqz
      (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1)
        (i32.const 64)))))
  ;; The number in the second argument.
  (func $count (result i32) (local $at i32) (local $n i32)
    (drop (call $args (i32.const 1024) (i32.const 2048)))
    (local.set $at (i32.load (i32.const 1028)))
    (loop $digit
      (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 10))
        (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $digit (i32.load8_u (local.get $at))))
    (local.get $n))
  (func (export "child") (local $to i64)
    (call $check (i32.const 2)
      (i32.eqz (call $receive (i32.const 0) (i32.const 0) (i32.const 0))))
    (local.set $to (call $take (i64.const 0)))
    (call $create (i64.const 1) (i64.const 0))
    (call $send (local.get $to)))
  (func (export "_start") (local $n i32) (local $i i32)
    (local.set $n (call $count))
    (loop $more
      ;; Ids go from 0 on, so they need not be kept.
      (call $check (i32.const 3)
        (i32.eqz (call $spawn (i64.const 1)
          (i32.const 37) (i32.const 5) (i32.const 0) (i32.const 0)
          (i32.const 72))))
      (call $check (i32.const 4) (i64.eq (i64.load (i32.const 72))
        (i64.extend_i32_u (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (local.get $n))))
    (call $say)
    (call $check (i32.const 5) (i32.eqz
      (call $fd_read (i32.const 0) (i32.const 8) (i32.const 1)
        (i32.const 64))))
    (loop $more
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (call $create (i64.const 0) (i64.const 0))
      (drop (call $push (call $this)))
      (call $send (i64.extend_i32_u (local.get $i)))
      (br_if $more (local.get $i)))
    (loop $more
      (call $check (i32.const 6)
        (i32.eqz (call $receive
          (i32.const 0) (i32.const 0) (i32.const 30000))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (local.get $n))))
    (call $say)))
