;; A start function that traps or exits is an error of spawn with a text, and
;; fails no link: what never became a process cannot die. Each instance reads
;; one byte of standard input and does what it says: `g` go on, `t` trap, `x`
;; exit with 3, `z` exit with 0. The exit status is the number of the check that
;; failed.
;;
;; stdin: gtxztg
(module
  (import "lunatic::error" "string_size" (func $size (param i64) (result i32)))
  (import "lunatic::message" "receive"
    (func $receive (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "child")
  (data (i32.const 16) "\20\00\00\00\01\00\00\00")
  (func $check (param $number i32) (param $good i32)
    (if (i32.eqz (local.get $good))
      (then (call $exit (local.get $number)))))
  (func $begin (local $order i32)
    (call $check (i32.const 50)
      (i32.eqz (call $fd_read
        (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24))))
    (local.set $order (i32.load8_u (i32.const 32)))
    (if (i32.eq (local.get $order) (i32.const 0x74)) (then unreachable))
    (if (i32.eq (local.get $order) (i32.const 0x78))
      (then (call $exit (i32.const 3))))
    (if (i32.eq (local.get $order) (i32.const 0x7a))
      (then (call $exit (i32.const 0)))))
  (start $begin)
  (func (export "child"))
  (func $spawn_child (result i32)
    (call $spawn (i64.const 7)
      (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 0)
      (i32.const 8)))
  (func $must_fail (param $number i32)
    (call $check (local.get $number) (call $spawn_child))
    (call $check (i32.add (local.get $number) (i32.const 20))
      (call $size (i64.load (i32.const 8)))))
  (func (export "_start")
    (call $must_fail (i32.const 1))
    (call $must_fail (i32.const 2))
    (call $must_fail (i32.const 3))
    (call $must_fail (i32.const 4))
    (call $check (i32.const 5) (i32.eqz (call $spawn_child)))
    ;; This process died of none of them, and is told of none.
    (call $check (i32.const 6)
      (i32.eq (call $receive (i32.const 0) (i32.const 0) (i32.const 20))
        (i32.const 9027)))))
