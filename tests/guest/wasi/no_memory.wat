;; A guest that exports no memory: pointers are refused, the rest works.
;; exit: 21
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get"
    (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield"
    (func $sched_yield (result i32)))
  (import "wasi_snapshot_preview1" "fd_close"
    (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory 1)
  (func $expect (param $have i32) (param $want i32)
    (if (i32.ne (local.get $have) (local.get $want)) (then (unreachable))))
  (func (export "_start")
    (call $expect (i32.const 21) (call $fd_read
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (call $expect (i32.const 21) (call $args_get (i32.const 0) (i32.const 0)))
    (call $expect (i32.const 21) (call $poll_oneoff
      (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)))
    (call $expect (i32.const 21)
      (call $random_get (i32.const 0) (i32.const 0)))
    (call $expect (i32.const 0) (call $sched_yield))
    (call $expect (i32.const 0) (call $fd_close (i32.const 1)))
    (call $proc_exit (call $fd_write
      (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0)))))
